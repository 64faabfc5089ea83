"""Queries of deliveries that a system comes for: those of connectors of the kind `pull` that are its own."""

# ruff: noqa: S608 - the part that is put in stands in this file
from __future__ import annotations

from commonhall.storage.queries import Query

_ITS_OWN = """
    select connector from connector where council = $1 and kind = 'pull' and settings ->> 'system' = $2
"""

WAITING_FOR = Query(
    "waiting_for",
    "What waits for a system, oldest first: an earlier delivery of the same case first, and nothing that another holds.",
    f"""
    select d.reference from delivery d
    where d.council = $1 and d.connector in ({_ITS_OWN}) and d.delivered_at is null and d.failed_at is null
      and (d.held_until is null or d.held_until <= $3 or d.held_by = $2)
    order by d.created_at, d.reference limit $4
    """,
)

HELD = Query(
    "held",
    "The delivery of a case that waits for a system or was taken by it, if any, with who holds it. It is locked.",
    f"""
    select d.connector, d.sequence, d.held_by, d.held_until, d.delivered_at, d.failed_at, d.external_id
    from delivery d
    where d.council = $1 and d.reference = $3 and d.connector in ({_ITS_OWN})
    order by d.delivered_at is not null, d.connector, d.sequence limit 1 for update
    """,
)

HELD_OF = Query(
    "held_of",
    "The deliveries of cases that are a system's to take, with who holds each.",
    f"""
    select d.reference, d.connector, d.sequence, d.held_by, d.held_until, d.delivered_at, d.failed_at, d.external_id
    from delivery d where d.council = $1 and d.reference = any($3) and d.connector in ({_ITS_OWN})
    order by d.reference, d.delivered_at is null, d.sequence desc
    """,
)

HOLD = Query(
    "hold",
    "Let a system hold a delivery until a moment. A hold that ran out is anybody's; each counts as a try.",
    """
    update delivery set held_by = $5, held_until = $6,
                        attempts = attempts + case when held_by is distinct from $5 or held_until <= $7 then 1 else 0 end
    where council = $1 and reference = $2 and connector = $3 and sequence = $4
    """,
)

LET_GO = Query(
    "let_go",
    "Let a delivery go: it waits for the system again.",
    """
    update delivery set held_by = null, held_until = null
    where council = $1 and reference = $2 and connector = $3 and sequence = $4
    """,
)

COLLECTED = Query(
    "collected",
    "The back office has it.",
    """
    update delivery set delivered_at = $5, external_id = $6, held_by = null, held_until = null, failed_at = null,
                        last_error = null
    where council = $1 and reference = $2 and connector = $3 and sequence = $4
    """,
)

NOT_COLLECTED = Query(
    "not_collected",
    "The back office does not take it: it needs a person.",
    """
    update delivery set failed_at = $5, last_error = $6, held_by = null, held_until = null
    where council = $1 and reference = $2 and connector = $3 and sequence = $4
    """,
)
