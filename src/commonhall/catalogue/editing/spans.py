"""Where the parts of a YAML text begin and end, with their comments: indices into the text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

_BLANK = re.compile(r"(?:[ \t]*\r?\n)+")
_COMMENT = re.compile(r"(?:^|\s)#")


def content_end(text: str, node: Any) -> int:
    """One past the last character of a value, without blank lines or comments that follow it."""
    if node.id != "scalar" and not node.flow_style and node.value:
        last = node.value[-1]
        return content_end(text, last[1] if node.id == "mapping" else last)
    start: int = node.start_mark.index
    return start + len(text[start : node.end_mark.index].rstrip())


def line_start(text: str, at: int) -> int:
    """Where the line of this character begins."""
    return text.rfind("\n", 0, at) + 1


def line_end(text: str, at: int) -> int:
    """Where the line of this character ends, before its line break."""
    end = text.find("\n", at)
    if end < 0:
        return len(text)
    return end - 1 if text[end - 1 : end] == "\r" and end > at else end


def next_line(text: str, at: int) -> int:
    """Where the line after this character's begins."""
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def with_comments(text: str, start: int) -> int:
    """The start of a line, or of the comments right above it."""
    while start:
        above = line_start(text, start - 1)
        if not text[above:start].lstrip().startswith("#"):
            break
        start = above
    return start


def after_blank(text: str, at: int) -> int:
    """Past the blank lines that begin here."""
    found = _BLANK.match(text, at)
    return found.end() if found else at


def dash(text: str, node: Any) -> int:
    """Where the dash of a list's item stands."""
    return text.rindex("-", 0, node.start_mark.index)


def item_region(text: str, holder: Any, at: int) -> tuple[int, int]:
    """The lines of an item of a block list, from the comments right above it; those that begin the file stay."""
    node = holder.value[at]
    start = line_start(text, dash(text, node))
    return with_comments(text, start) or start, next_line(text, content_end(text, node))


def is_spaced(text: str, holder: Any) -> bool:
    """Whether blank lines part the items of a block list."""
    if len(holder.value) < 2:
        return False
    return bool(_BLANK.match(text, item_region(text, holder, 0)[1]))


def has_comment(text: str, node: Any) -> bool:
    """Whether there may be a comment inside a value in braces or brackets, which stands on several lines."""
    words = text[node.start_mark.index : content_end(text, node)]
    return "\n" in words and bool(_COMMENT.search(words))


def newline(text: str) -> str:
    """How this text breaks its lines."""
    return "\r\n" if "\r\n" in text else "\n"


def join(text: str, lines: Sequence[str]) -> str:
    """Lines as this text writes them."""
    return newline(text).join(lines)
