"""From an earlier release's database, with rows in it, to this one's."""

from __future__ import annotations

import os
from datetime import date

import asyncpg
import pytest

from commonhall.reporting import measures, rolling
from commonhall.storage.migrations import migrate, migrations
from commonhall.storage.pool import TENANT, StorageUnavailable, Store, open_store
from tests.conftest import with_database
from tests.storage.test_plans import FILL, NOW
from tests.storage.town import fill_town


async def test_the_first_release_s_rows_are_all_there_afterwards(
    postgres_url: str, database_url: str
) -> None:
    name = f"{database_url.partition('?')[0].rsplit('/', 1)[-1]}_before"
    admin = await asyncpg.connect(postgres_url)
    await admin.execute(f'create database "{name}"')
    url = with_database(postgres_url, name)
    try:
        first = migrations()[0]
        earlier = await asyncpg.connect(url)
        await earlier.execute(first.sql)
        await earlier.execute(
            "create table migration (name text primary key, digest text, applied_at timestamptz default now())"
        )
        await earlier.execute("insert into migration values ($1, $2)", first.name, first.digest)
        await earlier.execute(FILL.replace("AT", f"timestamptz '{NOW.isoformat()}'"))
        await earlier.execute(
            """
            update measure set outcome = 'submitted', score = 4 where council = 'solihull' and measure = 1;
            insert into rating values ('solihull', 'R1', 4, '', timestamptz '2026-03-10 12:00Z');
            insert into case_update values ('solihull', 'R1', 2, 'fixed', 'done', now(), 'sandbox', 'u2');
            insert into case_update values ('solihull', 'R2', 2, 'open', 'we have it', now(), 'receipt/sandbox', '1')
            """
        )
        before = await earlier.fetchval("select count(*) from council_case")
        assert await migrate(url) == [step.name for step in migrations()[1:]]
        assert await earlier.fetchval("select count(*) from council_case") == before == 4000
        store = await open_store(url)
        for council in ("solihull", "c1"):
            assert await rolling.roll_up(store, council) == 2000
            assert await rolling.check(store, council) == []
        counted = await measures.by_service(store, "solihull", NOW.date(), NOW.date())
        assert (counted["missed-bin"].starts, counted["missed-bin"].sent) == (2000, 1)
        assert counted["missed-bin"].score_4 == 1
        everything = await measures.by_service(store, "solihull", NOW.date(), date(2100, 1, 1))
        assert (everything["missed-bin"].closed, everything["missed-bin"].fixed) == (1, 1)
        await store.close()
        rows = await earlier.fetch(
            "select reference, status from council_case where council = 'solihull' and reference in ('R1', 'R2')"
        )
        assert dict(rows) == {"R1": "fixed", "R2": "open"}
        await earlier.close()
    finally:
        await admin.execute(f'drop database "{name}" with (force)')
        await admin.close()


@pytest.mark.parametrize("made_by", ["itself", "an administrator"])
async def test_a_user_who_is_no_superuser_is_enough(postgres_url: str, made_by: str) -> None:
    """What most councils' database services give: an owner of one database who may make roles, or may not even that."""
    name = f"plain_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{made_by.rsplit(maxsplit=1)[-1]}"
    admin = await asyncpg.connect(postgres_url)
    may = "createrole" if made_by == "itself" else "nocreaterole"
    await admin.execute(f'drop database if exists "{name}" with (force)')
    await admin.execute(f'drop role if exists "{name}"')
    await admin.execute(f"create role \"{name}\" login password 'x' nosuperuser {may}")
    await admin.execute(f'create database "{name}" owner "{name}"')
    try:
        if made_by == "itself":
            # The roles are there already, made by other tests: whoever may give them away gives them.
            await admin.execute(f'grant commonhall_tenant, commonhall_operator to "{name}" with admin option')
        else:
            await admin.execute(f'grant commonhall_tenant, commonhall_operator to "{name}"')
        url = with_database(postgres_url, name).replace("postgresql://postgres@", f"postgresql://{name}:x@")
        assert await migrate(url) == [step.name for step in migrations()]
        opened = await open_store(url, size=2)
        assert await opened.durable.fetchval("select current_user where $1 <> ''", "solihull") == TENANT
        await fill_town(opened, "solihull", "ours", NOW)
        assert await opened.durable.fetch("select reference from council_case where $1 <> ''", "nobody") == []
        assert (
            len(await opened.durable.fetch("select reference from council_case where $1 <> ''", "solihull"))
            == 1
        )
        await opened.close()
    finally:
        await admin.execute(f'drop database "{name}" with (force)')
        await admin.execute(f'drop role "{name}"')
        await admin.close()


async def test_a_user_who_may_not_take_the_roles_is_told_what_to_ask_for(
    postgres_url: str, store: Store
) -> None:
    """`store` has made the roles already, in another database of the same server."""
    name = f"bare_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    admin = await asyncpg.connect(postgres_url)
    await admin.execute(f'drop database if exists "{name}" with (force)')
    await admin.execute(f'drop role if exists "{name}"')
    await admin.execute(f"create role \"{name}\" login password 'x' nosuperuser nocreaterole")
    await admin.execute(f'create database "{name}" owner "{name}"')
    url = with_database(postgres_url, name).replace("postgresql://postgres@", f"postgresql://{name}:x@")
    try:
        await migrate(url)
        with pytest.raises(StorageUnavailable, match="grant commonhall_tenant, commonhall_operator to"):
            await open_store(url, size=2)
    finally:
        await admin.execute(f'drop database "{name}" with (force)')
        await admin.execute(f'drop role "{name}"')
        await admin.close()
