"""A map of areas, each filled by the class that its figure is in, with a number that its row in the table has, too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from commonhall.web.charts.specs import INK, WIDTHS, Pair, framed

SHADES = ("#d3e4f2", "#a3c5e0", "#6c9fc8", "#3a76a6", "#12436d")
"""From few to many: each lighter than the next by more than the eye needs, in grey print, too."""
LIGHTS_INK = 2
"""How many of the darkest shades have white numbers."""
BLANK = "#ffffff"
LEAST_ROOM = 7.5
"""Pixels around a number without which it would lie over its neighbours'."""
LOWEST, HIGHEST = 180, 560


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
    shades = _shades(len(bands))
    colours = dict(zip(bands, shades, strict=True)) | dict.fromkeys(blanks, BLANK)
    light = set(bands[-LIGHTS_INK:]) if len(bands) > LIGHTS_INK else set(bands[-1:])
    used = [name for name in (*bands, *blanks) if name in bands or name in of]

    def content(width: int) -> tuple[int, dict[str, Any]]:
        scale = min(width / outlines.width, HIGHEST / outlines.height)
        areas = [
            {"type": "Feature", "geometry": region.shape, "properties": {"band": band}}
            for region, band in zip(outlines.regions, of, strict=True)
        ]
        numbers = [
            {
                "x": region.middle[0],
                "y": region.middle[1],
                "number": region.number,
                "light": band in light,
            }
            for region, band in zip(outlines.regions, of, strict=True)
            if region.room * scale >= LEAST_ROOM
        ]
        fill = {
            "field": "properties.band",
            "type": "nominal",
            "scale": {"domain": used, "range": [colours[name] for name in used]},
            "legend": {
                "symbolType": "square",
                "symbolStrokeColor": INK,
                "symbolStrokeWidth": 0.5,
                "columns": 3,
            },
        }
        layers = [
            {
                "data": {"values": areas},
                "mark": {"type": "geoshape", "stroke": INK, "strokeWidth": 0.7},
                "encoding": {"color": fill},
            },
            {
                "data": {"values": numbers},
                "mark": {"type": "text", "fontSize": 11},
                "encoding": {
                    "longitude": {"field": "x", "type": "quantitative"},
                    "latitude": {"field": "y", "type": "quantitative"},
                    "text": {"field": "number"},
                    "color": {"condition": {"test": "datum.light", "value": "#ffffff"}, "value": INK},
                },
            },
        ]
        height = round(min(HIGHEST, max(LOWEST, outlines.height * scale))) + 60
        return height, {"projection": {"type": "identity", "reflectY": True}, "layer": layers}

    return Pair(
        *(framed(width, *content(width), description) for width in (WIDTHS["wide"], WIDTHS["narrow"]))
    )


def _shades(count: int) -> list[str]:
    """So many shades, from the lightest to the darkest."""
    return [SHADES[round(at * (len(SHADES) - 1) / max(1, count - 1))] for at in range(count)]
