"""The operator's view: how an installation and all its councils do. It cannot show a case: the database refuses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from commonhall.casework.desk import Desk
from commonhall.storage import installation as stored
from commonhall.storage.drafts import list_versions
from commonhall.storage.installation import CouncilHealth
from commonhall.storage.proposals import list_running

LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Running:
    """A service: its newest known version, and how many councils run each."""

    service: str
    newest: str
    versions: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """All that an operator needs at three in the morning."""

    councils: tuple[CouncilHealth, ...]
    services: tuple[Running, ...]
    sizes: tuple[tuple[str, int], ...]

    @property
    def size(self) -> int:
        """Bytes of the whole database's tables."""
        return sum(size for _, size in self.sizes)


async def look_over(desk: Desk) -> Overview:
    """How everything does now."""
    councils = await stored.council_health(desk.store, desk.clock() - LATELY)
    newest: dict[str, str] = {}
    for row in await list_versions(desk.store):
        newest[row.service] = max(newest.get(row.service, row.version), row.version, key=_order)
    counted: dict[str, dict[str, int]] = {}
    for running in await list_running(desk.store):
        versions = counted.setdefault(running.service, {})
        versions[running.version] = versions.get(running.version, 0) + 1
    services = tuple(
        Running(name, newest.get(name, ""), tuple(sorted(versions.items(), key=lambda one: _order(one[0]))))
        for name, versions in sorted(counted.items())
    )
    return Overview(tuple(councils), services, tuple(await stored.table_sizes(desk.store)))


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
