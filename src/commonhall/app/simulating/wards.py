"""Wards that do not exist, with boundaries that are made up: a demonstration has none, and no real ones are shipped."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from commonhall.app.simulating.places import live_postcodes, somewhere_in, wards_made_up
from commonhall.directory.councils import Council
from commonhall.directory.directory import WARD_FILE, WARD_POSTCODE_FILE, Directory
from commonhall.directory.postcodes import POSTCODES, PostcodeTable
from commonhall.directory.sealed import put
from commonhall.directory.wards import WARDS, Ward, compile_wards

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

SOURCE = "made up for a demonstration"
ATTRIBUTION = {
    "en": "The wards and their boundaries are made up for a demonstration, and so is which postcode is in which.",
    "cy": "Mae’r wardiau a’u ffiniau wedi’u dyfeisio ar gyfer arddangosiad, ac felly hefyd pa god post sydd ym mha ward.",
}
_HIGH = 0.07
"""Degrees of latitude from the middle of a council to its edge, about; real councils differ."""
_CORNERS = 90
_ROUNDS = 3
"""How often centres are moved into the middle of what is nearest to them: wards are of about the same size after it."""


def make_up_wards(folder: Path, slugs: Sequence[str], directory: Directory) -> None:
    """Put made-up wards of these councils into use. Raises `commonhall.directory.sealed.FileRefused`."""
    councils = [council for slug in slugs if (council := directory.councils.council(slug)) is not None]
    table = PostcodeTable()
    found: list[tuple[Ward, str]] = []
    taken: set[str] = set()
    for council in councils:
        wards = _wards(council)
        found += [(ward, council.gss) for ward in wards]
        live = live_postcodes(council, directory)
        for place, postcode in enumerate(live):
            # A county's postcodes are its districts', too.
            if postcode not in taken:
                taken.add(postcode)
                table.add(postcode, wards[place * len(wards) // len(live)].code)
    put(compile_wards(found, SOURCE, ATTRIBUTION), folder / WARD_FILE, WARDS)
    put(table.compiled(SOURCE, ""), folder / WARD_POSTCODE_FILE, POSTCODES)


def _wards(council: Council) -> list[Ward]:
    """A council's wards: what of a made-up area is nearest to each of some centres."""
    import shapely  # noqa: PLC0415 - only a demonstration asks for them

    rng = Random(f"wards/{council.slug}")  # noqa: S311 - the same council must get the same wards
    names = sorted(wards_made_up(council))
    area = shapely.Polygon(_edge(rng, council))
    centres = [somewhere_in(rng, area) for _ in names]
    cells: list[BaseGeometry] = []
    for _ in range(_ROUNDS):
        cells = _nearest(centres, area)
        centres = [(cell.centroid.x, cell.centroid.y) for cell in cells]
    cells = sorted(cells, key=lambda cell: (-round(cell.centroid.y, 2), cell.centroid.x))
    return [
        Ward(f"{council.slug}-{number:02}", name, cell)
        for number, (name, cell) in enumerate(zip(names, cells, strict=True), 1)
    ]


def _nearest(centres: Sequence[tuple[float, float]], area: BaseGeometry) -> list[BaseGeometry]:
    """The part of an area that is nearest to each of these points (its Voronoi cell)."""
    import shapely  # noqa: PLC0415

    cells = shapely.voronoi_polygons(shapely.MultiPoint(centres), extend_to=area, ordered=True)
    return [shapely.intersection(cell, area) for cell in cells.geoms]


def _edge(rng: Random, council: Council) -> Iterator[tuple[float, float]]:
    """Corners of a closed line around a council's middle, with bays and headlands."""
    middle = (council.latitude or 53.0, council.longitude or -1.5)
    waves = [(rng.uniform(0.02, 0.09), count, rng.uniform(0, math.tau)) for count in (2, 3, 5, 8)]
    for corner in range(_CORNERS):
        angle = math.tau * corner / _CORNERS
        far = _HIGH * (1 + sum(high * math.sin(count * angle + turn) for high, count, turn in waves))
        wide = far / math.cos(math.radians(middle[0]))
        yield round(middle[1] + wide * math.cos(angle), 5), round(middle[0] + far * math.sin(angle), 5)
