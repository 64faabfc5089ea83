"""Cases as officers work on them, and the health of the ways to back offices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from commonhall.storage.audit import NewEntry, write_entry
from commonhall.storage.cases import settle_status
from commonhall.storage.pool import Store, transaction
from commonhall.storage.queries import caseload as q
from commonhall.storage.queries.cases import HOLD_CASE
from commonhall.storage.queries.councils import SAVE_CONNECTOR, TOUCH_COUNCIL


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases; what is None narrows nothing. `assigned_to` is '' for cases that nobody has."""

    service: str | None = None
    statuses: Sequence[str] | None = None
    assigned_to: str | None = None
    due_before: date | None = None
    failed: bool = False
    words: str | None = None
    after: tuple[datetime, str] | None = None


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A case in a list."""

    reference: str
    service: str
    summary: str
    status: str
    channel: str
    submitted_at: datetime
    target_on: date | None
    assigned_to: str | None
    redacted_at: datetime | None
    failed: bool


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A case as staff read it."""

    reference: str
    service: str
    digest: str
    channel: str
    language: str
    summary: str
    details: Sequence[Sequence[str]]
    contact: Mapping[str, Any]
    location: Mapping[str, Any]
    status: str
    submitted_at: datetime
    target_on: date | None
    assigned_to: str | None
    redacted_at: datetime | None


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One entry of a case's history; `internal` ones are the staff's own."""

    sequence: int
    status: str
    note: str
    at: datetime
    source: str
    internal: bool
    by: str


@dataclass(frozen=True, slots=True)
class OnItsWayRow:
    """A case's delivery to one connector."""

    connector: str
    attempts: int
    created_at: datetime
    next_at: datetime
    claimed_at: datetime | None
    delivered_at: datetime | None
    failed_at: datetime | None
    external_id: str | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class StaffUpdate:
    """An entry by the staff; without `status` the case stays where it stands."""

    status: str | None
    note: str
    at: datetime
    update_id: str
    internal: bool
    person: str


@dataclass(frozen=True, slots=True)
class HealthRow:
    """How a connector does: how many wait (the oldest since when) and how many failed."""

    connector: str
    kind: str
    updates_until: datetime | None
    waiting: int
    failed: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class StuckRow:
    """A delivery that a connector has not taken."""

    reference: str
    sequence: int
    attempts: int
    created_at: datetime
    next_at: datetime
    claimed_at: datetime | None
    failed_at: datetime | None
    last_error: str | None


async def list_cases(store: Store, council: str, wanted: Wanted, most: int) -> list[ListedRow]:
    """Cases, newest first. `words` is in PostgreSQL's own notation (to_tsquery)."""
    at, reference = wanted.after or (None, None)
    async with transaction(store, council) as connection:
        await connection.execute(q.PLAN_ANEW.sql)
        rows = await connection.fetch(
            q.LIST_CASES.sql,
            council,
            wanted.service,
            list(wanted.statuses) if wanted.statuses is not None else None,
            wanted.assigned_to,
            wanted.due_before,
            wanted.failed,
            wanted.words,
            at,
            reference,
            most,
        )
    return [ListedRow(*row) for row in rows]


async def read_case(store: Store, council: str, reference: str) -> ReadRow | None:
    """A case as staff read it."""
    row = await store.durable.fetchrow(q.READ_CASE.sql, council, reference)
    return ReadRow(*row) if row else None


async def whole_history(store: Store, council: str, reference: str) -> list[HistoryRow]:
    """A case's history with the staff's own notes, oldest first."""
    return [HistoryRow(*row) for row in await store.durable.fetch(q.WHOLE_HISTORY.sql, council, reference)]


async def case_deliveries(store: Store, council: str, reference: str) -> list[OnItsWayRow]:
    """A case on its way to its back offices."""
    return [OnItsWayRow(*row) for row in await store.durable.fetch(q.CASE_DELIVERIES.sql, council, reference)]


async def note_read(store: Store, council: str, reference: str, since: datetime, entry: NewEntry) -> None:
    """Write down that somebody has read a case, unless it says so since a moment."""
    async with transaction(store, council) as connection:
        if not await connection.fetchval(q.LAST_READ.sql, council, reference, entry.person, since):
            await write_entry(connection, council, entry)


async def assign_case(
    store: Store, council: str, reference: str, assigned_to: str | None, entry: NewEntry
) -> bool:
    """Say who works on a case; False where there is no such case."""
    async with transaction(store, council) as connection:
        before = await connection.fetchval(q.ASSIGN_CASE.sql, council, reference, assigned_to)
        if before is None:
            return False
        await write_entry(connection, council, entry)
    return True


async def add_staff_update(
    store: Store, council: str, reference: str, new: StaffUpdate, entry: NewEntry
) -> bool:
    """Add an entry to a case's history; False where there is no such case."""
    async with transaction(store, council) as connection:
        if await connection.fetchval(HOLD_CASE.sql, council, reference) is None:
            return False
        await connection.execute(
            q.ADD_STAFF_UPDATE.sql,
            council,
            reference,
            new.status,
            new.note,
            new.at,
            new.update_id,
            new.internal,
            new.person,
        )
        await settle_status(connection, council, reference)
        await write_entry(connection, council, entry)
    return True


async def redact_case(
    store: Store, council: str, reference: str, summary: str, now: datetime, entry: NewEntry
) -> str:
    """Take everything personal out of a case. Answers `done`, `waiting` (it is on its way still) or `gone`."""
    async with transaction(store, council) as connection:
        if await connection.fetchval(HOLD_CASE.sql, council, reference) is None:
            return "gone"
        if await connection.fetchval(q.WAITS_FOR_DELIVERY.sql, council, reference):
            return "waiting"
        if await connection.fetchval(q.REDACT_CASE.sql, council, reference, summary, now) is None:
            return "gone"
        for query in (q.REDACT_HISTORY, q.REDACT_RATING, q.DROP_ATTACHMENTS, q.REDACT_DELIVERY):
            await connection.execute(query.sql, council, reference)
        await write_entry(connection, council, entry)
    return "done"


async def connector_health(store: Store, council: str) -> list[HealthRow]:
    """How each connector of a council does."""
    return [HealthRow(*row) for row in await store.durable.fetch(q.CONNECTOR_HEALTH.sql, council)]


async def last_delivered(store: Store, council: str, connector: str) -> datetime | None:
    """When a connector took a case last."""
    found: datetime | None = await store.durable.fetchval(q.LAST_DELIVERED.sql, council, connector)
    return found


async def connector_waiting(store: Store, council: str, connector: str, most: int) -> list[StuckRow]:
    """What a connector has not taken yet."""
    rows = await store.durable.fetch(q.CONNECTOR_WAITING.sql, council, connector, most)
    return [StuckRow(*row) for row in rows]


async def set_connector(
    store: Store,
    council: str,
    connector: str,
    kind: str,
    settings: Mapping[str, Any],
    secrets: bytes | None,
    entry: NewEntry,
) -> None:
    """Add or change a connector; `secrets` come encrypted."""
    async with transaction(store, council) as connection:
        await connection.execute(SAVE_CONNECTOR.sql, council, connector, kind, settings, secrets)
        await connection.execute(TOUCH_COUNCIL.sql, council)
        await write_entry(connection, council, entry)


async def note_entry(store: Store, council: str, entry: NewEntry) -> None:
    """Write down something that changed nothing here (a replay, a download)."""
    async with transaction(store, council) as connection:
        await write_entry(connection, council, entry)
