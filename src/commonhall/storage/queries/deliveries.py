"""Queries of deliveries: claimed, settled, listed, replayed, reconciled."""

from __future__ import annotations

from commonhall.storage.queries import Query

LIST_DUE = Query(
    "list_due",
    "Which connectors of which councils have a delivery that is due, but for those whose back office comes for them."
    " No resident's data. It steps from one connector to the next through the index, so that a hundred thousand waiting cases cost no more than one.",
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
    ) and not exists (
      select from connector k where k.council = w.council and k.connector = w.connector and k.kind = 'pull'
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
    " a worker holds at this moment is left to it, and of a redacted case there is nothing left to deliver. The time to give up is counted anew.",
    """
    update delivery set failed_at = null, next_at = $3, claimed_at = null, since = $3
    where council = $1 and delivered_at is null and ($2::text is null or reference = $2)
      and (claimed_at is null or claimed_at < $4)
      and not exists (
        select from council_case c where c.council = $1 and c.reference = delivery.reference and c.redacted_at is not null)
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

TAKE_BACK = Query(
    "take_back",
    "A delivery that was taken for accepted was not: it needs a person, as one that was refused does.",
    """
    update delivery set delivered_at = null, claimed_at = null, failed_at = $4, last_error = $5
    where council = $1 and reference = $2 and connector = $3 and sequence = (
      select max(sequence) from delivery where council = $1 and reference = $2 and connector = $3 and delivered_at is not null)
    """,
)
