"""Whether two expressions read the same. What they do to journeys cannot be known from their words."""

from __future__ import annotations

import re
from typing import Any

_HARD_TO_READ = re.compile(r"""//|'''|\"{3}|\b[rRbB]{1,2}['"]""")
"""Comments and raw or long strings: spaces and line ends inside them decide what an expression means."""


def same_logic(one: Any, other: Any) -> bool:
    """Whether two expressions are written alike but for spaces and brackets around the whole."""
    if one == other or not isinstance(one, str) or not isinstance(other, str):
        return bool(one == other)
    if hard_to_read(one) or hard_to_read(other):
        return False
    return _bare(tokens(one)) == _bare(tokens(other))


def hard_to_read(text: str) -> bool:
    """Whether `tokens` may not see an expression as CEL does."""
    return _HARD_TO_READ.search(text) is not None


def _bare(words: list[str]) -> list[str]:
    """Without the brackets that hold the whole expression."""
    depth = 0
    for at, word in enumerate(words):
        depth += {"(": 1, ")": -1}.get(word, 0)
        if depth == 0 and at < len(words) - 1:
            return words
    return _bare(words[1:-1]) if len(words) > 2 else words


def tokens(text: str) -> list[str]:
    """The words and signs of an expression, without the spaces between them."""
    return re.findall(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|\w+(?:\.\w+)*|[^\w\s]""", text)
