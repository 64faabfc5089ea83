"""Boundaries in, a place's ward out; a file that cannot be used leaves the former ones in use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from commonhall.directory.boundaries import (
    ONS_ATTRIBUTION,
    BoundariesRefused,
    BoundariesReport,
    import_boundaries,
)
from commonhall.directory.directory import WARD_FILE, Directory, open_directory
from commonhall.directory.onspd import import_onspd
from commonhall.directory.sealed import FileRefused, put
from commonhall.directory.wards import WARDS as WARDS_KIND
from commonhall.directory.wards import Ward, Wards, compile_wards
from tests.directory.made_wards import (
    SIDE,
    SOLIHULL,
    SOUTH,
    WARDS,
    WEST,
    feature,
    geojson,
    square,
    with_wards,
)

TakeIn = Callable[..., BoundariesReport]
NEWER_ONSPD = """pcds,doterm,lad24cd,wd24cd
B91 3QT,,E08000029,E05000001
B91 3QJ,,E08000029,E05000002
B91 1AA,202401,E08000029,E05000003
CV31 1AA,,E07000222,E05000011
B91 1AB,,E08000029,E05999999
B91 1AD,,E08000029,
"""


@pytest.fixture
def take_in(tmp_path: Path, directory: Directory) -> TakeIn:
    """Import a file into a folder of the test's own."""
    return lambda path, **more: import_boundaries(path, tmp_path / "out", directory.councils, **more)


@pytest.fixture(scope="module")
def wards(tmp_path_factory: pytest.TempPathFactory, directory: Directory) -> Wards:
    """The wards of a directory that has them."""
    return with_wards(tmp_path_factory.mktemp("wards"), directory).wards


def test_a_place_is_in_the_ward_around_it(wards: Wards) -> None:
    assert wards.known
    assert [ward.name for ward in wards.of("solihull")] == ["Ash", "Elm", "Oak"]
    assert wards.at("solihull", SOUTH + 0.05, WEST + 0.05) == "E05000001"
    assert wards.at("solihull", SOUTH + 0.05, WEST + 0.15) == "E05000002"
    assert wards.at("solihull", SOUTH - 0.05, WEST + 0.05) is None, "outside of all"
    assert wards.at("solihull", SOUTH + 0.05, WEST + 0.35) is None, "in another council's ward"


def test_on_a_line_between_two_wards_it_is_the_first_by_name(wards: Wards) -> None:
    assert wards.at("solihull", SOUTH + 0.05, WEST + SIDE) == "E05000002"


def test_a_countys_wards_are_those_of_its_districts(wards: Wards) -> None:
    assert [ward.name for ward in wards.of("warwickshire")] == ["Avon", "Leek"]
    assert wards.at("warwickshire", SOUTH + 0.15, WEST + 0.35) == "E05000012"


def test_a_council_without_boundaries_has_no_wards(wards: Wards, directory: Directory) -> None:
    assert wards.of("kirklees") == ()
    assert wards.at("kirklees", 53.6, -1.8) is None
    assert (directory.wards.known, directory.wards.of("solihull")) == (False, ())
    assert directory.wards.at("solihull", 52.35, -1.85) is None


