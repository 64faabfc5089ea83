"""CEL expressions: checked when a package is read, evaluated in microseconds when a person is on the page.

CEL is Google's Common Expression Language: typed, side-effect free and without loops that do not end.
A date is a timestamp at midnight UTC, because CEL has no type for a day alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from cel_expr_python import cel

from commonhall.engine.working_days import Calendar

BOOL, INT, DOUBLE, STRING, DATE = (
    cel.Type.BOOL,
    cel.Type.INT,
    cel.Type.DOUBLE,
    cel.Type.STRING,
    cel.Type.TIMESTAMP,
)
STRINGS = cel.Type.List(cel.Type.STRING)
ROWS = cel.Type.List(cel.Type.Map(cel.Type.STRING, cel.Type.DYN))

MAX_LENGTH = 1000

_NAME = re.compile(r"\b(?:answers|settings|local)(?:\.[A-Za-z_]\w*)+|\btoday\b")
_LITERAL = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"")
_CALENDAR_WORDS = re.compile(r"\b(?:working_days|add_working_days)\s*\(")
_AT = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")


class _NotGiven:
    """The outcome of an expression that needed an answer nobody gave."""

    def __repr__(self) -> str:
        return "NOT_GIVEN"


NOT_GIVEN = _NotGiven()


@dataclass(frozen=True, slots=True)
class ExpressionFault:
    """Why an expression was refused; `line` and `column` (1-based) point into its text."""

    message: str
    line: int = 1
    column: int = 1


class ExpressionRefused(Exception):  # noqa: N818
    """An expression does not compile; carries every fault found."""

    def __init__(self, faults: tuple[ExpressionFault, ...]) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression. `names` are the variables it reads; `kind` is its CEL type's name.

    Only expressions that count working days differ between nations, so `by_nation` mostly holds the same
    object four times.
    """

    text: str
    names: frozenset[str]
    kind: str
    by_nation: Mapping[str, cel.Expression]

    def value(self, nation: str, values: Mapping[str, Any]) -> Any:
        """Evaluate with these variables; `NOT_GIVEN` where one that decides the outcome is missing."""
        outcome = self.by_nation[nation].eval(data=values)
        if outcome.type() == cel.Type.ERROR:
            return NOT_GIVEN
        return outcome.plain_value()

    def holds(self, nation: str, values: Mapping[str, Any]) -> bool:
        """Whether a condition is true; false where it cannot be known."""
        return self.value(nation, values) is True


def names_in(text: str) -> frozenset[str]:
    """The variables that an expression reads. A call such as `answers.x.size()` gives `answers.x`."""
    bare = _LITERAL.sub(lambda literal: " " * len(literal.group()), text)
    found = set()
    for match in _NAME.finditer(bare):
        name = match.group()
        if bare[match.end() :].lstrip().startswith("(") and "." in name:
            name = name.rsplit(".", 1)[0]
        found.add(name)
    return frozenset(found)


class Dialect:
    """The expression language of one service: its variables with their types, in all four nations."""

    def __init__(self, variables: Mapping[str, cel.Type], calendars: Mapping[str, Calendar]) -> None:
        self.variables = {"today": DATE, **variables}
        self.calendars = calendars
        self._envs = {nation: self._env(calendar) for nation, calendar in calendars.items()}

    def _env(self, calendar: Calendar) -> cel.Env:
        def working_days(start: datetime, end: datetime) -> int:
            return calendar.working_days(start.date(), end.date())

        def add_working_days(start: datetime, count: int) -> datetime:
            return as_timestamp(calendar.add_working_days(start.date(), count))

        return cel.NewEnv(
            variables=self.variables,
            functions=[
                _function("working_days", INT, [DATE, DATE], working_days),
                _function("add_working_days", DATE, [DATE, INT], add_working_days),
                _function("days", INT, [DATE, DATE], lambda start, end: (end - start).days),
                _function("years", INT, [DATE, DATE], _years),
                _function("date", DATE, [STRING], lambda text: as_timestamp(date.fromisoformat(text))),
            ],
        )

    def compile(self, text: str, expected: tuple[cel.Type, ...]) -> Expression:
        """Compile an expression that must give one of the `expected` types. Raises `ExpressionRefused`."""
        if len(text) > MAX_LENGTH:
            raise ExpressionRefused((ExpressionFault(f"the expression is over {MAX_LENGTH} characters"),))
        nations = list(self._envs)
        first = self._compile(nations[0], text)
        kind = first.return_type()
        if kind not in expected:
            wanted = " or ".join(_plain(one.name()) for one in expected)
            fault = ExpressionFault(f"'{text}' gives {_plain(kind.name())}, but {wanted} is needed here")
            raise ExpressionRefused((fault,))
        differs = bool(_CALENDAR_WORDS.search(text))
        rest = {nation: self._compile(nation, text) if differs else first for nation in nations[1:]}
        return Expression(text, names_in(text), kind.name(), {nations[0]: first, **rest})

    def _compile(self, nation: str, text: str) -> cel.Expression:
        try:
            return self._envs[nation].compile(text)
        except RuntimeError as error:
            raise ExpressionRefused(_faults(str(error), text)) from None


def _function(name: str, gives: cel.Type, takes: list[cel.Type], does: Any) -> cel.FunctionDecl:
    return cel.FunctionDecl(name, [cel.Overload(f"{name}_overload", gives, takes, impl=does)])


def _years(start: datetime, end: datetime) -> int:
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))


def as_timestamp(day: date) -> datetime:
    """A day as CEL knows it: midnight UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _plain(name: str) -> str:
    words = {
        "bool": "yes or no",
        "int": "a whole number",
        "double": "a number",
        "string": "words",
        "google.protobuf.Timestamp": "a date",
        "TIMESTAMP": "a date",
        "timestamp": "a date",
    }
    return words.get(name, words.get(name.lower(), name))


def _faults(message: str, text: str) -> tuple[ExpressionFault, ...]:
    """CEL's own report, as faults in plain words with their place in the expression."""
    faults = []
    for line, column, words in _AT.findall(message):
        said = words.replace(" (in container '')", "").replace(" [INVALID_ARGUMENT]", "")
        unknown = re.match(r"undeclared reference to '([^']*)'", said)
        if unknown:
            said = f"nothing is called '{unknown.group(1)}' here"
        overload = re.match(r"found no matching overload for '([^']*)' applied to '\(([^']*)\)'", said)
        if overload:
            sign = overload.group(1).strip("_@")
            kinds = " and ".join(_plain(kind.strip()) for kind in overload.group(2).split(", "))
            said = f"'{sign}' cannot be used with {kinds}"
        faults.append(ExpressionFault(f"{said} in '{text}'", int(line), int(column)))
    if not faults:
        faults.append(ExpressionFault(f"'{text}' is not an expression: {message.splitlines()[0]}"))
    return tuple(faults)
