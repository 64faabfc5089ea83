"""Write a service: begin, change, throw away. Every change is one transaction with its entry in the audit trail."""

from __future__ import annotations

from collections.abc import Mapping

from commonhall.catalogue.drafts import Adopting, Stale
from commonhall.catalogue.editing.edit import free
from commonhall.engine.staff import Actor
from commonhall.storage import service_drafts as stored
from commonhall.storage.audit import NewEntry
from commonhall.storage.service_drafts import ServiceDraftRow

__all__ = [
    "ServiceDraftRow",
    "begin_service",
    "change_service",
    "drop_service",
    "list_services",
    "open_service",
]


async def list_services(adopting: Adopting, council: str) -> list[ServiceDraftRow]:
    """The services that a council is writing."""
    return await stored.list_service_drafts(adopting.store, council)


async def open_service(adopting: Adopting, council: str, draft: str) -> ServiceDraftRow | None:
    """One of them; None where there is none of that name."""
    return await stored.load_service_draft(adopting.store, council, draft)


async def begin_service(
    adopting: Adopting, council: str, name: str, files: Mapping[str, str], by: Actor, how: str
) -> str:
    """Keep the files of a service to be written; answers the name that it has here, with a number where it is taken."""
    taken = {row.draft for row in await stored.list_service_drafts(adopting.store, council)}
    while True:
        draft = free(name, taken)
        entry = _entry(adopting, by, "service_draft.begin", draft, {"how": how})
        if await stored.add_service_draft(adopting.store, council, draft, files, entry):
            return draft
        taken.add(draft)


async def change_service(
    adopting: Adopting,
    council: str,
    row: ServiceDraftRow,
    revision: int,
    files: Mapping[str, str],
    by: Actor,
    what: str,
) -> int:
    """Keep changed files; answers the new revision. Raises `Stale` where they were changed since they were read."""
    if dict(files) == dict(row.files) and revision == row.revision:
        return row.revision
    entry = _entry(adopting, by, "service_draft.change", row.draft, {"what": what})
    new = await stored.save_service_draft(adopting.store, council, row.draft, revision, files, entry)
    if new is None:
        raise Stale
    return new


async def drop_service(adopting: Adopting, council: str, draft: str, by: Actor) -> bool:
    """Throw it away; False where there is none of that name."""
    entry = _entry(adopting, by, "service_draft.discard", draft, {})
    return await stored.drop_service_draft(adopting.store, council, draft, entry)


def _entry(adopting: Adopting, by: Actor, action: str, draft: str, details: Mapping[str, str]) -> NewEntry:
    return NewEntry(adopting.clock(), by.person, by.name, action, draft, dict(details))
