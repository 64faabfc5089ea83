"""Measures for staff: nothing is kept back, streets are told, and each role of the council may look."""

from __future__ import annotations

import json
from html import unescape

import pytest

from commonhall.engine.staff import Role
from commonhall.reporting.rolling import roll_up
from tests.web.workspace.office import Office

MEASURED = """
insert into measure (council, service, version, channel, day, started_at, seconds, sent_on, outcome, area, street)
select 'solihull', 'missed-bin', '1.0.0', case when n < 3 then 'phone' else 'online' end, date '2026-03-09',
       timestamptz '2026-03-09 10:00Z', 100 + n, date '2026-03-09', 'submitted', 'B91 3', 'Mill Lane'
from generate_series(1, 4) n
"""


async def test_staff_see_small_numbers_and_the_public_does_not(office: Office) -> None:
    await office.house.store.owner.execute(MEASURED)
    await roll_up(office.house.store, "solihull")
    vera = await office.staff(Role.VIEWER)
    page = unescape((await vera.get("/workspace/measures/missed-bin")).text)
    assert "no figure is kept back" in page
    assert "Mill Lane" in page
    assert "[c]" not in page
    streets = await vera.get("/workspace/measures/missed-bin/chart/streets.json")
    assert json.loads(streets.text)["rows"] == [{"place": "Mill Lane", "cases": 4}]
    assert streets.headers[b"cache-control"].startswith(b"private")
    public = await office.anybody().get("/measures/missed-bin")
    assert "[c]" in public.text
    assert "Mill Lane" not in public.text
    assert "B91 3" not in (await office.anybody().get("/measures/missed-bin/chart/areas.csv")).text


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_may_look_and_nobody_else(office: Office, role: Role) -> None:
    staff = await office.staff(role)
    overview = unescape((await staff.get("/workspace/measures?span=12m")).text)
    assert "What the public sees" in overview
    part = await staff.wire.get("/workspace/measures/missed-bin?part=live")
    assert (part.status, "<html" in part.text) == (200, False)
    stranger = office.anybody()
    for path in ("/workspace/measures", "/workspace/measures/all/chart/channels.csv"):
        assert (await stranger.get(path)).status == 303


async def test_what_is_not_there_and_days_that_are_none(office: Office) -> None:
    staff = await office.staff(Role.VIEWER)
    await staff.get("/workspace/measures/nothing", status=404)
    await staff.get("/workspace/measures/nothing/chart/channels.svg", status=404)
    await staff.get("/workspace/measures/all/chart/nothing.svg", status=404)
    await staff.get("/workspace/measures/all/chart/channels.svg?span=own", status=400)
    refused = await staff.get("/workspace/measures?span=own&from=x&to=2026-01-01", status=400)
    assert '<a href="#from">' in refused.text
