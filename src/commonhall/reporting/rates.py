"""Cases a year for each 100,000 households, or collections of bins: what a rate is of, and of which days.

A rate a year rests on a year of days, as costs do: the seasons differ. Where less than a year was counted there is none yet,
rather than one that makes a year of a summer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from commonhall.directory.councils import Council
from commonhall.engine.figures import CouncilFigures
from commonhall.reporting.comparing import Interval, per_100_000
from commonhall.reporting.costs import last_twelve_months
from commonhall.reporting.sent import Standing

PEOPLE_PER_HOUSEHOLD = 2.4
"""The mean size of a household: ONS, Families and Households 2017 (27.2 million households)."""
COLLECTIONS_PER_HOUSEHOLD = 30.2
"""Collections of bins a year: 821 million in the United Kingdom (LGA), by 27.2 million households."""
COLLECTED = frozenset({524, 1130})
"""Services of the national list whose bins are collected round by round: household waste collection, and residential
recycling collections. Bulky, garden, clinical and commercial waste are collected from those who asked for it."""
REPORTING = 17
"""The interaction of the national list (LGIL) by which people report something, such as a missed bin."""

MONTHS = 12
"""Of a year."""

Per = Literal["households", "collections"]
Basis = Literal["own", "households", "population"]


@dataclass(frozen=True, slots=True)
class Base:
    """How many households or collections a year a rate is of, and where the number comes from: the council's own figure,
    its households, or its population."""

    number: int
    per: Per
    basis: Basis

    @property
    def estimate(self) -> bool:
        """Whether it is made of another number, and nobody counted it."""
        return self.basis != "own"


@dataclass(frozen=True, slots=True)
class YearRate:
    """A year's cases of a council, from `first` to `last`, and what they are of."""

    count: int
    base: Base
    first: date
    last: date
    sent: bool = False
    """Whether the council sent the count."""

    @property
    def interval(self) -> Interval:
        """The rate per 100,000, and how sure it is."""
        return per_100_000(self.count, self.base.number)


Bases = Callable[[str, Per], Base | None]
"""A council, and what its rate is per, to the base; None where its population is not known."""


def no_base(_council: str, _per: Per) -> Base | None:
    """Where nothing is known of councils."""
    return None


def per_what(lgsl: int, lgil: int) -> Per:
    """What the cases of a service are told per, by its codes of the national list: reports about the rounds of bins per
    collection, as Best Value Performance Indicator 88 had missed collections; all others per household."""
    return "collections" if lgsl in COLLECTED and lgil == REPORTING else "households"


def base_of(council: Council, figures: CouncilFigures, per: Per) -> Base | None:
    """A council's households, or its collections in a year."""
    return collections(council, figures) if per == "collections" else households(council, figures)


def households(council: Council, figures: CouncilFigures) -> Base | None:
    """A council's households: its own number, else an estimate; None where its population is not known."""
    if figures.households:
        return Base(figures.households, "households", "own")
    if not council.population:
        return None
    return Base(max(1, round(council.population / PEOPLE_PER_HOUSEHOLD)), "households", "population")


def collections(council: Council, figures: CouncilFigures) -> Base | None:
    """A council's collections of bins in a year: its own number, else an estimate from its households."""
    if figures.collections:
        return Base(figures.collections, "collections", "own")
    homes = households(council, figures)
    if homes is None:
        return None
    number = max(1, round(homes.number * COLLECTIONS_PER_HOUSEHOLD))
    return Base(number, "collections", "population" if homes.estimate else "households")


def year_counted(today: date) -> tuple[date, date]:
    """The year of what is counted here: the twelve months before today."""
    return last_twelve_months(today)


def year_sent(today: date) -> tuple[date, date]:
    """The year of what is sent: twelve whole months up to the month before last, since figures of a month come after it."""
    last_month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    return last_twelve_months(last_month)


def told_from(began: date) -> date:
    """The day from which there is a rate of what was first counted on a day: when twelve months are over."""
    leap = (began.month, began.day) == (2, 29)
    return date(began.year + 1, 3, 1) if leap else began.replace(year=began.year + 1)


def year_rates(
    standings: Mapping[str, Standing],
    began: Mapping[str, date],
    base: Callable[[str], Base | None],
    today: date,
) -> dict[str, YearRate]:
    """The rates of councils by how each stands over its year (`year_counted`, `year_sent`); `began` is the first day that
    was counted here. Only of those that counted all of the year, or sent something for each of its months."""
    counted, sent = year_counted(today), year_sent(today)
    found = {}
    for council, standing in standings.items():
        if standing.sent:
            whole, days = len(standing.months) == MONTHS, sent
        else:
            whole, days = council in began and began[council] <= counted[0], counted
        number = base(council) if whole else None
        if number is not None:
            found[council] = YearRate(standing.counts.sent, number, *days, sent=standing.sent)
    return found
