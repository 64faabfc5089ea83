"""Councils beside each other: by name and never by rank, each with how sure its figure is, and none with too few."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from commonhall.reporting.comparing import (
    MINIMUM,
    Funnel,
    Interval,
    funnel,
    rate_funnel,
    satisfied,
    score_funnel,
    wilson,
)
from commonhall.reporting.rates import Base, YearRate
from commonhall.reporting.sent import Standing
from commonhall.web.charts.chart import Gap
from commonhall.web.dashboards.guard import PUBLIC

Like = Callable[[str], Mapping[str, str]]
"""A council and those like it, by slug, with their names; none where nobody is."""
SHARES: Mapping[str, Callable[[Standing], tuple[int, int]]] = {
    "take_up": lambda one: (one.counts.sent_digital, one.counts.sent) if one.channels_known else (0, 0),
    "completion": lambda one: (one.counts.completions, one.counts.ended),
    "in_time": lambda one: (one.counts.in_time, one.counts.in_time + one.counts.late),
}
"""What is compared as a share: a part, and the whole that it is of."""
COMPARED = ("take_up", "completion", "satisfaction", "in_time", "rate")
"""All that is compared, in the order in which it is shown."""


@dataclass(frozen=True, slots=True)
class Beside:
    """One council's figure among others. `base` is what a rate is of; `sent` where the council sent its figures."""

    name: str
    found: Interval
    own: bool = False
    sent: bool = False
    base: Base | None = None


@dataclass(frozen=True, slots=True)
class Everybody:
    """How councils stand in a span, and which have a rate of a year. `kept_back` are those whose rate is not told, since it
    would tell a small count; `late` is whether what councils sent could not be read in time."""

    standings: Mapping[str, Standing] = field(default_factory=dict)
    rates: Mapping[str, YearRate] = field(default_factory=dict)
    kept_back: frozenset[str] = frozenset()
    late: bool = False
    began: Mapping[str, date] = field(default_factory=dict)
    """The first day that was counted here, by council."""

    @property
    def told_rates(self) -> Mapping[str, YearRate]:
        """The rates that everybody may see."""
        return {slug: rate for slug, rate in self.rates.items() if slug not in self.kept_back}


def nobody(council: str) -> Mapping[str, str]:
    """There is nobody to compare with."""
    return {}


def beside(every: Everybody, council: str, like: Mapping[str, str], what: str) -> tuple[Beside, ...]:
    """A council's figure beside those of councils like it; none where its own is of too few, or it would stand alone."""
    rows = rows_of(every, like, what, council)
    return rows if len(rows) > 1 and any(row.own for row in rows) else ()


def rows_of(every: Everybody, names: Mapping[str, str], what: str, own: str = "") -> tuple[Beside, ...]:
    """The figure of each of these councils that has enough to be compared, with its 95% interval, by name."""
    rows, hidden = [], untold(every, what)
    for slug, (found, sent, base) in _figures(every, what).items():
        if slug in names and slug not in hidden and found is not None and found.counted >= MINIMUM:
            rows.append(Beside(names[slug], found, slug == own, sent, base))
    return tuple(sorted(rows, key=lambda row: row.name.casefold()))


def funnel_of(every: Everybody, what: str) -> Funnel:
    """All councils between the limits that chance gives around the figure of all."""
    if what == "rate":
        return rate_funnel({slug: (rate.count, rate.base.number) for slug, rate in every.told_rates.items()})
    hidden = untold(every, what)
    told = {slug: one for slug, one in every.standings.items() if slug not in hidden}
    if what == "satisfaction":
        return score_funnel({slug: one.counts.scores for slug, one in told.items()})
    return funnel({slug: SHARES[what](one) for slug, one in told.items()})


def untold(every: Everybody, what: str) -> frozenset[str]:
    """The councils whose figure is not told, since how wide its interval is tells how many it is of: as in a table of all
    councils' numbers, where none is small, nor would tell a small one to whoever takes it from the total."""
    if what == "rate":
        return every.kept_back
    here = {slug: one for slug, one in every.standings.items() if not one.sent}
    few = PUBLIC.hidden({slug: _whole(one, what) for slug, one in here.items()})
    if what != "take_up":
        return few
    # To three digits, and not in whole percent: so it tells both of its parts, however many they are.
    return few | {slug for slug, one in here.items() if Gap.SMALL in PUBLIC.parts(one.counts.digital_and_not)}


def _whole(one: Standing, what: str) -> int:
    return one.counts.responses if what == "satisfaction" else SHARES[what](one)[1]


def _figures(every: Everybody, what: str) -> Mapping[str, tuple[Interval | None, bool, Base | None]]:
    if what == "rate":
        return {slug: (rate.interval, rate.sent, rate.base) for slug, rate in every.told_rates.items()}
    if what == "satisfaction":
        return {slug: (satisfied(one.counts.scores), one.sent, None) for slug, one in every.standings.items()}
    return {slug: (wilson(*SHARES[what](one)), one.sent, None) for slug, one in every.standings.items()}
