"""Cases by ward: a map, and a table that says the same; the public is told no small number by either."""

from __future__ import annotations

import csv
import io
import itertools
from dataclasses import replace
from datetime import date
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhall.directory.directory import Directory
from commonhall.directory.wards import Wards
from commonhall.reporting.counts import Counts
from commonhall.reporting.measures import Place, Point
from commonhall.web.assets import Assets
from commonhall.web.charts.artist import Artist
from commonhall.web.charts.chart import Gap
from commonhall.web.charts.maps import DARK, INK, SHADES, WHITE, Outlines, Region, choropleth
from commonhall.web.dashboards.board import Subject, Warded
from commonhall.web.dashboards.dashboards import Dashboards, Whose
from commonhall.web.dashboards.guard import PUBLIC, STAFF, Guard
from commonhall.web.dashboards.spans import Span
from commonhall.web.dashboards.warding import MOST_BANDS, bands_of, outlines, wards_drawn
from tests.directory.made_wards import with_wards
from tests.web.dashboards.counted import reports
from tests.web.rendered import faults_of_html
from tests.web.test_resident_views import URL, Memory, Town, app_of, town

__all__ = ["town"]

PAGE = "/measures/lost-cat?span=12m"


@pytest.fixture(scope="module")
def wards(tmp_path_factory: pytest.TempPathFactory, directory: Directory) -> Wards:
    """Ash, Elm and Oak, side by side."""
    return with_wards(tmp_path_factory.mktemp("wards"), directory).wards


def drawn(wards: Wards, guard: Guard, language: str = "en", **cases: int) -> Any:
    """The map and table of so many cases in each ward."""
    codes = {"elm": "E05000001", "ash": "E05000002", "oak": "E05000003", "gone": "E05000077"}
    places = tuple(Place(codes[name], count) for name, count in cases.items())
    warded = Warded(places, wards.of("solihull"), "", sum(cases.values()))
    return wards_drawn(warded, Subject(language, guard, date(2026, 3, 10)))


def fills(spec: dict[str, Any]) -> dict[str, str]:
    """The colour of each number's area."""
    areas, _, numbers = spec["layer"]
    scale = areas["encoding"]["color"]["scale"]
    colours = dict(zip(scale["domain"], scale["range"], strict=True))
    bands = [area["properties"]["band"] for area in areas["data"]["values"]]
    return dict(
        zip(
            (one["number"] for one in numbers["data"]["values"]),
            (colours[band] for band in bands),
            strict=True,
        )
    )


@given(most=st.integers(1, 10**9))
def test_classes_have_the_same_width_and_hold_every_count_once(most: int) -> None:
    bands = bands_of(most)
    assert 1 <= len(bands) <= MOST_BANDS
    assert bands[0][0] == 1
    assert bands[-1][0] <= most <= bands[-1][1]
    assert all(low == before[1] + 1 for before, (low, _) in itertools.pairwise(bands))
    assert len({high - low for low, high in bands}) == 1


def test_more_cases_are_darker_and_none_is_white(wards: Wards) -> None:
    pair, alt, columns, rows = drawn(wards, STAFF, elm=100, oak=7)
    assert fills(pair.wide) == fills(pair.narrow) == {"1": WHITE, "2": SHADES[-1], "3": SHADES[0]}
    assert [column.key for column in columns] == ["ward", "number", "code", "cases"]
    assert rows == [
        ("Ash", "1", "E05000002", 0),
        ("Elm", "2", "E05000001", 100),
        ("Oak", "3", "E05000003", 7),
    ]
    assert alt == "Map of the wards, darker where more cases are. Elm 100; Oak 7; Ash 0."


def test_the_public_is_not_told_a_small_ward_nor_one_that_would_tell_it(wards: Wards) -> None:
    pair, alt, _, rows = drawn(wards, PUBLIC, elm=100, ash=31, oak=4)
    assert [row[3] for row in rows] == [Gap.SMALL, 100, Gap.SMALL]
    assert fills(pair.wide) == {"1": WHITE, "2": SHADES[-1], "3": WHITE}
    assert alt == "Map of the wards, darker where more cases are. Elm 100."


def test_there_is_no_map_where_all_is_kept_back_but_every_ward_is_in_the_table(wards: Wards) -> None:
    pair, _, _, rows = drawn(wards, PUBLIC, elm=4, ash=3)
    assert (pair.wide, pair.narrow) == ({}, {})
    assert [(row[0], row[3]) for row in rows] == [("Ash", Gap.SMALL), ("Elm", Gap.SMALL), ("Oak", Gap.SMALL)]


def test_a_ward_of_former_boundaries_is_in_the_table_and_not_on_the_map(wards: Wards) -> None:
    pair, _, _, rows = drawn(wards, STAFF, elm=12, gone=3)
    assert rows[-1] == ("E05000077", "not drawn", "E05000077", 3)
    assert len(fills(pair.wide)) == 3
    for gone in (3, 300):
        _, _, _, shown = drawn(wards, PUBLIC, elm=12, ash=40, oak=40, gone=gone)
        assert [row[0] for row in shown] == ["Ash", "Elm", "Oak"], "a row would say that there was a case"


