"""Queries of systems that use a council's interfaces, and their keys."""

from __future__ import annotations

from commonhall.storage.queries import Query

LIST_SYSTEMS = Query(
    "list_systems",
    "The systems that a council lets in, with the keys that hold now: (ending, made, ends) of each, newest first.",
    """
    select s.system, s.name, s.may, s.services, s.added_at, s.seen_on,
           coalesce((select jsonb_agg(jsonb_build_array(k.ending, k.made_at, k.ends_at) order by k.made_at desc)
                     from api_key k where k.council = $1 and k.system = s.system
                       and (k.ends_at is null or k.ends_at > $2)), '[]') as keys
    from api_system s where s.council = $1 and s.removed_at is null order by lower(s.name), s.system
    """,
)

ADD_SYSTEM = Query(
    "add_system",
    "Let a system in; a name of a system that was removed is not given again, for the audit trail.",
    """
    insert into api_system (council, system, name, may, services, added_at) values ($1, $2, $3, $4, $5, $6)
    on conflict (council, system) do nothing returning system
    """,
)

CHANGE_SYSTEM = Query(
    "change_system",
    "Change what a system may do.",
    """
    update api_system set name = $3, may = $4, services = $5
    where council = $1 and system = $2 and removed_at is null returning system
    """,
)

END_KEYS = Query(
    "end_keys",
    "Let a system's keys end at a time, those that end before it aside.",
    """
    update api_key set ends_at = $3
    where council = $1 and system = $2 and (ends_at is null or ends_at > $3)
    """,
)

ADD_KEY = Query(
    "add_key",
    "Give a system that is let in another key.",
    """
    insert into api_key (council, digest, system, ending, made_at)
    select $1, $3, $2, $4, $5
    where exists (select from api_system where council = $1 and system = $2 and removed_at is null)
    returning system
    """,
)

REMOVE_SYSTEM = Query(
    "remove_system",
    "Let a system in no longer.",
    """
    update api_system set removed_at = $3 where council = $1 and system = $2 and removed_at is null returning system
    """,
)

FIND_SYSTEM = Query(
    "find_system",
    "Whose key this is, if it holds now.",
    """
    select s.system, s.name, s.may, s.services, s.seen_on
    from api_key k join api_system s on s.council = k.council and s.system = k.system
    where k.council = $1 and k.digest = $2 and (k.ends_at is null or k.ends_at > $3) and s.removed_at is null
    """,
)

SEE_SYSTEM = Query(
    "see_system",
    "Remember the day on which a system was seen last.",
    "update api_system set seen_on = $3 where council = $1 and system = $2 and seen_on is distinct from $3",
)
