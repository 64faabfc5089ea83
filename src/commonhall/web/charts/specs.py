"""Vega-Lite specifications from figures: lines over time, bars, parts of a whole, and points with their intervals.

Colours are those of the Government Analysis Function's palette for charts, each with 3:1 against white or more; series
differ in dashes or pattern of marks as well as in colour, so that none is told by colour alone.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from commonhall.web.charts.chart import Cell, Gap

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
COLOURS = ("#12436d", "#28a197", "#801650", "#c2541b", "#3d3d3d")
DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [12, 4])
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross")
WIDTHS = {"wide": 480, "narrow": 330}
HEIGHT = 300
BAR = 40
"""Pixels of height that a bar takes, the space around it included."""
MOST_POINTS_MARKED = 62
INK = "#0b0c0c"
Format = Literal["count", "share", "number", "money", "rate"]
_FORMATS = {"count": ",d", "share": ".0%", "number": ",.1f", "money": ",.2f", "rate": ",.2~f"}
_DATES = {"day": "%-d %b", "week": "%-d %b", "month": "%b %Y"}
_CONFIG: dict[str, Any] = {
    "background": "#ffffff",
    "font": "Arial, Helvetica, sans-serif",
    "padding": 4,
    "axis": {
        "labelFontSize": 13, "titleFontSize": 13, "titleFontWeight": "normal", "labelColor": INK, "titleColor": INK,
        "gridColor": "#e4e7ea", "domainColor": "#6b7276", "tickColor": "#6b7276", "labelLimit": 190,
    },
    "legend": {
        "labelFontSize": 13, "labelColor": INK, "orient": "top", "title": None, "symbolSize": 90,
        "symbolStrokeWidth": 2, "labelLimit": 300, "columnPadding": 40, "columns": 2,
    },
    "view": {"stroke": None},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pair:
    """The two widths of a chart; both empty where there is nothing to draw."""

    wide: dict[str, Any]
    narrow: dict[str, Any]


NOTHING_TO_DRAW = Pair({}, {})


def _pair(height: int, content: Mapping[str, Any], description: str) -> Pair:
    return Pair(*(framed(WIDTHS[name], height, content, description) for name in ("wide", "narrow")))


def framed(width: int, height: int, content: Mapping[str, Any], description: str) -> dict[str, Any]:
    """A specification of this size, in the house's letters and lines."""
    return {
        "$schema": SCHEMA,
        "description": description,
        "width": width,
        "height": height,
        "autosize": {"type": "fit", "contains": "padding"},
        "config": _CONFIG,
        **content,
    }


def _value(cell: Cell) -> float | int | None:
    return None if isinstance(cell, Gap | str) else cell


def lines(
    starts: Sequence[date],
    series: Mapping[str, Sequence[Cell]],
    *,
    period: str,
    form: Format,
    unit: str,
    description: str,
) -> Pair:
    """Lines over time, one for each series; a gap in the figures is a gap in the line."""
    names = list(series)
    values = [
        {
            "start": start.isoformat(),
            "name": name,
            "value": _value(cell),
            **({"alone": True} if _alone(cells, place) else {}),
        }
        for name, cells in series.items()
        for place, (start, cell) in enumerate(zip(starts, cells, strict=True))
    ]
    several = len(names) > 1
    few = len(starts) <= MOST_POINTS_MARKED
    scale = {"domain": names, "range": list(COLOURS[: len(names)])}
    encoding: dict[str, Any] = {
        "x": {
            "field": "start",
            "type": "temporal",
            "title": None,
            "axis": {
                "format": _DATES[period],
                "labelOverlap": True,
                "grid": False,
                "tickCount": _ticks(period),
            },
        },
        "y": _measure("value", form, unit, top=_top(series.values()) if form == "share" else None),
        "color": {"field": "name", "type": "nominal", "scale": scale, "legend": {} if several else None},
    }
    line: dict[str, Any] = {"mark": {"type": "line", "strokeWidth": 2.5 if few else 1.5}}
    if several:
        line["encoding"] = {"strokeDash": _by_name(names, DASHES)}
    # A figure between two gaps has no line: its mark alone shows it.
    marks = {
        "mark": {"type": "point", "filled": True, "opacity": 1, "size": 55},
        "transform": [{"filter": "isValid(datum.value)" if few else "datum.alone"}],
        "encoding": {"shape": _by_name(names, SHAPES) | ({} if several and few else {"legend": None})},
    }
    content = {"data": {"values": values}, "encoding": encoding, "layer": [line, marks]}
    return _pair(HEIGHT, content, description)


