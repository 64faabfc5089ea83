"""Page shapes: a page rendered once, as bytes with holes. A request fills the holes and joins.

While a template renders, each place that differs from request to request holds a mark between two characters of
Unicode's private use area. The finished page is split at the marks.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

OPEN, CLOSE = "\ue000", "\ue001"
MARK_ATTRIBUTE = "data-ch-mark"

_MARK = re.compile(f' {MARK_ATTRIBUTE}="{OPEN}([^{CLOSE}]*){CLOSE}"')
_HOLE = re.compile(f"{OPEN}([^{CLOSE}]*){CLOSE}")


def hole(name: str) -> str:
    """What to write into a template where the value called `name` goes."""
    return f"{OPEN}{name}{CLOSE}"


def mark(name: str) -> dict[str, str]:
    """Attributes for an element that is sometimes checked or selected: replaced whole, by the hole `name`."""
    return {MARK_ATTRIBUTE: hole(name)}


def without_marks(text: str) -> str:
    """A text of a service or council without the two characters that marks are made of."""
    return text.replace(OPEN, "").replace(CLOSE, "")


@dataclass(frozen=True, slots=True)
class PageShape:
    """A page as bytes with holes; `holes` says which pieces are to be filled, and with what."""

    pieces: tuple[bytes, ...]
    holes: tuple[tuple[int, str], ...]

    @property
    def weight(self) -> int:
        """About how many bytes of memory it takes: its text, and what Python adds for each piece and hole."""
        return sum(map(len, self.pieces)) + 150 * len(self.pieces)

    def fill(self, values: Mapping[str, bytes]) -> bytes:
        """The page with these values, which are HTML already. A hole without a value stays empty."""
        pieces = list(self.pieces)
        get = values.get
        for place, name in self.holes:
            pieces[place] = get(name, b"")
        return b"".join(pieces)


def shape_of(page: str) -> PageShape:
    """Split a rendered page at its marks."""
    parts = _HOLE.split(_MARK.sub(lambda found: hole(found.group(1)), page))
    pieces = tuple(part.encode() if i % 2 == 0 else b"" for i, part in enumerate(parts))
    holes = tuple((i, part) for i, part in enumerate(parts) if i % 2)
    return PageShape(pieces, holes)


class Shapes:
    """Shapes by what they depend on; the least recently used go when there are too many, or too many bytes.

    Bytes count as well, since forms that are not ours can ask for long lists with any of their inputs failing.
    """

    def __init__(self, size: int = 20_000, most_bytes: int = 128 * 1024 * 1024) -> None:
        self._size = size
        self._most_bytes = most_bytes
        self._bytes = 0
        self._shapes: OrderedDict[Hashable, PageShape] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], str]) -> PageShape:
        """The shape for a key, rendered by `make` when it is not at hand."""
        shape = self._shapes.get(key)
        if shape is None:
            shape = shape_of(make())
            self._shapes[key] = shape
            self._bytes += shape.weight
            while len(self._shapes) > self._size or (
                self._bytes > self._most_bytes and len(self._shapes) > 1
            ):
                _, gone = self._shapes.popitem(last=False)
                self._bytes -= gone.weight
        else:
            self._shapes.move_to_end(key)
        return shape

    def __len__(self) -> int:
        return len(self._shapes)
