"""Queries that move whole councils: as the owner, table by table, row for row.

Rows leave and arrive as PostgreSQL's own JSON of them, so that a value is the same value again whatever its type.
"""

# ruff: noqa: S608 - names of tables and columns come from the list of tables, never from outside
from __future__ import annotations

from commonhall.storage.queries import Query

COUNCIL_COLUMNS = Query(
    "council_columns",
    "The columns of a table that are stored, not computed, in their order.",
    """
    select column_name from information_schema.columns
    where table_schema = 'public' and table_name = $1 and is_generated = 'NEVER' order by ordinal_position
    """,
)

COUNCIL_PACKAGES = Query(
    "council_packages",
    "The packages that a council's adopted versions and drafts stand on.",
    """
    select p.digest, p.service, p.version, p.files, p.added_at from package p
    where p.digest in (select package from adopted where council = $1 union select package from draft where council = $1)
    order by p.service, p.version, p.digest
    """,
)

COUNCIL_PENDING = Query(
    "council_pending",
    "How many deliveries of a council have neither arrived nor failed.",
    "select count(*) from delivery where council = $1 and delivered_at is null and failed_at is null",
)

COUNCIL_HERE = Query(
    "council_here",
    "Which council has this name, GSS code or host on the installation already, or has taken over the one that had.",
    """
    select council from council where council = $1 or gss = $2 or host = $3
    union all select council from former_council where former = $1 or gss = $2 or host = $3
    order by council limit 1
    """,
)

LIST_FORMER_LEADS = Query(
    "list_former_leads",
    "Which case a reference may mean to residents of councils that became part of this one: a former council, a "
    "reference that the case had (which its proofs may have been made with), and the one that it has now.",
    """
    with meant as (
      select became as now from former_reference where council = $1 and reference = $2 union select $2
    ), had as (
      select now, now as given from meant
      union select m.now, f.reference from meant m join former_reference f on f.council = $1 and f.became = m.now
    )
    select f.former, h.given, h.now from had h cross join former_council f where f.council = $1
    """,
)

LIST_SEALED = Query(
    "list_sealed",
    "What a council has of credentials, as the installation sealed it.",
    """
    select 'connector', connector, 'secrets', secrets from connector where council = $1 and secrets is not null
    union all
    select 'identity_provider', council, 'secret', secret from identity_provider
    where council = $1 and secret is not null
    union all
    select 'push', system, 'secrets', secrets from push where council = $1 and secrets is not null
    order by 1, 2
    """,
)

KEEP_CONNECTOR_SECRETS = Query(
    "keep_connector_secrets",
    "Credentials of a way to a back office that came with the council.",
    "update connector set secrets = $3 where council = $1 and connector = $2",
)

KEEP_PROVIDER_SECRET = Query(
    "keep_provider_secret",
    "The secret of a council's sign-in that came with it.",
    "update identity_provider set secret = $3 where council = $1 and council = $2",
)

KEEP_PUSH_SECRETS = Query(
    "keep_push_secrets",
    "The signing secrets of pushes that came with the council.",
    "update push set secrets = $3 where council = $1 and system = $2",
)

UNBOUNDED = "set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0"
"""Moving a council takes as long as it takes."""

LET_AUDIT_GO = "alter table audit disable trigger keep_audit"
KEEP_AUDIT = "alter table audit enable trigger keep_audit"


def read_rows(table: str, key: tuple[str, ...], computed: tuple[str, ...], blank: tuple[str, ...]) -> Query:
    """A table's rows of one council as JSON text, in the order of their key; `blank` columns leave empty."""
    row = " ".join(["to_jsonb(t)", *(f"- '{name}'" for name in computed)])
    emptied = "".join(f" || '{{\"{name}\": null}}'" for name in blank)
    return Query(
        f"read_{table}",
        "All rows of one council.",
        f"select (({row}){emptied})::text from {table} t where council = $1 order by {', '.join(key)}",
    )


def count_rows(table: str) -> Query:
    """How many rows of a table a council has."""
    return Query(f"count_{table}", "For progress.", f"select count(*) from {table} where council = $1")


def write_rows(table: str, columns: list[str]) -> Query:
    """Put rows back as they were, numbers given by the database included. $1 is a JSON list of rows."""
    names = ", ".join(f'"{name}"' for name in columns)
    return Query(
        f"write_{table}",
        "All rows of a batch.",
        f"insert into {table} ({names}) overriding system value "
        f"select {names} from jsonb_populate_recordset(null::{table}, $1::text::jsonb)",
    )


def remove_rows(table: str) -> Query:
    """Remove a council's rows of a table."""
    return Query(f"remove_{table}", "All rows of one council.", f"delete from {table} where council = $1")


def go_on_after(table: str, column: str) -> Query:
    """Let a table's numbering go on after the greatest number in it; it never goes back."""
    sequence = f"{table}_{column}_seq"
    return Query(
        f"number_{table}",
        "After rows were put back with their numbers.",
        f"select setval('{sequence}', m.most) from (select max({column}) as most from {table}) m, {sequence} s "
        "where m.most > s.last_value",
    )
