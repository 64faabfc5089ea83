"""Hostile questions of a great data set: bounded, refused in words, and nobody else waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from commonhall.reporting import asking
from commonhall.storage import data_records
from commonhall.storage.pool import Store
from tests.api.sending import Sender, day, sending
from tests.conftest import SetClock

MANY = 200_000
FILL = """
insert into data_record (council, data_group, data_type, record, at, updated_at, body)
select 'solihull', 'solihull-bins', 'anything', 'r' || n, timestamptz '2010-01-01 00:00Z' + n * interval '10 minutes', now(),
       jsonb_build_object('channel', (array['online', 'phone', 'paper', 'in-person'])[1 + n % 4], 'count', n % 100,
                          'ward', 'w' || n % 300, 'name', 'n' || n)
from generate_series(1, $1::integer) n
"""
WHOLE = [("start_at", day("2010-01-01")), ("end_at", day("2014-01-01"))]


@pytest.fixture
async def sender(store: Store, clock: SetClock) -> AsyncIterator[Sender]:
    """A data set of two hundred thousand records."""
    async with sending(store, clock) as found:
        await store.owner.execute(FILL, MANY)
        yield found


async def test_a_great_set_is_counted_right_and_within_bounds(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_records, "LONGEST", 30_000)
    rows = await sender.ask([*WHOLE, ("period", "month"), ("group_by", "channel"), ("collect", "count:sum")])
    assert sum(row["_count"] for row in rows) == MANY
    assert sum(row["count:sum"] for row in rows) == sum(n % 100 for n in range(1, MANY + 1))
    for query, words in (
        ([("group_by", "name")], "10,000 rows"),
        ([*WHOLE, ("period", "hour")], "10,000 rows"),
        ([*WHOLE, ("period", "day"), ("group_by", "ward")], "10,000 rows"),
        ([("group_by", "name"), ("group_by", "ward"), ("group_by", "channel"), ("group_by", "count")], "10,000 rows"),
        ([("period", "year"), ("collect", "name:set")], "500 different values"),
        ([], "10,000 records"),
    ):  # fmt: skip
        assert words in await sender.ask(query, status=400)
    filters = [("filter_by", f"ward:w{n}") for n in range(10)] + [("filter_by_prefix", "name:n")] * 5
    assert await sender.ask([*filters, ("group_by", "channel")]) == []
    assert len(await sender.ask([("limit", "5"), ("sort_by", "name:descending")])) == 5


async def test_a_question_that_takes_too_long_is_given_up_and_others_are_served_meanwhile(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_records, "LONGEST", 20)
    monkeypatch.setattr(asking, "LONGEST", 20)
    slow = asyncio.create_task(
        sender.ask([("group_by", "name"), ("group_by", "ward"), ("collect", "count:set")], status=400)
    )
    served = 0
    while not slow.done():
        # One that needs no database is answered while the slow one is worked on.
        assert (await sender.http.get("/performance/_status")).status_code == 200
        served += 1
        await asyncio.sleep(0)
    assert "took longer than 0.02 seconds" in await slow
    assert served > 1
    # The connection is as it was: its next statement has all its time again.
    limit = await sender.figures.store.durable.fetchval("select current_setting('statement_timeout') where $1 <> ''", "solihull")  # fmt: skip
    assert limit == "30s"


async def test_questions_wait_for_their_turn_and_not_for_ever(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "LONGEST_WAIT", 0.01)
    monkeypatch.setattr(data_records, "LONGEST", 30_000)
    query = "period=month&group_by=channel&collect=count:sum&collect=ward:set"
    replies = await asyncio.gather(*(sender.http.get(f"{sender.path}?{query}") for _ in range(6)))
    busy = [reply for reply in replies if reply.status_code == 503]
    assert sum(reply.status_code == 200 for reply in replies) + len(busy) == 6
    assert busy
    assert {reply.headers["retry-after"] for reply in busy} == {"5"}
    monkeypatch.setattr(asking, "LONGEST_WAIT", 60.0)
    replies = await asyncio.gather(*(sender.http.get(f"{sender.path}?{query}") for _ in range(4)))
    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.content for reply in replies}) == 1
