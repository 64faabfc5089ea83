"""Charts hold the figures that they are drawn from: the picture, its table, and its files."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhall.web.charts.chart import Cell, Chart, Column, Gap, Table
from commonhall.web.charts.drawing import Wanted, draw
from commonhall.web.charts.specs import Interval, Pair, bars, intervals, lines, stacked
from commonhall.web.dashboards.showing import names_of_months

MONTHS = [date(2026, month, 1) for month in (1, 2, 3, 4)]
SENT: dict[str, list[Cell]] = {"Online": [1200, 120, Gap.SMALL, 90], "Phone": [60, 50, 40, Gap.SMALL]}
TABLE = Table(
    (Column("from", "Month", "text"), Column("online", "Online"), Column("share", "Share", "share")),
    (("2026-01-01", 1200, 0.25), ("2026-02-01", Gap.SMALL, Gap.NOTHING)),
)


def marks(pair: Pair, size: str = "wide", locale: dict[str, object] | None = None) -> list[str]:
    """What a screen reader finds in the picture of a chart."""
    svg = draw(Wanted(pair.wide if size == "wide" else pair.narrow, "svg", locale or {})).decode()
    assert 'style="' not in svg, "the policy would take it away"
    assert "<script" not in svg
    return [unescape(text) for text in re.findall(r'aria-label="([^"]*)"', svg)]


def test_lines_show_each_figure_and_leave_a_gap_where_one_is_kept_back() -> None:
    pair = lines(MONTHS, SENT, period="month", form="count", unit="Sent", description="Sent")
    found = marks(pair)
    for told in ("start: Jan 2026; Sent: 1,200; name: Online", "start: Mar 2026; Sent: 40; name: Phone"):
        assert told in found
    assert not any(told.startswith("start: Mar 2026") and "Online" in told for told in found)
    assert found == marks(pair, "narrow")


def test_a_figure_between_two_gaps_is_seen_even_among_many() -> None:
    days = [date.fromordinal(date(2025, 1, 1).toordinal() + number) for number in range(200)]
    cells: list[Cell] = [Gap.SMALL, 11, *[Gap.SMALL] * 98, *[30] * 100]
    pair = lines(days, {"Online": cells}, period="day", form="count", unit="Sent", description="Sent")
    points = [told for told in marks(pair) if told.startswith("start: 2 Jan")]
    assert any("Sent: 11" in told for told in points)


def test_months_of_a_welsh_chart_are_welsh() -> None:
    pair = lines(MONTHS, SENT, period="month", form="count", unit="", description="")
    assert any("Chwe 2026" in told for told in marks(pair, locale=names_of_months("cy")))


def test_columns_bars_and_intervals_show_their_figures() -> None:
    parts = {"In time": [8, 9, 7, 6], "Late": [1, 2, 3, 0]}
    columns = marks(stacked(MONTHS, parts, period="month", unit="", description=""))
    assert "start: 2026-03-01; value: 3; name: Late; order: 1" in columns
    shown = marks(
        bars(["High Street", "Mill Lane"], [1500, Gap.SMALL], form="count", unit="Sent", description="")
    )
    assert "Sent: 1,500; name: High Street" in shown
    assert "end: 0; name: Mill Lane; said: [c]" in shown
    rows = [Interval("Borchester", 0.1, 0.2, 0.3), Interval("Ambridge", 0.4, 0.5, 0.6, own=True)]
    points = marks(intervals(rows, unit="", description=""))
    assert {"low: 10%; name: Borchester; high: 0.3", "value: 50%; name: Ambridge"} <= set(points)
    rates = [Interval("Borchester", 0.5, 0.75, 1.5, sent=True), Interval("Ambridge", 1200.0, 1250.0, 1300.0)]
    points = marks(intervals(rates, unit="", description="", form="rate"))
    assert {"value: 0.75; name: Borchester", "value: 1,250; name: Ambridge"} <= set(points)


@pytest.mark.parametrize(("largest", "top"), [(0.02, 0.05), (0.1, 0.15), (0.5, 1), (1.0, 1)])
def test_an_axis_of_shares_begins_at_nothing_and_ends_at_the_whole_unless_all_are_small(
    largest: float, top: float
) -> None:
    pair = lines([MONTHS[0]], {"x": [largest]}, period="month", form="share", unit="", description="")
    assert pair.wide["encoding"]["y"]["scale"]["domain"] == [0, pytest.approx(top)]


def test_a_specification_cannot_ask_for_anything_outside() -> None:
    spec = {"data": {"url": "https://borchester.example/x.json"}, "mark": "bar", "encoding": {}}
    with pytest.raises(ValueError, match="borchester"):
        draw(Wanted(spec, "svg", {}))


def test_a_png_is_the_same_picture_twice_as_fine() -> None:
    pair = bars(["High Street"], [15], form="count", unit="Sent", description="")
    png = draw(Wanted(pair.wide, "png", {}))
    width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
    assert (width, height) == (2 * pair.wide["width"], 2 * pair.wide["height"])
    assert len(png) < 20_000


def test_the_files_have_the_figures_and_say_what_is_kept_back() -> None:
    chart = Chart("sent", "Sent", "", "Cases.", {}, {}, TABLE)
    rows = list(csv.reader(io.StringIO(TABLE.as_csv().decode())))
    assert rows == [["from", "online", "share"], ["2026-01-01", "1200", "0.25"], ["2026-02-01", "[c]", "[x]"]]
    told = json.loads(chart.as_json())
    assert told["rows"] == [
        {"from": "2026-01-01", "online": 1200, "share": 0.25},
        {"from": "2026-02-01", "online": None, "share": None},
    ]
    assert told["kept_back"] is True


@given(st.text(max_size=20))
def test_no_name_in_a_file_begins_like_a_formula(name: str) -> None:
    table = Table((Column("place", "Place", "text"),), ((name,),))
    last = list(csv.reader(io.StringIO(table.as_csv().decode("utf-8", "surrogatepass"), newline="")))[-1:]
    for row in last:
        assert not row or row[0][:1] not in tuple("=+-@\t\r")


def test_the_digest_follows_the_figures_and_the_words() -> None:
    def chart(count: int, title: str = "Sent") -> Chart:
        pair = bars(["High Street"], [count], form="count", unit="Sent", description="")
        table = Table((Column("place", "Place", "text"), Column("n", "n")), (("High Street", count),))
        return Chart("sent", title, "", "", pair.wide, pair.narrow, table)

    assert chart(1).digest == chart(1).digest
    assert len({chart(1).digest, chart(2).digest, chart(1, "Anfonwyd").digest}) == 3
