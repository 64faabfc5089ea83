"""Queries that put one council's rows under another's name: as the owner, in one transaction.

$1 is the council that goes, $2 the one that it becomes part of. `$n::jsonb ->> name` gives a new name to those that
have one.
"""

from __future__ import annotations

from commonhall.storage.queries import Query

HOLD_COUNCIL = Query(
    "hold_council",
    "Let nobody begin anything at a council that goes, nor merge it a second time.",
    "select council from council where council = $1 for update",
)

HOLD_SUCCESSOR = Query(
    "hold_successor",
    "Let nobody merge or remove a successor meanwhile; its residents go on.",
    "select council from council where council = $1 for no key update",
)

HOLD_JOURNEYS = Query(
    "hold_journeys",
    "Let nobody submit what they have begun at a council that goes: a case would be left there.",
    "select from journey where council = $1 for update",
)

MERGED_SITE = Query(
    "merged_site", "A council's own site.", "select gss, host, config from council where council = $1"
)

SURVEY = Query(
    "survey",
    "What a council has, counted.",
    """
    select
      (select count(*) from council_case where council = $1) as cases,
      (select count(*) from case_update where council = $1) as updates,
      (select count(*) from delivery where council = $1) as deliveries,
      (select count(*) from delivery where council = $1 and delivered_at is null and failed_at is null) as pending,
      (select count(*) from delivery where council = $1 and delivered_at is null and failed_at is not null) as failed,
      (select count(*) from rating where council = $1) as ratings,
      (select count(*) from measure where council = $1) as measures,
      (select count(*) from journey where council = $1 and reference is null) as journeys,
      (select count(*) from early_update where council = $1) as early_updates,
      (select count(*) from proposal where council = $1) as proposals,
      (select count(*) from service_draft where council = $1) as service_drafts,
      (select count(*) from audit where council = $1) as entries,
      (select count(*) from former_council where council = $1) as formers,
      (select count(*) from identity_provider where council = $1) as providers
    """,
)

CONNECTOR_NAMES = Query(
    "connector_names",
    "Every connector's name that anything of a council stands under, set up still or not.",
    """
    select connector from connector where council = $1
    union select connector from adoption where council = $1 and connector is not null
    union select connector from delivery where council = $1
    union select connector from early_update where council = $1
    union select distinct unnest(connectors) from council_case where council = $1
    """,
)

MERGED_SERVICES = Query(
    "merged_services",
    "What a council runs, in its order.",
    """
    select a.service, d.version, a.state from adoption a
    join adopted d on d.council = $1 and d.digest = a.digest where a.council = $1 order by a.position, a.service
    """,
)

MERGED_DRAFTS = Query(
    "merged_drafts",
    "Which services a council has a draft for.",
    "select service from draft where council = $1",
)

MERGED_PEOPLE = Query(
    "merged_people",
    "Everybody whom a council has or had.",
    """
    select person, lower(email) as email, issuer, subject, roles, removed_at is not null as removed
    from person where council = $1 order by person
    """,
)

LOCAL_ANSWERS = Query(
    "local_answers",
    "How many cases answer a council's own questions, by the version that asked them.",
    """
    select c.service, d.version, count(*) from council_case c
    join adopted d on d.council = $1 and d.digest = c.digest
    where c.council = $1 and c.answers -> 'local' <> '{}' group by c.service, d.version order by c.service, d.version
    """,
)

COUNT_SAME_REFERENCES = Query(
    "count_same_references",
    "How many references of a council another of these councils has given, too.",
    """
    select count(*) from council_case c where c.council = $1 and exists (
      select from council_case o where o.council = any($2::text[]) and o.reference = c.reference)
    """,
)

LIST_FORMERS_OF = Query(
    "list_formers_of",
    "Councils that became part of this one, with their connectors that have another name.",
    "select former, gss, host, name, merged_at, connectors from former_council where council = $1 order by former",
)

WAS_MERGED = Query(
    "was_merged",
    "Which council a former one became part of.",
    "select council from former_council where former = $1 and council <> $1 limit 1",
)

LIST_FORMER_COUNCILS = Query(
    "list_former_councils",
    "Councils that became part of others, with their hosts. Operator's data, no residents'.",
    "select council, former, host, name, connectors from former_council order by merged_at",
)

COPY_ADOPTED = Query(
    "copy_adopted",
    "Whatever the council ever ran, its successor ran, too: cases stand on it. The same content twice is one row.",
    """
    insert into adopted (council, digest, service, version, package, choices, nation, languages, adopted_at)
    select $2, digest, service, version, package, choices, nation, languages, adopted_at
    from adopted where council = $1
    on conflict (council, digest) do nothing
    """,
)

