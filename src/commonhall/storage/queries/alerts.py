"""Queries of alerts, and of mails to staff that are sent once."""

from __future__ import annotations

from commonhall.storage.queries import Query

PROMPT_DELIVERIES = Query(
    "prompt_deliveries",
    "How many deliveries of the cases of some days there were, by service and day, and how many took an hour at most.",
    """
    select c.service, (c.submitted_at at time zone 'Europe/London')::date as day, count(*) as deliveries,
           count(*) filter (where d.delivered_at <= d.created_at + interval '1 hour') as prompt
    from council_case c join delivery d on d.council = $1 and d.reference = c.reference
    where c.council = $1 and c.submitted_at >= $2::date::timestamp at time zone 'Europe/London'
      and c.submitted_at < ($3::date + 1)::timestamp at time zone 'Europe/London'
    group by 1, 2
    """,
)

LIST_ALERTS = Query(
    "list_alerts",
    "A council's alerts, those that go on first, then the latest.",
    """
    select service, what, raised_on, base, base_counted, rate, counted, recovered_on from alert
    where council = $1 and (recovered_on is null or recovered_on >= $2)
    order by recovered_on is not null, raised_on desc, service, what
    """,
)

LOOKED_ON = Query(
    "looked_on",
    "The day on which a council's services were last compared with their past.",
    "select looked_on from alert_look where council = $1",
)

KEEP_LOOK = Query(
    "keep_look",
    "Note that they were compared today; nothing where somebody else has noted it.",
    """
    insert into alert_look (council, looked_on) values ($1, $2)
    on conflict (council) do update set looked_on = excluded.looked_on where alert_look.looked_on < excluded.looked_on
    returning looked_on
    """,
)

RAISE_ALERT = Query(
    "raise_alert",
    "Something has become worse; nothing where that is known and goes on, or was noticed on the same day.",
    """
    insert into alert (council, service, what, raised_on, base, base_counted, rate, counted)
    values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing
    """,
)

END_ALERT = Query(
    "end_alert",
    "It is as good as before, or has been so for so long that this is how it is now.",
    "update alert set recovered_on = $4 where council = $1 and service = $2 and what = $3 and recovered_on is null",
)

CLAIM_NOTICES = Query(
    "claim_notices",
    "Take it on oneself to tell somebody of some things; answers those that nobody else has told them of or is about to.",
    """
    insert into notice (council, person, about, claimed_at)
    select $1, $2, about, $4 from unnest($3::text[]) as about order by about
    on conflict do nothing returning about
    """,
)

NOTE_SENT = Query(
    "note_sent",
    "Somebody was told.",
    "update notice set sent_at = $4 where council = $1 and person = $2 and about = any($3::text[])",
)

RELEASE_NOTICES = Query(
    "release_notices",
    "Nobody was told: it may be tried again.",
    "delete from notice where council = $1 and person = $2 and about = any($3::text[]) and sent_at is null",
)

UNWANTED = Query(
    "unwanted",
    "Which mails somebody does not want, by person.",
    "select person, unwanted from person where council = $1 and removed_at is null and unwanted <> '{}'",
)

SET_UNWANTED = Query(
    "set_unwanted",
    "Somebody says which mails they do not want.",
    "update person set unwanted = $3 where council = $1 and person = $2 and removed_at is null",
)
