"""What residents and workers wait for is found by key: no query reads rows that it does not need.

PostgreSQL plans each query once, often on tables that are young and have no statistics yet. A plan that reads all
journeys of a council is as fast as any on the first day, and slower with every resident after it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from commonhall.reporting.sent import months_and_days
from commonhall.storage.pool import OPERATOR, TENANT, Store
from commonhall.storage.queries import Query, cases, data_records, deliveries, journeys, measures

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
KEY = ("solihull", "R77", "sandbox", 1)
BROWSER = b"browser"
HOT: list[tuple[Query, tuple[Any, ...]]] = [
    (journeys.LOAD_JOURNEY, ("solihull", "J77", BROWSER)),
    (journeys.ANSWER_JOURNEY, ("solihull", "J77", BROWSER, "digest", {"a": 1}, NOW)),
    (journeys.EXIT_JOURNEY, ("solihull", "J77", NOW, "ineligible", 7, ["a", "b"])),
    (
        cases.SUBMIT_CASE,
        (
            *("solihull", "J77", BROWSER, "NEW", {}, "summary", [], {}, {}, ["proof"], date(2026, 3, 12)),
            *(["sandbox"], "key", NOW, "1", 77, 7, ["a", "b"], date(2026, 2, 10), NOW - timedelta(60)),
            *(date(2026, 3, 10), "B91 3", "High Street", "E05001311"),
        ),
    ),
    (cases.RATE_CASE, ("solihull", "R77", 5, "", NOW, date(2026, 3, 10))),
    (cases.LOAD_CASE, ("solihull", "R77")),
    (cases.LIST_UPDATES, ("solihull", "R77")),
    (cases.HOLD_CASE, ("solihull", "R77")),
    (cases.ADD_UPDATE, ("solihull", "R77", "fixed", "", NOW, "sandbox", "u1", False)),
    (cases.SET_STATUS, ("solihull", "R77")),
    (cases.MEASURE_CASE, ("solihull", "R77", ["fixed", "closed"], ["fixed"])),
    (cases.CASE_BY_EXTERNAL, ("solihull", "sandbox", "E77")),
    (cases.COUNT_ATTEMPT, ("solihull", "C77", NOW, NOW)),
    (cases.TAKE_BACK_ATTEMPT, ("solihull", "C77")),
    (cases.DELIVERS_TO, ("solihull", "R77", "sandbox")),
    (cases.KEEP_EARLY_UPDATE, ("solihull", "sandbox", "E0", "u1", "fixed", "", NOW, NOW)),
    (cases.MATCH_EARLY_UPDATES, ("solihull", "sandbox", "E77")),
    (cases.MATCH_EARLY_UPDATES, ("solihull", "sandbox", None)),
    (cases.DROP_EARLY_UPDATE, ("solihull", "sandbox", "E77", "u1")),
    (deliveries.SETTLE_DELIVERED, (*KEY, NOW, "E1")),
    (deliveries.SETTLE_LATER, (*KEY, NOW, "why", 1)),
    (deliveries.SETTLE_FAILED, (*KEY, NOW, "why", 1)),
]
OF_SWEEPS = {"journey_by_expiry", "delivery_due"}
"""Indexes that find many rows of a council."""
FILL = """
insert into council select 'c' || n, 'G' || n, 'h' || n, '{}' from generate_series(1, 20) n;
insert into council values ('solihull', 'E08000029', 'solihull.localhost', '{}');
insert into journey (council, journey, browser, service, digest, language, channel, started_at, expires_at, measure)
  select c, 'J' || n, 'browser', 'missed-bin', 'digest', 'en', 'online', AT, AT + interval '1 day', n
  from generate_series(1, 2000) n, unnest(array['solihull', 'c1']) c;
insert into measure (council, measure, service, version, channel, day, started_at) overriding system value
  select council, measure, service, '1.0.0', channel, AT::date, started_at from journey;
