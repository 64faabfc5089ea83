"""Run a simulation: every journey, case and update through the use cases that real ones go through.

A council's events happen in the order of their own clock, some days at a time; each such part is one transaction with
the mark of how far it went. So a simulation that is broken off goes on where it stopped, and nothing happens twice. Its
cases go to a back office of their own, `simulated`, that no worker delivers to: none of them reaches a real one.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from commonhall.app.settings import SettingsRefused
from commonhall.app.simulating.marks import Wanted, mark_of, midnight
from commonhall.app.simulating.people import Cell, Person, Story, cell_of, people_of, story_of
from commonhall.app.simulating.places import Places
from commonhall.app.simulating.resolution import HORIZON
from commonhall.app.simulating.visits import (
    BACK_OFFICE,
    AtWork,
    Counts,
    Said,
    SimulatedServices,
    deliver,
    reference_of,
    tell,
    visit,
)
from commonhall.app.wiring import House
from commonhall.casework.desk import london_day
from commonhall.casework.journeys import expire_journeys
from commonhall.casework.sites import Simulated, Site
from commonhall.reporting.rolling import roll_up
from commonhall.storage.councils import (
    ConnectorRow,
    mark_simulated,
    save_connector,
    simulated_until,
)
from commonhall.storage.pool import Store, all_together

MOST_EVENTS, MOST_DAYS = 150, 7
"""A part ends after so many events or days: enough to be quick, few enough to hold nobody up for long."""
MOST_TRIES = 3


@dataclass(order=True, slots=True)
class _Event:
    at: datetime
    order: tuple[str, int]
    what: Story | Said | Person = field(compare=False)


Progress = Callable[[str, float, int], None]
"""Told a council, how much of its span is done (0.0 to 1.0), and the journeys of all councils so far."""


async def simulate(
    house: House, sites: Sequence[Site], wanted: Wanted, jobs: int, progress: Progress
) -> Counts:
    """Simulate these councils, `jobs` of them at the same time. Raises `SettingsRefused` before anything is written.

    What is simulated already stays; a span that is not finished, or one that ends later, is gone on with.
    """
    marks = [await mark_of(house, site, wanted) for site in sites]
    counts = Counts()
    waiting = iter(list(zip(sites, marks, strict=True)))

    async def work() -> None:
        for site, mark in waiting:
            await _Council(house, site, mark, counts, progress).run()
            await roll_up(house.store, site.council)

    await asyncio.gather(*(work() for _ in range(max(1, jobs))))
    await house.sites.refresh()
    return counts


class _Council:
    """One council's simulation under way."""

    def __init__(self, house: House, site: Site, mark: Simulated, counts: Counts, progress: Progress) -> None:
        self._house, self._site, self._mark = house, site, mark
        self._counts, self._progress = counts, progress
        self._services = SimulatedServices(house.desk.services)
        known = house.directory.councils.council(site.council)
        if known is None:
            raise SettingsRefused(f"the directory has no council '{site.council}'")
        places = Places(known, house.directory)
        calendar = house.calendars[site.nation]
        self._cells: dict[str, Cell] = {
            adopted.service.id: cell_of(
                mark.seed,
                site.council,
                adopted,
                places,
                calendar,
                known.population or 150_000,
                mark.scale,
                mark.first,
            )
            for adopted in site.services
            if adopted.service.id in mark.services
        }
        self._events: list[_Event] = []

    async def run(self) -> None:
        """From where it stopped to the end."""
        if self._mark.done >= self._mark.until:
            return
        self._recall()
        day = london_day(self._mark.done)
        while self._mark.done < self._mark.until:
            days = 0
            end = self._mark.done
            while days < MOST_DAYS and end < self._mark.until:
                self._expect(day)
                day, days = day + timedelta(days=1), days + 1
                end = min(self._mark.until, midnight(day))
                if sum(event.at < end for event in self._events[: 2 * MOST_EVENTS]) >= MOST_EVENTS:
                    break
            await self._part(list(self._until(end)), end)
            span = self._mark.until - midnight(self._mark.first)
            share = (end - midnight(self._mark.first)) / span
            self._progress(self._site.council, share, self._counts.journeys)

    def _recall(self) -> None:
        """Expect again what is still to come of the days before: all of it is told by the seed."""
        today = london_day(self._mark.done)
        day = max(self._mark.first, today - HORIZON)
        while day < today:
            self._expect(day)
            day += timedelta(days=1)

    def _expect(self, day: date) -> None:
        for cell in self._cells.values():
            for person in people_of(cell, day):
                self._expect_person(cell, person)

    def _expect_person(self, cell: Cell, person: Person) -> None:
        if person.before is not None:
            # Whoever comes again: their story is told when it begins, since it may be after the end.
            self._push(person.starts_at, person.key, 0, person)
            return
        self._expect_story(cell, story_of(cell, person))

    def _expect_story(self, cell: Cell, story: Story) -> None:
        self._push(story.ends_at, story.person.key, 1, story)
        for number, step in enumerate(story.course.steps if story.course else ()):
            self._push(
                step.at, story.person.key, 2 + number, Said(story.person.key, reference_of(story), step)
            )
        if story.again is not None:
            self._expect_person(cell, story.again)

    def _push(self, at: datetime, key: str, number: int, what: Any) -> None:
        if isinstance(what, Person) or at >= self._mark.done:
            heapq.heappush(self._events, _Event(at, (key, number), what))

    def _until(self, end: datetime) -> Iterator[_Event]:
        """What happens before a moment, in order."""
        while self._events and self._events[0].at < end:
            event = heapq.heappop(self._events)
            if isinstance(event.what, Person):
                cell = self._cells[event.what.service]
                self._expect_story(cell, story_of(cell, event.what))
            else:
                yield event

    async def _part(self, events: list[_Event], end: datetime) -> None:
        """Let these events happen, and keep that they did, in one transaction."""
        done = replace(self._mark, done=end)
        for attempt in range(MOST_TRIES):
            counts = Counts()
            try:
                async with all_together(self._house.store, self._site.council) as store:
                    await self._still_ours(store)
                    # Of a kind that waits until somebody comes for its cases: no worker delivers to it.
                    row = ConnectorRow(BACK_OFFICE, "pull", {"system": BACK_OFFICE}, None, None)
                    await save_connector(store, self._site.council, row)
                    await self._happen(store, events, end, counts, attempt)
                    tell_it = self._mark.done == midnight(self._mark.first) or end >= self._mark.until
                    kept = msgspec.to_builtins(asdict(done))
                    await mark_simulated(store, self._site.council, kept, tell=tell_it)
            except (asyncpg.UniqueViolationError, asyncpg.InFailedSQLTransactionError):
                # A reference that a real case has: this part is gone; once more, with other references.
                if attempt == MOST_TRIES - 1:
                    raise
                continue
            self._mark = done
            self._counts.add(counts)
            return

    async def _still_ours(self, store: Store) -> None:
        kept = await simulated_until(store, self._site.council)
        done = msgspec.convert(kept, Simulated).done if kept else midnight(self._mark.first)
        if done != self._mark.done:
            raise SettingsRefused(
                f"another process simulates {self._site.council} at this moment: let it end"
            )

    async def _happen(
        self, store: Store, events: list[_Event], end: datetime, counts: Counts, attempt: int
    ) -> None:
        work = AtWork(
            replace(self._house.desk, store=store, services=self._services),
            self._site.council,
            self._site.gss,
            counts,
            attempt,
        )
        said: list[Said] = []
        for event in events:
            hour = event.at.replace(minute=0, second=0, microsecond=0)
            if isinstance(event.what, Story):
                await tell(work, said)
                if work.hour is not None and work.hour != hour:
                    await deliver(work)
                work.hour = hour
                await visit(work, self._cells[event.what.person.service], event.what)
            elif isinstance(event.what, Said):
                said.append(event.what)
                if work.waiting:
                    await deliver(work)
        await tell(work, said)
        await deliver(work)
        expired = await expire_journeys(work.at(end), self._site.council)
        counts.expired += expired