MOVE_DRAFTS = Query(
    "move_drafts",
    "Drafts of services that the successor neither runs nor works on.",
    """
    update draft d set council = $2, updated_by = coalesce($3::jsonb ->> updated_by, updated_by)
    where d.council = $1
      and not exists (select from draft o where o.council = $2 and o.service = d.service)
      and not exists (select from adoption o where o.council = $2 and o.service = d.service)
    """,
)

MOVE_ADOPTIONS = Query(
    "move_adoptions",
    "Services that the council alone ran come last and are paused; what both run, the successor runs as it chose.",
    """
    insert into adoption (council, service, digest, position, connector, state, featured, take_patches, before, staged,
                          changed_at)
    select $2, service, digest,
           position + (select coalesce(1 + max(position), 0) from adoption where council = $2),
           coalesce($3::jsonb ->> connector, connector), case state when 'live' then 'paused' else state end, false,
           take_patches, before, staged, $4
    from adoption where council = $1
    on conflict (council, service) do nothing
    """,
)

MOVE_CONNECTORS = Query(
    "move_connectors",
    "Ways to back offices with their credentials, which are sealed for the installation and for no council.",
    "update connector set council = $2, connector = coalesce($3::jsonb ->> connector, connector) where council = $1",
)

BATCH_OF_CASES = Query(
    "batch_of_cases",
    "The next references of a council, and whether its successor gave the same one. They are held, so that the statement"
    " that moves them sees all that hangs on them, and nothing more can be hung on.",
    """
    select c.reference, exists (select from council_case o where o.council = $2 and o.reference = c.reference)
    from council_case c where c.council = $1 and c.reference > $3 order by c.reference limit $4
    for update of c
    """,
)

REFERENCE_TAKEN = Query(
    "reference_taken",
    "Whether one of two councils gives a reference, or gave it once.",
    """
    select exists (select from council_case where (council = $1 or council = $2) and reference = $3)
        or exists (select from former_reference where (council = $1 or council = $2) and reference = $3)
    """,
)

MOVE_CASES = Query(
    "move_cases",
    "Cases with all that hangs on them, in one statement: between two, a row would point at a case that is not there."
    " $3 are references, $4 what each is from now on.",
    """
    with batch as (
      select b.reference, b.now from unnest($3::text[], $4::text[]) as b (reference, now)
    ), cases as (
      update council_case c
      set council = $2, reference = b.now, measure = c.measure + $7::bigint,
          connectors = array(
            select coalesce($5::jsonb ->> n.name, n.name)
            from unnest(c.connectors) with ordinality as n (name, place) order by n.place),
          journey = case when exists (select from council_case o where o.council = $2 and o.journey = c.journey)
                         then $1 || '.' || c.journey else c.journey end,
          assigned_to = coalesce($6::jsonb ->> c.assigned_to, c.assigned_to)
      from batch b where c.council = $1 and c.reference = b.reference
      returning 1
    ), histories as (
      update case_update u
      set council = $2, reference = b.now, source = coalesce($5::jsonb ->> u.source, u.source),
          person = coalesce($6::jsonb ->> u.person, u.person)
      from batch b where u.council = $1 and u.reference = b.reference
    ), deliveries as (
      update delivery d set council = $2, reference = b.now, connector = coalesce($5::jsonb ->> d.connector, d.connector)
      from batch b where d.council = $1 and d.reference = b.reference returning 1
    ), ratings as (
      update rating r set council = $2, reference = b.now from batch b where (r.council, r.reference) = ($1, b.reference)
    ), attachments as (
      update attachment a set council = $2, reference = b.now from batch b where (a.council, a.reference) = ($1, b.reference)
    ), renamed_before as (
      update former_reference f set council = $2, became = b.now
      from batch b where f.council = $1 and f.became = b.reference
    )
    select (select count(*) from cases), (select count(*) from deliveries)
    """,
)

KEEP_FORMER_REFERENCE = Query(
    "keep_former_reference",
    "The successor gave this reference, too: the case has another one now.",
    "insert into former_reference (council, former, reference, became) values ($1, $2, $3, $4)",
)

MOVE_JOURNEYS = Query(
    "move_journeys",
    "Forms that are being filled in, and those that became cases, which may have another reference now.",
    """
    update journey j
    set council = $2, measure = j.measure + $3::bigint,
        reference = coalesce(
          (select f.became from former_reference f
           where f.council = $2 and f.former = $1 and f.reference = j.reference), j.reference),
        journey = case when exists (select from journey o where o.council = $2 and o.journey = j.journey)
                       then $1 || '.' || j.journey else j.journey end
    where j.council = $1
    """,
)

