"""The worker: delivers what is due, asks back offices for updates, removes what has expired. For ever, until told."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime

import structlog

from commonhall.app.wiring import House
from commonhall.casework.deliveries import deliver_due, poll_updates
from commonhall.casework.journeys import expire_journeys
from commonhall.casework.sites import Site
from commonhall.engine.back_office import Connector, DeliveryFailed
from commonhall.storage.councils import list_connectors

TICK = 0.5
"""Seconds between two looks at a council's deliveries when there is nothing to do."""
POLL_EVERY = 5.0
"""Seconds between two questions for updates to one back office."""
EXPIRE_EVERY = 60.0


class Worker:
    """One worker process's loop. Several may run: they share the work without meeting."""

    def __init__(self, house: House, *, poll_every: float = POLL_EVERY) -> None:
        self._house = house
        self._poll_every = poll_every
        self._asked: dict[tuple[str, str], float] = {}
        self._expired = 0.0
        self._log = structlog.get_logger("worker")

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; what is under way is finished first."""
        while not stop.is_set():
            busy = False
            try:
                await self._house.sites.refresh()
                for site in self._house.sites.all():
                    busy = await self._council(site) or busy
            except Exception:
                # Whatever broke (the database restarts, say), the worker must be there when it is whole again.
                self._log.exception("the worker could not finish its round")
            if not busy:
                try:
                    await asyncio.wait_for(stop.wait(), TICK)
                except TimeoutError:
                    continue

    async def _council(self, site: Site) -> bool:
        connectors = await self._house.connectors(site.council)
        done = await deliver_due(self._house.desk, site.council, site.gss, connectors)
        await self._updates(site, connectors)
        now = time.monotonic()
        if now - self._expired > EXPIRE_EVERY:
            self._expired = now
            for one in self._house.sites.all():
                await expire_journeys(self._house.desk, one.council)
        return done.claimed > 0

    async def _updates(self, site: Site, connectors: dict[str, Connector]) -> None:
        due = [
            name
            for name, connector in connectors.items()
            if "updates" in connector.can
            and time.monotonic() - self._asked.get((site.council, name), -1e9) >= self._poll_every
        ]
        if not due:
            return
        until: dict[str, datetime | None] = {
            row.connector: row.updates_until for row in await list_connectors(self._house.store, site.council)
        }
        for name in due:
            self._asked[site.council, name] = time.monotonic()
            try:
                await poll_updates(self._house.desk, site.council, name, connectors[name], until.get(name))
            except (DeliveryFailed, TimeoutError) as failure:
                self._log.warning(
                    "no updates", council=site.council, connector=name, reason=str(failure) or "no answer"
                )
