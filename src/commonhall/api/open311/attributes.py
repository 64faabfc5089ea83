"""A service's questions as the attributes of Open311, and the attributes of a request as answers of the contract."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from commonhall.api.open311.grid import degrees_of
from commonhall.api.open311.wire import Refused
from commonhall.engine.fields.base import CompiledField
from commonhall.engine.journey import label_of
from commonhall.engine.package import Adopted, CompiledPage

Values = Mapping[str, Sequence[str]]
"""Attribute codes with what was sent for each, in order."""

_ATTRIBUTE = re.compile(r"attribute\[([^\[\]]+)\](?:\[\])?")
_POSTCODE = re.compile(r"\b([A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2})\b", re.IGNORECASE)
_TYPES = {
    "number": "number",
    "money": "number",
    "date": "datetime",
    "textarea": "text",
    "list": "text",
    "radios": "singlevaluelist",
    "select": "singlevaluelist",
    "declaration": "singlevaluelist",
    "checkboxes": "multivaluelist",
}
_HOW = {
    "date": "A day, as YYYY-MM-DD",
    "money": "Whole pence",
    "list": "One JSON object for each, as the service's contract describes it",
    "declaration": "true, where the person agrees",
}
_PARTS = {
    "line1": "Address line 1",
    "line2": "Address line 2",
    "town": "Town or city",
    "postcode": "Postcode",
    "uprn": "Unique property reference number",
    "description": "The place in words",
    "lat": "Latitude (WGS 84)",
    "long": "Longitude (WGS 84)",
}
_ALSO = {
    "line1": "address_string",
    "town": "address_string",
    "postcode": "address_string",
    "description": "address_string",
    "uprn": "address_id or attribute[uprn]",
    "lat": "lat",
    "long": "long",
}


def attributes_of(adopted: Adopted, language: str = "en") -> list[dict[str, Any]]:
    """The attributes of a service, in the order in which it asks. A part of an address is `FIELD.PART`.

    What a standard parameter gives (a name, a place) is not required once more.
    """
    found: list[dict[str, Any]] = []
    for page in adopted.pages:
        for part in page.fields:
            for one in _attributes(adopted, page, part, language):
                found.append({**one, "order": len(found) + 1})
    return found


def _attributes(
    adopted: Adopted, page: CompiledPage, part: CompiledField, language: str
) -> Iterator[dict[str, Any]]:
    case = adopted.service.definition.case
    contact = {case.contact.name: "first_name and last_name", case.contact.email: "email", case.contact.phone: "phone"}  # fmt: skip
    label = label_of(adopted, page, part, language)
    asked = page.when is None and not part.definition.optional
    if part.schema.get("type") == "object":
        needed = set(part.schema.get("required", ()))
        for name in part.schema["properties"]:
            also = _ALSO.get(name) if part.id == case.location else None
            words = f"{label}: {_PARTS[name]}"
            yield _attribute(
                f"{part.id}.{name}", "string", asked and name in needed and not also, words, _also(also)
            )
        return
    also = contact.get(part.id)
    yield {
        **_attribute(
            part.id,
            _TYPES.get(part.type, "string"),
            asked and not also,
            label,
            _also(also) or _HOW.get(part.type, ""),
        ),
        **_values(part, language),
    }


def _also(parameter: str | None) -> str:
    return f"Or give {parameter}" if parameter else ""


def _attribute(code: str, datatype: str, required: bool, description: str, how: str) -> dict[str, Any]:
    return {
        "variable": True,
        "code": code,
        "datatype": datatype,
        "required": required,
        "datatype_description": how or None,
        "order": 0,
        "description": description,
    }


def _values(part: CompiledField, language: str) -> dict[str, Any]:
    if part.type == "declaration":
        return {"values": [{"key": "true", "name": "Yes"}]}
    if not part.choices:
        return {}
    return {
        "values": [
            {"key": choice.code, "name": choice.label.get(language, choice.label["en"])}
            for choice in part.choices
        ]
    }


def attributes_in(form: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The attributes of a form, by code, without empty ones: `attribute[CODE]`, and `attribute[CODE][]` for several."""
    found: dict[str, list[str]] = {}
    for name, values in form.items():
        match = _ATTRIBUTE.fullmatch(name)
        if match:
            found.setdefault(match[1], []).extend(value for value in values if value.strip())
    return {code: values for code, values in found.items() if values}


