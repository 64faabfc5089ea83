"""What somebody asks of a data set, and what is counted for them. The database counts; here are the limits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from commonhall.reporting.data_sets import DataSet
from commonhall.reporting.periods import count_spans, moved, spans
from commonhall.storage.data_records import (
    LONGEST,
    Choice,
    RecordRow,
    TallyRow,
    TooSlow,
    Values,
    list_records,
    tally_records,
)
from commonhall.storage.pool import Store

__all__ = ["Asked", "Counter", "QueryRefused", "RecordRow", "TallyRow", "Values"]

MOST_ROWS = 10_000
"""Rows of an answer: records, or groups and periods, those included in which nothing happened."""
MOST_SETS = 2_000
"""Rows of an answer that tells which values there are."""
MOST_VALUES = 500
"""Different values of a field that are told of one group."""
AT_ONCE = 2
"""Questions that the database works on at the same time, for one process: the others' pages use the same connections."""
LONGEST_WAIT = 10.0
"""Seconds that a question waits for its turn."""


class QueryRefused(Exception):  # noqa: N818
    """A question is not answered; the message says why and what to ask instead. With `busy` it may be asked again later."""

    def __init__(self, message: str, *, busy: bool = False) -> None:
        super().__init__(message)
        self.busy = busy


class Sort(NamedTuple):
    """By which field, and whether the greatest comes first."""

    by: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A question. `start` is included, `end` only with `inclusive`; `collect` are (field, method), a method being `sum`,
    `count`, `set`, `mean` or `default` (a set under two names). `duration` is how many periods the span has, negative
    where it is counted back from its end, 0 where both ends are said otherwise."""

    start: datetime | None = None
    end: datetime | None = None
    inclusive: bool = False
    period: str | None = None
    duration: int = 0
    filters: tuple[tuple[str, str], ...] = ()
    prefixes: tuple[tuple[str, str], ...] = ()
    groups: tuple[str, ...] = ()
    collect: tuple[tuple[str, str], ...] = ()
    sort: Sort | None = None
    limit: int | None = None
    flatten: bool = False

    @property
    def is_raw(self) -> bool:
        """Whether records are asked for as they are."""
        return self.period is None and not self.groups

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that are collected, each once."""
        return tuple(dict.fromkeys(name for name, _ in self.collect))

    def starts(self) -> list[datetime]:
        """The periods of the answer where both ends are known, those included in which nothing happened."""
        if self.period is None or self.start is None or self.end is None:
            return []
        return list(spans(self.period, self.start, self.end, inclusive=self.inclusive))


@dataclass(frozen=True, slots=True)
class Counter:
    """Who counts, a few questions at a time."""

    store: Store
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def records(self, data_set: DataSet, asked: Asked) -> list[RecordRow]:
        """The records that are asked for, as they were sent. Raises `QueryRefused`."""
        most = min(asked.limit or MOST_ROWS, MOST_ROWS)
        by, descending = asked.sort or Sort("", descending=False)
        found = await self._in_turn(
            list_records(
                self.store, *_place(data_set), _choice(asked), by, descending,
                most + (asked.limit is None),
            )
        )  # fmt: skip
        if len(found) > MOST_ROWS:
            raise QueryRefused(
                f"there are more than {MOST_ROWS:,} records: ask for a shorter time, or give a limit"
            )
        return list(found)

    async def tally(self, data_set: DataSet, asked: Asked) -> tuple[Asked, list[TallyRow]]:
        """What is asked for, counted; and the question with the span that it was answered for, since one with a duration is
        moved to where there are figures. Raises `QueryRefused`."""
        rows = await self._tally(data_set, asked)
        if asked.duration and (by := _empty_periods(asked, rows)):
            asked = _moved(asked, by)
            rows = await self._tally(data_set, asked)
        return asked, rows

    async def _tally(self, data_set: DataSet, asked: Asked) -> list[TallyRow]:
        periods = 1
        if asked.period and asked.start and asked.end:
            if count_spans(asked.period, asked.start, asked.end) > MOST_ROWS * 2:
                raise _too_many(MOST_ROWS)
            periods = len(asked.starts())
        sets = any(method in {"set", "default"} for _, method in asked.collect)
        most = MOST_SETS if sets else MOST_ROWS
        rows: list[TallyRow] = await self._in_turn(
            tally_records(
                self.store, *_place(data_set), _choice(asked), asked.groups, asked.fields,
                asked.period, most + 1, MOST_VALUES + 1 if sets else None,
            )
        )  # fmt: skip
        groups = len({repr(row.keys) for row in rows})
        if len(rows) > most or periods * max(groups, 1) > MOST_ROWS:
            raise _too_many(most)
        _check_fields(asked, rows)
        return rows

    async def _in_turn(self, question: Any) -> Any:
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                await self.turns.acquire()
        except TimeoutError:
            question.close()
            raise QueryRefused("too many questions are asked at the moment", busy=True) from None
        try:
            return await question
        except TooSlow:
            raise QueryRefused(
                f"the answer took longer than {LONGEST / 1000:g} seconds: ask for a shorter time, or for fewer groups"
            ) from None
        finally:
            self.turns.release()


