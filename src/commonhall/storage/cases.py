"""Cases on disk: never lost, never twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import asyncpg

from commonhall.engine.back_office import CaseStatus
from commonhall.storage.attachments import NewAttachment
from commonhall.storage.journeys import path_of
from commonhall.storage.pool import Store, transaction
from commonhall.storage.queries import cases as q
from commonhall.storage.queries.attachments import ADD_ATTACHMENT
from commonhall.storage.queries.exchange import LAST_ENTRY


class ReferenceTaken(Exception):  # noqa: N818
    """Another case of the council has this reference already: make another."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the measures are to know of a submission, on the London day `day`. Nothing of it tells who it was.

    `subject` is a digest of what the case is about, or None where nothing says; an earlier case of the same is looked for
    from `chase_since`, and counts as closed lately from `repeat_since`.
    """

    day: date
    pages: Sequence[str]
    subject: int | None
    chase_since: datetime
    repeat_since: date
    area: str | None
    street: str | None
    ward: str | None


@dataclass(frozen=True, slots=True)
class NewCase:
    """A submission, ready to be written. `proofs` are digests of what its maker can be asked for.

    `revision` is the journey's as it was read: where an answer has changed since, nothing is written. `files` and an
    internal `note` may come with it from `source`; they are there when the case is, or none of it is.
    """

    journey: str
    browser: bytes
    revision: str
    reference: str
    answers: Mapping[str, Any]
    summary: str
    details: Sequence[tuple[str, str]]
    contact: Mapping[str, Any]
    location: Mapping[str, Any]
    proofs: Sequence[str]
    target_on: date | None
    connectors: Sequence[str]
    idempotency_key: str
    submitted_at: datetime
    counted: Measured
    files: Sequence[NewAttachment] = ()
    note: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as stored. Times are UTC."""

    reference: str
    service: str
    digest: str
    journey: str
    channel: str
    language: str
    answers: Mapping[str, Any]
    summary: str
    details: Sequence[Sequence[str]]
    contact: Mapping[str, Any]
    location: Mapping[str, Any]
    proofs: Sequence[str]
    submitted_at: datetime
    target_on: date | None


@dataclass(frozen=True, slots=True)
class UpdateRow:
    """One entry of a case's history; `source` says who added it."""

    status: str
    note: str
    at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class NewUpdate:
    """An entry to be added; `source` and `update_id` together make taking it twice harmless.

    Without a status the case stays where it stands. `internal` entries are for staff alone.
    """

    status: str | None
    note: str
    at: datetime
    source: str
    update_id: str
    internal: bool = False


async def submit_case(store: Store, council: str, new: NewCase) -> bool:
    """Write case, first update, deliveries and measure in one durable commit.

    False where the journey cannot be submitted (already done, changed, expired, another's). Raises `ReferenceTaken`.
    """
    values = (
        council,
        new.journey,
        new.browser,
        new.reference,
        new.answers,
        new.summary,
        list(new.details),
        new.contact,
        new.location,
        list(new.proofs),
        new.target_on,
        list(new.connectors),
        new.idempotency_key,
        new.submitted_at,
        new.revision,
        new.counted.subject,
        path_of(new.counted.pages),
        list(new.counted.pages),
        new.counted.repeat_since,
        new.counted.chase_since,
        new.counted.day,
        new.counted.area,
        new.counted.street,
        new.counted.ward,
    )
    try:
        if not (new.files or new.note):
            return await store.durable.fetchval(q.SUBMIT_CASE.sql, *values) is not None
        async with transaction(store, council) as connection:
            made = await connection.fetchval(q.SUBMIT_CASE.sql, *values)
            if made is not None:
                await _add_what_came_along(connection, council, new)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "council_case_pkey":
            raise ReferenceTaken(new.reference) from None
        raise
    return made is not None


async def _add_what_came_along(connection: Any, council: str, new: NewCase) -> None:
    for file in new.files:
        await connection.fetchval(
            ADD_ATTACHMENT.sql, council, new.reference, file.attachment, file.name, file.media_type, file.digest,
            file.content, file.added_at, file.source, len(new.files),
        )  # fmt: skip
    if new.note:
        await connection.fetchval(
            q.ADD_UPDATE.sql,
            council,
            new.reference,
            None,
            new.note,
            new.submitted_at,
            new.source,
            "came-along",
            True,
        )


async def load_case(store: Store, council: str, reference: str) -> CaseRow | None:
    """A case by its reference."""
    row = await store.durable.fetchrow(q.LOAD_CASE.sql, council, reference)
    return CaseRow(*row) if row else None


async def list_updates(store: Store, council: str, reference: str) -> list[UpdateRow]:
    """A case's history, oldest first."""
    return [UpdateRow(*row) for row in await store.durable.fetch(q.LIST_UPDATES.sql, council, reference)]


