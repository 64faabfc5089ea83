"""Who works in a council's workspace, and what their roles let them do. Pure words that every room shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody is in one council's workspace; a person may have several."""

    ADMINISTRATOR = "administrator"
    SERVICE_OWNER = "service-owner"
    OFFICER = "officer"
    DEVELOPER = "developer"
    VIEWER = "viewer"


class Permission(StrEnum):
    """One thing that a role lets somebody do."""

    SEE_SERVICES = "see services"
    CHANGE_SERVICES = "change services"
    WRITE_SERVICES = "write shared services"
    SEE_CASES = "see cases"
    WORK_CASES = "work on cases"
    REDACT_CASES = "redact cases"
    SEE_CONNECTORS = "see connectors"
    CHANGE_CONNECTORS = "change connectors"
    MANAGE_PEOPLE = "manage people"
    CHANGE_BRAND = "change the brand"
    SEE_AUDIT = "see the audit trail"


_SEE = frozenset({Permission.SEE_SERVICES, Permission.SEE_CONNECTORS})
_OWN = _SEE | {Permission.CHANGE_SERVICES, Permission.WRITE_SERVICES, Permission.CHANGE_BRAND}
MAY: Mapping[Role, frozenset[Permission]] = {
    # Whoever manages people could give themselves any role: less than everything would only look like a limit.
    Role.ADMINISTRATOR: frozenset(Permission),
    Role.SERVICE_OWNER: _OWN | {Permission.SEE_AUDIT},
    Role.OFFICER: _SEE | {Permission.SEE_CASES, Permission.WORK_CASES, Permission.REDACT_CASES},
    Role.DEVELOPER: _SEE | {Permission.CHANGE_CONNECTORS},
    Role.VIEWER: _SEE,
}
"""Residents' data are for officers (and administrators) alone."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody of the staff who does something now. `person` is the id within the council."""

    person: str
    name: str
    email: str
    roles: frozenset[Role]

    def may(self, permission: Permission) -> bool:
        """Whether one of the roles allows it."""
        return any(permission in MAY[role] for role in self.roles)
