"""Adoption on disk: choices in work, and what a council runs, has staged, paused, or can go back to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from commonhall.storage.audit import NewEntry, write_entry
from commonhall.storage.councils import NewAdoption
from commonhall.storage.pool import Store, transaction
from commonhall.storage.queries import Query
from commonhall.storage.queries import drafts as q
from commonhall.storage.queries.councils import ADD_ADOPTED, ADD_PACKAGE, TOUCH_COUNCIL


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version of a service that this installation knows; `catalogue` is '' for the folder beside it."""

    service: str
    version: str
    package: str
    catalogue: str
    changelog: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class DraftRow:
    """Choices in work. `base` is the digest that runs now, None for a first adoption; `revision` grows."""

    service: str
    package: str
    base: str | None
    choices: Mapping[str, Any]
    settled: Mapping[str, Any]
    revision: int
    updated_at: datetime
    updated_by: str


@dataclass(frozen=True, slots=True)
class StateRow:
    """A service that a council has adopted: live, paused or retired."""

    service: str
    digest: str
    version: str
    position: int
    state: str
    featured: bool
    take_patches: bool
    before: str | None
    staged: str | None
    staged_version: str | None
    version_before: str | None
    changed_at: datetime | None


async def list_versions(store: Store) -> list[VersionRow]:
    """Every version of every service that this installation knows."""
    return [VersionRow(*row) for row in await store.operator.fetch(q.LIST_VERSIONS.sql)]


async def add_version(store: Store, new: VersionRow, files: Mapping[str, str]) -> bool:
    """Know a version, with its files; False where the number is known already (whatever its content)."""
    async with store.operator.acquire() as connection, connection.transaction():
        await connection.execute(
            ADD_PACKAGE.sql, new.package, new.service, new.version, files, new.published_at
        )
        done: str = await connection.execute(
            q.ADD_VERSION.sql,
            new.service,
            new.version,
            new.package,
            new.catalogue,
            new.changelog,
            new.published_at,
        )
    return done.endswith(" 1")


async def load_draft(store: Store, council: str, service: str) -> DraftRow | None:
    """A draft, if somebody has begun one."""
    row = await store.durable.fetchrow(q.LOAD_DRAFT.sql, council, service)
    return DraftRow(*row) if row else None


async def list_drafts(store: Store, council: str) -> list[DraftRow]:
    """What a council is working on."""
    return [DraftRow(*row) for row in await store.durable.fetch(q.LIST_DRAFTS.sql, council)]


async def begin_draft(
    store: Store,
    council: str,
    service: str,
    package: str,
    base: str | None,
    choices: Mapping[str, Any],
    entry: NewEntry,
) -> None:
    """Begin to work on a service; where somebody has, theirs stays."""
    async with transaction(store, council) as connection:
        done: str = await connection.execute(
            q.BEGIN_DRAFT.sql, council, service, package, base, choices, entry.at, entry.actor
        )
        if done.endswith(" 1"):
            await write_entry(connection, council, entry)


async def save_draft(
    store: Store,
    council: str,
    service: str,
    revision: int,
    choices: Mapping[str, Any],
    settled: Mapping[str, Any],
    entry: NewEntry,
) -> int | None:
    """Keep changed choices; answers the new revision, or None where somebody else was quicker."""
    async with transaction(store, council) as connection:
        new: int | None = await connection.fetchval(
            q.SAVE_DRAFT.sql, council, service, revision, choices, settled, entry.at, entry.actor
        )
        if new is not None:
            await write_entry(connection, council, entry)
    return new


async def drop_draft(store: Store, council: str, service: str, entry: NewEntry) -> bool:
    """Throw a draft away; False where there is none."""
    async with transaction(store, council) as connection:
        gone = await connection.fetchval(q.DROP_DRAFT.sql, council, service, None)
        if gone is not None:
            await write_entry(connection, council, entry)
    return gone is not None


