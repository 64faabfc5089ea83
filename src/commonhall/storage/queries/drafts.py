"""Queries of adoption: choices in work, and what runs, is staged, paused or rolled back."""

from __future__ import annotations

from commonhall.storage.queries import Query

LIST_VERSIONS = Query(
    "list_versions",
    "The versions of services that this installation knows; shared by all councils.",
    "select service, version, package, catalogue, changelog, published_at from catalogue_version order by service, version",
)

ADD_VERSION = Query(
    "add_version",
    "Know a version of a service. A version is what it was: another content under the same number is not taken.",
    """
    insert into catalogue_version (service, version, package, catalogue, changelog, published_at)
    values ($1, $2, $3, $4, $5, $6)
    on conflict (service, version) do nothing
    """,
)

LOAD_DRAFT = Query(
    "load_draft",
    "A council's choices for a service while somebody works on them.",
    """
    select service, package, base, choices, settled, revision, updated_at, updated_by
    from draft where council = $1 and service = $2
    """,
)

LIST_DRAFTS = Query(
    "list_drafts",
    "What a council is working on.",
    """
    select service, package, base, choices, settled, revision, updated_at, updated_by
    from draft where council = $1 order by service
    """,
)

BEGIN_DRAFT = Query(
    "begin_draft",
    "Begin to work on a service; where somebody has begun already, theirs stays.",
    """
    insert into draft (council, service, package, base, choices, updated_at, updated_by)
    values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (council, service) do nothing
    """,
)

SAVE_DRAFT = Query(
    "save_draft",
    "Keep changed choices, unless somebody else has changed them since they were read.",
    """
    update draft set choices = $4, settled = $5, revision = revision + 1, updated_at = $6, updated_by = $7
    where council = $1 and service = $2 and revision = $3 returning revision
    """,
)

DROP_DRAFT = Query(
    "drop_draft",
    "Throw a draft away, or be done with it; with a revision, only if it is still that one.",
    """
    delete from draft where council = $1 and service = $2 and ($3::bigint is null or revision = $3)
    returning service
    """,
)

LIST_STATES = Query(
    "list_states",
    "Every service that a council has adopted, whatever its state, in the council's order.",
    """
    select a.service, a.digest, d.version, a.position, a.state, a.featured, a.take_patches, a.before, a.staged,
           s.version as staged_version, b.version as version_before, a.changed_at
    from adoption a
      join adopted d on d.council = $1 and d.digest = a.digest
      left join adopted s on s.council = $1 and s.digest = a.staged
      left join adopted b on b.council = $1 and b.digest = a.before
    where a.council = $1 order by a.position, a.service
    """,
)

GO_LIVE = Query(
    "go_live",
    "Run this from now on: at the end of the council's order where it is new, with a way back where it is not.",
    """
    insert into adoption (council, service, digest, position, connector, changed_at)
    values ($1, $2, $3, (select coalesce(max(position), -1) + 1 from adoption where council = $1), $4, $5)
    on conflict (council, service) do update
      set before = case when adoption.digest = excluded.digest then adoption.before else adoption.digest end,
          digest = excluded.digest, connector = excluded.connector, staged = null, state = 'live', changed_at = $5
    """,
)

STAGE = Query(
    "stage",
    "Have the next version ready, to be activated in one step.",
    "update adoption set staged = $3, changed_at = $4 where council = $1 and service = $2 returning service",
)

ACTIVATE = Query(
    "activate",
    "Run what was staged, and keep the way back.",
    """
    update adoption set before = digest, digest = staged, staged = null, changed_at = $4,
                        connector = (select choices ->> 'connector' from adopted where council = $1 and digest = staged)
    where council = $1 and service = $2 and staged = $3 returning service
    """,
)

ROLL_BACK = Query(
    "roll_back",
    "Run again what ran before; what ran last can be returned to in the same way.",
    """
    update adoption set before = digest, digest = before, staged = null, changed_at = $4,
                        connector = (select choices ->> 'connector' from adopted where council = $1 and digest = before)
    where council = $1 and service = $2 and before = $3 returning service
    """,
)

SET_STATE = Query(
    "set_state",
    "Pause a service, let it go on, or retire it.",
    """
    update adoption set state = $3, changed_at = $4
    where council = $1 and service = $2 and state <> $3 returning service
    """,
)

SET_PLACES = Query(
    "set_places",
    "Put a council's services in this order.",
    """
    update adoption set position = wanted.position - 1
    from unnest($2::text[]) with ordinality as wanted(service, position)
    where adoption.council = $1 and adoption.service = wanted.service
    """,
)

SET_FEATURED = Query(
    "set_featured",
    "Show a service first on the council's home page, or no longer.",
    "update adoption set featured = $3 where council = $1 and service = $2 returning service",
)

SET_TAKE_PATCHES = Query(
    "set_take_patches",
    "Let patch releases of a service be taken by themselves, or no longer.",
    "update adoption set take_patches = $3 where council = $1 and service = $2 returning service",
)
