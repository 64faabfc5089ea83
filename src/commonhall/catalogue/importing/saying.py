"""Conditions of a form in CEL, about answers as the draft has them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from commonhall.catalogue.importing.form import Ago, AllOf, Condition, Said, questions_in
from commonhall.engine.expressions import MAX_LENGTH

WORDS = frozenset(
    {"text", "textarea", "email", "phone", "name", "national-insurance-number", "vehicle-registration"}
)
ONE_OF = frozenset({"radios", "select"})
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PLAIN = re.compile(r"[^\x00-\x1f\x7f]*")


class CannotSay(Exception):  # noqa: N818
    """A condition that the service language cannot say; its words say why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the draft has it: its id, type, and for each value of the form the code of its option."""

    id: str
    type: str
    codes: Mapping[str, str]
    decimals: int = 0
    optional: bool = False


def say(condition: Condition, asked: Mapping[str, Asked]) -> str:
    """The condition in CEL; '' for one that always holds. `asked` are the questions that it may speak of.

    Raises `CannotSay`.
    """
    missing = sorted(questions_in(condition) - asked.keys())
    if missing:
        raise CannotSay(f"it speaks of '{missing[0]}', which is not asked before it")
    if condition == AllOf(()):
        return ""
    text = _say(condition, asked, 0)
    if len(text) > MAX_LENGTH:
        raise CannotSay(f"it is over {MAX_LENGTH} characters long")
    return text


def may_not_be_known(condition: Condition, asked: Mapping[str, Asked]) -> str:
    """The first optional question that it speaks of and that is taken otherwise than in the form where it is left empty;
    '' if none.

    A service takes "not more than 5" of a number that nobody gave for something that nobody can know, and so as not
    holding; the form took it for true.
    """
    if not isinstance(condition, Said):
        return next((found for part in condition.parts if (found := may_not_be_known(part, asked))), "")
    one = asked.get(condition.question)
    doubtful = one is not None and one.optional and one.type in {"number", "money", "date"}
    return one.id if one is not None and doubtful and condition.turned else ""


def _say(condition: Condition, asked: Mapping[str, Asked], depth: int) -> str:
    if isinstance(condition, Said):
        return _statement(condition, asked[condition.question])
    joiner, empty = (" && ", "true") if isinstance(condition, AllOf) else (" || ", "false")
    if not condition.parts:
        return empty
    text = joiner.join(_say(part, asked, depth + 1) for part in condition.parts)
    return f"({text})" if depth else text


def _statement(said: Said, one: Asked) -> str:
    name = f"answers.{one.id}"
    if said.of == "length":
        if one.type not in WORDS or not isinstance(said.value, int):
            raise CannotSay(f"the length of '{one.id}' is not known")
        return f"{name}.size() {said.sign} {said.value}"
    if one.type in ONE_OF and said.sign in {"==", "!="}:
        return f"{name} {said.sign} '{_code(said, one)}'"
    if one.type == "checkboxes" and said.sign in {"has", "lacks"}:
        has = f"'{_code(said, one)}' in {name}"
        return has if said.sign == "has" else f"!({has})"
    if one.type == "checkboxes" and said.value == "" and said.sign in {"==", "!="}:
        return f"{name}.size() {'==' if said.sign == '==' else '>'} 0"
    if one.type in WORDS and said.sign in {"==", "!="} and isinstance(said.value, str):
        return f"{name} {said.sign} {_literal(said.value)}"
    if one.type in {"number", "money"} and said.sign not in {"has", "lacks"}:
        return f"{name} {said.sign} {_number(said, one)}"
    if one.type == "date" and said.sign not in {"has", "lacks"}:
        return _of_day(said, name)
    if one.type == "declaration" and said.sign in {"==", "!="} and isinstance(said.value, bool):
        return name if (said.sign == "==") == said.value else f"!{name}"
    raise CannotSay(f"'{one.id}' is of type {one.type}, about which it cannot be said")


def _code(said: Said, one: Asked) -> str:
    value = str(said.value).lower() if isinstance(said.value, bool) else str(said.value)
    if value == "":
        return ""
    if value not in one.codes:
        raise CannotSay(f"'{one.id}' has no option '{value[:60]}'")
    return one.codes[value]


def _literal(words: str) -> str:
    if not _PLAIN.fullmatch(words):
        raise CannotSay("it compares words that are not on one line")
    return "'" + words.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _number(said: Said, one: Asked) -> str:
    if isinstance(said.value, bool) or not isinstance(said.value, int | float):
        raise CannotSay(f"'{one.id}' is a number, and is compared with something else")
    value = said.value * 100 if one.type == "money" else said.value
    if one.type == "number" and one.decimals:
        return f"{float(value):.6f}".rstrip("0") + ("0" if value == int(value) else "")
    if value != int(value):
        raise CannotSay(f"'{one.id}' is whole, and is compared with {said.value:g}")
    return str(int(value))


def _of_day(said: Said, name: str) -> str:
    if isinstance(said.value, Ago):
        span = said.value
        if span.unit == "years" and said.sign not in {">=", "<"}:
            raise CannotSay("whole years are counted, so only 'at least' and 'less than' can be said of them")
        if said.sign not in {"<", "<=", ">", ">="}:
            raise CannotSay("a span of time is compared by more or less only")
        parts = ("today", name) if span.ahead else (name, "today")
        return f"{span.unit}({', '.join(parts)}) {said.sign} {span.count}"
    if not isinstance(said.value, str) or not _DAY.fullmatch(said.value):
        raise CannotSay("a date is compared with something that is none")
    return f"{name} {said.sign} date('{said.value}')"