def value_of(method: str, values: Values) -> Any:
    """What a method makes of a field's values. A sum or a mean of none is None."""
    if method == "count":
        return values.many
    if method in {"set", "default"}:
        return sorted(values.different or (), key=order_of)
    if values.total is None:
        return None
    return number(values.total if method == "sum" else values.total / values.many)


def together(values: Sequence[Values]) -> Values:
    """The values of several groups as those of one."""
    totals = [one.total for one in values if one.total is not None]
    different = {repr(each): each for one in values for each in one.different or ()}
    return Values(
        sum(one.many for one in values),
        sum(one.others for one in values),
        sum(totals, Decimal(0)) if totals else None,
        list(different.values()),
    )


def number(value: Decimal) -> int | float:
    """A number as JSON has it: whole where it is."""
    return int(value) if value == value.to_integral_value() else float(value)


def order_of(value: Any) -> tuple[Any, ...]:
    """Where a value stands among values of other types: nothing, numbers, text, moments."""
    if value is None:
        return (0,)
    if isinstance(value, bool | int | float | Decimal):
        return (1, value)
    if isinstance(value, datetime):
        return (3, value)
    return (2, str(value))


def _too_many(most: int) -> QueryRefused:
    return QueryRefused(
        f"the answer would have more than {most:,} rows (groups times periods): ask for a shorter time, for longer"
        " periods, or for fewer groups"
    )


def _check_fields(asked: Asked, rows: Sequence[TallyRow]) -> None:
    numbers = {name for name, method in asked.collect if method in {"sum", "mean"}}
    sets = {name for name, method in asked.collect if method in {"set", "default"}}
    for place, name in enumerate(asked.fields):
        if name in numbers and any(row.fields[place].others for row in rows):
            raise QueryRefused(f"`{name}` has values that are no numbers: they have no sum and no mean")
        if name in sets and any(len(row.fields[place].different or ()) > MOST_VALUES for row in rows):
            raise QueryRefused(f"`{name}` has more than {MOST_VALUES:,} different values: count them instead")


def _empty_periods(asked: Asked, rows: Sequence[TallyRow]) -> int:
    """By how many periods a span is to be moved so that it begins (or, counted back, ends) with figures; 0 where it does,
    and where it has none at all."""
    filled = {row.start for row in rows}
    starts = asked.starts()
    if asked.duration < 0:
        starts.reverse()
    empty = next((n for n, start in enumerate(starts) if start in filled), 0)
    return empty if asked.duration > 0 else -empty


def _moved(asked: Asked, by: int) -> Asked:
    period, start, end = asked.period, asked.start, asked.end
    assert period is not None
    assert start is not None
    assert end is not None
    return replace(asked, start=moved(period, start, by), end=moved(period, end, by))


def _place(data_set: DataSet) -> tuple[str, str, str, str]:
    """Where the records are: (council, source, group, type)."""
    if data_set.measured:
        return data_set.council, data_set.type, data_set.service or "", data_set.type
    return data_set.council, "", data_set.group, data_set.type


def _choice(asked: Asked) -> Choice:
    return Choice(
        asked.start,
        asked.end,
        asked.inclusive,
        [name for name, _ in asked.filters],
        [value for _, value in asked.filters],
        [name for name, _ in asked.prefixes],
        [value for _, value in asked.prefixes],
    )
