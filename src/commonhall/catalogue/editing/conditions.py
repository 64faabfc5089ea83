"""Conditions as rows of menus, and as CEL: what somebody chooses, and what the package says.

A condition is rows, each one statement about an answer or a setting. Rows joined by "or" belong together; such groups are
joined by "and": `(a || b) && c`. Whatever else CEL can say was written by hand, and is shown as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_SETTING = re.compile(r"settings\.[a-z][a-z0-9_]*")
_STRING = r"'(?:[^'\\\n]|\\['\\])*'"
_OPERAND = r"-?[0-9]+(?:\.[0-9]+)?|settings\.[a-z][a-z0-9_]*"

ANSWERED, EMPTY, YES, NO, IS, IS_NOT, HAS, HAS_NOT = (
    "answered",
    "empty",
    "yes",
    "no",
    "is",
    "is-not",
    "has",
    "has-not",
)
COMPARE = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
COUNT = {f"count-{name}": sign for name, sign in COMPARE.items() if name != "ne"}
TODAY = {f"today-{name}": sign for name, sign in COMPARE.items() if name != "ne"}
SPANS = {
    f"{span}-{name}": (call, COMPARE[name])
    for span, call in {
        "worked": "working_days({0}, today)",
        "ago": "days({0}, today)",
        "ahead": "days(today, {0})",
        "years": "years({0}, today)",
    }.items()
    for name in ("lt", "le", "gt", "ge")
}
SAID = {
    ANSWERED: "is answered", EMPTY: "is left empty", YES: "yes", NO: "no", IS: "is", IS_NOT: "is not", HAS: "has",
    HAS_NOT: "does not have", "eq": "is exactly", "ne": "is not", "lt": "is less than", "le": "is at most",
    "gt": "is more than", "ge": "is at least", "count-eq": "has exactly … of them", "count-lt": "has fewer than …",
    "count-le": "has at most …", "count-gt": "has more than …", "count-ge": "has at least …", "today-eq": "is today",
    "today-lt": "is before today", "today-le": "is today or before", "today-gt": "is after today",
    "today-ge": "is today or after", "worked-lt": "is less than … working days ago",
    "worked-le": "is at most … working days ago", "worked-gt": "is more than … working days ago",
    "worked-ge": "is at least … working days ago", "ago-lt": "is less than … days ago", "ago-le": "is at most … days ago",
    "ago-gt": "is more than … days ago", "ago-ge": "is at least … days ago", "ahead-lt": "is less than … days ahead",
    "ahead-le": "is at most … days ahead", "ahead-gt": "is more than … days ahead", "ahead-ge": "is at least … days ahead",
    "years-lt": "is less than … years ago (an age)", "years-le": "is at most … years ago (an age)",
    "years-gt": "is more than … years ago (an age)", "years-ge": "is at least … years ago (an age)",
}  # fmt: skip
"""What each operator says in the menu, after the question's name."""

