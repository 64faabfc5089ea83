"""What an installation's operator must know of all its councils: health, versions, sizes. No case data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from commonhall.storage.pool import Store
from commonhall.storage.queries import installation as q


@dataclass(frozen=True, slots=True)
class CouncilHealth:
    """How one council does. `oldest` is since when a delivery waits."""

    council: str
    host: str
    services: int
    waiting: int
    failed: int
    oldest: datetime | None
    cases: int
    lately: int


async def council_health(store: Store, lately: datetime) -> list[CouncilHealth]:
    """How every council does; `lately` is from when cases count as recent."""
    return [CouncilHealth(*row) for row in await store.operator.fetch(q.COUNCIL_HEALTH.sql, lately)]


async def table_sizes(store: Store) -> list[tuple[str, int]]:
    """Every table with its size in bytes, the largest first."""
    return [(row["relname"], row["bytes"]) for row in await store.operator.fetch(q.TABLE_SIZES.sql)]
