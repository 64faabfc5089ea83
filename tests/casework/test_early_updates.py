"""What a back office says of a case before we know its number of that case is not lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from commonhall.casework import deliveries
from commonhall.casework.cases import (
    MOST_EARLY,
    expire_attempts,
    show_case,
    take_early_updates,
    take_updates,
)
from commonhall.casework.deliveries import deliver_due, replay
from commonhall.casework.desk import Desk
from commonhall.engine.back_office import CaseStatus, DeliveryFailed, StatusUpdate
from commonhall.engine.package import Adopted
from tests.casework.conftest import COUNCIL, BackOffice
from tests.casework.test_deliveries import polled
from tests.casework.test_journeys import submitted
from tests.conftest import SetClock

GSS = "E08000029"
COUNT = "select count(*) from early_update where council = $1"


async def test_it_stands_in_the_history_once_the_number_is_known(
    desk: Desk, lost_cat: Adopted, back_office: BackOffice, clock: SetClock
) -> None:
    done = await submitted(desk, lost_cat)
    assert done.reference
    back_office.faults = [DeliveryFailed("the answer was lost")]
    await deliver_due(desk, COUNCIL, GSS, "cats", back_office)
    fixed = StatusUpdate("u1", CaseStatus.FIXED, clock(), "Home again", external_id="job-1")
    for _ in range(2):
        taken = await take_updates(desk, COUNCIL, "cats", [fixed])
        assert (taken.added, taken.unknown) == (0, ("job-1",))
    clock.go(hours=3)
    await deliver_due(desk, COUNCIL, GSS, "cats", back_office)
    await take_updates(desk, COUNCIL, "cats", [])
    view = await show_case(desk, COUNCIL, done.reference)
    assert [(one.status, one.note) for one in view.updates] == [("open", ""), ("fixed", "Home again")]
    assert await desk.store.owner.fetchval(COUNT, COUNCIL) == 0


async def test_it_is_taken_by_its_number_as_soon_as_that_is_known(
    desk: Desk, lost_cat: Adopted, back_office: BackOffice, clock: SetClock
) -> None:
    done = await submitted(desk, lost_cat)
    assert done.reference
    said = [
        StatusUpdate("u2", CaseStatus.FIXED, clock() + timedelta(minutes=2), external_id="job-1"),
        StatusUpdate("u1", CaseStatus.IN_PROGRESS, clock() + timedelta(minutes=1), external_id="job-1"),
        StatusUpdate("u3", CaseStatus.CLOSED, datetime(1, 1, 1, tzinfo=UTC), external_id="job-2"),
    ]
    clock.go(minutes=5)
    await take_updates(desk, COUNCIL, "cats", said)
    await deliver_due(desk, COUNCIL, GSS, "cats", back_office)
    await take_early_updates(desk, COUNCIL, "cats", "job-1")
    assert await take_early_updates(desk, COUNCIL, "cats", "job-1") == 0
    view = await show_case(desk, COUNCIL, done.reference)
    assert [one.status for one in view.updates] == ["open", "in_progress", "fixed"]
    assert await desk.store.owner.fetchval(COUNT, COUNCIL) == 1, "nobody knows job-2"


async def test_another_connector_s_number_is_another_number(
    desk: Desk, lost_cat: Adopted, back_office: BackOffice, clock: SetClock
) -> None:
    done = await submitted(desk, lost_cat)
    assert done.reference
    closed = StatusUpdate("u1", CaseStatus.CLOSED, clock(), external_id="job-1")
    await take_updates(desk, COUNCIL, "bins-supplier", [closed])
    await deliver_due(desk, COUNCIL, GSS, "cats", back_office)
    for connector in ("cats", "bins-supplier"):
        assert await take_early_updates(desk, COUNCIL, connector) == 0
    assert (await show_case(desk, COUNCIL, done.reference)).status == "open"


@pytest.mark.usefixtures("lost_cat")
async def test_a_back_office_that_speaks_of_everybody_s_cases_fills_nothing(
    desk: Desk, clock: SetClock
) -> None:
    said = [
        StatusUpdate(f"u{n}", CaseStatus.FIXED, clock() + timedelta(seconds=n), external_id=f"job-{n}")
        for n in range(MOST_EARLY + 20)
    ]
    await take_updates(desk, COUNCIL, "cats", said)
    assert await desk.store.owner.fetchval(COUNT, COUNCIL) == MOST_EARLY
    clock.go(days=29)
    await expire_attempts(desk, COUNCIL)
    assert await desk.store.owner.fetchval(COUNT, COUNCIL) == MOST_EARLY
    clock.go(days=2)
    await expire_attempts(desk, COUNCIL)
    assert await desk.store.owner.fetchval(COUNT, COUNCIL) == 0


class Telling(BackOffice):
    """Tells of what has happened since it was asked for, as real ones do."""

    async def updates(self, since: datetime) -> list[StatusUpdate]:
        return [one for one in self.said if one.at >= since]


async def test_what_was_said_of_a_case_that_had_failed_is_there_after_its_replay(
    desk: Desk, lost_cat: Adopted, clock: SetClock
) -> None:
    done = await submitted(desk, lost_cat)
    assert done.reference
    office = Telling(faults=[DeliveryFailed("given up", permanent=True)])
    await deliver_due(desk, COUNCIL, GSS, "cats", office)
    office.said = [StatusUpdate("u1", CaseStatus.FIXED, clock() + timedelta(minutes=1), external_id="job-1")]
    until = None
    for _ in range(10):
        clock.go(minutes=5)
        until = await polled(desk, office, until)
    await replay(desk, COUNCIL)
    # Between two polls, so that none asks for what was said since the case was made.
    assert (await deliver_due(desk, COUNCIL, GSS, "cats", office)).delivered == 1
    await polled(desk, office, until)
    assert (await show_case(desk, COUNCIL, done.reference)).status == "fixed"


async def test_what_was_said_of_a_case_that_is_settled_during_the_poll_is_not_passed_over(
    desk: Desk, lost_cat: Adopted, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = await submitted(desk, lost_cat)
    assert done.reference
    office = Telling(faults=[DeliveryFailed("the answer was lost")])
    await deliver_due(desk, COUNCIL, GSS, "cats", office)
    office.said = [StatusUpdate("u1", CaseStatus.FIXED, clock() + timedelta(minutes=1), external_id="job-1")]
    clock.go(minutes=30)

    async def meanwhile(*args: Any) -> Any:
        """The worker settles the delivery between the look-up of its number and the end of the poll."""
        taken = await take_updates(*args)
        assert (await deliver_due(desk, COUNCIL, GSS, "cats", office)).delivered == 1
        return taken

    with monkeypatch.context() as patched:
        patched.setattr(deliveries, "take_updates", meanwhile)
        until = await polled(desk, office, None)
    await polled(desk, office, until)
    assert (await show_case(desk, COUNCIL, done.reference)).status == "fixed"
