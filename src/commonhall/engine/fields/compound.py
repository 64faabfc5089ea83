"""Fields of several boxes: address, map location, and the list that one adds to."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from commonhall.engine.definition import AddressField, ListField, MapLocationField
from commonhall.engine.fields.base import CompiledField, Fault, Form, Parsed, clean, one, variable_of

ADDRESS_PARTS = ("line1", "line2", "town", "postcode")
LOCATION_PARTS = ("description", "postcode", "lat", "long")
_LIMITS = {"line1": 100, "line2": 100, "town": 100, "description": 500}

# Royal Mail PAF Programmers' Guide: the outward code's six shapes, and the inward code's letters.
_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][ABD-HJLNP-UW-Z]{2})")
_POSTCODE_SCHEMA = {"type": "string", "pattern": "^[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}$"}
_NOT_ALNUM = re.compile(r"[^A-Z0-9]+")
_DEGREES = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,12})?")
UK_BOX = (49.0, 61.5, -9.5, 2.5)
"""South, north, west, east: degrees that hold the United Kingdom."""

_LOCATION_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "description": {"type": "string", "minLength": 1, "maxLength": 500},
        "postcode": _POSTCODE_SCHEMA,
        "lat": {"type": "number", "minimum": UK_BOX[0], "maximum": UK_BOX[1]},
        "long": {"type": "number", "minimum": UK_BOX[2], "maximum": UK_BOX[3]},
    },
    "anyOf": [{"required": ["description"]}, {"required": ["lat", "long"]}],
    "dependentRequired": {"lat": ["long"], "long": ["lat"]},
    "additionalProperties": False,
}


def tidy_postcode(text: str) -> str | None:
    """A postcode in its usual form ('B91 3QT'), or None for what cannot be one."""
    match = _POSTCODE.fullmatch(_NOT_ALNUM.sub("", text.upper()))
    return f"{match.group(1)} {match.group(2)}" if match else None


def compile_address(field_id: str, input_name: str, key: str, definition: AddressField) -> CompiledField:
    """A postal address. `uprn` is kept where a caller gives one; no form asks for it."""
    variable = variable_of(field_id)

    def parse(form: Form, _today: date) -> Parsed:
        given = {part: one(form, f"{input_name}-{part}") for part in ADDRESS_PARTS}
        if not any(given.values()) and definition.optional:
            return Parsed()
        faults = [
            Fault(field_id, f"{input_name}-{part}", f"missing_{part}")
            for part in ("line1", "town")
            if not given[part]
        ]
        faults += [
            Fault(field_id, f"{input_name}-{part}", f"too_long_{part}", {"max": limit})
            for part, limit in _LIMITS.items()
            if len(given.get(part, "")) > limit
        ]
        postcode = tidy_postcode(given["postcode"])
        if postcode is None:
            code = "postcode" if given["postcode"] else "missing_postcode"
            faults.append(Fault(field_id, f"{input_name}-postcode", code))
        if faults:
            return Parsed(faults=tuple(faults))
        value = {**given, "postcode": postcode, "uprn": one(form, f"{input_name}-uprn")}
        if value["uprn"] and not re.fullmatch(r"[0-9]{1,12}", str(value["uprn"])):
            return Parsed(faults=(Fault(field_id, f"{input_name}-line1", "shape"),))
        return Parsed({part: text for part, text in value.items() if text})

    def raw(value: Any) -> dict[str, tuple[str, ...]]:
        known = {*ADDRESS_PARTS, "uprn"}
        if not isinstance(value, dict) or not value.keys() <= known or not _all_text(value):
            raise TypeError(field_id)
        return {f"{input_name}-{part}": (text,) for part, text in value.items()}

    def bind(value: Any) -> dict[str, Any]:
        return {f"{variable}.{part}": (value or {}).get(part, "") for part in (*ADDRESS_PARTS, "uprn")}

    def show(value: Any, _language: str) -> list[str]:
        return [value[part] for part in ADDRESS_PARTS if value.get(part)] if value else []

    text = {"type": "string", "minLength": 1, "maxLength": 100}
    schema = {
        "type": "object",
        "properties": {
            "line1": text,
            "line2": text,
            "town": text,
            "postcode": _POSTCODE_SCHEMA,
            "uprn": {"type": "string", "pattern": "^[0-9]{1,12}$"},
        },
        "required": ["line1", "town", "postcode"],
        "additionalProperties": False,
    }
    return CompiledField(field_id, "address", definition, key, parse, raw, bind, show, schema)


def compile_location(field_id: str, input_name: str, key: str, definition: MapLocationField) -> CompiledField:
    """A place in words, as a point (WGS 84 degrees), or both. Words alone are enough: no map is needed."""
    variable = variable_of(field_id)

    def parse(form: Form, _today: date) -> Parsed:
        given = {part: one(form, f"{input_name}-{part}") for part in LOCATION_PARTS}
        has_point = bool(given["lat"] or given["long"])
        if not any(given.values()) and definition.optional:
            return Parsed()
        faults = []
        if not given["description"] and not has_point:
            faults.append(Fault(field_id, f"{input_name}-description", "missing_place"))
        if len(given["description"]) > _LIMITS["description"]:
            limit = {"max": _LIMITS["description"]}
            faults.append(Fault(field_id, f"{input_name}-description", "too_long", limit))
        postcode = tidy_postcode(given["postcode"]) if given["postcode"] else ""
        if postcode is None:
            faults.append(Fault(field_id, f"{input_name}-postcode", "postcode"))
        point = _point(given["lat"], given["long"]) if has_point else {}
        if point is None:
            faults.append(Fault(field_id, f"{input_name}-description", "point"))
        if faults:
            return Parsed(faults=tuple(faults))
        words = {"description": given["description"], "postcode": postcode}
        return Parsed({part: text for part, text in words.items() if text} | (point or {}))

    def raw(value: Any) -> dict[str, tuple[str, ...]]:
        if not isinstance(value, dict) or not value.keys() <= set(LOCATION_PARTS):
            raise TypeError(field_id)
        numbers = {part: value[part] for part in ("lat", "long") if part in value}
        if any(
            isinstance(number, bool) or not isinstance(number, int | float) for number in numbers.values()
        ):
            raise TypeError(field_id)
        words = {part: text for part, text in value.items() if part not in numbers}
        if not _all_text(words):
            raise TypeError(field_id)
        points = {part: f"{number:.6f}" for part, number in numbers.items()}
        return {f"{input_name}-{part}": (text,) for part, text in (words | points).items()}

    def bind(value: Any) -> dict[str, Any]:
        given = value or {}
        bound = {f"{variable}.{part}": given.get(part, "") for part in ("description", "postcode")}
        return bound | {f"{variable}.{part}": float(given[part]) for part in ("lat", "long") if part in given}

    def show(value: Any, _language: str) -> list[str]:
        if not value:
            return []
        words = [value[part] for part in ("description", "postcode") if value.get(part)]
        return words + ([f"{value['lat']:.5f}, {value['long']:.5f}"] if "lat" in value else [])

    return CompiledField(field_id, "map-location", definition, key, parse, raw, bind, show, _LOCATION_SCHEMA)


def compile_list(
    field_id: str, input_name: str, key: str, definition: ListField, columns: tuple[CompiledField, ...]
) -> CompiledField:
    """Several of the same: inputs are `people-0-name`, `people-1-name` …; rows left wholly empty are no rows.

    `columns` are compiled once, with their own id as input name.
    """
    names = frozenset(column.id for column in columns)
    index = re.compile(rf"{re.escape(input_name)}-([0-9]{{1,3}})-(.+)")

    def parse(form: Form, today: date) -> Parsed:
        rows: list[dict[str, Any]] = []
        faults: list[Fault] = []
        for number, inputs in rows_of(form, index):
            sent = {name: texts for name, texts in inputs.items() if name.partition("-")[0] in names}
            if not any(clean(text) for texts in sent.values() for text in texts):
                continue
            row, wrong = _row(columns, sent, today)
            faults += [
                Fault(
                    field_id,
                    f"{input_name}-{number}-{f.input}",
                    f.code,
                    {**(f.params or {}), "row": number + 1},
                )
                for f in wrong
            ]
            if row or wrong:
                rows.append(row)
        miscounted = _miscounted(definition, len(rows))
        if miscounted:
            faults.append(Fault(field_id, f"{input_name}-0-{columns[0].id}", *miscounted))
        return (
            Parsed(faults=tuple(faults)) if faults else Parsed(rows or (None if definition.optional else []))
        )

    def raw(value: Any) -> dict[str, tuple[str, ...]]:
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise TypeError(field_id)
        known = {column.id: column for column in columns}
        return {
            f"{input_name}-{number}-{name}": texts
            for number, row in enumerate(value)
            for column_id, answer in row.items()
            for name, texts in known[column_id].raw(answer).items()
        }

    def show(value: Any, language: str) -> list[str]:
        return [
            ", ".join(line for column in columns for line in column.show(row.get(column.id), language))
            for row in value or []
        ]

    variable = variable_of(field_id)

    def bind(value: Any) -> dict[str, Any]:
        return {variable: value or []}

    schema = _list_schema(definition, columns)
    return CompiledField(field_id, "list", definition, key, parse, raw, bind, show, schema, fields=columns)


def _row(
    columns: tuple[CompiledField, ...], sent: Form, today: date
) -> tuple[dict[str, Any], tuple[Fault, ...]]:
    """One row of a list: what was accepted of it, and what was not."""
    parsed = [(column.id, column.parse(sent, today)) for column in columns]
    row = {name: one.value for name, one in parsed if one.value is not None}
    return row, tuple(fault for _, one in parsed for fault in one.faults)


def _miscounted(definition: ListField, count: int) -> tuple[str, dict[str, int]] | None:
    """Why there are too many rows or too few; an optional list may have none, but not too few."""
    if count > definition.max:
        return "too_many", {"max": definition.max}
    if count < definition.min and not (definition.optional and count == 0):
        return "too_few", {"min": definition.min}
    return None


def _list_schema(definition: ListField, columns: tuple[CompiledField, ...]) -> dict[str, Any]:
    row = {
        "type": "object",
        "properties": {column.id: dict(column.schema) for column in columns},
        "required": [column.id for column in columns if not column.definition.optional],
        "additionalProperties": False,
    }
    return {"type": "array", "items": row, "minItems": definition.min, "maxItems": definition.max}


def rows_of(form: Form, index: re.Pattern[str]) -> list[tuple[int, dict[str, Any]]]:
    """The rows of a list in a form, as (number, inputs of that row), renumbered from 0 in the order sent."""
    found: dict[int, dict[str, Any]] = {}
    for name, texts in form.items():
        match = index.fullmatch(name)
        if match:
            found.setdefault(int(match.group(1)), {})[match.group(2)] = texts
    return [(place, found[number]) for place, number in enumerate(sorted(found))]


def _point(lat: str, long: str) -> dict[str, float] | None:
    if not (_DEGREES.fullmatch(lat) and _DEGREES.fullmatch(long)):
        return None
    south, north, west, east = UK_BOX
    point = {"lat": round(float(lat), 6), "long": round(float(long), 6)}
    return point if south <= point["lat"] <= north and west <= point["long"] <= east else None


def _all_text(value: dict[str, Any]) -> bool:
    return all(isinstance(text, str) for text in value.values())