insert into council_case (council, reference, service, digest, journey, channel, language, answers, summary, details,
                          contact, location, proofs, connectors, measure, submitted_at)
  select council, 'R' || measure, service, digest, 'done-' || journey, channel, language, '{}', '', '[]', '{}', '{}', '{}',
         '{sandbox}', measure, AT from journey;
insert into case_update (council, reference, sequence, status, note, at, source, update_id)
  select council, reference, 1, 'open', '', AT, 'commonhall', 'submitted' from council_case;
insert into delivery (council, reference, connector, sequence, idempotency_key, created_at, since, next_at,
                      delivered_at, external_id)
  select council, reference, 'sandbox', 1, reference, AT, AT, AT, case when measure > 5 then AT end,
         'E' || measure from council_case;
insert into attempt select council, 'C' || measure, 1, AT from journey;
insert into early_update select council, 'other', 'E' || measure, 'u', 'fixed', '', AT, AT from journey;
insert into early_update select council, 'sandbox', 'E77', 'u', 'fixed', '', AT, AT from council;
"""


async def fill(connection: asyncpg.Connection[Any]) -> None:
    """Two thousand journeys and cases for each of two councils, five of them on their way."""
    await connection.execute(FILL.replace("AT", f"timestamptz '{NOW.isoformat()}'"))


async def plan(
    connection: asyncpg.Connection[Any], query: Query, args: tuple[Any, ...], how: str = "", role: str = ""
) -> dict[str, Any]:
    """PostgreSQL's plan of a query as our connections make it; what the query did is undone."""
    role = role or (TENANT if isinstance(args[0], str) else OPERATOR)
    transaction = connection.transaction()
    await transaction.start()
    # Under row-level security, as every page's and worker's: it must not keep an index from being used.
    await connection.execute(f"set local role {role}")
    await connection.execute("select set_config('commonhall.council', 'solihull', true)")
    text = await connection.fetchval(f"explain ({how}format json) {query.sql}", *args)
    await transaction.rollback()
    found: dict[str, Any] = json.loads(text)[0]["Plan"] if isinstance(text, str) else text[0]["Plan"]
    return found


