"""A visit to somebody's web page, to see whether it is there: politely, and nowhere that connectors may not go."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

from commonhall.connectors.http import Answer, AnswerTooLong, Caller, retry_after
from commonhall.engine.back_office import DeliveryFailed
from commonhall.engine.visit import Visit

MOST_HOPS = 5
MOST_BYTES = 2 * 1024 * 1024
_MOVED = frozenset({301, 302, 303, 307, 308})
_TITLE = re.compile(rb"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)


@dataclass(slots=True)
class Visitor:
    """Visits pages under a name, as each site's robots.txt lets that name. `caller` checks every address."""

    caller: Caller
    name: str
    clock: Callable[[], datetime]
    tick: Callable[[], float] = time.monotonic
    _robots: dict[str, RobotFileParser | None] = field(default_factory=dict)

    async def visit(self, url: str) -> Visit:
        """See whether a page is there, following where it has moved to."""
        begun = self.tick()
        for _ in range(MOST_HOPS + 1):
            try:
                if not await self._may(url):
                    return Visit("asked_not_to", url)
                answer = await self._get(url)
            except AnswerTooLong:
                return Visit("page", url, 200, seconds=self.tick() - begun)
            except DeliveryFailed as failed:
                return Visit("failed", url, words=failed.reason, seconds=self.tick() - begun)
            location = answer.headers.get("location", "")
            if answer.status not in _MOVED or not location:
                wait = (
                    retry_after(answer.headers.get("retry-after"), self.clock())
                    if answer.status in {429, 503}
                    else None
                )
                return Visit(
                    "page", url, answer.status, _title(answer), seconds=self.tick() - begun, wait=wait
                )
            url = urljoin(url, location)
        return Visit("failed", url, words=f"it leads on more than {MOST_HOPS} times")

    async def _get(self, url: str) -> Answer:
        headers = {"user-agent": self.name, "accept": "text/html, */*;q=0.5"}
        return await self.caller.call("GET", url, headers=headers)

    async def _may(self, url: str) -> bool:
        """Whether the site's robots.txt lets this name see the page; a site without one lets everybody."""
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in self._robots:
            rules = None
            try:
                found = await self._get(f"{site}/robots.txt")
            except DeliveryFailed:
                found = None
            if found is not None and found.status == 200 and not found.is_page:
                rules = RobotFileParser()
                rules.parse(found.body.decode("utf-8", "replace").splitlines())
            self._robots[site] = rules
        rules = self._robots[site]
        return rules is None or rules.can_fetch(self.name, url)


def _title(answer: Answer) -> str:
    found = _TITLE.search(answer.body[:200_000]) if answer.is_page else None
    return " ".join(html.unescape(found.group(1).decode("utf-8", "replace")).split())[:200] if found else ""
