"""How the platform itself serves each service: uptime, errors and response times. docs/measures-uptime-and-cost.md has
the definitions.

Uptime is of the minutes that are known: a minute in which nobody looked is neither up nor down, and is told as such.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from commonhall.reporting.times import added, percentile
from commonhall.storage import service_hours as stored
from commonhall.storage.pool import Store
from commonhall.storage.service_hours import HourSums

LONDON = ZoneInfo("Europe/London")
KEPT_MONTHS = 25
"""Hours are kept until all of their month is older; then they are deleted. Two years can be compared month by month."""


@dataclass(frozen=True, slots=True)
class Uptime:
    """How a service ran over a span, or several services: counts add up, and the rest follows from them.

    `requests` are those for the service's pages and its journeys by the API; `failed` were answered with 500 or more.
    `up` and `down` are minutes. `times` are requests by bucket of response time (`reporting.times`).
    """

    requests: int = 0
    failed: int = 0
    up: int = 0
    down: int = 0
    times: tuple[int, ...] = ()

    @property
    def known_minutes(self) -> int:
        """Minutes in which somebody looked."""
        return self.up + self.down

    @property
    def uptime(self) -> float | None:
        """The share of known minutes in which the start page was there, 0.0 to 1.0; None where none is known."""
        return self.up / self.known_minutes if self.known_minutes else None

    @property
    def error_share(self) -> float | None:
        """The share of requests that failed, 0.0 to 1.0; None where there was none."""
        return self.failed / self.requests if self.requests else None

    @property
    def median(self) -> float | None:
        """Seconds within which half of all requests were answered, within 10%."""
        return percentile(self.times, 0.5)

    @property
    def p95(self) -> float | None:
        """Seconds within which 95% of all requests were answered, within 10%."""
        return percentile(self.times, 0.95)

    def __add__(self, other: Uptime) -> Uptime:
        """Both together."""
        return Uptime(
            self.requests + other.requests,
            self.failed + other.failed,
            self.up + other.up,
            self.down + other.down,
            added(self.times, other.times),
        )


@dataclass(frozen=True, slots=True)
class UptimeDay:
    """One day of London."""

    day: date
    uptime: Uptime


async def uptime_by_service(store: Store, council: str, first: date, last: date) -> dict[str, Uptime]:
    """How each service of a council ran from `first` to `last`, both included; by service id."""
    found = await stored.hours_by_service(store, council, first, last)
    return {service: _uptime(sums) for service, sums in found.items()}


async def uptime_by_day(
    store: Store, council: str, service: str | None, first: date, last: date
) -> list[UptimeDay]:
    """How a service (or all, with None) ran on each day from `first` to `last`; days without anything are there, too."""
    found = await stored.hours_by_day(store, council, service, first, last)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [UptimeDay(day, _uptime(found[day]) if day in found else Uptime()) for day in days]


async def uptime_across(store: Store, service: str, first: date, last: date) -> dict[str, Uptime]:
    """How one service ran at each council; for whoever compares councils."""
    found = await stored.hours_across(store, service, first, last)
    return {council: _uptime(sums) for council, sums in found.items()}


def minutes_of(first: date, last: date, now: datetime) -> int:
    """How many minutes of these days of London have passed: a service's known minutes are of these, the others are not
    known."""
    begins = datetime.combine(first, time(), LONDON)
    ends = min(datetime.combine(last + timedelta(days=1), time(), LONDON), now.astimezone(LONDON))
    return max(0, int((ends.timestamp() - begins.timestamp()) // 60))


def whole(found: Iterable[Uptime]) -> Uptime:
    """All of them together."""
    return sum(found, Uptime())


async def forget_hours(store: Store, council: str, now: datetime) -> int:
    """Delete the hours that are kept no longer; answers how many rows went."""
    return await stored.drop_service_hours(store, council, kept_from(now))


def kept_from(now: datetime) -> datetime:
    """The first moment of the first month that is kept."""
    months = now.year * 12 + now.month - 1 - KEPT_MONTHS
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=now.tzinfo)


def _uptime(sums: HourSums) -> Uptime:
    return Uptime(sums.requests, sums.failed, sums.up, sums.down, sums.times)
