"""Queries of officers: cases listed, searched, read whole, assigned, answered and redacted."""

from __future__ import annotations

from commonhall.storage.queries import Query

PLAN_ANEW = Query(
    "plan_anew",
    "A list that is narrowed in many ways is planned for what is asked: one plan for all of them reads every case.",
    "set local plan_cache_mode = force_custom_plan",
)

LIST_CASES = Query(
    "list_cases",
    "Cases of a council, newest first, a page at a time. The parameters after the council narrow it, each only if it is"
    " given: service, statuses, assigned to (’’ for nobody), due before, failed deliveries only, words, and the last"
    " entry of the page before.",
    """
    select c.reference, c.service, c.summary, c.status, c.channel, c.submitted_at, c.target_on, c.assigned_to,
           c.redacted_at, exists (
             select from delivery d where d.council = $1 and d.reference = c.reference
               and d.failed_at is not null and d.delivered_at is null) as failed
    from council_case c
    where c.council = $1
      and ($2::text is null or c.service = $2)
      and ($3::text[] is null or c.status = any($3))
      and ($4::text is null or c.assigned_to = $4 or ($4 = '' and c.assigned_to is null))
      and ($5::date is null or c.target_on < $5)
      and (not $6::boolean or c.reference = any(array(
        select d.reference from delivery d
        where d.council = $1 and d.failed_at is not null and d.delivered_at is null)))
      and ($7::text is null or c.reference = any(array(select search_cases(to_tsquery('simple', $7)))))
      and ($8::timestamptz is null or (c.submitted_at, c.reference) < ($8, $9))
    order by c.submitted_at desc, c.reference desc limit $10
    """,
)

READ_CASE = Query(
    "read_case",
    "Everything of a case that staff may see.",
    """
    select reference, service, digest, channel, language, summary, details, contact, location, status, submitted_at,
           target_on, assigned_to, redacted_at
    from council_case where council = $1 and reference = $2
    """,
)

WHOLE_HISTORY = Query(
    "whole_history",
    "A case's history with receipts and the staff's own notes, oldest first.",
    """
    select u.sequence, u.status, u.note, u.at, u.source, u.internal, coalesce(p.name, '') as by
    from case_update u left join person p on p.council = $1 and p.person = u.person
    where u.council = $1 and u.reference = $2 order by date_trunc('second', u.at), u.sequence
    """,
)

CASE_DELIVERIES = Query(
    "case_deliveries",
    "A case on its way to its back offices.",
    """
    select connector, attempts, created_at, next_at, claimed_at, delivered_at, failed_at, external_id, last_error
    from delivery where council = $1 and reference = $2 order by connector, sequence
    """,
)

ASSIGN_CASE = Query(
    "assign_case",
    "Say who works on a case; none for nobody. Answers who it was before, so that the trail holds both.",
    """
    update council_case c set assigned_to = $3
    from (select assigned_to from council_case where council = $1 and reference = $2 for update) before
    where c.council = $1 and c.reference = $2
    returning coalesce(before.assigned_to, '')
    """,
)

ADD_STAFF_UPDATE = Query(
    "add_staff_update",
    "Add an entry of the staff's to the history of a case that is held; without a status it keeps the one there is.",
    """
    insert into case_update (council, reference, sequence, status, note, at, source, update_id, internal, person)
    select $1, $2, 1 + max(sequence),
           coalesce($3, (select status from council_case where council = $1 and reference = $2)),
           $4, $5, 'staff', $6, $7, $8
    from case_update where council = $1 and reference = $2
    returning sequence
    """,
)

WAITS_FOR_DELIVERY = Query(
    "waits_for_delivery",
    "Whether a case is still on its way to a back office, and not given up.",
    """
    select exists (
      select from delivery where council = $1 and reference = $2 and delivered_at is null and failed_at is null)
    """,
)

REDACT_CASE = Query(
    "redact_case",
    "Take everything out of a case by which a person could be known; what is counted stays.",
    """
    update council_case set answers = '{}', summary = $3, details = '[]', contact = '{}', location = '{}',
                            proofs = '{}', subject = null, redacted_at = $4
    where council = $1 and reference = $2 and redacted_at is null returning reference
    """,
)

REDACT_HISTORY = Query(
    "redact_history",
    "Take the words out of a case's history; the statuses and their times stay.",
    "update case_update set note = '' where council = $1 and reference = $2 and note <> ''",
)

REDACT_RATING = Query(
    "redact_rating",
    "Take the words out of a rating; the score stays.",
    "update rating set comment = '' where council = $1 and reference = $2 and comment <> ''",
)

DROP_ATTACHMENTS = Query(
    "drop_attachments",
    "Take a case's files away.",
    "delete from attachment where council = $1 and reference = $2",
)

REDACT_DELIVERY = Query(
    "redact_delivery",
    "A case that was never taken cannot be delivered any more: there is nothing left to deliver.",
    """
    update delivery set last_error = null where council = $1 and reference = $2
    """,
)

LAST_READ = Query(
    "last_read",
    "Whether somebody has read this case since a moment: one entry of the trail for each hour is enough.",
    """
    select exists (
      select from audit where council = $1 and at > $4 and person = $3 and action = 'case.read' and subject = $2)
    """,
)

CONNECTOR_HEALTH = Query(
    "connector_health",
    "How each connector of a council does: what waits since when, what failed, and the last success.",
    """
    select c.connector, c.kind, c.updates_until,
           count(d.reference) filter (where d.delivered_at is null and d.failed_at is null) as waiting,
           count(d.reference) filter (where d.delivered_at is null and d.failed_at is not null) as failed,
           min(d.created_at) filter (where d.delivered_at is null and d.failed_at is null) as oldest
    from connector c left join delivery d on d.council = $1 and d.connector = c.connector and d.delivered_at is null
    where c.council = $1 group by c.connector, c.kind, c.updates_until order by c.connector
    """,
)

LAST_DELIVERED = Query(
    "last_delivered",
    "When a connector took a case last.",
    "select max(delivered_at) from delivery where council = $1 and connector = $2",
)

CONNECTOR_WAITING = Query(
    "connector_waiting",
    "What a connector has not taken yet, failed ones first, then the oldest.",
    """
    select reference, sequence, attempts, created_at, next_at, claimed_at, failed_at, last_error
    from delivery where council = $1 and connector = $2 and delivered_at is null
    order by failed_at is null, created_at limit $3
    """,
)
