"""From an earlier release's database, with rows in it, to this one's."""

from __future__ import annotations

import asyncpg

from commonhall.storage.migrations import migrate, migrations
from tests.conftest import with_database
from tests.storage.test_plans import FILL, NOW


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
            insert into case_update values ('solihull', 'R1', 2, 'fixed', 'done', now(), 'sandbox', 'u2');
            insert into case_update values ('solihull', 'R2', 2, 'open', 'we have it', now(), 'receipt/sandbox', '1')
            """
        )
        before = await earlier.fetchval("select count(*) from council_case")
        assert await migrate(url) == [step.name for step in migrations()[1:]]
        assert await earlier.fetchval("select count(*) from council_case") == before == 4000
        rows = await earlier.fetch(
            "select reference, status from council_case where council = 'solihull' and reference in ('R1', 'R2')"
        )
        assert dict(rows) == {"R1": "fixed", "R2": "open"}
        await earlier.close()
    finally:
        await admin.execute(f'drop database "{name}" with (force)')
        await admin.close()
