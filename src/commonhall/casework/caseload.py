"""Use cases of officers: find a case, read it, answer, assign, redact. Residents' data are seen and changed here only."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from commonhall.casework.deliveries import USUAL, Limits, replay
from commonhall.casework.desk import Desk
from commonhall.casework.reference import tidy_reference
from commonhall.casework.staff import entry_of
from commonhall.engine.back_office import CaseStatus
from commonhall.engine.fields.base import clean_lines
from commonhall.engine.staff import Actor
from commonhall.storage import caseload as stored
from commonhall.storage.caseload import HistoryRow, ListedRow, OnItsWayRow, ReadRow, Wanted

__all__ = [
    "CannotRedact",
    "CaseGone",
    "Listed",
    "ListedRow",
    "Wanted",
    "Whole",
    "answer",
    "assign",
    "find_cases",
    "open_case",
    "redact",
    "replay_case",
]

PAGE = 25
LONGEST_NOTE = 4000
READ_AGAIN = timedelta(hours=1)
"""How often reading the same case is written down anew."""
OPEN = tuple(status.value for status in CaseStatus if not status.is_final)
CLOSED = tuple(status.value for status in CaseStatus if status.is_final)
_WORD = re.compile(r"[\w@.+-]+")


class CaseGone(Exception):  # noqa: N818
    """There is no such case (any more)."""


class CannotRedact(Exception):  # noqa: N818
    """A case cannot be redacted now; the message says why."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A case with all that staff may see of it."""

    row: ReadRow
    history: tuple[HistoryRow, ...]
    deliveries: tuple[OnItsWayRow, ...]

    @property
    def status(self) -> CaseStatus:
        """Where it stands."""
        return CaseStatus(self.row.status)


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list; `more` is where the next one begins, if there is one."""

    rows: tuple[ListedRow, ...]
    more: tuple[datetime, str] | None


async def find_cases(desk: Desk, council: str, wanted: Wanted, search: str = "") -> Listed:
    """Cases, newest first. `search` is a reference, or words of names, addresses, postcodes and summaries: all of them
    must be there, each may be the beginning of a longer one."""
    reference = tidy_reference(search)
    if reference is not None:
        row = await stored.read_case(desk.store, council, reference)
        if row is not None:
            listed = ListedRow(
                row.reference, row.service, row.summary, row.status, row.channel, row.submitted_at, row.target_on,
                row.assigned_to, row.redacted_at, False,
            )  # fmt: skip
            return Listed((listed,), None)
    words = _WORD.findall(search)
    if search.strip() and not words:
        return Listed((), None)
    if words:
        # Each word is quoted, so that nothing in it is an operator.
        wanted = replace(wanted, words=" & ".join(f"'{word.lower()}':*" for word in words[:10]))
    rows = await stored.list_cases(desk.store, council, wanted, PAGE + 1)
    more = (rows[PAGE - 1].submitted_at, rows[PAGE - 1].reference) if len(rows) > PAGE else None
    return Listed(tuple(rows[:PAGE]), more)


async def open_case(desk: Desk, council: str, reference: str, by: Actor) -> Whole:
    """A case with everything; that it was read is in the audit trail, once an hour. Raises `CaseGone`."""
    row = await stored.read_case(desk.store, council, reference)
    if row is None:
        raise CaseGone
    now = desk.clock()
    await stored.note_read(
        desk.store, council, reference, now - READ_AGAIN, entry_of(desk, by, "case.read", reference)
    )
    history = await stored.whole_history(desk.store, council, reference)
    deliveries = await stored.case_deliveries(desk.store, council, reference)
    return Whole(row, tuple(history), tuple(deliveries))


async def assign(desk: Desk, council: str, reference: str, person: str | None, by: Actor) -> None:
    """Say who works on a case; None for nobody. Raises `CaseGone`."""
    entry = entry_of(desk, by, "case.assign", reference, {"to": person})
    if not await stored.assign_case(desk.store, council, reference, person, entry):
        raise CaseGone


async def answer(
    desk: Desk,
    council: str,
    reference: str,
    by: Actor,
    *,
    status: CaseStatus | None = None,
    note: str = "",
    internal: bool = False,
) -> None:
    """Change where a case stands, tell the resident something, or (`internal`) keep a note that only staff see.

    Raises `CaseGone`.
    """
    words = clean_lines(note)[:LONGEST_NOTE]
    new = stored.StaffUpdate(
        status.value if status and not internal else None,
        words,
        desk.clock(),
        desk.chance.token(),
        internal,
        by.person,
    )
    action = "case.note" if internal else "case.status" if status else "case.message"
    entry = entry_of(desk, by, action, reference, {"status": new.status} if new.status else {})
    if not await stored.add_staff_update(desk.store, council, reference, new, entry):
        raise CaseGone


async def replay_case(desk: Desk, council: str, reference: str, by: Actor, limits: Limits = USUAL) -> int:
    """Try a case's deliveries again now. Answers how many."""
    tried = await replay(desk, council, reference, limits)
    await stored.note_entry(
        desk.store, council, entry_of(desk, by, "case.replay", reference, {"tried": tried})
    )
    return tried


async def redact(desk: Desk, council: str, reference: str, reason: str, by: Actor) -> None:
    """Take everything out of a case by which a person could be known, for good. What is counted stays.

    `reason` must hold no personal data: it is kept. Raises `CannotRedact`.
    """
    row = await stored.read_case(desk.store, council, reference)
    if row is None:
        raise CannotRedact("there is no such case")
    adopted = await desk.services.get(council, row.digest)
    summary = adopted.texts.need("en", "name")
    entry = entry_of(desk, by, "case.redact", reference, {"reason": reason[:200]})
    done = await stored.redact_case(desk.store, council, reference, summary, desk.clock(), entry)
    if done == "waiting":
        raise CannotRedact(
            "it is still on its way to a back office: wait until it has arrived, or until it is given up"
        )
    if done == "gone":
        raise CannotRedact("it is redacted already")
