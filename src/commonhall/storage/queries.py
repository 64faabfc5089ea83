"""Every query of the platform: its name, what it is for, and its SQL. No SQL stands anywhere else.

The first parameter of every query on a council's data is the council.
"""

from __future__ import annotations

from typing import NamedTuple


class Query(NamedTuple):
    """A named query. `describes` says what it does and why it is shaped so."""

    name: str
    describes: str
    sql: str


# -- councils and what they run ------------------------------------------------------------------------------

LIST_COUNCILS = Query(
    "list_councils",
    "Every council on this installation, with its settings. Operator's data, no residents'.",
    "select council, gss, host, config, revision from council order by council",
)

SAVE_COUNCIL = Query(
    "save_council",
    "Add a council or change its settings; the revision tells running processes to read it again.",
    """
    insert into council (council, gss, host, config) values ($1, $2, $3, $4)
    on conflict (council) do update
      set gss = excluded.gss, host = excluded.host, config = excluded.config, revision = council.revision + 1
    """,
)

TOUCH_COUNCIL = Query(
    "touch_council",
    "Tell running processes that something of a council changed.",
    "update council set revision = revision + 1 where council = $1",
)

ADD_PACKAGE = Query(
    "add_package",
    "Keep a package by its content. The same content twice is one package.",
    """
    insert into package (digest, service, version, files, added_at) values ($1, $2, $3, $4, $5)
    on conflict (digest) do nothing
    """,
)

LOAD_PACKAGE = Query(
    "load_package", "The files of a package.", "select service, version, files from package where digest = $1"
)

ADD_ADOPTED = Query(
    "add_adopted",
    "Keep for ever what a council adopted. The same content twice is one row.",
    """
    insert into adopted (council, digest, service, version, package, choices, nation, languages, adopted_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict (council, digest) do nothing
    """,
)

LOAD_ADOPTED = Query(
    "load_adopted",
    "What stands behind a digest of a council.",
    """
    select digest, service, version, package, choices, nation, languages
    from adopted where council = $1 and digest = $2
    """,
)

SET_ADOPTION = Query(
    "set_adoption",
    "Run this version of a service from now on, at this place in the council's order.",
    """
    insert into adoption (council, service, digest, position, connector) values ($1, $2, $3, $4, $5)
    on conflict (council, service) do update
      set digest = excluded.digest, position = excluded.position, connector = excluded.connector
    """,
)

DROP_OTHER_ADOPTIONS = Query(
    "drop_other_adoptions",
    "Stop offering the services that are not in the list.",
    "delete from adoption where council = $1 and not (service = any($2::text[]))",
)

LIST_ADOPTIONS = Query(
    "list_adoptions",
    "The services that a council offers now, in its order.",
    "select service, digest, position, connector from adoption where council = $1 order by position, service",
)

SAVE_CONNECTOR = Query(
    "save_connector",
    "Add or change a way to a back office. Secrets come encrypted.",
    """
    insert into connector (council, connector, kind, settings, secrets) values ($1, $2, $3, $4, $5)
    on conflict (council, connector) do update
      set kind = excluded.kind, settings = excluded.settings, secrets = excluded.secrets
    """,
)

LIST_CONNECTORS = Query(
    "list_connectors",
    "A council's ways to its back offices.",
    "select connector, kind, settings, secrets, updates_until from connector where council = $1 order by connector",
)

SET_UPDATES_UNTIL = Query(
    "set_updates_until",
    "Remember up to when a back office has been asked for updates.",
    "update connector set updates_until = $3 where council = $1 and connector = $2",
)

# -- journeys ------------------------------------------------------------------------------------------------

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
    "Remove journeys that have passed their deadline; their starts stay counted. Bounded, so that it never"
    " holds up others.",
    """
    delete from journey where council = $1 and journey in (
      select journey from journey where council = $1 and expires_at < $2 order by expires_at limit $3
      for update skip locked
    )
    """,
)

# -- submission ----------------------------------------------------------------------------------------------

