"""Read YAML into plain data that remembers where each part was written.

Only the YAML that a service needs is read: maps, lists and plain values by YAML 1.2's core rules (so `no`
is a word, not false). Aliases, tags, duplicate keys and runaway nesting are refused, because a shared
package must mean what it shows.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from commonhall.engine.problems import Problem

_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
# YAML 1.2, production 1, without the byte order mark inside a text.
_NOT_PRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)

MAX_DEPTH = 40
MAX_BYTES = 2_000_000

Where = tuple[str | int, ...]
Marks = Mapping[Where, tuple[int, int]]

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Source:
    """One read file: its data, and for each path into it the 1-based place of its value and of its key."""

    file: str
    data: Any
    values: Marks
    keys: Marks
    insides: Marks = field(default_factory=dict)
    """Where the words of a quoted or block text begin, for the texts that do not begin at their value."""

    def place(self, where: Iterable[str | int], *, key: bool = False) -> tuple[int, int]:
        """The line and column of the deepest part of `where` that was written."""
        path = tuple(where)
        marks = self.keys if key else self.values
        while path:
            if path in marks:
                return marks[path]
            if path in self.values:
                return self.values[path]
            path = path[:-1]
        return self.values.get((), (1, 1))

    def problem(
        self,
        where: Iterable[str | int],
        message: str,
        remedy: str = "",
        *,
        key: bool = False,
        inside: tuple[int, int] | None = None,
    ) -> Problem:
        """A problem at the place of `where`; `inside` is a 1-based line and column of the text itself."""
        where = tuple(where)
        line, column = self.place(where, key=key)
        if inside is not None:
            line, column = self.insides.get(where, (line, column))
            line, column = line + inside[0] - 1, column + inside[1] - 1
        return Problem(self.file, line, column, message, remedy, tuple(where))


class _Builder:
    """Turns YAML events into data, without recursion, and collects what is refused on the way."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.lines = text.splitlines()
        self.problems: list[Problem] = []
        self.values: dict[Where, tuple[int, int]] = {}
        self.keys: dict[Where, tuple[int, int]] = {}
        self.insides: dict[Where, tuple[int, int]] = {}
        self.root: Any = None
        self.stack: list[tuple[Any, Where]] = []
        self.pending: list[tuple[str, bool] | None] = []
        self.as_key: list[bool] = []

    def refuse(self, event: Any, message: str, remedy: str) -> None:
        mark = event.start_mark
        self.problems.append(Problem(self.file, mark.line + 1, mark.column + 1, message, remedy))

    @property
    def at_key(self) -> bool:
        """Whether what comes next is the key of a map."""
        return bool(self.stack) and isinstance(self.stack[-1][0], dict) and self.pending[-1] is None

    def put(self, event: Any, value: Any) -> Where:
        """Lay a value where it belongs and answer its path."""
        mark = (event.start_mark.line + 1, event.start_mark.column + 1)
        if not self.stack:
            self.root = value
            self.values[()] = mark
            return ()
        holder, where = self.stack[-1]
        if isinstance(holder, list):
            path = (*where, len(holder))
            holder.append(value)
        else:
            key, keep = self.pending[-1] or ("", False)
            self.pending[-1] = None
            path = (*where, key)
            if keep:
                holder[key] = value
        self.values.setdefault(path, mark)
        return path

    def tag(self, event: Any) -> None:
        if event.tag is not None:
            self.refuse(event, f"the tag {event.tag} is not allowed", "take the tag away")

    def alias(self, event: Any) -> None:
        self.refuse(event, "aliases (*name) are not allowed", "write the value out")
        if self.at_key:
            self.pending[-1] = ("", False)
        else:
            self.put(event, None)

    def scalar(self, event: Any) -> None:
        self.tag(event)
        if not self.at_key:
            plain = event.style in {None, ""} and event.tag is None
            path = self.put(event, plain_value(event.value) if plain else event.value)
            if event.style:
                self.insides.setdefault(path, self.inside(event))
            return
        holder, where = self.stack[-1]
        key = str(event.value)
        self.pending[-1] = (key, key not in holder)
        if key in holder:
            self.refuse(event, f"'{key}' stands twice in the same map", "keep one of the two")
            return
        holder[key] = None
        self.keys[(*where, key)] = (event.start_mark.line + 1, event.start_mark.column + 1)

    def inside(self, event: Any) -> tuple[int, int]:
        """Where the words of a quoted or block text begin."""
        line, column = event.start_mark.line, event.start_mark.column
        if event.style in {"'", '"'}:
            return line + 1, column + 2
        # By index: a copy of all lines below, for every text, would take minutes for a long file.
        below = (self.lines[row] for row in range(line + 1, len(self.lines)))
        first = next((row for row in below if row.strip()), "")
        return line + 2, len(first) - len(first.lstrip(" ")) + 1

    def start(self, event: Any, holder: list[Any] | dict[str, Any]) -> None:
        self.tag(event)
        self.as_key.append(self.at_key)
        if self.at_key:
            self.refuse(event, "a key must be a word, not a list or a map", "write the key as plain text")
            self.stack.append((holder, (*self.stack[-1][1], "")))
        else:
            self.stack.append((holder, self.put(event, holder)))
        self.pending.append(None)

    def end(self) -> None:
        self.stack.pop()
        self.pending.pop()
        if self.as_key.pop():
            self.pending[-1] = ("", False)


