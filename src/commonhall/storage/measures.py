"""Measures on disk: one row a journey, read in sums."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from commonhall.storage.pool import Store
from commonhall.storage.queries import measures as q


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """A service's sums over a span of days; `score` is the mean of 1 to 5."""

    service: str
    starts: int
    submissions: int
    ineligible_exits: int
    elsewhere_exits: int
    seconds: float | None
    score: float | None
    ratings: int


async def measure_services(store: Store, council: str, first: date, last: date) -> list[MeasureRow]:
    """Sums for journeys started from `first` to `last`, both included."""
    return [
        MeasureRow(*row) for row in await store.durable.fetch(q.MEASURE_SERVICES.sql, council, first, last)
    ]


async def measure_channels(store: Store, council: str, first: date, last: date) -> list[tuple[str, str, int]]:
    """(service, channel, submissions) for the same span."""
    rows = await store.durable.fetch(q.MEASURE_CHANNELS.sql, council, first, last)
    return [(row[0], row[1], row[2]) for row in rows]
