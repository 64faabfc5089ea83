"""Small wards for tests: squares side by side, as GeoJSON in ONS's columns, and the postcodes that are in them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from commonhall.directory.boundaries import import_boundaries
from commonhall.directory.directory import WARD_POSTCODE_FILE, Directory, open_directory
from commonhall.directory.postcodes import POSTCODES, compile_postcodes
from commonhall.directory.sealed import put

SOLIHULL, WARWICK, STRATFORD = "E08000029", "E07000222", "E07000221"
WEST, SOUTH, SIDE = -1.9, 52.3, 0.1
"""Degrees: the corner of the first square, and the side of each."""


def square(column: int, row: int = 0) -> dict[str, Any]:
    """A square so many to the right of the first, and so many above it."""
    west, south = WEST + column * SIDE, SOUTH + row * SIDE
    east, north = west + SIDE, south + SIDE
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def feature(code: str, name: str, council: str, geometry: Mapping[str, Any] | None) -> dict[str, Any]:
    """A ward as ONS's boundaries of May 2024 have it."""
    columns = {"FID": 1, "WD24CD": code, "WD24NM": name, "WD24NMW": " ", "LAD24CD": council, "LAD24NM": "?"}
    return {"type": "Feature", "properties": columns, "geometry": geometry}


WARDS = (
    feature("E05000001", "Elm", SOLIHULL, square(0)),
    feature("E05000002", "Ash", SOLIHULL, square(1)),
    feature("E05000003", "Oak", SOLIHULL, square(2)),
    feature("E05000011", "Leek", WARWICK, square(3)),
    feature("E05000012", "Avon", STRATFORD, square(3, 1)),
)


def geojson(path: Path, features: Sequence[Mapping[str, Any]] = WARDS, **more: Any) -> Path:
    """Write a file of boundaries."""
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features), **more}), "utf-8")
    return path


def with_wards(folder: Path, directory: Directory, postcodes: Iterable[tuple[str, str]] = ()) -> Directory:
    """A directory whose councils have these wards, with (postcode, ward) as ONS has them."""
    folder.mkdir(parents=True, exist_ok=True)
    import_boundaries(geojson(folder / "wards.geojson"), folder, directory.councils)
    rows = list(postcodes)
    if rows:
        put(compile_postcodes(rows, "a test", "May 2024"), folder / WARD_POSTCODE_FILE, POSTCODES)
    return open_directory(folder)
