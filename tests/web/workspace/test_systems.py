"""A developer lets a system in: its key is shown once, opens what was selected, and is changed without a stop."""

from __future__ import annotations

import re

from commonhall.casework.systems import caller_of
from commonhall.engine.access import Scope
from commonhall.engine.staff import Role
from tests.web.wire import Reply
from tests.web.workspace.office import COUNCIL, Office, Staff

PATH = "/workspace/systems"
FORM = [
    ("name", "Council CMS"),
    ("may", "submit"),
    ("may", "read"),
    ("which", "some"),
    ("services", "pothole"),
]


def key_on(reply: Reply) -> str:
    found = re.search(r"chk_[\w-]{22}", reply.text)
    assert found
    return found.group()


async def let_in(developer: Staff) -> str:
    await developer.get(f"{PATH}/new")
    return key_on(await developer.post(f"{PATH}/new", FORM, status=200))


async def test_a_system_is_let_in_and_its_key_is_shown_once(office: Office) -> None:
    developer = await office.staff(Role.DEVELOPER)
    key = await let_in(developer)
    caller = await caller_of(office.house.desk, COUNCIL, key)
    assert caller is not None
    assert (caller.system, caller.may, caller.services) == (
        "council-cms",
        {Scope.SUBMIT, Scope.READ},
        {"pothole"},
    )
    listed = await developer.get(PATH)
    assert "Council CMS" in listed.text
    assert key not in listed.text
    assert f"…{key[-4:]}" in listed.text
    again = await developer.post(f"{PATH}/new", FORM, status=400)
    assert "choose another name" in again.text
    assert await office.actions() == ["system.key", "system.add"]


async def test_what_it_may_do_and_its_key_are_changed(office: Office) -> None:
    developer = await office.staff(Role.DEVELOPER)
    desk, old = office.house.desk, await let_in(developer)
    page = await developer.get(f"{PATH}/council-cms")
    assert 'value="pothole" checked' in page.text
    await developer.post(f"{PATH}/council-cms", [("name", "CMS"), ("may", "read"), ("which", "all")])
    caller = await caller_of(desk, COUNCIL, old)
    assert caller is not None
    assert (caller.name, caller.may, caller.services) == ("CMS", {Scope.READ}, None)
    new = key_on(await developer.post(f"{PATH}/council-cms/key", [("days", "1")], status=200))
    assert [await caller_of(desk, COUNCIL, key) is not None for key in (old, new)] == [True, True]
    office.clock.go(days=1)
    developer = await office.staff(Role.DEVELOPER)
    assert [await caller_of(desk, COUNCIL, key) is not None for key in (old, new)] == [False, True]
    await developer.post(f"{PATH}/council-cms/remove")
    assert await caller_of(desk, COUNCIL, new) is None
    await developer.get(f"{PATH}/council-cms", status=404)


async def test_what_is_missing_is_told(office: Office) -> None:
    developer = await office.staff(Role.DEVELOPER)
    await developer.get(f"{PATH}/new")
    wrong = await developer.post(f"{PATH}/new", [("name", ""), ("which", "some")], status=400)
    for words in (
        "Enter what the system is called",
        "at least one thing that it may do",
        "at least one service",
    ):
        assert words in wrong.text
    viewer = await office.staff(Role.VIEWER)
    await viewer.get(PATH, status=403)
    await viewer.get(f"{PATH}/new", status=403)


async def test_another_council_s_key_opens_nothing_here(office: Office) -> None:
    key = await let_in(await office.staff(Role.DEVELOPER))
    assert await caller_of(office.house.desk, "surrey", key) is None
