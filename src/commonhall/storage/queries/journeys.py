"""Queries of journeys before submission."""

from __future__ import annotations

from commonhall.storage.queries import Query

START_JOURNEY = Query(
    "start_journey",
    "Start a journey and count the start, in one statement.",
    """
    with counted as (
      insert into measure (council, service, version, channel, day, started_at)
      values ($1, $4, $10, $7, $11, $8)
      returning measure
    )
    insert into journey (council, journey, browser, service, digest, language, channel, started_at, expires_at,
                         measure)
    select $1, $2, $3, $4, $5, $6, $7, $8, $9, measure from counted
    """,
)

LOAD_JOURNEY = Query(
    "load_journey",
    "A journey of this browser, whatever its state.",
    """
    select digest, language, channel, answers, started_at, expires_at, reference, exited_at, xmin::text
    from journey where council = $1 and journey = $2 and browser = $3
    """,
)

ANSWER_JOURNEY = Query(
    "answer_journey",
    "Save the answers of one page and read the rest in the same statement. A journey that is submitted, expired,"
    " of another browser or of another version is left alone.",
    """
    update journey set answers = answers || $5::jsonb
    where council = $1 and journey = $2 and browser = $3 and digest = $4 and reference is null and expires_at > $6
    returning digest, language, channel, answers, started_at, expires_at, reference, exited_at, xmin::text
    """,
)

EXIT_JOURNEY = Query(
    "exit_journey",
    "Count that a journey has ended at an exit; seen again, it changes nothing. Whoever is led elsewhere, goes back"
    " and is found not eligible has completed the transaction: that counts, and is not taken back.",
    """
    with exited as (
      update journey set exited_at = coalesce(exited_at, $3)
      where council = $1 and journey = $2 and reference is null
      returning measure
    ), pathed as (
      insert into measure_path (council, path, pages) select $1, $5, $6::text[] from exited
      on conflict (council, path) do nothing
    )
    update measure set outcome = $4, seconds = extract(epoch from $3 - started_at)::integer, path = $5
    where council = $1 and measure = (select measure from exited)
      and (outcome is null or (outcome = 'elsewhere' and $4 = 'ineligible'))
    """,
)

EXPIRE_JOURNEYS = Query(
    "expire_journeys",
    "Remove journeys that were sent and have passed their deadline, and unfinished ones whose answers were cleared"
    " long enough ago; their starts stay counted. Bounded, so that it never holds up others.",
    """
    delete from journey where council = $1 and journey in (
      select journey from journey
      where council = $1 and expires_at < $2 and (reference is not null or (lapsed and expires_at < $3))
      order by expires_at limit $4
      for update skip locked
    )
    """,
)

LAPSED_JOURNEYS = Query(
    "lapsed_journeys",
    "Unfinished journeys that have passed their deadline, and were not counted as such yet; bounded.",
    """
    select journey, digest, answers, started_at from journey
    where council = $1 and expires_at < $2 and reference is null and not lapsed
    order by expires_at limit $3
    """,
)

LAPSE_JOURNEYS = Query(
    "lapse_journeys",
    "Delete the answers of unfinished journeys that have passed their deadline ($2, of now $3), and count those that came"
    " to no end as abandoned, with the pages that they came to ($4, and $5: a line each). One that was submitted meanwhile stays.",
    """
    with lapsing as (
      select * from unnest($2::text[], $4::bigint[], $5::text[]) as l (journey, path, pages)
    ), gone as (
      update journey j set answers = '{}', lapsed = true from lapsing l
      where j.council = $1 and j.journey = l.journey and j.expires_at < $3 and j.reference is null and not j.lapsed
      returning j.measure, l.path, l.pages
    ), pathed as (
      insert into measure_path (council, path, pages)
      select distinct on (path) $1, path, string_to_array(pages, E'\\n') from gone where path is not null
      on conflict (council, path) do nothing
    ), counted as (
      update measure m set outcome = 'abandoned', path = gone.path from gone
      where m.council = $1 and m.measure = gone.measure and m.outcome is null
    )
    select count(*) from gone
    """,
)
