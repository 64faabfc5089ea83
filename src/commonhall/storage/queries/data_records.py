"""Queries that read records of data sets. What somebody asks for stands in parameters; the text of a query depends on
how many keys, filters and fields there are, and on nothing that they say.

$1 council, $2 group (of our own measures: the service), $3 type, $4 from, $5 until, $6 most rows, $7 and $8 names and values of filters, $9 and $10 names
and beginnings, $11 names of keys, $12 names of fields, $13 period, $14 most values of a set.
"""

# ruff: noqa: S608 - only numbers and fixed words are put into the text
from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple

from commonhall.storage.queries import Query
from commonhall.storage.queries.measured_records import MEASURED

BOUND_TIME = Query(
    "bound_time",
    "Let statements of this transaction take so many milliseconds at most.",
    "select set_config('statement_timeout', $1, true)",
)


def _sums(period: str, first: str, last: str) -> str:
    """A data set's sums of one kind of period, between two ends: by itself, so that its key finds no others."""
    return (
        "select start, what, total from data_sum where council = s.council and data_group = s.data_group"
        f" and data_type = s.data_type and period = '{period}' and start between {first} and {last}"
    )


SENT_ACROSS = Query(
    "sent_across",
    "What was sent of a service ($1 its id here, $2 its number of the national list) at every council, in whole months from $3"
    " to $4 and on days from $5 to $6 and from $7 to $8: transactions by whether their channel is digital ($9 and $10 are names"
    " of such and of other channels), journeys by stage, people by score. Each data set's sums are found by key.",
    f"""
    select s.council, s.data_type, f.what, sum(f.total) as total, array_agg(distinct f.month) as months
    from data_set s cross join lateral (
      select date_trunc('month', d.start::timestamp)::date as month,
             case when s.data_type <> 'transactions-by-channel' then d.what when d.what = any($9) then 'digital'
                  when d.what = any($10) then 'other' else 'unknown' end as what, sum(d.total) as total
      from ({_sums("month", "$3", "$4")} union all {_sums("day", "$5", "$6")}
            union all {_sums("day", "$7", "$8")}) d
      group by 1, 2) f
    where s.data_type in ('transactions-by-channel', 'completion', 'customer-satisfaction')
      and (s.service = $1 or s.service is null and s.lgsl = $2)
    group by 1, 2, 3 order by 1, 2, 3
    """,
)

RAW_ORDERS = {
    "": "at asc nulls first, record",
    "_timestamp:ascending": "at asc nulls first, record",
    "_timestamp:descending": "at desc nulls last, record",
    "_id:ascending": "record",
    "_id:descending": "record desc",
    "_updated_at:ascending": "updated_at, record",
    "_updated_at:descending": "updated_at desc, record",
    "field:ascending": "body -> ($11::text[])[1] asc nulls last, record",
    "field:descending": "body -> ($11::text[])[1] desc nulls last, record",
}
"""How records may be ordered; a field's name is the first of the keys."""


SOURCES = {"": "data_record", **MEASURED}
"""Where records are: those that were sent, or our own measures in the same form."""


class Shape(NamedTuple):
    """What a query's text depends on: which ends there are, and how many of everything."""

    start: bool
    end: Literal["", "before", "until"]
    filters: int
    prefixes: int
    keys: int = 0
    fields: int = 0
    sets: bool = False
    period: bool = False
    source: str = ""


@lru_cache(256)
def tally(shape: Shape) -> Query:
    """Records counted by keys and period: the keys, the period's start, how many, and of each field how many values it
    has, how many of them are no numbers, their sum, and (with `sets`) which there are."""
    keys = [f"r.body -> ($11::text[])[{n}] as k{n}" for n in range(1, shape.keys + 1)]
    grouped = [f"k{n}" for n in range(1, shape.keys + 1)]
    if shape.period:
        keys.append("date_trunc($13::text, r.at, 'UTC') as start_at")
        grouped.append("start_at")
    fields = [f"nullif(r.body -> ($12::text[])[{n}], 'null') as v{n}" for n in range(1, shape.fields + 1)]
    collected = [part for n in range(1, shape.fields + 1) for part in _collected(n, sets=shape.sets)]
    conditions = [*_conditions(shape), *(["r.at is not null"] if shape.period else [])]
    conditions += [f"r.body ? ($11::text[])[{n}]" for n in range(1, shape.keys + 1)]
    return Query(
        "tally",
        "Records counted by keys and period.",
        f"""
        select {", ".join([*grouped, "count(*)", *collected])}
        from (select {", ".join([*keys, *fields])} from {SOURCES[shape.source]} r where {" and ".join(conditions)}) r
        where {_all_used(shape)}
        group by {", ".join(grouped)} limit $6
        """,
    )


@lru_cache(256)
def raw(shape: Shape, order: str) -> Query:
    """Records as they are, in one of `RAW_ORDERS`."""
    return Query(
        "raw",
        "Records as they are.",
        f"""
        select r.record, r.at, r.updated_at, r.body from {SOURCES[shape.source]} r
        where {" and ".join(_conditions(shape))} and {_all_used(shape)}
        order by {RAW_ORDERS[order]} limit $6
        """,
    )


def _collected(n: int, *, sets: bool) -> list[str]:
    parts = [
        f"count(v{n})",
        f"count(v{n}) filter (where jsonb_typeof(v{n}) <> 'number')",
        f"sum(case when jsonb_typeof(v{n}) = 'number' then v{n}::numeric end)",
    ]
    return [*parts, f"(array_agg(distinct v{n}) filter (where v{n} is not null))[1:$14]"] if sets else parts


def _conditions(shape: Shape) -> list[str]:
    own = "r.council = $1 and $3::text is not null"
    found = [own if shape.source else "r.council = $1 and r.data_group = $2 and r.data_type = $3"]
    found += ["r.at >= $4"] if shape.start else []
    found += {"": [], "before": ["r.at < $5"], "until": ["r.at <= $5"]}[shape.end]
    for n in range(1, shape.filters + 1):
        found.append(f"r.body ->> ($7::text[])[{n}] = ($8::text[])[{n}]")
    for n in range(1, shape.prefixes + 1):
        found.append(f"starts_with(r.body ->> ($9::text[])[{n}], ($10::text[])[{n}])")
    return found


def _all_used(_shape: Shape) -> str:
    """Every parameter stands in the text, whether it is used or not, so that all of these take the same."""
    return (
        "($4::timestamptz is null or true) and ($5::timestamptz is null or true) and ($7::text[] is null or true)"
        " and ($8::text[] is null or true) and ($9::text[] is null or true) and ($10::text[] is null or true)"
        " and ($11::text[] is null or true) and ($12::text[] is null or true) and ($13::text is null or true)"
        " and ($14::integer is null or true)"
    )
