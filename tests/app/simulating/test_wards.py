"""Wards that are made up: a demonstration has a map, and simulated cases are where their streets are."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
import shapely

from commonhall.app.simulating.places import Places
from commonhall.app.simulating.wards import make_up_wards
from commonhall.casework.counting import ward_of
from commonhall.directory.directory import Directory, open_directory
from commonhall.engine.back_office import CaseLocation

COUNCILS = ("solihull", "surrey", "nottinghamshire", "nottingham", "rushcliffe")


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory, directory: Directory) -> Directory:
    folder = tmp_path_factory.mktemp("made-up")
    make_up_wards(folder, COUNCILS, directory)
    return open_directory(folder)


@pytest.mark.parametrize("slug", ["solihull", "surrey", "nottingham"])
def test_wards_meet_without_a_gap_or_an_overlap(made_up: Directory, slug: str) -> None:
    wards = made_up.wards.of(slug)
    assert len(wards) == len({ward.name for ward in wards}) == len({ward.code for ward in wards}) >= 6
    shapes = [ward.shape for ward in wards]
    together = shapely.union_all(shapes)
    assert together.geom_type == "Polygon"
    assert sum(shape.area for shape in shapes) == pytest.approx(together.area)
    sizes = sorted(shape.area for shape in shapes)
    assert sizes[-1] < 8 * sizes[0], "none is a sliver"


def test_the_same_council_has_the_same_wards(
    tmp_path: Path, made_up: Directory, directory: Directory
) -> None:
    make_up_wards(tmp_path, COUNCILS[:1], directory)
    again = open_directory(tmp_path).wards.of("solihull")
    assert [ward.shape.wkt for ward in again] == [ward.shape.wkt for ward in made_up.wards.of("solihull")]


def test_it_says_that_they_are_made_up(made_up: Directory) -> None:
    assert "made up" in made_up.wards.attribution("en")
    assert "wedi’u dyfeisio" in made_up.wards.attribution("cy")
    assert all(ward.code.startswith("solihull-") for ward in made_up.wards.of("solihull"))


@pytest.mark.parametrize("slug", ["solihull", "surrey"])
def test_a_simulated_case_is_in_the_ward_of_its_street(made_up: Directory, slug: str) -> None:
    council = made_up.councils.council(slug)
    assert council is not None
    places = Places(council, made_up)
    names = {ward.code: ward.name for ward in made_up.wards.of(slug)}
    assert set(places.wards) == set(names.values())
    for street in places.streets:
        by_place = made_up.wards.at(slug, street.lat, street.long)
        assert by_place is not None
        assert names[by_place] == street.ward
        by_postcode = made_up.wards.of_postcode(slug, street.postcode)
        assert by_postcode == by_place, street


def test_without_wards_a_simulated_case_is_in_none(directory: Directory) -> None:
    council = directory.councils.council("solihull")
    assert council is not None
    spot = Places(council, directory).spot(Random(1))
    address = spot.address()
    where = CaseLocation(address["line1"], address["postcode"])
    assert ward_of(where, "solihull", directory.wards) is None
