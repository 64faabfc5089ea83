"""Queries of change proposals: what councils offer to a shared service."""

from __future__ import annotations

from commonhall.storage.queries import Query

ADD_PROPOSAL = Query(
    "add_proposal",
    "Offer a choice of a council to the shared service; the same one twice, while the first is open, is one.",
    """
    insert into proposal (council, proposal, service, version, kind, key, language, value, reason, made_at, made_by)
    select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
    where not exists (
      select from proposal where council = $1 and service = $3 and kind = $5 and key = $6 and language = $7
        and state = 'open'
    )
    returning proposal
    """,
)

LIST_PROPOSALS = Query(
    "list_proposals",
    "What a council has proposed, latest first.",
    """
    select council, proposal, service, version, kind, key, language, value, reason, made_at, made_by, state,
           decided_at, decided_by, decision
    from proposal where council = $1 order by made_at desc, proposal limit 500
    """,
)

WITHDRAW_PROPOSAL = Query(
    "withdraw_proposal",
    "The council thinks better of it.",
    """
    update proposal set state = 'withdrawn', decided_at = $3, decided_by = $4
    where council = $1 and proposal = $2 and state = 'open' returning proposal
    """,
)

ALL_PROPOSALS = Query(
    "all_proposals",
    "What all councils have proposed, for who maintains the services: configuration, no residents' data.",
    """
    select council, proposal, service, version, kind, key, language, value, reason, made_at, made_by, state,
           decided_at, decided_by, decision
    from proposal
    where ($1::text is null or service = $1) and ($2::text is null or state = $2)
    order by service, made_at, proposal
    """,
)

DECIDE_PROPOSAL = Query(
    "decide_proposal",
    "The maintainer takes or declines what a council has proposed. Once.",
    """
    update proposal set state = $3, decided_at = $4, decided_by = $5, decision = $6
    where council = $1 and proposal = $2 and state = 'open' returning proposal
    """,
)
