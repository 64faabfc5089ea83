"""Councils beside each other: by name and never by rank, each with how sure its share is, and none with too few."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from commonhall.reporting.comparing import MINIMUM, wilson
from commonhall.reporting.counts import Counts
from commonhall.web.charts.specs import Interval

Like = Callable[[str], Mapping[str, str]]
"""A council and those like it, by slug, with their names; none where nobody is."""
COMPARED: Mapping[str, Callable[[Counts], tuple[int, int]]] = {
    "take_up": lambda one: (one.sent_digital, one.sent),
    "completion": lambda one: (one.completions, one.ended),
    "in_time": lambda one: (one.in_time, one.in_time + one.late),
}
"""What is compared: a part, and the whole that it is of."""


def nobody(council: str) -> Mapping[str, str]:
    """There is nobody to compare with."""
    return {}


def beside(
    every: Mapping[str, Counts], council: str, like: Mapping[str, str], what: str
) -> tuple[Interval, ...]:
    """A council's share beside those of councils like it; none where its own is of too few, or it would stand alone."""
    rows = intervals_of({slug: counts for slug, counts in every.items() if slug in like}, like, what, council)
    return rows if len(rows) > 1 and any(row.own for row in rows) else ()


def intervals_of(
    every: Mapping[str, Counts], names: Mapping[str, str], what: str, own: str = ""
) -> tuple[Interval, ...]:
    """The share of each council that has enough to be compared, with its 95% interval, by name."""
    rows = []
    for slug, counts in every.items():
        part, of = COMPARED[what](counts)
        found = wilson(part, of) if of >= MINIMUM else None
        if found is not None:
            rows.append(Interval(names.get(slug, slug), found.low, found.value, found.high, own=slug == own))
    return tuple(sorted(rows, key=lambda row: row.name.casefold()))