@given(across=st.floats(-0.05, 0.45), up=st.floats(-0.05, 0.25))
@settings(max_examples=300)
def test_every_place_is_in_the_square_that_arithmetic_says(wards: Wards, across: float, up: float) -> None:
    expected = {0: "E05000001", 1: "E05000002", 2: "E05000003"}
    near = min(abs(across / SIDE - round(across / SIDE)), abs(up / SIDE - round(up / SIDE)))
    inside = 0 <= up <= SIDE and 0 <= across <= 3 * SIDE
    found = wards.at("solihull", SOUTH + up, WEST + across)
    if near > 1e-6:
        assert found == (expected[int(across // SIDE)] if inside else None)


def test_the_report_says_what_was_taken_and_whose_it_is(take_in: TakeIn, tmp_path: Path) -> None:
    report = take_in(geojson(tmp_path / "Wards_May_2024_BGC.geojson"))
    assert (report.wards, report.councils, report.left_out_count) == (5, 3, 0)
    assert report.size == (tmp_path / "out" / WARD_FILE).stat().st_size
    for language in ("en", "cy"):
        assert open_directory(tmp_path / "out").wards.attribution(language) == ONS_ATTRIBUTION[language]
    take_in(geojson(tmp_path / "own.geojson"), attribution="Drawn by Solihull")
    assert open_directory(tmp_path / "out").wards.attribution("en") == "Drawn by Solihull"


def test_a_councils_own_boundaries_may_use_plain_words(take_in: TakeIn, tmp_path: Path) -> None:
    plain = {"name": "Elm", "code": "SOL-1", "council": SOLIHULL}
    take_in(geojson(tmp_path / "a.json", [{"type": "Feature", "properties": plain, "geometry": square(0)}]))
    assert open_directory(tmp_path / "out").wards.at("solihull", SOUTH + 0.05, WEST + 0.05) == "SOL-1"


def test_metres_of_the_national_grid_are_read_as_degrees_are(
    take_in: TakeIn, tmp_path: Path, wards: Wards
) -> None:
    to_grid = Transformer.from_crs(4326, 27700, always_xy=True)

    def moved(one: Any) -> dict[str, Any]:
        ring = [list(to_grid.transform(*point)) for point in one["geometry"]["coordinates"][0]]
        return dict(one) | {"geometry": {"type": "Polygon", "coordinates": [ring]}}

    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}
    take_in(geojson(tmp_path / "grid.geojson", [moved(one) for one in WARDS], crs=crs))
    found = open_directory(tmp_path / "out").wards
    for ours, theirs in zip(found.of("solihull"), wards.of("solihull"), strict=True):
        assert ours.shape.equals_exact(theirs.shape, 1e-4)


def test_degrees_may_be_said_in_the_older_way(take_in: TakeIn, tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    assert take_in(geojson(tmp_path / "a.geojson", crs=crs)).wards == 5


def test_degrees_that_are_said_to_be_metres_are_refused(take_in: TakeIn, tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "EPSG:27700"}}
    with pytest.raises(BoundariesRefused, match="in metres of the National Grid, and this is not"):
        take_in(geojson(tmp_path / "a.geojson", crs=crs))


def test_one_ward_far_off_the_grid_does_not_end_the_import(take_in: TakeIn, tmp_path: Path) -> None:
    to_grid = Transformer.from_crs(4326, 27700, always_xy=True)
    here = [list(to_grid.transform(*point)) for point in square(0)["coordinates"][0]]
    far = [[1e9, 1e9], [1e9, 2e9], [2e9, 2e9], [1e9, 1e9]]
    crs = {"type": "name", "properties": {"name": "EPSG:27700"}}
    features = [
        feature("E05000001", "Here", SOLIHULL, {"type": "Polygon", "coordinates": [here]}),
        feature("E05000002", "Far", SOLIHULL, {"type": "Polygon", "coordinates": [far]}),
    ]
    report = take_in(geojson(tmp_path / "a.geojson", features, crs=crs))
    assert (report.wards, [place for place, _, _ in report.left_out]) == (1, [2])


def test_a_byte_order_mark_a_first_feature_without_properties_and_numbers_as_codes_are_borne(
    take_in: TakeIn, tmp_path: Path
) -> None:
    bare = {"type": "Feature", "properties": None, "geometry": square(1)}
    own = {"code": 7, "name": "Elm", "council": SOLIHULL, "name_cy": "Llwyfen"}
    path = geojson(tmp_path / "a.json", [bare, {"type": "Feature", "properties": own, "geometry": square(0)}])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert (take_in(path).wards, take_in(path).left_out) == (1, [(1, "", "it has no code or no name")])
    [ward] = open_directory(tmp_path / "out").wards.of("solihull")
    assert (ward.code, ward.named("en"), ward.named("cy")) == ("7", "Elm", "Llwyfen")


def test_a_former_councils_wards_are_todays_councils(
    take_in: TakeIn, tmp_path: Path, directory: Directory
) -> None:
    former = "E07000163"  # Craven, part of North Yorkshire since 2023.
    today = directory.councils.by_gss(former)
    assert today is not None
    take_in(geojson(tmp_path / "a.geojson", [feature("E05000099", "Settle", former, square(0))]))
    assert [ward.code for ward in open_directory(tmp_path / "out").wards.of(today.slug)] == ["E05000099"]


def test_councils_that_are_joined_after_the_import_keep_their_wards(
    tmp_path: Path, directory: Directory
) -> None:
    shape = directory_shape(tmp_path, directory)
    former = "E07000163"
    put(
        compile_wards([(Ward("E05000099", "Settle", shape), former)], "a test", {}),
        tmp_path / WARD_FILE,
        WARDS_KIND,
    )
    today = directory.councils.by_gss(former)
    assert today is not None
    assert [ward.name for ward in open_directory(tmp_path).wards.of(today.slug)] == ["Settle"]


def directory_shape(folder: Path, directory: Directory) -> Any:
    """Some shape."""
    return with_wards(folder / "other", directory).wards.of("solihull")[0].shape


def test_a_shape_that_crosses_itself_is_mended(take_in: TakeIn, tmp_path: Path) -> None:
    bow = [[-1.9, 52.3], [-1.8, 52.4], [-1.8, 52.3], [-1.9, 52.4], [-1.9, 52.3]]
    take_in(
        geojson(
            tmp_path / "a.geojson",
            [feature("E05000001", "Bow", SOLIHULL, {"type": "Polygon", "coordinates": [bow]})],
        )
    )
    assert all(ward.shape.is_valid for ward in open_directory(tmp_path / "out").wards.of("solihull"))


def test_a_part_without_any_width_is_dropped_and_the_ward_stays(take_in: TakeIn, tmp_path: Path) -> None:
    line = [[[-1.9, 52.5], [-1.8, 52.5], [-1.9, 52.5], [-1.9, 52.5]]]
    shape = {"type": "MultiPolygon", "coordinates": [square(0)["coordinates"], line]}
    assert take_in(geojson(tmp_path / "a.geojson", [feature("E05000001", "Elm", SOLIHULL, shape)])).wards == 1
    [ward] = open_directory(tmp_path / "out").wards.of("solihull")
    assert ward.shape.area == pytest.approx(SIDE * SIDE)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (feature("E05000009", "Off", "E07999999", square(0)), "no council of today has the code 'E07999999'"),
        (feature("E05000009", "Off", SOLIHULL, None), "it has no geometry"),
        (feature("E05000009", "Off", SOLIHULL, {"type": "Point", "coordinates": [-1.8, 52.3]}), "is a Point"),
        (feature("E05000009", "Off", SOLIHULL, {"type": "Polygon", "coordinates": 7}), "cannot be read"),
        (feature("E05000001", "Off", SOLIHULL, square(0)), "its code was there before"),
        (feature("", "Off", SOLIHULL, square(0)), "no code or no name"),
        (feature("E0500\x000009", "Off", SOLIHULL, square(0)), "letters, digits and hyphens"),
        (feature("E" * 41, "Off", SOLIHULL, square(0)), "at most 40 letters"),
        (feature("E05000009", "O" * 121, SOLIHULL, square(0)), "at most 120 characters"),
        (feature("E05000009", "O\x07ff", SOLIHULL, square(0)), "that can be printed"),
        (
            feature(
                "E05000009", "Off", SOLIHULL,
                {"type": "Polygon", "coordinates": [[[52.3, -1.9], [52.4, -1.9], [52.4, -1.8], [52.3, -1.9]]]},
            ),
            "outside the United Kingdom: coordinates must be longitude, latitude",
        ),
    ],
)  # fmt: skip
def test_a_ward_that_cannot_be_used_is_named_with_its_place(
    take_in: TakeIn, tmp_path: Path, given: dict[str, Any], says: str
) -> None:
    report = take_in(geojson(tmp_path / "a.geojson", [*WARDS, given]))
    assert (report.wards, report.left_out_count) == (5, 1)
    [(place, _, why)] = report.left_out
    assert place == 6
    assert says in why


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read"),
        ("", "is not GeoJSON in UTF-8"),
        ("\x00\x01", "is not GeoJSON"),
        ('{"features": null}', "is not GeoJSON"),
        ('{"type": "FeatureCollection", "features": ' + "[" * 100_000, "is not GeoJSON"),
        ("PK\x03\x04", "download the boundaries again, as GeoJSON"),
        ("{}", "has no features"),
        ('{"type": "FeatureCollection", "features": []}', "has no features"),
        ('{"type": "Topology", "features": [{}]}', "must be a GeoJSON FeatureCollection"),
        ('{"type": "FeatureCollection", "features": [{}]}', "no property WD24CD (or code), WD24NM (or name)"),
        (
            '{"type": "FeatureCollection", "features": [{"properties": {"WD24CD": "E1", "WD24NM": "x"}}]}',
            "no property LAD24CD (or council), only WD24CD, WD24NM",
        ),
        (
            '{"type": "FeatureCollection", "features": [{"properties": {"code": "E1", "name": "x", "council": ""}}]}',
            "has no ward that can be used: feature 1 (E1 x): no council of today has the code ''",
        ),
        (
            '{"type": "FeatureCollection", "features": [{"properties": {"code": "E1", "name": "x", "council": ""}}],'
            ' "crs": {"type": "name", "properties": {"name": "EPSG:3857"}}}',
            "has coordinates of 'EPSG:3857': get it in degrees",
        ),
    ],
)
def test_a_file_that_cannot_be_used_leaves_the_former_in_use(
    take_in: TakeIn, tmp_path: Path, content: str | None, says: str
) -> None:
    take_in(geojson(tmp_path / "good.geojson"))
    bad = tmp_path / "bad.geojson"
    if content is not None:
        bad.write_text(content, "utf-8")
    with pytest.raises(BoundariesRefused) as refused:
        take_in(bad)
    assert says in str(refused.value)
    assert len(open_directory(tmp_path / "out").wards.of("solihull")) == 3


