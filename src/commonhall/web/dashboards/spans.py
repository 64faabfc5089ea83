"""Which days a dashboard shows, read from an address that anybody may have typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal
from urllib.parse import urlencode

from commonhall.engine.fields.numbers import show_date
from commonhall.reporting.measures import Period, next_month, periods
from commonhall.web.dashboards.words import SPAN

Choice = Literal["30d", "12m", "own"]
CHOICES: tuple[Choice, ...] = ("30d", "12m", "own")
PERIODS: tuple[Period, ...] = ("day", "week", "month")
LONGEST_YEARS = 5
MOST_POINTS = 400
"""More than a year of days is no chart that anybody reads."""


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `first` to `last`, both included, counted by `period`; `choice` is how they were asked for."""

    choice: Choice
    first: date
    last: date
    period: Period

    @property
    def query(self) -> str:
        """The part of an address that asks for it again."""
        parts = {"span": str(self.choice), "period": str(self.period)}
        if self.choice == "own":
            parts |= {"from": self.first.isoformat(), "to": self.last.isoformat()}
        return urlencode(parts)

    @property
    def months(self) -> tuple[date, date]:
        """The first and last day of the whole months that it touches."""
        return self.first.replace(day=1), next_month(self.last) - timedelta(1)

    def words(self, language: str) -> str:
        """The days in words."""
        texts = SPAN[language]
        return texts["shown"].format(
            first=show_date(self.first, language),
            last=show_date(self.last, language),
            period=texts[f"period_{self.period}"],
        )

    def days(self, language: str) -> str:
        """The days in words, where nothing is counted period by period."""
        return f"{show_date(self.first, language)} – {show_date(self.last, language)}"

    def unended(self, today: date) -> bool:
        """Whether its last week or month goes on after today, so that there is less in it than in the others."""
        after = self.last + timedelta(1)
        ends = {"day": True, "week": after.weekday() == 0, "month": after.day == 1}[self.period]
        return self.last >= today and not ends


@dataclass(frozen=True, slots=True)
class SpanFault:
    """What is wrong with what was asked for: the input, and a text for a person."""

    field: str
    text: str


def last_days(today: date, days: int = 30) -> Span:
    """The last days, today included."""
    return Span("30d", today - timedelta(days - 1), today, "day")


def read_span(query: Mapping[str, str], today: date, language: str) -> tuple[Span, list[SpanFault]]:
    """The span that an address asks for, and what is wrong with it; where something is, the last 30 days."""
    texts = SPAN[language]
    faults: list[SpanFault] = []
    choice = next((one for one in CHOICES if one == (query.get("span") or "30d")), None)
    if choice is None:
        faults.append(SpanFault("span", texts["error_span"]))
    asked = query.get("period") or ""
    if asked not in ("", *PERIODS):
        faults.append(SpanFault("period", texts["error_period"]))
    first, last = today - timedelta(29), today
    if choice == "12m":
        first = _months_before(today, 11)
    if choice == "own":
        first, last = _own(query, today, texts, faults)
    if faults or choice is None:
        return last_days(today), faults
    period = next((one for one in PERIODS if one == asked), _fitting(choice, first, last))
    if len(periods(first, last, period)) > MOST_POINTS:
        many = texts["error_many"].format(period=texts[f"period_{period}"])
        return last_days(today), [SpanFault("period", many)]
    return Span(choice, first, last, period), []


def _own(
    query: Mapping[str, str], today: date, texts: Mapping[str, str], faults: list[SpanFault]
) -> tuple[date, date]:
    found: dict[str, date] = {}
    for name in ("from", "to"):
        day = _day(query.get(name, ""))
        if day is None:
            faults.append(SpanFault(name, texts[f"error_{name}"]))
        else:
            found[name] = day
    if faults:
        return today, today
    first, last = found["from"], min(found["to"], today)
    if first > today:
        faults.append(SpanFault("from", texts["error_future"]))
    elif first > last:
        faults.append(SpanFault("from", texts["error_order"]))
    elif (last - first).days > LONGEST_YEARS * 366:
        faults.append(SpanFault("from", texts["error_long"].format(years=LONGEST_YEARS)))
    return first, last


def _day(text: str) -> date | None:
    text = text.strip()
    if len(text) != len("2026-03-27") or not text.isascii():
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _months_before(today: date, months: int) -> date:
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return date(year, month + 1, 1)


def _fitting(choice: Choice, first: date, last: date) -> Period:
    days = (last - first).days + 1
    if choice == "12m":
        return "month"
    return "day" if days <= 62 else "week" if days <= 200 else "month"
