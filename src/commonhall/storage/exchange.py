"""Cases as other systems read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from commonhall.storage.pool import Store, transaction
from commonhall.storage.queries import exchange as q
from commonhall.storage.queries.caseload import PLAN_ANEW


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


async def service_of_case(store: Store, council: str, reference: str) -> str | None:
    """Which service a case is of; None for a case that is not here, or was redacted."""
    service: str | None = await store.durable.fetchval(q.SERVICE_OF_CASE.sql, council, reference)
    return service


def _list(values: Sequence[str] | None) -> list[str] | None:
    return list(values) if values is not None else None
