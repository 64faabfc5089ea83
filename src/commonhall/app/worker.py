"""The worker: delivers what is due, asks back offices for updates, removes what has expired. For ever, until told.

Every connector of every council is worked by a task of its own, so a back office that is slow, away or badly set up
holds up nobody else's cases.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from typing import Any

import structlog

from commonhall.app import watching
from commonhall.app.notices import tell_staff
from commonhall.app.pushing import teller
from commonhall.app.wiring import House
from commonhall.casework import pushes
from commonhall.casework.cases import expire_attempts
from commonhall.casework.deliveries import deliver_due, list_due, poll_updates
from commonhall.casework.journeys import expire_journeys
from commonhall.casework.links import check_links
from commonhall.casework.staff import expire_sessions
from commonhall.catalogue.pulling import pull
from commonhall.catalogue.upgrades import take_patches
from commonhall.engine.adoption import Adopter
from commonhall.engine.back_office import DeliveryFailed
from commonhall.reporting import rolling
from commonhall.reporting.uptime import tidy_hours
from commonhall.storage.councils import ConnectorRow, list_connectors
from commonhall.web.charts.artist import Artist

TICK = 0.5
"""Seconds between two looks at what is due."""
EXPIRE_EVERY = 60.0
CATALOGUES_EVERY = 3600.0
LINKS_EVERY = 86400.0
TIDY_EVERY = 86400.0
MOST_AT_ONCE = 64
"""How many connectors one process delivers to at the same time, with ten cases each: as many sockets as are usual."""
FAILING_AT_ONCE = 32
"""How many of them may be such as took nothing last time: a supplier's bad day leaves room for all others."""
POLLS_AT_ONCE = 16
PUSHES_AT_ONCE = 16
PUSH_EVERY = 2.0
"""Seconds between two looks at what a system does not know yet."""
ROLL_UP_EVERY = 2.0
"""Seconds between two looks at what the measures have not counted yet."""
ROLL_UPS_AT_ONCE = 2
NOTICES_EVERY = 3600.0
NOTICES_AT_ONCE = 4
PATIENCE = 25.0
"""Seconds that what is under way may take when the worker is told to stop; service managers wait 30 or more."""

Job = Callable[[], Coroutine[Any, Any, object]]


