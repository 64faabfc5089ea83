"""CEL expressions: checked when a package is read, evaluated in microseconds when a person is on the page.

CEL is Google's Common Expression Language: typed, side-effect free and without loops that do not end.
A date is a timestamp at midnight UTC, because CEL has no type for a day alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
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
MAX_FAULTS = 5
"""How many faults of one expression are told: a slip of the pen can give CEL's parser dozens."""

_NAME = re.compile(r"\b(?:answers|settings|local)(?:\s*\.\s*[A-Za-z_]\w*)+|\btoday\b")
# CEL's lexis: raw and triple-quoted strings, strings with escapes, comments.
LITERAL = re.compile(
    r"""(?xs)
    (?i:\brb?|\bbr) (?: \'\'\'.*?\'\'\' | \"\"\".*?\"\"\" | '[^'\n]*' | "[^"\n]*" )
    | \'\'\'(?:\\.|[^\\])*?\'\'\' | \"\"\"(?:\\.|[^\\])*?\"\"\"
    | '(?:\\.|[^'\\\n])*' | "(?:\\.|[^"\\\n])*"
    | //[^\n]*
    """
)
_DATE = re.compile(r"\bdate\s*\(\s*(['\"])(.*?)\1\s*\)")
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
        try:
            outcome = self.by_nation[nation].eval(data=values)
        except RuntimeError:
            # An expression that exceeds CEL's budget of steps cannot be known.
            return NOT_GIVEN
        if outcome.type() == cel.Type.ERROR:
            return NOT_GIVEN
        return outcome.plain_value()

    def holds(self, nation: str, values: Mapping[str, Any]) -> bool:
        """Whether a condition is true; false where it cannot be known."""
        return self.value(nation, values) is True


def names_in(text: str) -> frozenset[str]:
    """The variables that an expression reads. A call such as `answers.x.size()` gives `answers.x`."""
    bare = LITERAL.sub(lambda literal: " " * len(literal.group()), text)
    found = set()
    for match in _NAME.finditer(bare):
        name = re.sub(r"\s+", "", match.group())
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
        faults = tuple(_constant_faults(text))
        if faults:
            raise ExpressionRefused(faults)
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
        except (RuntimeError, TypeError) as error:
            raise ExpressionRefused(expression_faults(str(error), text)) from None


def _function(name: str, gives: cel.Type, takes: list[cel.Type], does: Any) -> cel.FunctionDecl:
    return cel.FunctionDecl(name, [cel.Overload(f"{name}_overload", gives, takes, impl=does)])


def _years(start: datetime, end: datetime) -> int:
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))


def as_timestamp(day: date) -> datetime:
    """A day as CEL knows it: midnight UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


class Pattern:
    """A regular expression in RE2's syntax, by CEL's own engine: no answer, however hostile, slows it down."""

    def __init__(self, pattern: str) -> None:
        """Compile. Raises `ValueError` with RE2's words for a pattern that it does not take."""
        env = cel.NewEnv(variables={"text": STRING})
        # Alone first, because `a)(b` is a pattern only between the brackets of the second.
        for written in (pattern, f"^(?:{pattern})$"):
            try:
                self._matches = env.compile(f"text.matches({json.dumps(written, ensure_ascii=False)})")
            except (RuntimeError, TypeError):
                raise ValueError("it cannot be read") from None
            tried = self._matches.eval(data={"text": ""})
            if tried.type() == cel.Type.ERROR:
                raise ValueError(str(tried).partition("invalid regular expression: ")[2] or str(tried))

    def fullmatch(self, text: str) -> bool:
        """Whether the pattern takes the whole text."""
        return self._matches.eval(data={"text": text}).plain_value() is True


def _constant_faults(text: str) -> Iterator[ExpressionFault]:
    """What CEL would find only when it is evaluated: a written-out date that there is not, a wrong pattern."""
    comments = re.sub(r"//[^\n]*", "", text)
    for match in _DATE.finditer(comments):
        try:
            date.fromisoformat(match.group(2))
        except ValueError:
            yield ExpressionFault(
                f"'{match.group(2)}' is not a date, like '2026-03-09'", *_line_column(text, match.start(2))
            )
    for match in re.finditer(r"matches\s*\(\s*(r?)(['\"])(.*?)\2\s*\)", comments):
        written = match.group(3) if match.group(1) else match.group(3).replace("\\\\", "\\")
        try:
            Pattern(written)
        except ValueError as error:
            place = _line_column(text, match.start(3))
            yield ExpressionFault(f"'{match.group(3)}' is not a pattern: {error}", *place)


def _line_column(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


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


def expression_faults(message: str, text: str) -> tuple[ExpressionFault, ...]:
    """CEL's own report on an expression, as faults in plain words with their place in it."""
    faults: list[ExpressionFault] = []
    shown = " ".join(text.split())
    for line, place, words in _AT.findall(message):
        column = int(place)
        if len(faults) >= MAX_FAULTS:
            break
        said = words.replace(" (in container '')", "").replace(" [INVALID_ARGUMENT]", "")
        unknown = re.match(r"undeclared reference to '([^']*)'", said)
        if unknown:
            said = f"nothing is called '{unknown.group(1)}' here"
            # CEL points at the last dot of a name; a person looks for its beginning.
            column = max(1, column - max(0, unknown.group(1).rfind(".")))
        overload = re.match(r"found no matching overload for '([^']*)' applied to '\(([^']*)\)'", said)
        if overload:
            sign = overload.group(1).strip("_@")
            kinds = " and ".join(_plain(kind.strip()) for kind in overload.group(2).split(", "))
            said = f"'{sign}' cannot be used with {kinds}"
        if said.startswith("Syntax error"):
            said = _syntax(said)
        faults.append(ExpressionFault(f"{said} in '{shown}'", int(line), column))
    if not faults:
        reason = (
            message.splitlines()[0].partition(": ")[2].removesuffix(" [CANCELLED]") or message.splitlines()[0]
        )
        faults.append(ExpressionFault(f"'{shown[:80]}' is not an expression: {reason}"))
    return tuple(faults)


def _syntax(said: str) -> str:
    """What CEL's parser says, without its grammar."""
    if "'<EOF>'" in said:
        return "the expression ends too early"
    unread = re.search(r"token recognition error at: '(.*)'?", said, re.DOTALL)
    if unread:
        return f"this cannot be read: {' '.join(unread.group(1).split())}"
    wrong = re.search(r"(?:mismatched|extraneous) input '([^']*)'", said)
    return f"'{wrong.group(1)}' does not belong here" if wrong else said.removeprefix("Syntax error: ")
