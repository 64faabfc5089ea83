"""The dialect of templates: CEL over whatever variables a place has, with a few functions for what back offices want."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from cel_expr_python import cel

_LONDON = ZoneInfo("Europe/London")
_ANYTHING = cel.Type.DYN


@cache
def environment(variables: tuple[str, ...]) -> cel.Env:
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
            _function("quoted", words, [[words]], lambda text: "'" + text.replace("'", "''") + "'"),
            _function("escaped", words, [[words]], _escaped),
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
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


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


def _escaped(text: str) -> str:
    marks = {"\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return "'" + "".join(marks.get(letter, letter) for letter in text) + "'"


def _renamed(entries: Mapping[str, Any], names: Mapping[str, Any]) -> Any:
    return {as_text(names[name]): value for name, value in entries.items() if name in names}


def _day(text: str, form: str) -> str:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"'{text[:40]}' is not a date or time") from None
    return (found.astimezone(_LONDON) if found.tzinfo else found).strftime(form)
