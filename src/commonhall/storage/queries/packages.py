"""Queries of packages and of the versions of services that this installation knows. They belong to no council."""

from __future__ import annotations

from commonhall.storage.queries import Query

ADD_VERSION = Query(
    "add_version",
    "Make a version of a service known. A version that is known stays what it is: answers no row then.",
    """
    insert into catalogue_version (service, version, package, catalogue, changelog, published_at)
    values ($1, $2, $3, $4, $5, $6)
    on conflict (service, version) do nothing returning package
    """,
)

LIST_VERSIONS = Query(
    "list_versions",
    "The versions of services that this installation knows, of one service or of all.",
    """
    select service, version, package, catalogue, changelog, published_at from catalogue_version
    where $1::text is null or service = $1 order by service, string_to_array(version, '.')::int[]
    """,
)
