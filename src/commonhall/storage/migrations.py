"""Bring a database to this release's schema: plain SQL files, in order, forward only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import Any

import asyncpg

from commonhall.storage.pool import MAKE_ROLES, StorageUnavailable, open_owner
from commonhall.storage.queries.migrations import (
    ADD_MIGRATION,
    LIST_MIGRATIONS,
    LOCK_MIGRATIONS,
    MAKE_MIGRATION_TABLE,
    TAKE_TIME,
)


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: its file name, its SQL, and the digest that shows that nobody changed it later."""

    name: str
    sql: str
    digest: str


def migrations() -> tuple[Migration, ...]:
    """Every step of this release, in order."""
    folder = resources.files("commonhall.storage") / "migrations"
    steps = sorted(
        (item for item in folder.iterdir() if item.name.endswith(".sql")), key=lambda item: item.name
    )
    texts = [(item.name, item.read_text("utf-8")) for item in steps]
    return tuple(Migration(name, sql, hashlib.sha256(sql.encode()).hexdigest()) for name, sql in texts)


async def migrate(url: str) -> list[str]:
    """Apply what is missing, all or nothing, and answer the names applied.

    Several processes may call this at once: they wait for one another. Raises `StorageUnavailable` where the
    database was made by a newer release or a step was changed after it was applied.
    """
    owner = await open_owner(url)
    try:
        async with owner.acquire() as connection, connection.transaction():
            return await _apply(connection)
    except asyncpg.InsufficientPrivilegeError as error:
        raise StorageUnavailable(
            f"the database's user may not make what this release needs ({error}): let its administrator run "
            f"`{MAKE_ROLES}` and this user's name"
        ) from error
    finally:
        await owner.close()


async def _apply(connection: Any) -> list[str]:
    await connection.execute(TAKE_TIME.sql)
    await connection.execute(LOCK_MIGRATIONS.sql)
    await connection.execute(MAKE_MIGRATION_TABLE.sql)
    done = {row["name"]: row["digest"] for row in await connection.fetch(LIST_MIGRATIONS.sql)}
    known = migrations()
    unknown = sorted(done.keys() - {step.name for step in known})
    if unknown:
        raise StorageUnavailable(
            f"the database is from a newer release ({unknown[-1]}): install that release"
        )
    applied = []
    for step in known:
        if step.name not in done:
            await connection.execute(step.sql)
            await connection.execute(ADD_MIGRATION.sql, step.name, step.digest)
            applied.append(step.name)
        elif done[step.name] != step.digest:
            raise StorageUnavailable(
                f"{step.name} differs from what this database was made with: restore the file"
            )
    return applied
