"""Use cases of a back office that comes for its cases, by its key: what waits, hold it, say that it is taken, or why not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from commonhall.casework.cases import note_receipt, take_early_updates
from commonhall.casework.desk import Desk
from commonhall.casework.exchange import NotAllowed, may_use
from commonhall.casework.reference import tidy_reference
from commonhall.engine.access import Caller, Scope
from commonhall.engine.fields.base import clean_lines
from commonhall.storage import collecting as stored
from commonhall.storage.collecting import Collecting
from commonhall.storage.exchange import what_case

LONGEST_HOLD = 3600
USUAL_HOLD = 300
"""Seconds that a system may take to make a job of a case before it waits for everybody again."""
LONGEST_ID = 200
LONGEST_REASON = 1000


class NotThere(Exception):  # noqa: N818
    """There is no such case, or the key does not open it."""


class NotWaiting(Exception):  # noqa: N818
    """The case does not wait for this system; the message says why."""


class HeldByAnother(Exception):  # noqa: N818
    """Another system holds it, until a moment."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"another system holds it until {until:%H:%M:%S}")
        self.until = until


async def waiting(desk: Desk, caller: Caller, most: int) -> list[str]:
    """References of the cases that wait for a system, oldest first. Raises `NotAllowed`."""
    may_use(caller, Scope.READ)
    may_use(caller, Scope.WORK)
    return await stored.waiting_for(desk.store, caller.council, caller.system, desk.clock(), most)


async def hold(desk: Desk, caller: Caller, reference: str, seconds: int = USUAL_HOLD) -> datetime:
    """Let a system hold a case while it takes it; again makes it longer. Answers until when.

    Raises `NotAllowed`, `NotThere`, `NotWaiting`, `HeldByAnother`.
    """
    async with _its_delivery(desk, caller, reference) as found:
        if found.row.delivered_at is not None:
            raise NotWaiting("it was taken already")
        now = desk.clock()
        until = now + timedelta(seconds=max(1, min(seconds, LONGEST_HOLD)))
        await found.hold(caller.system, until, now)
    return until


async def let_go(desk: Desk, caller: Caller, reference: str) -> None:
    """Let a case wait again. Raises as `hold`."""
    async with _its_delivery(desk, caller, reference) as found:
        if found.row.delivered_at is None:
            await found.let_go()


async def acknowledge(
    desk: Desk, caller: Caller, reference: str, external_id: str | None, note: str = ""
) -> bool:
    """Write down that a system has a case, under its own number; False where it had said so. Raises as `hold`.

    A hold that has run out is no matter, as long as nobody else has begun to take it.
    """
    external_id = (external_id or "").strip()[:LONGEST_ID] or None
    async with _its_delivery(desk, caller, reference) as found:
        if found.row.delivered_at is not None:
            if found.row.external_id != external_id:
                raise NotWaiting(
                    f"it was taken already, as {found.row.external_id or 'a case without a number'}"
                )
            return False
        await found.collected(desk.clock(), external_id)
    row = found.row
    await note_receipt(desk, caller.council, found.reference, row.connector, row.sequence, note)
    if external_id:
        await take_early_updates(desk, caller.council, row.connector, external_id)
    return True


async def refuse(desk: Desk, caller: Caller, reference: str, reason: str) -> None:
    """Write down why a system does not take a case: it needs a person, who may let it wait again. Raises as `hold`."""
    words = clean_lines(reason)[:LONGEST_REASON]
    async with _its_delivery(desk, caller, reference) as found:
        if found.row.delivered_at is not None:
            raise NotWaiting("it was taken already")
        await found.refused(desk.clock(), words or "the system did not say why")


@asynccontextmanager
async def _its_delivery(desk: Desk, caller: Caller, reference: str) -> AsyncIterator[Collecting]:
    may_use(caller, Scope.WORK)
    tidy = tidy_reference(reference)
    known = await what_case(desk.store, caller.council, tidy) if tidy else None
    if tidy is None or known is None or not caller.allows(Scope.WORK, known[0]):
        raise NotThere
    async with stored.collecting(desk.store, caller.council, caller.system, tidy) as found:
        if found is None:
            raise NotWaiting("the council sends it to no connector of the kind 'pull' that is this system's")
        row, now = found.row, desk.clock()
        held = row.held_until is not None and row.held_until > now
        if held and row.held_until and row.held_by != caller.system:
            raise HeldByAnother(row.held_until)
        yield found


__all__ = [
    "HeldByAnother",
    "NotAllowed",
    "NotThere",
    "NotWaiting",
    "acknowledge",
    "hold",
    "let_go",
    "refuse",
    "waiting",
]
