"""Queries of staff: people, roles, sessions."""

from __future__ import annotations

from commonhall.storage.queries import Query

LIST_PEOPLE = Query(
    "list_people",
    "Everybody who may sign in to a council's workspace.",
    """
    select person, email, name, issuer, subject, roles, added_at, removed_at, last_seen_at
    from person where council = $1 and removed_at is null order by lower(name), person
    """,
)

ADD_PERSON = Query(
    "add_person",
    "Let somebody sign in with an e-mail address; one person for each address.",
    """
    insert into person (council, person, email, name, roles, added_at) values ($1, $2, $3, $4, $5, $6)
    on conflict (council, lower(email)) where removed_at is null do nothing
    returning person
    """,
)

SEEN_PERSON = Query(
    "seen_person",
    "Remember when somebody signed in last.",
    "update person set last_seen_at = $3 where council = $1 and person = $2",
)

OPEN_SESSION = Query(
    "open_session",
    "Begin a session.",
    """
    insert into staff_session (council, session, person, started_at, seen_at, expires_at, id_token)
    values ($1, $2, $3, $4, $4, $5, $6)
    """,
)

USE_SESSION = Query(
    "use_session",
    "Whose session it is, and that it is used now: one statement for each page. Somebody removed has none any more.",
    """
    update staff_session s set seen_at = $3
    from person p
    where s.council = $1 and s.session = $2 and s.expires_at > $3 and s.seen_at > $4
      and p.council = $1 and p.person = s.person and p.removed_at is null
    returning p.person, p.email, p.name, p.roles, s.started_at, s.seen_at, s.expires_at, s.id_token
    """,
)

CLOSE_SESSION = Query(
    "close_session",
    "End a session.",
    "delete from staff_session where council = $1 and session = $2 returning person",
)

EXPIRE_SESSIONS = Query(
    "expire_sessions",
    "Forget sessions that are over.",
    "delete from staff_session where council = $1 and (expires_at < $2 or seen_at < $3)",
)

SET_ROLES = Query(
    "set_roles",
    "Change what somebody may do; a council always keeps an administrator.",
    """
    update person set roles = $3
    where council = $1 and person = $2 and removed_at is null
      and ('administrator' = any($3) or exists (
        select from person other
        where other.council = $1 and other.person <> $2 and other.removed_at is null and 'administrator' = any(other.roles)))
    returning person
    """,
)

REMOVE_PERSON = Query(
    "remove_person",
    "Let somebody in no more; they stay in the audit trail. A council always keeps an administrator.",
    """
    update person set removed_at = $3
    where council = $1 and person = $2 and removed_at is null and exists (
      select from person other
      where other.council = $1 and other.person <> $2 and other.removed_at is null and 'administrator' = any(other.roles))
    returning person
    """,
)

LOAD_PROVIDER = Query(
    "load_provider",
    "Where a council's staff sign in.",
    "select issuer, client_id, secret from identity_provider where council = $1",
)

SET_PROVIDER = Query(
    "set_provider",
    "Say where a council's staff sign in. The secret comes encrypted.",
    """
    insert into identity_provider (council, issuer, client_id, secret) values ($1, $2, $3, $4)
    on conflict (council) do update
      set issuer = excluded.issuer, client_id = excluded.client_id, secret = excluded.secret
    """,
)

PERSON_BY_SUBJECT = Query(
    "person_by_subject",
    "Who somebody is whom the provider knows by this subject.",
    """
    select person, email, name, issuer, subject, roles, added_at, removed_at, last_seen_at
    from person where council = $1 and issuer = $2 and subject = $3 and removed_at is null
    """,
)

BIND_PERSON = Query(
    "bind_person",
    "The first time that somebody who was invited signs in: from now on the provider's subject says who they are, even"
    " if their e-mail address goes to another. Only once.",
    """
    update person set issuer = $2, subject = $3
    where council = $1 and lower(email) = lower($4) and subject is null and removed_at is null
    returning person, email, name, issuer, subject, roles, added_at, removed_at, last_seen_at
    """,
)
