"""Periods of time as the Performance Platform has them: in UTC, weeks from Monday, quarters of the calendar year."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

PERIODS = ("hour", "day", "week", "month", "quarter", "year")
_FIXED = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
EARLIEST, LATEST = 1900, 2200
"""Years that figures may be of: a week or a year around them is still a date."""


def start_of(period: str, moment: datetime) -> datetime:
    """The start of the period that a moment lies in."""
    moment = moment.astimezone(UTC)
    if period == "hour":
        return moment.replace(minute=0, second=0, microsecond=0)
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "week":
        return day - timedelta(days=day.weekday())
    if period in _MONTHS:
        months = _MONTHS[period]
        return day.replace(month=(day.month - 1) // months * months + 1, day=1)
    return day


def moved(period: str, start: datetime, by: int) -> datetime:
    """The start of the period that comes so many after (or before) one that starts then."""
    if period in _FIXED:
        return start + by * _FIXED[period]
    month = start.year * 12 + start.month - 1 + by * _MONTHS[period]
    return start.replace(year=month // 12, month=month % 12 + 1)


def spans(period: str, first: datetime, last: datetime, *, inclusive: bool = False) -> Iterator[datetime]:
    """The starts of all periods from the one that `first` lies in to the last that begins before `last` (with
    `inclusive`: or then)."""
    start = start_of(period, first)
    while start < last or (inclusive and start == last):
        yield start
        start = moved(period, start, 1)


def count_spans(period: str, first: datetime, last: datetime) -> int:
    """About how many periods there are from one moment to another: right to one or two, without counting them."""
    days = max((last - first) / timedelta(days=1), 0.0)
    in_days = {"hour": 1 / 24, "day": 1, "week": 7, "month": 28, "quarter": 90, "year": 365}
    return int(days / in_days[period]) + 1
