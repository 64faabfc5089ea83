"""Queries of files that belong to cases."""

from __future__ import annotations

from commonhall.storage.queries import Query

ADD_ATTACHMENT = Query(
    "add_attachment",
    "Add a file to a case, once for each id and up to a number of them: whoever sends it again adds nothing.",
    """
    insert into attachment (council, reference, attachment, name, media_type, digest, content, added_at, source)
    select $1, $2, $3, $4, $5, $6, $7, $8, $9
    where (select count(*) from attachment where council = $1 and reference = $2) < $10
    on conflict (council, reference, attachment) do nothing returning attachment
    """,
)

LIST_ATTACHMENTS = Query(
    "list_attachments",
    "What files cases have, without their content.",
    """
    select reference, attachment, name, media_type, digest, octet_length(content), added_at, source
    from attachment where council = $1 and reference = any($2) order by reference, added_at, attachment
    """,
)

READ_ATTACHMENT = Query(
    "read_attachment",
    "One file of a case.",
    "select name, media_type, digest, content from attachment where council = $1 and reference = $2 and attachment = $3",
)
