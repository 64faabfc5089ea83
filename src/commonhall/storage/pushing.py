"""Systems that are told what happens to cases, on disk: a place in the order of writing for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from commonhall.storage.audit import NewEntry, write_entry
from commonhall.storage.exchange import Place
from commonhall.storage.pool import Store, transaction
from commonhall.storage.queries import pushing as q


@dataclass(frozen=True, slots=True)
class PushRow:
    """Where a system is told, with what (sealed), what it may know, and how far that went."""

    system: str
    url: str
    secrets: bytes | None
    may: Sequence[str]
    services: Sequence[str] | None
    told_at: datetime
    told_reference: str
    told_sequence: int
    attempts: int
    next_at: datetime
    last_error: str | None
    refused: int

    @property
    def place(self) -> Place:
        """The last entry that it was told."""
        return Place(self.told_at, self.told_reference, self.told_sequence)


@dataclass(frozen=True, slots=True)
class RefusedPush:
    """An entry that a system said no to."""

    reference: str
    sequence: int
    reason: str
    at: datetime


async def due_pushes(store: Store, now: datetime, lost_before: datetime) -> list[tuple[str, str]]:
    """(council, system) of those that may be told something now; claims older than `lost_before` count as lost."""
    return [(row[0], row[1]) for row in await store.operator.fetch(q.DUE_PUSHES.sql, now, lost_before)]


async def list_pushes(store: Store, council: str) -> list[PushRow]:
    """Where a council's systems are told, by their names."""
    return [PushRow(*row) for row in await store.durable.fetch(q.LIST_PUSHES.sql, council)]


async def set_push(
    store: Store, council: str, system: str, url: str, secrets: bytes | None, now: datetime, entry: NewEntry
) -> bool:
    """Say where a system is told; without secrets those that it has stay. False where it is not let in."""
    async with transaction(store, council) as connection:
        done = await connection.fetchval(q.SET_PUSH.sql, council, system, url, secrets, now)
        if done is not None:
            await write_entry(connection, council, entry)
    return done is not None


async def drop_push(store: Store, council: str, system: str, entry: NewEntry) -> bool:
    """Tell a system nothing any more; False where it was told nothing."""
    async with transaction(store, council) as connection:
        done = await connection.fetchval(q.DROP_PUSH.sql, council, system)
        if done is not None:
            await write_entry(connection, council, entry)
    return done is not None


async def claim_push(store: Store, council: str, system: str, now: datetime, lost_before: datetime) -> bool:
    """Hold a system's telling for the length of a lease; False where another worker has it, or it is to wait."""
    done = await store.durable.fetchval(q.CLAIM_PUSH.sql, council, system, now, lost_before)
    return done is not None


async def advance_push(store: Store, council: str, system: str, place: Place, *, done: bool) -> None:
    """Write down how far it was told; with `done` the claim ends."""
    await store.durable.execute(
        q.ADVANCE_PUSH.sql, council, system, place.recorded_at, place.reference, place.sequence, done
    )


async def postpone_push(store: Store, council: str, system: str, next_at: datetime, error: str) -> None:
    """Write down that it could not be told."""
    await store.durable.execute(q.POSTPONE_PUSH.sql, council, system, next_at, error)


async def refuse_push(
    store: Store, council: str, system: str, reference: str, sequence: int, reason: str, now: datetime
) -> None:
    """Keep an entry that it said no to."""
    await store.durable.execute(q.REFUSE_PUSH.sql, council, system, reference, sequence, reason, now)


async def list_refused_pushes(
    store: Store, council: str, system: str, *, again: bool, most: int
) -> list[RefusedPush]:
    """What a system said no to, oldest first; with `again` only what it is to be told once more."""
    rows = await store.durable.fetch(q.LIST_REFUSED_PUSHES.sql, council, system, again, most)
    return [RefusedPush(*row) for row in rows]


async def tell_again(store: Store, council: str, system: str, entry: NewEntry) -> int:
    """Tell it once more what it said no to. Answers how many entries."""
    async with transaction(store, council) as connection:
        rows = await connection.fetch(q.TELL_AGAIN.sql, council, system)
        await write_entry(connection, council, entry)
    return len(rows)


async def told_after_all(store: Store, council: str, system: str, reference: str, sequence: int) -> None:
    """It took what it had said no to."""
    await store.durable.execute(q.TOLD_AFTER_ALL.sql, council, system, reference, sequence)
