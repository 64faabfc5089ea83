"""Fields that choose among options: radios, select, checkboxes. Only codes are compared or stored."""

from __future__ import annotations

from datetime import date
from typing import Any

from commonhall.engine.definition import CheckboxesField, RadiosField, SelectField
from commonhall.engine.fields.base import (
    Choice,
    CompiledField,
    Fault,
    Form,
    Parsed,
    bind_as,
    one,
    simple_raw,
    variable_of,
)


def compile_one_of(
    field_id: str,
    input_name: str,
    key: str,
    definition: RadiosField | SelectField,
    choices: tuple[Choice, ...],
) -> CompiledField:
    """Exactly one of the options."""
    codes = frozenset(choice.code for choice in choices)
    labels = {choice.code: choice.label for choice in choices}

    def parse(form: Form, _today: date) -> Parsed:
        code = one(form, input_name)
        if not code:
            return (
                Parsed() if definition.optional else Parsed(faults=(Fault(field_id, input_name, "choose"),))
            )
        return (
            Parsed(code) if code in codes else Parsed(faults=(Fault(field_id, input_name, "not_an_option"),))
        )

    def show(value: Any, language: str) -> list[str]:
        return [labels[value][language]] if value in labels else []

    return CompiledField(
        field_id,
        definition.type,
        definition,
        key,
        parse,
        simple_raw(input_name),
        bind_as(variable_of(field_id)),
        show,
        {"enum": [choice.code for choice in choices]},
        choices,
    )


def compile_some_of(
    field_id: str, input_name: str, key: str, definition: CheckboxesField, choices: tuple[Choice, ...]
) -> CompiledField:
    """Any of the options, kept in the order in which they are offered."""
    order = [choice.code for choice in choices]
    labels = {choice.code: choice.label for choice in choices}
    variable = variable_of(field_id)

    def parse(form: Form, _today: date) -> Parsed:
        sent = {text for text in form.get(input_name, ()) if text}
        if not sent:
            return (
                Parsed()
                if definition.optional
                else Parsed(faults=(Fault(field_id, input_name, "choose_some"),))
            )
        if not sent <= labels.keys():
            return Parsed(faults=(Fault(field_id, input_name, "not_an_option"),))
        return Parsed([code for code in order if code in sent])

    def raw(value: Any) -> dict[str, tuple[str, ...]]:
        if not isinstance(value, list) or not all(isinstance(code, str) for code in value):
            raise TypeError(field_id)
        return {input_name: tuple(value)}

    def bind(value: Any) -> dict[str, Any]:
        return {variable: value or []}

    def show(value: Any, language: str) -> list[str]:
        return [labels[code][language] for code in value or [] if code in labels]

    schema = {"type": "array", "items": {"enum": order}, "uniqueItems": True, "minItems": 1}
    return CompiledField(field_id, "checkboxes", definition, key, parse, raw, bind, show, schema, choices)
