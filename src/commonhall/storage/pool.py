"""Connections to PostgreSQL: one durable pool for what must be on disk, one soft pool for journeys.

They differ in one setting. On the soft pool a commit does not wait for the disk: a crash may lose the last
moments of somebody's typing, and never a submission.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import msgspec

MINIMUM_VERSION = 15


class StorageUnavailable(Exception):  # noqa: N818
    """The database cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Store:
    """The way to the database. `durable` commits wait for the disk, `soft` commits do not."""

    durable: Any
    soft: Any

    async def close(self) -> None:
        """Close every connection, waiting for what is under way."""
        await self.durable.close()
        if self.soft is not self.durable:
            await self.soft.close()


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
    """No query here changes a session's state, so nothing needs to be put back between two uses."""


async def open_store(url: str, *, size: int = 8) -> Store:
    """Open both pools, `size` connections at most in each. Raises `StorageUnavailable`."""

    async def pool(commit: str) -> Any:
        return await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=size,
            init=_prepare,
            reset=_leave_as_it_is,
            server_settings={
                "synchronous_commit": commit,
                "timezone": "UTC",
                "application_name": f"commonhall-{commit}",
                "statement_timeout": "30000",
                "idle_in_transaction_session_timeout": "30000",
                "jit": "off",
                # Every query here finds few rows by key, whatever its parameters: planning it once is enough.
                "plan_cache_mode": "force_generic_plan",
            },
        )

    try:
        durable = await pool("on")
        version = durable.get_idle_size() and (await durable.fetchval("show server_version_num"))
        found = int(version or 0) // 10000
        if found < MINIMUM_VERSION:
            await durable.close()
            raise StorageUnavailable(f"this is PostgreSQL {found}; {MINIMUM_VERSION} or newer is needed")
        return Store(durable, await pool("off"))
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StorageUnavailable(
            f"the database does not answer ({type(error).__name__}: {error}); "
            "check COMMONHALL_DATABASE_URL, and that the server runs and lets this user in"
        ) from error


@asynccontextmanager
async def transaction(store: Store) -> AsyncIterator[Any]:
    """One durable transaction; it commits when the block ends and rolls back when it raises."""
    async with store.durable.acquire() as connection, connection.transaction():
        yield connection
