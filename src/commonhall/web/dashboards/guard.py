"""What the public may see of small numbers. Staff see all: it is their own council's.

`reporting.suppression` says which counts are small; here that is applied to the cells of figures and charts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from commonhall.reporting.suppression import MINIMUM, tells
from commonhall.web.charts.chart import Cell, Gap

ROUNDED = 1000
"""A share in whole percent is of so many or more told to within five or worse: then it tells no part below ten."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Cells from numbers, for the public (`minimum` of 10) or for staff (0)."""

    minimum: int

    def count(self, count: int) -> Cell:
        """A count. None at all is small, too."""
        return Gap.SMALL if count < self.minimum else count

    def share(self, share: float | None, whole: int) -> Cell:
        """A share of `whole`, in whole percent for the public."""
        if share is None or not whole:
            return Gap.NOTHING
        if whole < self.minimum:
            return Gap.SMALL
        return round(share, 2 if self.minimum else 4)

    def split(self, counts: Sequence[int]) -> Cell:
        """The share of the first of some parts in their whole; not where it would tell a small part."""
        whole = sum(counts)
        return (
            Gap.SMALL if self.tells_parts(counts) else self.share(counts[0] / whole if whole else None, whole)
        )

    def tells_parts(self, counts: Sequence[int]) -> bool:
        """Whether a share or a mean that parts make would tell a small one, though it is rounded: so it is where they are
        fewer than `ROUNDED` together."""
        return 0 < sum(counts) < ROUNDED and Gap.SMALL in self.parts(counts)

    def amount(self, amount: float | None, whole: int) -> Cell:
        """A mean or a middle of `whole` things."""
        if amount is None or not whole:
            return Gap.NOTHING
        return Gap.SMALL if whole < self.minimum else round(amount, 2)

    def parts(self, counts: Sequence[int]) -> list[Cell]:
        """Parts of a whole that may be known."""
        return self.grid([counts])[0] if counts else []

    def named_parts(self, counts: Mapping[str, int]) -> dict[str, Cell]:
        """The same of parts that have names. Which of two equal ones protects a small one is decided by their names, so that
        it is the same one wherever they are told."""
        names = sorted(counts)
        return dict(zip(names, self.parts([counts[name] for name in names]), strict=True))

    def hidden(self, counts: Mapping[str, int]) -> frozenset[str]:
        """The names of those parts that are not told."""
        return frozenset(name for name, cell in self.named_parts(counts).items() if cell is Gap.SMALL)

    def grid(self, rows: Sequence[Sequence[int]]) -> list[list[Cell]]:
        """Counts in rows and columns whose sums may be known.

        Whoever knows the sum of a line and all but what is hidden knows the sum of that. So in each row and column where
        something is hidden, two are, and together they are the minimum less one or more: any may be anything small.
        """
        hidden = {(y, x) for y, row in enumerate(rows) for x, count in enumerate(row) if count < self.minimum}
        lines = [[(y, x) for x in range(len(row))] for y, row in enumerate(rows)]
        lines += [[(y, x) for y in range(len(rows))] for x in range(len(rows[0]) if len(rows) > 1 else 0)]
        before = -1
        while len(hidden) != before:
            before = len(hidden)
            for line in lines:
                small = [place for place in line if place in hidden]
                rest = sorted(set(line) - hidden, key=lambda place: (rows[place[0]][place[1]], place))
                while small and rest and tells([rows[y][x] for y, x in small], self.minimum):
                    small.append(rest.pop(0))
                hidden |= set(small)
        return [
            [Gap.SMALL if (y, x) in hidden else count for x, count in enumerate(row)]
            for y, row in enumerate(rows)
        ]


PUBLIC = Guard(MINIMUM)
STAFF = Guard(0)