def luminance(colour: str) -> float:
    """As WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("shade", [*SHADES, WHITE])
def test_every_number_can_be_read_on_its_shade(shade: str) -> None:
    light, dark = sorted((luminance(shade), luminance(WHITE if shade in DARK else INK)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_the_colour_of_a_number_is_that_of_its_shade_however_many_classes_there_are(count: int) -> None:
    shape = {"type": "Polygon", "coordinates": []}
    outlines = Outlines(tuple(Region(str(n), shape, (n, 1), 100) for n in range(count)), 500, 500)
    bands = [f"band {n}" for n in range(count)]
    spec = choropleth(outlines, bands, ["none"], bands, description="a test").wide
    colours = spec["layer"][0]["encoding"]["color"]["scale"]["range"]
    inks = [one["colour"] for one in spec["layer"][2]["data"]["values"]]
    assert inks == [WHITE if colour in DARK else INK for colour in colours[:count]]


def test_a_ward_too_small_for_its_number_has_none() -> None:
    shape = {"type": "Polygon", "coordinates": []}
    regions = (Region("1", shape, (1, 1), 40), Region("2", shape, (5, 5), 1))
    spec = choropleth(Outlines(regions, 500, 500), ["some"], [], ["some", "some"], description="a test")
    assert [one["number"] for one in spec.wide["layer"][2]["data"]["values"]] == ["1"]
    assert len(spec.wide["layer"][0]["data"]["values"]) == 2


def test_no_class_begins_below_what_the_public_may_know(wards: Wards) -> None:
    pair, _, _, _ = drawn(wards, PUBLIC, elm=12, ash=11, oak=10)
    assert pair.wide["layer"][0]["encoding"]["color"]["scale"]["domain"] == ["10", "11 to 15"]


def test_wards_are_called_as_the_language_calls_them(wards: Wards) -> None:
    boundaries = tuple(replace(ward, welsh=f"{ward.name} Cymraeg") for ward in wards.of("solihull"))
    warded = Warded((Place("E05000001", 40),), boundaries, "", 40)
    for language, name in (("en", "Ash"), ("cy", "Ash Cymraeg")):
        _, _, _, rows = wards_drawn(warded, Subject(language, STAFF, date(2026, 3, 10)))
        assert rows[0][0] == name


def test_neighbours_keep_the_line_between_them(wards: Wards) -> None:
    ash, elm, oak = (
        set(map(tuple, one.shape["coordinates"][0])) for one in outlines(wards.of("solihull")).regions
    )
    assert len(elm & ash) == len(ash & oak) == 2, "two corners of each square are its neighbour's"
    assert not elm & oak


async def months_of(sent: int) -> list[Point]:
    return [Point(date(2026, 3, 1), Counts(starts=sent, submitted=sent, sent=sent), {})]


COUNTED = replace(reports(("lost-cat",), ("ours", "seen")), series=lambda *_: months_of(200))
"""Of 200 cases 155 are in a ward."""


@pytest.mark.parametrize(
    ("guard", "sent", "shown"),
    [
        (PUBLIC, 200, {"wards"}),
        (PUBLIC, 400, {"areas"}),
        (STAFF, 200, {"wards", "areas", "streets"}),
        (STAFF, 400, {"wards", "areas", "streets"}),
    ],
)
async def test_the_public_sees_wards_in_place_of_areas_where_most_cases_are_in_one_and_staff_see_both(
    wards: Wards, artist: Artist, guard: Guard, sent: int, shown: set[str]
) -> None:
    counted = replace(COUNTED, series=lambda *_: months_of(sent))
    today = date(2026, 3, 10)
    board = await Dashboards(counted, artist, wards=wards).board(
        Whose("solihull", "lost-cat"),
        Subject("en", guard, today),
        Span("12m", date(2025, 4, 1), today, "month"),
    )
    assert {chart.name for chart in board.charts} & {"wards", "areas", "streets"} == shown


@pytest.fixture
def browser(town: Town, assets: Assets, artist: Artist, wards: Wards) -> httpx2.AsyncClient:
    """A browser of a council with wards."""
    both = Town(replace(town.site, council="solihull", languages=("en", "cy")))
    dashboards = Dashboards(COUNTED, artist, wards=wards)
    app = app_of(both, Memory(), assets, dashboards=dashboards)
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=URL)


async def test_the_page_has_the_map_its_table_and_whose_the_boundaries_are(
    browser: httpx2.AsyncClient,
) -> None:
    page = (await browser.get(PAGE)).text
    assert faults_of_html(page) == []
    assert 'id="chart-wards"' in page
    assert "Source: Office for National Statistics" in page
    assert "a darker one is not a worse one" in page
    assert "In a ward that is known: " in page
    assert 'id="chart-areas"' not in page, "two divisions of the same cases could tell what either keeps back"
    picture = await browser.get("/measures/lost-cat/chart/wards.svg?span=12m")
    assert (picture.status_code, picture.headers["content-type"].split(";")[0]) == (200, "image/svg+xml")
    welsh = (await browser.get("/cy" + PAGE)).text
    assert "Yn ôl ward" in welsh


async def test_the_table_can_be_fetched_as_csv(browser: httpx2.AsyncClient) -> None:
    text = (await browser.get("/measures/lost-cat/chart/wards.csv?span=12m")).text
    assert list(csv.reader(io.StringIO(text))) == [
        ["ward", "number", "code", "cases"],
        ["Ash", "1", "E05000002", "[c]"],
        ["Elm", "2", "E05000001", "120"],
        ["Oak", "3", "E05000003", "[c]"],
    ]


@pytest.mark.parametrize(
    "path", ["/measures/lost-cat/chart/areas.csv?span=12m", "/measures/lost-cat/chart/areas.svg"]
)
async def test_there_is_no_other_way_to_the_areas(browser: httpx2.AsyncClient, path: str) -> None:
    assert (await browser.get(path)).status_code == 404