def test_a_damaged_file_is_refused_on_opening(take_in: TakeIn, tmp_path: Path) -> None:
    take_in(geojson(tmp_path / "good.geojson"))
    path = tmp_path / "out" / WARD_FILE
    whole = path.read_bytes()
    for broken in (whole[:-1], whole[:60], b"", whole[:90] + b"x" + whole[91:]):
        path.write_bytes(broken)
        with pytest.raises(FileRefused, match="import the ward boundaries again, or take the file away"):
            open_directory(tmp_path / "out")


def test_a_postcode_is_in_the_ward_that_ons_puts_it_into(
    take_in: TakeIn, tmp_path: Path, directory: Directory
) -> None:
    newer = tmp_path / "ONSPD_MAY_2024_UK.csv"
    newer.write_text(NEWER_ONSPD, "utf-8")
    report = import_onspd(newer, tmp_path / "out", directory.councils, lambda _done, _total: None)
    assert (report.live, report.in_wards) == (5, 4)
    before = open_directory(tmp_path / "out").wards
    assert before.of_postcode("solihull", "B91 3QT") is None, "without boundaries there are no wards"
    take_in(geojson(tmp_path / "wards.geojson"))
    wards = open_directory(tmp_path / "out").wards
    found = {
        code: wards.of_postcode("solihull", code)
        for code in ("b913qt", "B91 3QJ", "B91 1AA", "CV31 1AA", "B91 1AB", "B91 1AD", "no")
    }
    assert found == {
        "b913qt": "E05000001",
        "B91 3QJ": "E05000002",
        "B91 1AA": None,
        "CV31 1AA": None,
        "B91 1AB": None,
        "B91 1AD": None,
        "no": None,
    }, "terminated, another council's, a ward without boundaries, without a ward, no postcode"
    assert wards.of_postcode("warwickshire", "CV31 1AA") == "E05000011"
    assert wards.named_by_postcodes == (3, 4)
