"""Cases as other systems read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from commonhall.storage.pool import Store, transaction
from commonhall.storage.queries import exchange as q
from commonhall.storage.queries.caseload import PLAN_ANEW

FIRST_SPAN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Which cases; what is None narrows nothing."""

    references: Sequence[str] | None = None
    services: Sequence[str] | None = None
    statuses: Sequence[str] | None = None
    first: datetime | None = None
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class ExchangedRow:
    """A case with the last public entry of its history (`updated_at`, `note`). Redacted cases are not among them."""

    reference: str
    service: str
    digest: str
    status: str
    summary: str
    location: Mapping[str, Any]
    channel: str
    submitted_at: datetime
    target_on: date | None
    updated_at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class HappenedRow:
    """An entry of a case's history."""

    reference: str
    sequence: int
    status: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the order in which entries were written here: after this one."""

    recorded_at: datetime
    reference: str = ""
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class RecordedRow:
    """An entry of a case's history, and when it was written here (`at` is when it happened)."""

    reference: str
    sequence: int
    status: str
    note: str
    at: datetime
    source: str
    recorded_at: datetime

    @property
    def place(self) -> Place:
        """Where it stands in the order of writing."""
        return Place(self.recorded_at, self.reference, self.sequence)


@dataclass(frozen=True, slots=True)
class WholeRow:
    """A case with all that was answered."""

    reference: str
    service: str
    digest: str
    channel: str
    language: str
    answers: Mapping[str, Any]
    summary: str
    details: Sequence[Sequence[str]]
    contact: Mapping[str, Any]
    location: Mapping[str, Any]
    status: str
    submitted_at: datetime
    target_on: date | None


@dataclass(frozen=True, slots=True)
class SaidRow:
    """An entry that somebody made under an id of their own."""

    sequence: int
    status: str
    note: str
    internal: bool


async def exchange_cases(store: Store, council: str, span: Span, most: int) -> list[ExchangedRow]:
    """Cases, newest first."""
    async with transaction(store, council) as connection:
        await connection.execute(PLAN_ANEW.sql)
        rows = await connection.fetch(
            q.EXCHANGE_CASES.sql, council, _list(span.references), _list(span.services), _list(span.statuses),
            span.first, span.last, most,
        )  # fmt: skip
    return [ExchangedRow(*row) for row in rows]


async def exchange_updates(
    store: Store, council: str, services: Sequence[str] | None, first: datetime, last: datetime, most: int
) -> list[HappenedRow]:
    """What happened to cases in a span of time, oldest first."""
    rows = await store.durable.fetch(q.EXCHANGE_UPDATES.sql, council, _list(services), first, last, most)
    return [HappenedRow(*row) for row in rows]


async def case_of_journey(store: Store, council: str, journey: str) -> tuple[str, str] | None:
    """The case that a journey became, and its service."""
    row = await store.durable.fetchrow(q.CASE_OF_JOURNEY.sql, council, journey)
    return (row[0], row[1]) if row else None


async def what_case(store: Store, council: str, reference: str) -> tuple[str, datetime] | None:
    """Which service a case is of, and when it was submitted; None for one that is not here, or was redacted."""
    row = await store.durable.fetchrow(q.WHAT_CASE.sql, council, reference)
    return (row[0], row[1]) if row else None


async def recorded(
    store: Store,
    council: str,
    services: Sequence[str] | None,
    after: Place,
    statuses: Sequence[str] | None,
    most: int,
) -> tuple[list[RecordedRow], Place]:
    """What was written after a place, in the order of writing, and the place to read on from.

    Whoever reads on from there misses nothing: what is still being written by others comes after it. A long time with
    little in it is read in growing spans.
    """
    settled: datetime = await store.durable.fetchval(q.SETTLED_UNTIL.sql, council)
    span, begin = FIRST_SPAN, after
    found: list[RecordedRow] = []
    while begin.recorded_at < settled and len(found) < most:
        end = min(begin.recorded_at + span, settled)
        async with transaction(store, council) as connection:
            await connection.execute(PLAN_ANEW.sql)
            rows = await connection.fetch(
                q.RECORDED.sql, council, _list(services), begin.recorded_at, begin.reference, begin.sequence, end,
                _list(statuses), most - len(found),
            )  # fmt: skip
        found += [RecordedRow(*row) for row in rows]
        begin, span = Place(end), span * 4
    if len(found) == most:
        return found, found[-1].place
    return found, max(begin, after, key=lambda place: place.recorded_at)


async def whole_cases(
    store: Store, council: str, references: Sequence[str], services: Sequence[str] | None
) -> dict[str, WholeRow]:
    """Cases with all that was answered, by reference."""
    rows = await store.durable.fetch(q.WHOLE_CASES.sql, council, list(references), _list(services))
    return {row[0]: WholeRow(*row) for row in rows}


async def histories_of(store: Store, council: str, references: Sequence[str]) -> dict[str, list[RecordedRow]]:
    """The histories of cases as other systems read them, oldest first within each, by reference."""
    found: dict[str, list[RecordedRow]] = {}
    for row in await store.durable.fetch(q.HISTORIES_OF.sql, council, list(references)):
        found.setdefault(row[0], []).append(RecordedRow(*row))
    return found


async def said_before(
    store: Store, council: str, reference: str, source: str, update_id: str
) -> SaidRow | None:
    """An entry by who made it and the id that they gave it."""
    row = await store.durable.fetchrow(q.SAID_BEFORE.sql, council, reference, source, update_id)
    return SaidRow(*row) if row else None


def _list(values: Sequence[str] | None) -> list[str] | None:
    return list(values) if values is not None else None
