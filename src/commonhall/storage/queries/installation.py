"""Queries of the installation: what its operator must know of all councils. No case, no person (migration 0002)."""

from __future__ import annotations

from commonhall.storage.queries import Query

COUNCIL_HEALTH = Query(
    "council_health",
    "How each council does: services, what waits, what failed, and how many cases; no word of any case.",
    """
    select c.council, c.host,
           (select count(*) from adoption a where a.council = c.council and a.state = 'live') as services,
           (select count(*) from delivery d where d.council = c.council and d.delivered_at is null and d.failed_at is null),
           (select count(*) from delivery d where d.council = c.council and d.delivered_at is null and d.failed_at is not null),
           (select min(d.created_at) from delivery d
            where d.council = c.council and d.delivered_at is null and d.failed_at is null) as oldest,
           (select count(*) from council_case k where k.council = c.council) as cases,
           (select count(*) from council_case k where k.council = c.council and k.submitted_at > $1) as lately
    from council c order by c.council
    """,
)

TABLE_SIZES = Query(
    "table_sizes",
    "How large each table is, with its indexes, in bytes.",
    """
    select relname, pg_total_relation_size(oid) as bytes from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace order by bytes desc, relname
    """,
)
