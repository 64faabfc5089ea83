"""Whatever is asked of records, the text of the query is held to one council and has nothing in it that somebody said."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest

from commonhall.storage.data_records import Choice, list_records, tally_records
from commonhall.storage.pool import Store
from commonhall.storage.queries.data_records import RAW_ORDERS, SOURCES, Shape, raw, tally
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
