"""Counts the requests to each council's services while they pass: how many, how many failed, how long they took.

In memory, and added to the database every few seconds: a request waits for nothing. Only the council, the service and the
hour are known of it. A host that is no council's and a path that is no page of a live service count nowhere, so nobody can
make a row by asking for something.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from commonhall.api.v1.pages import SERVICE_IN_SCOPE
from commonhall.casework.sites import Site
from commonhall.reporting.times import BUCKETS, bucket_of
from commonhall.storage.pool import Store
from commonhall.storage.service_hours import RequestCount, add_requests

FLUSH_EVERY = 8.0
"""Seconds between two times that counts are added to the database: what a killed process loses."""
LOOK_HEADER = "x-commonhall-look"
"""What the worker's own look at a page carries: it is no resident's request."""
_API, _SERVICES, _JOURNEYS = "/api/v1/", "services", "journeys"
_HOUR = timedelta(hours=1)


@dataclass(slots=True)
class Tally:
    """What was counted of one service in one hour."""

    requests: int = 0
    failed: int = 0
    times: list[int] = field(default_factory=lambda: [0] * BUCKETS)


class _Timed:
    """One request on its way: from when all of it was there to the first of its answer.

    So neither a phone that sends a photo slowly nor one that reads a page slowly makes a service slow.
    """

    __slots__ = ("_receive", "_send", "_tick", "began", "status", "took")

    def __init__(self, receive: Receive, send: Send, tick: Callable[[], float]) -> None:
        self._receive, self._send, self._tick = receive, send, tick
        self.status = 0
        self.took = 0.0
        self.began = tick()

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request" and not message.get("more_body"):
            self.began = self._tick()
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.took = self._tick() - self.began
        await self._send(message)


class RequestCounter:
    """Counts for one process. `look_key` is what the worker's own looks carry."""

    def __init__(
        self,
        site_of: Callable[[str], Site | None],
        clock: Callable[[], datetime],
        look_key: bytes,
        tick: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._site_of = site_of
        self._clock = clock
        self._tick = tick
        self._header = LOOK_HEADER.encode()
        self._look_key = look_key
        self._live: dict[str, tuple[Site, frozenset[str]]] = {}
        self._past: dict[tuple[str, str, datetime], Tally] = {}
        self._now: dict[tuple[str, str], Tally] = {}
        self._hour = clock()
        self._until = 0.0
        self._begin_hour()

    def counted(self, app: ASGIApp) -> ASGIApp:
        """The same application, counted."""

        async def counting(scope: Scope, receive: Receive, send: Send) -> None:
            site, named = self._asked(scope)
            if site is None or named is None:
                await app(scope, receive, send)
                return
            timed = _Timed(receive, send, self._tick)
            try:
                await app(scope, timed.receive, timed.send)
            except Exception:
                if not timed.status:
                    timed.status, timed.took = 500, self._tick() - timed.began
                raise
            finally:
                # Of a journey by the API, only the journey itself says which service it is of.
                service = named or scope.get(SERVICE_IN_SCOPE, "")
                if timed.status and service in self._services(site):
                    self._count(site.council, service, timed)

        return counting

    def _asked(self, scope: Scope) -> tuple[Site | None, str | None]:
        """Whose site is asked, and for which of its live services: '' where that is not known yet, None for neither."""
        if scope["method"] == "OPTIONS":
            # A browser asking on behalf of a script, and no page.
            return None, None
        host, look = b"", None
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
            elif name == self._header:
                look = value
        site = self._site_of(host.decode("latin-1").partition(":")[0].lower())
        if site is None:
            return None, None
        named = service_in(scope["path"])
        if named is None or (named and named not in self._services(site)):
            return None, None
        if look is not None and hmac.compare_digest(look, self._look_key):
            return None, None
        return site, named

    def _services(self, site: Site) -> frozenset[str]:
        kept = self._live.get(site.host)
        if kept is None or kept[0] is not site:
            found = frozenset(adopted.service.id for adopted in site.services)
            kept = self._live[site.host] = (site, found)
        return kept[1]

    def _count(self, council: str, service: str, timed: _Timed) -> None:
        if self._tick() >= self._until:
            self._begin_hour()
        tally = self._now.get((council, service))
        if tally is None:
            tally = self._now[council, service] = Tally()
        tally.requests += 1
        if timed.status >= 500:
            tally.failed += 1
        tally.times[bucket_of(timed.took)] += 1

    def _begin_hour(self) -> None:
        """Put what was counted to the hour that it was counted in, and count for the present one."""
        for (council, service), tally in self._now.items():
            self._put(council, service, self._hour, tally)
        self._now = {}
        now = self._clock()
        self._hour = now.replace(minute=0, second=0, microsecond=0)
        self._until = self._tick() + (self._hour + _HOUR - now).total_seconds()

    def _put(self, council: str, service: str, hour: datetime, more: Tally) -> None:
        tally = self._past.setdefault((council, service, hour), Tally())
        tally.requests += more.requests
        tally.failed += more.failed
        tally.times = [a + b for a, b in zip(tally.times, more.times, strict=True)]

    def take(self) -> list[RequestCount]:
        """What was counted since the last time, by council, service and hour."""
        self._begin_hour()
        taken, self._past = self._past, {}
        return [
            RequestCount(*key, tally.requests, tally.failed, _without_end(tally.times))
            for key, tally in sorted(taken.items(), key=lambda one: one[0])
        ]

    def put_back(self, counted: Sequence[RequestCount]) -> None:
        """Count again what could not be kept."""
        for row in counted:
            times = [*row.times, *[0] * (BUCKETS - len(row.times))]
            self._put(row.council, row.service, row.hour, Tally(row.requests, row.failed, times))

    async def flush(self, store: Store) -> None:
        """Add what was counted to the database; where that fails it is counted still, and the error raised."""
        taken = self.take()
        try:
            await add_requests(store, taken)
        except BaseException:
            self.put_back(taken)
            raise


def _without_end(times: list[int]) -> tuple[int, ...]:
    """Without the zeros at the end."""
    last = max((bucket for bucket, number in enumerate(times) if number), default=-1)
    return tuple(times[: last + 1])


def service_in(path: str) -> str | None:
    """The service that a path names: of its start page, a page of a journey, or the API; '' for a journey of the API."""
    parts = path.split("/")
    if path.startswith(_API):
        if len(parts) < 5:
            return None
        return {_SERVICES: parts[4], _JOURNEYS: ""}.get(parts[3])
    if parts[1:2] == ["cy"]:
        del parts[1]
    # "/service" and "/service/journey/page"; whatever else is below a service is no page.
    return parts[1] or None if len(parts) in {2, 4} else None


async def flush_until(counter: RequestCounter, store: Store, stop: asyncio.Event) -> None:
    """Add what is counted to the database every few seconds, and once more at the end."""
    log: Any = structlog.get_logger("web")
    ended = False
    while not ended:
        try:
            await asyncio.wait_for(stop.wait(), FLUSH_EVERY)
            ended = True
        except TimeoutError:
            pass
        try:
            await counter.flush(store)
        except Exception as error:
            log.warning("requests were not counted yet", reason=f"{type(error).__name__}: {error}")
