"""For the maintainer: a release candidate, tried with every adopting council's own choices, in one table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from commonhall.catalogue.upgrading.plan import Release, Upgrade, plan_upgrade
from commonhall.engine.adoption import Adopter
from commonhall.engine.package import Service
from commonhall.engine.working_days import Calendar


@dataclass(frozen=True, slots=True)
class Adoption:
    """What one council runs: plain choices in the shape of `Choices`."""

    council: str
    service: Service
    choices: Mapping[str, Any]
    adopter: Adopter


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One council: how many conflicts it would have to settle, and what cannot be settled by choosing."""

    council: str
    version: str
    conflicts: tuple[tuple[str, str], ...]
    blocked: tuple[str, ...]
    seen: int

    @property
    def clean(self) -> bool:
        """Whether the council has nothing to do but say yes."""
        return not self.conflicts and not self.blocked


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """All councils, and how often each conflict comes up: (kind, key) to how many councils."""

    rows: tuple[Rehearsed, ...]
    by_conflict: Mapping[tuple[str, str], int]


def rehearse(new: Service, adoptions: Iterable[Adoption], calendars: Mapping[str, Calendar]) -> Rehearsal:
    """Plan the upgrade of every council that runs another version of the service."""
    releases: dict[str, Release] = {}
    rows = []
    for one in adoptions:
        if one.service.id != new.id or one.service.digest == new.digest:
            continue
        release = releases.get(one.service.digest)
        if release is None:
            release = releases[one.service.digest] = Release.of(one.service, new)
        rows.append(_row(one, plan_upgrade(release, one.choices, one.adopter, calendars)))
    counted = Counter(conflict for row in rows for conflict in row.conflicts)
    return Rehearsal(tuple(rows), dict(counted.most_common()))


def _row(adoption: Adoption, upgrade: Upgrade) -> Rehearsed:
    blocked = [conflict.says for conflict in upgrade.conflicts if not conflict.ways]
    blocked += [problem.message for problem in upgrade.problems]
    return Rehearsed(
        adoption.council,
        upgrade.old.version,
        tuple((conflict.kind.value, conflict.key) for conflict in upgrade.conflicts),
        tuple(blocked),
        len(upgrade.seen),
    )
