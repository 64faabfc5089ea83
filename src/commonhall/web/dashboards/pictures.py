"""The charts of a dashboard: which figures each is drawn from, its table, and its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from commonhall.reporting.counts import Counts
from commonhall.reporting.measures import Place
from commonhall.web.charts.chart import Cell, Chart, Column, Gap, Table
from commonhall.web.charts.specs import (
    NOTHING_TO_DRAW,
    Format,
    Pair,
    bars,
    lines,
    stacked,
)
from commonhall.web.dashboards.board import Facts, Subject
from commonhall.web.dashboards.comparisons import like_charts
from commonhall.web.dashboards.definitions import DEFINITIONS
from commonhall.web.dashboards.showing import (
    bars_alt,
    columns_alt,
    defined_chart,
    lines_alt,
    show_cell,
    show_period,
)
from commonhall.web.dashboards.spans import Span
from commonhall.web.dashboards.warding import wards_drawn
from commonhall.web.dashboards.words import SPAN, WORDS

MOST_STREETS = 30
Rate = Callable[[Counts], float | None]
Whole = Callable[[Counts], int]
Parts = Callable[[Counts], Sequence[int]]


def charts_of(facts: Facts, subject: Subject, span: Span) -> tuple[Chart, ...]:
    """Every chart that there is something to draw for, in the order in which they are read."""
    draw = _Drawing(facts, subject, span)
    total = facts.total
    found: list[Chart | None] = [
        draw.sent(),
        draw.rate(
            "take_up",
            lambda one: one.digital_take_up,
            lambda one: one.sent,
            lambda one: one.digital_and_not,
        ),
        draw.rate("completion", lambda one: one.completion_rate, lambda one: one.ended),
        draw.pages(),
        draw.rate("satisfaction", lambda one: one.satisfaction, lambda one: one.responses),
        draw.rate("in_time", lambda one: one.in_time_rate, lambda one: one.in_time + one.late),
        draw.closed(),
        draw.rate("first_fix", lambda one: one.first_time_fix_rate, lambda one: one.fixed),
        draw.rate("failure", lambda one: one.failure_demand, lambda one: one.sent),
        draw.wards(),
        draw.places("areas", facts.areas),
        draw.places("streets", facts.streets[:MOST_STREETS]),
        draw.response(),
        *like_charts(facts, subject),
    ]
    return tuple(chart for chart in found if chart is not None) if total != Counts() else ()


class _Drawing:
    def __init__(self, facts: Facts, subject: Subject, span: Span) -> None:
        self.facts = facts
        self.subject = subject
        self.span = span
        self.language = subject.language
        self.words = WORDS[subject.language]
        self.starts = [point.start for point in facts.points]

    def chart(
        self, key: str, pair: Pair, alt: str, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], *,
        note: str = "", over_time: bool = True,
    ) -> Chart:  # fmt: skip
        if over_time and self.span.unended(self.subject.today):
            texts = SPAN[self.language]
            unended = texts["unended"].format(period=texts[f"period_{self.span.period}"])
            note = f"{note} {unended}".strip()
        table = Table(tuple(columns), tuple(tuple(row) for row in rows))
        if over_time and table.has(Gap.SMALL) and self.span.period != "month":
            note = f"{note} {self.words['coarser']}".strip()
        return defined_chart(key, self.language, pair, alt, table, note)

    # -- over time ---------------------------------------------------------------------------------------

    def when(self) -> Column:
        """The column of periods; machines get the first day of each."""
        return Column("from", self.words[f"period_of_{self.span.period}"], "text")

    def sent(self) -> Chart | None:
        channels = [channel for channel, counts in self.facts.by_channel.items() if counts.sent]
        if not channels:
            return None
        none = Counts()
        grid = self.subject.guard.grid(
            [
                [point.by_channel.get(channel, none).sent for channel in channels]
                for point in self.facts.points
            ]
        )
        names = [self.words.get(f"channel_{channel}", channel) for channel in channels]
        series = {name: [row[place] for row in grid] for place, name in enumerate(names)}
        title = DEFINITIONS[self.language]["sent"][0]
        columns = [self.when(), *(Column(one, name) for one, name in zip(channels, names, strict=True))]
        rows = [[start.isoformat(), *row] for start, row in zip(self.starts, grid, strict=True)]
        # A channel that is kept back throughout would be a name in the legend without a line.
        drawn = {name: cells for name, cells in series.items() if _drawn(cells)}
        pair = self.lines(drawn, "count", unit=title, title=title)
        alt = lines_alt(self.starts, series, "count", self.span.period, self.language)
        alone = (
            self.words["one_drawn"].format(name=next(iter(drawn))) if len(drawn) == 1 < len(series) else ""
        )
        return self.chart("channels", pair, alt, columns, rows, note=alone)

    def rate(self, key: str, rate: Rate, whole: Whole, parts: Parts | None = None) -> Chart | None:
        """A share over time; `parts` are those of a whole whose small ones are told nowhere."""
        guard = self.subject.guard
        counts = [point.counts for point in self.facts.points]
        if not any(whole(one) for one in counts):
            return None
        cells = [guard.split(parts(one)) if parts else guard.share(rate(one), whole(one)) for one in counts]
        title = DEFINITIONS[self.language][key][0]
        of = self.words["responses_column"] if key == "satisfaction" else self.words["count"]
        columns = [self.when(), Column("share", title, "share"), Column("of", of)]
        wholes = [guard.count(whole(one)) for one in counts]
        rows: list[list[Cell]] = [
            [start.isoformat(), cell, count]
            for start, cell, count in zip(self.starts, cells, wholes, strict=True)
        ]
        series = {title: cells}
        pair = self.lines(series if _drawn(cells) else {}, "share", unit="", title=title)
        alt = lines_alt(self.starts, series, "share", self.span.period, self.language)
        return self.chart(key, pair, alt, columns, rows)

    def lines(self, series: Mapping[str, Sequence[Cell]], form: Format, *, unit: str, title: str) -> Pair:
        """Lines over the periods; no picture where all is kept back: the table says so."""
        if not series:
            return NOTHING_TO_DRAW
        period = self.span.period
        return lines(self.starts, series, period=period, form=form, unit=unit, description=title)

    def closed(self) -> Chart | None:
        """How many were closed in time and late: for staff, since the late ones are few on most days."""
        counts = [point.counts for point in self.facts.points]
        if self.subject.guard.minimum or not any(one.in_time + one.late for one in counts):
            return None
        grid = self.subject.guard.grid([[one.in_time, one.late] for one in counts])
        names = (self.words["in_time"], self.words["late"])
        series = {name: [row[place] for row in grid] for place, name in enumerate(names)}
        columns = [self.when(), Column("in_time", names[0]), Column("late", names[1])]
        rows = [[start.isoformat(), *row] for start, row in zip(self.starts, grid, strict=True)]
        title = DEFINITIONS[self.language]["closed"][0]
        pair = stacked(self.starts, series, period=self.span.period, unit="", description=title)
        alt = columns_alt(self.starts, series, self.span.period, self.language)
        return self.chart("closed", pair, alt, columns, rows)

    def response(self) -> Chart | None:
        """How fast the service answered; nothing of it is about anybody."""
        if not any(ran.requests for ran in self.facts.uptime):
            return None
        names = (self.words["median"], self.words["p95"])
        cells = [
            [
                Gap.NOTHING if seconds is None else round(seconds * 1000, 1)
                for seconds in (ran.median, ran.p95)
            ]
            for ran in self.facts.uptime
        ]
        series = {name: [row[place] for row in cells] for place, name in enumerate(names)}
        title, unit = DEFINITIONS[self.language]["response"][0], self.words["unit_ms"]
        columns = [
            self.when(),
            Column("median_ms", names[0], "number"),
            Column("p95_ms", names[1], "number"),
            Column("uptime", DEFINITIONS[self.language]["uptime"][0], "fine share"),
        ]
        up = [Gap.NOTHING if ran.uptime is None else round(ran.uptime, 5) for ran in self.facts.uptime]
        rows = [
            [start.isoformat(), *row, share] for start, row, share in zip(self.starts, cells, up, strict=True)
        ]
        pair = self.lines(series, "number", unit=unit, title=title)
        alt = lines_alt(self.starts, series, "number", self.span.period, self.language)
        return self.chart("response", pair, alt, columns, rows)

    # -- in detail ---------------------------------------------------------------------------------------

    def pages(self) -> Chart | None:
        steps = self.facts.pages
        if not steps:
            return None
        guard = self.subject.guard
        names = [self.subject.pages.get(step.page, step.page) for step in steps]
        reached = [guard.count(step.reached) for step in steps]
        # Whoever did not go on is the difference between two pages: a small one is not told, nor shown as a bar.
        left = [guard.count(step.left) for step in steps]
        columns = [
            Column("page", self.words["page"], "text"),
            Column("reached", self.words["reached"]),
            Column("left", self.words["left"]),
        ]
        rows: list[tuple[Cell, ...]] = list(zip(names, reached, left, strict=True))
        pair = bars(
            names, reached, form="count", unit=self.words["reached"], description=self.words["reached"]
        )
        alt = bars_alt(names, reached, "count", self.language)
        return self.chart("pages", pair, alt, columns, rows, note=self.months(), over_time=False)

    def places(self, key: str, places: Sequence[Place]) -> Chart | None:
        if not places:
            return None
        names = [place.name or self.words["unknown_area"] for place in places]
        cells = self.subject.guard.parts([place.cases for place in places])
        if Gap.SMALL in cells:
            # That there was anything at all in a small place is not told, either.
            hidden = sum(place.cases for place, cell in zip(places, cells, strict=True) if cell is Gap.SMALL)
            shown = [(name, cell) for name, cell in zip(names, cells, strict=True) if cell is not Gap.SMALL]
            names = [*(name for name, _ in shown), self.words["other_areas"]]
            cells = [*(cell for _, cell in shown), self.subject.guard.count(hidden)]
        title = self.words["area" if key == "areas" else "street"]
        columns = [Column("place", title, "text"), Column("cases", self.words["sent_column"])]
        rows: list[tuple[Cell, ...]] = list(zip(names, cells, strict=True))
        pair = bars(names, cells, form="count", unit=self.words["sent_column"], description=title)
        alt = bars_alt(names, cells, "count", self.language)
        return self.chart(key, pair, alt, columns, rows, note=self.months(), over_time=False)

    def wards(self) -> Chart | None:
        warded = self.facts.warded
        if warded is None:
            return None
        share = show_cell(self.subject.guard.share(warded.share, warded.sent), "share")
        known = self.words["wards_known"].format(share=share)
        note = f"{self.months()} {known} {self.words['wards_note']} {warded.attribution}"
        return self.chart("wards", *wards_drawn(warded, self.subject), note=note, over_time=False)

    def months(self) -> str:
        """The months that a chart counts, which keeps no days."""
        first, last = (show_period(day, "month", self.language) for day in self.span.months)
        return self.words["counted"].format(span=self.words["whole_months"].format(first=first, last=last))


def _drawn(cells: Sequence[Cell]) -> bool:
    return any(isinstance(cell, int | float) for cell in cells)


def services_chart(rows: Mapping[str, Counts], subject: Subject) -> Chart | None:
    """What each service did, side by side: a table, and bars of the cases."""
    order = [key for key in subject.names if key in rows]
    if not order:
        return None
    words, guard = WORDS[subject.language], subject.guard
    titles = {key: texts[0] for key, texts in DEFINITIONS[subject.language].items()}
    rates = ("take_up", "completion", "satisfaction", "in_time", "failure")
    columns = (
        Column("service", words["service"], "text"),
        Column("sent", titles["sent"]),
        *(Column(key, titles[key], "share") for key in rates),
    )
    sent = guard.parts([rows[key].sent for key in order])
    table: list[tuple[Cell, ...]] = []
    for key, cell in zip(order, sent, strict=True):
        one = rows[key]
        table.append(
            (
                subject.names[key],
                cell,
                guard.split(one.digital_and_not),
                guard.share(one.completion_rate, one.ended),
                guard.share(one.satisfaction, one.responses),
                guard.share(one.in_time_rate, one.in_time + one.late),
                guard.share(one.failure_demand, one.sent),
            )
        )
    names = [subject.names[key] for key in order]
    title = words["by_services"]
    pair = bars(names, sent, form="count", unit=titles["sent"], description=title)
    return Chart(
        name="services",
        title=title,
        alt=f"{title}. {bars_alt(names, sent, 'count', subject.language)}",
        about=DEFINITIONS[subject.language]["sent"][1],
        wide=pair.wide,
        narrow=pair.narrow,
        table=Table(columns, tuple(table)),
        language=subject.language,
    )


def shown_table(chart: Chart, span: Span) -> dict[str, object]:
    """A chart's table for a page: titles, and rows of texts; periods by their names."""
    columns = chart.table.columns
    rows = []
    for row in chart.table.rows:
        first = row[0]
        if columns[0].key == "from" and isinstance(first, str):
            first = show_period(date.fromisoformat(first), span.period, chart.language)
        cells = [show_cell(cell, column.kind) for cell, column in zip(row[1:], columns[1:], strict=True)]
        rows.append((first, cells))
    texts = [column.kind == "text" for column in columns]
    return {"titles": [column.title for column in columns], "texts": texts, "rows": rows}


def gaps_in(charts: Sequence[Chart], cells: Sequence[Cell]) -> set[Gap]:
    """Why figures are missing anywhere in these."""
    found = {cell for cell in cells if isinstance(cell, Gap)}
    return found | {gap for gap in Gap for chart in charts if chart.table.has(gap)}
