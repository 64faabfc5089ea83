"""Templates of connectors: what a back office is sent, and how its answers are read, as data with CEL in it.

A template is a tree of maps, lists and plain values. In its texts `{{ EXPRESSION }}` stands for a value; a text that is one
expression and nothing else becomes that value with its type, any other becomes a text. `{{? EXPRESSION }}` is for what
may be missing: where it is missing, null or empty, the whole entry is left out, or nothing stands in its place in a text.

Expressions are CEL, as in services, over whatever variables a place has; all dates and times are texts as ISO 8601 has
them. What comes of it can be sent as JSON: times become texts again, and what JSON cannot hold is missed by name.

The entry `...` of a map is itself a map (or nothing), whose entries are laid in its place; those that stand there by name
win, so that no answer can take the place of what a mapping says. Names hold no expressions. Besides CEL's own there are:

- `text(x)`: any plain value as words, null as none.
- `join(list, between)`: a list as one text.
- `leaves(x)`: every plain value in `x`, as a list of words: for back offices that know no more than names and values.
- `table(map, key)`: the entry of a map under a key, or the one under `*`.
- `day(text, format)`: an ISO date or time in another format, London's (`%d/%m/%Y`, as strftime has it).
- `cut(text, most)`: the first characters of a text, for fields that hold no more.
- `renamed(map, names)`: the entries of a map that have a name in the other, under that name.
- `quoted(text)`: between single quotes, each of its own doubled (OData); `escaped(text)`: the same with backslashes (SOQL).
- `replace(text, old, new)`, `lower(text)`, `upper(text)`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cel_expr_python import cel

from commonhall.connectors.dialect import as_text, environment
from commonhall.engine.expressions import LITERAL, ExpressionFault, expression_faults

LONGEST_EXPRESSION = 1000
_LEFT_OUT = object()
REST = "..."
"""The entry of a map whose own entries are laid in its place."""

Where = tuple[str | int, ...]
"""A path into the tree."""
Spelling = Callable[[str], str]
"""How a value is written where it stands in a text: a segment of a path, say."""


class Unfilled(Exception):  # noqa: N818
    """A template asks for something that is not there; `where` is the path of the entry."""

    def __init__(self, where: Where, reason: str) -> None:
        super().__init__(f"{'.'.join(map(str, where))}: {reason}" if where else reason)
        self.where = where


@dataclass(frozen=True, slots=True)
class TemplateFault:
    """What is wrong in a template, and where in its tree."""

    where: Where
    message: str


@dataclass(frozen=True, slots=True)
class _Hole:
    """An expression in a text. An optional one may come to nothing."""

    text: str
    optional: bool
    expression: cel.Expression

    def value(self, values: Mapping[str, Any], where: Where) -> Any:
        """Its value; `_LEFT_OUT` where it may be missing and is. Raises `Unfilled`."""
        try:
            found = self.expression.eval(data=dict(values))
            failed = str(found) if found.type() == cel.Type.ERROR else ""
        except (RuntimeError, TypeError, ValueError, OverflowError, RecursionError) as error:
            found, failed = None, str(error) or type(error).__name__
        if self.optional and failed:
            return _LEFT_OUT
        if failed or found is None:
            raise Unfilled(where, _missing(failed, self.text))
        try:
            value = _settled(found.plain_value())
        except ValueError as why:
            raise Unfilled(where, f"{{{{ {self.text[:120]} }}}} comes to {why}") from None
        return _LEFT_OUT if self.optional and (value is None or value in ("", [], {})) else value


@dataclass(frozen=True, slots=True)
class _Text:
    """A text with holes: its parts in order. Where values are spelt in a way of their own it is always a text."""

    where: Where
    parts: tuple[str | _Hole, ...]
    spelt: Spelling | None = None

    def fill(self, values: Mapping[str, Any]) -> Any:
        """The text, or the one value that it is."""
        if len(self.parts) == 1 and isinstance(self.parts[0], _Hole) and self.spelt is None:
            return self.parts[0].value(values, self.where)
        return "".join(part if isinstance(part, str) else self._words(part, values) for part in self.parts)

    def _words(self, hole: _Hole, values: Mapping[str, Any]) -> str:
        found = hole.value(values, self.where)
        words = "" if found is _LEFT_OUT else as_text(found)
        if self.spelt is None:
            return words
        if not words:
            raise Unfilled(self.where, f"{{{{ {hole.text[:120]} }}}} is empty, where something must stand")
        return self.spelt(words)


@dataclass(frozen=True, slots=True)
class _LaidIn:
    """What stands under `...`."""

    where: Where
    tree: Any

    def fill(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Its entries. Raises `Unfilled` where it comes to something other than a map or nothing."""
        found = _fill(self.tree, values)
        if found is _LEFT_OUT or found is None:
            return {}
        if not isinstance(found, dict):
            raise Unfilled(self.where, "what is laid in here is no map")
        return found


class Template:
    """A compiled template. Made by `compile_template`."""

    def __init__(self, tree: Any) -> None:
        self._tree = tree

    def fill(self, values: Mapping[str, Any]) -> Any:
        """The tree with these values in it (made by `as_values`). Raises `Unfilled`; None where all is left out."""
        found = _fill(self._tree, values)
        return None if found is _LEFT_OUT else found

    def text(self, values: Mapping[str, Any]) -> str:
        """The same as a text, nothing as an empty one. Raises `Unfilled`."""
        return as_text(self.fill(values))


