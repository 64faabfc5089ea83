"""Queries of services that are being written."""

from __future__ import annotations

from commonhall.storage.queries import Query

LIST_SERVICE_DRAFTS = Query(
    "list_service_drafts",
    "The services that a council is writing, with their files.",
    "select draft, files, revision, updated_at, updated_by from service_draft where council = $1 order by draft",
)

LOAD_SERVICE_DRAFT = Query(
    "load_service_draft",
    "One service that a council is writing.",
    """
    select draft, files, revision, updated_at, updated_by from service_draft where council = $1 and draft = $2
    """,
)

ADD_SERVICE_DRAFT = Query(
    "add_service_draft",
    "Begin to write a service; one of that name stays as it is.",
    """
    insert into service_draft (council, draft, files, updated_at, updated_by) values ($1, $2, $3, $4, $5)
    on conflict (council, draft) do nothing
    """,
)

SAVE_SERVICE_DRAFT = Query(
    "save_service_draft",
    "Keep changed files, unless somebody else has changed them since they were read.",
    """
    update service_draft set files = $4, revision = revision + 1, updated_at = $5, updated_by = $6
    where council = $1 and draft = $2 and revision = $3 returning revision
    """,
)

DROP_SERVICE_DRAFT = Query(
    "drop_service_draft",
    "Throw a service that is being written away.",
    "delete from service_draft where council = $1 and draft = $2 returning draft",
)
