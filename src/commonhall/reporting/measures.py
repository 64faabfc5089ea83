"""The measures of services, read from the roll-ups: as dear for sixty million journeys as for sixty thousand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from commonhall.reporting.counts import Counts
from commonhall.storage import measures as stored
from commonhall.storage.pool import Store
from commonhall.storage.queries.measures import BUCKET_FROM, BUCKET_GROWS

Period = Literal["day", "week", "month"]
MOST_PERIODS = 1100
"""Three years of days: more is no chart that anybody reads."""
NOTHING = Counts()


class SpanRefused(ValueError):  # noqa: N818
    """A span that cannot be asked for; the message says why."""


@dataclass(frozen=True, slots=True)
class Point:
    """The counts of one period; `start` is its first day, of a week its Monday."""

    start: date
    counts: Counts
    by_channel: Mapping[str, Counts] = field(default_factory=dict)

    @property
    def sent_by_channel(self) -> dict[str, int]:
        """Submissions by channel."""
        return {channel: counts.sent for channel, counts in self.by_channel.items() if counts.sent}


@dataclass(frozen=True, slots=True)
class PageStep:
    """How many journeys that are over came to a page, and how many of them were not gone on with there."""

    page: str
    reached: int
    left: int


@dataclass(frozen=True, slots=True)
class Spread:
    """Durations, of which half and nine in ten are not longer; within 5%. None where nothing was counted."""

    median: float | None
    ninety: float | None
    count: int


@dataclass(frozen=True, slots=True)
class Place:
    """Cases in one area, street or ward."""

    name: str
    cases: int


async def by_service(store: Store, council: str, first: date, last: date) -> dict[str, Counts]:
    """Each service's counts from `first` to `last`, both included, by service id."""
    return _together((str(row.of), row) for row in await stored.sums_by_service(store, council, first, last))


async def by_channel(store: Store, council: str, service: str, first: date, last: date) -> dict[str, Counts]:
    """One service's counts by channel."""
    rows = await stored.sums_by_service(store, council, first, last, service)
    return _together((row.channel, row) for row in rows)


async def series(
    store: Store, council: str, service: str | None, first: date, last: date, period: Period
) -> list[Point]:
    """The counts of a service, or of all, period by period; one without any is there with zeros.

    Raises `SpanRefused` where that would be more than `MOST_PERIODS`.
    """
    starts = periods(first, last, period)
    rows = await stored.sums_by_period(store, council, first, last, service, period)
    found: dict[date, dict[str, Counts]] = {start: {} for start in starts}
    for row in rows:
        assert isinstance(row.of, date)
        found[row.of][row.channel] = Counts.of(row.channel, row.sums)
    return [Point(start, sum(found[start].values(), NOTHING), found[start]) for start in starts]


async def pages(store: Store, council: str, service: str, first: date, last: date) -> list[PageStep]:
    """Where journeys were not gone on with, over the whole months of two days; the page most came to first."""
    reached = await stored.sums_of_months(store, council, service, "reached", first, last)
    left = await stored.sums_of_months(store, council, service, "left", first, last)
    steps = (PageStep(page, count, left.get(page, 0)) for page, count in reached.items())
    return sorted(steps, key=lambda step: (-step.reached, step.page))


async def spread(
    store: Store, council: str, service: str, first: date, last: date, what: Literal["seconds", "wait"]
) -> Spread:
    """How long it takes to complete (seconds) or to be closed (hours), over the whole months of two days."""
    found = await stored.sums_of_months(store, council, service, what, first, last)
    return spread_of({int(key): count for key, count in found.items()})


async def places(
    store: Store, council: str, service: str, first: date, last: date, what: Literal["area", "street", "ward"]
) -> list[Place]:
    """Cases by area, street or ward (its code) over the whole months of two days, the most first."""
    found = await stored.sums_of_months(store, council, service, what, first, last)
    return sorted((Place(*item) for item in found.items()), key=lambda place: (-place.cases, place.name))


async def across(store: Store, service: str, first: date, last: date) -> dict[str, Counts]:
    """One service's counts at every council that has any, by council."""
    return _together((str(row.of), row) for row in await stored.sums_across(store, service, first, last))


async def began(store: Store, service: str) -> dict[str, date]:
    """The first day that anything of a service was counted on, by council."""
    return await stored.first_days_across(store, service)


async def services(store: Store, first: date, last: date) -> list[str]:
    """The services that any council has measures of."""
    return await stored.services_across(store, first, last)


def periods(first: date, last: date, period: Period) -> list[date]:
    """The first days of the periods of a span. Raises `SpanRefused`."""
    if last < first:
        raise SpanRefused("the first day comes after the last")
    days = {"day": 1, "week": 7, "month": 28}[period]
    if (last - first).days // days > MOST_PERIODS:
        raise SpanRefused(f"from {first} to {last} is more than {MOST_PERIODS} {period}s")
    start = {"day": first, "week": first - timedelta(first.weekday()), "month": first.replace(day=1)}[period]
    found = []
    while start <= last:
        found.append(start)
        start = next_month(start) if period == "month" else start + timedelta(days)
    return found


def next_month(day: date) -> date:
    """The first day of the month after a day's."""
    return (day.replace(day=1) + timedelta(31)).replace(day=1)


def spread_of(buckets: Mapping[int, int]) -> Spread:
    """The spread of durations counted in buckets."""
    count = sum(buckets.values())
    return Spread(_within(buckets, count / 2), _within(buckets, count * 0.9), count)


def _within(buckets: Mapping[int, int], wanted: float) -> float | None:
    before = 0
    for bucket in sorted(buckets):
        before += buckets[bucket]
        if before >= wanted:
            return _middle(bucket)
    return None


def _middle(bucket: int) -> float:
    if bucket < BUCKET_FROM:
        return float(bucket)
    return float(BUCKET_FROM * BUCKET_GROWS ** (bucket - BUCKET_FROM + 0.5))


def _together(rows: Iterable[tuple[str, stored.SumsRow]]) -> dict[str, Counts]:
    found: dict[str, Counts] = {}
    for name, row in rows:
        found[name] = found.get(name, NOTHING) + Counts.of(row.channel, row.sums)
    return found