def nodes(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield tree
    for child in tree.get("Plans", ()):
        yield from nodes(child)


def rows_read(tree: dict[str, Any]) -> int:
    """How many rows of tables a plan has looked at, needed or not."""
    return sum(
        int((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])
        for node in nodes(tree)
        if "Relation Name" in node and node["Node Type"] != "ModifyTable"
    )


@pytest.mark.parametrize(
    ("query", "args"), HOT, ids=lambda part: part.name if isinstance(part, Query) else ""
)
async def test_a_query_finds_its_few_rows_by_key(store: Store, query: Query, args: tuple[Any, ...]) -> None:
    async with store.owner.acquire() as connection:
        # A plan made on the first day, when tables are empty, is kept for long.
        for node in nodes(await plan(connection, query, args)):
            assert node["Node Type"] != "Seq Scan"
            assert node.get("Index Name") not in OF_SWEEPS
        await fill(connection)
        assert rows_read(await plan(connection, query, args, "analyze, ")) <= 8, (
            "with rows, without statistics"
        )
        await connection.execute("analyze")
        assert rows_read(await plan(connection, query, args, "analyze, ")) <= 8, "with statistics"


async def test_what_is_due_is_found_without_what_is_done(store: Store) -> None:
    async with store.owner.acquire() as connection:
        await fill(connection)
        later = NOW + timedelta(minutes=1)
        for statistics in ("select", "analyze delivery, council_case"):
            await connection.execute(statistics)
            found = await plan(
                connection, deliveries.CLAIM_DELIVERIES, ("solihull", later, NOW, 20, "sandbox"), "analyze, "
            )
            assert rows_read(found) <= 80, "five are due of two thousand"
            found = await plan(connection, deliveries.LIST_DUE, (later, NOW), "analyze, ")
            assert rows_read(found) <= 20, "one is looked at for each connector"


FIGURES = """
insert into data_set (council, data_group, data_type, lgsl, raw_queries, max_age, added_at)
  select 'c' || n, 'c' || n || '-figures', kind, case when n <= 3 then 524 else 525 end, true, 1800, AT
  from generate_series(1, 40) n, unnest(array['transactions-by-channel', 'customer-satisfaction', 'completion']) kind;
insert into data_record (council, data_group, data_type, record, at, updated_at, body)
  select council, data_group, data_type, n::text, AT - n * interval '1 day', AT,
         '{"channel": "online", "stage": "over", "count": 5, "rating_1": 1}'
  from data_set, generate_series(0, 499) n;
insert into council select 'c' || n, 'G' || n, 'h' || n, '{}' from generate_series(1, 3) n;
insert into package values ('p', 'missed-bin', '1.0.0', '{}', AT);
insert into adopted select council, 'digest', 'missed-bin', '1.0.0', 'p', '{}', 'England', '{en}', AT from council;
insert into adoption (council, service, digest, position) select council, 'missed-bin', 'digest', 0 from council;
insert into measure_day (council, service, day, channel, starts)
  select 'c' || c, 'missed-bin', AT::date - n, 'online', 1 from generate_series(1, 3) c, generate_series(0, 499) n;
"""


async def test_what_was_sent_of_one_service_is_read_without_other_services_and_days(store: Store) -> None:
    last = NOW.date()
    spans = months_and_days(date(last.year - 1, 11, 20), last)
    args = ("missed-bin", 524, *(day for span in spans for day in span), ["online"], ["phone"])
    async with store.owner.acquire() as connection:
        await connection.execute(FIGURES.replace("AT", f"timestamptz '{NOW.isoformat()}'"))
        for statistics in ("select", "analyze data_set, data_sum, measure_day, adoption"):
            await connection.execute(statistics)
            found = await plan(connection, data_records.SENT_ACROSS, args, "analyze, ", role=OPERATOR)
            assert rows_read(found) <= 120 + 9 * (11 + 3 + 10), (
                "nine data sets of 120: three months, and days around"
            )
            first = await plan(
                connection, measures.FIRST_DAYS_ACROSS, ("missed-bin",), "analyze, ", role=OPERATOR
            )
            assert rows_read(first) <= 2 * 3, "one day for each council that runs it"


async def test_expired_journeys_are_found_without_the_others(store: Store) -> None:
    async with store.owner.acquire() as connection:
        await fill(connection)
        await connection.execute("update journey set expires_at = $1 where measure <= 5", NOW)
        await connection.execute("analyze journey")
        found = await plan(
            connection,
            journeys.EXPIRE_JOURNEYS,
            ("solihull", NOW + timedelta(minutes=1), NOW + timedelta(minutes=1), 500),
            "analyze, ",
        )
        assert rows_read(found) <= 40, "ten have expired of four thousand"
        found = await plan(
            connection, journeys.LAPSED_JOURNEYS, ("solihull", NOW + timedelta(minutes=1), 500), "analyze, "
        )
        assert rows_read(found) <= 40


async def test_an_adopted_version_stays_while_journeys_or_cases_run_it(store: Store) -> None:
    await store.owner.execute(
        "insert into council values ('solihull', 'E08000029', 'solihull.localhost', '{}')"
    )
    await store.owner.execute("insert into package values ('p', 'missed-bin', '1.0.0', '{}', now())")
    for digest in ("digest", "unused"):
        await store.owner.execute(
            "insert into adopted values ('solihull', $1, 'missed-bin', '1.0.0', 'p', '{}', 'England', '{en}', now())",
            digest,
        )
    await store.owner.execute(
        """insert into journey (council, journey, browser, service, digest, language, channel, started_at, expires_at,
                                measure)
           values ('solihull', 'J', 'b', 'missed-bin', 'digest', 'en', 'online', now(), now(), 1)"""
    )
    await store.owner.execute("delete from adopted where digest = 'unused'")
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="still run digest"):
        await store.owner.execute("delete from adopted where digest = 'digest'")
