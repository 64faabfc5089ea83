"""Measures without cases, millions at a time: for trying out what reading them costs.

The journeys are drawn as those of `people` are, at the same shares; but from each day's some hundreds, over and over,
written by COPY, and without the cases, histories and deliveries that real ones have. The roll-ups are counted anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, islice, repeat
from random import Random
from time import monotonic

import msgspec

from commonhall.app.settings import SettingsRefused
from commonhall.app.simulating.arrivals import channel_of, moment_of, starts_on, usual_starts, weather_of
from commonhall.app.simulating.facts import Facts
from commonhall.app.simulating.marks import Wanted, mark_of
from commonhall.app.simulating.people import (
    Cell,
    cell_of,
    intent_of,
    people_of,
    rating_of,
    seconds_of,
    story_of,
)
from commonhall.app.simulating.places import Places
from commonhall.app.simulating.resolution import course_of, standing
from commonhall.app.simulating.running import Progress
from commonhall.app.wiring import House
from commonhall.casework.counting import CHECK, area_of, street_of, ward_of
from commonhall.casework.desk import LONDON, london_day
from commonhall.casework.sites import Simulated, Site
from commonhall.directory.wards import Wards
from commonhall.engine.back_office import CaseLocation
from commonhall.engine.working_days import Calendar
from commonhall.reporting.rolling import rebuild
from commonhall.storage.journeys import path_of
from commonhall.storage.measures import NONE, copy_measures

POOL = 160
"""How many different journeys of a service there are for a day; the same for all councils."""
SAMPLE_DAYS, SAMPLE = 20, 300
SPOTS = 4001
MANY_PEOPLE = 500_000
"""How many people a sample of journeys is drawn for: enough for some on each day."""
REPEATED = 0.03
"""The share of closed cases of which the same place tells again."""
PART = 1 << 19
"""Bytes handed to the database at once."""


@dataclass(frozen=True, slots=True)
class Pool:
    """A day's journeys of a service, ready to be written but for council and place, by what became of them."""

    in_time: list[bytes]
    late: list[bytes]
    others: list[bytes]