def plain_value(text: str) -> Any:
    """The value of an unquoted scalar by YAML 1.2's core schema."""
    if text in {"", "~", "null", "Null", "NULL"}:
        return None
    if text in {"true", "True", "TRUE"}:
        return True
    if text in {"false", "False", "FALSE"}:
        return False
    if _INT.fullmatch(text):
        return int(text) if len(text) < 19 else text
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else text
    return text


def read_yaml(file: str, text: str) -> tuple[Source, list[Problem]]:
    """Read one YAML document. The problems say what was refused; the source holds what could be read.

    A text that is not YAML to its end gives no data, so that nobody complains of what was never reached.
    """
    nothing = Source(file, None, {}, {})
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_BYTES:
        return nothing, [Problem(file, 1, 1, "the file is over 2 MB", "split the service")]
    strange = _NOT_PRINTABLE.search(text)
    if strange:
        line, column = (
            text.count("\n", 0, strange.start()) + 1,
            strange.start() - text.rfind("\n", 0, strange.start()),
        )
        message = f"the character U+{ord(strange.group()):04X} is not allowed"
        return nothing, [Problem(file, line, column, message, "take it away and save as UTF-8 text")]
    builder = _Builder(file, text)
    try:
        whole = _build(builder, text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        message = f"this is not YAML: {error.problem or error.context}"
        remedy = "check indents, quotes and colons on this line"
        return nothing, [*builder.problems, Problem(file, line, column, message, remedy)]
    if not whole:
        return nothing, builder.problems
    return Source(file, builder.root, builder.values, builder.keys, builder.insides), builder.problems


def _build(builder: _Builder, text: str) -> bool:
    """Lay out every event of the first document; False where the rest cannot be read."""
    documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        match event:
            case yaml.DocumentStartEvent():
                documents += 1
                if documents > 1:
                    builder.refuse(event, "a second document starts here", "keep one document in a file")
                    return True
            case yaml.AliasEvent():
                builder.alias(event)
            case yaml.ScalarEvent():
                builder.scalar(event)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                if len(builder.stack) >= MAX_DEPTH:
                    builder.refuse(event, f"nested deeper than {MAX_DEPTH} levels", "flatten it")
                    return False
                builder.start(event, {} if isinstance(event, yaml.MappingStartEvent) else [])
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                builder.end()
    return True


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A remedy that names the nearest known word, or lists all where none is near."""
    choices = sorted(set(known))
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{near[0]}'?"
    return f"known here: {', '.join(choices)}" if choices else "take it away"