SUBMIT_CASE = Query(
    "submit_case",
    "Everything that a submission is, in one statement and so in one commit: the journey is closed (only the"
    " first submission of the answers as they were read can close it), and only then do case, first update, delivery and measure come into being."
    " A journey that ended at an exit before, and went on, is counted once: as submitted.",
    """
    with closed as (
      update journey set reference = $4, answers = $5::jsonb
      where council = $1 and journey = $2 and browser = $3 and reference is null and expires_at > $14
        and xmin::text = $15
      returning journey, service, digest, channel, language, started_at, measure
    ), made as (
      insert into council_case (council, reference, service, digest, journey, channel, language, answers, summary,
                                details, contact, location, proofs, connectors, measure, submitted_at, target_on)
      select $1, $4, service, digest, journey, channel, language, $5::jsonb, $6, $7::jsonb, $8::jsonb,
             $9::jsonb, $10, $12::text[], measure, $14, $11
      from closed
      returning reference
    ), noted as (
      insert into case_update (council, reference, sequence, status, note, at, source, update_id)
      select $1, reference, 1, 'open', '', $14, 'commonhall', 'submitted' from made
    ), sent as (
      insert into delivery (council, reference, connector, sequence, idempotency_key, created_at, since, next_at)
      select $1, reference, name, 1, $13 || '-' || name, $14, $14, $14 from made, unnest($12::text[]) as name
    ), counted as (
      update measure set outcome = 'submitted', seconds = extract(epoch from $14 - started_at)::integer
      where council = $1 and measure = (select measure from closed)
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
    update measure set score = $3
    where council = $1 and measure = (
      select measure from council_case where council = $1 and reference = (select reference from rated)
    )
    returning measure
    """,
)

