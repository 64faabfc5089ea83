"""The house rules of SQL: every query is named, and none reads two councils at once."""

from __future__ import annotations

import re

import pytest

from commonhall.storage.migrations import Migration, migrate, migrations
from commonhall.storage.pool import StorageUnavailable, Store, open_store
from commonhall.storage.queries import Query
from tests.storage.named import ALL

OF_THE_INSTALLATION = {
    "list_councils": "the operator's list of sites, without residents' data",
    "speak_for": "whose rows a connection may see",
    "list_due": "the worker's list of connectors with something to do, without residents' data",
    "add_package": "packages are shared by all councils",
    "load_package": "packages are shared by all councils",
    "list_versions": "versions are shared by all councils",
    "add_version": "versions are shared by all councils",
    "list_running": "configuration of all councils, for who maintains a service; no residents' data",
    "plan_anew": "how a statement is planned",
    "council_health": "counts and times for the operator; no case",
    "table_sizes": "the database itself",
    "all_proposals": "configuration of all councils, for who maintains a service; no residents' data",
    "links_changed": "links belong to the directory",
    "list_links": "links belong to the directory",
    "keep_link": "links belong to the directory",
    "drop_other_links": "links belong to the directory",
    "links_to_check": "links belong to the directory",
    "note_check": "links belong to the directory",
    "due_pushes": "the worker's list of systems with something to be told, without residents' data",
    "list_former_councils": "where former councils' hosts lead; no residents' data",
    "was_merged": "which council a former one became part of; no residents' data",
    "add_requests": "a web process adds what it counted of all councils; counts alone",
    "hours_across": "how one service runs at all councils; counts alone",
    "owner_of_data_set": "whose a data set is; nothing of what is in it",
    "bound_time": "how long a statement may take",
    "take_time": "the schema",
    "lock_migrations": "the schema",
    "make_migration_table": "the schema",
    "list_migrations": "the schema",
    "add_migration": "the schema",
    "councils_to_roll_up": "the worker's list of councils with something to count, without residents' data",
    "sums_across": "councils side by side: counts, and no case",
    "first_days_across": "since when one service is counted at each council; no case",
    "sent_across": "one service's figures of councils that sent them for everybody to read",
    "services_across": "which services are counted anywhere",
}
TENANT_TABLES = (
    "adopted",
    "adoption",
    "connector",
    "journey",
    "council_case",
    "case_update",
    "delivery",
    "measure",
    "measure_path",
    "measure_change",
    "measure_day",
    "measure_month",
    "rating",
    "attempt",
    "early_update",
    "draft",
    "service_draft",
    "identity_provider",
    "person",
    "staff_session",
    "audit",
    "proposal",
    "former_council",
    "former_reference",
    "attachment",
    "api_system",
    "api_key",
    "push",
    "push_refused",
    "service_hour",
    "alert",
    "alert_look",
    "notice",
    "data_set",
    "data_token",
    "data_record",
    "data_sum",
)


@pytest.mark.parametrize("query", ALL.values(), ids=lambda query: query.name)
def test_a_query_is_named_described_and_held_to_one_council(query: Query) -> None:
    assert ALL[query.name.upper()] is query
    assert len(query.describes) > 8
    if query.name in OF_THE_INSTALLATION:
        return
    assert "$1" in query.sql
    for table in re.findall(r"\b(?:from|join|update|into|delete from)\s+([a-z_]+)", query.sql):
        if table in TENANT_TABLES:
            assert re.search(
                r"council\s*=\s*\$1|council = [a-z]+\.council|\(council,.*?values \(\$1|select (\$1|council),",
                query.sql,
                re.DOTALL,
            ), table


async def test_every_tenant_table_s_key_starts_with_the_council(store: Store) -> None:
    rows = await store.owner.fetch(
        """
        select c.relname as "table", a.attname as first
        from pg_constraint k join pg_class c on c.oid = k.conrelid
        join pg_attribute a on a.attrelid = c.oid and a.attnum = k.conkey[1]
        where k.contype = 'p' and c.relnamespace = 'public'::regnamespace
        """
    )
    keys = {row["table"]: row["first"] for row in rows}
    assert {table for table, first in keys.items() if first == "council"} >= set(TENANT_TABLES)
    assert {table for table, first in keys.items() if first != "council"} == {
        "package",
        "migration",
        "catalogue_version",
        "link",
    }


@pytest.mark.parametrize("query", ALL.values(), ids=lambda query: query.name)
async def test_every_query_is_understood_by_postgresql(store: Store, query: Query) -> None:
    async with store.owner.acquire() as connection:
        await connection.prepare(query.sql)


async def test_migrating_twice_changes_nothing(database_url: str) -> None:
    assert await migrate(database_url) == []


async def test_a_database_from_a_newer_release_is_refused(store: Store, database_url: str) -> None:
    await store.owner.execute("insert into migration (name, digest) values ('9999_future.sql', 'x')")
    with pytest.raises(StorageUnavailable, match="newer release"):
        await migrate(database_url)


async def test_a_step_changed_after_it_was_applied_is_refused(store: Store, database_url: str) -> None:
    await store.owner.execute("update migration set digest = 'other'")
    with pytest.raises(StorageUnavailable, match="differs from what this database was made with"):
        await migrate(database_url)


def test_migrations_have_an_order() -> None:
    names = [step.name for step in migrations()]
    assert names == sorted(names)
    assert all(isinstance(step, Migration) for step in migrations())


async def test_a_database_that_is_not_there_is_explained(database_url: str) -> None:
    with pytest.raises(StorageUnavailable, match="check COMMONHALL_DATABASE_URL"):
        await open_store(database_url.replace("/test_", "/nobody_"))


@pytest.mark.parametrize("url", ["postgresql://[", "postgresql://x:y/z", "postgresql:///?host=/nowhere"])
@pytest.mark.network
async def test_an_address_that_is_none_is_explained(url: str) -> None:
    with pytest.raises(StorageUnavailable, match="check COMMONHALL_DATABASE_URL"):
        await open_store(url)


async def test_soft_and_durable_commits_differ_in_one_setting(store: Store) -> None:
    assert (
        await store.durable.fetchval(
            "select current_setting('synchronous_commit') where $1 <> ''", "solihull"
        )
        == "on"
    )
    assert (
        await store.soft.fetchval("select current_setting('synchronous_commit') where $1 <> ''", "solihull")
        == "off"
    )
