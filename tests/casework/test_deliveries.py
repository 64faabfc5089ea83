"""Every case reaches its back office, once for each key, or stays visible until it does."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhall.casework.cases import follow_case, note_receipt, show_case, take_updates
from commonhall.casework.deliveries import (
    FIRST_WAIT,
    LONGEST_WAIT,
    deliver_due,
    list_waiting,
    poll_updates,
    reconcile,
    replay,
    wait_after,
)
from commonhall.casework.desk import Desk
from commonhall.engine.back_office import CaseStatus, DeliveryFailed, StatusUpdate
from commonhall.engine.package import Adopted
from commonhall.storage.deliveries import claim_deliveries
from tests.casework.conftest import COUNCIL, BackOffice
from tests.casework.test_journeys import submitted
from tests.conftest import SetClock

GSS = "E08000029"


async def deliver(desk: Desk, back_office: BackOffice) -> int:
    return (await deliver_due(desk, COUNCIL, GSS, "cats", back_office)).delivered


async def test_a_case_arrives_with_everything_it_needs(
    desk: Desk, lost_cat: Adopted, back_office: BackOffice
) -> None:
    done = await submitted(desk, lost_cat)
    assert await deliver(desk, back_office) == 1
    [(key, case)] = back_office.accepted.items()
    assert key == f"{COUNCIL}-{done.reference}-cats"
    assert (case.reference, case.council_gss, case.lgsl) == (done.reference, GSS, 432)
    assert case.contact.email == "sam@example.com"
    assert case.location.postcode == "B91 3QT"
    assert ("Your name", "Sam Jones") in case.details
    assert await deliver(desk, back_office) == 0
    assert await list_waiting(desk, COUNCIL) == []


async def test_a_back_office_that_is_away_for_a_day_gets_it_under_the_same_key(
    desk: Desk, lost_cat: Adopted, back_office: BackOffice, clock: SetClock
) -> None:
    await submitted(desk, lost_cat)
    back_office.faults = [DeliveryFailed("away")] * 14
    for _ in range(60):
        await deliver(desk, back_office)
        clock.go(hours=1)
    assert len(back_office.accepted) == 1
    assert len(set(back_office.times)) == 1
    assert len(back_office.times) == 15


async def test_waits_grow_and_are_honoured(
    desk: Desk, lost_cat: Adopted, back_office: BackOffice, clock: SetClock
) -> None:
    await submitted(desk, lost_cat)
    back_office.faults = [DeliveryFailed("busy", retry_after=600.0)]
    await deliver(desk, back_office)
    clock.go(seconds=599)
    assert await deliver(desk, back_office) == 0
    clock.go(seconds=2)
    assert await deliver(desk, back_office) == 1


async def test_what_is_refused_for_good_stays_visible_and_can_be_replayed(
    desk: Desk, lost_cat: Adopted, back_office: BackOffice, clock: SetClock
) -> None:
    done = await submitted(desk, lost_cat)
    back_office.faults = [DeliveryFailed("no such street", permanent=True)]
    await deliver(desk, back_office)
    clock.go(days=1)
    assert await deliver(desk, back_office) == 0
    [row] = await list_waiting(desk, COUNCIL, failed=True)
    assert (row.reference, row.last_error) == (done.reference, "no such street")
    assert await replay(desk, COUNCIL, done.reference) == 1
    assert await deliver(desk, back_office) == 1


async def test_after_a_week_it_waits_for_a_person(
    desk: Desk, lost_cat: Adopted, back_office: BackOffice, clock: SetClock
) -> None:
    await submitted(desk, lost_cat)
    clock.go(days=8)
    back_office.faults = [DeliveryFailed("away")]
    await deliver(desk, back_office)
    assert len(await list_waiting(desk, COUNCIL, failed=True)) == 1


async def test_a_connector_that_is_not_configured_loses_nothing(desk: Desk, lost_cat: Adopted) -> None:
    await submitted(desk, lost_cat)
    await deliver_due(desk, COUNCIL, GSS, "cats", None)
    [row] = await list_waiting(desk, COUNCIL)
    assert row.last_error is not None
    assert "no connector 'cats'" in row.last_error


async def test_workers_share_the_work_without_meeting(
    desk: Desk, lost_cat: Adopted, back_office: BackOffice
) -> None:
    for _ in range(12):
        await submitted(desk, lost_cat)
    rounds = await asyncio.gather(
        *(deliver_due(desk, COUNCIL, GSS, "cats", back_office, most=5) for _ in range(4))
    )
    assert sum(one.delivered for one in rounds) == 12
    assert len(back_office.times) == 12


async def test_a_claim_lost_with_its_worker_is_due_again(
    desk: Desk, lost_cat: Adopted, back_office: BackOffice, clock: SetClock
) -> None:
    await submitted(desk, lost_cat)
    assert (
        len(await claim_deliveries(desk.store, COUNCIL, "cats", clock(), clock() - timedelta(minutes=5), 10))
        == 1
    )
    assert await deliver(desk, back_office) == 0
    clock.go(minutes=6)
    assert await deliver(desk, back_office) == 1


async def test_accepted_is_delivered_and_pending_and_failed(
    desk: Desk, lost_cat: Adopted, back_office: BackOffice
) -> None:
    for _ in range(3):
        await submitted(desk, lost_cat)
    back_office.faults = [DeliveryFailed("no", permanent=True), DeliveryFailed("later")]
    await deliver(desk, back_office)
    result = await reconcile(desk, COUNCIL)
    [balance] = result.balances
    assert (balance.accepted, balance.delivered, balance.pending, balance.failed) == (3, 1, 1, 1)
    assert result.holds
    assert result.cases == 3


async def test_updates_reach_the_history_once(
    desk: Desk, lost_cat: Adopted, back_office: BackOffice, clock: SetClock
) -> None:
    done = await submitted(desk, lost_cat)
    await deliver(desk, back_office)
    assert done.reference is not None
    by_number = StatusUpdate(
        "u1", CaseStatus.IN_PROGRESS, clock() + timedelta(hours=2), "On the way", external_id="job-1"
    )
    earlier = StatusUpdate(
        "u0", CaseStatus.INVESTIGATING, clock() + timedelta(hours=1), reference=done.reference
    )
    nobody = StatusUpdate("u2", CaseStatus.FIXED, clock(), external_id="job-99")
    back_office.said = [by_number, earlier, by_number, nobody]
    clock.go(hours=3)
    first = await poll_updates(desk, COUNCIL, "cats", back_office, None)
    again = await poll_updates(desk, COUNCIL, "cats", back_office, None)
    assert (first.added, first.known, first.unknown) == (2, 1, ("job-99",))
    assert (again.added, again.known) == (0, 3)
    view = await follow_case(desk, COUNCIL, done.reference, proof="B91 3QT", client="a")
    assert [update.status for update in view.updates] == ["open", "investigating", "in_progress"]
    assert view.updates[-1].note == "On the way"


async def test_what_the_back_office_says_on_taking_a_case_stands_in_its_history_once(
    desk: Desk, lost_cat: Adopted, back_office: BackOffice, clock: SetClock
) -> None:
    done = await submitted(desk, lost_cat)
    assert done.reference is not None
    back_office.note = "We look\x00 for cats\non Fridays"
    clock.go(minutes=5)
    assert await deliver(desk, back_office) == 1
    # The back office's clock is behind: its first update still says where the case stands.
    update = StatusUpdate("u", CaseStatus.FIXED, clock() - timedelta(minutes=1), external_id="job-1")
    await take_updates(desk, COUNCIL, "cats", [update])
    view = await follow_case(desk, COUNCIL, done.reference, proof="B91 3QT", client="a")
    assert [(one.status, one.note, one.receipt) for one in view.updates] == [
        ("open", "", False),
        ("fixed", "", False),
        ("open", "We look for cats\non Fridays", True),
    ]
    assert view.status == "fixed"


async def test_a_receipt_is_kept_once_however_often_the_case_is_delivered(
    desk: Desk, lost_cat: Adopted, back_office: BackOffice, clock: SetClock
) -> None:
    done = await submitted(desk, lost_cat)
    assert done.reference is not None
    back_office.note = "Thank you"
    lost = clock() + timedelta(hours=1)
    for _ in range(2):
        # As if the worker had died before it could write down that the case was delivered.
        rows = await claim_deliveries(desk.store, COUNCIL, "cats", clock(), lost, 1)
        await note_receipt(desk, COUNCIL, rows[0].reference, "cats", rows[0].sequence, back_office.note)
        clock.go(minutes=1)
    clock.go(minutes=10)
    assert await deliver(desk, back_office) == 1
    view = await follow_case(desk, COUNCIL, done.reference, proof="B91 3QT", client="a")
    assert [one.note for one in view.updates] == ["", "Thank you"]


async def test_updates_that_come_at_the_same_moment_all_stand_in_the_history(
    desk: Desk, lost_cat: Adopted, clock: SetClock
) -> None:
    done = await submitted(desk, lost_cat)
    assert done.reference is not None
    said = [
        StatusUpdate(
            f"u{n}", CaseStatus.IN_PROGRESS, clock() + timedelta(minutes=n), reference=done.reference
        )
        for n in range(12)
    ]
    clock.go(hours=1)
    # Each comes twice: pushed by the back office, and asked for.
    taken = await asyncio.gather(*(take_updates(desk, COUNCIL, "cats", [one]) for one in (*said, *said)))
    assert sum(one.added for one in taken) == sum(one.known for one in taken) == 12
    view = await follow_case(desk, COUNCIL, done.reference, proof="B91 3QT", client="a")
    assert [update.at for update in view.updates[1:]] == [one.at for one in said]


@given(st.integers(1, 500), st.floats(0, 1), st.one_of(st.none(), st.floats(0, 1e9)))
def test_a_wait_is_never_too_short_or_for_ever(attempts: int, jitter: float, asked: float | None) -> None:
    wait = wait_after(attempts, jitter, asked)
    assert FIRST_WAIT * 0.75 <= wait <= LONGEST_WAIT * 1.25


@pytest.mark.parametrize("attempts", range(1, 20))
def test_waits_grow(attempts: int) -> None:
    assert wait_after(attempts + 1, 0.5) >= wait_after(attempts, 0.5)


async def test_a_lost_delivery_shows_when_it_is_reconciled(desk: Desk, lost_cat: Adopted) -> None:
    lost, kept = await submitted(desk, lost_cat), await submitted(desk, lost_cat)
    assert (await reconcile(desk, COUNCIL)).holds
    await desk.store.owner.execute("delete from delivery where reference = $1", lost.reference)
    result = await reconcile(desk, COUNCIL)
    assert not result.holds
    assert result.lost == (lost.reference,)
    assert [(b.accepted, b.pending) for b in result.balances] == [(2, 1)]
    assert kept.reference not in result.lost


async def test_a_replay_leaves_alone_what_a_worker_is_sending(
    desk: Desk, lost_cat: Adopted, back_office: BackOffice, clock: SetClock
) -> None:
    from commonhall.storage.deliveries import claim_deliveries

    await submitted(desk, lost_cat)
    [held] = await claim_deliveries(desk.store, COUNCIL, "cats", clock(), clock() - timedelta(minutes=5), 10)
    assert await replay(desk, COUNCIL) == 0
    assert await deliver(desk, back_office) == 0
    clock.go(minutes=6)
    assert await replay(desk, COUNCIL) == 1, "the claim is lost with its worker"
    assert await deliver(desk, back_office) == 1
    assert back_office.times == [held.idempotency_key]


async def test_a_late_refusal_does_not_end_another_worker_s_try(
    desk: Desk, lost_cat: Adopted, clock: SetClock
) -> None:
    from commonhall.storage.deliveries import claim_deliveries, settle_failed, settle_later

    await submitted(desk, lost_cat)
    [first] = await claim_deliveries(desk.store, COUNCIL, "cats", clock(), clock() - timedelta(minutes=5), 10)
    clock.go(minutes=6)
    [second] = await claim_deliveries(
        desk.store, COUNCIL, "cats", clock(), clock() - timedelta(minutes=5), 10
    )
    key = (first.reference, first.connector, first.sequence)
    await settle_failed(desk.store, COUNCIL, key, first.attempts, clock(), "too late")
    await settle_later(desk.store, COUNCIL, key, first.attempts, clock(), "too late")
    [row] = await list_waiting(desk, COUNCIL)
    assert (row.claimed_at, row.failed_at, row.last_error) == (clock(), None, None)
    await settle_later(desk.store, COUNCIL, key, second.attempts, clock(), "not now")
    [row] = await list_waiting(desk, COUNCIL)
    assert row.last_error == "not now"


async def test_what_is_replayed_after_a_week_is_tried_for_another_week(
    desk: Desk, lost_cat: Adopted, back_office: BackOffice, clock: SetClock
) -> None:
    await submitted(desk, lost_cat)
    clock.go(days=8)
    back_office.faults = [DeliveryFailed("away"), DeliveryFailed("away again")]
    assert await deliver(desk, back_office) == 0
    [row] = await list_waiting(desk, COUNCIL)
    assert row.failed_at is not None
    assert await replay(desk, COUNCIL) == 1
    assert await deliver(desk, back_office) == 0
    [row] = await list_waiting(desk, COUNCIL)
    assert row.failed_at is None, "one more fault is no reason to give up again"
    clock.go(hours=5)
    assert await deliver(desk, back_office) == 1


async def test_another_connector_may_not_say_what_became_of_a_case(
    desk: Desk, lost_cat: Adopted, back_office: BackOffice, clock: SetClock
) -> None:
    done = await submitted(desk, lost_cat)
    await deliver(desk, back_office)
    assert done.reference is not None
    closed = StatusUpdate("u1", CaseStatus.CLOSED, clock(), reference=done.reference)
    taken = await take_updates(desk, COUNCIL, "bins-supplier", [closed])
    assert (taken.added, taken.unknown) == (0, (done.reference,))
    assert (await show_case(desk, COUNCIL, done.reference)).status == "open"


@pytest.mark.parametrize(
    "said",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(2026, 3, 10, tzinfo=UTC),
        datetime(2026, 3, 10, 9, 0, tzinfo=UTC),
        datetime(2026, 3, 10, 10, 0, tzinfo=UTC),
        datetime(9999, 12, 31, tzinfo=UTC),
    ],
    ids=["year 1", "a day", "the second of the submission", "an hour ahead", "for ever"],
)
async def test_a_back_office_s_clock_cannot_keep_a_case_where_it_was(
    desk: Desk, lost_cat: Adopted, back_office: BackOffice, clock: SetClock, said: datetime
) -> None:
    clock.now = datetime(2026, 3, 10, 9, 0, 0, 400_000, tzinfo=UTC)
    done = await submitted(desk, lost_cat)
    await deliver(desk, back_office)
    assert done.reference is not None
    clock.go(seconds=20)
    first = StatusUpdate("u1", CaseStatus.INVESTIGATING, said, reference=done.reference)
    await take_updates(desk, COUNCIL, "cats", [first])
    assert (await show_case(desk, COUNCIL, done.reference)).status == "investigating"
    clock.go(minutes=30)
    fixed = StatusUpdate("u2", CaseStatus.FIXED, clock(), reference=done.reference)
    await take_updates(desk, COUNCIL, "cats", [fixed])
    view = await show_case(desk, COUNCIL, done.reference)
    assert (view.status, view.updates[-1].status) == ("fixed", "fixed")
    assert all(done.started_at <= update.at <= clock() for update in view.updates)


async def test_an_update_that_comes_before_its_delivery_is_known_to_be_accepted_is_not_lost(
    desk: Desk, lost_cat: Adopted, back_office: BackOffice, clock: SetClock
) -> None:
    done = await submitted(desk, lost_cat)
    assert done.reference is not None

    class Back(BackOffice):
        """Tells of what has happened since it was asked for, as real ones do."""

        async def updates(self, since: datetime) -> list[StatusUpdate]:
            return [one for one in self.said if one.at >= since]

    office = Back(faults=[DeliveryFailed("the answer was lost")])
    assert await deliver(desk, office) == 0
    office.said = [StatusUpdate("u1", CaseStatus.FIXED, clock() + timedelta(minutes=1), external_id="job-1")]
    until = None
    for _ in range(60):
        clock.go(minutes=5)
        until = await polled(desk, office, until)
    assert await deliver(desk, office) == 1
    await polled(desk, office, until)
    assert (await show_case(desk, COUNCIL, done.reference)).status == "fixed"


async def polled(desk: Desk, office: BackOffice, until: datetime | None) -> datetime | None:
    """Poll once, from where the last time ended; answers where this one did."""
    from commonhall.storage.councils import ConnectorRow, list_connectors, save_connector

    if until is None:
        await save_connector(desk.store, COUNCIL, ConnectorRow("cats", "test", {}, None, None))
    await poll_updates(desk, COUNCIL, "cats", office, until)
    [row] = await list_connectors(desk.store, COUNCIL)
    return row.updates_until