class Changed(Exception):  # noqa: N818
    """Somebody has added to a case's history since it was read."""


async def add_update(
    store: Store, council: str, reference: str, new: NewUpdate, *, only_after: int | None = None
) -> bool:
    """Add one entry; False where it was there already or there is no such case.

    With `only_after` the entry of that number must be the last that other systems read. Raises `Changed`.
    """
    async with transaction(store, council) as connection:
        if await connection.fetchval(q.HOLD_CASE.sql, council, reference) is None:
            return False
        if only_after is not None and only_after != await connection.fetchval(
            LAST_ENTRY.sql, council, reference
        ):
            raise Changed
        sequence = await connection.fetchval(
            q.ADD_UPDATE.sql, council, reference, new.status, new.note, new.at, new.source, new.update_id,
            new.internal,
        )  # fmt: skip
        await settle_status(connection, council, reference)
    return sequence is not None


async def settle_status(connection: Any, council: str, reference: str) -> None:
    """Repeat on a case that is held what its history says by now, and count it."""
    await connection.execute(q.SET_STATUS.sql, council, reference)
    await connection.execute(q.MEASURE_CASE.sql, council, reference, FINAL, FIXED)


async def case_by_external(store: Store, council: str, connector: str, external_id: str) -> str | None:
    """The reference of the case that a back office knows by its own number."""
    reference: str | None = await store.durable.fetchval(
        q.CASE_BY_EXTERNAL.sql, council, connector, external_id
    )
    return reference


async def count_cases(store: Store, council: str) -> int:
    """How many cases a council has."""
    return int(await store.durable.fetchval(q.COUNT_CASES.sql, council))


FINAL = [status.value for status in CaseStatus if status.is_final]
FIXED = [CaseStatus.FIXED.value, CaseStatus.CLOSED.value]
"""The final statuses that say that what was asked for was done."""


async def rate_case(
    store: Store, council: str, reference: str, score: int, comment: str, now: datetime, day: date
) -> bool:
    """Keep a satisfaction score, given on the London day `day`; False where there was one."""
    values = (council, reference, score, comment, now, day)
    return await store.durable.fetchval(q.RATE_CASE.sql, *values) is not None


async def count_attempt(
    store: Store, council: str, client: str, now: datetime, window_start: datetime
) -> tuple[int, datetime]:
    """Count a guess by `client`; answers how many there were and since when."""
    row = await store.soft.fetchrow(q.COUNT_ATTEMPT.sql, council, client, now, window_start)
    return int(row["tries"]), row["since"]


async def take_back_attempt(store: Store, council: str, client: str) -> None:
    """Count one guess of `client` less."""
    await store.soft.execute(q.TAKE_BACK_ATTEMPT.sql, council, client)


async def expire_attempts(store: Store, council: str, window_start: datetime) -> None:
    """Forget guesses from before the window."""
    await store.soft.execute(q.EXPIRE_ATTEMPTS.sql, council, window_start)


async def delivers_to(store: Store, council: str, reference: str, connector: str) -> bool:
    """Whether a case was sent, or is to be sent, to a connector."""
    return bool(await store.durable.fetchval(q.DELIVERS_TO.sql, council, reference, connector))


@dataclass(frozen=True, slots=True)
class EarlyUpdate:
    """An update of a case that a back office knows by a number that we did not know when it came."""

    external_id: str
    update_id: str
    status: str
    note: str
    at: datetime


async def keep_early_updates(
    store: Store, council: str, connector: str, early: Sequence[EarlyUpdate], now: datetime, most: int
) -> None:
    """Keep updates that no case is known for, the latest `most` of each connector."""
    rows = [(connector, one.external_id, one.update_id, one.status, one.note, one.at, now) for one in early]
    await store.durable.executemany(q.KEEP_EARLY_UPDATE.sql, council, rows)
    await store.durable.execute(q.TRIM_EARLY_UPDATES.sql, council, connector, most)


async def match_early_updates(
    store: Store, council: str, connector: str, external_id: str | None
) -> list[tuple[str, EarlyUpdate]]:
    """Early updates whose cases are known by now, with the cases' references; earliest first."""
    rows = await store.durable.fetch(q.MATCH_EARLY_UPDATES.sql, council, connector, external_id)
    return [(row[0], EarlyUpdate(*row[1:])) for row in rows]


async def drop_early_update(store: Store, council: str, connector: str, early: EarlyUpdate) -> None:
    """Forget an early update."""
    await store.durable.execute(
        q.DROP_EARLY_UPDATE.sql, council, connector, early.external_id, early.update_id
    )


async def expire_early_updates(store: Store, council: str, received_before: datetime) -> None:
    """Forget early updates from before a moment."""
    await store.durable.execute(q.EXPIRE_EARLY_UPDATES.sql, council, received_before)
