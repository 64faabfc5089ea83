"""Links to councils' own pages, on disk: shared by all, written by the operator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from commonhall.storage.pool import Store
from commonhall.storage.queries import links as q


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link: whose, for which service and interaction, and what was found when it was checked.

    `status` is `pending`, `ok`, `caution` or `broken`; `problem` says why. `failing_since` is the first day of those on
    which it has failed.
    """

    slug: str
    lgsl: int
    lgil: int
    url: str
    title: str
    source: str
    status: str
    problem: str
    checked_at: datetime | None
    worked_at: datetime | None
    failing_since: date | None


async def links_changed(store: Store) -> tuple[Any, ...]:
    """What is another value whenever a link is."""
    return tuple(await store.operator.fetchrow(q.LINKS_CHANGED.sql))


async def list_links(store: Store) -> list[LinkRow]:
    """All links, by council and service."""
    return [LinkRow(*row) for row in await store.operator.fetch(q.LIST_LINKS.sql)]


async def keep_links(
    store: Store, source: str, links: Sequence[tuple[str, int, int, str, str]], now: datetime
) -> int:
    """Keep the links of a source, (slug, LGSL, LGIL, address, title) each, in place of those that it had.

    Answers how many were dropped. All of them are kept, or nothing changes.
    """
    async with store.operator.acquire() as connection, connection.transaction():
        await connection.executemany(q.KEEP_LINK.sql, [(*link, source, now) for link in links])
        dropped = await connection.execute(q.DROP_OTHER_LINKS.sql, source, now)
    return int(dropped.rpartition(" ")[2])


async def links_to_check(store: Store, slug: str | None, before: datetime, most: int) -> list[LinkRow]:
    """The links that were not checked since a moment, those first that were not for longest."""
    return [LinkRow(*row) for row in await store.operator.fetch(q.LINKS_TO_CHECK.sql, slug, before, most)]


async def note_check(store: Store, row: LinkRow) -> None:
    """Keep what a check found."""
    await store.operator.execute(
        q.NOTE_CHECK.sql, row.slug, row.lgsl, row.lgil, row.url, row.status, row.problem, row.checked_at, row.worked_at,
        row.failing_since,
    )  # fmt: skip
