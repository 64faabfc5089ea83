"""Which other systems may use a council's interfaces, and for what. Pure words that casework and api share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from commonhall.engine.staff import Actor


class Scope(StrEnum):
    """One thing that a system's key lets it do."""

    SUBMIT = "submit"
    """Hand in cases for residents."""
    READ = "read"
    """Read cases with what residents said."""
    WORK = "work"
    """Claim cases, answer them and attach files."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A system that proved itself by its key. Without `services` it may use them all."""

    council: str
    system: str
    name: str
    may: frozenset[Scope]
    services: frozenset[str] | None = None

    def allows(self, scope: Scope, service: str | None = None) -> bool:
        """Whether it may do this; with a service, with that one."""
        return scope in self.may and (service is None or self.services is None or service in self.services)

    @property
    def actor(self) -> Actor:
        """The system as somebody who does things, for the audit trail."""
        return Actor(f"system:{self.system}", self.name, "", frozenset())