def answers_of(
    adopted: Adopted, form: Mapping[str, Sequence[str]]
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The contract's answers in a form, and what it says besides, as (name, text). Raises `Refused`.

    Standard parameters answer what they mean: a name, an e-mail address, a phone number, the place of the case, and a
    description the first question that takes several lines of words. An attribute goes before a parameter.
    """
    attributes = attributes_in(form)
    one = {name: values[0].strip() for name, values in form.items() if values and values[0].strip()}
    answers: dict[str, Any] = {}
    used: set[str] = set()
    for part in _fields(adopted):
        value = _read(part, attributes, used)
        if value is not None:
            _put(answers, part.id, value)
    _fill_place(adopted, answers, one, attributes, used)
    over = _fill_person(adopted, answers, one)
    rest = [(code, ", ".join(values)) for code, values in attributes.items() if code not in used]
    return answers, over + rest


def _fields(adopted: Adopted) -> Iterator[CompiledField]:
    return (part for page in adopted.pages for part in page.fields)


def _put(answers: dict[str, Any], field_id: str, value: Any) -> None:
    holder = answers.setdefault("local", {}) if field_id.startswith("local.") else answers
    holder[field_id.removeprefix("local.")] = value


def _read(part: CompiledField, attributes: Values, used: set[str]) -> Any:
    """A field's value from its attributes; what cannot be of its type is left as it came, for the field to refuse."""
    schema = part.schema
    if schema.get("type") == "object":
        codes = {name: f"{part.id}.{name}" for name in schema["properties"]}
        used.update(code for code in codes.values() if code in attributes)
        parts = {
            name: _typed(schema["properties"][name], attributes[code][0])
            for name, code in codes.items()
            if code in attributes
        }
        return parts or None
    values = attributes.get(part.id)
    if values is None:
        return None
    used.add(part.id)
    if part.type == "list":
        return [_json(part.id, value) for value in values]
    if schema.get("type") == "array":
        # Some clients send several as one text.
        known = {choice.code for choice in part.choices}
        return [
            code
            for value in values
            for code in ([value] if value in known else [one.strip() for one in value.split(",")])
        ]
    return _typed(schema, values[0], part.type)


def _typed(schema: Mapping[str, Any], text: str, kind: str = "") -> Any:
    wanted = schema.get("type")
    text = text.strip()
    if kind == "declaration" or wanted == "boolean":
        return text.lower() in {"true", "yes", "1"} or text
    if kind == "date":
        return text[:10]
    if wanted in {"number", "integer"}:
        try:
            number = float(text)
        except ValueError:
            return text
        return int(number) if number.is_integer() and abs(number) < 1e15 else number
    return text


def _json(code: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(400, f"attribute[{code}] must be JSON: one object for each row") from None


def _fill_person(adopted: Adopted, answers: dict[str, Any], one: Mapping[str, str]) -> list[tuple[str, str]]:
    """Put the person's parameters where the service asks for them. Answers a description that it asks nowhere."""
    contact = adopted.service.definition.case.contact
    name = " ".join(filter(None, (one.get("first_name"), one.get("last_name"))))
    given = {contact.name: name, contact.email: one.get("email"), contact.phone: one.get("phone")}
    for field_id, text in given.items():
        if field_id and text:
            answers.setdefault(field_id, text)
    description = one.get("description")
    if not description:
        return []
    words = next((part.id for part in _fields(adopted) if part.type == "textarea"), None)
    if words is not None and "local." not in words and words not in answers:
        answers[words] = description
        return []
    return [("description", description)]


def _fill_place(
    adopted: Adopted, answers: dict[str, Any], one: Mapping[str, str], attributes: Values, used: set[str]
) -> None:
    """Put the place's parameters into the field that says where the case is."""
    field_id = adopted.service.definition.case.location
    part = next((part for part in _fields(adopted) if part.id == field_id), None)
    uprn = attributes.get("uprn")
    known = {"uprn": uprn[0] if uprn else one.get("address_id")}
    if part is None or field_id is None:
        return
    if uprn:
        used.add("uprn")
    text = one.get("address_string", "")
    if part.type == "map-location":
        postcode = _POSTCODE.search(text)
        known |= {"description": text, **_point(one, attributes, used)}
        known |= {"postcode": postcode[1] if postcode else None}
    elif part.type == "address":
        known |= _lines(text)
    else:
        return
    place = answers.get(field_id) if isinstance(answers.get(field_id), dict) else {}
    schema = part.schema["properties"]
    filled = {
        name: _typed(schema[name], str(value)) for name, value in known.items() if value and name in schema
    }
    if filled or place:
        answers[field_id] = {**filled, **(place or {})}


def _point(one: Mapping[str, str], attributes: Values, used: set[str]) -> dict[str, str | None]:
    """The place as degrees: as they were given, or from an easting and a northing of the British National Grid."""
    if one.get("lat") or one.get("long"):
        return {"lat": one.get("lat"), "long": one.get("long")}
    grid = [attributes.get(name, (one.get(name, ""),))[0] for name in ("easting", "northing")]
    used.update(("easting", "northing"))
    if not any(grid):
        return {}
    try:
        lat, long = degrees_of(*map(float, grid))
    except ValueError:
        raise Refused(400, "easting and northing must be metres of the British National Grid") from None
    return {"lat": f"{lat:.6f}", "long": f"{long:.6f}"}


def _lines(text: str) -> dict[str, str | None]:
    """An address in one line, as its parts: the postcode wherever it stands, the first part, the last one."""
    postcode = _POSTCODE.search(text)
    if postcode:
        text = text[: postcode.start()] + text[postcode.end() :]
    parts = [part for part in (piece.strip(" ,\n") for piece in re.split(r"[,\n]", text)) if part]
    return {
        "line1": parts[0] if parts else None,
        "line2": ", ".join(parts[1:-1]) or None,
        "town": parts[-1] if len(parts) > 1 else None,
        "postcode": postcode[1] if postcode else None,
    }
