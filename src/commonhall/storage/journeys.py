"""Journeys on disk: soft state until they are submitted."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import asyncpg

from commonhall.storage.pool import Store
from commonhall.storage.queries import journeys as q

Pages = Sequence[str]
"""Ids of pages in the order in which a journey came to them."""


@dataclass(frozen=True, slots=True)
class JourneyRow:
    """A journey as stored. Times are UTC; `revision` changes whenever anything of it does."""

    digest: str
    language: str
    channel: str
    answers: Mapping[str, Any]
    started_at: datetime
    expires_at: datetime
    reference: str | None
    exited_at: datetime | None
    revision: str


@dataclass(frozen=True, slots=True)
class NewJourney:
    """A journey to be started. `browser` is the digest of the browser's secret; `day` the London day."""

    journey: str
    browser: bytes
    service: str
    version: str
    digest: str
    language: str
    channel: str
    started_at: datetime
    expires_at: datetime
    day: date


async def start_journey(store: Store, council: str, new: NewJourney) -> None:
    """Store a new journey and count its start; one that was started already stays as it is, and is not counted again."""
    with suppress(asyncpg.UniqueViolationError):
        await store.soft.execute(
            q.START_JOURNEY.sql,
            council,
            new.journey,
            new.browser,
            new.service,
            new.digest,
            new.language,
            new.channel,
            new.started_at,
            new.expires_at,
            new.version,
            new.day,
        )


async def load_journey(store: Store, council: str, journey: str, browser: bytes) -> JourneyRow | None:
    """The journey, if this browser started it."""
    row = await store.soft.fetchrow(q.LOAD_JOURNEY.sql, council, journey, browser)
    return JourneyRow(*row) if row else None


async def answer_journey(
    store: Store,
    council: str,
    journey: str,
    browser: bytes,
    digest: str,
    answers: Mapping[str, Any],
    now: datetime,
) -> JourneyRow | None:
    """Save some answers in an open journey of this version; None where there is no such journey."""
    row = await store.soft.fetchrow(q.ANSWER_JOURNEY.sql, council, journey, browser, digest, answers, now)
    return JourneyRow(*row) if row else None


async def exit_journey(
    store: Store, council: str, journey: str, now: datetime, outcome: str, pages: Pages
) -> None:
    """Count that a journey has ended at an exit, once."""
    await store.soft.execute(q.EXIT_JOURNEY.sql, council, journey, now, outcome, path_of(pages), list(pages))


async def expire_journeys(store: Store, council: str, now: datetime, unsent: datetime, most: int) -> int:
    """Remove sent journeys past their deadline, and unfinished ones with one before `unsent`; answers how many."""
    done: str = await store.soft.execute(q.EXPIRE_JOURNEYS.sql, council, now, unsent, most)
    return int(done.rsplit(" ", maxsplit=1)[-1])


@dataclass(frozen=True, slots=True)
class LapsedRow:
    """An unfinished journey past its deadline."""

    journey: str
    digest: str
    answers: Mapping[str, Any]
    started_at: datetime


async def lapsed_journeys(store: Store, council: str, now: datetime, most: int) -> list[LapsedRow]:
    """Unfinished journeys past their deadline that were not counted as such."""
    return [LapsedRow(*row) for row in await store.soft.fetch(q.LAPSED_JOURNEYS.sql, council, now, most)]


async def lapse_journeys(
    store: Store, council: str, now: datetime, lapsed: Sequence[tuple[str, Pages | None]]
) -> int:
    """Delete what was answered in these, and count them as abandoned at the last of their pages; answers how many."""
    return int(
        await store.soft.fetchval(
            q.LAPSE_JOURNEYS.sql,
            council,
            [journey for journey, _ in lapsed],
            now,
            [path_of(pages) if pages is not None else None for _, pages in lapsed],
            ["\n".join(pages or ()) for _, pages in lapsed],
        )
    )


def path_of(pages: Pages) -> int:
    """The number under which pages in this order are kept: the first 8 bytes of the SHA-256 of their names."""
    return number_of("\n".join(pages))


def number_of(text: str) -> int:
    """The first 8 bytes of a text's SHA-256, as the database keeps them."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], signed=True)
