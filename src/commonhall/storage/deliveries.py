"""Deliveries on disk: claimed, settled, listed, replayed, reconciled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from commonhall.storage.pool import Store, transaction
from commonhall.storage.queries import deliveries as q
from commonhall.storage.queries.cases import ADD_UPDATE, COUNT_CASES, HOLD_CASE


@dataclass(frozen=True, slots=True)
class ClaimedRow:
    """A delivery that this worker holds for the length of a lease, with its case."""

    reference: str
    connector: str
    sequence: int
    idempotency_key: str
    attempts: int
    since: datetime
    service: str
    digest: str
    channel: str
    language: str
    answers: Mapping[str, Any]
    summary: str
    details: Sequence[Sequence[str]]
    contact: Mapping[str, Any]
    location: Mapping[str, Any]
    submitted_at: datetime
    target_on: date | None


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A delivery that the back office does not have yet; with `failed_at` it needs a person."""

    reference: str
    connector: str
    sequence: int
    attempts: int
    created_at: datetime
    next_at: datetime
    claimed_at: datetime | None
    failed_at: datetime | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class Balance:
    """What one connector of a council was given and what became of it."""

    connector: str
    accepted: int
    delivered: int
    pending: int
    failed: int


Key = tuple[str, str, int]
"""A delivery within its council: reference, connector, sequence."""


async def list_due(store: Store, now: datetime, lost_before: datetime) -> list[tuple[str, str]]:
    """The (council, connector) pairs that have something due; claims older than `lost_before` count as lost."""
    return [
        (council, connector)
        for council, connector in await store.operator.fetch(q.LIST_DUE.sql, now, lost_before)
    ]


async def claim_deliveries(
    store: Store, council: str, connector: str, now: datetime, lost_before: datetime, most: int
) -> list[ClaimedRow]:
    """Claim up to `most` deliveries that are due; claims older than `lost_before` count as lost."""
    rows = await store.durable.fetch(q.CLAIM_DELIVERIES.sql, council, now, lost_before, most, connector)
    return [ClaimedRow(*row) for row in rows]


async def oldest_waiting(store: Store, council: str, connector: str, not_before: datetime) -> datetime | None:
    """When the oldest case was made that waits for a connector, of those made after `not_before`."""
    found: datetime | None = await store.durable.fetchval(
        q.OLDEST_WAITING.sql, council, connector, not_before
    )
    return found


async def settle_delivered(
    store: Store, council: str, key: Key, now: datetime, external_id: str | None
) -> None:
    """Write down that the back office has it."""
    await store.durable.execute(q.SETTLE_DELIVERED.sql, council, *key, now, external_id)


async def settle_later(
    store: Store, council: str, key: Key, attempts: int, next_at: datetime, error: str
) -> None:
    """Write down that it is to be tried again, unless somebody else has claimed it since this attempt."""
    await store.durable.execute(q.SETTLE_LATER.sql, council, *key, next_at, error, attempts)


async def settle_failed(
    store: Store, council: str, key: Key, attempts: int, now: datetime, error: str
) -> None:
    """Write down that it needs a person, unless somebody else has claimed it since this attempt."""
    await store.durable.execute(q.SETTLE_FAILED.sql, council, *key, now, error, attempts)


async def list_waiting(store: Store, council: str, failed: bool | None, most: int) -> list[WaitingRow]:
    """What the back offices do not have yet, oldest first; `failed` narrows it to failed or not failed."""
    return [
        WaitingRow(*row) for row in await store.durable.fetch(q.LIST_DELIVERIES.sql, council, failed, most)
    ]


async def replay(
    store: Store, council: str, reference: str | None, now: datetime, lost_before: datetime
) -> int:
    """Make waiting and failed deliveries due now, but for those that a worker holds; answers how many."""
    return len(await store.durable.fetch(q.REPLAY_DELIVERIES.sql, council, reference, now, lost_before))


async def reconcile(store: Store, council: str) -> tuple[list[Balance], int, int, list[str]]:
    """The balance of every connector, how many cases there are, how many go to no back office, and which are lost.

    Read in one snapshot, so that the sums belong together. Of lost cases the first hundred references.
    """
    async with (
        store.durable.acquire(council) as connection,
        connection.transaction(isolation="repeatable_read"),
    ):
        balances = [Balance(*row) for row in await connection.fetch(q.RECONCILE.sql, council)]
        cases = await connection.fetchval(COUNT_CASES.sql, council)
        without = await connection.fetchval(q.CASES_WITHOUT_DELIVERY.sql, council)
        lost = [row[0] for row in await connection.fetch(q.LOST_CASES.sql, council)]
    return balances, int(cases), int(without), lost


async def take_back(
    store: Store,
    council: str,
    reference: str,
    connector: str,
    update_id: str,
    at: datetime,
    now: datetime,
    reason: str,
) -> bool:
    """Write down that a back office did not get a case after all; False where it had said so already."""
    async with transaction(store, council) as connection:
        if await connection.fetchval(HOLD_CASE.sql, council, reference) is None:
            return False
        noted = await connection.fetchval(
            ADD_UPDATE.sql, council, reference, None, reason, at, connector, update_id, True
        )
        if noted is not None:
            await connection.execute(q.TAKE_BACK.sql, council, reference, connector, now, reason)
    return noted is not None
