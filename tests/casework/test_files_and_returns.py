"""Files go to the back office with their case; what it did not get after all needs a person again."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from commonhall.casework.attachments import Attachment
from commonhall.casework.caseload import open_case
from commonhall.casework.cases import show_case, take_updates
from commonhall.casework.deliveries import deliver_due, list_waiting, reconcile, replay
from commonhall.casework.desk import Desk
from commonhall.casework.direct import hand_in
from commonhall.casework.journeys import Along
from commonhall.engine.back_office import CaseStatus, Returned, StatusUpdate
from commonhall.engine.package import Adopted
from commonhall.engine.staff import Actor
from tests.casework.conftest import ANSWERS, COUNCIL, BackOffice
from tests.casework.test_journeys import submitted
from tests.conftest import SetClock

GSS = "E08000029"
PHOTO = Attachment("cat.jpg", "image/jpeg", b"a photo of a cat")
OFFICER = Actor("p1", "Ann", "ann@example.com", frozenset())


async def test_files_and_a_note_are_there_when_the_case_is(
    desk: Desk, lost_cat: Adopted, back_office: BackOffice
) -> None:
    along = Along("system/cms", [PHOTO, PHOTO], "The cat is black")
    made = await hand_in(desk, COUNCIL, lost_cat, ANSWERS, sender="cms", key="k1", along=along)
    await hand_in(desk, COUNCIL, lost_cat, ANSWERS, sender="cms", key="k1", along=along)
    await deliver_due(desk, COUNCIL, GSS, "cats", back_office)
    [case] = back_office.accepted.values()
    [file] = case.files
    assert (file.name, file.media_type, file.size) == ("cat.jpg", "image/jpeg", len(PHOTO.content))
    assert await file.read() == PHOTO.content
    notes = await desk.store.owner.fetch("select note, source from case_update where internal")
    assert [tuple(row) for row in notes] == [("The cat is black", "system/cms")]
    assert [one.note for one in (await show_case(desk, COUNCIL, made.reference)).updates] == [""]


async def test_of_many_at_once_each_case_has_its_own_files(
    desk: Desk, lost_cat: Adopted, back_office: BackOffice
) -> None:
    async def one(number: int) -> str:
        photo = Attachment("cat.jpg", "image/jpeg", b"%d" % number)
        given = {**ANSWERS, "name": f"Sam {number}"}
        along = Along("system/cms", [photo])
        return (await hand_in(desk, COUNCIL, lost_cat, given, sender="cms", along=along)).reference

    references = await asyncio.gather(*map(one, range(8)))
    await deliver_due(desk, COUNCIL, GSS, "cats", back_office)
    for case in back_office.accepted.values():
        [file] = case.files
        assert case.answers["name"] == f"Sam {references.index(case.reference)}"
        assert await file.read() == b"%d" % references.index(case.reference)


@pytest.mark.parametrize("by", ["reference", "external_id"])
async def test_a_case_that_came_back_needs_a_person_and_is_sent_again_under_its_key(
    desk: Desk, lost_cat: Adopted, back_office: BackOffice, clock: SetClock, by: str
) -> None:
    done = await submitted(desk, lost_cat)
    assert done.reference
    await deliver_due(desk, COUNCIL, GSS, "cats", back_office)
    named = {by: done.reference if by == "reference" else "job-1"}
    back = Returned("b1", clock() + timedelta(days=3), "550 there is no such mailbox", **named)
    clock.go(hours=1)
    assert (await take_updates(desk, COUNCIL, "cats", [back])).added == 1
    [row] = await list_waiting(desk, COUNCIL, failed=True)
    assert row.last_error == "550 there is no such mailbox"
    [balance] = (await reconcile(desk, COUNCIL)).balances
    assert (balance.accepted, balance.delivered, balance.failed) == (1, 0, 1)
    whole = await open_case(desk, COUNCIL, done.reference, OFFICER)
    assert [one.note for one in whole.history if one.internal] == ["550 there is no such mailbox"]
    assert [one.note for one in (await show_case(desk, COUNCIL, done.reference)).updates] == [""]

    assert await replay(desk, COUNCIL, done.reference) == 1
    await deliver_due(desk, COUNCIL, GSS, "cats", back_office)
    assert (await take_updates(desk, COUNCIL, "cats", [back])).known == 1, "heard again, it says nothing new"
    assert await list_waiting(desk, COUNCIL) == []
    assert (await reconcile(desk, COUNCIL)).holds
    assert len(set(back_office.times)) == 1


async def test_what_came_back_changes_nobody_else_s_case(
    desk: Desk, lost_cat: Adopted, back_office: BackOffice, clock: SetClock
) -> None:
    done = await submitted(desk, lost_cat)
    await deliver_due(desk, COUNCIL, GSS, "cats", back_office)
    back = Returned("b1", clock(), "no such mailbox", reference=done.reference)
    assert (await take_updates(desk, COUNCIL, "bins", [back])).unknown == (done.reference,)
    unknown = Returned("b2", clock(), "no such mailbox", external_id="job-7")
    fixed = StatusUpdate("u1", CaseStatus.FIXED, clock(), external_id="job-1")
    taken = await take_updates(desk, COUNCIL, "cats", [unknown, fixed])
    assert (taken.added, taken.unknown) == (1, ("job-7",))
    assert await list_waiting(desk, COUNCIL) == []
