"""Queries of links to councils' own pages. They belong to the directory: no council's data is among them."""

from __future__ import annotations

from commonhall.storage.queries import Query

LINKS_CHANGED = Query(
    "links_changed",
    "Whether links are others than before: how many there are, and when one was imported or checked last.",
    "select count(*), max(imported_at), max(checked_at) from link",
)

LIST_LINKS = Query(
    "list_links",
    "All links.",
    """
    select slug, lgsl, lgil, url, title, source, status, problem, checked_at, worked_at, failing_since
    from link order by slug, lgsl, lgil
    """,
)

KEEP_LINK = Query(
    "keep_link",
    "Keep a link of a source. Where its address is another one, what was found of the former says nothing of it.",
    """
    insert into link (slug, lgsl, lgil, url, title, source, imported_at) values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (slug, lgsl, lgil) do update
      set url = excluded.url, title = excluded.title, source = excluded.source, imported_at = excluded.imported_at,
          status = case when link.url = excluded.url then link.status else 'pending' end,
          problem = case when link.url = excluded.url then link.problem else '' end,
          checked_at = case when link.url = excluded.url then link.checked_at end,
          worked_at = case when link.url = excluded.url then link.worked_at end,
          failing_since = case when link.url = excluded.url then link.failing_since end
    """,
)

DROP_OTHER_LINKS = Query(
    "drop_other_links",
    "Drop the links of a source that its newest file does not have.",
    "delete from link where source = $1 and imported_at < $2",
)

LINKS_TO_CHECK = Query(
    "links_to_check",
    "The links that were not checked for longest, of one council or of all.",
    """
    select slug, lgsl, lgil, url, title, source, status, problem, checked_at, worked_at, failing_since
    from link where ($1::text is null or slug = $1) and (checked_at is null or checked_at < $2)
    order by checked_at nulls first, slug, lgsl, lgil limit $3
    """,
)

NOTE_CHECK = Query(
    "note_check",
    "Keep what a check found, unless the address is another one by now.",
    """
    update link set status = $5, problem = $6, checked_at = $7, worked_at = $8, failing_since = $9
    where slug = $1 and lgsl = $2 and lgil = $3 and url = $4
    """,
)
