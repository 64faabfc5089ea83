"""Laws of what is counted, on figures that are made up: the database's sums are those of a plain count of the records."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonhall.reporting.periods import PERIODS, count_spans, moved, spans, start_of
from commonhall.storage.pool import open_store
from tests.api.sending import Sender, sending
from tests.conftest import SetClock

FIRST, LAST = datetime(2014, 12, 1, tzinfo=UTC), datetime(2015, 2, 1, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2014, 12, 1), datetime(2015, 1, 31)).map(lambda at: at.replace(tzinfo=UTC, microsecond=0))  # noqa: DTZ001 # fmt: skip
RECORDS = st.lists(
    st.fixed_dictionaries(
        {"_id": st.sampled_from("abcdefgh"), "at": MOMENTS, "count": st.integers(-5, 50)},
        optional={"channel": st.sampled_from(["online", "phone", 3, None, True])},
    ),
    max_size=12,
)
SOME = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
Do = Callable[[Callable[[Sender], Awaitable[None]]], None]


@pytest.fixture
def do(database_url: str, clock: SetClock) -> Iterator[Do]:
    """Do something with an empty data set; the tests of laws are not asynchronous themselves."""
    runner = asyncio.Runner()

    def run(what: Callable[[Sender], Awaitable[None]]) -> None:
        async def whole() -> None:
            store = await open_store(database_url, size=2)
            try:
                await store.owner.execute("delete from data_set")
                async with sending(store, clock) as sender:
                    await what(sender)
            finally:
                await store.close()

        runner.run(whole())

    yield run
    runner.close()


def as_sent(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in row.items() if name != "at"} | {"_timestamp": row["at"].isoformat()}
        for row in records
    ]


def kept(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records that count: of those with the same id the last."""
    return list({row["_id"]: row for row in records}.values())


@pytest.mark.postgres
@SOME
@given(records=RECORDS, period=st.sampled_from(PERIODS[1:]))
def test_the_sum_over_all_periods_is_that_of_the_records(
    do: Do, records: list[dict[str, Any]], period: str
) -> None:
    async def ask(sender: Sender) -> None:
        if records:
            await sender.post(as_sent(records))
        query = [("period", period), ("collect", "count:sum"), ("start_at", FIRST.isoformat()), ("end_at", LAST.isoformat())]  # fmt: skip
        rows = await sender.ask(query)
        assert sum(row["_count"] for row in rows) == len(kept(records))
        assert sum(row["count:sum"] or 0 for row in rows) == sum(row["count"] for row in kept(records))
        starts = [start_of(period, row["at"]).isoformat() for row in kept(records)]
        assert {row["_start_at"]: row["_count"] for row in rows if row["_count"]} == Counter(starts)
        # Each period begins where the one before it ends.
        assert [row["_start_at"] for row in rows[1:]] == [row["_end_at"] for row in rows[:-1]]

    do(ask)


@pytest.mark.postgres
@SOME
@given(records=RECORDS, period=st.sampled_from(PERIODS[1:]), filled=st.booleans())
def test_flat_and_nested_say_the_same(
    do: Do, records: list[dict[str, Any]], period: str, *, filled: bool
) -> None:
    async def ask(sender: Sender) -> None:
        if records:
            await sender.post(as_sent(records))
        query = [
            ("period", period),
            ("group_by", "channel"),
            ("collect", "count:sum"),
            ("collect", "count:mean"),
        ]
        query += [("start_at", FIRST.isoformat()), ("end_at", LAST.isoformat())] if filled else []
        nested = await sender.ask(query)
        flat = await sender.ask([*query, ("flatten", "true")])
        unfolded = [{"channel": row["channel"], **one} for row in nested for one in row["values"]]
        assert sorted(map(repr, (sorted(row.items()) for row in flat))) == sorted(
            map(repr, (sorted(row.items()) for row in unfolded))
        )
        named = [row for row in kept(records) if "channel" in row]
        assert sum(row["_count"] for row in nested) == len(named)
        for row in nested:
            own = [one["count"] for one in named if repr(one["channel"]) == repr(row["channel"])]
            assert (row["count:sum"], row["_count"]) == (sum(own), len(own))
            assert row["count:mean"] == pytest.approx(sum(own) / len(own))
            assert row["_group_count"] == sum(1 for one in row["values"] if one["_count"])

    do(ask)


@pytest.mark.postgres
@SOME
@given(records=RECORDS.filter(len))
def test_sending_the_same_again_changes_nothing(do: Do, records: list[dict[str, Any]]) -> None:
    async def ask(sender: Sender) -> None:
        await sender.post(as_sent(records))
        before = await sender.ask()
        said = await sender.post(as_sent(records))
        assert await sender.ask() == before
        assert said["message"].endswith(f"has {len(kept(records))}")
        for row in records:
            await sender.post(as_sent([row]))
        assert await sender.ask() == before, "one by one is as all at once"

    do(ask)


@given(at=st.datetimes(datetime(1901, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC)), period=st.sampled_from(PERIODS), by=st.integers(-30, 30))  # noqa: DTZ001 # fmt: skip
def test_a_moment_lies_in_its_period_and_periods_do_not_overlap(at: datetime, period: str, by: int) -> None:
    start = start_of(period, at)
    assert start <= at < moved(period, start, 1)
    assert start_of(period, start) == start
    assert start_of(period, start - timedelta(seconds=1)) == moved(period, start, -1)
    assert moved(period, moved(period, start, by), -by) == start
    assert period != "week" or start.weekday() == 0
    assert period in {"hour", "day", "week"} or start.day == 1
    assert period == "hour" or start.hour == 0


@given(at=st.datetimes(datetime(1901, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)), period=st.sampled_from(PERIODS), many=st.integers(0, 60))  # noqa: DTZ001 # fmt: skip
def test_periods_are_as_many_as_were_asked_for(at: datetime, period: str, many: int) -> None:
    start = start_of(period, at)
    end = moved(period, start, many)
    found = list(spans(period, start, end))
    assert len(found) == many
    assert len(list(spans(period, start, end, inclusive=True))) == many + 1
    assert abs(count_spans(period, start, end) - many) <= 1 + many // 8
