"""A case's place in, its ward out; and boundaries that come after the cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from commonhall.casework.counting import ward_of
from commonhall.casework.desk import Desk
from commonhall.casework.journeys import Journey, answer_page, start_journey, submit_journey
from commonhall.casework.placing import Placed, place_cases
from commonhall.directory.directory import Directory
from commonhall.directory.wards import Wards
from commonhall.engine.back_office import CaseLocation
from commonhall.engine.package import Adopted
from commonhall.reporting import measures, rolling
from tests.casework.conftest import ANSWERS, COUNCIL
from tests.directory.made_wards import SOUTH, WEST, with_wards

IN_ELM = (SOUTH + 0.05, WEST + 0.05)
POSTCODES = (("B91 3QT", "E05000001"), ("B91 3QJ", "E05000002"))


@pytest.fixture
def wards(tmp_path: Path, directory: Directory) -> Wards:
    """Three wards of the council, and which postcodes are in which."""
    return with_wards(tmp_path / "directory", directory, POSTCODES).wards


async def sent(desk: Desk, adopted: Adopted, postcode: str) -> Journey:
    """A case of a place with this postcode."""
    home: Mapping[str, Any] = {**ANSWERS["home"], "postcode": postcode}
    journey = await start_journey(desk, adopted, COUNCIL, browser="b", language="en")
    await answer_page(desk, adopted, COUNCIL, journey, browser="b", answers={**ANSWERS, "home": home})
    return await submit_journey(desk, COUNCIL, journey, browser="b")


async def by_ward(desk: Desk) -> dict[str, int]:
    """What dashboards show, once all is counted."""
    await rolling.roll_up(desk.store, COUNCIL)
    assert await rolling.check(desk.store, COUNCIL) == []
    day = desk.today()
    return {
        place.name: place.cases
        for place in await measures.places(desk.store, COUNCIL, "lost-cat", day, day, "ward")
    }


def test_the_place_on_the_map_says_it_before_the_postcode(wards: Wards) -> None:
    assert ward_of(CaseLocation(postcode="B91 3QJ"), COUNCIL, wards) == "E05000002"
    there = CaseLocation(postcode="B91 3QJ", lat=IN_ELM[0], long=IN_ELM[1])
    assert ward_of(there, COUNCIL, wards) == "E05000001"
    assert ward_of(CaseLocation(lat=55.0, long=-1.8, postcode="B91 3QJ"), COUNCIL, wards) is None
    assert ward_of(CaseLocation(description="by the gate"), COUNCIL, wards) is None
    assert ward_of(CaseLocation(postcode="B91 3QJ"), COUNCIL, Wards()) is None


async def test_a_case_is_counted_in_its_ward_when_it_is_sent(
    desk: Desk, lost_cat: Adopted, wards: Wards
) -> None:
    placed = replace(desk, wards=wards)
    for postcode in ("B91 3QT", "B91 3QT", "B91 3QJ", "B92 7AA"):
        await sent(placed, lost_cat, postcode)
    assert await by_ward(desk) == {"E05000001": 2, "E05000002": 1}
    await rolling.rebuild(desk.store, COUNCIL)
    assert await by_ward(desk) == {"E05000001": 2, "E05000002": 1}


async def test_cases_from_before_the_boundaries_are_placed_and_counted(
    desk: Desk, lost_cat: Adopted, wards: Wards
) -> None:
    for postcode in ("B91 3QT", "B91 3QJ", "B92 7AA"):
        await sent(desk, lost_cat, postcode)
    forgotten = await sent(desk, lost_cat, "B91 3QT")
    await desk.store.owner.execute(
        "update council_case set location = '{}', redacted_at = now() where reference = $1",
        forgotten.reference,
    )
    assert await by_ward(desk) == {}
    placed = replace(desk, wards=wards)
    assert [part async for part in place_cases(placed, COUNCIL)] == [Placed(3, 2, 0)]
    assert await by_ward(desk) == {"E05000001": 1, "E05000002": 1}
    assert [part async for part in place_cases(placed, COUNCIL)] == [Placed(3, 0, 0)], "twice is harmless"


async def test_new_boundaries_move_cases_and_a_redacted_one_stays_where_it_was(
    desk: Desk, lost_cat: Adopted, wards: Wards, tmp_path: Path, directory: Directory
) -> None:
    old = replace(desk, wards=wards)
    await sent(old, lost_cat, "B91 3QT")
    forgotten = await sent(old, lost_cat, "B91 3QT")
    await desk.store.owner.execute(
        "update council_case set location = '{}', redacted_at = now() where reference = $1",
        forgotten.reference,
    )
    newer = with_wards(tmp_path / "newer", directory, (("B91 3QT", "E05000003"),)).wards
    assert [part async for part in place_cases(replace(desk, wards=newer), COUNCIL)] == [Placed(1, 1, 0)]
    assert await by_ward(desk) == {"E05000001": 1, "E05000003": 1}


async def test_what_is_not_known_of_a_postcode_takes_no_case_out_of_its_ward(
    desk: Desk, lost_cat: Adopted, wards: Wards, tmp_path: Path, directory: Directory
) -> None:
    await sent(replace(desk, wards=wards), lost_cat, "B91 3QT")
    for number, postcodes in enumerate([(), (("B91 3QJ", "E05000002"),), (("B91 3QT", "E05999999"),)]):
        other = with_wards(tmp_path / str(number), directory, postcodes).wards
        assert [part async for part in place_cases(replace(desk, wards=other), COUNCIL)] == [Placed(1, 0, 0)]
    assert await by_ward(desk) == {"E05000001": 1}


async def test_a_place_on_the_map_outside_all_wards_takes_its_case_out(
    desk: Desk, lost_cat: Adopted, wards: Wards
) -> None:
    placed = replace(desk, wards=wards)
    await sent(placed, lost_cat, "B91 3QT")
    await desk.store.owner.execute(
        'update council_case set location = location || \'{"lat": 55.0, "long": -1.8}\''
    )
    assert [part async for part in place_cases(placed, COUNCIL)] == [Placed(1, 0, 1)]
    assert await by_ward(desk) == {}
