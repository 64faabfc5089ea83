"""Use cases of systems that are told what happens to cases.

A system has a place in the order in which entries of histories were written. What comes after it is told in that order,
so of each case in its own; a submission writes nothing for it. Where the system cannot be reached its place stays, and
it is tried again with growing waits, for ever; what it says no to is kept for staff to see, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from commonhall.casework.deliveries import USUAL, Limits, wait_after
from commonhall.casework.desk import Desk
from commonhall.casework.exchange import WholeCase, whole
from commonhall.casework.staff import entry_of
from commonhall.engine.access import Caller, Scope
from commonhall.engine.back_office import DeliveryFailed
from commonhall.engine.staff import Actor
from commonhall.storage import pushing as stored
from commonhall.storage.exchange import Place, RecordedRow, recorded
from commonhall.storage.pushing import PushRow, RefusedPush

AT_ONCE = 50
"""Entries of one round."""
KEEP_PLACE_EVERY = timedelta(minutes=10)
"""How far nothing happens before that is written down: from there on it need not be read again."""
MOST_REFUSED = 100

Tell = Callable[[PushRow, RecordedRow, WholeCase], Awaitable[None]]
"""Tell a system of one entry of a case. Raises `DeliveryFailed`."""


@dataclass(frozen=True, slots=True)
class Pushing:
    """How a system is told, for those who look after it."""

    row: PushRow
    refused: tuple[RefusedPush, ...]


async def due(desk: Desk, limits: Limits = USUAL) -> list[tuple[str, str]]:
    """(council, system) of those that may be told something now."""
    now = desk.clock()
    return await stored.due_pushes(desk.store, now, limits.lost_before(now))


async def push(desk: Desk, council: str, system: str, tell: Tell, limits: Limits = USUAL) -> int:
    """Tell a system what it does not know yet, some entries at most. Answers how many it was told."""
    row = next((one for one in await stored.list_pushes(desk.store, council) if one.system == system), None)
    if row is None or Scope.READ not in row.may or row.secrets is None:
        return 0
    again = await stored.list_refused_pushes(desk.store, council, system, again=True, most=AT_ONCE)
    entries, place = await recorded(desk.store, council, row.services, row.place, None, AT_ONCE)
    if not entries and not again:
        if place.recorded_at - row.told_at > KEEP_PLACE_EVERY and not row.attempts:
            await stored.advance_push(desk.store, council, system, place, done=False)
        return 0
    now = desk.clock()
    if not await stored.claim_push(desk.store, council, system, now, limits.lost_before(now)):
        return 0
    return await _Round(desk, council, row, tell).run(again, entries, place)


@dataclass(frozen=True, slots=True)
class _Round:
    desk: Desk
    council: str
    row: PushRow
    tell: Tell

    async def run(self, again: list[RefusedPush], entries: list[RecordedRow], place: Place) -> int:
        told = 0
        wanted = [*(one.reference for one in again), *(one.reference for one in entries)]
        services = frozenset(self.row.services) if self.row.services is not None else None
        caller = Caller(self.council, self.row.system, self.row.system, frozenset({Scope.READ}), services)
        cases = {one.row.reference: one for one in await whole(self.desk, caller, wanted)}
        try:
            for refused in again:
                told += await self._again(refused, cases.get(refused.reference))
            for entry in entries:
                case = cases.get(entry.reference)
                # What the system said itself is no news to it.
                if case is not None and entry.source != f"system/{self.row.system}":
                    told += await self._one(entry, case)
                await self._advance(entry.place, done=False)
        except DeliveryFailed as failure:
            await self._postpone(failure)
            return told
        await self._advance(place, done=True)
        return told

    async def _one(self, entry: RecordedRow, case: WholeCase) -> bool:
        try:
            await self.tell(self.row, entry, case)
        except DeliveryFailed as failure:
            if not failure.permanent:
                raise
            await stored.refuse_push(
                self.desk.store, self.council, self.row.system, entry.reference, entry.sequence,
                failure.reason[:1000], self.desk.clock(),
            )  # fmt: skip
            return False
        return True

    async def _again(self, refused: RefusedPush, case: WholeCase | None) -> bool:
        entry = (
            next((one for one in case.history if one.sequence == refused.sequence), None) if case else None
        )
        if case is not None and entry is not None and not await self._one(entry, case):
            return False
        await stored.told_after_all(
            self.desk.store, self.council, self.row.system, refused.reference, refused.sequence
        )
        return entry is not None

    async def _advance(self, place: Place, *, done: bool) -> None:
        await stored.advance_push(self.desk.store, self.council, self.row.system, place, done=done)

    async def _postpone(self, failure: DeliveryFailed) -> None:
        chance = self.desk.chance.below(1000) / 1000
        wait = wait_after(self.row.attempts + 1, chance, failure.retry_after)
        following = self.desk.clock() + timedelta(seconds=wait)
        reason = failure.reason[:1000]
        await stored.postpone_push(self.desk.store, self.council, self.row.system, following, reason)
        log = structlog.get_logger("push").bind(council=self.council, system=self.row.system)
        log.warning("a system could not be told", reason=reason, attempts=self.row.attempts + 1)


async def pushing(desk: Desk, council: str, system: str) -> Pushing | None:
    """How a system is told; None where it is told nothing."""
    rows = await stored.list_pushes(desk.store, council)
    row = next((one for one in rows if one.system == system), None)
    if row is None:
        return None
    refused = await stored.list_refused_pushes(desk.store, council, system, again=False, most=MOST_REFUSED)
    return Pushing(row, tuple(refused))


async def set_push(desk: Desk, council: str, system: str, url: str, secrets: bytes | None, by: Actor) -> bool:
    """Say where a system is told what happens to cases, from now on. `secrets` come sealed; without, they stay."""
    entry = entry_of(desk, by, "system.push", system, {"url": url})
    return await stored.set_push(desk.store, council, system, url, secrets, desk.clock(), entry)


async def drop_push(desk: Desk, council: str, system: str, by: Actor) -> bool:
    """Tell a system nothing any more."""
    return await stored.drop_push(desk.store, council, system, entry_of(desk, by, "system.push-off", system))


async def tell_again(desk: Desk, council: str, system: str, by: Actor) -> int:
    """Tell a system once more what it said no to."""
    return await stored.tell_again(
        desk.store, council, system, entry_of(desk, by, "system.push-again", system)
    )
