"""Use cases of links to councils' own pages: take a file of them into use, look them up, see whether they work.

A link belongs to the directory, and to no council's data. The calls themselves are handed in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from commonhall.casework.desk import Desk, london_day
from commonhall.directory.links import Link
from commonhall.engine.visit import Visit
from commonhall.storage import links as stored
from commonhall.storage.links import LinkRow

__all__ = ["LinkIndex", "LinkRow", "Visit", "check_links", "judge", "keep_links"]

PAUSE = 1.0
"""Seconds between two pages of one site."""
SITES_AT_ONCE = 8
MOST_OF_A_ROUND = 2000
CHECK_AFTER = timedelta(days=7)
SLOW = 10.0
"""Seconds after which a page counts as slow."""
LONGEST_PROBLEM = 300
_NOT_THERE = (
    "page not found",
    "404",
    "page cannot be found",
    "page no longer exists",
    "tudalen heb ei chanfod",
)


async def keep_links(desk: Desk, source: str, links: Iterable[Link]) -> tuple[int, int]:
    """Take the links of a source into use, in place of those that it had. Answers how many are kept, and dropped."""
    rows = [(link.slug, link.lgsl, link.lgil, link.url, link.title) for link in links]
    return len(rows), await stored.keep_links(desk.store, source, rows, desk.clock())


class LinkIndex:
    """The links as they are now, at hand. `refresh` reads them again where they have changed."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._seen: tuple[object, ...] = ()
        self.all: tuple[LinkRow, ...] = ()
        self._by_service: dict[tuple[str, int], list[LinkRow]] = {}

    async def refresh(self) -> bool:
        """Whether they were read again."""
        seen = await stored.links_changed(self._desk.store)
        if seen == self._seen:
            return False
        self.all = tuple(await stored.list_links(self._desk.store))
        found: dict[tuple[str, int], list[LinkRow]] = {}
        for row in self.all:
            found.setdefault((row.slug, row.lgsl), []).append(row)
        self._by_service, self._seen = found, seen
        return True

    def of(self, slug: str, lgsl: int, lgil: int | None = None) -> list[LinkRow]:
        """The links of a council for a service, by interaction; for one interaction where it is given."""
        rows = self._by_service.get((slug, lgsl), [])
        return [row for row in rows if lgil is None or row.lgil == lgil]

    def best(self, slug: str, lgsl: int) -> LinkRow | None:
        """Where to send somebody: what is done goes before what is read (interaction 8), and nothing broken at all."""
        rows = [row for row in self.of(slug, lgsl) if row.status != "broken"]
        return min(rows, key=lambda row: (row.lgil == 8, row.lgil), default=None)


def judge(row: LinkRow, visited: Visit, now: datetime) -> LinkRow:
    """What a visit says of a link.

    A link is told broken only when it failed on two days: a single night is no reason to turn people away.
    """
    today = london_day(now)
    fault = _fault(visited)
    if fault is None:
        found = _caution(row, visited)
        return replace(
            row,
            status="caution" if found else "ok",
            problem=found,
            checked_at=now,
            worked_at=now,
            failing_since=None,
        )
    certain, words = fault
    if not certain:
        return replace(row, status="caution", problem=words[:LONGEST_PROBLEM], checked_at=now)
    since = row.failing_since or today
    status = "broken" if since < today else "caution"
    return replace(row, status=status, problem=words[:LONGEST_PROBLEM], checked_at=now, failing_since=since)


def _fault(visited: Visit) -> tuple[bool, str] | None:
    """Why a page was not seen, and whether that speaks against the link."""
    if visited.outcome == "asked_not_to":
        return False, "its site asks by robots.txt not to be looked at"
    if visited.outcome == "failed":
        private = "private address" in visited.words
        return not private, f"it does not answer: {visited.words}"
    if visited.status in {404, 410}:
        return True, f"there is no such page (it answers {visited.status})"
    if visited.status in {401, 403, 429} or visited.status >= 500:
        return False, f"it could not be seen (it answers {visited.status})"
    if not 200 <= visited.status < 400:
        return True, f"it answers {visited.status}"
    return None


def _caution(row: LinkRow, visited: Visit) -> str:
    """What somebody should look at, though a page is there."""
    asked, came = urlsplit(row.url), urlsplit(visited.url)
    title = visited.title.casefold()
    if any(words in title for words in _NOT_THERE):
        return f"its page says “{visited.title[:80]}”"
    if asked.path.strip("/") and not came.path.strip("/") and not came.query:
        return "it leads to the home page"
    if _site(asked.hostname) != _site(came.hostname):
        return f"it leads to another site, {came.hostname}"
    if came.scheme != "https":
        return "it is not on https"
    if visited.seconds > SLOW:
        return f"it took {visited.seconds:.0f} seconds"
    return ""


def _site(host: str | None) -> str:
    return (host or "").removeprefix("www.")


@dataclass(frozen=True, slots=True)
class Checked:
    """What a round of checks found: how many of each status."""

    ok: int
    caution: int
    broken: int


async def check_links(
    desk: Desk,
    visit: Callable[[str], Awaitable[Visit]],
    *,
    slug: str | None = None,
    most: int = MOST_OF_A_ROUND,
    after: timedelta = CHECK_AFTER,
    progress: Callable[[int, int], None] = lambda done, whole: None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Checked:
    """See whether links work that were not looked at for a while. One page of a site at a time, with a pause between."""
    rows = await stored.links_to_check(desk.store, slug, desk.clock() - after, most)
    by_site: dict[str, list[LinkRow]] = {}
    for row in rows:
        by_site.setdefault(urlsplit(row.url).hostname or "", []).append(row)
    done: list[str] = []
    gate = asyncio.Semaphore(SITES_AT_ONCE)

    async def site(links: list[LinkRow]) -> None:
        async with gate:
            for place, row in enumerate(links):
                visited = await visit(row.url)
                found = judge(row, visited, desk.clock())
                await stored.note_check(desk.store, found)
                done.append(found.status)
                progress(len(done), len(rows))
                if visited.wait:
                    # It asks to be left alone: the rest is looked at in another round.
                    return
                if place < len(links) - 1:
                    await sleep(PAUSE)

    await asyncio.gather(*map(site, by_site.values()))
    return Checked(*(done.count(status) for status in ("ok", "caution", "broken")))
