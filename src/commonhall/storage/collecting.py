"""Deliveries that a system comes for: held, taken, refused, let go."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from commonhall.storage.pool import Store, transaction
from commonhall.storage.queries import collecting as q


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A case's delivery to one system, and who holds it."""

    connector: str
    sequence: int
    held_by: str | None
    held_until: datetime | None
    delivered_at: datetime | None
    failed_at: datetime | None
    external_id: str | None


@dataclass(frozen=True, slots=True)
class Collecting:
    """One case's delivery, locked for as long as the block runs."""

    connection: Any
    council: str
    reference: str
    row: HeldRow

    @property
    def _key(self) -> tuple[str, str, str, int]:
        return self.council, self.reference, self.row.connector, self.row.sequence

    async def hold(self, system: str, until: datetime, now: datetime) -> None:
        """Let a system hold it."""
        await self.connection.execute(q.HOLD.sql, *self._key, system, until, now)

    async def let_go(self) -> None:
        """Let it wait again."""
        await self.connection.execute(q.LET_GO.sql, *self._key)

    async def collected(self, now: datetime, external_id: str | None) -> None:
        """Write down that the back office has it."""
        await self.connection.execute(q.COLLECTED.sql, *self._key, now, external_id)

    async def refused(self, now: datetime, reason: str) -> None:
        """Write down that it needs a person."""
        await self.connection.execute(q.NOT_COLLECTED.sql, *self._key, now, reason)


@asynccontextmanager
async def collecting(
    store: Store, council: str, system: str, reference: str
) -> AsyncIterator[Collecting | None]:
    """The delivery of a case that is a system's to take; None where there is none. What the block does is one commit."""
    async with transaction(store, council) as connection:
        row = await connection.fetchrow(q.HELD.sql, council, system, reference)
        yield Collecting(connection, council, reference, HeldRow(*row)) if row else None


async def waiting_for(store: Store, council: str, system: str, now: datetime, most: int) -> list[str]:
    """References of the cases that wait for a system, oldest first."""
    return [row[0] for row in await store.durable.fetch(q.WAITING_FOR.sql, council, system, now, most)]


async def held_of(store: Store, council: str, system: str, references: Sequence[str]) -> dict[str, HeldRow]:
    """The deliveries of cases that are a system's to take, by reference; of several, the one that still waits."""
    rows = await store.durable.fetch(q.HELD_OF.sql, council, system, list(references))
    return {row[0]: HeldRow(*row[1:]) for row in rows}
