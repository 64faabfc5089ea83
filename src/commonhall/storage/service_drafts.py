"""Services being written, on disk: their files, as a maintainer would keep them in git."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from commonhall.storage.audit import NewEntry, write_entry
from commonhall.storage.pool import Store, transaction
from commonhall.storage.queries import service_drafts as q


@dataclass(frozen=True, slots=True)
class ServiceDraftRow:
    """A service being written: files by name, and who changed them last; `revision` grows with every change."""

    draft: str
    files: Mapping[str, str]
    revision: int
    updated_at: datetime
    updated_by: str


async def list_service_drafts(store: Store, council: str) -> list[ServiceDraftRow]:
    """The services that a council is writing."""
    rows = await store.durable.fetch(q.LIST_SERVICE_DRAFTS.sql, council)
    return [ServiceDraftRow(*row) for row in rows]


async def load_service_draft(store: Store, council: str, draft: str) -> ServiceDraftRow | None:
    """One of them; None where there is none of that name."""
    row = await store.durable.fetchrow(q.LOAD_SERVICE_DRAFT.sql, council, draft)
    return ServiceDraftRow(*row) if row else None


async def add_service_draft(
    store: Store, council: str, draft: str, files: Mapping[str, str], entry: NewEntry
) -> bool:
    """Begin to write a service; False where one of that name is being written."""
    async with transaction(store, council) as connection:
        done: str = await connection.execute(
            q.ADD_SERVICE_DRAFT.sql, council, draft, files, entry.at, entry.actor
        )
        added = done.endswith(" 1")
        if added:
            await write_entry(connection, council, entry)
    return added


async def save_service_draft(
    store: Store, council: str, draft: str, revision: int, files: Mapping[str, str], entry: NewEntry
) -> int | None:
    """Keep changed files; answers the new revision, or None where somebody else was quicker."""
    async with transaction(store, council) as connection:
        new: int | None = await connection.fetchval(
            q.SAVE_SERVICE_DRAFT.sql, council, draft, revision, files, entry.at, entry.actor
        )
        if new is not None:
            await write_entry(connection, council, entry)
    return new


async def drop_service_draft(store: Store, council: str, draft: str, entry: NewEntry) -> bool:
    """Throw a service that is being written away; False where there is none of that name."""
    async with transaction(store, council) as connection:
        gone = await connection.fetchval(q.DROP_SERVICE_DRAFT.sql, council, draft)
        if gone is not None:
            await write_entry(connection, council, entry)
    return gone is not None
