"""Systems that use a council's interfaces, on disk. Keys are kept as digests only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from commonhall.storage.audit import NewEntry, write_entry
from commonhall.storage.pool import Store, transaction
from commonhall.storage.queries import systems as q


@dataclass(frozen=True, slots=True)
class SystemRow:
    """A system that is let in; `keys` are those that hold now, as [ending, made at, ends at], newest first."""

    system: str
    name: str
    may: Sequence[str]
    services: Sequence[str] | None
    added_at: datetime
    seen_on: date | None
    keys: Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class FoundRow:
    """Whose key it is."""

    system: str
    name: str
    may: Sequence[str]
    services: Sequence[str] | None
    seen_on: date | None


async def list_systems(store: Store, council: str, now: datetime) -> list[SystemRow]:
    """The systems that a council lets in, by name."""
    return [SystemRow(*row) for row in await store.durable.fetch(q.LIST_SYSTEMS.sql, council, now)]


async def add_system(
    store: Store,
    council: str,
    system: str,
    name: str,
    may: Sequence[str],
    services: Sequence[str] | None,
    entry: NewEntry,
) -> bool:
    """Let a system in; False where one of this name is here, or was."""
    async with transaction(store, council) as connection:
        added = await connection.fetchval(
            q.ADD_SYSTEM.sql, council, system, name, list(may), services, entry.at
        )
        if added is not None:
            await write_entry(connection, council, entry)
    return added is not None


async def change_system(
    store: Store,
    council: str,
    system: str,
    name: str,
    may: Sequence[str],
    services: Sequence[str] | None,
    entry: NewEntry,
) -> bool:
    """Change what a system may do; False where it is not let in."""
    async with transaction(store, council) as connection:
        done = await connection.fetchval(q.CHANGE_SYSTEM.sql, council, system, name, list(may), services)
        if done is not None:
            await write_entry(connection, council, entry)
    return done is not None


async def add_key(
    store: Store, council: str, system: str, digest: bytes, ending: str, others_end: datetime, entry: NewEntry
) -> bool:
    """Give a system another key, and let those that it has end at a time; False where it is not let in."""
    async with transaction(store, council) as connection:
        await connection.execute(q.END_KEYS.sql, council, system, others_end)
        added = await connection.fetchval(q.ADD_KEY.sql, council, system, digest, ending, entry.at)
        if added is not None:
            await write_entry(connection, council, entry)
    return added is not None


async def remove_system(store: Store, council: str, system: str, entry: NewEntry) -> bool:
    """Let a system in no longer, from now on; False where it was not."""
    async with transaction(store, council) as connection:
        removed = await connection.fetchval(q.REMOVE_SYSTEM.sql, council, system, entry.at)
        if removed is not None:
            await connection.execute(q.END_KEYS.sql, council, system, entry.at)
            await write_entry(connection, council, entry)
    return removed is not None


async def find_system(store: Store, council: str, digest: bytes, now: datetime) -> FoundRow | None:
    """Whose key this is, if it holds now."""
    row = await store.durable.fetchrow(q.FIND_SYSTEM.sql, council, digest, now)
    return FoundRow(*row) if row else None


async def see_system(store: Store, council: str, system: str, day: date) -> None:
    """Remember the day on which a system was seen last."""
    await store.soft.execute(q.SEE_SYSTEM.sql, council, system, day)
