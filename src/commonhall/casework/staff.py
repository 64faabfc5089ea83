"""Use cases of staff: sessions, and who may sign in. Everything done is in the audit trail, in the same commit."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from commonhall.casework.desk import Desk
from commonhall.engine.staff import Actor, Role
from commonhall.storage import staff as stored
from commonhall.storage.alerts import set_unwanted, unwanted
from commonhall.storage.audit import EntryRow, NewEntry
from commonhall.storage.audit import list_entries as stored_entries

LONGEST_SESSION = timedelta(hours=12)
LONGEST_IDLE = timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class Session:
    """A session in use: whose it is, and until when. `id_token` is the provider's, to sign out there too."""

    actor: Actor
    expires_at: datetime
    id_token: str | None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in."""

    id: str
    email: str
    name: str
    roles: frozenset[Role]
    last_seen_at: datetime | None


def entry_of(
    desk: Desk, actor: Actor, action: str, subject: str, details: Mapping[str, Any] | None = None
) -> NewEntry:
    """An entry of the audit trail, to be written with what it tells of."""
    return NewEntry(desk.clock(), actor.person, actor.name, action, subject, dict(details or {}))


async def list_people(desk: Desk, council: str) -> list[Person]:
    """Everybody who may sign in, by name."""
    return [
        Person(row.person, row.email, row.name, _roles(row.roles), row.last_seen_at)
        for row in await stored.list_people(desk.store, council)
    ]


async def invite(
    desk: Desk, council: str, email: str, name: str, roles: Sequence[Role], by: Actor | None = None
) -> str | None:
    """Let somebody sign in with this e-mail address. Answers their id, or None where somebody may already.

    Without `by` it is the operator who does it, on the command line.
    """
    person = desk.chance.token()
    details = {"roles": sorted(roles)}
    entry = (
        entry_of(desk, by, "person.invite", email, details)
        if by
        else NewEntry(desk.clock(), None, "the operator", "person.invite", email, details)
    )
    added = await stored.add_person(desk.store, council, person, email, name, sorted(roles), entry)
    return person if added else None


@dataclass(frozen=True, slots=True)
class Provider:
    """Where a council's staff sign in (OpenID Connect); `sealed` is the client's secret, encrypted."""

    issuer: str
    client_id: str
    sealed: bytes | None


async def find_provider(desk: Desk, council: str) -> Provider | None:
    """Where a council's staff sign in, if that is said."""
    row = await stored.load_provider(desk.store, council)
    return Provider(row.issuer, row.client_id, row.secret) if row else None


async def say_provider(desk: Desk, council: str, provider: Provider) -> None:
    """Say where a council's staff sign in. The operator does, on the command line."""
    entry = NewEntry(desk.clock(), None, "the operator", "session.provider", provider.issuer)
    row = stored.ProviderRow(provider.issuer, provider.client_id, provider.sealed)
    await stored.set_provider(desk.store, council, row, entry)


async def recognise(
    desk: Desk, council: str, issuer: str, subject: str, email: str, *, verified: bool
) -> Person | None:
    """Who of the council's staff it is that a provider vouches for; None where they are not on the list.

    Known by the provider's subject; the first time by the e-mail address with which they were invited, if the provider
    says that it is theirs.
    """
    row = await stored.person_by_subject(desk.store, council, issuer, subject)
    if row is None and verified and email:
        row = await stored.bind_person(desk.store, council, issuer, subject, email)
    return Person(row.person, row.email, row.name, _roles(row.roles), row.last_seen_at) if row else None


async def change_roles(desk: Desk, council: str, person: str, roles: Sequence[Role], by: Actor) -> bool:
    """Change what somebody may do, from their next page on; False where nobody would be administrator any more."""
    entry = entry_of(desk, by, "person.roles", person, {"roles": sorted(roles)})
    return await stored.set_roles(desk.store, council, person, sorted(roles), entry)


async def remove(desk: Desk, council: str, person: str, by: Actor) -> bool:
    """Let somebody in no more: their sessions end at once. False where nobody would be administrator any more."""
    entry = entry_of(desk, by, "person.remove", person)
    return await stored.remove_person(desk.store, council, person, entry)


async def open_session(desk: Desk, council: str, person: Person, id_token: str | None = None) -> str:
    """Sign somebody in. Answers what the browser is to hold: 22 URL-safe characters."""
    token = desk.chance.token()
    now = desk.clock()
    entry = NewEntry(now, person.id, person.name, "session.open", person.email)
    await stored.open_session(
        desk.store, council, _digest(token), person.id, now, now + LONGEST_SESSION, id_token, entry
    )
    return token


async def use_session(desk: Desk, council: str, token: str) -> Session | None:
    """The session that a browser holds, if it is still one: not over, not idle for an hour, its person not removed."""
    now = desk.clock()
    row = await stored.use_session(desk.store, council, _digest(token), now, now - LONGEST_IDLE)
    if row is None:
        return None
    return Session(Actor(row.person, row.name, row.email, _roles(row.roles)), row.expires_at, row.id_token)


async def close_session(desk: Desk, council: str, token: str, by: Actor) -> None:
    """Sign somebody out."""
    entry = entry_of(desk, by, "session.close", by.email)
    await stored.close_session(desk.store, council, _digest(token), entry)


async def expire_sessions(desk: Desk, council: str) -> None:
    """Forget sessions that are over or idle."""
    now = desk.clock()
    await stored.expire_sessions(desk.store, council, now, now - LONGEST_IDLE)


async def list_entries(
    desk: Desk,
    council: str,
    *,
    before: int | None = None,
    person: str | None = None,
    action: str | None = None,
) -> list[EntryRow]:
    """The audit trail, latest first, fifty at a time."""
    return await stored_entries(desk.store, council, before=before, person=person, action=action)


def _roles(stored_roles: Sequence[str]) -> frozenset[Role]:
    return frozenset(Role(role) for role in stored_roles)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


MAILS = ("alerts", "digest")
"""The kinds of mail that somebody may choose not to get."""


async def mails_wanted(desk: Desk, council: str, person: str) -> frozenset[str]:
    """Which kinds of mail somebody has not chosen against."""
    against = (await unwanted(desk.store, council)).get(person, frozenset())
    return frozenset(MAILS) - against


async def choose_mails(desk: Desk, council: str, wanted: Sequence[str], by: Actor) -> None:
    """Somebody chooses which kinds of mail they want."""
    against = [kind for kind in MAILS if kind not in wanted]
    entry = entry_of(
        desk, by, "person.mail", by.email, {"wanted": [kind for kind in MAILS if kind in wanted]}
    )
    await set_unwanted(desk.store, council, by.person, against, entry)