class Paths:
    """The pages that people of a service come to, as journeys of real answers do."""

    def __init__(self, cell: Cell) -> None:
        self.submitted: list[tuple[str, ...]] = []
        self.exits: list[tuple[tuple[str, ...], str]] = []
        days = (cell.first + timedelta(days=17 * number) for number in range(SAMPLE_DAYS))
        people = chain.from_iterable(islice(people_of(cell, day), SAMPLE // SAMPLE_DAYS) for day in days)
        for story in (story_of(cell, person) for person in people):
            pages = tuple(page.id for page in story.told.pages)
            if story.told.path.exit is not None:
                self.exits.append(((*pages, story.told.path.exit.id), story.told.path.exit.counts_as))
            elif story.told.path.current is None:
                self.submitted.append((*pages, CHECK))
        first = tuple(page.id for page in cell.adopted.pages[:1])
        self.submitted = self.submitted or [(*first, CHECK)]

    def whole(self) -> set[tuple[str, ...]]:
        """Every path that is written: whole ones, exits, and where people leave."""
        left = {pages[:number] for pages in self.submitted for number in range(1, len(pages))}
        return left | set(self.submitted) | {pages for pages, _ in self.exits}


@dataclass(frozen=True, slots=True)
class Service:
    """A service that journeys are written of."""

    name: str
    version: str
    facts: Facts
    paths: Paths


@dataclass(frozen=True, slots=True)
class Portrait:
    """What the measures of a council are drawn by."""

    services: Sequence[Service]
    places: Places
    population: int
    wards: Wards


class Writer:
    """Writes the measures of one council after the other; what they have in common is made once."""

    def __init__(self, seed: int, first: date, until: datetime, calendar: Calendar) -> None:
        self._seed, self._first, self._until, self._calendar = seed, first, until, calendar
        self._days = [first + timedelta(days=number) for number in range((london_day(until) - first).days)]
        self._pools: dict[tuple[str, date], Pool] = {}

    def rows(self, council: str, portrait: Portrait, scale: float) -> Iterator[tuple[int, bytes]]:
        """The rows of a council as COPY's text, in parts: (rows, bytes)."""
        rng = Random(f"{self._seed}/measures/{council}")  # noqa: S311 - a simulation must be repeatable
        spots = _spots(council, portrait.places, portrait.wards, rng)
        prefix = f"{council}\t".encode()
        better = standing(council)
        for service in portrait.services:
            usual = usual_starts(service.facts, portrait.population, scale)
            parts: list[bytes] = []
            count = size = 0
            for day in self._days:
                weather = weather_of(self._seed, council, service.name, day)
                number = starts_on(rng, service.facts, day, usual, weather)
                tails = self._drawn(rng, service, day, number, better)
                at = rng.randrange(SPOTS)
                for tail, has_place in tails:
                    ends = _from(spots, at, len(tail)) if has_place else repeat(_NO_PLACE, len(tail))
                    parts.extend(chain.from_iterable(zip(repeat(prefix), tail, ends, strict=False)))
                    count += len(tail)
                size += number * 130
                if size > PART:
                    yield count, b"".join(parts)
                    parts, count, size = [], 0, 0
            yield count, b"".join(parts)

    def _drawn(
        self, rng: Random, service: Service, day: date, number: int, better: float
    ) -> list[tuple[list[bytes], bool]]:
        """So many of a day's journeys, and whether they want a place; a good council has fewer late ones."""
        pool = self._pool(service, day)
        total = len(pool.in_time) + len(pool.late) + len(pool.others)
        others = round(number * len(pool.others) / total + rng.random() - 0.5)
        submitted = number - others
        share = len(pool.late) / max(1, len(pool.in_time) + len(pool.late)) - better
        late = round(submitted * min(1.0, max(0.0, share)))
        wanted = (
            (pool.in_time, submitted - late, True),
            (pool.late, late, True),
            (pool.others, others, False),
        )
        return [
            (rng.choices(rows or pool.in_time or pool.late, k=count), place)
            for rows, count, place in wanted
            if count > 0 and (rows or place)
        ]

    def _pool(self, service: Service, day: date) -> Pool:
        kept = self._pools.get((service.name, day))
        if kept is None:
            kept = self._pools[service.name, day] = self._made(service, day)
        return kept

    def _made(self, service: Service, day: date) -> Pool:
        rng = Random(f"{self._seed}/pool/{service.name}/{day}")  # noqa: S311 - a simulation must be repeatable
        pool = Pool([], [], [])
        years = (day - self._first).days / 365
        for _ in range(POOL):
            channel = channel_of(rng, service.facts, years)
            at = moment_of(rng, channel, day, self._calendar)
            if at >= self._until:
                at = datetime.combine(day, time(9), LONDON).astimezone(UTC)
            row, kind = self._row(rng, service, channel, at)
            (pool.in_time, pool.late, pool.others)[kind].append(row)
        return pool

    def _row(self, rng: Random, service: Service, channel: str, at: datetime) -> tuple[bytes, int]:
        """One journey but for council and place, and whether it is closed in time (0), late or never (1), or no case (2)."""
        intent = intent_of(rng, service.facts, channel)
        day, seconds = london_day(at), round(seconds_of(rng, service.facts, channel))
        begin = (service.name, service.version, channel, day, at)
        if intent == "leave":
            pages = rng.choice(service.paths.submitted)
            path = pages[: 1 + int((len(pages) - 1) * rng.betavariate(0.8, 1.3))]
            return _text(begin, "abandoned", NONE, NONE, path_of(path), *_NO_CASE), 2
        if intent == "exit" and service.paths.exits:
            path, counts_as = rng.choice(service.paths.exits)
            return _text(begin, counts_as, seconds, NONE, path_of(path), *_NO_CASE), 2
        path = rng.choice(service.paths.submitted)
        sent = at + timedelta(seconds=seconds)
        target = self._calendar.add_working_days(london_day(sent), service.facts.target)
        course = course_of(rng, service.facts, "", sent, target, self._calendar)
        final = [step for step in course.steps if step.status.is_final and step.at < self._until]
        closed = final[-1].at if final else None
        wait = int((closed - sent).total_seconds() // 3600) if closed else NONE
        score, _ = rating_of(rng, channel)
        again = rng.random()
        row = _text(
            begin, "submitted", seconds, score or NONE, path_of(path), london_day(sent), target,
            day if score else NONE, london_day(closed) if closed else NONE, wait,
            bool(final) and final[-1].status.value == service.facts.closes_as, len(final) > 1,
            "chase" if again < service.facts.again * 0.55 else "repeat" if again < service.facts.again else NONE,
            bool(final) and rng.random() < REPEATED,
        )  # fmt: skip
        return row, int(closed is None or london_day(closed) > target)


_NO_CASE = (NONE, NONE, NONE, NONE, NONE, False, False, NONE, False)
_NO_PLACE = f"\t{NONE}\t{NONE}\t{NONE}\n".encode()


def _text(begin: Sequence[object], *rest: object) -> bytes:
    return "\t".join(_word(value) for value in (*begin, *rest)).encode()


def _word(value: object) -> str:
    return ("t" if value else "f") if isinstance(value, bool) else str(value)


def _spots(council: str, places: Places, wards: Wards, rng: Random) -> list[bytes]:
    found = []
    for _ in range(SPOTS):
        address = places.spot(rng).address()
        where = CaseLocation(f"{address['line1']}, {address['town']}", address["postcode"])
        told = (area_of(where), street_of(where), ward_of(where, council, wards))
        found.append(("".join(f"\t{one or NONE}" for one in told) + "\n").encode())
    return found


def _from(spots: list[bytes], at: int, count: int) -> list[bytes]:
    """So many spots, from one on and round again."""
    times = (at + count) // len(spots) + 1
    return (spots * times)[at : at + count]


def _portrait(house: House, site: Site, mark: Simulated, known: dict[str, Service]) -> Portrait:
    """A council as its journeys are drawn; what services have in common at all councils is looked up once."""
    council = house.directory.councils.council(site.council)
    if council is None:
        raise SettingsRefused(f"the directory has no council '{site.council}'")
    places = Places(council, house.directory)
    for adopted in site.services:
        if adopted.service.id not in known and adopted.service.id in mark.services:
            calendar = house.calendars[site.nation]
            cell = cell_of(mark.seed, site.council, adopted, places, calendar, MANY_PEOPLE, 1.0, mark.first)
            known[adopted.service.id] = Service(
                adopted.service.id, adopted.service.version, cell.facts, Paths(cell)
            )
    population = council.population or 150_000
    return Portrait([known[name] for name in mark.services], places, population, house.directory.wards)


@dataclass(frozen=True, slots=True)
class Written:
    """How many measures were written, and the seconds that it took to write and then to count them."""

    rows: int
    writing: float
    counting: float


async def simulate_measures(
    house: House, sites: Sequence[Site], wanted: Wanted, jobs: int, progress: Progress
) -> Written:
    """Write the measures of these councils, `jobs` of them at the same time, then count them.

    Each council is one transaction, with its mark. Those that are written already stay. Raises `SettingsRefused`.
    """
    marks = [await mark_of(house, site, wanted) for site in sites]
    todo = [(site, mark) for site, mark in zip(sites, marks, strict=True) if mark.done < mark.until]
    if not todo:
        return Written(0, 0.0, 0.0)
    started = monotonic()
    writer = Writer(wanted.seed, todo[0][1].first, wanted.until, house.calendars["England"])
    services: dict[str, Service] = {}
    rows = 0

    def counted(parts: Iterator[tuple[int, bytes]]) -> Iterator[bytes]:
        nonlocal rows
        for count, text in parts:
            rows += count
            yield text

    async def write(site: Site, mark: Simulated) -> None:
        portrait = _portrait(house, site, mark, services)
        done = msgspec.to_builtins(asdict(replace(mark, done=mark.until)))
        paths = set(chain.from_iterable(service.paths.whole() for service in portrait.services))
        parts = writer.rows(site.council, portrait, mark.scale)
        await copy_measures(house.store, site.council, paths, counted(parts), done)
        progress(site.council, 0.5, rows)

    async def count(site: Site, _mark: Simulated) -> None:
        await rebuild(house.store, site.council)
        progress(site.council, 1.0, rows)

    await _some_at_once(todo, write, jobs)
    between = monotonic()
    await _some_at_once(todo, count, jobs)
    return Written(rows, between - started, monotonic() - between)


async def _some_at_once(
    todo: Sequence[tuple[Site, Simulated]], do: Callable[[Site, Simulated], Awaitable[None]], jobs: int
) -> None:
    waiting = iter(todo)

    async def work() -> None:
        for site, mark in waiting:
            await do(site, mark)

    await asyncio.gather(*(work() for _ in range(jobs)))
