"""Connections to PostgreSQL. What a connection may see is the database's to say, not the query's.

`durable` and `soft` differ in one setting: on the soft pool a commit does not wait for the disk, so that a crash may
lose the last moments of somebody's typing, and never a submission. On both, every statement runs for one council,
under a role that row-level security holds to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import msgspec

from commonhall.storage.queries.pool import SPEAK_FOR

MINIMUM_VERSION = 15
TENANT, OPERATOR = "commonhall_tenant", "commonhall_operator"
MAKE_ROLES = f"create role {TENANT} nologin; create role {OPERATOR} nologin; grant {TENANT}, {OPERATOR} to"
"""What an administrator of the database runs, where its user may not make roles."""


class StorageUnavailable(Exception):  # noqa: N818
    """The database cannot be used; the message says why and what to do."""


class _Connection(asyncpg.Connection):  # type: ignore[misc]
    """A connection that remembers which council it speaks for."""

    __slots__ = ("_council",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._council: str | None = None

    async def speak_for(self, council: str) -> None:
        """Let row-level security show this council's rows from now on, and no other's."""
        if self._council != council:
            # Forgotten first: a statement that fails half-way leaves nobody sure of whom it speaks for.
            self._council = None
            await self.execute(SPEAK_FOR.sql, council)
            self._council = council


class Tenants:
    """A pool on which every statement is for one council, named first; it is the statement's $1, too."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool

    @asynccontextmanager
    async def acquire(self, council: str) -> AsyncIterator[Any]:
        """A connection that speaks for this council."""
        async with self._pool.acquire() as connection:
            await connection.speak_for(council)
            yield connection

    async def fetch(self, sql: str, council: str, *args: Any) -> list[Any]:
        """All rows."""
        async with self._pool.acquire() as connection:
            await connection.speak_for(council)
            rows: list[Any] = await connection.fetch(sql, council, *args)
            return rows

    async def fetchrow(self, sql: str, council: str, *args: Any) -> Any:
        """The first row, or None."""
        async with self._pool.acquire() as connection:
            await connection.speak_for(council)
            return await connection.fetchrow(sql, council, *args)

    async def fetchval(self, sql: str, council: str, *args: Any) -> Any:
        """The first column of the first row, or None."""
        async with self._pool.acquire() as connection:
            await connection.speak_for(council)
            return await connection.fetchval(sql, council, *args)

    async def execute(self, sql: str, council: str, *args: Any) -> str:
        """Do it; answers PostgreSQL's word of what was done."""
        async with self._pool.acquire() as connection:
            await connection.speak_for(council)
            done: str = await connection.execute(sql, council, *args)
            return done

    async def executemany(self, sql: str, council: str, rows: Sequence[Sequence[Any]]) -> None:
        """Do it for every row, in one transaction; `council` is the first parameter of each."""
        async with self._pool.acquire() as connection:
            await connection.speak_for(council)
            await connection.executemany(sql, [(council, *row) for row in rows])

    async def close(self) -> None:
        """Close every connection, waiting for what is under way."""
        await self._pool.close()


@dataclass(frozen=True, slots=True)
class Store:
    """The way to the database. `durable` commits wait for the disk, `soft` commits do not; both are for one council.

    `operator` sees what the installation must know of all councils, and no case. `owner` is bound by nothing: for the
    schema, and for what moves whole councils; no page and no worker uses it.
    """

    durable: Tenants
    soft: Tenants
    operator: Any
    owner: Any

    async def close(self) -> None:
        """Close every connection, waiting for what is under way."""
        for pool in (self.durable, self.soft, self.operator, self.owner):
            await pool.close()


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


async def _prepare(connection: Any) -> None:
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: _encode(value).decode(),
        decoder=_decode,
        format="text",
    )


async def _leave_as_it_is(_connection: Any) -> None:
    """No query here changes a session's state but for whom it speaks, so nothing is put back between two uses."""


async def _pool(url: str, role: str | None, size: int, *, commit: str = "on", least: int = 0) -> Any:
    settings = {
        "synchronous_commit": commit,
        "timezone": "UTC",
        "application_name": f"commonhall-{commit}",
        "statement_timeout": "30000",
        "idle_in_transaction_session_timeout": "30000",
        "jit": "off",
        # Every query here finds few rows by key, whatever its parameters: planning it once is enough.
        "plan_cache_mode": "force_generic_plan",
    }
    return await asyncpg.create_pool(
        url,
        min_size=least,
        max_size=size,
        init=_prepare,
        reset=_leave_as_it_is,
        connection_class=_Connection,
        server_settings=settings | ({"role": role} if role else {}),
    )


async def open_owner(url: str) -> Any:
    """A pool of one connection that is bound by nothing, to bring the schema to this release before all else.

    Raises `StorageUnavailable`.
    """
    try:
        owner = await _pool(url, None, 2, least=1)
        version = int(await owner.fetchval("show server_version_num")) // 10000
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise _unavailable(error) from error
    if version < MINIMUM_VERSION:
        await owner.close()
        raise StorageUnavailable(f"this is PostgreSQL {version}; {MINIMUM_VERSION} or newer is needed")
    return owner


async def open_store(url: str, *, size: int = 8) -> Store:
    """Open the pools, `size` connections at most for each kind of commit. The schema must be this release's.

    Raises `StorageUnavailable`.
    """
    owner = await open_owner(url)
    try:
        durable = await _pool(url, TENANT, size, least=1)
        soft = await _pool(url, TENANT, size, commit="off", least=1)
        operator = await _pool(url, OPERATOR, 2)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        await owner.close()
        raise _unavailable(error) from error
    return Store(Tenants(durable), Tenants(soft), operator, owner)


def _unavailable(error: Exception) -> StorageUnavailable:
    if isinstance(error, asyncpg.InsufficientPrivilegeError | asyncpg.InvalidParameterValueError):
        return StorageUnavailable(
            f"the database's user may not take the roles that keep councils apart ({error}): let its administrator run "
            f"`{MAKE_ROLES}` and this user's name"
        )
    return StorageUnavailable(
        f"the database does not answer ({type(error).__name__}: {error}); "
        "check COMMONHALL_DATABASE_URL, and that the server runs and lets this user in"
    )


class _OneConnection:
    """Stands for a pool and has one connection, for one user at a time."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._free = asyncio.Lock()

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Any]:
        """The connection, once nobody else uses it."""
        async with self._free:
            yield self._connection

    async def close(self) -> None:
        """Nothing: it goes back to the pool that it came from."""


@asynccontextmanager
async def all_together(store: Store, council: str) -> AsyncIterator[Store]:
    """A store on which everything that is done for one council is one durable transaction, whatever it is made of.

    It commits when the block ends and rolls back when it raises; nobody sees anything of it before. For what does much
    at once, such as a simulation: a statement that breaks, breaks all of it.
    """
    async with store.durable.acquire(council) as connection, connection.transaction():
        one = Tenants(_OneConnection(connection))
        yield Store(one, one, store.operator, store.owner)


@asynccontextmanager
async def transaction(store: Store, council: str) -> AsyncIterator[Any]:
    """One durable transaction for one council; it commits when the block ends and rolls back when it raises."""
    async with store.durable.acquire(council) as connection, connection.transaction():
        yield connection