async def list_states(store: Store, council: str) -> list[StateRow]:
    """Every service that a council has adopted, in its order."""
    return [StateRow(*row) for row in await store.durable.fetch(q.LIST_STATES.sql, council)]


async def _keep(connection: Any, council: str, new: NewAdoption, now: datetime) -> None:
    row = new.row
    await connection.execute(ADD_PACKAGE.sql, row.package, row.service, row.version, new.files, now)
    await connection.execute(
        ADD_ADOPTED.sql,
        council,
        row.digest,
        row.service,
        row.version,
        row.package,
        row.choices,
        row.nation,
        list(row.languages),
        now,
    )


async def go_live(store: Store, council: str, new: NewAdoption, revision: int, entry: NewEntry) -> bool:
    """Run this from now on, and be done with the draft; False where the draft is not that revision any more."""
    async with transaction(store, council) as connection:
        if await connection.fetchval(q.DROP_DRAFT.sql, council, new.row.service, revision) is None:
            return False
        await _keep(connection, council, new, entry.at)
        await connection.execute(
            q.GO_LIVE.sql, council, new.row.service, new.row.digest, new.connector, entry.at
        )
        await connection.execute(TOUCH_COUNCIL.sql, council)
        await write_entry(connection, council, entry)
    return True


async def stage(store: Store, council: str, new: NewAdoption, revision: int, entry: NewEntry) -> bool:
    """Have this ready to be activated; False where the draft is not that revision, or nothing runs yet."""
    async with transaction(store, council) as connection:
        draft = await connection.fetchrow(q.LOAD_DRAFT.sql, council, new.row.service)
        if draft is None or draft["revision"] != revision:
            return False
        await _keep(connection, council, new, entry.at)
        done = await connection.fetchval(q.STAGE.sql, council, new.row.service, new.row.digest, entry.at)
        if done is None:
            return False
        await connection.fetchval(q.DROP_DRAFT.sql, council, new.row.service, revision)
        await write_entry(connection, council, entry)
    return True


async def _change(
    store: Store, council: str, query: Query, entry: NewEntry, service: str, *values: Any
) -> bool:
    async with transaction(store, council) as connection:
        done = await connection.fetchval(query.sql, council, service, *values)
        if done is not None:
            await connection.execute(TOUCH_COUNCIL.sql, council)
            await write_entry(connection, council, entry)
    return done is not None


async def activate(store: Store, council: str, service: str, digest: str, entry: NewEntry) -> bool:
    """Run what was staged; False where something else is staged, or nothing."""
    return await _change(store, council, q.ACTIVATE, entry, service, digest, entry.at)


async def roll_back(store: Store, council: str, service: str, digest: str, entry: NewEntry) -> bool:
    """Run again what ran before; False where that was something else."""
    return await _change(store, council, q.ROLL_BACK, entry, service, digest, entry.at)


async def set_state(store: Store, council: str, service: str, state: str, entry: NewEntry) -> bool:
    """Make a service `live`, `paused` or `retired`; False where it is that already."""
    return await _change(store, council, q.SET_STATE, entry, service, state, entry.at)


async def set_featured(store: Store, council: str, service: str, featured: bool, entry: NewEntry) -> bool:
    """Show a service first, or no longer."""
    return await _change(store, council, q.SET_FEATURED, entry, service, featured)


async def set_take_patches(store: Store, council: str, service: str, take: bool, entry: NewEntry) -> bool:
    """Let patch releases be taken by themselves, or no longer."""
    return await _change(store, council, q.SET_TAKE_PATCHES, entry, service, take)


async def set_places(store: Store, council: str, services: Sequence[str], entry: NewEntry) -> None:
    """Put a council's services in this order."""
    async with transaction(store, council) as connection:
        await connection.execute(q.SET_PLACES.sql, council, list(services))
        await connection.execute(TOUCH_COUNCIL.sql, council)
        await write_entry(connection, council, entry)
