"""The measures as open data: what is published of each month, by council, service and channel. `docs/open-data.md`.

Everything here is for everybody: small counts are hidden, and a month that is not over shows counts rounded down, or
the difference between two days' files would tell what happened on one day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from commonhall.reporting.counts import Counts
from commonhall.reporting.measures import next_month, periods
from commonhall.reporting.suppression import MINIMUM, hide_parts, suppressed, suppressed_rate
from commonhall.storage import measures as stored
from commonhall.storage.pool import Store

Figures = dict[str, int | float | None]


@dataclass(frozen=True, slots=True)
class AboutService:
    """What the rows say of a service, besides its id. None where nobody here knows the service any more."""

    name: str
    lgsl: int | None
    lgil: int | None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Publisher:
    """Whose measures: a council, and the services it is known to run or have run. `simulated` where no real people are
    counted."""

    council: str
    gss: str
    name: str
    simulated: bool
    services: Mapping[str, AboutService] = field(default_factory=dict)

    def service(self, service: str) -> AboutService:
        """What is known of a service."""
        return self.services.get(service) or AboutService(service, None, None)


class Row(NamedTuple):
    """One council's service by one channel in one month, as it is published. None for what is hidden."""

    month: date
    complete: bool
    council: str
    gss: str
    council_name: str
    simulated: bool
    service: str
    service_name: str
    lgsl: int | None
    lgil: int | None
    channel: str
    starts: int | None
    completed: int | None
    not_completed: int | None
    sent: int | None
    chases: int | None
    repeats: int | None
    closed: int | None
    in_time: int | None
    late: int | None
    fixed: int | None
    fixed_first: int | None
    responses: int | None
    satisfaction: float | None
    mean_seconds: int | None
    mean_wait_hours: int | None


def published(counts: Counts, *, complete: bool) -> Figures:
    """What is published of these counts, by the names of `Row`."""
    starts, sent = suppressed(counts.starts), suppressed(counts.sent)
    closed, responses = suppressed(counts.closed), suppressed(counts.responses)
    not_completed = counts.elsewhere + counts.abandoned
    found: Figures = {"starts": starts, "sent": sent, "closed": closed, "responses": responses}
    found |= hide_parts(starts, {"completed": counts.completions, "not_completed": not_completed})
    found |= hide_parts(sent, {"chases": counts.chases, "repeats": counts.repeats})
    found |= hide_parts(closed, {"in_time": counts.in_time, "late": counts.late})
    fixed = hide_parts(closed, {"fixed": counts.fixed})
    found |= fixed
    found |= hide_parts(fixed["fixed"], {"fixed_first": counts.fixed_first})
    if not complete:
        # Means of the same people, one more each day, would tell what the last one did.
        rounded: Figures = {name: _rounded_down(count) for name, count in found.items()}
        return rounded | {"satisfaction": None, "mean_seconds": None, "mean_wait_hours": None}
    satisfaction = suppressed_rate(counts.satisfaction, counts.responses)
    seconds = suppressed_rate(counts.mean_seconds, counts.submitted)
    hours = suppressed_rate(counts.mean_wait_hours, counts.closed)
    found["satisfaction"] = None if satisfaction is None else round(satisfaction, 3)
    found["mean_seconds"] = None if seconds is None else round(seconds)
    found["mean_wait_hours"] = None if hours is None else round(hours)
    return found


def _rounded_down(count: float | None) -> int | None:
    return None if count is None else int(count) // MINIMUM * MINIMUM


def row_of(
    publisher: Publisher, month: date, service: str, channel: str, counts: Counts, *, complete: bool
) -> Row | None:
    """The row; None where all is hidden, since that there is one would tell that there was something."""
    figures = published(counts, complete=complete)
    if all(value is None for value in figures.values()):
        return None
    about = publisher.service(service)
    return Row(
        month, complete, publisher.council, publisher.gss, publisher.name, publisher.simulated,
        service, about.name, about.lgsl, about.lgil, channel, **figures,  # type: ignore[arg-type]
    )  # fmt: skip


async def month_rows(store: Store, publishers: Iterable[Publisher], month: date, today: date) -> list[Row]:
    """What is published of a month, by council, service and channel. `month` is its first day."""
    last = next_month(month) - timedelta(days=1)
    complete = last < today
    rows = []
    for publisher in publishers:
        sums = await stored.sums_by_service(store, publisher.council, month, last)
        found = {(str(one.of), one.channel): Counts.of(one.channel, one.sums) for one in sums}
        for (service, channel), counts in sorted(found.items()):
            row = row_of(publisher, month, service, channel, counts, complete=complete)
            rows += [row] if row else []
    return rows


async def months(store: Store, councils: Iterable[str], today: date) -> list[date]:
    """The first days of all months from the first that any of these councils counted something in to this one."""
    days = [await stored.first_day(store, council) for council in councils]
    first = min((day for day in days if day is not None and day <= today), default=None)
    return periods(first, today, "month") if first else []