class Worker:
    """One worker process's loop. Several may run: they share the work without meeting."""

    def __init__(self, house: House, *, patience: float = PATIENCE) -> None:
        self._house = house
        self._patience = patience
        self._tasks: dict[tuple[str, ...], asyncio.Task[None]] = {}
        self._begun: dict[tuple[str, ...], float] = {}
        self._failing: set[tuple[str, ...]] = set()
        self._expired = self._looked_at_measures = 0.0
        self._watch = watching.Watch()
        self._artist = Artist()
        self._stopping = False
        self._log = structlog.get_logger("worker")

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; what is under way is finished first."""
        while not stop.is_set():
            # Whatever breaks (the database restarts, say), the worker must be there when it is whole again.
            await self._guarded(("refresh",), self._house.sites.refresh)
            await self._guarded(("due",), self._begin_deliveries)
            await self._guarded(("pushes",), self._begin_pushes)
            await self._guarded(("measures",), self._begin_roll_ups)
            self._begin_the_rest()
            self._begin_looks()
            self._begin_notices()
            try:
                await asyncio.wait_for(stop.wait(), TICK)
            except TimeoutError:
                continue
        self._stopping = True
        if self._tasks:
            _, hanging = await asyncio.wait(self._tasks.values(), timeout=self._patience)
            for task in hanging:
                # Its claim runs out with the lease; then somebody tries again under the same key.
                task.cancel()
            await asyncio.gather(*hanging, return_exceptions=True)
        self._artist.close()

    async def _begin_deliveries(self) -> None:
        due = await list_due(self._house.desk, self._house.settings.delivery)
        for key in self._in_turn(("deliver", *pair) for pair in due):
            failing = len(self._failing & self._tasks.keys())
            if key in self._failing and failing >= FAILING_AT_ONCE:
                continue
            if self._under_way("deliver") < MOST_AT_ONCE:
                self._begin(key, partial(self._deliver, *key[1:]))

    async def _begin_pushes(self) -> None:
        now = time.monotonic()
        due = await pushes.due(self._house.desk, self._house.settings.delivery)
        for key in self._in_turn(("push", *pair) for pair in due):
            rested = now - self._begun.get(key, -1e9) >= PUSH_EVERY
            if rested and self._under_way("push") < PUSHES_AT_ONCE:
                self._begin(key, partial(self._push, *key[1:]))

    async def _begin_roll_ups(self) -> None:
        now = time.monotonic()
        if now - self._looked_at_measures < ROLL_UP_EVERY:
            return
        self._looked_at_measures = now
        for key in self._in_turn(
            ("roll-up", council) for council in await rolling.waiting(self._house.store)
        ):
            if self._under_way("roll-up") < ROLL_UPS_AT_ONCE:
                self._begin(key, partial(rolling.roll_up, self._house.store, key[1]))

    async def _push(self, council: str, system: str) -> None:
        """Tell a system what it does not know yet, until there is nothing more."""
        tell, limits = teller(self._house, council), self._house.settings.delivery
        while not self._stopping and await pushes.push(self._house.desk, council, system, tell, limits):
            pass

    def _begin_the_rest(self) -> None:
        now = time.monotonic()
        councils = [site.council for site in self._house.sites.all()]
        for key in self._in_turn(("updates", council) for council in councils):
            due = now - self._begun.get(key, -1e9) >= self._house.settings.poll_seconds
            if due and self._under_way("updates") < POLLS_AT_ONCE:
                self._begin(key, partial(self._updates, key[1]))
        if now - self._expired >= EXPIRE_EVERY:
            self._expired = now
            self._begin(("expire",), partial(self._expire, councils))
        if now - self._begun.get(("hours",), -1e9) >= TIDY_EVERY:
            self._begin(("hours",), partial(self._tidy_hours, councils))
        links = self._house.settings.check_links
        if links and now - self._begun.get(("links",), -1e9) >= LINKS_EVERY:
            self._begin(("links",), self._links)
        if now - self._begun.get(("catalogues",), -1e9) >= CATALOGUES_EVERY:
            self._begin(("catalogues",), partial(self._catalogues, councils))

    def _begin_looks(self) -> None:
        if not self._house.settings.watch:
            return
        now = self._house.desk.clock()
        councils = self._watch.due((site.council for site in self._house.sites.all()), now)
        for key in self._in_turn(("look", council) for council in councils):
            if key not in self._tasks and self._under_way("look") < watching.COUNCILS_AT_ONCE:
                self._watch.begin(key[1], now)
                self._begin(key, partial(watching.look_at_council, self._house, key[1]))

    def _begin_notices(self) -> None:
        now = time.monotonic()
        for key in self._in_turn(("notices", site.council) for site in self._house.sites.all()):
            due = now - self._begun.get(key, -1e9) >= NOTICES_EVERY
            if due and self._under_way("notices") < NOTICES_AT_ONCE:
                self._begin(key, partial(tell_staff, self._house, key[1], self._artist))

    def _in_turn(self, keys: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
        """Who was not worked for longest comes first, or those who hang would take every place that they free."""
        return sorted(keys, key=lambda key: self._begun.get(key, -1e9))

    def _under_way(self, kind: str) -> int:
        return sum(1 for key in self._tasks if key[0] == kind)

    def _begin(self, key: tuple[str, ...], job: Job) -> None:
        """Start a job, unless the same is under way; whatever breaks in it stays in it."""
        if key in self._tasks:
            return

        async def run() -> None:
            try:
                await self._guarded(key, job)
            finally:
                # Even where nothing can be logged any more: a key left behind would never be worked again.
                del self._tasks[key]

        self._begun[key] = time.monotonic()
        self._tasks[key] = asyncio.create_task(run())

    async def _guarded(self, key: tuple[str, ...], job: Job) -> None:
        try:
            await job()
        except Exception:
            self._log.exception("a job of the worker broke", job=key)

    async def _deliver(self, council: str, name: str) -> None:
        """Deliver to one connector until nothing is due there, or nothing is taken."""
        key = ("deliver", council, name)
        # Asked of the directory, since cases must arrive even where the council's site cannot be read.
        known = self._house.directory.councils.council(council)
        gss = known.gss if known else ""
        limits = self._house.settings.delivery
        while not self._stopping:
            connector = (await self._house.connectors(council)).get(name)
            done = await deliver_due(self._house.desk, council, gss, name, connector, limits)
            if done.delivered:
                self._failing.discard(key)
                continue
            if done.claimed:
                self._failing.add(key)
            return

    async def _updates(self, council: str) -> None:
        rows = await list_connectors(self._house.store, council)
        await asyncio.gather(
            *(
                self._guarded(("updates", council, row.connector), partial(self._ask, council, row))
                for row in rows
            )
        )

    async def _ask(self, council: str, row: ConnectorRow) -> None:
        connector = self._house.connector(council, row)
        if "updates" not in connector.can:
            return
        try:
            await poll_updates(
                self._house.desk,
                council,
                row.connector,
                connector,
                row.updates_until,
                self._house.settings.delivery,
            )
        except (DeliveryFailed, TimeoutError) as failure:
            reason = str(failure) or "no answer"
            self._log.warning("no updates", council=council, connector=row.connector, reason=reason)

    async def _expire(self, councils: list[str]) -> None:
        for council in councils:
            await self._guarded(("expire", council), partial(expire_journeys, self._house.desk, council))
            await self._guarded(("expire", council), partial(expire_attempts, self._house.desk, council))
            await self._guarded(("expire", council), partial(expire_sessions, self._house.desk, council))

    async def _tidy_hours(self, councils: list[str]) -> None:
        for council in councils:
            job = partial(tidy_hours, self._house.store, council, self._house.desk.clock())
            await self._guarded(("hours", council), job)

    async def _catalogues(self, councils: list[str]) -> None:
        """Pull what is new, then take patches for the councils that let them be taken by themselves."""
        house = self._house
        await self._guarded(("catalogues", "pull"), self._pull)
        for council in councils:
            site = house.sites.of_council(council)
            if site is not None:
                adopter = Adopter(site.nation, site.languages)
                running = partial(house.desk.services.get, council)
                job = partial(take_patches, house.adopting, council, adopter, running)
                await self._guarded(("catalogues", council), job)

    async def _links(self) -> None:
        """Look at links to councils' own pages that nobody looked at for a week."""
        found = await check_links(self._house.desk, self._house.visitor().visit)
        self._log.info("links looked at", ok=found.ok, caution=found.caution, broken=found.broken)

    async def _pull(self) -> None:
        house = self._house
        folder = house.settings.data / "catalogues"
        for result in await pull(house.store, folder, house.calendars, house.desk.clock):
            for refused in result.refused:
                self._log.warning("a catalogue is not believed", catalogue=result.source, reason=refused)
