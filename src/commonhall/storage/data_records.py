"""Records of data sets, and our own measures in the same form, read: as they are, or counted by the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import asyncpg

from commonhall.storage.pool import Store
from commonhall.storage.queries import data_records as q

LONGEST = 5_000
"""Milliseconds that a question may take."""
LONGEST_ACROSS = 2_000
"""Milliseconds that reading what all councils sent may take: a page waits for it."""


class TooSlow(Exception):  # noqa: N818
    """The database was not done within the time that a question may take."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which records: from `start` on, before `end` (with `inclusive` up to it), with these values and beginnings of fields.

    Values are compared as text: `5`, `true`, `paper`.
    """

    start: datetime | None = None
    end: datetime | None = None
    inclusive: bool = False
    filter_keys: Sequence[str] = ()
    filter_values: Sequence[str] = ()
    prefix_keys: Sequence[str] = ()
    prefix_values: Sequence[str] = ()


class Values(NamedTuple):
    """What a field holds in some records: how many have it, how many of those are no numbers, the sum, and each
    different value once where they were asked for."""

    many: int
    others: int
    total: Decimal | None
    different: Sequence[Any] | None


class TallyRow(NamedTuple):
    """Records of the same keys and period, counted; `start` is the period's, None where none was asked for."""

    keys: tuple[Any, ...]
    start: datetime | None
    many: int
    fields: tuple[Values, ...]


class RecordRow(NamedTuple):
    """A record as it was sent."""

    record: str
    at: datetime | None
    updated_at: datetime
    body: dict[str, Any]


class SentRow(NamedTuple):
    """What a council sent of a service: of 'transactions-by-channel' `what` is 'digital', 'other' or 'unknown', of 'completion'
    'over' or 'end', of 'customer-satisfaction' '1' to '5'; `months` are those that there is something of, by first days."""

    council: str
    type: str
    what: str
    total: Decimal
    months: Sequence[date]


async def sent_across(
    store: Store,
    service: str,
    lgsl: int | None,
    spans: Sequence[tuple[date, date]],
    *,
    digital: Sequence[str],
    other: Sequence[str],
) -> list[SentRow]:
    """What councils sent of a service: sums of figures that everybody may read. `spans` are one of whole months, by their first
    days, and two of days; both ends are included, and one that ends before it begins has nothing. Raises `TooSlow`."""
    args = (service, lgsl, *(day for span in spans for day in span), digital, other)
    async with store.operator.acquire() as connection:
        return [SentRow(*row) for row in await _bounded(connection, LONGEST_ACROSS, q.SENT_ACROSS.sql, args)]


async def tally_records(
    store: Store,
    council: str,
    source: str,
    group: str,
    kind: str,
    choice: Choice,
    keys: Sequence[str],
    fields: Sequence[str],
    period: str | None,
    most: int,
    most_values: int | None,
) -> list[TallyRow]:
    """Records counted by keys and period, in no order, up to `most` rows. `source` is '' for those that were sent, or a kind
    of our own measures (`queries.data_records.SOURCES`), whose `group` is the service.

    Records without one of the keys are left out, with a period those without a time. With `most_values` each field's
    different values are told, up to so many. Raises `TooSlow`.
    """
    sets = most_values is not None
    shape = _shape(choice)._replace(
        source=source, keys=len(keys), fields=len(fields), sets=sets, period=period is not None
    )
    args = (*_args(council, group, kind, choice, most, keys, fields), period, most_values)
    rows = await _read(store, council, q.tally(shape).sql, args)
    start, wide = len(keys), 4 if sets else 3
    first = start + (2 if period else 1)
    return [
        TallyRow(
            tuple(row[:start]),
            row[start] if period else None,
            row[first - 1],
            tuple(_values(row[at : at + wide]) for at in range(first, first + wide * len(fields), wide)),
        )
        for row in rows
    ]


async def list_records(
    store: Store,
    council: str,
    source: str,
    group: str,
    kind: str,
    choice: Choice,
    order: str,
    descending: bool,
    most: int,
) -> list[RecordRow]:
    """Records as they are, ordered by a field, or by `_timestamp`, `_id` or `_updated_at`. `source` is as in `tally_records`. Raises `TooSlow`."""
    by = order if order in {"_timestamp", "_id", "_updated_at"} else "field"
    named = f"{by}:{'descending' if descending else 'ascending'}" if order else ""
    args = (*_args(council, group, kind, choice, most, [order], ()), None, None)
    rows = await _read(store, council, q.raw(_shape(choice)._replace(source=source), named).sql, args)
    return [RecordRow(*row) for row in rows]


def _shape(choice: Choice) -> q.Shape:
    return q.Shape(
        choice.start is not None,
        "" if choice.end is None else "until" if choice.inclusive else "before",
        len(choice.filter_keys),
        len(choice.prefix_keys),
    )


def _args(
    council: str,
    group: str,
    kind: str,
    choice: Choice,
    most: int,
    keys: Sequence[str],
    fields: Sequence[str],
) -> tuple[Any, ...]:
    return (
        council, group, kind, choice.start, choice.end, most, list(choice.filter_keys), list(choice.filter_values),
        list(choice.prefix_keys), list(choice.prefix_values), list(keys), list(fields),
    )  # fmt: skip


def _values(row: Sequence[Any]) -> Values:
    return Values(row[0], row[1], row[2], row[3] if len(row) > 3 else None)


async def _read(store: Store, council: str, sql: str, args: tuple[Any, ...]) -> list[Any]:
    async with store.durable.acquire(council) as connection:
        return await _bounded(connection, LONGEST, sql, args)


async def _bounded(connection: Any, milliseconds: int, sql: str, args: tuple[Any, ...]) -> list[Any]:
    try:
        async with connection.transaction(readonly=True):
            await connection.execute(q.BOUND_TIME.sql, str(milliseconds))
            rows: list[Any] = await connection.fetch(sql, *args)
            return rows
    except asyncpg.QueryCanceledError as error:
        raise TooSlow from error
