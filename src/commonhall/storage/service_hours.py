"""How the platform serves each council's services, on disk: a row for each council, service and hour (UTC)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from commonhall.storage.pool import Store
from commonhall.storage.queries import service_hours as q


class RequestCount(NamedTuple):
    """Requests that one process counted in one hour; `times` are how many fell into each bucket of response times."""

    council: str
    service: str
    hour: datetime
    requests: int
    failed: int
    times: Sequence[int]


@dataclass(frozen=True, slots=True)
class HourSums:
    """Sums of hours: requests, those that failed, minutes seen and not seen, response times by bucket."""

    requests: int
    failed: int
    up: int
    down: int
    times: tuple[int, ...]


async def add_requests(store: Store, counted: Sequence[RequestCount]) -> None:
    """Add what a process counted to what others did."""
    columns: list[list[Any]] = [list(column) for column in zip(*counted, strict=True)]
    if columns:
        columns[5] = [f"{{{','.join(map(str, times))}}}" for times in columns[5]]
        await store.operator.execute(q.ADD_REQUESTS.sql, *columns)


async def claim_looks(
    store: Store, council: str, services: Sequence[str], hour: datetime, minute: int
) -> list[str]:
    """Take it on oneself to look at services in this minute of the hour; answers those that nobody else looks at."""
    rows = await store.soft.fetch(q.CLAIM_LOOKS.sql, council, list(services), hour, minute)
    return [row[0] for row in rows]


async def note_looks(store: Store, council: str, hour: datetime, seen: Mapping[str, bool]) -> None:
    """Keep which services were seen in a minute of the hour, and which were not."""
    await store.soft.execute(q.NOTE_LOOKS.sql, council, hour, list(seen), list(seen.values()))


async def drop_service_hours(store: Store, council: str, before: datetime) -> int:
    """Forget what is older; answers how many rows went."""
    done = await store.durable.execute(q.DROP_SERVICE_HOURS.sql, council, before)
    return int(done.rpartition(" ")[2])


async def hours_by_service(store: Store, council: str, first: date, last: date) -> dict[str, HourSums]:
    """Sums by service over days of London, both included."""
    return _sums(await store.durable.fetch(q.HOURS_BY_SERVICE.sql, council, first, last))


async def hours_by_day(
    store: Store, council: str, service: str | None, first: date, last: date
) -> dict[date, HourSums]:
    """Sums by day of London, of one service or of all; days on which nothing was counted are left out."""
    return _sums(await store.durable.fetch(q.HOURS_BY_DAY.sql, council, first, last, service))


async def hours_across(store: Store, service: str, first: date, last: date) -> dict[str, HourSums]:
    """Sums of one service by council."""
    return _sums(await store.operator.fetch(q.HOURS_ACROSS.sql, service, first, last))


def _sums(rows: Sequence[Any]) -> dict[Any, HourSums]:
    return {row[0]: HourSums(row[1], row[2], row[3], row[4], tuple(row[5] or ())) for row in rows}
