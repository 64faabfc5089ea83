"""What dashboards are handed: the readings of the measures, without the database behind them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from commonhall.reporting.counts import Counts
from commonhall.reporting.measures import PageStep, Period, Place, Point, Spread
from commonhall.reporting.sent import Standing
from commonhall.reporting.uptime import UptimeDay


async def nothing_sent(
    _service: str, _lgsl: int | None, _first: date, _last: date
) -> Mapping[str, Standing] | None:
    """Where nobody sends figures."""
    return {}


async def never_began(_service: str) -> Mapping[str, date]:
    """Where nothing was ever counted."""
    return {}


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
    sent: Callable[[str, int | None, date, date], Awaitable[Mapping[str, Standing] | None]] = nothing_sent
    """What councils sent of a service; None where that could not be read in time."""
    began: Callable[[str], Awaitable[Mapping[str, date]]] = never_began
