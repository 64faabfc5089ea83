"""Pictures and tables of councils beside each other: with intervals while they are few, else in a funnel. Nobody is ranked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from commonhall.reporting.comparing import Funnel
from commonhall.reporting.rates import Base, YearRate
from commonhall.reporting.sent import Standing
from commonhall.web.charts.chart import Cell, Chart, Column, Gap, Kind, Table
from commonhall.web.charts.specs import Dot, Interval, Pair, intervals
from commonhall.web.charts.specs import funnel as draw_funnel
from commonhall.web.dashboards.beside import COMPARED, Beside, Everybody, funnel_of, rows_of
from commonhall.web.dashboards.board import Facts, Subject
from commonhall.web.dashboards.definitions import DEFINITIONS
from commonhall.web.dashboards.guard import Guard
from commonhall.web.dashboards.showing import defined_chart, intervals_alt, show_cell
from commonhall.web.dashboards.words import WORDS

MOST_ROWS = 30
"""More points with intervals than this are no picture: a funnel is."""
MOST_NAMED = 8
"""Of more councils that sent their figures, the note says how many they are; the table names them."""


def like_charts(facts: Facts, subject: Subject) -> tuple[Chart, ...]:
    """A council beside those like it."""
    draw = _Comparing(subject)
    rows = {what: facts.compared.get(what, ()) for what in COMPARED}
    return tuple(draw.points("like", what, found) for what, found in rows.items() if len(found) > 1)


def across_charts(every: Everybody, subject: Subject) -> tuple[Chart, ...]:
    """Every council beside the others."""
    draw = _Comparing(subject)
    found = []
    for what in COMPARED:
        rows = rows_of(every, subject.names, what)
        if 1 < len(rows) <= MOST_ROWS:
            found.append(draw.points("across", what, rows))
        elif len(rows) > MOST_ROWS:
            found.append(draw.funnel("across", what, every))
    return tuple(found)


class _Comparing:
    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.language = subject.language
        self.words = WORDS[subject.language]

    def points(self, where: str, what: str, rows: Sequence[Beside]) -> Chart:
        kind = _kind(what)
        digits = 1 if kind == "rate" else 3
        columns = (*self.first(what, kind), *self.limits(kind, "low", "high"), *self.last(what))
        cells = [
            (
                row.name,
                *(round(value, digits) for value in (row.found.value, row.found.low, row.found.high)),
                *self.whence(row.sent, row.base, what),
            )
            for row in rows
        ]
        drawn = [
            Interval(row.name, row.found.low, row.found.value, row.found.high, row.own, row.sent)
            for row in rows
        ]
        key = self.key(where, what)
        title = DEFINITIONS[self.language][key][0]
        pair = intervals(drawn, unit="", description=title, form=kind)
        note = self.words["across_note" if where == "across" else "compare_note"]
        sent = [row.name for row in rows if row.sent]
        alt = intervals_alt(drawn, self.language, kind)
        return self.chart(key, pair, alt, columns, cells, [note, *self.note(what, sent)])

    def funnel(self, where: str, what: str, every: Everybody) -> Chart:
        kind, plot, names = _kind(what), funnel_of(every, what), self.subject.names
        digits = 1 if kind == "rate" else 3
        rates = every.told_rates
        points = sorted(plot.points, key=lambda one: names.get(one.council, one.council).casefold())
        sent = {slug for slug, one in (rates if what == "rate" else every.standings).items() if one.sent}
        bases = {slug: rate.base for slug, rate in rates.items()} if what == "rate" else {}
        dots = [
            Dot(
                names.get(one.council, one.council),
                bases[one.council].number if one.council in bases else one.rate.counted,
                one.rate.value,
                one.low,
                one.high,
                one.council in sent,
            )
            for one in points
        ]
        name, value = self.first(what, kind)
        of = () if what == "rate" else (Column("of", self.words["count"]),)
        columns = (name, *of, value, *self.limits(kind, "limit_low", "limit_high"), *self.last(what))
        cells = [
            (
                dot.name,
                *([dot.of] if of else []),
                *(round(value, digits) for value in (dot.value, dot.low, dot.high)),
                *self.whence(dot.sent, bases.get(one.council), what),
            )
            for one, dot in zip(points, dots, strict=True)
        ]
        key = self.key(where, what)
        title = DEFINITIONS[self.language][key][0]
        unit = self.words[f"base_{self.subject.per}"] if what == "rate" else self.words["count"]
        pair = draw_funnel(dots, plot.overall or 0, unit=unit, description=title, form=kind)
        notes = [self.words["funnel_note"], *self.note(what, [dot.name for dot in dots if dot.sent])]
        return self.chart(key, pair, self.funnel_alt(plot, kind), columns, cells, notes)

    def funnel_alt(self, plot: Funnel, kind: Kind) -> str:
        within = sum(one.low <= one.rate.value <= one.high for one in plot.points)
        overall = show_cell(plot.overall or 0, kind)
        return self.words["funnel_alt"].format(count=len(plot.points), overall=overall, within=within)

    def key(self, where: str, what: str) -> str:
        return f"{where}_{what}_{self.subject.per}" if what == "rate" else f"{where}_{what}"

    def first(self, what: str, kind: Kind) -> tuple[Column, Column]:
        council = Column("council", self.words["council"], "text")
        if what == "rate":
            return council, Column("rate", self.words[f"rate_{self.subject.per}"], kind)
        return council, Column("share", self.words["value"], kind)

    def limits(self, kind: Kind, low: str, high: str) -> tuple[Column, Column]:
        return Column("low", self.words[low], kind), Column("high", self.words[high], kind)

    def last(self, what: str) -> tuple[Column, ...]:
        """The columns that say what a figure rests on."""
        source = Column("source", self.words["figures_source"], "text")
        return (*self.of_base(), source) if what == "rate" else (source,)

    def of_base(self) -> tuple[Column, Column]:
        number = Column(self.subject.per, self.words[f"base_{self.subject.per}"])
        return number, Column("basis", self.words["basis"], "text")

    def whence(self, sent: bool, base: Base | None, what: str) -> tuple[Cell, ...]:
        source = self.words["source_sent" if sent else "source_counted"]
        return (*self.base(base), source) if what == "rate" else (source,)

    def base(self, base: Base | None) -> tuple[Cell, Cell]:
        if base is None:
            return Gap.NOTHING, Gap.NOTHING
        return base.number, self.words[f"basis_{base.basis}"]

    def note(self, what: str, sent: Sequence[str]) -> list[str]:
        """What is to be said of rates, and of figures that were sent."""
        found = [self.words["rate_note"]] if what == "rate" else []
        if len(sent) > MOST_NAMED:
            found.append(self.words["sent_many"].format(count=len(sent)))
        elif sent:
            found.append(self.words["sent_by"].format(names="; ".join(sent)))
        return found

    def chart(
        self, key: str, pair: Pair, alt: str, columns: Sequence[Column], rows: Sequence[Sequence[Cell]],
        notes: Sequence[str],
    ) -> Chart:  # fmt: skip
        table = Table(tuple(columns), tuple(tuple(row) for row in rows))
        return defined_chart(key, self.language, pair, alt, table, " ".join(notes))


def _kind(what: str) -> Literal["rate", "share"]:
    return "rate" if what == "rate" else "share"


def _take_up(standing: Standing, guard: Guard) -> Cell:
    one = standing.counts
    if not standing.channels_known:
        return Gap.NOTHING
    # Figures that were sent can be read by everybody as they are.
    return guard.share(one.digital_take_up, one.sent) if standing.sent else guard.split(one.digital_and_not)


def _rate_beside(every: Everybody, slug: str) -> YearRate | None:
    """A council's rate, if it is of the source that its row says: it may have moved between the dates shown and the year."""
    rate = every.rates.get(slug)
    return rate if rate is not None and rate.sent == every.standings[slug].sent else None


