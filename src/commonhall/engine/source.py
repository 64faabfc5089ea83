"""Read YAML into plain data that remembers where each part was written.

Only the YAML that a service needs is read: maps, lists and plain values by YAML 1.2's core rules (so `no`
is a word, not false). Aliases, tags, duplicate keys and runaway nesting are refused, because a shared
package must mean what it shows.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from commonhall.engine.problems import Problem

_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")

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
        column_shift: int = 0,
    ) -> Problem:
        """A problem at the place of `where` in this file; `column_shift` points into the value."""
        line, column = self.place(where, key=key)
        return Problem(self.file, line, column + column_shift, message, remedy)


class _Builder:
    """Turns YAML events into data, without recursion, and collects what is refused on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.values: dict[Where, tuple[int, int]] = {}
        self.keys: dict[Where, tuple[int, int]] = {}
        self.root: Any = None
        self.stack: list[tuple[Any, Where]] = []
        self.pending: list[tuple[str, bool] | None] = []

    def refuse(self, event: Any, message: str, remedy: str) -> None:
        mark = event.start_mark
        self.problems.append(Problem(self.file, mark.line + 1, mark.column + 1, message, remedy))

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

    def scalar(self, event: Any) -> None:
        if event.tag is not None and not event.implicit[0] and not event.implicit[1]:
            self.refuse(event, f"the tag {event.tag} is not allowed", "take the tag away")
        if self.stack and isinstance(self.stack[-1][0], dict) and self.pending[-1] is None:
            holder, where = self.stack[-1]
            key = str(event.value)
            if key in holder:
                self.refuse(event, f"'{key}' stands twice in the same map", "keep one of the two")
                self.pending[-1] = (key, False)
                return
            holder[key] = None
            self.keys[(*where, key)] = (event.start_mark.line + 1, event.start_mark.column + 1)
            self.pending[-1] = (key, True)
            return
        self.put(event, plain_value(event.value) if event.implicit[0] else event.value)

    def start(self, event: Any, holder: list[Any] | dict[str, Any]) -> None:
        if isinstance(self.stack[-1][0] if self.stack else None, dict) and self.pending[-1] is None:
            self.refuse(event, "a key must be a word, not a list or a map", "write the key as plain text")
            self.pending[-1] = ("", False)
        self.stack.append((holder, self.put(event, holder)))
        self.pending.append(None)


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
        return float(text)
    return text


def read_yaml(file: str, text: str) -> tuple[Source, list[Problem]]:
    """Read one YAML document. The problems say what was refused; the source holds what could be read."""
    builder = _Builder(file)
    if len(text.encode()) > MAX_BYTES:
        return Source(file, None, {}, {}), [Problem(file, 1, 1, "the file is over 2 MB", "split the service")]
    documents = 0
    try:
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    builder.refuse(event, "a second document starts here", "keep one document in a file")
                    break
            elif isinstance(event, yaml.AliasEvent):
                builder.refuse(event, "aliases (*name) are not allowed", "write the value out")
                builder.put(event, None)
            elif isinstance(event, yaml.ScalarEvent):
                builder.scalar(event)
            elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                if len(builder.stack) >= MAX_DEPTH:
                    builder.refuse(event, f"nested deeper than {MAX_DEPTH} levels", "flatten it")
                    break
                builder.start(event, {} if isinstance(event, yaml.MappingStartEvent) else [])
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                builder.stack.pop()
                builder.pending.pop()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        message = f"this is not YAML: {error.problem or error.context}"
        builder.problems.append(
            Problem(file, line, column, message, "check indents, quotes and colons on this line")
        )
    except yaml.YAMLError as error:
        builder.problems.append(
            Problem(file, 1, 1, f"this is not YAML: {_first_line(error)}", "save it as UTF-8 text")
        )
    return Source(file, builder.root, builder.values, builder.keys), builder.problems


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A remedy that names the nearest known word, or lists all where none is near."""
    choices = sorted(set(known))
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{near[0]}'?"
    return f"known here: {', '.join(choices)}" if choices else "take it away"
