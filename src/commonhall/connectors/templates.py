"""Templates of connectors: what a back office is sent, and how its answers are read, as data with CEL in it.

A template is a tree of maps, lists and plain values. In its texts `{{ EXPRESSION }}` stands for a value; a text that is one
expression and nothing else becomes that value with its type, any other becomes a text. `{{? EXPRESSION }}` is for what
may be missing: where it is missing, null or empty, the whole entry is left out, or nothing stands in its place in a text.

Expressions are CEL, as in services, over whatever variables a place has; all dates and times are texts as ISO 8601 has
them. The entry `...` of a map is itself a map, whose entries are laid in its place. Besides CEL's own there are:

- `text(x)`: any plain value as words, null as none.
- `join(list, between)`: a list as one text.
- `leaves(x)`: every plain value in `x`, as a list of words: for back offices that know no more than names and values.
- `table(map, key)`: the entry of a map under a key, or the one under `*`.
- `day(text, format)`: an ISO date or time in another format, London's (`%d/%m/%Y`, as strftime has it).
- `cut(text, most)`: the first characters of a text, for fields that hold no more.
- `renamed(map, names)`: the entries of a map that have a name in the other, under that name.
- `replace(text, old, new)`, `lower(text)`, `upper(text)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from cel_expr_python import cel

from commonhall.engine.expressions import ExpressionFault, expression_faults

LONGEST_EXPRESSION = 1000
_HOLE = re.compile(r"\{\{(\??)((?:[^{}]|\{(?!\{)|\}(?!\}))*?)\}\}(?!\})")
_LONDON = ZoneInfo("Europe/London")
_ANYTHING = cel.Type.DYN
_LEFT_OUT = object()
REST = "..."
"""The entry of a map whose own entries are laid in its place."""

Where = tuple[str | int, ...]
"""A path into the tree."""


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
        value = None if failed or found is None else found.plain_value()
        if self.optional and (failed or value is None or value in ("", [], {})):
            return _LEFT_OUT
        if failed:
            raise Unfilled(where, _missing(failed, self.text))
        return value


@dataclass(frozen=True, slots=True)
class _Text:
    """A text with holes: its parts in order."""

    where: Where
    parts: tuple[str | _Hole, ...]

    def fill(self, values: Mapping[str, Any]) -> Any:
        """The text, or the one value that it is."""
        if len(self.parts) == 1 and isinstance(self.parts[0], _Hole):
            return self.parts[0].value(values, self.where)
        found = (part if isinstance(part, str) else part.value(values, self.where) for part in self.parts)
        return "".join("" if one is _LEFT_OUT else as_text(one) for one in found)


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
        filled = ((name, _fill(part, values)) for name, part in tree.items() if name != REST)
        found = {name: part for name, part in filled if part is not _LEFT_OUT}
        rest = _fill(tree[REST], values) if REST in tree else None
        return found | rest if isinstance(rest, dict) else found
    if isinstance(tree, list):
        return [part for part in (_fill(one, values) for one in tree) if part is not _LEFT_OUT]
    return tree


def compile_template(tree: Any, variables: Iterable[str]) -> tuple[Template, list[TemplateFault]]:
    """Compile a template whose expressions may use these variables; with everything that is wrong in it."""
    faults: list[TemplateFault] = []
    compiled = _compile(tree, tuple(sorted(variables)), (), faults)
    return Template(compiled), faults


def _compile(tree: Any, variables: tuple[str, ...], where: Where, faults: list[TemplateFault]) -> Any:
    if isinstance(tree, str):
        return _compile_text(tree, variables, where, faults)
    if isinstance(tree, Mapping):
        return {
            str(name): _compile(part, variables, (*where, str(name)), faults) for name, part in tree.items()
        }
    if isinstance(tree, Sequence):
        return [_compile(part, variables, (*where, i), faults) for i, part in enumerate(tree)]
    return tree


def _compile_text(
    text: str, variables: tuple[str, ...], where: Where, faults: list[TemplateFault]
) -> str | _Text:
    parts: list[str | _Hole] = []
    end = 0
    for match in _HOLE.finditer(text):
        parts.append(text[end : match.start()])
        end = match.end()
        expression = match.group(2).strip()
        compiled, wrong = _compile_expression(expression, variables)
        faults += [TemplateFault(where, fault.message) for fault in wrong]
        if compiled is not None:
            parts.append(_Hole(expression, bool(match.group(1)), compiled))
    parts.append(text[end:])
    if any(isinstance(part, str) and "{{" in part for part in parts):
        faults.append(TemplateFault(where, "'{{' is not closed by '}}'"))
    kept = tuple(part for part in parts if part != "")
    return _Text(where, kept) if any(isinstance(part, _Hole) for part in kept) else text


def _compile_expression(
    text: str, variables: tuple[str, ...]
) -> tuple[cel.Expression | None, Sequence[ExpressionFault]]:
    if not text:
        return None, [ExpressionFault("there is nothing between '{{' and '}}'")]
    if len(text) > LONGEST_EXPRESSION:
        return None, [ExpressionFault(f"the expression is over {LONGEST_EXPRESSION} characters")]
    try:
        return _environment(variables).compile(text), ()
    except (RuntimeError, TypeError) as error:
        return None, expression_faults(str(error), text)


# -- the dialect -----------------------------------------------------------------------------------------------------


@cache
def _environment(variables: tuple[str, ...]) -> cel.Env:
    """One for each set of variables: there are as many as there are places in mappings."""
    words, whole, anything = cel.Type.STRING, cel.Type.INT, _ANYTHING
    plain = (words, whole, cel.Type.UINT, cel.Type.DOUBLE, cel.Type.BOOL, cel.Type.NULL)
    entries = cel.Type.Map(words, anything)
    return cel.NewEnv(
        variables=dict.fromkeys(variables, anything),
        functions=[
            _function("text", words, [[kind] for kind in plain], as_text),
            _function(
                "leaves",
                cel.Type.List(words),
                [[kind] for kind in (*plain, cel.Type.List(anything), entries)],
                _leaves,
            ),
            _function("join", words, [[cel.Type.List(anything), words]], _join),
            _function("table", anything, [[entries, kind] for kind in (words, whole, cel.Type.BOOL)], _table),
            _function("day", words, [[words, words]], _day),
            _function("renamed", anything, [[entries, entries]], _renamed),
            _function("cut", words, [[words, whole]], lambda text, most: text[: max(0, most)]),
            _function("replace", words, [[words, words, words]], str.replace),
            _function("lower", words, [[words]], str.lower),
            _function("upper", words, [[words]], str.upper),
        ],
    )


def _function(name: str, gives: cel.Type, takes: list[list[cel.Type]], does: Any) -> cel.FunctionDecl:
    overloads = [cel.Overload(f"{name}_{i}", gives, one, impl=does) for i, one in enumerate(takes)]
    return cel.FunctionDecl(name, overloads)


def as_text(value: Any) -> str:
    """A plain value as a text: null as none, yes and no as `true` and `false`, a whole number without a point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, list):
        return ", ".join(map(as_text, value))
    return str(value)


def _join(values: list[Any], between: str) -> str:
    return between.join(map(as_text, values))


def _leaves(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    return [one for part in value for one in _leaves(part)] if isinstance(value, list) else [as_text(value)]


def _table(entries: Mapping[str, Any], key: Any) -> Any:
    found = entries.get(as_text(key), entries.get("*"))
    if found is None:
        raise ValueError(f"there is no entry for '{as_text(key)[:60]}' in its table, and none for '*'")
    return found


def _renamed(entries: Mapping[str, Any], names: Mapping[str, Any]) -> Any:
    return {as_text(names[name]): value for name, value in entries.items() if name in names}


def _day(text: str, form: str) -> str:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"'{text[:40]}' is not a date or time") from None
    return (found.astimezone(_LONDON) if found.tzinfo else found).strftime(form)


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


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
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
    # CEL's texts end at a NUL, and hold whole characters alone.
    return str(value).encode("utf-8", "replace").decode().replace("\x00", "")
