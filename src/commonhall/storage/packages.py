"""The versions of services that this installation knows, with their packages. They belong to no council."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from commonhall.storage.pool import Store
from commonhall.storage.queries import councils as packages
from commonhall.storage.queries import packages as q


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A known version. `package` is the digest of its content; `catalogue` is '' for the folder beside this house."""

    service: str
    version: str
    package: str
    catalogue: str
    changelog: str
    published_at: datetime


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A version to be made known, with the files of its package."""

    row: VersionRow
    files: Mapping[str, str]


async def list_versions(store: Store, service: str | None = None) -> list[VersionRow]:
    """Known versions, of one service or of all; the lowest number first."""
    return [VersionRow(*row) for row in await store.operator.fetch(q.LIST_VERSIONS.sql, service)]


async def add_versions(store: Store, new: Sequence[NewVersion], now: datetime) -> list[VersionRow]:
    """Make versions known, each with its package. Answers those that were known before; they stay what they were."""
    before: list[VersionRow] = []
    async with store.operator.acquire() as connection, connection.transaction():
        for one in new:
            row = one.row
            await connection.execute(
                packages.ADD_PACKAGE.sql, row.package, row.service, row.version, one.files, now
            )
            added = await connection.fetchval(
                q.ADD_VERSION.sql,
                row.service,
                row.version,
                row.package,
                row.catalogue,
                row.changelog,
                row.published_at,
            )
            if added is None:
                before.append(row)
    return before