def councils_chart(every: Everybody, subject: Subject) -> Chart | None:
    """What each council did, side by side: a table without a picture, which would be a ranking."""
    order = [slug for slug in subject.names if slug in every.standings]
    if not order:
        return None
    draw, guard, words = _Comparing(subject), subject.guard, WORDS[subject.language]
    titles = {key: texts[0] for key, texts in DEFINITIONS[subject.language].items()}
    shares = ("take_up", "completion", "satisfaction", "in_time", "failure")
    columns = (
        Column("council", words["council"], "text"),
        Column("source", words["figures_source"], "text"),
        Column("sent", titles["sent"]),
        *(Column(key, titles[key], "share") for key in shares),
        Column("rate", titles[f"rate_{subject.per}"], "rate"),
        draw.of_base()[1],
    )
    # What was counted here adds up to the figures above; what was sent adds up to nothing that is told.
    counted = {slug: every.standings[slug] for slug in order if not every.standings[slug].sent}
    sent = guard.named_parts({slug: standing.counts.sent for slug, standing in counted.items()})
    rows = []
    for slug in order:
        standing = every.standings[slug]
        one, here = standing.counts, not standing.sent
        rate = _rate_beside(every, slug)
        told: Cell = (
            Gap.SMALL if slug in every.kept_back else round(rate.interval.value, 1) if rate else Gap.NOTHING
        )
        volume = guard.count(one.sent) if standing.months else Gap.NOTHING
        rows.append(
            (
                subject.names[slug],
                words["source_counted" if here else "source_sent"],
                sent[slug] if here else volume,
                _take_up(standing, guard),
                guard.share(one.completion_rate, one.ended),
                guard.share(one.satisfaction, one.responses),
                guard.share(one.in_time_rate, one.in_time + one.late),
                guard.share(one.failure_demand if here else None, one.sent),
                told if rate else Gap.NOTHING,
                draw.base(rate.base if rate else None)[1],
            )
        )
    title = words["by_councils"]
    rated = any(slug in every.rates for slug in order)
    missing = rated and any(row[-2] is Gap.NOTHING for row in rows)
    return Chart(
        name="councils",
        title=title,
        alt=title,
        about=DEFINITIONS[subject.language]["sent"][1],
        wide={},
        narrow={},
        table=Table(columns, tuple(rows)),
        language=subject.language,
        note=" ".join([words["rate_note"]] * rated + [words["rate_gap"]] * missing),
    )