# -- cases ---------------------------------------------------------------------------------------------------

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
    select status, note, at, source from case_update where council = $1 and reference = $2
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
    " is one entry.",
    """
    insert into case_update (council, reference, sequence, status, note, at, source, update_id)
    select $1, $2, 1 + max(sequence), $3, $4, $5, $6, $7
    from case_update where council = $1 and reference = $2
    on conflict (council, source, update_id, reference) do nothing
    returning sequence
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

# -- deliveries ----------------------------------------------------------------------------------------------

LIST_DUE = Query(
    "list_due",
    "Which connectors of which councils have a delivery that is due. No resident's data. It steps from one"
    " connector to the next through the index, so that a hundred thousand waiting cases cost no more than one.",
    """
    with recursive waiting as (
      (select council, connector from delivery where delivered_at is null and failed_at is null
       order by council, connector limit 1)
      union all
      select following.council, following.connector
      from waiting w cross join lateral (
        select council, connector from delivery
        where delivered_at is null and failed_at is null and (council, connector) > (w.council, w.connector)
        order by council, connector limit 1
      ) following
    )
    select council, connector from waiting w where exists (
      select from delivery d
      where d.council = w.council and d.connector = w.connector and delivered_at is null and failed_at is null
        and next_at <= $1 and (claimed_at is null or claimed_at < $2)
    )
    """,
)

CLAIM_DELIVERIES = Query(
    "claim_deliveries",
    "Claim what is due for one connector, skipping what others hold. A claim that is older than the lease was lost with its"
    " worker and is due again. An earlier delivery of the same case to the same connector goes first.",
    """
    with due as (
      select council, reference, connector, sequence from delivery d
      where council = $1 and connector = $5 and delivered_at is null and failed_at is null and next_at <= $2
        and (claimed_at is null or claimed_at < $3)
        and sequence = (
          select min(e.sequence) from delivery e
          where e.council = $1 and e.reference = d.reference and e.connector = d.connector
            and e.delivered_at is null
        )
      order by next_at limit $4
      for update skip locked
    ), claimed as (
      update delivery d set claimed_at = $2, attempts = attempts + 1
      from due
      where d.council = $1 and d.reference = due.reference and d.connector = due.connector
        and d.sequence = due.sequence
      returning d.reference, d.connector, d.sequence, d.idempotency_key, d.attempts, d.since
    )
    select claimed.*, c.service, c.digest, c.channel, c.language, c.answers, c.summary, c.details, c.contact,
           c.location, c.submitted_at, c.target_on
    from claimed join council_case c on c.council = $1 and c.reference = claimed.reference
    order by claimed.since
    """,
)

SETTLE_DELIVERED = Query(
    "settle_delivered",
    "The back office has it; a worker whose claim was lost may still report its success.",
    """
    update delivery set delivered_at = $5, claimed_at = null, external_id = coalesce($6, external_id),
                        last_error = null, failed_at = null
    where council = $1 and reference = $2 and connector = $3 and sequence = $4 and delivered_at is null
    """,
)

SETTLE_LATER = Query(
    "settle_later",
    "Not accepted yet: try again at this time.",
    """
    update delivery set claimed_at = null, next_at = $5, last_error = $6
    where council = $1 and reference = $2 and connector = $3 and sequence = $4 and attempts = $7 and delivered_at is null
    """,
)

SETTLE_FAILED = Query(
    "settle_failed",
    "It needs a person: it stays visible and can be replayed.",
    """
    update delivery set claimed_at = null, failed_at = $5, last_error = $6
    where council = $1 and reference = $2 and connector = $3 and sequence = $4 and attempts = $7 and delivered_at is null
    """,
)

OLDEST_WAITING = Query(
    "oldest_waiting",
    "When the oldest case was made that a connector has not been seen to accept: what its back office says since then"
    " might be of it.",
    """
    select min(created_at) from delivery
    where council = $1 and connector = $2 and delivered_at is null and failed_at is null and created_at > $3
    """,
)

LIST_DELIVERIES = Query(
    "list_deliveries",
    "Deliveries that the back office does not have yet, oldest first: waiting, being tried, or failed.",
    """
    select reference, connector, sequence, attempts, created_at, next_at, claimed_at, failed_at, last_error
    from delivery where council = $1 and delivered_at is null and ($2::boolean is null or (failed_at is not null) = $2)
    order by created_at limit $3
    """,
)

REPLAY_DELIVERIES = Query(
    "replay_deliveries",
    "Try again now: all that failed or wait (no reference given), or those of one case. The key stays the same. What"
    " a worker holds at this moment is left to it. The time to give up is counted anew.",
    """
    update delivery set failed_at = null, next_at = $3, claimed_at = null, since = $3
    where council = $1 and delivered_at is null and ($2::text is null or reference = $2)
      and (claimed_at is null or claimed_at < $4)
    returning reference
    """,
)

RECONCILE = Query(
    "reconcile",
    "For every connector of a council: what its cases say was accepted for it, and what its deliveries say became of"
    " that. The two are counted apart, so that a lost delivery shows.",
    """
    with sent as (
      select name as connector, count(*) as accepted
      from council_case c cross join unnest(c.connectors) as name where c.council = $1 group by name
    ), kept as (
      select d.connector,
             count(*) filter (where d.delivered_at is not null) as delivered,
             count(*) filter (where d.delivered_at is null and d.failed_at is null) as pending,
             count(*) filter (where d.delivered_at is null and d.failed_at is not null) as failed
      from delivery d where d.council = $1 and d.sequence = 1 group by d.connector
    )
    select connector, coalesce(accepted, 0), coalesce(delivered, 0), coalesce(pending, 0), coalesce(failed, 0)
    from sent full join kept using (connector) order by connector
    """,
)

CASES_WITHOUT_DELIVERY = Query(
    "cases_without_delivery",
    "Cases that go to no back office: the council reads them in the workspace.",
    "select count(*) from council_case c where c.council = $1 and cardinality(c.connectors) = 0",
)

LOST_CASES = Query(
    "lost_cases",
    "Cases that were to go to a connector and have no delivery to it: there must be none.",
    """
    select c.reference from council_case c cross join unnest(c.connectors) as name
    where c.council = $1 and not exists (
      select 1 from delivery d where d.council = $1 and d.reference = c.reference and d.connector = name)
    order by c.reference limit 100
    """,
)

COUNT_CASES = Query(
    "count_cases", "How many cases a council has.", "select count(*) from council_case where council = $1"
)

# -- measures ------------------------------------------------------------------------------------------------

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

# -- migrations ----------------------------------------------------------------------------------------------

TAKE_TIME = Query(
    "take_time",
    "A change of the schema, or the wait for another process's, may take longer than a page's query may.",
    "set local statement_timeout = 0",
)

LOCK_MIGRATIONS = Query(
    "lock_migrations",
    "Let one process at a time change the schema; the lock goes with the transaction.",
    "select pg_advisory_xact_lock(5240017)",
)

MAKE_MIGRATION_TABLE = Query(
    "make_migration_table",
    "Where the steps applied are written down.",
    """
    create table if not exists migration (
      name text primary key, digest text not null, applied_at timestamptz not null default now()
    )
    """,
)

LIST_MIGRATIONS = Query("list_migrations", "The steps applied.", "select name, digest from migration")

ADD_MIGRATION = Query(
    "add_migration", "Write down one step.", "insert into migration (name, digest) values ($1, $2)"
)
