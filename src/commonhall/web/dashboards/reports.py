"""What dashboards are handed: the readings of the measures, without the database behind them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from commonhall.reporting.counts import Counts
from commonhall.reporting.measures import PageStep, Period, Place, Point, Spread
from commonhall.reporting.uptime import UptimeDay


@dataclass(frozen=True, slots=True)
class Reports:
    """The functions of `reporting.measures` over one database; days are included at both ends."""

    by_service: Callable[[str, date, date], Awaitable[dict[str, Counts]]]
    series: Callable[[str, str | None, date, date, Period], Awaitable[list[Point]]]
    pages: Callable[[str, str, date, date], Awaitable[list[PageStep]]]
    spread: Callable[[str, str, date, date, Literal["seconds", "wait"]], Awaitable[Spread]]
    places: Callable[[str, str, date, date, Literal["area", "street", "ward"]], Awaitable[list[Place]]]
    across: Callable[[str, date, date], Awaitable[Mapping[str, Counts]]]
    services: Callable[[date, date], Awaitable[list[str]]]
    uptime: Callable[[str, str | None, date, date], Awaitable[list[UptimeDay]]]
    """How a service (or all, with None) ran on each day: `reporting.uptime.uptime_by_day`."""
