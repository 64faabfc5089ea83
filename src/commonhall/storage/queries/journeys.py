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
    )
    update measure set outcome = $4, seconds = extract(epoch from $3 - started_at)::integer
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
      where council = $1 and expires_at < $2 and (reference is not null or expires_at < $3)
      order by expires_at limit $4
      for update skip locked
    )
    """,
)

CLEAR_JOURNEYS = Query(
    "clear_journeys",
    "Delete the answers of unfinished journeys that have passed their deadline; bounded.",
    """
    update journey set answers = '{}' where council = $1 and journey in (
      select journey from journey
      where council = $1 and expires_at < $2 and reference is null and answers <> '{}'
      order by expires_at limit $3
      for update skip locked
    )
    """,
)
