"""Queries of bringing the schema to this release."""

from __future__ import annotations

from commonhall.storage.queries import Query

TAKE_TIME = Query(
    "take_time",
    "A change of the schema, or the wait for another process's, may take longer than a page's query may.",
    "set local statement_timeout = 0",
)

LOCK_MIGRATIONS = Query(
    "lock_migrations",
    "Let one process at a time change the schema; the lock goes with the transaction.",
    "select pg_advisory_xact_lock(5240017)",
)

MAKE_MIGRATION_TABLE = Query(
    "make_migration_table",
    "Where the steps applied are written down.",
    """
    create table if not exists migration (
      name text primary key, digest text not null, applied_at timestamptz not null default now()
    )
    """,
)

LIST_MIGRATIONS = Query("list_migrations", "The steps applied.", "select name, digest from migration")

ADD_MIGRATION = Query(
    "add_migration", "Write down one step.", "insert into migration (name, digest) values ($1, $2)"
)
