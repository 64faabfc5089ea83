"""Figures in words: cells for people, days and times in their language, and what a chart shows for those who do not see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from commonhall.engine.fields.numbers import MONTHS, show_date
from commonhall.reporting.measures import Period
from commonhall.web.charts.chart import Cell, Chart, Gap, Kind, Table
from commonhall.web.charts.specs import Interval, Pair
from commonhall.web.dashboards.definitions import DEFINITIONS
from commonhall.web.dashboards.words import WORDS

MOST_BARS_TOLD = 8


def defined_chart(key: str, language: str, pair: Pair, alt: str, table: Table, note: str) -> Chart:
    """A chart by its definition: its title, what it counts, and whence."""
    title, about, source = DEFINITIONS[language][key]
    return Chart(
        name=key.replace("_", "-"),
        title=title,
        alt=f"{title}. {alt}",
        about=f"{about} {WORDS[language]['source'].format(source=source)}",
        wide=pair.wide,
        narrow=pair.narrow,
        table=table,
        language=language,
        note=note,
    )


def show_cell(cell: Cell, kind: Kind) -> str:
    """A cell as people read it; what is missing by its sign."""
    if isinstance(cell, Gap):
        return cell.value
    if isinstance(cell, str):
        return cell
    if kind == "share":
        return f"{cell:.0%}"
    if kind == "fine share":
        return f"{cell:.2%}"
    if kind == "rate":
        return f"{cell:,.1f}"
    return f"{cell:,}" if kind == "count" else f"{cell:,.2f}"


def show_period(start: date, period: Period, language: str) -> str:
    """The name of a period: its month, or its first day."""
    if period == "month":
        return f"{MONTHS[language][start.month - 1]} {start.year}"
    return show_date(start, language)


def show_days(first: date, last: date, language: str, words: str = "days") -> str:
    """A span of days, by its first and its last."""
    return WORDS[language][words].format(first=show_date(first, language), last=show_date(last, language))


def show_seconds(seconds: float, language: str) -> str:
    """How long something took: seconds below a minute and a half, then minutes."""
    words = WORDS[language]
    if seconds < 90:
        return words["seconds"].format(number=round(seconds))
    return words["minutes"].format(number=f"{round(seconds / 60):,}")


def show_hours(hours: float, language: str) -> str:
    """How long something took: hours below two days, then days."""
    words = WORDS[language]
    if hours < 48:
        return words["hours"].format(number=round(hours))
    return words["days_long"].format(number=f"{round(hours / 24):,}")


def names_of_months(language: str) -> dict[str, object]:
    """The locale of a chart's axis of days, as d3-time-format has it; none for English, which it knows."""
    if language == "en":
        return {}
    months = list(MONTHS[language])
    days = ["Dydd Sul", "Dydd Llun", "Dydd Mawrth", "Dydd Mercher", "Dydd Iau", "Dydd Gwener", "Dydd Sadwrn"]
    return {
        "dateTime": "%A %e %B %Y %X", "date": "%d/%m/%Y", "time": "%H:%M:%S", "periods": ["yb", "yh"], "days": days,
        "shortDays": ["Sul", "Llun", "Maw", "Mer", "Iau", "Gwe", "Sad"], "months": months,
        "shortMonths": ["Ion", "Chwe", "Maw", "Ebr", "Mai", "Meh", "Gor", "Awst", "Medi", "Hyd", "Tach", "Rhag"],
    }  # fmt: skip


def lines_alt(
    starts: Sequence[date], series: Mapping[str, Sequence[Cell]], kind: Kind, period: Period, language: str
) -> str:
    """What a chart of lines shows: how each begins, ends, and where it is highest."""
    words = WORDS[language]
    told = [
        words["line_alt"].format(
            first=show_period(starts[0], period, language), last=show_period(starts[-1], period, language)
        )
    ]
    for name, cells in series.items():
        known = [
            (cell, start) for cell, start in zip(cells, starts, strict=True) if isinstance(cell, int | float)
        ]
        if not known:
            told.append(words["line_none"].format(name=name))
            continue
        most, when = max(known)
        told.append(
            words["line_of"].format(
                name=name,
                start=show_cell(known[0][0], kind),
                end=show_cell(known[-1][0], kind),
                most=show_cell(most, kind),
                when=show_period(when, period, language),
            )
        )
    return " ".join(told)


def bars_alt(names: Sequence[str], cells: Sequence[Cell], kind: Kind, language: str) -> str:
    """What a chart of bars shows: the first few with their figures."""
    return WORDS[language]["bar_alt"].format(bars=first_few(names, cells, kind, language))


def first_few(names: Sequence[str], cells: Sequence[Cell], kind: Kind, language: str) -> str:
    """The first few names with their figures, and how many more there are."""
    told = [f"{name} {show_cell(cell, kind)}" for name, cell in zip(names, cells, strict=True)]
    more = len(told) - MOST_BARS_TOLD
    if more > 0:
        told[MOST_BARS_TOLD:] = [WORDS[language]["bars_more"].format(count=more)]
    return "; ".join(told)


def columns_alt(
    starts: Sequence[date], series: Mapping[str, Sequence[Cell]], period: Period, language: str
) -> str:
    """What columns made of parts show: the sum of each part."""
    words = WORDS[language]
    first, last = (show_period(start, period, language) for start in (starts[0], starts[-1]))
    told = [words["columns_alt"].format(first=first, last=last)]
    for name, cells in series.items():
        total = sum(cell for cell in cells if isinstance(cell, int))
        told.append(words["column_of"].format(name=name, total=f"{total:,}"))
    return " ".join(told)


def intervals_alt(rows: Sequence[Interval], language: str, kind: Kind = "share") -> str:
    """What points with intervals show."""
    words = WORDS[language]
    points = "; ".join(
        words["interval_of"].format(
            name=row.name,
            value=show_cell(row.value, kind),
            low=show_cell(row.low, kind),
            high=show_cell(row.high, kind),
        )
        for row in rows
    )
    return words["interval_alt"].format(points=points)
