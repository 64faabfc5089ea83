"""Change a YAML text that somebody keeps by hand, and leave every other byte as its author wrote it.

The text is never written out anew from what was read: that would alter indentation and comments that nobody touched. A
part's place is taken from the parser's marks, only its characters are replaced, moved or removed, and the result is read
again to prove that it says what was asked for and nothing else.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import yaml

from commonhall.catalogue.editing import spans
from commonhall.catalogue.editing.writing import entry, flow, item, quoted
from commonhall.engine.source import read_yaml

Path: TypeAlias = tuple[str | int, ...]
Scalar: TypeAlias = str | int | float | bool | None


class CannotEdit(Exception):  # noqa: N818
    """This cannot be changed here; the message says why, and what to do."""


def read(text: str) -> Any:
    """What the text says. Raises CannotEdit where it cannot be read."""
    source, problems = read_yaml("the file", text)
    if problems:
        raise CannotEdit(f"{problems[0]}. Mend it by hand first.")
    return source.data


def span(text: str, path: Path) -> tuple[int, int]:
    """Where the single value at `path` stands: first character and the one after its last. Raises CannotEdit."""
    read(text)
    node = _node(text, path)
    if node.id != "scalar":
        raise CannotEdit(f"{_named(path)} is a group of values. Choose one value in it.")
    return node.start_mark.index, spans.content_end(text, node)


def put(text: str, path: Path, value: Any, order: Sequence[str] = ()) -> str:
    """The text with `value` at `path`, changed or added; the text itself where it says so already.

    `order` is where a new key stands among its neighbours. What is missing above it is added. Raises CannotEdit.
    """
    data = read(text)
    if not path:
        raise CannotEdit("The whole file cannot be replaced by one value.")
    above, there = data, 0
    while there < len(path) and _has(above, path[there]):
        above = above[path[there]]
        there += 1
    if there < len(path):
        for step in reversed(path[there + 1 :]):
            value = {step: value}
        path = path[: there + 1]
        if there and above is None:
            return put(text, path[:-1], {path[-1]: value})
        if not isinstance(above, dict | None) or not isinstance(path[-1], str):
            raise CannotEdit(f"There is no {_named(path)} in this file. Load the page again.")
    elif repr(above) == repr(value):
        return text
    wanted = copy.deepcopy(data) if data is not None else {}
    _holder(wanted, path)[path[-1]] = value
    if there == len(path):
        return _first(_replacements(text, path, value), wanted, path)
    return _first(_additions(text, path, value, order), wanted, path)


def set_value(text: str, path: Path, value: Scalar) -> str:
    """The text with the single value at `path` replaced. Raises CannotEdit, also where there is none."""
    span(text, path)
    return put(text, path, value)


def rewrite(text: str, path: Path, change: Callable[[str], str]) -> str:
    """The text with the words at `path` changed, in the very lines in which they are written if that says the same."""
    old = _at(read(text), path)
    if change(old) == old:
        return text
    wanted = copy.deepcopy(read(text))
    _holder(wanted, path)[path[-1]] = change(old)
    start, end = span(text, path)
    inside = text[:start] + change(text[start:end]) + text[end:]
    return _first(iter((inside, put(text, path, change(old)))), wanted, path)


def drop(text: str, path: Path) -> str:
    """The text without the part at `path`; the list or map that it leaves empty goes, too. Raises CannotEdit."""
    data = read(text)
    if not _there(data, path):
        return text
    while len(path) > 1 and len(_holder(data, path)) == 1:
        path = path[:-1]
    wanted = copy.deepcopy(data)
    del _holder(wanted, path)[path[-1]]
    return _first(_removals(text, path, _holder(wanted, path)), wanted, path)


def insert(text: str, path: Path, at: int, value: Any, order: Sequence[str] = ()) -> str:
    """The text with `value` as a new item of the list at `path`, which is made where it is missing."""
    data = read(text)
    if not _there(data, path) or not _at(data, path):
        return put(text, path, [value], order)
    if not isinstance(_at(data, path), list):
        raise CannotEdit(f"{_named(path)} is no list. Mend it by hand first.")
    wanted = copy.deepcopy(data)
    _at(wanted, path).insert(at, value)
    return _first(_insertions(text, path, at, value, _at(wanted, path)), wanted, path)


def move(text: str, path: Path, old: int, new: int) -> str:
    """The text with an item of the list at `path` at another place; its comments go with it."""
    data = read(text)
    items = _at(data, path) if _there(data, path) else None
    if not isinstance(items, list) or not (0 <= old < len(items) and 0 <= new < len(items)):
        raise CannotEdit(f"There is no such item in {_named(path)}. Load the page again.")
    if old == new:
        return text
    wanted = copy.deepcopy(data)
    there = _at(wanted, path)
    there.insert(new, there.pop(old))
    return _first(_moves(text, path, old, new, there), wanted, path)


def rename(text: str, path: Path, name: str) -> str:
    """The text with the key at the end of `path` called `name`, at the same place. Raises CannotEdit."""
    data = read(text)
    if not _there(data, path) or path[-1] == name:
        return text
    holder = _holder(data, path)
    if name in holder:
        raise CannotEdit(f"{name} stands beside {_named(path)} already. Choose another name.")
    wanted = copy.deepcopy(data)
    renamed = {name if key == path[-1] else key: value for key, value in _holder(wanted, path).items()}
    _holder(wanted, path).clear()
    _holder(wanted, path).update(renamed)
    key = next(key for key, _ in _node(text, path[:-1]).value if key.value == path[-1])
    start, end = key.start_mark.index, key.end_mark.index
    return _first(iter(text[:start] + one + text[end:] for one in (name, quoted(name))), wanted, path)


# -- how each change may be written; the first that says what was asked for is taken ---------------------------------


def _replacements(text: str, path: Path, value: Any) -> Iterator[str]:
    node = _node(text, path)
    start, end = node.start_mark.index, spans.content_end(text, node)
    single = not isinstance(value, dict | list)
    if node.id == "scalar" and single and not (isinstance(value, str) and "\n" in value):
        if not node.style:
            plain = entry("k", value, 0)[0][3:]
            yield text[:start] + plain + text[end:]
        elif node.style in "|>":
            yield _whole_entry(text, path, value)
        yield text[:start] + quoted(value) + text[end:]
    yield _whole_entry(text, path, value)
    yield text[:start] + flow(value) + text[end:]


def _whole_entry(text: str, path: Path, value: Any) -> str:
    """The key with its value, or the item of a list, written anew at its place."""
    holder = _node(text, path[:-1])
    node = _child(holder, path[-1])
    if holder.flow_style:
        return text[: node.start_mark.index] + flow(value) + text[spans.content_end(text, node) :]
    if holder.id == "mapping":
        begin = next(key for key, one in holder.value if one is node).start_mark
        lines = entry(str(path[-1]), value, begin.column)
        start = begin.index
    else:
        start = spans.dash(text, node)
        lines = item(value, start - spans.line_start(text, start))
    words = spans.join(text, lines).lstrip(" ")
    return text[:start] + words + text[spans.content_end(text, node) :]


def _additions(text: str, path: Path, value: Any, order: Sequence[str]) -> Iterator[str]:
    key = str(path[-1])
    if not text.strip() or (len(path) == 1 and read(text) is None):
        yield text + spans.join(text, [*entry(key, value, 0), ""])
        return
    holder = _node(text, path[:-1])
    if holder.flow_style or not holder.value:
        data = dict(_at(read(text), path[:-1]) or {})
        names = [*data, key]
        if key in order:
            later = [name for name in data if name in order and order.index(name) > order.index(key)]
            names = [*data]
            names.insert(names.index(later[0]) if later else len(names), key)
        data[key] = value
        ordered = {name: data[name] for name in names}
        if holder.value and spans.has_comment(text, holder):
            raise CannotEdit(f"{_named(path[:-1])} has a comment between braces. Change it by hand.")
        short = text[: holder.start_mark.index] + flow(ordered) + text[spans.content_end(text, holder) :]
        if len(path) > 1 and _too_long(text, holder, ordered):
            yield _whole_entry(text, path[:-1], ordered)
        yield short
        return
    column = holder.value[0][0].start_mark.column
    lines = entry(key, value, column)
    later = [
        known for known, _ in holder.value
        if key in order and known.value in order and order.index(known.value) > order.index(key)
    ]  # fmt: skip
    before = later[0] if later else None
    if before is not None and before is not holder.value[0][0]:
        start = spans.with_comments(text, spans.line_start(text, before.start_mark.index))
        yield text[:start] + spans.join(text, [*lines, ""]) + text[start:]
    end = spans.line_end(text, spans.content_end(text, holder.value[-1][1]))
    blank = [""] if not column and len(lines) > 1 else []
    yield text[:end] + spans.join(text, ["", *blank, *lines]) + text[end:]


def _too_long(text: str, holder: Any, value: Any) -> bool:
    return len(flow(value)) + holder.start_mark.column > 110 and not spans.has_comment(text, holder)


def _removals(text: str, path: Path, left: Any) -> Iterator[str]:
    holder = _node(text, path[:-1])
    node = _child(holder, path[-1])
    if holder.flow_style:
        yield from _flow_again(text, path[:-1], holder, left)
        return
    if holder.id == "mapping":
        keys = [key for key, _ in holder.value]
        at = next(i for i, (_, one) in enumerate(holder.value) if one is node)
        begin = keys[at].start_mark.index
        if text[spans.line_start(text, begin) : begin].strip():
            # The first key of a list's item shares its line with the dash: the next key takes its place.
            yield text[:begin] + text[keys[at + 1].start_mark.index :]
            return
        start = spans.with_comments(text, spans.line_start(text, begin))
        end = spans.next_line(text, spans.content_end(text, node))
        yield text[:start] + text[end:]
        return
    start, end = spans.item_region(text, holder, int(path[-1]))
    if path[-1] == len(holder.value) - 1:
        start = len(text[:start].rstrip(" \t\r\n")) if start else 0
        start = spans.next_line(text, start)
    else:
        end = spans.after_blank(text, end)
    yield text[:start] + text[end:]


def _insertions(text: str, path: Path, at: int, value: Any, wanted: list[Any]) -> Iterator[str]:
    holder = _node(text, path)
    if holder.flow_style:
        yield from _flow_again(text, path, holder, wanted)
        return
    column = holder.start_mark.column
    yield _laid(text, holder, at, spans.join(text, item(value, column)), len(path) == 1)


def _laid(text: str, holder: Any, at: int, words: str, apart: bool) -> str:
    """The text with the lines of an item before item `at`, or after the last."""
    newline = spans.newline(text)
    gap = (
        newline
        if (spans.is_spaced(text, holder) if len(holder.value) > 1 else apart and newline in words)
        else ""
    )
    if at < len(holder.value):
        start = spans.item_region(text, holder, at)[0]
        return text[:start] + words + newline + gap + text[start:]
    end = spans.line_end(text, spans.content_end(text, holder.value[-1]))
    return text[:end] + newline + gap + words + text[end:]


def _moves(text: str, path: Path, old: int, new: int, wanted: list[Any]) -> Iterator[str]:
    holder = _node(text, path)
    if holder.flow_style:
        yield from _flow_again(text, path, holder, wanted)
        return
    spaced = spans.is_spaced(text, holder)
    start, end = spans.item_region(text, holder, old)
    words = text[start:end].rstrip("\r\n")
    without = next(_removals(text, (*path, old), None))
    yield _laid(without, _node(without, path), new, words, spaced)


def _flow_again(text: str, path: Path, holder: Any, value: Any) -> Iterator[str]:
    if spans.has_comment(text, holder):
        raise CannotEdit(f"{_named(path)} has a comment between brackets. Change it by hand.")
    if path and _too_long(text, holder, value):
        yield _whole_entry(text, path, value)
    yield text[: holder.start_mark.index] + flow(value) + text[spans.content_end(text, holder) :]


# -- what holds always -----------------------------------------------------------------------------------------------


def _first(ways: Iterator[str], wanted: Any, path: Path) -> str:
    """The first way that says what is wanted, in the same order. Raises CannotEdit where none does."""
    for way in ways:
        source, problems = read_yaml("", way)
        # repr tells 1 from True and one order from another, which == does not.
        if (not problems and repr(source.data) == repr(wanted)) or _same_but_order(
            problems, source.data, wanted
        ):
            return way
    raise CannotEdit(f"{_named(path)} cannot be changed by itself as it is written. Change it by hand.")


def _same_but_order(problems: Any, found: Any, wanted: Any) -> bool:
    return not problems and _typed(found) == _typed(wanted)


def _typed(data: Any) -> Any:
    """The data so that 1 and True differ, and a map's order does not matter."""
    if isinstance(data, dict):
        return {key: _typed(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_typed(value) for value in data]
    return (type(data).__name__, data)


def _node(text: str, path: Path) -> Any:
    node: Any = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    for step in path:
        node = _child(node, step)
        if node is None:
            raise CannotEdit(f"There is no {_named(path)} in this file. Load the page again.")
    return node


def _child(node: Any, step: str | int) -> Any:
    if node is not None and node.id == "mapping":
        return next((value for key, value in node.value if key.value == step), None)
    if node is not None and node.id == "sequence" and isinstance(step, int) and 0 <= step < len(node.value):
        return node.value[step]
    return None


def _has(data: Any, step: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(step, int) and 0 <= step < len(data)
    return isinstance(data, dict) and step in data


def _there(data: Any, path: Path) -> bool:
    for step in path:
        if not _has(data, step):
            return False
        data = data[step]
    return True


def _at(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data


def _holder(data: Any, path: Path) -> Any:
    return _at(data, path[:-1])


def _named(path: Path) -> str:
    return " > ".join(map(str, path)) or "the file"


Change: TypeAlias = Callable[[str], str]
