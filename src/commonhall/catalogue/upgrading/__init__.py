"""Upgrade: the version adopted, the council's choices and the new version, brought together in the open."""

from commonhall.catalogue.upgrading.conflicts import Conflict, Kind, Way
from commonhall.catalogue.upgrading.plan import Release, Upgrade, plan_upgrade, takes_itself
from commonhall.catalogue.upgrading.rehearsal import Adoption, Rehearsal, Rehearsed, rehearse
from commonhall.catalogue.upgrading.seen import Seen

__all__ = [
    "Adoption",
    "Conflict",
    "Kind",
    "Rehearsal",
    "Rehearsed",
    "Release",
    "Seen",
    "Upgrade",
    "Way",
    "plan_upgrade",
    "rehearse",
    "takes_itself",
]