OPERATORS: Mapping[str, tuple[str, ...]] = {
    "choice": (IS, IS_NOT, ANSWERED, EMPTY),
    "choices": (HAS, HAS_NOT, *COUNT),
    "options": (HAS, HAS_NOT, *COUNT),
    "rows": tuple(COUNT),
    "whole": tuple(COMPARE),
    "number": tuple(COMPARE),
    "date": (*TODAY, *SPANS),
    "words": (IS, IS_NOT, ANSWERED, EMPTY),
    "setting-words": (IS, IS_NOT),
    "yes": (YES, NO),
}
"""What can be said of each kind of subject."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that a condition can speak of: its CEL name, how people know it, and its kind (see `OPERATORS`)."""

    name: str
    label: str
    kind: str
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One statement: about `subject`, by an operator; `value` is a code, words, a number, or `settings.x`. `either` joins
    it to the row before by "or"."""

    subject: str
    operator: str
    value: str = ""
    either: bool = False


@dataclass(frozen=True, slots=True)
class RowFault:
    """Which row (from 0) is not whole, and what to do."""

    row: int
    message: str


def takes(operator: str) -> str:
    """What a statement needs besides: "code", "words", "number" or "" (nothing); "code" or "words" by its subject."""
    if operator in {IS, IS_NOT, HAS, HAS_NOT}:
        return "code"
    return "number" if operator in COMPARE or operator in COUNT or operator in SPANS else ""


# -- from menus to CEL -----------------------------------------------------------------------------------------------


def to_cel(rows: Sequence[Row], subjects: Iterable[Subject]) -> str:
    """The condition in CEL; '' where there are no rows. Ask `faults_of` first: a row that is not whole raises ValueError."""
    known = {subject.name: subject for subject in subjects}
    groups: list[list[str]] = []
    for row in rows:
        said = _statement(row, known[row.subject])
        if row.either and groups:
            groups[-1].append(said)
        else:
            groups.append([said])
    joined = [" || ".join(group) for group in groups]
    return " && ".join(f"({one})" if len(group) > 1 and len(groups) > 1 else one
                       for one, group in zip(joined, groups, strict=True))  # fmt: skip


def faults_of(rows: Sequence[Row], subjects: Iterable[Subject]) -> list[RowFault]:
    """What is not whole in the rows, each with what to do."""
    known = {subject.name: subject for subject in subjects}
    faults = []
    for i, row in enumerate(rows):
        subject = known.get(row.subject)
        if subject is None or row.operator not in OPERATORS[subject.kind]:
            faults.append(RowFault(i, "Choose what this line says"))
        elif takes(row.operator) == "number" and not _SETTING.fullmatch(row.value):
            if not _NUMBER.fullmatch(row.value):
                faults.append(RowFault(i, "Enter the number, or choose a setting"))
            elif "." in row.value and not (subject.kind == "number" and row.operator in COMPARE):
                faults.append(RowFault(i, "Enter a whole number"))
        elif takes(row.operator) == "code" and subject.kind in {"words", "setting-words"} and not row.value:
            faults.append(RowFault(i, "Enter the words to compare with"))
        elif "\n" in row.value:
            faults.append(RowFault(i, "Enter the words on one line"))
    return faults


def _statement(row: Row, subject: Subject) -> str:
    name, operator = row.subject, row.operator
    if operator in COMPARE:
        return f"{name} {COMPARE[operator]} {_operand(row.value, decimal=subject.kind == 'number')}"
    if operator in COUNT:
        return f"{name}.size() {COUNT[operator]} {_operand(row.value)}"
    if operator in TODAY:
        return f"{name} {TODAY[operator]} today"
    if operator in SPANS:
        call, sign = SPANS[operator]
        return f"{call.format(name)} {sign} {_operand(row.value)}"
    literal = _literal(row.value)
    simple = {
        ANSWERED: f"{name} != ''", EMPTY: f"{name} == ''", YES: name, NO: f"!{name}", IS: f"{name} == {literal}",
        IS_NOT: f"{name} != {literal}", HAS: f"{literal} in {name}", HAS_NOT: f"!({literal} in {name})",
    }  # fmt: skip
    return simple[operator]


def _operand(value: str, *, decimal: bool = False) -> str:
    if _SETTING.fullmatch(value):
        return value
    if not _NUMBER.fullmatch(value):
        raise ValueError(f"{value!r} is no number")
    return f"{value}.0" if decimal and "." not in value else value


def _literal(words: str) -> str:
    return "'" + words.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _words(literal: str) -> str:
    return re.sub(r"\\(['\\])", r"\1", literal[1:-1])


# -- from CEL to menus -----------------------------------------------------------------------------------------------


def from_cel(text: str, subjects: Iterable[Subject]) -> tuple[Row, ...] | None:
    """The rows that say the same; None where the menus cannot say it, or not of these subjects."""
    known = {subject.name: subject for subject in subjects}
    text = " ".join(text.split())
    if not text:
        return ()
    rows: list[Row] = []
    groups = _split(text, "&&")
    for group in groups:
        bare = _unwrapped(group)
        if bare == group and len(groups) > 1 and len(_split(group, "||")) > 1:
            return None  # `a && b || c`: "and" binds first, which rows cannot say
        for i, said in enumerate(_split(bare, "||")):
            row = _row(said.strip(), known)
            if row is None:
                return None
            rows.append(Row(row.subject, row.operator, row.value, either=i > 0))
    return tuple(rows)


_SIGNS = {sign: name for name, sign in COMPARE.items()}
_NAME = r"(?P<name>(?:answers|settings)(?:\.[a-z][a-z0-9_]*)+)"
_CALLS = {
    "working_days(x, today)": "worked",
    "days(x, today)": "ago",
    "days(today, x)": "ahead",
    "years(x, today)": "years",
}
_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        rf"(?P<not>!?){_NAME}",
        rf"{_NAME} ?(?P<sign>[!=]=) ?(?P<words>{_STRING})",
        rf"(?P<words>{_STRING}) in {_NAME}",
        rf"(?P<not>!)\((?P<words>{_STRING}) in {_NAME}\)",
        rf"{_NAME} ?(?P<sign>[!=<>]=|[<>]) ?(?P<value>{_OPERAND})",
        rf"{_NAME} ?(?P<sign>[!=<>]=|[<>]) ?(?P<today>today)",
        rf"{_NAME}\.(?P<count>size)\(\) ?(?P<sign>==|[<>]=?) ?(?P<value>{_OPERAND})",
        rf"(?P<call>working_days|days|years)\({_NAME}, ?today\) ?(?P<sign>[<>]=?) ?(?P<value>{_OPERAND})",
        rf"(?P<ahead>days)\(today, ?{_NAME}\) ?(?P<sign>[<>]=?) ?(?P<value>{_OPERAND})",
    )
)


def _row(said: str, known: Mapping[str, Subject]) -> Row | None:
    for shape in _SHAPES:
        match = shape.fullmatch(said)
        if match is None:
            continue
        subject = known.get(match["name"])
        if subject is None:
            return None
        found = {"not": "", **{key: value for key, value in match.groupdict().items() if value is not None}}
        operator, value = _read(found)
        if (operator, value) == (IS, "") and subject.kind != "setting-words":
            operator = EMPTY
        elif (operator, value) == (IS_NOT, "") and subject.kind != "setting-words":
            operator = ANSWERED
        if subject.kind == "number" and operator in COMPARE:
            value = value.removesuffix(".0")
        fits = operator in OPERATORS[subject.kind]
        if operator in {IS, IS_NOT, HAS, HAS_NOT} and subject.options:
            fits = fits and value in {code for code, _ in subject.options}
        return Row(subject.name, operator, value) if fits else None
    return None


def _read(found: Mapping[str, str]) -> tuple[str, str]:
    sign = _SIGNS.get(found.get("sign", ""), "")
    if "words" in found:
        if sign:
            return (IS if sign == "eq" else IS_NOT), _words(found["words"])
        return (HAS_NOT if found["not"] else HAS), _words(found["words"])
    if "today" in found:
        return f"today-{sign}", ""
    if "count" in found:
        return f"count-{sign}", found["value"]
    if "ahead" in found:
        return f"ahead-{sign}", found["value"]
    if "call" in found:
        return (
            f"{ {'working_days': 'worked', 'days': 'ago', 'years': 'years'}[found['call']] }-{sign}",
            found["value"],
        )
    if "value" in found:
        return sign, found["value"]
    return (NO if found["not"] else YES), ""


def _split(text: str, sign: str) -> list[str]:
    """The parts of a text between `sign`s that stand outside brackets and quotes."""
    parts, depth, start, at = [], 0, 0, 0
    while at < len(text):
        quoted = re.match(_STRING, text[at:])
        if quoted:
            at += quoted.end()
            continue
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(text[at], 0)
        if depth == 0 and text.startswith(sign, at):
            parts.append(text[start:at].strip())
            at += len(sign)
            start = at
            continue
        at += 1
    return [*parts, text[start:].strip()]


def _unwrapped(text: str) -> str:
    """A group without the brackets around the whole of it."""
    if not (text.startswith("(") and text.endswith(")")):
        return text
    inside = text[1:-1]
    depth = 0
    for part in re.sub(_STRING, "", inside):
        depth += {"(": 1, ")": -1}.get(part, 0)
        if depth < 0:
            return text
    return inside.strip()
