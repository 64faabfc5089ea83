"""Counts made by hand, for tests of dashboards: the same for the same day, and larger on weekdays."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Literal

from commonhall.reporting.counts import Counts
from commonhall.reporting.measures import PageStep, Period, Place, Point, Spread, periods
from commonhall.reporting.uptime import Uptime, UptimeDay
from commonhall.web.dashboards.reports import Reports

CHANNELS = {"online": 20, "phone": 7, "in-person": 1, "api": 3}
"""Cases a weekday by channel, about."""


def counts_of(channel: str, day: date) -> Counts:
    """One day's counts of a channel."""
    sent = CHANNELS[channel] + (day.toordinal() * 7 + len(channel)) % 5
    if day.weekday() > 4:
        sent //= 3
    closed, late = sent, sent // 6
    return Counts(
        starts=sent + sent // 4 + 1, submitted=sent, ineligible=sent // 10, abandoned=sent // 6, seconds_sum=sent * 190,
        sent=sent, chases=sent // 12, repeats=sent // 15, score_3=sent // 8, score_4=sent // 5, score_5=sent // 4,
        closed=closed, in_time=closed - late, late=late, fixed=closed, fixed_first=closed - sent // 9,
        wait_hours_sum=closed * 30, sent_digital=sent if channel in {"online", "api"} else 0,
    )  # fmt: skip


def span_of(first: date, last: date) -> dict[str, Counts]:
    """Counts by channel of several days."""
    days = [first + timedelta(number) for number in range((last - first).days + 1)]
    return {channel: sum((counts_of(channel, day) for day in days), Counts()) for channel in CHANNELS}


def reports(services: tuple[str, ...], page_ids: tuple[str, ...] = ("address", "containers")) -> Reports:
    """Readings of a council that counts the same for each of its services."""

    async def by_service(council: str, first: date, last: date) -> dict[str, Counts]:
        return {name: sum(span_of(first, last).values(), Counts()) for name in services}

    async def series(
        council: str, service: str | None, first: date, last: date, period: Period
    ) -> list[Point]:
        starts = periods(first, last, period)
        ends = [start - timedelta(1) for start in starts[1:]] + [last]
        found = []
        for start, end in zip(starts, ends, strict=True):
            channels = span_of(max(start, first), end)
            found.append(Point(start, sum(channels.values(), Counts()), channels))
        return found

    async def pages(council: str, service: str, first: date, last: date) -> list[PageStep]:
        return [PageStep(page, 900 - 60 * place, 12 + place) for place, page in enumerate(page_ids)]

    async def spread(
        council: str, service: str, first: date, last: date, what: Literal["seconds", "wait"]
    ) -> Spread:
        return Spread(171.0, 420.0, 800) if what == "seconds" else Spread(30.0, 110.0, 700)

    async def places(
        council: str, service: str, first: date, last: date, what: Literal["area", "street", "ward"]
    ) -> list[Place]:
        if what == "street":
            return [Place("High Street", 12), Place("Mill Lane", 3)]
        if what == "ward":
            return [Place("E05000001", 120), Place("E05000002", 31), Place("E05000003", 4)]
        return [Place(f"B91 {number}", 400 // number) for number in range(1, 7)] + [Place("B90 4", 4)]

    async def across(service: str, first: date, last: date) -> dict[str, Counts]:
        whole = sum(span_of(first, last).values(), Counts())
        return {"solihull": whole, "walsall": whole + whole, "coventry": whole, "dudley": Counts(sent=9)}

    async def names(*_: Any) -> list[str]:
        return list(services)

    async def uptime(council: str, service: str | None, first: date, last: date) -> list[UptimeDay]:
        days = [first + timedelta(number) for number in range((last - first).days + 1)]
        ran = Uptime(requests=900, failed=1, up=1439, down=1, times=(0,) * 20 + (500, 300, 80, 15, 5))
        return [UptimeDay(day, ran) for day in days]

    return Reports(by_service, series, pages, spread, places, across, names, uptime)
