"""Use cases of other systems that read and answer cases by a key. What a key does not open, it does not see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from commonhall.casework.cases import Taken
from commonhall.casework.desk import Desk
from commonhall.casework.reference import tidy_reference
from commonhall.engine.access import Caller, Scope
from commonhall.engine.back_office import CaseLocation, CaseStatus
from commonhall.engine.fields.base import clean_lines
from commonhall.engine.package import Adopted
from commonhall.storage import cases as case_store
from commonhall.storage import exchange as stored
from commonhall.storage.exchange import HappenedRow, Span

__all__ = [
    "Exchanged",
    "HappenedRow",
    "NotAllowed",
    "Span",
    "case_by_token",
    "exchanged",
    "happened",
    "may_use",
    "say",
]

LONGEST_NOTE = 4000
MOST = 1000
"""Cases or entries of one answer."""


class NotAllowed(Exception):  # noqa: N818
    """A key does not open this; the message says what it lacks."""


@dataclass(frozen=True, slots=True)
class Exchanged:
    """A case as another system sees it. Times are UTC."""

    reference: str
    service: str
    adopted: Adopted
    status: CaseStatus
    summary: str
    location: CaseLocation
    channel: str
    submitted_at: datetime
    target_on: date | None
    updated_at: datetime
    note: str


async def exchanged(desk: Desk, caller: Caller, span: Span, most: int = MOST) -> list[Exchanged]:
    """The cases that a key opens, newest first. Raises `NotAllowed`."""
    services = _services(caller, Scope.READ, span.services)
    references = None
    if span.references is not None:
        tidied = [tidy_reference(one) for one in span.references]
        references = [one for one in tidied if one is not None]
    wanted = replace(span, references=references, services=services)
    rows = await stored.exchange_cases(desk.store, caller.council, wanted, most)
    return [
        Exchanged(
            row.reference,
            row.service,
            await desk.services.get(caller.council, row.digest),
            CaseStatus(row.status),
            row.summary,
            CaseLocation(**row.location),
            row.channel,
            row.submitted_at,
            row.target_on,
            row.updated_at,
            row.note,
        )
        for row in rows
    ]


async def happened(desk: Desk, caller: Caller, first: datetime, last: datetime) -> list[HappenedRow]:
    """What happened to the cases that a key opens, oldest first. Raises `NotAllowed`."""
    services = _services(caller, Scope.READ, None)
    return await stored.exchange_updates(desk.store, caller.council, services, first, last, MOST)


async def case_by_token(desk: Desk, caller: Caller, token: str) -> str | None:
    """The reference of the case that was handed in under a token. Raises `NotAllowed`."""
    found = await stored.case_of_journey(desk.store, caller.council, token)
    if found is None or not _open(caller, found[1]):
        return None
    return found[0]


def _open(caller: Caller, service: str) -> bool:
    return caller.services is None or service in caller.services


async def say(
    desk: Desk,
    caller: Caller,
    reference: str,
    *,
    status: CaseStatus,
    note: str,
    at: datetime | None,
    update_id: str | None,
) -> Taken:
    """Add an entry to a case's history; the same `update_id` of the same system is one entry. Raises `NotAllowed`."""
    if Scope.WORK not in caller.may:
        raise NotAllowed("this key may not answer cases: it lacks the scope 'work'")
    tidy = tidy_reference(reference)
    service = await stored.service_of_case(desk.store, caller.council, tidy) if tidy else None
    if tidy is None or service is None or not _open(caller, service):
        return Taken(0, 0, (reference,))
    now = desk.clock()
    new = case_store.NewUpdate(
        status.value,
        clean_lines(note)[:LONGEST_NOTE],
        min(at, now) if at else now,
        f"system/{caller.system}",
        update_id or desk.chance.token(),
    )
    added = await case_store.add_update(desk.store, caller.council, tidy, new)
    return Taken(int(added), int(not added), ())


def may_use(caller: Caller | None, scope: Scope, service: str | None = None) -> Caller:
    """The caller, if its key opens this. Raises `NotAllowed`."""
    if caller is None:
        raise NotAllowed("a key is needed here: give the api_key that the council made for your system")
    if scope not in caller.may:
        raise NotAllowed(f"this key lacks the scope '{scope}'")
    if service is not None and not _open(caller, service):
        raise NotAllowed(f"this key does not open the service '{service}'")
    return caller


def _services(caller: Caller, scope: Scope, wanted: Sequence[str] | None) -> list[str] | None:
    may_use(caller, scope)
    if caller.services is None:
        return list(wanted) if wanted is not None else None
    return sorted(caller.services if wanted is None else caller.services.intersection(wanted))