def _fill(tree: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(tree, _Text):
        return tree.fill(values)
    if isinstance(tree, dict):
        own: dict[str, Any] = {}
        laid: dict[str, Any] = {}
        for name, part in tree.items():
            found = part.fill(values) if isinstance(part, _LaidIn) else _fill(part, values)
            if isinstance(part, _LaidIn):
                laid = found
            elif found is not _LEFT_OUT:
                own[name] = found
        return {**own, **{name: part for name, part in laid.items() if name not in own}}
    if isinstance(tree, list):
        return [part for part in (_fill(one, values) for one in tree) if part is not _LEFT_OUT]
    return tree


def compile_template(
    tree: Any, variables: Iterable[str], spelt: Mapping[str, Spelling] | None = None
) -> tuple[Template, list[TemplateFault]]:
    """Compile a template whose expressions may use these variables; with everything that is wrong in it.

    `spelt` says how values are written in the texts of an entry of the outermost map.
    """
    faults: list[TemplateFault] = []
    compiler = _Compiler(tuple(sorted(variables)), spelt or {}, faults)
    return Template(compiler.tree(tree, ())), faults


@dataclass(frozen=True, slots=True)
class _Compiler:
    variables: tuple[str, ...]
    spelt: Mapping[str, Spelling]
    faults: list[TemplateFault]

    def tree(self, tree: Any, where: Where) -> Any:
        """A part of a template, compiled."""
        if isinstance(tree, str):
            return self.text(tree, where)
        if isinstance(tree, Mapping):
            return {
                str(name): self.entry(str(name), part, (*where, str(name))) for name, part in tree.items()
            }
        if isinstance(tree, list | tuple):
            return [self.tree(part, (*where, i)) for i, part in enumerate(tree)]
        if isinstance(tree, date):
            return _plain(tree)
        if not (
            tree is None or isinstance(tree, bool | int) or (isinstance(tree, float) and math.isfinite(tree))
        ):
            self.faults.append(TemplateFault(where, f"'{tree}' cannot stand in a message"))
        return tree

    def entry(self, name: str, part: Any, where: Where) -> Any:
        """An entry of a map."""
        if "{{" in name:
            words = f"a name holds no expression: lay a map in under '{REST}' instead"
            self.faults.append(TemplateFault(where, words))
        return _LaidIn(where, self.tree(part, where)) if name == REST else self.tree(part, where)

    def text(self, text: str, where: Where) -> str | _Text:
        """A text: itself, where it has no holes."""
        parts: list[str | _Hole] = []
        end = 0
        for begin, close, inside in _holes(text):
            if close < 0:
                self.faults.append(TemplateFault(where, "'{{' is not closed by '}}'"))
                break
            optional, expression = inside.startswith("?"), inside.removeprefix("?").strip()
            compiled, wrong = _compile_expression(expression, self.variables)
            self.faults.extend(TemplateFault(where, fault.message) for fault in wrong)
            if compiled is not None:
                parts += [text[end:begin], _Hole(expression, optional, compiled)]
            end = close
        kept = tuple(part for part in (*parts, text[end:]) if part != "")
        if not any(isinstance(part, _Hole) for part in kept):
            return text
        return _Text(where, kept, self.spelt.get(str(where[0])) if where else None)


def _holes(text: str) -> Iterator[tuple[int, int, str]]:
    """The holes of a text: where each begins and ends, and what stands between; an end of -1 where it has none.

    Braces that belong to the expression, of a map or in a string, close nothing.
    """
    begin = text.find("{{")
    while begin >= 0:
        at, depth = begin + 2, 0
        while at < len(text) and not (depth == 0 and text.startswith("}}", at)):
            literal = LITERAL.match(text, at)
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            at = literal.end() if literal else at + 1
        if at >= len(text):
            yield begin, -1, ""
            return
        yield begin, at + 2, text[begin + 2 : at]
        begin = text.find("{{", at + 2)


def _compile_expression(
    text: str, variables: tuple[str, ...]
) -> tuple[cel.Expression | None, Sequence[ExpressionFault]]:
    if not text:
        return None, [ExpressionFault("there is nothing between '{{' and '}}'")]
    if len(text) > LONGEST_EXPRESSION:
        return None, [ExpressionFault(f"the expression is over {LONGEST_EXPRESSION} characters")]
    try:
        return environment(variables).compile(text), ()
    except (RuntimeError, TypeError) as error:
        return None, expression_faults(str(error), text)


def _missing(said: str, text: str) -> str:
    """Why an expression has no value, in plain words."""
    no_key = re.search(r'Key not found in map : "?([^"\n]*)', said)
    if no_key:
        return f"there is no '{no_key.group(1)}' for {{{{ {text[:120]} }}}}"
    own = re.search(r"(there is no entry for .*|'.*' is not a date or time)", said)
    if own:
        return own.group(1)
    return f"{{{{ {text[:120]} }}}} has no value here"


# -- values ----------------------------------------------------------------------------------------------------------


def as_values(**values: Any) -> dict[str, Any]:
    """Values for a template: dates and times as texts, tuples as lists, numbers as CEL holds them."""
    return {name: _plain(value) for name, value in values.items()}


def _settled(value: Any) -> Any:
    """What an expression came to, as JSON can hold it. Raises `ValueError` with what it came to instead."""
    if isinstance(value, Mapping):
        return {as_text(name): _settled(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_settled(part) for part in value]
    if isinstance(value, datetime):
        return _plain(value)
    if isinstance(value, timedelta):
        return f"{as_text(value.total_seconds())}s"
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("no number")
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise ValueError("something that no message can hold")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_whole(str(name)): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset | Iterator):
        return [_plain(part) for part in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else str(value)
    if isinstance(value, float):
        return value
    return _whole(str(value))


def _whole(text: str) -> str:
    # CEL's texts end at a NUL, and hold whole characters alone.
    return text.encode("utf-8", "replace").decode().replace("\x00", "")
