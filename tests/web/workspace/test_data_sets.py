"""A developer makes a data set for figures from elsewhere: its token is shown once, writes, and is changed without a stop."""

from __future__ import annotations

import re

from commonhall.engine.staff import Role
from commonhall.reporting.data_sets import find_data_set, may_write
from tests.web.wire import Reply, Wire
from tests.web.workspace.office import Office, Staff

PATH = "/workspace/data-sets"
ONE = f"{PATH}/solihull-bins/transactions-by-channel"
FORM = [
    ("group", "solihull-bins"),
    ("type", "transactions-by-channel"),
    ("service", "elsewhere"),
    ("lgsl", "524"),
]


def token_on(reply: Reply) -> str:
    found = re.search(r"chd_[\w-]{22}", reply.text)
    assert found
    return found.group()


async def made(developer: Staff) -> str:
    await developer.get(f"{PATH}/new")
    return token_on(await developer.post(f"{PATH}/new", FORM, status=200))


async def holds(office: Office, *tokens: str) -> list[bool]:
    figures = office.house.figures
    found = await find_data_set(figures, "solihull-bins", "transactions-by-channel")
    assert found
    return [await may_write(figures, found, token) for token in tokens]


async def test_a_data_set_is_made_and_figures_go_to_it_on_the_finder_s_host(office: Office) -> None:
    developer = await office.staff(Role.DEVELOPER)
    token = await made(developer)
    listed = await developer.get(PATH)
    assert "solihull-bins/transactions-by-channel" in listed.text
    assert f"…{token[-4:]}" in listed.text
    assert token not in listed.text
    finder = office.house.settings.finder_host.encode()
    wire = Wire(office.app, finder, extra=[(b"authorization", f"Bearer {token}".encode())])
    target = b"/performance/data/solihull-bins/transactions-by-channel"
    record = b'{"_timestamp": "2026-01-05T00:00:00Z", "channel": "paper", "count": 3}'
    sent = await wire.ask(target, method="POST", chunks=(record,), kind=b"application/json")
    assert (sent.status, sent.text) == (
        200,
        '{"status":"ok","message":"1 records were kept; solihull-bins/transactions-by-channel has 1"}',
    )
    read = await wire.get(f"{target.decode()}?group_by=channel&collect=count:sum")
    assert read.text == '{"data":[{"channel":"paper","_count":1,"count:sum":3}]}'
    assert "1</td>" in (await developer.get(PATH)).text
    assert await office.actions() == ["data_set.token", "data_set.add"]


async def test_how_it_is_read_and_its_token_are_changed_and_it_is_removed(office: Office) -> None:
    developer = await office.staff(Role.DEVELOPER)
    old = await made(developer)
    await developer.get(ONE)
    await developer.post(ONE, [("raw", "yes"), ("age", "120")])
    found = await find_data_set(office.house.figures, "solihull-bins", "transactions-by-channel")
    assert found
    assert (found.raw, found.max_age) == (True, 120)
    await developer.get(ONE)
    new = token_on(await developer.post(f"{ONE}/token", [("days", "1")], status=200))
    assert await holds(office, old, new) == [True, True]
    office.clock.go(days=1)
    assert await holds(office, old, new) == [False, True]
    developer = await office.staff(Role.DEVELOPER)
    asked = await developer.get(f"{ONE}/remove")
    assert "Nothing brings them back" in asked.text
    await developer.post(f"{ONE}/remove")
    await developer.get(ONE, status=404)
    assert (await office.actions())[:3] == ["data_set.remove", "data_set.token", "data_set.change"]
    trail = await (await office.staff(Role.ADMINISTRATOR)).get("/workspace/audit?kind=data_set.")
    assert "removed the data set" in trail.text


async def test_what_is_missing_or_not_allowed_is_told(office: Office) -> None:
    developer = await office.staff(Role.DEVELOPER)
    await developer.get(f"{PATH}/new")
    for changes, words in (
        ({"service": ""}, "Select which service the figures are of"),
        ({"lgsl": "x"}, "number in the national list"),
        ({"group": "surrey-bins"}, "would be a group of surrey"),
        ({"type": "Two Words"}, "small letters, digits and hyphens"),
    ):
        form = list({**dict(FORM), **changes}.items())
        assert words in (await developer.post(f"{PATH}/new", form, status=400)).text
    await made(developer)
    assert "already" in (await developer.post(f"{PATH}/new", FORM, status=400)).text
    for path in (f"{ONE}/token", ONE):
        await developer.post(path, [("days", "400"), ("age", "x")], status=404)
    await developer.get(f"{PATH}/solihull-x/y", status=404)
    viewer = await office.staff(Role.VIEWER)
    for path in (PATH, f"{PATH}/new", ONE):
        await viewer.get(path, status=403)
