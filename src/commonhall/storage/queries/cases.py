"""Queries of submission, cases and their histories."""

from __future__ import annotations

from commonhall.storage.queries import Query

SUBMIT_CASE = Query(
    "submit_case",
    "Everything that a submission is, in one statement and so in one commit: the journey is closed (only the"
    " first submission of the answers as they were read can close it), and only then do case, first update, delivery and measure come into being."
    " A journey that ended at an exit before, and went on, is counted once: as submitted. Where an earlier case is of the"
    " same subject ($16) and still open, or was closed since $19, the measures say so; no case is looked for that is from"
    " before $20.",
    """
    with closed as (
      update journey set reference = $4, answers = $5::jsonb
      where council = $1 and journey = $2 and browser = $3 and reference is null and expires_at > $14
        and xmin::text = $15
      returning journey, service, digest, channel, language, started_at, measure
    ), pathed as (
      insert into measure_path (council, path, pages) select $1, $17, $18::text[] from closed
      on conflict (council, path) do nothing
    ), earlier as (
      select m.measure, m.closed_on from measure m
      where m.council = $1 and m.measure = (
        select c.measure from council_case c join closed on c.service = closed.service
        where c.council = $1 and c.subject = $16 and c.submitted_at >= $20
        order by c.submitted_at desc limit 1)
    ), made as (
      insert into council_case (council, reference, service, digest, journey, channel, language, answers, summary,
                                details, contact, location, proofs, connectors, measure, submitted_at, target_on, subject)
      select $1, $4, service, digest, journey, channel, language, $5::jsonb, $6, $7::jsonb, $8::jsonb,
             $9::jsonb, $10, $12::text[], measure, $14, $11, $16
      from closed
      returning reference
    ), noted as (
      insert into case_update (council, reference, sequence, status, note, at, source, update_id)
      select $1, reference, 1, 'open', '', $14, 'commonhall', 'submitted' from made
    ), sent as (
      insert into delivery (council, reference, connector, sequence, idempotency_key, created_at, since, next_at)
      select $1, reference, name, 1, $13 || '-' || name, $14, $14, $14 from made, unnest($12::text[]) as name
    ), counted as (
      update measure set outcome = 'submitted', seconds = extract(epoch from $14 - started_at)::integer, path = $17,
                         sent_on = $21, target_on = $11, area = $22, street = $23, ward = $24,
                         again = (select case when closed_on is null then 'chase' when closed_on >= $19 then 'repeat' end
                                  from earlier)
      where council = $1 and measure = (select measure from closed)
    ), repeated as (
      update measure set repeated = true
      where council = $1 and measure = (select measure from earlier where closed_on >= $19) and not repeated
    )
    select reference from made
    """,
)

RATE_CASE = Query(
    "rate_case",
    "Keep one satisfaction score for a case and count it.",
    """
    with rated as (
      insert into rating (council, reference, score, comment, at) values ($1, $2, $3, $4, $5)
      on conflict (council, reference) do nothing
      returning reference
    )
    update measure set score = $3, rated_on = $6
    where council = $1 and measure = (
      select measure from council_case where council = $1 and reference = (select reference from rated)
    )
    returning measure
    """,
)

LOAD_CASE = Query(
    "load_case",
    "A case with its proofs, to be shown to whoever knows one of them.",
    """
    select reference, service, digest, journey, channel, language, answers, summary, details, contact, location,
           proofs, submitted_at, target_on
    from council_case where council = $1 and reference = $2
    """,
)

LIST_UPDATES = Query(
    "list_updates",
    "A case's history, oldest first. Many back offices tell the time to the second: within one, what came first"
    " stands first.",
    """
    select status, note, at, source from case_update where council = $1 and reference = $2 and not internal
    order by date_trunc('second', at), sequence
    """,
)

HOLD_CASE = Query(
    "hold_case",
    "Let one process at a time add to a case's history. A statement of its own: what comes after it sees what those"
    " before have added.",
    "select reference from council_case where council = $1 and reference = $2 for no key update",
)

ADD_UPDATE = Query(
    "add_update",
    "Add one entry to the history of a case that is held, so that sequence numbers have no gap; the same update twice"
    " is one entry. Without a status the case stays where it stands.",
    """
    insert into case_update (council, reference, sequence, status, note, at, source, update_id, internal)
    select $1, $2, 1 + max(u.sequence),
           coalesce($3, (select status from council_case where council = $1 and reference = $2)), $4, $5, $6, $7, $8
    from case_update u where u.council = $1 and u.reference = $2
    on conflict (council, source, update_id, reference) do nothing
    returning sequence
    """,
)

SET_STATUS = Query(
    "set_status",
    "Repeat on the case what the last entry of its history says; receipts and staff's own notes say nothing of where it"
    " stands.",
    """
    update council_case set status = (
      select status from case_update
      where council = $1 and reference = $2 and not internal and not starts_with(source, 'receipt/')
      order by date_trunc('second', at) desc, sequence desc limit 1
    )
    where council = $1 and reference = $2
    """,
)

