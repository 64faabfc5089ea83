"""The 382 councils, their counties, and former codes."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from commonhall.directory.councils import Council, Councils, councils_data, councils_from
from commonhall.directory.directory import Directory


def test_there_are_382_councils_each_with_its_own_slug_and_code(directory: Directory) -> None:
    councils = directory.councils.all
    assert (
        len(councils) == len({each.slug for each in councils}) == len({each.gss for each in councils}) == 382
    )
    assert [each.name for each in councils] == sorted(each.name for each in councils)
    assert Counter(each.nation for each in councils) == {
        "England": 317,
        "Scotland": 32,
        "Wales": 22,
        "Northern Ireland": 11,
    }
    assert Counter(each.tier for each in councils) == {"district": 164, "unitary": 197, "county": 21}


def test_a_district_has_a_county_and_nobody_else_has_one(directory: Directory) -> None:
    for council in directory.councils.all:
        county = directory.councils.parent(council)
        if council.tier == "district":
            assert county is not None, council.slug
            assert county.tier == "county"
            assert council in directory.councils.children(county)
        else:
            assert county is None, council.slug
            assert council.parent_slug is None
    counties = [each for each in directory.councils.all if each.tier == "county"]
    assert all(directory.councils.children(county) for county in counties)


def test_every_council_can_be_shown_and_reached(directory: Directory) -> None:
    for council in directory.councils.all:
        for text in (council.name, council.short_name, council.region, council.type):
            assert text
            assert text == text.strip()
        assert council.homepage_url.startswith(("https://", "http://")), council.slug
        assert council.population is None or council.population > 1000
        if council.latitude is not None and council.longitude is not None:
            assert 49 < council.latitude < 61
            assert -9 < council.longitude < 2


def test_a_council_is_found_by_slug_and_by_code(directory: Directory) -> None:
    solihull = directory.councils.council("solihull")
    assert solihull is not None
    assert (solihull.tier, solihull.nation, solihull.gss) == ("unitary", "England", "E08000029")
    assert directory.councils.by_gss("E08000029") is solihull
    assert directory.councils.council("atlantis") is None
    assert directory.councils.by_gss("E99999999") is None


def test_every_former_code_leads_to_the_council_that_holds_the_area_now(
    directory: Directory, shared_data: Path
) -> None:
    with (shared_data / "gss_aliases.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        now = directory.councils.by_gss(row["old_gss"])
        if row["current_gss"].startswith("E47"):
            assert now is None, "a combined authority is not a council"
        else:
            assert now is not None, row
            assert now.gss == row["current_gss"]


def _council(gss: str) -> Council:
    return Council(
        gss.lower(), gss, gss, gss, "England", "", "unitary", "", None, "https://x.example", None, None, None
    )


def test_a_chain_of_former_codes_is_followed_and_a_ring_ends() -> None:
    councils = Councils(
        (_council("NOW"),), {"OLD": "OLDER", "OLDER": "NOW", "RING": "ROUND", "ROUND": "RING"}
    )
    assert councils.by_gss("OLD") == _council("NOW")
    assert councils.by_gss("RING") is None


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from("abcdefghN")))
def test_following_former_codes_always_ends(aliases: dict[str, str]) -> None:
    councils = Councils((_council("N"),), aliases)
    for code in "abcdefghN":
        found = councils.by_gss(code)
        assert found is None or found.gss == "N"


def test_names_are_compiled_without_stray_spaces() -> None:
    columns = "gss,slug,name,short_name,nation,region,tier,type,parent_slug,homepage_url,population_2020,latitude,longitude"
    row = dict.fromkeys(columns.split(","), "") | {"gss": "N", "slug": "n", "name": "N ", "short_name": " N "}
    (council,) = councils_from(councils_data([row], [])).all
    assert (council.name, council.short_name, council.population, council.parent_slug) == (
        "N",
        "N",
        None,
        None,
    )
    assert replace(council, name="M") != council
