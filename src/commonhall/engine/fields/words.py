"""Fields that are one box: text, textarea, email, phone, name, the two marks of identity, declaration."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from commonhall.engine.definition import DeclarationField, TextareaField, TextField
from commonhall.engine.expressions import Pattern
from commonhall.engine.fields.base import (
    CompiledField,
    Fault,
    Form,
    Parsed,
    bind_as,
    clean_lines,
    one,
    show_text,
    simple_raw,
    variable_of,
)

_EMAIL = re.compile(
    r"[^\s@<>\",;:()\[\]\\]{1,64}@(?:[^\s@<>\",;:()\[\]\\.]{1,63}\.)+[^\s@<>\",;:()\[\]\\.\d][^\s@<>\",;:()\[\]\\.]{1,62}"
)
_PHONE_MARKS = re.compile(r"[\s().\-–‑]+")
_PHONE = re.compile(r"\+?[0-9]{8,15}")
# HMRC manual NIM39110: two letters (not D F I Q U V; the second not O; some pairs unused), six digits, A-D.
_NINO = re.compile(r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]")
# DVLA INF104: current, prefix, suffix and dateless marks have two to seven letters and digits.
_REGISTRATION = re.compile(r"(?=.*[A-Z])(?=.*[0-9])[A-Z0-9]{2,7}")
_SPACES = re.compile(r"[\s\-]+")

Rule = Callable[[str], tuple[str, str]]
"""Text in; (accepted text, '') or ('', fault code) out."""


def email_rule(text: str) -> tuple[str, str]:
    """An address that could exist: one @, a dotted domain, at most 254 characters (RFC 5321)."""
    ok = len(text) <= 254 and ".." not in text and _EMAIL.fullmatch(text)
    return (text, "") if ok else ("", "email")


def phone_rule(text: str) -> tuple[str, str]:
    """8 to 15 digits, with spaces, brackets, dashes and one leading + as people write them (ITU E.164)."""
    digits = _PHONE_MARKS.sub("", text)
    return (text, "") if len(text) <= 30 and _PHONE.fullmatch(digits) else ("", "phone")


def nino_rule(text: str) -> tuple[str, str]:
    """A National Insurance number in HMRC's format, without spaces, upper case."""
    number = _SPACES.sub("", text).upper()
    return (number, "") if _NINO.fullmatch(number) else ("", "nino")


def registration_rule(text: str) -> tuple[str, str]:
    """A vehicle registration, without spaces, upper case."""
    mark = _SPACES.sub("", text).upper()
    return (mark, "") if _REGISTRATION.fullmatch(mark) else ("", "registration")


def name_rule(text: str) -> tuple[str, str]:
    """A name is whatever a person says it is, up to 150 characters."""
    return (text, "") if len(text) <= 150 else ("", "too_long")


RULES: dict[str, tuple[Rule, dict[str, Any]]] = {
    "email": (email_rule, {"type": "string", "format": "email", "maxLength": 254}),
    "phone": (phone_rule, {"type": "string", "maxLength": 30}),
    "name": (name_rule, {"type": "string", "maxLength": 150}),
    "national-insurance-number": (nino_rule, {"type": "string", "pattern": "^[A-Z]{2}[0-9]{6}[A-D]$"}),
    "vehicle-registration": (registration_rule, {"type": "string", "pattern": "^[A-Z0-9]{2,7}$"}),
}


def compile_ruled(field_id: str, input_name: str, key: str, definition: Any) -> CompiledField:
    """A one-box field whose type has a rule of its own."""
    rule, schema = RULES[definition.type]
    limit = {"max": 150} if definition.type == "name" else None

    def parse(form: Form, _today: date) -> Parsed:
        text = one(form, input_name)
        if not text:
            return _empty(field_id, input_name, definition.optional)
        value, code = rule(text)
        return Parsed(value) if not code else Parsed(faults=(Fault(field_id, input_name, code, limit),))

    return _field(field_id, input_name, key, definition, parse, schema)


def compile_text(
    field_id: str, input_name: str, key: str, definition: TextField | TextareaField
) -> CompiledField:
    """One line, or several, of free text."""
    written = definition.pattern if isinstance(definition, TextField) else None
    pattern = _pattern(written)
    lines = isinstance(definition, TextareaField)
    longest = definition.max_length

    def parse(form: Form, _today: date) -> Parsed:
        text = clean_lines((form.get(input_name) or ("",))[0]) if lines else one(form, input_name)
        if not text:
            return _empty(field_id, input_name, definition.optional)
        if len(text) > longest:
            return Parsed(faults=(Fault(field_id, input_name, "too_long", {"max": longest}),))
        if pattern and not pattern.fullmatch(text):
            return Parsed(faults=(Fault(field_id, input_name, "pattern"),))
        return Parsed(text)

    schema: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": longest}
    if pattern:
        schema["pattern"] = f"^(?:{written})$"
    return _field(field_id, input_name, key, definition, parse, schema)


def _pattern(written: str | None) -> Pattern | None:
    """The pattern, if there is one that can be read; the reader tells of one that cannot, and refuses it."""
    try:
        return Pattern(written) if written else None
    except ValueError:
        return None


def compile_declaration(
    field_id: str, input_name: str, key: str, definition: DeclarationField
) -> CompiledField:
    """One box to tick; only ticked is an answer."""

    def parse(form: Form, _today: date) -> Parsed:
        if one(form, input_name) == "yes":
            return Parsed(True)
        return _empty(field_id, input_name, definition.optional, "declaration")

    def raw(value: Any) -> dict[str, tuple[str, ...]]:
        if value is not True:
            raise TypeError(field_id)
        return {input_name: ("yes",)}

    def show(value: Any, language: str) -> list[str]:
        return [{"en": "Agreed", "cy": "Wedi cytuno"}[language]] if value else []

    variable = variable_of(field_id)

    def bind(value: Any) -> dict[str, Any]:
        return {variable: value is True}

    return CompiledField(field_id, definition.type, definition, key, parse, raw, bind, show, {"const": True})


def _field(
    field_id: str, input_name: str, key: str, definition: Any, parse: Any, schema: dict[str, Any]
) -> CompiledField:
    return CompiledField(
        field_id,
        definition.type,
        definition,
        key,
        parse,
        simple_raw(input_name),
        bind_as(variable_of(field_id)),
        show_text,
        schema,
    )


def _empty(field_id: str, input_name: str, optional: bool, code: str = "missing") -> Parsed:
    return Parsed(None) if optional else Parsed(faults=(Fault(field_id, input_name, code),))
