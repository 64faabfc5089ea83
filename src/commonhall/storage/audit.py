"""The audit trail on disk: append-only, also for the database's owner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from commonhall.storage.pool import Store
from commonhall.storage.queries import audit as q


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What somebody did, to what. `action` is a verb and its object (`case.assign`); no residents' data anywhere."""

    at: datetime
    person: str | None
    actor: str
    action: str
    subject: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry as stored; `entry` grows with every one."""

    entry: int
    at: datetime
    person: str | None
    actor: str
    action: str
    subject: str
    details: Mapping[str, Any]


async def write_entry(connection: Any, council: str, new: NewEntry) -> None:
    """Write one entry within the transaction of what it tells of (`pool.transaction`): both stand, or neither."""
    await connection.execute(
        q.ADD_ENTRY.sql, council, new.at, new.person, new.actor, new.action, new.subject, new.details
    )


async def list_entries(
    store: Store,
    council: str,
    *,
    before: int | None = None,
    person: str | None = None,
    action: str | None = None,
    most: int = 50,
) -> list[EntryRow]:
    """The latest entries first: those before an entry, of a person, or whose action begins with a word."""
    rows = await store.durable.fetch(q.LIST_ENTRIES.sql, council, before, person, action, most)
    return [EntryRow(*row) for row in rows]
