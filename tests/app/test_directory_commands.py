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
    """Run `commonhall directory wards ...`."""
    env = {"COMMONHALL_SECRET": "A" * 44, "COMMONHALL_DATA": str(tmp_path / "data"), "COLUMNS": "200"}
    return lambda *words: CliRunner().invoke(cli, ["directory", "wards", *words], env=env)


def test_boundaries_are_taken_into_use(wards: Callable[..., Any], tmp_path: Path) -> None:
    unknown = feature("E05000009", "Nowhere", "E07999999", square(0))
    done = wards(str(geojson(tmp_path / "w.geojson", [*WARDS, unknown])))
    assert done.exit_code == 0, done.output
    assert "5 wards of 3 councils in" in done.output
    assert f"under every map: {ONS_ATTRIBUTION}" in done.output
    assert "left out: 1" in done.output
    assert "feature 6 (E05000009 Nowhere): no council of today has the code 'E07999999'" in done.output
    assert "for cases from before: commonhall measures place" in done.output
    assert len(open_directory(tmp_path / "data" / "directory").wards.of("solihull")) == 3


def test_a_file_that_is_none_is_refused_in_a_line(wards: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "w.shp").write_bytes(b"\x00\x00\x27\x0a")
    refused = wards(str(tmp_path / "w.shp"))
    assert refused.exit_code == 1
    assert "commonhall: w.shp is not GeoJSON" in refused.output
    assert "download the boundaries again, as GeoJSON" in refused.output
