"""What figures that were sent here say of a service, in the shapes in which councils are compared: transactions by channel,
and how satisfied people were. Days and months are those of the records, in UTC, as the Performance Platform has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from commonhall.storage.data_sets import sent_satisfaction, sent_transactions
from commonhall.storage.pool import Store


@dataclass(frozen=True, slots=True)
class SentFigures:
    """What was sent for a service over a span. `transactions` are by the start of the day or month, and by channel as the
    sender calls it; `satisfaction` are by the same start: how many gave 1, 2, 3, 4 and 5, where 5 is very satisfied."""

    transactions: Mapping[tuple[date, str], int]
    satisfaction: Mapping[date, tuple[int, int, int, int, int]]


async def sent_figures(
    store: Store,
    council: str,
    service: str | None,
    lgsl: int | None,
    first: date,
    last: date,
    by: Literal["day", "month"] = "month",
) -> SentFigures:
    """What a council sent for a service, named by its id here or by the national list, from `first` to `last`, both
    included. A record counts where its `_timestamp` lies, whatever the `period` that it names: one data set holds figures
    of one period."""
    start = datetime.combine(first, time(), UTC)
    end = datetime.combine(last + timedelta(days=1), time(), UTC)
    counted = await sent_transactions(store, council, service, lgsl, start, end, by)
    rated = await sent_satisfaction(store, council, service, lgsl, start, end, by)
    return SentFigures(
        {(row[0], row[1]): row[2] for row in counted},
        {row[0]: (row[1], row[2], row[3], row[4], row[5]) for row in rated},
    )
