"""Measures on disk: one row a journey, rolled up into counts by day and by month, which are what is read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from commonhall.storage.journeys import path_of
from commonhall.storage.moving import COUNTED
from commonhall.storage.pool import Store, transaction
from commonhall.storage.queries import measures as q
from commonhall.storage.queries.councils import MARK_SIMULATED
from commonhall.storage.queries.moving import UNBOUNDED, remove_rows

AT_ONCE = 20_000
"""How many changes are counted in one transaction."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Counters of a span of days, as `docs/measures.md` defines them, in the order of `queries.measures.COUNTERS`."""

    starts: int = 0
    submitted: int = 0
    ineligible: int = 0
    elsewhere: int = 0
    abandoned: int = 0
    seconds_sum: int = 0
    sent: int = 0
    chases: int = 0
    repeats: int = 0
    score_1: int = 0
    score_2: int = 0
    score_3: int = 0
    score_4: int = 0
    score_5: int = 0
    closed: int = 0
    in_time: int = 0
    late: int = 0
    fixed: int = 0
    fixed_first: int = 0
    wait_hours_sum: int = 0


@dataclass(frozen=True, slots=True)
class SumsRow:
    """Sums with what they are of: a service or a council (`of`), or the first day of a period; and a channel."""

    of: str | date
    channel: str
    sums: Sums


async def councils_to_roll_up(store: Store) -> list[str]:
    """Whose changes wait to be counted."""
    return [row[0] for row in await store.operator.fetch(q.COUNCILS_TO_ROLL_UP.sql)]


async def roll_up(store: Store, council: str, most: int = AT_ONCE) -> int:
    """Count up to `most` of a council's changes; answers how many. Each counts once, whoever else tries."""
    async with transaction(store, council) as connection:
        if not await connection.fetchval(q.TURN_TO_ROLL_UP.sql, council):
            return 0
        return int(await connection.fetchval(q.ROLL_UP.sql, council, most))


async def rebuild(store: Store, council: str) -> None:
    """Count all of a council's journeys anew, as they are at one moment; changes after it are counted later."""
    async with store.owner.acquire() as connection:
        await connection.fetchval(q.HOLD_ROLL_UPS.sql, council)
        try:
            async with connection.transaction(isolation="repeatable_read"):
                await _count_anew(connection, council)
        finally:
            await connection.fetchval(q.LET_ROLL_UPS.sql, council)


async def _count_anew(connection: Any, council: str) -> None:
    await connection.execute(UNBOUNDED)
    for query in (*(remove_rows(table) for table in COUNTED), q.REBUILD_DAYS, q.REBUILD_MONTHS):
        await connection.execute(query.sql, council)


COPIED = (
    "council", "service", "version", "channel", "day", "started_at", "outcome", "seconds", "score", "path", "sent_on",
    "target_on", "rated_on", "closed_on", "wait_hours", "fixed", "reopened", "again", "repeated", "area", "street",
    "ward",
)  # fmt: skip
"""The columns of measures that are copied as text, in this order."""
NONE = "\\N"
"""Stands for nothing in copied text."""


async def copy_measures(
    store: Store, council: str, paths: Iterable[Sequence[str]], rows: Iterable[bytes], mark: Mapping[str, Any]
) -> None:
    """Write many measures that belong to no case, as COPY's text in the order of `COPIED`, with the mark that they are
    simulated. For trying out what many cost: they are not counted before `rebuild`. `paths` are all the pages that the
    rows name.
    """
    kept = {path_of(pages): "\n".join(pages) for pages in paths}
    async with store.owner.acquire() as connection, connection.transaction():
        await connection.execute(UNBOUNDED)
        if await connection.fetchval(q.MAY_PASS_BY.sql, council):
            await connection.execute(q.NOTE_NOTHING)
        await connection.execute(q.ADD_PATHS.sql, council, list(kept), list(kept.values()))
        await connection.copy_to_table("measure", source=_one_by_one(rows), columns=COPIED)
        await connection.execute(MARK_SIMULATED.sql, council, mark, True)


async def _one_by_one(rows: Iterable[bytes]) -> AsyncIterator[bytes]:
    for part in rows:
        yield part


async def wrong_counts(store: Store, council: str) -> list[tuple[str, date]]:
    """(service, day or first of a month) of counts that are not what counting all journeys gives. None, if all is well."""
    async with store.owner.acquire() as connection, connection.transaction(readonly=True):
        await connection.execute(UNBOUNDED)
        days = await connection.fetch(q.WRONG_DAYS.sql, council)
        months = await connection.fetch(q.WRONG_MONTHS.sql, council)
        return [(row[0], row[1]) for row in (*days, *months)]


async def sums_by_service(
    store: Store, council: str, first: date, last: date, service: str | None = None
) -> list[SumsRow]:
    """Sums by service and channel from `first` to `last`, both included."""
    rows = await store.durable.fetch(q.SUMS_BY_SERVICE.sql, council, first, last, service)
    return [_row(row) for row in rows]


async def sums_by_period(
    store: Store, council: str, first: date, last: date, service: str | None, period: str
) -> list[SumsRow]:
    """Sums by period ('day', 'week' from Monday, 'month') and channel; periods without any are not there."""
    rows = await store.durable.fetch(q.SUMS_BY_PERIOD.sql, council, first, last, service, period)
    return [_row(row) for row in rows]


async def sums_across(store: Store, service: str, first: date, last: date) -> list[SumsRow]:
    """Sums of one service by council and channel. The one reading that crosses councils: counts, and no case."""
    return [_row(row) for row in await store.operator.fetch(q.SUMS_ACROSS.sql, service, first, last)]


async def services_across(store: Store, first: date, last: date) -> list[str]:
    """Which services anybody has measures of."""
    return [row[0] for row in await store.operator.fetch(q.SERVICES_ACROSS.sql, first, last)]


async def first_days_across(store: Store, service: str) -> dict[str, date]:
    """The first day that anything of a service is counted on, by council, of those that run it."""
    return {row[0]: row[1] for row in await store.operator.fetch(q.FIRST_DAYS_ACROSS.sql, service)}


async def first_day(store: Store, council: str) -> date | None:
    """The first day that anything of a council is counted on; None where nothing is."""
    found: date | None = await store.durable.fetchval(q.FIRST_DAY.sql, council)
    return found


async def sums_of_months(
    store: Store, council: str, service: str, what: str, first: date, last: date
) -> Mapping[str, int]:
    """Counts by key of one kind ('reached', 'left', 'seconds', 'wait', 'area', 'street', 'ward') in the months of two days."""
    months = (first.replace(day=1), last.replace(day=1))
    rows = await store.durable.fetch(q.SUMS_OF_MONTHS.sql, council, service, what, *months)
    return {row[0]: row[1] for row in rows}


def _row(row: Any) -> SumsRow:
    return SumsRow(row[0], row[1], Sums(*row[2:]))


async def places_of_cases(
    store: Store, council: str, after: str, most: int
) -> list[tuple[str, int, Mapping[str, Any], str | None]]:
    """(reference, measure, location, ward) of a council's cases, in the order of references, after one of them."""
    return [tuple(row) for row in await store.durable.fetch(q.PLACES_OF_CASES.sql, council, after, most)]


async def set_wards(store: Store, council: str, wards: Mapping[int, str | None]) -> None:
    """Say in which ward the case of each of these measures is."""
    await store.durable.fetch(q.SET_WARDS.sql, council, list(wards), list(wards.values()))
