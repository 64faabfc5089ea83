"""The page of alerts and of the week, for staff with and without mail."""

from __future__ import annotations

from datetime import date

from commonhall.casework.staff import list_entries, list_people, mails_wanted
from commonhall.engine.staff import Role
from commonhall.storage.alerts import AlertRow, keep_look
from tests.web.rendered import faults_of_html
from tests.web.workspace.office import COUNCIL, Office

FALL = AlertRow("missed-bin", "completion", date(2026, 3, 9), 0.8, 5600, 0.4, 700)


async def test_the_page_has_what_a_mail_would_say(office: Office) -> None:
    await office.house.store.durable.execute(
        "insert into measure_day (council, service, day, channel, starts, submitted, abandoned, sent)"
        " values ($1, 'missed-bin', '2026-03-03', 'online', 50, 40, 10, 40)",
        COUNCIL,
    )
    await keep_look(office.house.store, COUNCIL, date(2026, 3, 9), [FALL], [])
    viewer = await office.staff(Role.VIEWER)
    page = await viewer.get("/workspace/alerts")
    assert "Fewer people complete: Report a missed bin collection" in page.text
    assert "40% of 700 journeys were completed, where it had been 80%. Since 9 March 2026." in page.text
    assert "The week from 2 March 2026 to 8 March 2026" in page.text
    assert "2 March: 40." in page.text
    assert "This installation sends no mail" in page.text
    picture = await viewer.wire.get("/workspace/alerts/2026-03-02.png")
    assert (picture.status, picture.body[:8]) == (200, b"\x89PNG\r\n\x1a\n")
    for week in ("2026-03-03", "2026-03-09", "1999-01-04", "x"):
        await viewer.get(f"/workspace/alerts/{week}.png", status=404)
    assert faults_of_html(page.text) == []


async def test_what_has_ended_says_so_for_four_weeks(office: Office) -> None:
    store = office.house.store
    await keep_look(store, COUNCIL, date(2026, 3, 9), [FALL], [])
    await keep_look(store, COUNCIL, date(2026, 3, 10), [], [FALL])
    viewer = await office.staff(Role.VIEWER)
    page = await viewer.get("/workspace/alerts")
    assert "Ended within four weeks" in page.text
    assert "Since 9 March 2026, until 10 March 2026." in page.text
    office.clock.go(days=29)
    later = await (await office.staff(Role.VIEWER)).get("/workspace/alerts")
    assert "Fewer people complete" not in later.text


async def test_a_days_comparison_is_kept_once(office: Office) -> None:
    store, day = office.house.store, date(2026, 3, 9)
    assert await keep_look(store, COUNCIL, day, [FALL], [])
    assert not await keep_look(store, COUNCIL, day, [], [FALL]), "another was quicker"
    assert not await keep_look(store, COUNCIL, date(2026, 3, 8), [], [FALL]), "a day that is over"


async def test_somebody_chooses_which_mails_they_get(office: Office) -> None:
    owner = await office.staff(Role.SERVICE_OWNER)
    [person] = [
        one for one in await list_people(office.house.desk, COUNCIL) if Role.SERVICE_OWNER in one.roles
    ]
    assert (await owner.get("/workspace/alerts")).text.count(" checked") == 2
    saved = await owner.post("/workspace/alerts/mails", [("mails", "digest"), ("mails", "everything")])
    page = await owner.follow(saved)
    assert "Your choice of mails is saved" in page.text
    assert page.text.count(" checked") == 1
    assert await mails_wanted(office.house.desk, COUNCIL, person.id) == {"digest"}
    [entry, *_] = await list_entries(
        office.house.desk, COUNCIL, before=None, person=person.id, action="person.mail"
    )
    assert entry.details == {"wanted": ["digest"]}
    await owner.post("/workspace/alerts/mails", [], token="0" * 32, status=403)
    await owner.post("/workspace/alerts/mails", [])
    assert await mails_wanted(office.house.desk, COUNCIL, person.id) == set()