def _by_name(names: Sequence[str], looks: Sequence[Any]) -> dict[str, Any]:
    scale = {"domain": list(names), "range": list(looks[: len(names)])}
    return {"field": "name", "type": "nominal", "scale": scale, "legend": {}}


def _alone(cells: Sequence[Cell], place: int) -> bool:
    around = [cells[at] for at in (place - 1, place + 1) if 0 <= at < len(cells)]
    return _value(cells[place]) is not None and all(_value(cell) is None for cell in around)


def _top(series: Iterable[Sequence[Cell]]) -> float:
    """Where an axis of shares ends: at the whole, or at the next twentieth where all are small."""
    largest = max((_value(cell) or 0 for cells in series for cell in cells), default=0)
    return 1 if largest > 0.4 else max(0.05, math.ceil(largest * 1.2 * 20) / 20)


def _ticks(period: str) -> Any:
    return {"interval": "month", "step": 1} if period == "month" else 6


def _measure(
    field: str, form: Format, unit: str, *, top: float | None = None, ticks: int = 5
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "field": field,
        "type": "quantitative",
        "title": unit or None,
        "axis": {"format": _FORMATS[form], "tickCount": ticks},
    }
    if form == "count":
        # No half a case on the axis.
        found["axis"]["tickMinStep"] = 1
    if top is not None:
        found["scale"] = {"domain": [0, top]}
    return found


def stacked(
    starts: Sequence[date], series: Mapping[str, Sequence[Cell]], *, period: str, unit: str, description: str
) -> Pair:
    """Columns over time made of parts, the first at the foot."""
    names = list(series)
    values = [
        {"start": start.isoformat(), "name": name, "value": _value(cell), "order": place}
        for place, (name, cells) in enumerate(series.items())
        for start, cell in zip(starts, cells, strict=True)
    ]
    colours = ["#12436d", "#f46a25", "#a285d1"]
    content = {
        "data": {"values": values},
        "mark": {"type": "bar", "stroke": "#ffffff", "strokeWidth": 1},
        "encoding": {
            "x": {
                "field": "start",
                "type": "temporal",
                "bandPosition": 0,
                "title": None,
                **_band(starts, period),
            },
            "y": _measure("value", "count", unit) | {"stack": "zero"},
            "color": {
                "field": "name",
                "type": "nominal",
                "scale": {"domain": names, "range": colours[: len(names)]},
            },
            "order": {"field": "order", "type": "quantitative"},
        },
    }
    return _pair(HEIGHT, content, description)


