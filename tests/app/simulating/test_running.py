"""A simulation on a database: the same for the same seed, never twice, through the real code, and marked as what it is."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.conftest import HOME

from commonhall.app.councils import Sources, apply_councils
from commonhall.app.demo import demo_variables
from commonhall.app.settings import SettingsRefused
from commonhall.app.simulating.marks import Wanted
from commonhall.app.simulating.running import Progress, simulate
from commonhall.app.simulating.visits import BACK_OFFICE, Counts
from commonhall.app.traffic import traffic_wanted
from commonhall.app.wiring import House
from commonhall.casework.deliveries import list_due, list_waiting, reconcile
from commonhall.casework.journeys import start_journey
from commonhall.casework.sites import Site
from commonhall.reporting.rolling import check
from commonhall.storage.councils import mark_simulated, own_config

from .conftest import FIRST, LAST, WANTED, measures

COUNCIL = "solihull"


def site_of(house: House) -> Site:
    site = house.sites.of_council(COUNCIL)
    assert site is not None
    return site


async def play(house: House, wanted: Wanted = WANTED, progress: Progress = lambda *_: None) -> Counts:
    return await simulate(house, [site_of(house)], wanted, 2, progress)


async def test_the_same_seed_gives_the_same_measures(house: House, other_house: House) -> None:
    done = await play(house)
    assert done.journeys > 60
    assert (await play(other_house)) == done
    assert await measures(house) == await measures(other_house)
    assert len(await measures(house)) == done.journeys
    assert await check(house.store, COUNCIL) == [], "the roll-ups are what counting anew gives"


async def test_another_seed_gives_other_people(house: House, other_house: House) -> None:
    await play(house)
    await play(other_house, replace(WANTED, seed=8))
    assert await measures(house) != await measures(other_house)


async def test_twice_adds_nothing(house: House) -> None:
    await play(house)
    before = await measures(house)
    assert traffic_wanted([site_of(house)]) == ()
    assert await play(house) == Counts()
    assert await play(house, replace(WANTED, first=None, until=datetime(2026, 2, 1, tzinfo=UTC))) == Counts()
    assert await measures(house) == before


async def test_broken_off_it_goes_on_where_it_stopped(house: House, other_house: House) -> None:
    class Stop(Exception):  # noqa: N818
        pass

    def stop_half_way(_council: str, share: float, _journeys: int) -> None:
        if share > 0.4:
            raise Stop

    with pytest.raises(Stop):
        await play(house, WANTED, stop_half_way)
    await house.sites.refresh()
    mark = site_of(house).simulated
    assert mark is not None
    assert mark.done < mark.until
    assert traffic_wanted([site_of(house)]) == (COUNCIL,)
    await play(house)
    whole = await play(other_house)
    assert await measures(house) == await measures(other_house)
    assert len(await measures(house)) == whole.journeys


async def test_a_later_end_goes_on_from_the_earlier(house: House, other_house: House) -> None:
    first = await play(house, replace(WANTED, until=datetime(2026, 2, 18, 11, 20, tzinfo=UTC)))
    rest = await play(house)
    whole = await play(other_house)
    assert first.journeys + rest.journeys == whole.journeys
    assert await measures(house) == await measures(other_house)


async def test_two_at_once_do_it_once(house: House, other_house: House) -> None:
    ended = await asyncio.gather(play(house), play(house), return_exceptions=True)
    refused = [one for one in ended if isinstance(one, SettingsRefused)]
    assert all("another process simulates solihull" in str(one) for one in refused)
    assert not [one for one in ended if isinstance(one, BaseException) and one not in refused]
    await play(house)
    await play(other_house)
    assert await measures(house) == await measures(other_house)


async def test_it_is_not_mixed_with_another_simulation(house: House) -> None:
    await play(house)
    before = await measures(house)
    for other in (
        replace(WANTED, seed=8),
        replace(WANTED, scale=0.5),
        replace(WANTED, first=datetime(2026, 1, 1, tzinfo=UTC).date()),
        replace(WANTED, services=("pothole",)),
    ):
        with pytest.raises(SettingsRefused, match="is simulated already, from 2026-01-20 with seed 7"):
            await play(house, other)
    assert await measures(house) == before


async def test_real_figures_are_not_spoilt(house: House) -> None:
    site = site_of(house)
    await start_journey(house.desk, site.services[0], COUNCIL, browser="somebody", language="en")
    before = await measures(house)
    with pytest.raises(SettingsRefused, match="solihull has real figures"):
        await simulate(house, [replace(site, demonstration=False)], WANTED, 1, lambda *_: None)
    assert await measures(house) == before


async def test_what_cannot_be_simulated_is_told(house: House) -> None:
    with pytest.raises(SettingsRefused, match="does not offer tree-felling"):
        await play(house, replace(WANTED, services=("tree-felling",)))
    with pytest.raises(SettingsRefused, match="nothing lies between"):
        await play(house, replace(WANTED, until=datetime(2026, 1, 20, tzinfo=UTC)))


async def test_no_delivery_is_lost_and_none_goes_to_a_real_back_office(house: House) -> None:
    done = await play(house)
    proof = await reconcile(house.desk, COUNCIL)
    assert proof.holds
    assert [(one.connector, one.accepted, one.delivered) for one in proof.balances] == [
        (BACK_OFFICE, done.cases, done.cases)
    ]
    assert proof.cases == done.cases > 0
    assert await list_waiting(house.desk, COUNCIL) == []
    assert await list_due(house.desk) == []


async def test_what_waits_for_the_simulated_back_office_waits_for_no_worker(house: House) -> None:
    await play(house)
    # As if it had broken off in between, which one transaction does not let happen.
    await house.store.owner.execute("update delivery set delivered_at = null")
    assert await list_due(house.desk) == []


async def test_everything_happens_in_the_span_and_in_order(house: House) -> None:
    await play(house)
    owner = house.store.owner
    rows = await owner.fetch(
        "select c.submitted_at, u.at, u.sequence, u.status from council_case c join case_update u using (council, reference)"
    )
    assert all(row["submitted_at"] <= row["at"] < LAST for row in rows)
    assert min(row["submitted_at"].date() for row in rows) >= FIRST
    late = await owner.fetchval(
        "select count(*) from (select at < lag(at) over (partition by reference order by sequence) as back"
        " from case_update) as steps where back"
    )
    assert late == 0
    states = Counter(row["status"] for row in rows)
    assert {"open", "investigating", "fixed", "closed"} <= states.keys()
    delays = await owner.fetch("select delivered_at - created_at as wait from delivery")
    assert all(0 < row["wait"].total_seconds() <= 3900 for row in delays)


async def test_people_end_in_every_way_and_tell_again_of_the_same_place(house: House) -> None:
    done = await play(house, replace(WANTED, scale=0.2, services=("missed-bin", "pothole")))
    rows = await measures(house)
    outcomes = Counter(row[5] for row in rows)
    assert outcomes.keys() >= {"submitted", "ineligible", "abandoned"}
    assert outcomes["submitted"] == done.cases
    assert Counter(row[2] for row in rows).keys() >= {"online", "phone", "api"}
    again = Counter(row[16] for row in rows)
    assert again["chase"] > 0
    assert again["repeat"] > 0
    assert again["chase"] + again["repeat"] >= done.again * 0.7
    assert all(row[18] for row in rows if row[5] == "submitted"), "every case has its area"
    assert done.refused > 0


async def test_a_council_is_marked_before_and_after_its_settings_are_applied_anew(
    house: House, tmp_path: Path
) -> None:
    assert site_of(house).simulated is None
    await play(house)
    mark = site_of(house).simulated
    assert mark is not None
    assert (mark.seed, mark.first, mark.until, mark.done) == (7, FIRST, LAST, LAST)
    variables = demo_variables(house.settings, "http://localhost:8001")
    sources = Sources(HOME / "services", HOME / "demo" / "councils" / "solihull.yaml", variables)
    await apply_councils(house, sources, lambda name: None, demonstration=True)
    assert site_of(house).simulated == mark
    await mark_simulated(
        house.store, COUNCIL, {**(await own_config(house.store, COUNCIL))["simulated"]}, tell=True
    )
    await house.sites.refresh()
    assert site_of(house).simulated == mark
