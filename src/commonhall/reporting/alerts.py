"""Alerts: what of a council's services has become worse than it used to be, looked at once a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from commonhall.reporting.counts import Counts
from commonhall.reporting.measures import by_service
from commonhall.reporting.signals import NOTHING, WEEKS, Share, find_fall, has_recovered
from commonhall.storage import alerts as stored
from commonhall.storage.alerts import AlertRow
from commonhall.storage.pool import Store

__all__ = ["LEAST", "AlertRow", "Watched", "list_alerts", "look"]

WEEK = timedelta(days=7)
LONGEST = WEEK * WEEKS
"""What has been so for so long is how it is now: the weeks before are no better any more."""
LEAST: Mapping[str, float] = MappingProxyType({"completion": 0.05, "deliveries": 0.10, "satisfaction": 0.10})
"""The least fall that somebody is told of, by what falls: five or ten points of a hundred."""

Shares = dict[tuple[str, str], list[Share]]
"""(service, what) to the share of each week, the latest first."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A service that is compared with its past; `settles_after` are the days until each of its journeys has ended."""

    service: str
    settles_after: int


def completion(counts: Counts) -> Share:
    """Journeys completed of those that are over."""
    return Share(counts.completions, counts.ended)


def satisfied(counts: Counts) -> Share:
    """Scores of 4 and 5, of all."""
    return Share(counts.score_4 + counts.score_5, counts.responses)


async def look(store: Store, council: str, watched: list[Watched], today: date) -> list[AlertRow] | None:
    """Compare each service's last seven days with the same weekdays of the eight weeks before, once a day.

    Answers the alerts that are new; None where today's comparison was made already.
    """
    if (await stored.looked_on(store, council) or date.min) >= today:
        return None
    shares = await _shares(store, council, watched, today)
    known = {(one.service, one.what): one for one in await stored.list_alerts(store, council, today + WEEK)}
    ended = [one for key, one in known.items() if _has_ended(one, shares.get(key, []), today)]
    raised = []
    for (service, what), (now, *before) in sorted(shares.items()):
        fall = find_fall(now, before, LEAST[what]) if (service, what) not in known else None
        if fall is not None:
            row = AlertRow(
                service,
                what,
                today,
                fall.before.rate,
                fall.before.whole,
                fall.now.rate,
                fall.now.whole,
            )
            raised.append(row)
    return raised if await stored.keep_look(store, council, today, raised, ended) else None


def _has_ended(alert: AlertRow, shares: list[Share], today: date) -> bool:
    back = bool(shares) and has_recovered(shares[0], alert.base, LEAST[alert.what])
    return back or today - alert.raised_on >= LONGEST


async def _shares(store: Store, council: str, watched: list[Watched], today: date) -> Shares:
    found: Shares = {}
    settles = {one.service: one.settles_after for one in watched}
    yesterday = today - timedelta(days=1)
    # Days whose journeys may still be gone on with have too few that were given up.
    for days in sorted({*settles.values()}):
        of_these = [service for service, after in settles.items() if after == days]
        last = yesterday - timedelta(days=days)
        await _add(found, "completion", completion, store, council, last, of_these)
    await _add(found, "satisfaction", satisfied, store, council, yesterday, list(settles))
    # Deliveries of the last hour have not had their hour: yesterday's have.
    first = yesterday - WEEK * (WEEKS + 1) + timedelta(days=1)
    for row in await stored.prompt_deliveries(store, council, first, yesterday):
        if row.service in settles:
            weeks = found.setdefault((row.service, "deliveries"), [NOTHING] * (WEEKS + 1))
            weeks[(yesterday - row.day).days // 7] += Share(row.prompt, row.deliveries)
    return found


async def _add(
    found: Shares,
    what: str,
    share: Callable[[Counts], Share],
    store: Store,
    council: str,
    last: date,
    services: list[str],
) -> None:
    for week in range(WEEKS + 1):
        end = last - WEEK * week
        counted = await by_service(store, council, end - timedelta(days=6), end)
        for service in services:
            weeks = found.setdefault((service, what), [NOTHING] * (WEEKS + 1))
            weeks[week] = share(counted.get(service, Counts()))


async def list_alerts(store: Store, council: str, since: date) -> list[AlertRow]:
    """The alerts that go on, and those that have ended since a day."""
    return await stored.list_alerts(store, council, since)
