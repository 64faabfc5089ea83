"""Change one value in a YAML text and leave every other byte as its author wrote it.

The text is never written out anew from what was read: that would alter indentation and comments that nobody touched. A
value's place is taken from the parser's marks, only those characters are replaced, and the result is read again to prove
that it says what was asked for and nothing else.
"""

from __future__ import annotations

import copy
import json
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

Path: TypeAlias = tuple[str | int, ...]
Scalar: TypeAlias = str | int | bool


class CannotEdit(Exception):  # noqa: N818
    """The value cannot be changed here; the message says why, and what to do."""


def read(text: str) -> Any:
    """What the text says. Raises CannotEdit where it cannot be read."""
    try:
        return YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise CannotEdit(f"The file cannot be read as YAML: {error}. Mend it by hand first.") from error


def span(text: str, path: Path) -> tuple[int, int]:
    """Where the single value at `path` stands: first character and the one after its last. Raises CannotEdit."""
    read(text)
    node: Any = YAML(typ="safe", pure=True).compose(text)
    for step in path:
        node = _child(node, step)
        if node is None:
            raise CannotEdit(f"There is no {' > '.join(map(str, path))} in this file. Load the page again.")
    if node.id != "scalar":
        raise CannotEdit(f"{' > '.join(map(str, path))} is a group of values. Choose one value in it.")
    start: int = node.start_mark.index
    return start, start + len(text[start : node.end_mark.index].rstrip())


def set_value(text: str, path: Path, value: Scalar) -> str:
    """The text with the value at `path` replaced; the text itself where it says so already. Raises CannotEdit."""
    start, end = span(text, path)
    wanted = copy.deepcopy(read(text))
    if not path:
        raise CannotEdit("The whole file cannot be replaced by one value.")
    holder = wanted
    for step in path[:-1]:
        holder = holder[step]
    if type(holder[path[-1]]) is type(value) and holder[path[-1]] == value:
        return text
    holder[path[-1]] = value
    quoted = _quoted(value)
    plain = (
        [value]
        if isinstance(value, str) and "\n" not in value and text[start : start + 1] not in ('"', "'")
        else []
    )
    for written in (*plain, quoted):
        patched = text[:start] + written + text[end:]
        if _says(patched, wanted):
            return patched
    raise CannotEdit(
        f"{' > '.join(map(str, path))} cannot be changed by itself: it may be shared with another place. Change it by hand."
    )


def _quoted(value: Scalar) -> str:
    # JSON writes a character above U+FFFF as two escapes, which YAML would read as two broken characters.
    if not isinstance(value, str):
        return json.dumps(value)
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(character: str) -> str:
    if character in ('"', "\\"):
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08X}"


def _child(node: Any, step: str | int) -> Any:
    if node is not None and node.id == "mapping":
        return next((value for key, value in node.value if key.value == step), None)
    if node is not None and node.id == "sequence" and isinstance(step, int) and 0 <= step < len(node.value):
        return node.value[step]
    return None


def _says(text: str, wanted: Any) -> bool:
    # repr tells 1 from True, which == does not.
    try:
        return repr(read(text)) == repr(wanted)
    except CannotEdit:
        return False
