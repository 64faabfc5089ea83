"""Use cases of other systems that read and answer cases by a key. What a key does not open, it does not see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from commonhall.casework.attachments import files_of
from commonhall.casework.cases import Taken
from commonhall.casework.desk import Desk
from commonhall.casework.reference import tidy_reference
from commonhall.engine.access import Caller, Scope
from commonhall.engine.back_office import CaseLocation, CaseStatus
from commonhall.engine.fields.base import clean_lines
from commonhall.engine.package import Adopted
from commonhall.storage import cases as case_store
from commonhall.storage import exchange as stored
from commonhall.storage.attachments import AttachmentRow
from commonhall.storage.cases import Changed
from commonhall.storage.collecting import HeldRow, held_of
from commonhall.storage.exchange import HappenedRow, Place, RecordedRow, SaidRow, Span, WholeRow

__all__ = [
    "Changed",
    "Exchanged",
    "HappenedRow",
    "NotAllowed",
    "Place",
    "RecordedRow",
    "SaidRow",
    "Span",
    "Taken",
    "WholeCase",
    "case_by_token",
    "changed_since",
    "exchanged",
    "happened",
    "may_use",
    "said",
    "say",
    "tidied",
    "whole",
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


@dataclass(frozen=True, slots=True)
class WholeCase:
    """A case with everything that a system may read of it. `held` is its delivery, where this system comes for it."""

    row: WholeRow
    adopted: Adopted
    history: tuple[RecordedRow, ...]
    files: tuple[AttachmentRow, ...]
    held: HeldRow | None

    @property
    def last(self) -> int:
        """The number of the last entry that systems read: what an ETag begins with."""
        return max(one.sequence for one in self.history)


async def whole(desk: Desk, caller: Caller, references: Sequence[str]) -> list[WholeCase]:
    """Cases with everything, in the order asked; those that the key does not open are left out. Raises `NotAllowed`."""
    services = _services(caller, Scope.READ, None)
    wanted = list(dict.fromkeys(tidy for one in references if (tidy := tidy_reference(one))))
    council = caller.council
    rows = await stored.whole_cases(desk.store, council, wanted, services)
    histories = await stored.histories_of(desk.store, council, list(rows))
    files = await files_of(desk, council, list(rows))
    held = await held_of(desk.store, council, caller.system, list(rows))
    return [
        WholeCase(
            row,
            await desk.services.get(council, row.digest),
            tuple(histories[reference]),
            tuple(files.get(reference, ())),
            _held_now(held.get(reference), desk.clock()),
        )
        for reference in wanted
        if (row := rows.get(reference)) is not None and reference in histories
    ]


def _held_now(row: HeldRow | None, now: datetime) -> HeldRow | None:
    """A hold that has run out is none."""
    ran_out = row is not None and row.held_until is not None and row.held_until <= now
    return replace(row, held_by=None, held_until=None) if row is not None and ran_out else row


async def changed_since(
    desk: Desk,
    caller: Caller,
    after: Place,
    *,
    services: Sequence[str] | None = None,
    statuses: Sequence[str] | None = None,
    most: int = 100,
) -> tuple[list[WholeCase], Place]:
    """The cases that something was written of after a place, and the place to read on from.

    Whoever reads on from place to place misses nothing, and sees a case again whenever something is written of it.
    Raises `NotAllowed`.
    """
    wanted = _services(caller, Scope.READ, services)
    entries, place = await stored.recorded(desk.store, caller.council, wanted, after, statuses, most)
    return await whole(desk, caller, [one.reference for one in entries]), place


async def say(
    desk: Desk,
    caller: Caller,
    reference: str,
    *,
    status: CaseStatus | None,
    note: str,
    at: datetime | None,
    update_id: str | None,
    only_after: int | None = None,
    internal: bool = False,
) -> Taken:
    """Add an entry to a case's history; the same `update_id` of the same system is one entry. Raises `NotAllowed`.

    Without a status the case stays where it stands; an `internal` entry is for staff alone. With `only_after` the entry
    of that number must be the last one. Raises `Changed`.
    """
    if Scope.WORK not in caller.may:
        raise NotAllowed("this key may not answer cases: it lacks the scope 'work'")
    tidy = tidy_reference(reference)
    known = await stored.what_case(desk.store, caller.council, tidy) if tidy else None
    if tidy is None or known is None or not _open(caller, known[0]):
        return Taken(0, 0, (reference,))
    now = desk.clock()
    new = case_store.NewUpdate(
        status.value if status else None,
        tidied(note),
        # Nothing happens to a case before it is there, nor later than now.
        min(max(at, known[1]), now) if at else now,
        f"system/{caller.system}",
        update_id or desk.chance.token(),
        internal,
    )
    added = await case_store.add_update(desk.store, caller.council, tidy, new, only_after=only_after)
    return Taken(int(added), int(not added), ())


def tidied(note: str) -> str:
    """What is kept of a note."""
    return clean_lines(note)[:LONGEST_NOTE]


async def said(desk: Desk, caller: Caller, reference: str, update_id: str) -> SaidRow | None:
    """What a system has said under an id of its own before."""
    return await stored.said_before(
        desk.store, caller.council, reference, f"system/{caller.system}", update_id
    )


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
