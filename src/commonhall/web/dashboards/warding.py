"""Cases by ward: a map, and the table that stands for it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain, count
from typing import Any

from commonhall.directory.wards import Ward
from commonhall.web.charts.chart import Cell, Column, Gap
from commonhall.web.charts.maps import Outlines, Region, choropleth
from commonhall.web.charts.specs import NOTHING_TO_DRAW, WIDTHS, Pair
from commonhall.web.dashboards.board import Subject, Warded
from commonhall.web.dashboards.showing import first_few
from commonhall.web.dashboards.words import WORDS

MOST_BANDS = 5
_GRID = 2000
"""Units across the longer side of a map: four for each pixel of the widest picture."""
_PIXEL = _GRID / WIDTHS["wide"]


def wards_drawn(warded: Warded, subject: Subject) -> tuple[Pair, str, list[Column], list[tuple[Cell, ...]]]:
    """A map of a council's wards, what it shows in words, and its table: every ward, also those without a case.

    Wards of former boundaries that cases were counted in are in the table, for staff: that there is a row at all says that
    there was a case.
    """
    words, language, least = WORDS[subject.language], subject.language, subject.guard.minimum
    cases = {place.name: place.cases for place in warded.places}
    wards = warded.boundaries
    gone = [] if least else sorted(set(cases) - {ward.code for ward in wards})
    names = [ward.named(language) for ward in wards] + gone
    codes = [ward.code for ward in wards] + gone
    numbers = [str(place) for place in range(1, len(wards) + 1)] + [words["no_number"]] * len(gone)
    cells = subject.guard.parts([cases.get(code, 0) for code in codes])
    columns = [
        Column("ward", words["ward"], "text"),
        Column("number", words["on_map"], "text"),
        Column("code", words["code"], "text"),
        Column("cases", words["sent_column"]),
    ]
    rows: list[tuple[Cell, ...]] = list(zip(names, numbers, codes, cells, strict=True))
    drawn = [cell for cell in cells[: len(wards)] if isinstance(cell, int)]
    if not any(drawn):
        return NOTHING_TO_DRAW, words["band_small" if least else "band_none"], columns, rows
    bands = [(max(low, least), high) for low, high in bands_of(max(drawn)) if high >= least]
    titles = [
        words["band"].format(low=f"{low:,}", high=f"{high:,}") if low < high else f"{low:,}"
        for low, high in bands
    ]
    blanks = (words["band_none"], words["band_small"])
    of = [_band(cell, bands, titles, blanks) for cell in cells[: len(wards)]]
    pair = choropleth(outlines(wards), titles, blanks, of, description=words["ward"])
    shown = sorted((-cell, name) for name, cell in zip(names, cells, strict=True) if isinstance(cell, int))
    told = first_few([name for _, name in shown], [-less for less, _ in shown], "count", language)
    return pair, words["map_alt"].format(bars=told), columns, rows


def bands_of(most: int) -> list[tuple[int, int]]:
    """The classes of counts from 1 to `most`, five at the most, each as (least, most in it): of the same round width."""
    round_widths = chain((1, 2, 5), (one * 10**power for power in count() for one in (10, 20, 25, 50)))
    step = next(width for width in round_widths if width * MOST_BANDS >= most)
    return [(at * step + 1, (at + 1) * step) for at in range(math.ceil(most / step))]


def _band(
    cell: Cell, bands: Sequence[tuple[int, int]], titles: Sequence[str], blanks: tuple[str, str]
) -> str:
    if cell is Gap.SMALL:
        return blanks[1]
    return next(
        (
            title
            for (low, high), title in zip(bands, titles, strict=True)
            if isinstance(cell, int) and low <= cell <= high
        ),
        blanks[0],
    )


@lru_cache(maxsize=64)
def outlines(wards: tuple[Ward, ...]) -> Outlines:
    """The shapes of wards as they are drawn: flat, in whole units, with no more corners than can be seen, and with the
    same corners on both sides of a line between two."""
    import shapely  # noqa: PLC0415 - not before there are boundaries
    from shapely.geometry import mapping  # noqa: PLC0415

    whole = shapely.total_bounds([ward.shape for ward in wards])
    west, south, east, north = (float(side) for side in whole)
    # A degree of longitude is shorter the further north it is; over one council that is the same everywhere.
    narrower = math.cos(math.radians((south + north) / 2))
    unit = _GRID / max((east - west) * narrower, north - south)
    flat = shapely.transform(
        [ward.shape for ward in wards],
        lambda points: (points - (west, south)) * (narrower * unit, unit),
    )
    simple = shapely.set_precision(shapely.coverage_simplify(flat, _PIXEL), 1.0)
    regions = []
    for number, (shape, full) in enumerate(zip(simple, flat, strict=True), 1):
        shown: Any = full if shape.is_empty else shape
        circle = shapely.maximum_inscribed_circle(shown, tolerance=_PIXEL)
        x, y = circle.coords[0]
        regions.append(Region(str(number), _plain(mapping(shown)), (round(x), round(y)), circle.length))
    return Outlines(tuple(regions), (east - west) * narrower * unit, (north - south) * unit)


def _plain(shape: Mapping[str, Any]) -> dict[str, Any]:
    def whole(part: Any) -> Any:
        return (
            [whole(one) for one in part]
            if isinstance(part[0], tuple | list)
            else [round(one) for one in part]
        )

    return {"type": shape["type"], "coordinates": whole(shape["coordinates"])}
