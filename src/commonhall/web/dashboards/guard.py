"""What the public may see of small numbers. Staff see all: it is their own council's.

Whoever knows that one person reported something from a street must not learn from a table what became of it. So a count
below the minimum is kept back, a share of fewer than that is not told, and where only one part of a whole is kept back the
next smallest is, too: otherwise it could be worked out from the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from commonhall.web.charts.chart import Cell, Gap

MINIMUM = 10


@dataclass(frozen=True, slots=True)
class Guard:
    """Cells from numbers, for the public (`minimum` of 10) or for staff (0)."""

    minimum: int

    def count(self, count: int) -> Cell:
        """A count; none at all is told, since it is nobody's."""
        return Gap.SMALL if 0 < count < self.minimum else count

    def share(self, share: float | None, whole: int) -> Cell:
        """A share of `whole`, in whole percent for the public."""
        if share is None or not whole:
            return Gap.NOTHING
        if whole < self.minimum:
            return Gap.SMALL
        return round(share, 2 if self.minimum else 4)

    def amount(self, amount: float | None, whole: int) -> Cell:
        """A mean or a middle of `whole` things."""
        if amount is None or not whole:
            return Gap.NOTHING
        return Gap.SMALL if whole < self.minimum else round(amount, 2)

    def parts(self, counts: Sequence[int]) -> list[Cell]:
        """Parts of a whole that may be known: never one alone is kept back."""
        return self.grid([counts])[0]

    def grid(self, rows: Sequence[Sequence[int]]) -> list[list[Cell]]:
        """Counts in rows and columns whose sums may be known: no row and no column has one alone kept back."""
        cells = [[self.count(count) for count in row] for row in rows]
        changed = True
        while changed:
            changed = False
            lines = [[(y, x) for x in range(len(row))] for y, row in enumerate(rows)]
            lines += [[(y, x) for y in range(len(rows))] for x in range(len(rows[0]) if rows else 0)]
            for line in lines:
                hidden = [place for place in line if cells[place[0]][place[1]] is Gap.SMALL]
                others = [place for place in line if rows[place[0]][place[1]] and place not in hidden]
                if len(hidden) == 1 and others:
                    y, x = min(others, key=lambda place: rows[place[0]][place[1]])
                    cells[y][x] = Gap.SMALL
                    changed = True
        return cells


PUBLIC = Guard(MINIMUM)
STAFF = Guard(0)
