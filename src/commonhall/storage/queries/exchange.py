"""Queries of cases as other systems read them."""

from __future__ import annotations

from commonhall.storage.queries import Query

EXCHANGE_CASES = Query(
    "exchange_cases",
    "Cases, newest first, with the last public entry of each history. After the council every parameter narrows only if"
    " it is given: references, services, statuses, submitted from, submitted until; then the most.",
    """
    select c.reference, c.service, c.digest, c.status, c.summary, c.location, c.channel, c.submitted_at, c.target_on,
           u.at, u.note
    from council_case c
    cross join lateral (
      select at, note from case_update
      where council = $1 and reference = c.reference and not internal
      order by date_trunc('second', at) desc, sequence desc limit 1
    ) u
    where c.council = $1 and c.redacted_at is null
      and ($2::text[] is null or c.reference = any($2))
      and ($3::text[] is null or c.service = any($3))
      and ($4::text[] is null or c.status = any($4))
      and ($5::timestamptz is null or c.submitted_at >= $5)
      and ($6::timestamptz is null or c.submitted_at <= $6)
    order by c.submitted_at desc, c.reference desc limit $7
    """,
)

EXCHANGE_UPDATES = Query(
    "exchange_updates",
    "Entries of histories in a span of time, oldest first, of some services or of all.",
    """
    select u.reference, u.sequence, u.status, u.note, u.at
    from case_update u join council_case c on c.council = $1 and c.reference = u.reference
    where u.council = $1 and not u.internal and c.redacted_at is null and u.at between $3 and $4
      and ($2::text[] is null or c.service = any($2))
    order by u.at, u.reference, u.sequence limit $5
    """,
)

CASE_OF_JOURNEY = Query(
    "case_of_journey",
    "The case that a journey became, and its service.",
    "select reference, service from council_case where council = $1 and journey = $2",
)

WHAT_CASE = Query(
    "what_case",
    "Which service a case is of, and since when there is one.",
    "select service, submitted_at from council_case where council = $1 and reference = $2 and redacted_at is null",
)

SETTLED_UNTIL = Query(
    "settled_until",
    "Up to which moment everything that was written can be read. Asked before what is read: somebody may end in between.",
    "select settled_until() where $1::text is not null",
)

RECORDED = Query(
    "recorded",
    "Entries of histories in the order in which they were written here, after one of them and before a moment. Entries"
    " that staff keep to themselves are left out unless they are asked for.",
    """
    select u.reference, u.sequence, u.status, u.note, u.at, u.source, u.recorded_at
    from case_update u join council_case c on c.council = $1 and c.reference = u.reference
    where u.council = $1 and u.recorded_at >= $3 and u.recorded_at < $6
      and (u.recorded_at, u.reference, u.sequence) > ($3, $4, $5)
      and not u.internal and c.redacted_at is null and ($2::text[] is null or c.service = any($2))
      and ($7::text[] is null or c.status = any($7))
    order by u.recorded_at, u.reference, u.sequence limit $8
    """,
)

WHOLE_CASES = Query(
    "whole_cases",
    "Cases with all that was answered, for systems whose key opens them.",
    """
    select reference, service, digest, channel, language, answers, summary, details, contact, location, status,
           submitted_at, target_on
    from council_case where council = $1 and reference = any($2) and redacted_at is null
      and ($3::text[] is null or service = any($3))
    """,
)

HISTORIES_OF = Query(
    "histories_of",
    "The histories of cases as other systems read them, oldest first within each.",
    """
    select reference, sequence, status, note, at, source, recorded_at from case_update
    where council = $1 and reference = any($2) and not internal
    order by reference, date_trunc('second', at), sequence
    """,
)

LAST_ENTRY = Query(
    "last_entry",
    "The number of the last entry of a case's history that other systems read.",
    "select max(sequence) from case_update where council = $1 and reference = $2 and not internal",
)

SAID_BEFORE = Query(
    "said_before",
    "An entry by who made it and the id that they gave it.",
    """
    select sequence, status, note, internal from case_update
    where council = $1 and source = $3 and update_id = $4 and reference = $2
    """,
)
