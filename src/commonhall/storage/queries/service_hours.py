"""Queries of how the platform serves each service, hour by hour. Spans are days of London, both ends included.

Rows are always written in the order of their key, so that two who add to the same ones wait for each other and never
both.
"""

# ruff: noqa: S608 - the parts that are put together stand here, never outside
from __future__ import annotations

from commonhall.storage.queries import Query

_ADDED = """
array(select coalesce(was, 0) + coalesce(more, 0)
      from unnest(h.times, excluded.times) with ordinality as both_of (was, more, bucket) order by bucket)
"""

ADD_REQUESTS = Query(
    "add_requests",
    "Add what one process counted, of all councils at once. Of a council that is not here (any more), nothing is kept.",
    f"""
    insert into service_hour as h (council, service, hour, requests, failed, times)
    select c.council, n.service, n.hour, n.requests, n.failed, n.times::bigint[]
    from unnest($1::text[], $2::text[], $3::timestamptz[], $4::bigint[], $5::bigint[], $6::text[])
      as n (council, service, hour, requests, failed, times)
    join council c on c.council = n.council
    order by c.council, n.service, n.hour
    on conflict (council, service, hour) do update
      set requests = h.requests + excluded.requests, failed = h.failed + excluded.failed, times = {_ADDED}
    """,
)

CLAIM_LOOKS = Query(
    "claim_looks",
    "Take it on oneself to look at services in a minute of an hour; answers those that nobody else looks at in it.",
    """
    insert into service_hour as h (council, service, hour, looked)
    select c.council, s.service, $3, $4 from council c, unnest($2::text[]) as s (service)
    where c.council = $1 order by s.service
    on conflict (council, service, hour) do update set looked = excluded.looked where h.looked < excluded.looked
    returning service
    """,
)

NOTE_LOOKS = Query(
    "note_looks",
    "A minute in which services were seen, or not.",
    """
    insert into service_hour as h (council, service, hour, up, down)
    select c.council, s.service, $2, s.seen::int, (not s.seen)::int
    from council c, unnest($3::text[], $4::boolean[]) as s (service, seen)
    where c.council = $1 order by s.service
    on conflict (council, service, hour) do update set up = h.up + excluded.up, down = h.down + excluded.down
    """,
)

DROP_SERVICE_HOURS = Query(
    "drop_service_hours",
    "Hours that are kept no longer.",
    "delete from service_hour where council = $1 and hour < $2",
)

JOIN_SERVICE_HOURS = Query(
    "join_service_hours",
    "Add one council's hours to those of another ($2), whichever of them it has.",
    f"""
    insert into service_hour as h (council, service, hour, requests, failed, times, up, down)
    select $2, service, hour, requests, failed, times, up, down from service_hour
    where council = $1 order by service, hour
    on conflict (council, service, hour) do update
      set requests = h.requests + excluded.requests, failed = h.failed + excluded.failed, times = {_ADDED},
          up = h.up + excluded.up, down = h.down + excluded.down
    """,
)

HOLD_SERVICE_HOURS = "lock table service_hour in share row exclusive mode"
"""Let nobody add to any hour until a council is gone: what comes later finds it gone, and keeps nothing of it."""


def _sums(name: str, describes: str, by: str, where: str) -> Query:
    return Query(
        name,
        describes,
        f"""
        with found as (
          select {by} as part, requests, failed, times, up, down from service_hour
          where {where} and hour >= $2::date::timestamp at time zone 'Europe/London'
            and hour < ($3::date + 1)::timestamp at time zone 'Europe/London'
        ), buckets as (
          select part, bucket, sum(number)::bigint as number
          from found, unnest(times) with ordinality as t (number, bucket) group by part, bucket
        ), spread as (
          select part, array_agg(number order by bucket) as times from buckets group by part
        )
        select part, sum(requests)::bigint, sum(failed)::bigint, sum(up)::bigint, sum(down)::bigint,
               (select s.times from spread s where s.part = found.part) as times
        from found group by part order by part
        """,
    )


HOURS_BY_SERVICE = _sums(
    "hours_by_service", "How each service of a council ran over a span.", "service", "council = $1"
)

HOURS_BY_DAY = _sums(
    "hours_by_day",
    "How a council's services, or one of them ($4), ran on each day of a span.",
    "(hour at time zone 'Europe/London')::date",
    "council = $1 and ($4::text is null or service = $4)",
)

HOURS_ACROSS = _sums(
    "hours_across",
    "How one service ran at each council over a span: counts alone, for whoever compares councils.",
    "council",
    "service = $1",
)
