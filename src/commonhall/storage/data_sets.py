"""Data sets on disk: where figures of councils are sent, and what proves who sends them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from commonhall.storage.audit import NewEntry, write_entry
from commonhall.storage.pool import Store, transaction
from commonhall.storage.queries import data_sets as q


@dataclass(frozen=True, slots=True)
class DataSetRow:
    """A data set; `tokens` are those that hold now, as [ending, made at, ends at], newest first, where they were asked for."""

    group: str
    type: str
    service: str | None
    lgsl: int | None
    raw: bool
    max_age: int
    added_at: datetime
    version: int
    records: int
    written_at: datetime | None
    tokens: Sequence[Sequence[Any]]


class SetFull(Exception):  # noqa: N818
    """A data set would have more records than one may have."""


async def owner_of_data_set(store: Store, group: str, kind: str) -> str | None:
    """Whose the data set at an address is."""
    found: str | None = await store.operator.fetchval(q.OWNER_OF_DATA_SET.sql, group, kind)
    return found


async def list_data_sets(store: Store, council: str, now: datetime) -> list[DataSetRow]:
    """A council's data sets, by address."""
    return [DataSetRow(*row) for row in await store.durable.fetch(q.LIST_DATA_SETS.sql, council, now)]


async def load_data_set(store: Store, council: str, group: str, kind: str) -> DataSetRow | None:
    """A data set, without its tokens."""
    row = await store.durable.fetchrow(q.LOAD_DATA_SET.sql, council, group, kind)
    return DataSetRow(*row) if row else None


async def add_data_set(
    store: Store,
    council: str,
    group: str,
    kind: str,
    service: str | None,
    lgsl: int | None,
    raw: bool,
    max_age: int,
    entry: NewEntry,
) -> bool:
    """Make a data set; False where there is one at its address."""
    async with transaction(store, council) as connection:
        added = await connection.fetchval(
            q.ADD_DATA_SET.sql, council, group, kind, service, lgsl, raw, max_age, entry.at
        )
        await _note(connection, council, entry, done=added is not None)
    return added is not None


async def change_data_set(
    store: Store,
    council: str,
    group: str,
    kind: str,
    raw: bool,
    max_age: int,
    entry: NewEntry,
) -> bool:
    """Change how a data set may be read; False where there is none."""
    async with transaction(store, council) as connection:
        done = await connection.fetchval(q.CHANGE_DATA_SET.sql, council, group, kind, raw, max_age)
        await _note(connection, council, entry, done=done is not None)
    return done is not None


async def remove_data_set(store: Store, council: str, group: str, kind: str, entry: NewEntry) -> int | None:
    """Remove a data set with its records; answers how many those were, None where there is no such set."""
    async with transaction(store, council) as connection:
        gone: int | None = await connection.fetchval(q.REMOVE_DATA_SET.sql, council, group, kind)
        await _note(connection, council, entry, done=gone is not None)
    return gone


async def add_token(
    store: Store,
    council: str,
    group: str,
    kind: str,
    digest: bytes,
    ending: str,
    other_ends: datetime,
    entry: NewEntry,
) -> bool:
    """Give a data set another token; the one before it ends at a time, older ones now. False where there is no such set."""
    async with transaction(store, council) as connection:
        await connection.execute(q.END_TOKENS.sql, council, group, kind, other_ends, entry.at)
        added = await connection.fetchval(q.ADD_TOKEN.sql, council, group, kind, digest, ending, entry.at)
        await _note(connection, council, entry, done=added is not None)
    return added is not None


async def token_holds(
    store: Store, council: str, group: str, kind: str, digest: bytes, now: datetime
) -> bool:
    """Whether this is a token of this data set, and holds now."""
    return bool(await store.durable.fetchval(q.TOKEN_HOLDS.sql, council, group, kind, digest, now))


async def keep_records(
    store: Store,
    council: str,
    group: str,
    kind: str,
    ids: Sequence[str],
    moments: Sequence[datetime | None],
    bodies: Sequence[str],
    most: int,
    now: datetime,
) -> int | None:
    """Keep records (bodies are JSON), all of them or none. No id may be given twice.

    Answers how many the set has then; None where there is no such set. Raises `SetFull` where they are more than `most`.
    """
    async with transaction(store, council) as connection:
        if await connection.fetchval(q.HOLD_DATA_SET.sql, council, group, kind) is None:
            return None
        new = await connection.fetchval(
            q.KEEP_RECORDS.sql, council, group, kind, list(ids), list(moments), list(bodies), now
        )
        whole = int(await connection.fetchval(q.COUNT_RECORDS.sql, council, group, kind, new, now))
        if whole > most:
            raise SetFull
    return whole


async def empty_data_set(store: Store, council: str, group: str, kind: str, now: datetime) -> bool:
    """Remove all records of a data set; False where there is no such set."""
    async with transaction(store, council) as connection:
        held = await connection.fetchval(q.HOLD_DATA_SET.sql, council, group, kind)
        if held is not None:
            await connection.execute(q.EMPTY_DATA_SET.sql, council, group, kind)
            await connection.execute(q.COUNT_RECORDS.sql, council, group, kind, -held, now)
    return held is not None


async def _note(connection: Any, council: str, entry: NewEntry, *, done: bool) -> None:
    """Into the trail; a council that has no site here has none."""
    if done and await connection.fetchval(q.HAS_SITE.sql, council):
        await write_entry(connection, council, entry)
