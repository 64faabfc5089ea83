"""Alerts on disk, and which mails have told whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime
from typing import NamedTuple

from commonhall.storage.audit import NewEntry, write_entry
from commonhall.storage.pool import Store, transaction
from commonhall.storage.queries import alerts as q


@dataclass(frozen=True, slots=True)
class AlertRow:
    """Something that became worse: `rate` of `counted` where it had been `base` of `base_counted` (shares, 0 to 1)."""

    service: str
    what: str
    raised_on: date
    base: float
    base_counted: int
    rate: float
    counted: int
    recovered_on: date | None = None


class PromptRow(NamedTuple):
    """Deliveries of one service's cases of a London day, and how many of them took an hour at most."""

    service: str
    day: date
    deliveries: int
    prompt: int


async def prompt_deliveries(store: Store, council: str, first: date, last: date) -> list[PromptRow]:
    """Deliveries of the cases submitted from one day to another, both included."""
    return [
        PromptRow(*row) for row in await store.durable.fetch(q.PROMPT_DELIVERIES.sql, council, first, last)
    ]


async def list_alerts(store: Store, council: str, since: date) -> list[AlertRow]:
    """Those that go on, and those that have ended since a day."""
    return [AlertRow(*row) for row in await store.durable.fetch(q.LIST_ALERTS.sql, council, since)]


async def looked_on(store: Store, council: str) -> date | None:
    """The day on which services were last compared with their past."""
    found: date | None = await store.durable.fetchval(q.LOOKED_ON.sql, council)
    return found


async def keep_look(
    store: Store, council: str, day: date, raised: Sequence[AlertRow], ended: Sequence[AlertRow]
) -> bool:
    """Keep what a day's comparison found, all or nothing; False where another was quicker."""
    async with transaction(store, council) as connection:
        if await connection.fetchval(q.KEEP_LOOK.sql, council, day) is None:
            return False
        for one in ended:
            await connection.execute(q.END_ALERT.sql, council, one.service, one.what, day)
        for one in raised:
            await connection.execute(q.RAISE_ALERT.sql, council, *astuple(one)[:7])
    return True


async def claim_notices(
    store: Store, council: str, person: str, about: Sequence[str], now: datetime
) -> list[str]:
    """What of this the caller is to tell somebody, and nobody else."""
    rows = await store.durable.fetch(q.CLAIM_NOTICES.sql, council, person, list(about), now)
    return [row[0] for row in rows]


async def note_sent(store: Store, council: str, person: str, about: Sequence[str], now: datetime) -> None:
    """They were told."""
    await store.durable.execute(q.NOTE_SENT.sql, council, person, list(about), now)


async def release_notices(store: Store, council: str, person: str, about: Sequence[str]) -> None:
    """They were not told, and it may be tried again."""
    await store.durable.execute(q.RELEASE_NOTICES.sql, council, person, list(about))


async def unwanted(store: Store, council: str) -> Mapping[str, frozenset[str]]:
    """Which mails people do not want, by person; only those who do not want some."""
    return {row[0]: frozenset(row[1]) for row in await store.durable.fetch(q.UNWANTED.sql, council)}


async def set_unwanted(
    store: Store, council: str, person: str, kinds: Sequence[str], entry: NewEntry
) -> None:
    """Keep which mails somebody does not want."""
    async with transaction(store, council) as connection:
        await connection.execute(q.SET_UNWANTED.sql, council, person, list(kinds))
        await write_entry(connection, council, entry)
