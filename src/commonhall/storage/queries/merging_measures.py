"""Queries that make one council's measures another's."""

from __future__ import annotations

from commonhall.storage.queries import Query

SAME_MEASURES = Query(
    "same_measures",
    "Whether two councils have a measure of the same number: one of them came from another installation.",
    """
    select exists (select from measure m join measure o on o.council = $2 and o.measure = m.measure where m.council = $1)
    """,
)

SPAN_OF_MEASURES = Query(
    "span_of_measures",
    "The least measure's number of a council, and how many numbers to the greatest.",
    "select coalesce(min(measure), 0), coalesce(max(measure) - min(measure), 0) from measure where council = $1",
)

MOVE_MEASURES = Query(
    "move_measures",
    "Measures, as they are but for their number where it is to be another.",
    """
    with gone as (delete from measure where council = $1 returning *)
    insert into measure (council, measure, service, version, channel, day, started_at, outcome, seconds, score, path,
                         sent_on, target_on, rated_on, closed_on, wait_hours, fixed, reopened, again, repeated, area, street,
                         ward)
    overriding system value
    select $2, measure + $3::bigint, service, version, channel, day, started_at, outcome, seconds, score, path,
           sent_on, target_on, rated_on, closed_on, wait_hours, fixed, reopened, again, repeated, area, street, ward
    from gone
    """,
)

COPY_PATHS = Query(
    "copy_paths",
    "The pages that journeys came to: the same number means the same pages everywhere.",
    """
    insert into measure_path (council, path, pages) select $2, path, pages from measure_path where council = $1
    on conflict (council, path) do nothing
    """,
)
