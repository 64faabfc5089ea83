"""Whatever is asked of records, the text of the query is held to one council and has nothing in it that somebody said."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from commonhall.storage.audit import NewEntry
from commonhall.storage.data_records import Choice, list_records, tally_records
from commonhall.storage.data_sets import add_data_set, empty_data_set, keep_records, remove_data_set
from commonhall.storage.pool import Store
from commonhall.storage.queries.data_records import RAW_ORDERS, SOURCES, Shape, raw, tally
from commonhall.storage.queries.data_sets import MOVE_DATA_SETS
from tests.storage.test_plans import nodes, plan, rows_read
from tests.storage.town import THEIRS, fill_town

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
SHAPES = [
    Shape(start, end, filters, prefixes, keys, fields, sets, period, source)  # type: ignore[arg-type]
    for start, end, (filters, prefixes), (keys, fields), sets, period, source in itertools.product(
        (False, True), ("", "before", "until"), ((0, 0), (2, 1)), ((1, 0), (4, 6)), (False, True), (False, True), SOURCES
    )
]  # fmt: skip


async def test_every_shape_is_understood_and_held_to_one_council(store: Store) -> None:
    async with store.owner.acquire() as connection:
        for shape in SHAPES:
            query = tally(shape)
            assert "council = $1" in query.sql
            assert len((await connection.prepare(query.sql)).get_parameters()) == 14
        for shape in SHAPES[::7]:
            for order in RAW_ORDERS:
                query = raw(shape._replace(keys=0, fields=0, sets=False, period=False), order)
                assert "council = $1" in query.sql
                assert len((await connection.prepare(query.sql)).get_parameters()) == 14


HOSTILE = ("'", "a' or '1'='1", "$1", "%", "\\", "{}", "x'); drop table data_record; --")


@pytest.mark.parametrize("words", HOSTILE)
async def test_what_somebody_says_is_looked_for_and_never_run(store: Store, words: str) -> None:
    await fill_town(store, "solihull", THEIRS, NOW)
    place = ("solihull", "", f"{THEIRS}-group-solihull", f"{THEIRS}-type")
    choice = Choice(None, None, False, [words], [words], [words], [words])
    assert await list_records(store, *place, choice, words, False, 10) == []
    assert await tally_records(store, *place, choice, [words], [words], "day", 10, 5) == []
    assert len(await list_records(store, *place, Choice(), words, True, 10)) == 1
    assert await tally_records(store, *place, Choice(), [words], [words], None, 10, 5) == []


async def test_a_short_span_of_a_great_set_is_found_without_the_rest(store: Store) -> None:
    async with store.owner.acquire() as connection:
        await connection.execute(
            """
            insert into data_set (council, data_group, data_type, lgsl, raw_queries, max_age, added_at)
              values ('solihull', 'solihull', 'x', 1, true, 0, now());
            insert into data_record
              select 'solihull', 'solihull', 'x', 'r' || n, timestamptz '2020-01-01Z' + n * interval '1 hour', now(), '{"count": 1}'
              from generate_series(1, 20000) n;
            """
        )
        start, end = datetime(2021, 1, 1, tzinfo=UTC), datetime(2021, 1, 8, tzinfo=UTC)
        empty: list[str] = []
        args: tuple[Any, ...] = (
            "solihull", "solihull", "x", start, end, 100, empty, empty, empty, empty, empty, ["count"], "day", None
        )  # fmt: skip
        found = await plan(
            connection, tally(Shape(True, "before", 0, 0, 0, 1, False, True)), args, "analyze, "
        )
        used = [node for node in nodes(found) if node.get("Relation Name") == "data_record"]
        assert used
        assert rows_read(found) <= 24 * 7


SUMS = "select council, data_group, data_type, period, start, what, total, records from data_sum"
ANEW = """
select r.council, r.data_group, r.data_type, period, date_trunc(period, r.at at time zone 'Europe/London')::date, p.what, sum(p.value), count(*)
from data_record r cross join lateral data_parts(r.data_type, r.body) p cross join (values ('day'), ('month')) as f (period)
where r.at is not null and data_is_of(f.period, r.body) group by 1, 2, 3, 4, 5, 6
"""
KINDS = ("transactions-by-channel", "customer-satisfaction", "completion", "anything")


async def test_sums_are_those_of_the_records_whatever_befalls_these(store: Store) -> None:
    async def as_counted_anew() -> set[str]:
        kept = {tuple(row) for row in await store.owner.fetch(SUMS)}
        assert kept == {tuple(row) for row in await store.owner.fetch(ANEW)}
        return {row[5] for row in kept}

    async def keep(group: str, days: Sequence[int], channel: str) -> None:
        for kind in KINDS:
            at = [datetime(2026, 1, 31, 23, tzinfo=UTC) + timedelta(days=day, hours=2) for day in days]
            body = f'{{"channel": "{channel}", "stage": "over", "count": {len(days)}, "rating_2": 3, "rating_9": 1}}'
            names = [f"r{number}" for number in range(len(days))]
            await keep_records(
                store, "solihull", group, kind, names, [*at[:-1], None], [body] * len(days), 99, NOW
            )

    entry = NewEntry(NOW, None, "somebody", "test", "")
    for group, kind in itertools.product(("solihull", "solihull-two"), KINDS):
        assert await add_data_set(store, "solihull", group, kind, None, 524, True, 0, entry)
    await keep("solihull", range(4), "On line")
    await keep("solihull-two", range(9), "x" * 300)
    assert await as_counted_anew() == {"unknown", "over", "2"}
    await keep("solihull", [0, 40, 0], "phone")
    assert await as_counted_anew() == {"phone", "unknown", "over", "2"}, "on other days, by another channel"
    await store.owner.execute(MOVE_DATA_SETS.sql, "solihull", "nottingham")
    await as_counted_anew()
    await store.owner.execute(MOVE_DATA_SETS.sql, "nottingham", "solihull")
    for kind in KINDS:
        await empty_data_set(store, "solihull", "solihull", kind, NOW)
        await as_counted_anew()
        await remove_data_set(store, "solihull", "solihull-two", kind, entry)
    assert await as_counted_anew() == set()
