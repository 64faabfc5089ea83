"""Staff on disk: people, their roles and their sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from commonhall.storage.audit import NewEntry, write_entry
from commonhall.storage.pool import Store, transaction
from commonhall.storage.queries import staff as q


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody of the staff; without `subject` they have not signed in yet."""

    person: str
    email: str
    name: str
    issuer: str | None
    subject: str | None
    roles: Sequence[str]
    added_at: datetime
    removed_at: datetime | None
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class SessionRow:
    """Whom a session belongs to. Times are UTC."""

    person: str
    email: str
    name: str
    roles: Sequence[str]
    started_at: datetime
    seen_at: datetime
    expires_at: datetime
    id_token: str | None


async def list_people(store: Store, council: str) -> list[PersonRow]:
    """Everybody who may sign in, by name."""
    return [PersonRow(*row) for row in await store.durable.fetch(q.LIST_PEOPLE.sql, council)]


async def add_person(
    store: Store, council: str, person: str, email: str, name: str, roles: Sequence[str], entry: NewEntry
) -> bool:
    """Let somebody sign in with this e-mail address; False where somebody may already."""
    async with transaction(store, council) as connection:
        added = await connection.fetchval(
            q.ADD_PERSON.sql, council, person, email, name, list(roles), entry.at
        )
        if added is not None:
            await write_entry(connection, council, entry)
    return added is not None


async def open_session(
    store: Store,
    council: str,
    session: bytes,
    person: str,
    now: datetime,
    expires_at: datetime,
    id_token: str | None,
    entry: NewEntry,
) -> None:
    """Keep a session. `session` is the digest of what the browser holds."""
    async with transaction(store, council) as connection:
        await connection.execute(q.OPEN_SESSION.sql, council, session, person, now, expires_at, id_token)
        await connection.execute(q.SEEN_PERSON.sql, council, person, now)
        await write_entry(connection, council, entry)


async def use_session(
    store: Store, council: str, session: bytes, now: datetime, idle_since: datetime
) -> SessionRow | None:
    """Whose session it is, if it is neither over nor idle since before `idle_since`; it counts as used now."""
    row = await store.soft.fetchrow(q.USE_SESSION.sql, council, session, now, idle_since)
    return SessionRow(*row) if row else None


async def close_session(store: Store, council: str, session: bytes, entry: NewEntry) -> None:
    """End a session."""
    async with transaction(store, council) as connection:
        if await connection.fetchval(q.CLOSE_SESSION.sql, council, session):
            await write_entry(connection, council, entry)


async def expire_sessions(store: Store, council: str, now: datetime, idle_since: datetime) -> None:
    """Forget sessions that are over or idle."""
    await store.durable.execute(q.EXPIRE_SESSIONS.sql, council, now, idle_since)


async def set_roles(store: Store, council: str, person: str, roles: Sequence[str], entry: NewEntry) -> bool:
    """Change somebody's roles; False where nobody would be administrator any more, or there is no such person."""
    async with transaction(store, council) as connection:
        done = await connection.fetchval(q.SET_ROLES.sql, council, person, list(roles))
        if done is not None:
            await write_entry(connection, council, entry)
    return done is not None


async def remove_person(store: Store, council: str, person: str, entry: NewEntry) -> bool:
    """Let somebody in no more; False where nobody would be administrator any more, or there is no such person."""
    async with transaction(store, council) as connection:
        done = await connection.fetchval(q.REMOVE_PERSON.sql, council, person, entry.at)
        if done is not None:
            await write_entry(connection, council, entry)
    return done is not None


@dataclass(frozen=True, slots=True)
class ProviderRow:
    """Where a council's staff sign in; `secret` is encrypted."""

    issuer: str
    client_id: str
    secret: bytes | None


async def load_provider(store: Store, council: str) -> ProviderRow | None:
    """Where a council's staff sign in, if that is said."""
    row = await store.durable.fetchrow(q.LOAD_PROVIDER.sql, council)
    return ProviderRow(*row) if row else None


async def set_provider(store: Store, council: str, new: ProviderRow, entry: NewEntry) -> None:
    """Say where a council's staff sign in."""
    async with transaction(store, council) as connection:
        await connection.execute(q.SET_PROVIDER.sql, council, new.issuer, new.client_id, new.secret)
        await write_entry(connection, council, entry)


async def person_by_subject(store: Store, council: str, issuer: str, subject: str) -> PersonRow | None:
    """Whom the provider knows by this subject."""
    row = await store.durable.fetchrow(q.PERSON_BY_SUBJECT.sql, council, issuer, subject)
    return PersonRow(*row) if row else None


async def bind_person(store: Store, council: str, issuer: str, subject: str, email: str) -> PersonRow | None:
    """Somebody who was invited with this address and has not signed in yet: theirs from now on."""
    row = await store.durable.fetchrow(q.BIND_PERSON.sql, council, issuer, subject, email)
    return PersonRow(*row) if row else None
