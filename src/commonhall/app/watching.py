"""Looks at each live service's start page from outside, once a minute: is it there?

Each council has its own second of the minute, so that looks are spread. Of several workers one looks in each minute: who
takes a minute in the database first. A minute that nobody took, or whose worker died on the way, is not known.
"""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from commonhall.app.counting import LOOK_HEADER
from commonhall.app.wiring import House
from commonhall.casework.sites import Site
from commonhall.connectors.http import Caller, Patience
from commonhall.engine.back_office import DeliveryFailed
from commonhall.storage.service_hours import claim_looks, note_looks

LONGEST = 10.0
"""Seconds within which a page must be there."""
COUNCILS_AT_ONCE = 64
PAGES_AT_ONCE = 4
"""How many pages of one council are asked for at the same time."""
GIVEN_UP_AFTER = 4
"""No answer at all from so many pages of a site in a row, and the others count as down without being asked: else a site that is
away would take longer than its minute, and its next minutes would not be known."""
FIRST_LOOK_AFTER = 10.0
"""Seconds after a worker's start: web processes that are started with it are not there yet."""
MOST_BYTES = 1024 * 1024

Look = Callable[[str], Awaitable[bool | None]]
"""Whether an address has the page: False for an answer that is none, None for no answer."""


class Watch:
    """When to look at which council. One for each worker."""

    def __init__(self, tick: Callable[[], float] = time.monotonic) -> None:
        self._tick = tick
        self._from = tick() + FIRST_LOOK_AFTER
        self._begun: dict[str, int] = {}

    def due(self, councils: Iterable[str], now: datetime) -> list[str]:
        """Those whose second of this minute has come, and that were not begun in it."""
        if self._tick() < self._from:
            return []
        minute, second = divmod(int(now.timestamp()), 60)
        return [
            council
            for council in councils
            if self._begun.get(council, -1) < minute and second >= second_of(council)
        ]

    def begin(self, council: str, now: datetime) -> None:
        """It is looked at in this minute."""
        self._begun[council] = int(now.timestamp()) // 60


def second_of(council: str) -> int:
    """A council's own second of the minute: 0 to 49, so that a late look is still in its minute."""
    return zlib.crc32(council.encode()) % 50


async def look_at_council(house: House, council: str) -> None:
    """Look at every live service of a council, unless somebody else does in this minute, and keep what was seen."""
    site = house.sites.of_council(council)
    if site is None or not site.services:
        return
    now = house.desk.clock()
    hour = now.replace(minute=0, second=0, microsecond=0)
    names = [adopted.service.id for adopted in site.services]
    claimed = await claim_looks(house.store, council, names, hour, now.minute)
    if claimed:
        seen = await look_at_pages(claimed, lambda service: page_is_there(house, site, service))
        await note_looks(house.store, council, hour, seen)


async def look_at_pages(services: Sequence[str], look: Look) -> dict[str, bool]:
    """Which of these services' pages are there, a few at a time."""
    waiting = list(reversed(services))
    seen: dict[str, bool] = {}
    silent = 0

    async def one_after_the_other() -> None:
        nonlocal silent
        while waiting:
            service = waiting.pop()
            if silent >= GIVEN_UP_AFTER:
                seen[service] = False
                continue
            answer = await look(service)
            silent = silent + 1 if answer is None else 0
            seen[service] = bool(answer)

    await asyncio.gather(*(one_after_the_other() for _ in range(PAGES_AT_ONCE)))
    return {service: seen[service] for service in services}


async def page_is_there(house: House, site: Site, service: str) -> bool | None:
    """Whether a service's start page comes from the site's public address: a web page with 200, within ten seconds.

    The address is the operator's own, so it may be a private one. None where nothing answers.
    """
    # Calls go nowhere but to the site, so its address need not be a public one.
    caller = Caller(house.http, True, Patience(connect=5.0, answer=LONGEST, whole=LONGEST), MOST_BYTES)
    url, host = reachable(house.site_url(site, f"/{service}"))
    headers = {
        "user-agent": "commonhall-uptime",
        "accept": "text/html",
        LOOK_HEADER: house.settings.look_key,
        **host,
    }
    try:
        answer = await caller.call("GET", url, headers=headers)
    except DeliveryFailed:
        return None
    return answer.status == 200 and answer.is_page


def reachable(url: str) -> tuple[str, dict[str, str]]:
    """An address as this machine finds it, and the header that names the host where it is another.

    Names under `localhost` are this machine (RFC 6761), which browsers know and not every resolver does.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host != "localhost" and not host.endswith(".localhost"):
        return url, {}
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=f"127.0.0.1{port}").geturl(), {"host": parts.netloc}
