"""A map of areas, each filled by the class that its figure is in, with a number that its row in the table has, too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from commonhall.web.charts.specs import INK, WIDTHS, Pair, framed

SHADES = ("#d3e4f2", "#a3c5e0", "#6c9fc8", "#3a76a6", "#12436d")
"""From few to many. Neighbouring shades differ too little for a line between them to be left out."""
DARK = SHADES[-2:]
"""Shades on which numbers and lines are white; on the others they are ink. Each is 4.5:1 or more against its own."""
WHITE = "#ffffff"
ROOM_FOR_A_DIGIT = 3.8
"""Pixels around a number, for each digit of it, without which it would lie over its neighbours'."""
LOWEST, HIGHEST, LEGEND = 180, 560, 60


@dataclass(frozen=True, slots=True)
class Region:
    """An area of a map: its shape as GeoJSON in units of a plane with y upwards, the middle of its widest part, and how
    far that is from its edge."""

    number: str
    shape: Mapping[str, Any]
    middle: tuple[float, float]
    room: float


@dataclass(frozen=True, slots=True)
class Outlines:
    """The areas of a map, and how wide and high all of them are together, in the same units."""

    regions: tuple[Region, ...]
    width: float
    height: float


def choropleth(
    outlines: Outlines, bands: Sequence[str], blanks: Sequence[str], of: Sequence[str], *, description: str
) -> Pair:
    """A map. `bands` name classes from few to many, five at the most, `blanks` what has no figure; `of` is each region's."""
    colours = dict(zip(bands, _shades(len(bands)), strict=True)) | dict.fromkeys(blanks, WHITE)
    used = [name for name in (*bands, *blanks) if name in bands or name in of]

    def drawn(width: int) -> dict[str, Any]:
        scale = min(width / outlines.width, HIGHEST / outlines.height)
        layers = [
            _areas(outlines, of, used, colours),
            _white_lines(outlines, of, colours),
            _numbers(outlines, of, colours, scale),
        ]
        height = round(min(HIGHEST, max(LOWEST, outlines.height * scale))) + LEGEND
        content = {"projection": {"type": "identity", "reflectY": True}, "layer": layers}
        return framed(width, height, content, description)

    return Pair(drawn(WIDTHS["wide"]), drawn(WIDTHS["narrow"]))


def _areas(
    outlines: Outlines, of: Sequence[str], used: Sequence[str], colours: Mapping[str, str]
) -> dict[str, Any]:
    values = [
        {"type": "Feature", "geometry": region.shape, "properties": {"band": band}}
        for region, band in zip(outlines.regions, of, strict=True)
    ]
    legend = {"symbolType": "square", "symbolStrokeColor": INK, "symbolStrokeWidth": 0.5, "columns": 3}
    fill = {
        "field": "properties.band",
        "type": "nominal",
        "scale": {"domain": list(used), "range": [colours[name] for name in used]},
        "legend": legend,
    }
    return {
        "data": {"values": values},
        "mark": {"type": "geoshape", "stroke": INK, "strokeWidth": 0.7},
        "encoding": {"color": fill},
    }


def _white_lines(outlines: Outlines, of: Sequence[str], colours: Mapping[str, str]) -> dict[str, Any]:
    """Lines around the darkest areas: one of ink would not be seen between two of them."""
    values = [
        {"type": "Feature", "geometry": region.shape}
        for region, band in zip(outlines.regions, of, strict=True)
        if colours[band] in DARK
    ]
    return {
        "data": {"values": values},
        "mark": {"type": "geoshape", "filled": False, "stroke": WHITE, "strokeWidth": 1},
    }


def _numbers(
    outlines: Outlines, of: Sequence[str], colours: Mapping[str, str], scale: float
) -> dict[str, Any]:
    values = [
        {
            "x": region.middle[0],
            "y": region.middle[1],
            "number": region.number,
            "colour": WHITE if colours[band] in DARK else INK,
        }
        for region, band in zip(outlines.regions, of, strict=True)
        if region.room * scale >= ROOM_FOR_A_DIGIT * len(region.number)
    ]
    return {
        "data": {"values": values},
        "mark": {"type": "text", "fontSize": 11},
        "encoding": {
            "longitude": {"field": "x", "type": "quantitative"},
            "latitude": {"field": "y", "type": "quantitative"},
            "text": {"field": "number"},
            "color": {"field": "colour", "type": "nominal", "scale": None},
        },
    }


def _shades(count: int) -> list[str]:
    """So many shades, from the lightest to the darkest."""
    return [SHADES[round(at * (len(SHADES) - 1) / max(1, count - 1))] for at in range(count)]
