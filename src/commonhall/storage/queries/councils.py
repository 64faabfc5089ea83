"""Queries of councils, what they run, and their ways to back offices."""

from __future__ import annotations

from commonhall.storage.queries import Query

LIST_COUNCILS = Query(
    "list_councils",
    "Every council on this installation, with its settings. Operator's data, no residents'.",
    "select council, gss, host, config, revision from council order by council",
)

SAVE_COUNCIL = Query(
    "save_council",
    "Add a council or change its settings; the revision tells running processes to read it again. That its figures are"
    " simulated stays with it.",
    """
    insert into council (council, gss, host, config) values ($1, $2, $3, $4)
    on conflict (council) do update
      set gss = excluded.gss, host = excluded.host,
          config = excluded.config || jsonb_strip_nulls(jsonb_build_object('simulated', council.config -> 'simulated')),
          revision = council.revision + 1
    """,
)

SIMULATED = Query(
    "simulated",
    "Up to where a council's figures are simulated, and how; nothing where they are real. Held until the transaction ends.",
    "select config -> 'simulated' from council where council = $1 for no key update",
)

MARK_SIMULATED = Query(
    "mark_simulated",
    "Say that a council's figures are simulated, and up to where; with $3 running processes read it again.",
    """
    update council set config = config || jsonb_build_object('simulated', $2::jsonb),
                       revision = revision + $3::boolean::integer
    where council = $1
    """,
)

CARRY_SIMULATED = Query(
    "carry_simulated",
    "Where a council's figures are simulated, those of its successor are, too: as far as that has gone.",
    """
    update council n set config = n.config || jsonb_build_object('simulated', o.config -> 'simulated'
                                    || jsonb_build_object('until', o.config -> 'simulated' -> 'done'))
    from council o
    where o.council = $1 and n.council = $2 and o.config ? 'simulated' and not n.config ? 'simulated'
    """,
)

HAS_FIGURES = Query(
    "has_figures",
    "Whether anybody has begun a journey with a council.",
    "select exists (select from measure where council = $1)",
)

TOUCH_COUNCIL = Query(
    "touch_council",
    "Tell running processes that something of a council changed.",
    "update council set revision = revision + 1 where council = $1",
)

ADD_PACKAGE = Query(
    "add_package",
    "Keep a package by its content. The same content twice is one package.",
    """
    insert into package (digest, service, version, files, added_at) values ($1, $2, $3, $4, $5)
    on conflict (digest) do nothing
    """,
)

LOAD_PACKAGE = Query(
    "load_package", "The files of a package.", "select service, version, files from package where digest = $1"
)

ADD_ADOPTED = Query(
    "add_adopted",
    "Keep for ever what a council adopted. The same content twice is one row.",
    """
    insert into adopted (council, digest, service, version, package, choices, nation, languages, adopted_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict (council, digest) do nothing
    """,
)

LOAD_ADOPTED = Query(
    "load_adopted",
    "What stands behind a digest of a council.",
    """
    select digest, service, version, package, choices, nation, languages
    from adopted where council = $1 and digest = $2
    """,
)

SET_ADOPTION = Query(
    "set_adoption",
    "Run this version of a service from now on, at this place in the council's order.",
    """
    insert into adoption (council, service, digest, position, connector) values ($1, $2, $3, $4, $5)
    on conflict (council, service) do update
      set before = case when adoption.digest = excluded.digest then adoption.before else adoption.digest end,
          digest = excluded.digest, position = excluded.position, connector = excluded.connector, staged = null,
          state = 'live'
    """,
)

DROP_OTHER_ADOPTIONS = Query(
    "drop_other_adoptions",
    "Stop offering the services that are not in the list.",
    "delete from adoption where council = $1 and not (service = any($2::text[]))",
)

LIST_ADOPTIONS = Query(
    "list_adoptions",
    "The services that a council offers now, in its order.",
    """
    select service, digest, position, connector, state, featured from adoption
    where council = $1 and state <> 'retired' order by position, service
    """,
)

SAVE_CONNECTOR = Query(
    "save_connector",
    "Add or change a way to a back office. Secrets come encrypted.",
    """
    insert into connector (council, connector, kind, settings, secrets) values ($1, $2, $3, $4, $5)
    on conflict (council, connector) do update
      set kind = excluded.kind, settings = excluded.settings, secrets = excluded.secrets
    """,
)

LIST_CONNECTORS = Query(
    "list_connectors",
    "A council's ways to its back offices.",
    "select connector, kind, settings, secrets, updates_until from connector where council = $1 order by connector",
)

SET_UPDATES_UNTIL = Query(
    "set_updates_until",
    "Remember up to when a back office has been asked for updates.",
    "update connector set updates_until = $3 where council = $1 and connector = $2",
)

LIST_RUNNING = Query(
    "list_running",
    "What every council runs now, with its choices: configuration, no residents' data. For who maintains a service.",
    """
    select a.council, a.service, d.version, d.package, d.digest, d.choices, d.nation, d.languages
    from adoption a join adopted d on d.council = a.council and d.digest = a.digest
    where a.state <> 'retired' and ($1::text is null or a.service = $1) order by a.service, a.council
    """,
)

OWN_CONFIG = Query(
    "own_config", "A council's own site settings.", "select config from council where council = $1"
)

CHANGE_COUNCIL = Query(
    "change_council",
    "Change a council's site settings; running processes read it again. That its figures are simulated stays with it.",
    """
    update council set config = $2::jsonb || jsonb_strip_nulls(jsonb_build_object('simulated', config -> 'simulated')),
                       revision = revision + 1
    where council = $1
    """,
)

ADD_IMAGE = Query(
    "add_image",
    "Keep an image of a council by its content. The same content twice is one row.",
    """
    insert into council_image (council, digest, media_type, content, width, height) values ($1, $2, $3, $4, $5, $6)
    on conflict (council, digest) do nothing
    """,
)

DROP_OTHER_IMAGES = Query(
    "drop_other_images",
    "Forget the images of a council but for those that its pages show.",
    "delete from council_image where council = $1 and not (digest = any($2::text[]))",
)

LOAD_IMAGE = Query(
    "load_image",
    "An image of a council.",
    "select digest, media_type, content, width, height from council_image where council = $1 and digest = $2",
)
