"""Write plain data as YAML in the house's style: what the editor puts into a file that somebody keeps by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from commonhall.engine.source import read_yaml

WIDTH = 100
"""How long a line may be for a map or list to stand on one line, in braces or brackets."""


def entry(key: str, value: Any, indent: int) -> list[str]:
    """The lines of `key: value` in a map that stands at this column."""
    pad = " " * indent
    name = _scalar(key, flow=False)
    if isinstance(value, str) and "\n" in value:
        text = _block_text(value, indent + 2)
        return [f"{pad}{name}: {quoted(value)}"] if text is None else [f"{pad}{name}: {text[0]}", *text[1:]]
    if isinstance(value, Mapping | list):
        short = flow(value)
        if len(pad) + len(name) + 2 + len(short) <= WIDTH and _is_small(value, at_key=True):
            return [f"{pad}{name}: {short}"]
        return [f"{pad}{name}:", *block(value, indent + 2)]
    return [f"{pad}{name}: {_scalar(value, flow=False)}"]


def block(value: Mapping[str, Any] | list[Any], indent: int) -> list[str]:
    """The lines of a map's entries or a list's items, at this column."""
    if isinstance(value, list):
        return [line for one in value for line in item(one, indent)]
    return [line for key, one in value.items() for line in entry(key, one, indent)]


def item(value: Any, indent: int) -> list[str]:
    """The lines of one item of a list that stands at this column."""
    pad = " " * indent
    if isinstance(value, Mapping | list):
        short = flow(value)
        if not value or (_is_small(value, at_key=False) and len(pad) + 2 + len(short) <= WIDTH):
            return [f"{pad}- {short}"]
        lines = block(value, indent + 2)
        return [f"{pad}- {lines[0].lstrip()}", *lines[1:]]
    if isinstance(value, str) and "\n" in value and (text := _block_text(value, indent + 2)) is not None:
        return [f"{pad}- {text[0]}", *text[1:]]
    return [f"{pad}- {_scalar(value, flow=False)}"]


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_scalar(key, flow=True)}: {flow(one)}" for key, one in value.items())
        return f"{{{inside}}}"
    if isinstance(value, list):
        return f"[{', '.join(flow(one) for one in value)}]"
    return _scalar(value, flow=True)


def quoted(value: Any) -> str:
    """A single value so that nothing in it can be taken for YAML."""
    # JSON writes a character above U+FFFF as two escapes, which YAML would read as two broken characters.
    if not isinstance(value, str):
        return json.dumps(value)
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(character: str) -> str:
    if character in {'"', "\\"}:
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08X}"


def _scalar(value: Any, *, flow: bool) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    if value and value == value.strip() and "\n" not in value:
        source, problems = read_yaml("", f"- [{value}]\n" if flow else f"- k: {value}\n")
        if not problems and source.data == ([[value]] if flow else [{"k": value}]):
            return value
    return quoted(value)


def _is_small(value: Mapping[str, Any] | list[Any], *, at_key: bool) -> bool:
    """Whether a value reads well on one line: single values only; of words that people read, few."""
    inside = list(value.values()) if isinstance(value, Mapping) else value
    if any(isinstance(one, Mapping | list) and one for one in inside):
        return False
    if any(isinstance(one, str) and "\n" in one for one in inside):
        return False
    return not value or isinstance(value, Mapping) or not at_key or all(" " not in str(one) for one in inside)


def _block_text(value: str, indent: int) -> list[str] | None:
    """Several lines of words as a literal block; None where only quotes can hold them."""
    body = value[:-1] if value.endswith("\n") else value
    lines = body.split("\n")
    if not body or not lines[0] or lines[0][:1] in " \t" or not lines[-1].strip():
        return None
    if any(not char.isprintable() and char not in "\n\t" for char in body):
        return None
    mark = "|" if value.endswith("\n") else "|-"
    return [mark, *(f"{' ' * indent}{line}" if line else "" for line in lines)]
