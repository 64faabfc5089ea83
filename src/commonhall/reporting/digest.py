"""A council's week in numbers, beside the eight weeks before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from commonhall.reporting.counts import Counts
from commonhall.reporting.measures import by_service
from commonhall.reporting.signals import WEEKS
from commonhall.storage.alerts import AlertRow, list_alerts
from commonhall.storage.pool import Store

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class ServiceWeek:
    """One service: its counts of the week, and of the eight weeks before together."""

    service: str
    now: Counts
    before: Counts


@dataclass(frozen=True, slots=True)
class Digest:
    """A week from Monday to Sunday. `weeks` are the nine Mondays up to this one, with what was sent in each week."""

    council: str
    first: date
    services: tuple[ServiceWeek, ...]
    weeks: tuple[tuple[date, int], ...]
    alerts: tuple[AlertRow, ...]

    @property
    def last(self) -> date:
        """Its Sunday."""
        return self.first + timedelta(days=6)

    @property
    def whole(self) -> ServiceWeek:
        """All services together."""
        now, before = Counts(), Counts()
        for one in self.services:
            now, before = now + one.now, before + one.before
        return ServiceWeek("", now, before)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell: nobody used anything, and nothing is wrong."""
        return not self.alerts and all(one.now == Counts() for one in self.services)


def last_week(today: date) -> date:
    """The Monday of the last week that is over."""
    return today - timedelta(days=today.weekday()) - WEEK


async def digest_of(store: Store, council: str, first: date) -> Digest:
    """The week that begins on a Monday."""
    found: dict[str, tuple[Counts, Counts]] = {}
    weeks = []
    for back in range(WEEKS, -1, -1):
        start = first - WEEK * back
        counted = await by_service(store, council, start, start + timedelta(days=6))
        weeks.append((start, sum(counts.sent for counts in counted.values())))
        for service, counts in counted.items():
            now, before = found.get(service, (Counts(), Counts()))
            found[service] = (now, before + counts) if back else (counts, before)
    services = tuple(ServiceWeek(service, *both) for service, both in sorted(found.items()))
    return Digest(council, first, services, tuple(weeks), tuple(await list_alerts(store, council, first)))
