"""One small closure per question: from a field's definition to what runs on a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cel_expr_python import cel

from commonhall.engine import definition as d
from commonhall.engine.expressions import BOOL, DATE, DOUBLE, INT, ROWS, STRING, STRINGS
from commonhall.engine.fields import choices as chosen
from commonhall.engine.fields import compound, numbers, words
from commonhall.engine.fields.base import Choice, CompiledField, variable_of


def compile_field(
    field_id: str,
    key: str,
    part: d.FieldPart,
    choices: Mapping[str, tuple[Choice, ...]],
    input_name: str | None = None,
    units: Mapping[str, Mapping[str, str]] | None = None,
) -> CompiledField:
    """Compile one field. `key` is its text key.

    `choices` are the options, and `units` the units in each language, by the text key of their field.
    """
    name = input_name or field_id
    match part:
        case d.TextField() | d.TextareaField():
            return words.compile_text(field_id, name, key, part)
        case d.DeclarationField():
            return words.compile_declaration(field_id, name, key, part)
        case d.NumberField():
            return numbers.compile_number(field_id, name, key, part, (units or {}).get(key))
        case d.MoneyField():
            return numbers.compile_money(field_id, name, key, part)
        case d.DateField():
            return numbers.compile_date(field_id, name, key, part)
        case d.RadiosField() | d.SelectField():
            return chosen.compile_one_of(field_id, name, key, part, choices[key])
        case d.CheckboxesField():
            return chosen.compile_some_of(field_id, name, key, part, choices[key])
        case d.AddressField():
            return compound.compile_address(field_id, name, key, part)
        case d.MapLocationField():
            return compound.compile_location(field_id, name, key, part)
        case d.ListField():
            columns = tuple(
                compile_field(sub.id, f"{key}.fields.{sub.id}", sub, choices, None, units)
                for sub in part.fields
            )
            return compound.compile_list(field_id, name, key, part, columns)
        case _:
            return words.compile_ruled(field_id, name, key, part)


def variables_of(field_id: str, part: d.FieldPart) -> dict[str, cel.Type]:
    """The CEL variables that a field declares, with their types."""
    name = variable_of(field_id)
    kinds: dict[type[Any], cel.Type] = {
        d.DateField: DATE,
        d.MoneyField: INT,
        d.CheckboxesField: STRINGS,
        d.ListField: ROWS,
        d.DeclarationField: BOOL,
    }
    if isinstance(part, d.AddressField):
        return {f"{name}.{piece}": STRING for piece in (*compound.ADDRESS_PARTS, "uprn")}
    if isinstance(part, d.MapLocationField):
        spoken = {f"{name}.{piece}": STRING for piece in ("description", "postcode")}
        return spoken | {f"{name}.{piece}": DOUBLE for piece in ("lat", "long")}
    if isinstance(part, d.NumberField):
        return {name: DOUBLE if part.decimals else INT}
    return {name: kinds.get(type(part), STRING)}