MEASURE_CASE = Query(
    "measure_case",
    "Count what a case's history says now: when it was closed for good (the first of the final statuses ($3) that it ended"
    " with), on which London day, whether as fixed ($4), and whether it had been opened again.",
    """
    with entries as (
      select status, status = any($3::text[]) as final, at,
             row_number() over (order by date_trunc('second', at), sequence) as place
      from case_update
      where council = $1 and reference = $2 and not internal and not starts_with(source, 'receipt/')
    ), open as (
      select coalesce(max(place), 0) as last from entries where not final
    ), done as (
      select min(at) filter (where place > last) as at, coalesce(bool_or(final and place < last), false) as reopened,
             coalesce((array_agg(status order by place desc))[1] = any($4::text[]), false) as fixed
      from entries, open
    ), said as (
      select (done.at at time zone 'Europe/London')::date as closed_on, done.fixed, done.reopened,
             greatest(0, floor(extract(epoch from done.at - c.submitted_at) / 3600))::integer as wait_hours
      from council_case c, done where c.council = $1 and c.reference = $2
    )
    update measure m set closed_on = said.closed_on, fixed = said.fixed, reopened = said.reopened,
                         wait_hours = said.wait_hours
    from said where m.council = $1
      -- By its key, whatever the planner believes of a young table: a join might read all of a council's measures.
      and m.measure = (select measure from council_case where council = $1 and reference = $2)
      and (m.closed_on, m.fixed, m.reopened, m.wait_hours)
          is distinct from (said.closed_on, said.fixed, said.reopened, said.wait_hours)
    """,
)

CASE_BY_EXTERNAL = Query(
    "case_by_external",
    "Which case a back office means by its own number.",
    "select reference from delivery where council = $1 and connector = $2 and external_id = $3"
    " order by created_at limit 1",
)

COUNT_ATTEMPT = Query(
    "count_attempt",
    "Count one guess and tell how many there were in this window; an old window starts anew.",
    """
    insert into attempt (council, client, tries, since) values ($1, $2, 1, $3)
    on conflict (council, client) do update
      set tries = case when attempt.since < $4 then 1 else attempt.tries + 1 end,
          since = case when attempt.since < $4 then excluded.since else attempt.since end
    returning tries, since
    """,
)

TAKE_BACK_ATTEMPT = Query(
    "take_back_attempt",
    "A right answer was no guess; those before it stay counted.",
    "update attempt set tries = tries - 1 where council = $1 and client = $2 and tries > 0",
)

EXPIRE_ATTEMPTS = Query(
    "expire_attempts",
    "Forget who guessed, and when, once it no longer counts.",
    "delete from attempt where council = $1 and since < $2",
)

DELIVERS_TO = Query(
    "delivers_to",
    "Whether a case was sent, or is to be sent, to a connector: no other may say what became of it.",
    "select exists (select from delivery where council = $1 and reference = $2 and connector = $3)",
)

KEEP_EARLY_UPDATE = Query(
    "keep_early_update",
    "Keep an update of a case whose number at the back office is not known yet. The same update twice is one.",
    """
    insert into early_update (council, connector, external_id, update_id, status, note, at, received_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    on conflict (council, connector, external_id, update_id) do nothing
    """,
)

MATCH_EARLY_UPDATES = Query(
    "match_early_updates",
    "Which early updates of a connector (with this number, or with any) mean a case that is known by now. Each is looked"
    " up by its number, however many cases there are.",
    """
    select d.reference, e.external_id, e.update_id, e.status, e.note, e.at
    from early_update e cross join lateral (
      select reference from delivery
      where council = $1 and connector = $2 and external_id = e.external_id order by created_at limit 1
    ) d
    where e.council = $1 and e.connector = $2 and e.external_id = coalesce($3, e.external_id)
    order by e.at
    """,
)

DROP_EARLY_UPDATE = Query(
    "drop_early_update",
    "An early update stands in its case's history now.",
    "delete from early_update where council = $1 and connector = $2 and external_id = $3 and update_id = $4",
)

TRIM_EARLY_UPDATES = Query(
    "trim_early_updates",
    "Keep only the latest early updates of a connector: some back offices speak of everybody's cases.",
    """
    delete from early_update where council = $1 and connector = $2 and (external_id, update_id) in (
      select external_id, update_id from early_update where council = $1 and connector = $2
      order by received_at desc, at desc offset $3
    )
    """,
)

EXPIRE_EARLY_UPDATES = Query(
    "expire_early_updates",
    "Forget early updates that no case has come for.",
    "delete from early_update where council = $1 and received_at < $2",
)

COUNT_CASES = Query(
    "count_cases", "How many cases a council has.", "select count(*) from council_case where council = $1"
)
