"""Queries of systems that are told what happens to cases: how far that went, and what they said no to."""

from __future__ import annotations

from commonhall.storage.queries import Query

DUE_PUSHES = Query(
    "due_pushes",
    "Which systems of which councils may be told something now. No resident's data.",
    "select council, system from push where next_at <= $1 and (claimed_at is null or claimed_at < $2)",
)

LIST_PUSHES = Query(
    "list_pushes",
    "Where a council's systems are told what happens to cases, and how that goes.",
    """
    select p.system, p.url, p.secrets, s.may, s.services, p.told_at, p.told_reference, p.told_sequence, p.attempts,
           p.next_at, p.last_error,
           (select count(*) from push_refused r where r.council = $1 and r.system = p.system) as refused
    from push p join api_system s on s.council = $1 and s.system = p.system and s.removed_at is null
    where p.council = $1 order by p.system
    """,
)

SET_PUSH = Query(
    "set_push",
    "Say where a system is told what happens to cases: from now on, or as before. Secrets that are not given stay.",
    """
    insert into push (council, system, url, secrets, told_at, next_at)
    select $1, $2, $3, $4, clock_timestamp(), $5
    where exists (select from api_system where council = $1 and system = $2 and removed_at is null)
    on conflict (council, system) do update
      set url = excluded.url, secrets = coalesce(excluded.secrets, push.secrets), next_at = excluded.next_at, attempts = 0
    returning system
    """,
)

DROP_PUSH = Query(
    "drop_push",
    "Tell a system nothing any more.",
    "delete from push where council = $1 and system = $2 returning system",
)

CLAIM_PUSH = Query(
    "claim_push",
    "Let one worker at a time tell a system; a claim older than the lease was lost with its worker.",
    """
    update push set claimed_at = $3
    where council = $1 and system = $2 and next_at <= $3 and (claimed_at is null or claimed_at < $4)
    returning system
    """,
)

ADVANCE_PUSH = Query(
    "advance_push",
    "It was told everything up to this entry.",
    """
    update push set told_at = $3, told_reference = $4, told_sequence = $5, attempts = 0, last_error = null,
                    claimed_at = case when $6 then null else claimed_at end
    where council = $1 and system = $2
    """,
)

POSTPONE_PUSH = Query(
    "postpone_push",
    "It could not be told: again at this time.",
    """
    update push set attempts = attempts + 1, next_at = $3, last_error = $4, claimed_at = null
    where council = $1 and system = $2
    """,
)

REFUSE_PUSH = Query(
    "refuse_push",
    "It said no to one entry, which stays visible; what comes after it is told all the same.",
    """
    insert into push_refused (council, system, reference, sequence, reason, at) values ($1, $2, $3, $4, $5, $6)
    on conflict (council, system, reference, sequence) do update set reason = $5, at = $6, again = false
    """,
)

LIST_REFUSED_PUSHES = Query(
    "list_refused_pushes",
    "What a system said no to, oldest first.",
    """
    select reference, sequence, reason, at from push_refused
    where council = $1 and system = $2 and (not $3::boolean or again) order by at, reference, sequence limit $4
    """,
)

TELL_AGAIN = Query(
    "tell_again",
    "Tell a system once more what it said no to.",
    "update push_refused set again = true where council = $1 and system = $2 returning reference",
)

TOLD_AFTER_ALL = Query(
    "told_after_all",
    "It took what it had said no to.",
    "delete from push_refused where council = $1 and system = $2 and reference = $3 and sequence = $4",
)
