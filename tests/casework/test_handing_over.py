"""A back office that tells each thing once: it forgets only what stands in the histories of cases."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from commonhall.casework import deliveries
from commonhall.casework.cases import show_case
from commonhall.casework.deliveries import deliver_due, poll_updates
from commonhall.casework.desk import Desk
from commonhall.engine.back_office import CaseStatus, DeliveryFailed, HandsOver, Keep, StatusUpdate
from commonhall.engine.package import Adopted
from commonhall.storage.councils import ConnectorRow, list_connectors, save_connector
from tests.casework.conftest import COUNCIL, BackOffice
from tests.casework.test_journeys import submitted
from tests.conftest import SetClock

GSS = "E08000029"


@dataclass
class Queue(BackOffice):
    """Hands over what was `said`, two at a time, and forgets what was kept."""

    torn: DeliveryFailed | None = None
    seen: list[int] = field(default_factory=list)

    async def hand_over(self, keep: Keep) -> None:
        while self.said:
            part = self.said[:2]
            self.seen.append(len(part))
            await keep(part)
            del self.said[:2]
        if self.torn:
            raise self.torn


async def told(desk: Desk, adopted: Adopted, clock: SetClock, queue: Queue) -> str:
    """A case that was delivered, of which three things are told."""
    done = await submitted(desk, adopted)
    assert done.reference is not None
    await deliver_due(desk, COUNCIL, GSS, "cats", queue)
    queue.said = [
        StatusUpdate(f"u{n}", CaseStatus.IN_PROGRESS, clock() + timedelta(minutes=n), f"{n}", done.reference)
        for n in range(3)
    ]
    clock.go(hours=1)
    return done.reference


async def notes(desk: Desk, reference: str) -> list[str]:
    """What stands in a case's history, after its first entry."""
    return [one.note for one in (await show_case(desk, COUNCIL, reference)).updates][1:]


async def test_what_is_handed_over_is_kept_in_parts_and_then_forgotten(
    desk: Desk, lost_cat: Adopted, clock: SetClock
) -> None:
    queue = Queue()
    assert isinstance(queue, HandsOver)
    assert not isinstance(BackOffice(), HandsOver)
    reference = await told(desk, lost_cat, clock, queue)
    taken = await poll_updates(desk, COUNCIL, "cats", queue, None)
    assert (taken.added, taken.known, queue.seen, queue.said) == (3, 0, [2, 1], [])
    assert await notes(desk, reference) == ["0", "1", "2"]


async def test_a_worker_killed_before_it_is_kept_loses_nothing(
    desk: Desk, lost_cat: Adopted, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = Queue()
    reference = await told(desk, lost_cat, clock, queue)

    async def killed(*_args: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as dying:
        dying.setattr(deliveries, "take_updates", killed)
        with pytest.raises(asyncio.CancelledError):
            await poll_updates(desk, COUNCIL, "cats", queue, None)
    assert await notes(desk, reference) == []
    assert len(queue.said) == 3
    assert (await poll_updates(desk, COUNCIL, "cats", queue, None)).added == 3
    assert await notes(desk, reference) == ["0", "1", "2"]


async def test_a_worker_killed_after_it_was_kept_doubles_nothing(
    desk: Desk, lost_cat: Adopted, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = Queue()
    reference = await told(desk, lost_cat, clock, queue)
    keeps = deliveries.take_updates

    async def killed(*args: object) -> None:
        await keeps(*args)
        raise asyncio.CancelledError

    with monkeypatch.context() as dying:
        dying.setattr(deliveries, "take_updates", killed)
        with pytest.raises(asyncio.CancelledError):
            await poll_updates(desk, COUNCIL, "cats", queue, None)
    assert await notes(desk, reference) == ["0", "1"]
    taken = await poll_updates(desk, COUNCIL, "cats", queue, None)
    assert (taken.added, taken.known) == (1, 2)
    assert await notes(desk, reference) == ["0", "1", "2"]


async def test_what_cannot_be_read_is_told_after_the_rest_was_kept(
    desk: Desk, lost_cat: Adopted, clock: SetClock
) -> None:
    await save_connector(desk.store, COUNCIL, ConnectorRow("cats", "test", {}, b"", None))
    queue = Queue(torn=DeliveryFailed("a message in the queue is no event"))
    reference = await told(desk, lost_cat, clock, queue)
    with pytest.raises(DeliveryFailed, match="no event"):
        await poll_updates(desk, COUNCIL, "cats", queue, None)
    assert await notes(desk, reference) == ["0", "1", "2"]
    [row] = await list_connectors(desk.store, COUNCIL)
    assert row.updates_until is None, "somebody sees that it was never asked through"
