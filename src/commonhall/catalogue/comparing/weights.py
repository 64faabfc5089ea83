"""How much a change weighs, and which version number it needs (docs/versions.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Weight(IntEnum):
    """From what people only read differently to what stops something that worked."""

    WORDING = 1
    ADDITIVE = 2
    BREAKING = 3


class For(StrEnum):
    """Who notices."""

    RESIDENTS = "residents"
    CONTRACT = "the data contract"
    COUNCILS = "councils' choices"


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `where` is its place in the definition; `rule` names the rule that weighed it."""

    weight: Weight
    for_whom: For
    where: str
    says: str
    rule: str


@dataclass(frozen=True, slots=True)
class Difference:
    """All changes from one version to another, the heaviest first. Versions are 'major.minor.patch'."""

    service: str
    old: str
    new: str
    changes: tuple[Change, ...]

    @property
    def weight(self) -> Weight | None:
        """The heaviest change's; None where nothing changed."""
        return max((change.weight for change in self.changes), default=None)

    @property
    def least_version(self) -> str:
        """The lowest version number that these changes may carry (Semantic Versioning 2.0.0).

        Before 1.0.0 a breaking change raises the minor number, and all others the patch.
        """
        major, minor, patch = _numbers(self.old)
        weight = self.weight
        if weight is None:
            return self.old
        if major == 0:
            return f"0.{minor + 1}.0" if weight is Weight.BREAKING else f"0.{minor}.{patch + 1}"
        next_of: Mapping[Weight, str] = {
            Weight.BREAKING: f"{major + 1}.0.0",
            Weight.ADDITIVE: f"{major}.{minor + 1}.0",
            Weight.WORDING: f"{major}.{minor}.{patch + 1}",
        }
        return next_of[weight]

    @property
    def understated(self) -> bool:
        """Whether the new version's number promises less change than there is."""
        return _numbers(self.new) < _numbers(self.least_version)


def _numbers(version: str) -> tuple[int, int, int]:
    major, minor, patch = version.split(".")
    return int(major), int(minor), int(patch)
