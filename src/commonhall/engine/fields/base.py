"""What every type of field has in common."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from commonhall.engine.definition import FieldPart

Form = Mapping[str, Sequence[str]]
"""A submitted form: each input's name with the values sent for it, in order."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an answer was not accepted.

    `input` is the form input to go to; `code` names the message; `params` fill it in. `text` is a message
    that the service itself wrote (a check's), by its text key.
    """

    field: str
    input: str
    code: str
    params: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """An answer in the contract's shape, or the faults found; `None` is an optional answer left empty."""

    value: Any = None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """An option as compiled: its code, and its label and hint in each language."""

    code: str
    label: Mapping[str, str]
    hint: Mapping[str, str]


Parse = Callable[[Form, date], Parsed]
Raw = Callable[[Any], dict[str, tuple[str, ...]]]
Bind = Callable[[Any], dict[str, Any]]
Show = Callable[[Any, str], list[str]]


@dataclass(frozen=True, slots=True)
class CompiledField:
    """One question, ready to run.

    `parse` reads a form, `raw` is its inverse (an accepted value as form inputs), `bind` gives the CEL
    variables of a value, `show` the lines that a person reads in a language, `schema` the JSON Schema of the
    answer. Field ids of a council's own questions start with `local.`.
    """

    id: str
    type: str
    definition: FieldPart
    key: str
    parse: Parse
    raw: Raw
    bind: Bind
    show: Show
    schema: Mapping[str, Any]
    choices: tuple[Choice, ...] = ()
    fields: tuple[CompiledField, ...] = ()

    def accepts(self, value: Any, today: date) -> Parsed:
        """Check a value in the contract's shape by the same rules as a form."""
        try:
            form = self.raw(value) if value is not None else {}
        except (KeyError, TypeError, ValueError, AttributeError):
            return Parsed(faults=(Fault(self.id, self.id, "shape"),))
        parsed = self.parse(form, today)
        if not parsed.faults and parsed.value is None and value not in (None, "", []):
            return Parsed(faults=(Fault(self.id, self.id, "shape"),))
        return parsed


def one(form: Form, name: str) -> str:
    """The first value sent for an input, cleaned as one line; '' where nothing was."""
    values = form.get(name)
    return clean(values[0]) if values else ""


def clean(text: str) -> str:
    """One line of text: no control or invisible formatting characters, single spaces, normal form C."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip(" ")
    kept = "".join(" " if c.isspace() else c for c in text if c.isspace() or not _invisible(c))
    # Normal form last: two characters may meet only once an invisible one between them is gone.
    return unicodedata.normalize("NFC", " ".join(kept.split())).strip(" \u200c\u200d")


def clean_lines(text: str) -> str:
    """Several lines of text, each cleaned; line ends become a single newline and outer empty lines go."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(clean(line) for line in lines).strip("\n")


def _invisible(character: str) -> bool:
    # Cc: control, Cs: half of a pair, Co and Cn: nobody's, Cf: direction marks and the like. The joiners
    # U+200C and U+200D stay, because names in some scripts need them.
    return (
        unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn", "Cf"} and character not in "\u200c\u200d"
    )


def simple_raw(name: str) -> Raw:
    """The `raw` of a field that is one input holding text."""

    def raw(value: Any) -> dict[str, tuple[str, ...]]:
        if not isinstance(value, str):
            raise TypeError(name)
        return {name: (value,)}

    return raw


def bind_as(variable: str) -> Bind:
    """The `bind` of a field whose value CEL takes as it is; words that were not given are ''."""

    def bind(value: Any) -> dict[str, Any]:
        return {variable: "" if value is None else value}

    return bind


def show_text(value: Any, _language: str) -> list[str]:
    """Text as its lines."""
    return str(value).split("\n") if value not in (None, "") else []


def variable_of(field_id: str) -> str:
    """The CEL name of a field's answer: `answers.x`, or `local.x` for a council's own question."""
    return field_id if field_id.startswith("local.") else f"answers.{field_id}"