MOVE_EARLY_UPDATES = Query(
    "move_early_updates",
    "What back offices said of cases that are not known yet.",
    "update early_update set council = $2, connector = coalesce($3::jsonb ->> connector, connector) where council = $1",
)

DROP_SAME_PEOPLE = Query(
    "drop_same_people",
    "Whoever the successor has already is one person there.",
    "delete from person where council = $1 and person = any($2::text[])",
)

ADD_ROLES = Query(
    "add_roles",
    "What somebody was at both councils.",
    """
    update person set roles = array(select distinct unnest(roles || $3::text[]) order by 1)
    where council = $1 and person = $2
    """,
)

MOVE_PEOPLE = Query(
    "move_people",
    "Staff. A provider that the successor does not use vouches for nobody there: they sign in by e-mail address the first"
    " time, as if invited. Whom the successor had removed stays removed.",
    """
    update person p
    set council = $2, person = coalesce($3::jsonb ->> person, person),
        roles = case when $4 or cardinality(roles) = 0 then roles else array['viewer'] end,
        subject = case when issuer = (select issuer from identity_provider where council = $2) then subject end,
        issuer = case when issuer = (select issuer from identity_provider where council = $2) then issuer end,
        removed_at = coalesce(removed_at, case when exists (
          select from person o where o.council = $2 and lower(o.email) = lower(p.email) and o.removed_at is not null)
          then $5::timestamptz end)
    where p.council = $1
    """,
)

MOVE_SERVICE_DRAFTS = Query(
    "move_service_drafts",
    "Services being written.",
    """
    update service_draft d set council = $2, updated_by = coalesce($3::jsonb ->> updated_by, updated_by),
        draft = case when exists (select from service_draft o where o.council = $2 and o.draft = d.draft)
                     then $1 || '-' || d.draft else d.draft end
    where d.council = $1
    """,
)

MOVE_PROPOSALS = Query(
    "move_proposals",
    "What the council offered to shared services.",
    """
    update proposal p set council = $2,
        proposal = case when exists (select from proposal o where o.council = $2 and o.proposal = p.proposal)
                        then $1 || '-' || p.proposal else p.proposal end
    where p.council = $1
    """,
)

KEEP_FORMER = Query(
    "keep_former",
    "A council that is part of this one from now on.",
    """
    insert into former_council (council, former, gss, host, name, merged_at, connectors)
    values ($1, $2, $3, $4, $5, $6, $7)
    """,
)

TRAILS_CROSS = Query(
    "trails_cross",
    "Whether the numbers of two audit trails are not in the order of their times, or two are the same: one of them came"
    " from another installation.",
    """
    select coalesce(bool_or(council <> council_before and (entry = entry_before or at < at_before)), false) from (
      select council, entry, at, lag(council) over w as council_before, lag(entry) over w as entry_before,
             lag(at) over w as at_before
      from audit where council = $1 or council = $2
      window w as (order by entry, council)
    ) neighbours
    """,
)

MARK_AUDIT = Query(
    "mark_audit",
    "Say in every entry of a council where it was made, if that is not said yet.",
    """
    update audit set person = coalesce($2::jsonb ->> person, person),
      details = case when details ? 'former' then details else details || jsonb_build_object('former', $1::text) end
    where council = $1
    """,
)

MOVE_AUDIT = Query(
    "move_audit", "The audit trail, as it is numbered.", "update audit set council = $2 where council = $1"
)

COUNT_TRAILS = Query(
    "count_trails", "For numbering.", "select count(*) from audit where council = $1 or council = $2"
)

NUMBER_AUDIT = Query(
    "number_audit",
    "Both trails as one, numbered anew after $3 by their times; entries of one council stay in their order.",
    """
    with gone as (delete from audit where council = $1 or council = $2 returning *),
    timed as (select *, max(at) over (partition by council order by entry) as moment from gone)
    insert into audit (council, entry, at, person, actor, action, subject, details) overriding system value
    select $2, $3::bigint + row_number() over (order by moment, council, entry), at, person, actor, action, subject,
           details
    from timed
    """,
)


def reserve(table: str, column: str) -> Query:
    """Keep $1 numbers of a table free from now on; answers the number before them.

    Numbers that others take between the two steps are far fewer than those passed over.
    """
    sequence = f"{table}_{column}_seq"
    return Query(
        f"reserve_{table}",
        "For rows whose numbers another has.",
        f"select setval('{sequence}', nextval('{sequence}') + 100000 + $1::bigint) - $1::bigint",
    )
