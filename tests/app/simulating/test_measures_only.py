"""Measures without cases: as many as are asked for, at the shares of people's own, counted rightly and marked."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from commonhall.app.settings import SettingsRefused
from commonhall.app.simulating.marks import usual_day
from commonhall.app.simulating.measures_only import Written, simulate_measures
from commonhall.app.simulating.running import simulate
from commonhall.app.wiring import House
from commonhall.reporting.rolling import check
from commonhall.storage.queries import Query
from commonhall.storage.queries import measures as q

from .conftest import FIRST, LAST, WANTED, measures

COUNCIL, CASES = "solihull", 6000


async def write(house: House, seed: int = 7) -> Written:
    sites = [site for site in house.sites.all() if site.council == COUNCIL]
    scale = CASES / (usual_day(house, sites, ()).cases * (LAST.date() - FIRST).days)
    wanted = replace(WANTED, seed=seed, scale=scale, measures_only=True)
    return await simulate_measures(house, sites, wanted, 2, lambda *_: None)


async def test_as_many_as_were_asked_for_and_as_they_are_told(house: House) -> None:
    done = await write(house)
    rows = await measures(house)
    assert done.rows == len(rows)
    outcomes = Counter(row[5] for row in rows)
    assert outcomes["submitted"] == pytest.approx(CASES, rel=0.25), "by season and chance"
    assert outcomes.keys() == {"submitted", "ineligible", "elsewhere", "abandoned"}
    assert 0.06 < outcomes["abandoned"] / len(rows) < 0.25
    channels = Counter(row[2] for row in rows)
    assert channels.keys() == {"online", "phone", "in-person", "api"}
    assert 0.5 < (channels["online"] + channels["api"]) / len(rows) < 0.85
    closed = [row for row in rows if row[12] is not None]
    assert 0.6 < sum(row[12] <= row[10] for row in closed) / len(closed) < 0.95
    for row in rows:
        assert FIRST <= row[3] <= LAST.date()
        assert (row[9] is None) == (row[5] != "submitted") == (row[18] is None)
        assert row[12] is None or row[12] >= row[9]
        assert row[8] is not None, "each came to some page"


async def test_they_are_counted_rightly_and_marked(house: House) -> None:
    await write(house)
    assert await check(house.store, COUNCIL) == []
    assert await house.store.owner.fetchval("select sum(starts) from measure_day") == len(
        await measures(house)
    )
    assert await house.store.owner.fetchval("select count(*) from measure_change") == 0
    reached = await house.store.owner.fetchval(
        "select sum(count) from measure_month where what = 'reached' and service = 'pothole'"
    )
    assert reached > 0
    await house.sites.refresh()
    site = house.sites.of_council(COUNCIL)
    assert site is not None
    assert site.simulated is not None
    assert site.simulated.measures_only


async def test_where_the_database_must_note_what_changes_it_comes_to_the_same(
    house: House, other_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write(house)
    never = Query("may_pass_by", "Never.", "select false where $1::text is not null")
    monkeypatch.setattr(q, "MAY_PASS_BY", never)
    await write(other_house)
    assert await measures(house) == await measures(other_house)
    assert await check(other_house.store, COUNCIL) == []
    assert await other_house.store.owner.fetchval("select count(*) from measure_change") == 0


async def test_twice_adds_nothing_and_cases_are_not_mixed_with_it(house: House) -> None:
    await write(house)
    before = await measures(house)
    assert await write(house) == Written(0, 0.0, 0.0)
    with pytest.raises(SettingsRefused, match="is simulated already"):
        await write(house, seed=8)
    with pytest.raises(SettingsRefused, match="is simulated already"):
        await simulate(house, house.sites.all(), WANTED, 1, lambda *_: None)
    assert await measures(house) == before
