"""Boundaries of wards are taken into use at the command line, with what was left out and why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.directory.made_wards import WARDS, feature, geojson, square
from typer.testing import CliRunner

from commonhall.app.commands import cli
from commonhall.directory.boundaries import ONS_ATTRIBUTION
from commonhall.directory.directory import open_directory


@pytest.fixture
def wards(tmp_path: Path) -> Callable[..., Any]:
    """Run `commonhall directory wards ...`, or `import ...`."""
    env = {"COMMONHALL_SECRET": "A" * 44, "COMMONHALL_DATA": str(tmp_path / "data"), "COLUMNS": "200"}

    def run(*words: str) -> Any:
        command = ["import", *words[1:]] if words[0] == "--import" else ["wards", *words]
        return CliRunner().invoke(cli, ["directory", *command], env=env)

    return run


def test_boundaries_are_taken_into_use(wards: Callable[..., Any], tmp_path: Path) -> None:
    unknown = feature("E05000009", "Nowhere", "E07999999", square(0))
    done = wards(str(geojson(tmp_path / "w.geojson", [*WARDS, unknown])))
    assert done.exit_code == 0, done.output
    assert "5 wards of 3 councils in" in done.output
    assert f"under every map: {ONS_ATTRIBUTION['en']}" in done.output
    assert "left out: 1" in done.output
    assert "feature 6 (E05000009 Nowhere): no council of today has the code 'E07999999'" in done.output
    assert "for cases from before:\ncommonhall measures place" in done.output
    assert "no postcode has a ward" in done.output
    assert len(open_directory(tmp_path / "data" / "directory").wards.of("solihull")) == 3


def test_postcodes_of_another_year_are_noticed(wards: Callable[..., Any], tmp_path: Path) -> None:
    postcodes = tmp_path / "ONSPD_MAY_2019_UK.csv"
    postcodes.write_text(
        "pcds,doterm,oslaua,osward\nB91 3QT,,E08000029,E05000001\nB91 3QJ,,E08000029,E05000090\n", "utf-8"
    )
    first = wards("--import", str(postcodes))
    assert "2 of them name their ward" in first.output
    done = wards(str(geojson(tmp_path / "w.geojson")))
    assert "1 of the 2 wards that postcodes name have boundaries" in done.output
    assert "boundaries and postcodes are not of one year: get both of the same" in done.output
    postcodes.write_text("pcds,doterm,oslaua\nB91 3QT,,E08000029\n", "utf-8")
    assert "what was known of that stays in use" in wards("--import", str(postcodes)).output
    assert "1 of the 2 wards" in wards(str(geojson(tmp_path / "w.geojson"))).output


def test_a_file_that_is_none_is_refused_in_a_line(wards: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "w.shp").write_bytes(b"\x00\x00\x27\x0a")
    refused = wards(str(tmp_path / "w.shp"))
    assert refused.exit_code == 1
    assert "commonhall: w.shp is not GeoJSON" in refused.output
    assert "download the boundaries again, as GeoJSON" in refused.output