def _band(starts: Sequence[date], period: str) -> dict[str, Any]:
    """Columns as ordinal bands: as wide as there is room, each under its own day."""
    every = max(1, -(-len(starts) // 6))
    shown = [start.isoformat() for start in starts[::every]]
    label = f"timeFormat(toDate(datum.value), '{_DATES[period]}')"
    return {
        "type": "ordinal",
        "axis": {"values": shown, "labelExpr": label, "labelAngle": 0, "labelOverlap": True},
    }


_SHAPE_OF_SENT = {"condition": {"test": "datum.sent", "value": "square"}, "value": "circle"}
LONGEST_LINE = 21
_WIDEST_LETTER = 8
"""Pixels that a letter takes at the most, on average: the typeface is the reader's, and may be wide."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A share or rate with what it is of, and the 95% limits that chance gives for that size around the share of all.
    One of figures that were `sent` is a square."""

    name: str
    of: int
    value: float
    low: float
    high: float
    sent: bool = False


def funnel(
    dots: Sequence[Dot], overall: float, *, unit: str, description: str, form: Format = "share"
) -> Pair:
    """Shares by what they are of, between the limits of chance: a funnel, in which nobody is first or last."""
    values = [
        {
            "name": dot.name,
            "of": dot.of,
            "value": dot.value,
            "low": dot.low,
            "high": dot.high,
            "sent": dot.sent,
        }
        for dot in sorted(dots, key=lambda dot: dot.of)
    ]
    x = _measure("of", "count", unit, ticks=4)
    y = _measure("value", form, "")
    limit = {"type": "line", "color": "#6b7276", "strokeDash": [4, 3], "strokeWidth": 1.5}
    content = {
        "data": {"values": values},
        "encoding": {"x": x},
        "layer": [
            {"mark": limit, "encoding": {"y": {**y, "field": "low"}}},
            {"mark": limit, "encoding": {"y": {**y, "field": "high"}}},
            {"mark": {"type": "rule", "color": "#6b7276"}, "encoding": {"x": None, "y": {"datum": overall}}},
            {
                "mark": {"type": "point", "filled": True, "opacity": 1, "size": 45, "color": COLOURS[0]},
                "encoding": {"y": y, "description": {"field": "name"}, "shape": _SHAPE_OF_SENT},
            },
        ],
    }
    return _pair(HEIGHT, content, description)


def _names_axis(names: Sequence[str]) -> dict[str, Any]:
    longest = max((len(line) for name in names for line in name.split("\n")), default=0)
    return {
        "labelExpr": "split(datum.label, '\\n')",
        "labelLimit": LONGEST_LINE * _WIDEST_LETTER + 10,
        "labelLineHeight": 15,
        "minExtent": longest * _WIDEST_LETTER,
    }


def _wrapped(name: str) -> str:
    """A name in two lines at the most, so that it leaves room for its bar on a phone."""
    return "\n".join(textwrap.wrap(name, LONGEST_LINE, max_lines=2, placeholder=" …")) or name


def bars(
    names: Sequence[str],
    cells: Sequence[Cell],
    *,
    form: Format,
    unit: str,
    description: str,
    top: float | None = None,
) -> Pair:
    """Bars from top to bottom, in the order given, each with its figure at its end."""
    values = [
        {
            "place": place,
            "name": _wrapped(name),
            "value": _value(cell),
            "end": _value(cell) or 0,
            "said": _said(cell, form),
        }
        for place, (name, cell) in enumerate(zip(names, cells, strict=True))
    ]
    largest = max((_value(cell) or 0 for cell in cells), default=0)
    scale = {"domain": [0, top or max(largest * 1.18, 1)]}
    content = {
        "data": {"values": values},
        "encoding": {
            "y": {
                "field": "name", "type": "nominal", "sort": {"field": "place"}, "title": None,
                "axis": {"ticks": False, "domain": False, **_names_axis([str(one["name"]) for one in values])},
            },
        },
        "layer": [
            {
                "mark": {"type": "bar", "color": COLOURS[0], "height": {"band": 0.65}},
                "encoding": {"x": {**_measure("value", form, unit, ticks=3), "scale": scale}},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 13, "color": INK},
                "encoding": {"text": {"field": "said"}, "x": {"field": "end", "type": "quantitative"}},
            },
        ],
    }  # fmt: skip
    return _pair(60 + BAR * max(1, len(values)), content, description)


def _said(cell: Cell, form: Format) -> str:
    if isinstance(cell, Gap):
        return cell.value
    if isinstance(cell, str):
        return cell
    return f"{cell:.0%}" if form == "share" else f"{cell:,.2f}" if form == "money" else f"{cell:,}"


@dataclass(frozen=True, slots=True)
class Interval:
    """A share (0.0 to 1.0) or a rate with how sure it is: low <= value <= high. One's own is drawn filled, one of figures
    that were `sent` as a square."""

    name: str
    low: float
    value: float
    high: float
    own: bool = False
    sent: bool = False


def intervals(rows: Sequence[Interval], *, unit: str, description: str, form: Format = "share") -> Pair:
    """A point for each row with the interval that the true value lies in; in the order given, which is no rank."""
    values = [
        {
            "place": place,
            "name": _wrapped(row.name),
            "low": row.low,
            "value": row.value,
            "high": row.high,
            "own": row.own,
            "sent": row.sent,
        }
        for place, row in enumerate(rows)
    ]
    y = {
        "field": "name", "type": "nominal", "sort": {"field": "place"}, "title": None,
        "axis": {"grid": True, "ticks": False, **_names_axis([str(one["name"]) for one in values])},
    }  # fmt: skip
    shares = form == "share"
    axis = _measure("low", form, unit, top=1 if shares else 1.05 * max((row.high for row in rows), default=1))
    axis["axis"] |= {"labelFlush": True, **({"values": [0, 0.25, 0.5, 0.75, 1]} if shares else {})}
    fill = {"condition": {"test": "datum.own", "value": COLOURS[0]}, "value": "#ffffff"}
    content = {
        "data": {"values": values},
        "encoding": {"y": y},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 3, "color": COLOURS[0]},
                "encoding": {"x": axis, "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "point", "size": 110, "strokeWidth": 2, "opacity": 1, "stroke": COLOURS[0]},
                "encoding": {"x": {**axis, "field": "value"}, "fill": fill, "shape": _SHAPE_OF_SENT},
            },
        ],
    }
    return _pair(60 + BAR * max(1, len(values)), content, description)
