"""Queries of the audit trail."""

from __future__ import annotations

from commonhall.storage.queries import Query

ADD_ENTRY = Query(
    "add_entry",
    "Write down what somebody did, in the transaction that does it.",
    "insert into audit (council, at, person, actor, action, subject, details) values ($1, $2, $3, $4, $5, $6, $7)",
)

LIST_ENTRIES = Query(
    "list_entries",
    "The audit trail, latest first, a page at a time.",
    """
    select entry, at, person, actor, action, subject, details from audit
    where council = $1 and ($2::bigint is null or entry < $2) and ($3::text is null or person = $3)
      and ($4::text is null or starts_with(action, $4))
    order by entry desc limit $5
    """,
)
