"""Queries of the measures."""

from __future__ import annotations

from commonhall.storage.queries import Query

MEASURE_SERVICES = Query(
    "measure_services",
    "The measures of a council's services for journeys started from one day to another, both included.",
    """
    select service,
           count(*) as starts,
           count(*) filter (where outcome = 'submitted') as submissions,
           count(*) filter (where outcome = 'ineligible') as ineligible_exits,
           count(*) filter (where outcome = 'elsewhere') as elsewhere_exits,
           percentile_cont(0.5) within group (order by seconds) filter (where outcome = 'submitted') as seconds,
           avg(score)::float8 as score,
           count(score) as ratings
    from measure where council = $1 and day between $2 and $3 group by service order by service
    """,
)

MEASURE_CHANNELS = Query(
    "measure_channels",
    "Submissions by channel of a council's services for journeys started in a span of days.",
    """
    select service, channel, count(*) as submissions
    from measure where council = $1 and day between $2 and $3 and outcome = 'submitted'
    group by service, channel order by service, channel
    """,
)
