"""How services ran: hours from many processes add up, by service and by day, and no minute is counted twice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhall.reporting.times import seconds_of
from commonhall.reporting.uptime import (
    Uptime,
    forget_hours,
    kept_from,
    minutes_of,
    uptime_across,
    uptime_by_day,
    uptime_by_service,
    whole,
)
from commonhall.storage.councils import save_council
from commonhall.storage.pool import Store
from commonhall.storage.service_hours import RequestCount, add_requests, claim_looks, note_looks

NINE = datetime(2026, 3, 10, 9, tzinfo=UTC)
DAY = date(2026, 3, 10)
OURS, THEIRS = "solihull", "kirklees"


@pytest.fixture
async def towns(store: Store) -> Store:
    """Two councils."""
    for council, gss in ((OURS, "E08000029"), (THEIRS, "E08000034")):
        await save_council(store, council, gss, f"{council}.localhost", {})
    return store


def count(
    requests: int,
    failed: int = 0,
    *,
    council: str = OURS,
    service: str = "missed-bin",
    hour: datetime = NINE,
    times: Sequence[int] = (),
) -> RequestCount:
    return RequestCount(council, service, hour, requests, failed, tuple(times))


async def test_what_many_processes_counted_adds_up(towns: Store) -> None:
    first = [count(3, 1, times=(0, 1, 2)), count(1, council=THEIRS, times=(1,))]
    second = [count(2, times=(0, 0, 0, 2)), count(7, service="pothole", times=(7,))]
    await asyncio.gather(*(add_requests(towns, rows) for rows in (first, second, first)))
    found = await uptime_by_service(towns, OURS, DAY, DAY)
    assert found == {
        "missed-bin": Uptime(8, 2, times=(0, 2, 4, 2)),
        "pothole": Uptime(7, 0, times=(7,)),
    }
    assert found["missed-bin"].error_share == 0.25
    assert found["missed-bin"].median == seconds_of(2)
    assert found["missed-bin"].p95 == seconds_of(3)
    assert await uptime_across(towns, "missed-bin", DAY, DAY) == {
        OURS: Uptime(8, 2, times=(0, 2, 4, 2)),
        THEIRS: Uptime(2, 0, times=(2,)),
    }


async def test_nothing_is_kept_of_a_council_that_is_not_here(towns: Store) -> None:
    await add_requests(towns, [count(3, council="nowhere"), count(1)])
    assert await claim_looks(towns, "nowhere", ["missed-bin"], NINE, 3) == []
    assert await towns.owner.fetch("select council, requests from service_hour") == [(OURS, 1)]


async def test_a_process_that_counted_nothing_adds_nothing(towns: Store) -> None:
    await add_requests(towns, [])
    assert await uptime_by_service(towns, OURS, DAY, DAY) == {}


async def test_of_many_workers_one_looks_in_a_minute(towns: Store) -> None:
    services = ["missed-bin", "pothole"]
    claims = await asyncio.gather(*(claim_looks(towns, OURS, services, NINE, 5) for _ in range(4)))
    assert sorted(map(len, claims)) == [0, 0, 0, 2]
    assert await claim_looks(towns, OURS, services, NINE, 4) == [], "a clock that is behind"
    assert await claim_looks(towns, OURS, ["missed-bin"], NINE, 6) == ["missed-bin"]
    assert await claim_looks(towns, OURS, services, NINE + timedelta(hours=1), 0) == services


async def test_a_minute_in_which_nobody_looked_is_not_known(towns: Store) -> None:
    for minute, seen in ((0, True), (1, True), (2, False), (30, True)):
        await claim_looks(towns, OURS, ["missed-bin"], NINE, minute)
        await note_looks(towns, OURS, NINE, {"missed-bin": seen})
    await claim_looks(towns, OURS, ["missed-bin"], NINE, 31)  # and its worker dies
    found = (await uptime_by_service(towns, OURS, DAY, DAY))["missed-bin"]
    assert (found.up, found.down, found.known_minutes, found.uptime) == (3, 1, 4, 0.75)
    assert minutes_of(DAY, DAY, NINE) - found.known_minutes == 9 * 60 - 4
    assert (found.requests, found.error_share, found.median) == (0, None, None)


async def test_days_are_london_s_and_all_are_there(towns: Store) -> None:
    # The clocks go forward on Sunday 29 March 2026: that day's first hour is 00:00 UTC, the next day's 23:00 UTC.
    saturday = datetime(2026, 3, 28, 23, tzinfo=UTC)
    hours = [saturday + timedelta(hours=n) for n in range(26)]
    await add_requests(towns, [count(1, hour=hour) for hour in hours])
    await add_requests(towns, [count(5, service="pothole", hour=saturday)])
    first, last = date(2026, 3, 27), date(2026, 3, 31)
    days = await uptime_by_day(towns, OURS, "missed-bin", first, last)
    assert [(one.day.day, one.uptime.requests) for one in days] == [
        (27, 0),
        (28, 1),
        (29, 23),
        (30, 2),
        (31, 0),
    ]
    everything = await uptime_by_day(towns, OURS, None, first, last)
    assert [one.uptime.requests for one in everything] == [0, 6, 23, 2, 0]
    assert minutes_of(date(2026, 3, 29), date(2026, 3, 29), datetime(2026, 5, 1, tzinfo=UTC)) == 23 * 60


async def test_what_is_older_than_25_months_is_forgotten(towns: Store) -> None:
    oldest = datetime(2024, 2, 1, tzinfo=UTC)
    rows = [count(1, hour=oldest - timedelta(hours=1)), count(1, hour=oldest)]
    await add_requests(towns, [*rows, count(1, council=THEIRS, hour=oldest - timedelta(hours=1))])
    assert await forget_hours(towns, OURS, NINE) == 1
    assert await towns.owner.fetchval("select count(*) from service_hour where council = $1", THEIRS) == 1


@given(st.dates(min_value=date(2020, 1, 1), max_value=date(2060, 1, 1)))
def test_whole_months_are_kept(today: date) -> None:
    now = datetime(today.year, today.month, today.day, 9, tzinfo=UTC)
    begins = kept_from(now)
    assert (begins.day, begins.hour) == (1, 0)
    assert timedelta(days=25 * 30) <= now - begins <= timedelta(days=26 * 31)


UPTIMES = st.builds(
    Uptime,
    requests=st.integers(0, 100),
    up=st.integers(0, 60),
    down=st.integers(0, 60),
    times=st.lists(st.integers(0, 9), max_size=5).map(tuple),
)


@given(st.lists(UPTIMES, min_size=1))
def test_the_uptime_of_several_lies_between_theirs(parts: list[Uptime]) -> None:
    known = [part.uptime for part in parts if part.uptime is not None]
    found = whole(parts).uptime
    assert (found is None) == (not known)
    if found is not None:
        assert min(known) - 1e-9 <= found <= max(known) + 1e-9
