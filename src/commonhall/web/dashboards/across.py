"""What is read of all councils for a comparison, kept for a while: what was counted here, what was sent, and rates of a year."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from commonhall.reporting.counts import Counts
from commonhall.reporting.rates import Bases, year_counted, year_rates, year_sent
from commonhall.reporting.sent import Standing, standings
from commonhall.web.charts.chart import Gap
from commonhall.web.dashboards.beside import Everybody
from commonhall.web.dashboards.board import Subject
from commonhall.web.dashboards.guard import PUBLIC
from commonhall.web.dashboards.kept import Kept
from commonhall.web.dashboards.reports import Reports
from commonhall.web.dashboards.spans import Span

ACROSS_SECONDS = 60.0
SENT_SECONDS = 600.0
"""Councils send figures of days and months: nobody waits for them by the minute. Nor for a year that ended yesterday."""
TURN_SECONDS = 2.0
"""As long as a reading may take: whoever waits longer for a turn than for an answer gets a page without it."""
MOST_KEPT = 256


@dataclass(frozen=True, slots=True)
class Year:
    """How councils stand over the year of their rates, and the first day that each counted anything on; `late` is whether what
    councils sent could not be read in time."""

    standings: Mapping[str, Standing]
    began: Mapping[str, date]
    late: bool


class Across:
    """Readings that cross councils."""

    def __init__(self, reports: Reports, bases: Bases) -> None:
        self.reports = reports
        self.bases = bases
        self._counted: Kept[Mapping[str, Counts]] = Kept(ACROSS_SECONDS, MOST_KEPT)
        self._years: Kept[Year] = Kept(SENT_SECONDS, MOST_KEPT)
        self._sent: Kept[Mapping[str, Standing]] = Kept(SENT_SECONDS, MOST_KEPT)
        # One at a time of each: whoever asks for many spans takes no connection from the others, nor a rate from anybody.
        self.spans, self.rates = asyncio.Semaphore(1), asyncio.Semaphore(1)

    async def counted(self, service: str, first: date, last: date) -> Mapping[str, Counts]:
        """One service's counts at every council."""
        return await self._counted.get(
            (service, first, last), lambda: self.reports.across(service, first, last)
        )

    async def sent(
        self, service: str, lgsl: int | None, first: date, last: date, turn: asyncio.Semaphore
    ) -> Mapping[str, Standing] | None:
        """What councils sent of a service; None where that could not be read in time, which is not kept."""

        async def read() -> Mapping[str, Standing]:
            await asyncio.wait_for(turn.acquire(), TURN_SECONDS)
            try:
                found = await self.reports.sent(service, lgsl, first, last)
            finally:
                turn.release()
            if found is None:
                raise TimeoutError
            return found

        try:
            return await self._sent.get((service, lgsl, first, last), read)
        except TimeoutError:
            return None

    async def year(self, service: str, lgsl: int | None, today: date) -> Year:
        """How councils stand over a year, for their rates."""

        async def read() -> Year:
            counted = await self.reports.across(service, *year_counted(today))
            sent = await self.sent(service, lgsl, *year_sent(today), self.rates)
            began = await self.reports.began(service)
            return Year(standings(counted, sent or {}), began, sent is None)

        key = (service, lgsl, today)
        year = await self._years.get(key, read)
        if year.late:
            # The next one to ask may find it.
            self._years.forget(key)
        return year

    async def everybody(
        self, service: str, subject: Subject, span: Span, stands: Callable[[str, Standing], bool]
    ) -> Everybody:
        """How those councils stand that do by `stands` (a council, and how it would stand)."""
        counted = await self.counted(service, span.first, span.last)
        sent = await self.sent(service, subject.lgsl, span.first, span.last, self.spans)
        year = await self.year(service, subject.lgsl, subject.today)
        every = {slug: one for slug, one in standings(counted, sent or {}).items() if stands(slug, one)}
        of_year = {slug: one for slug, one in year.standings.items() if stands(slug, one)}
        rates = year_rates(
            of_year, year.began, lambda council: self.bases(council, subject.per), subject.today
        )
        return Everybody(every, rates, _kept_back(of_year), sent is None or year.late, year.began)


def _kept_back(year: Mapping[str, Standing]) -> frozenset[str]:
    """Whose count of the year is not told beside those of the others, as in a table of them; so that no rate tells it."""
    few = PUBLIC.hidden({slug: one.counts.sent for slug, one in year.items() if not one.sent})
    return few | {
        slug for slug, one in year.items() if one.sent and PUBLIC.count(one.counts.sent) is Gap.SMALL
    }
