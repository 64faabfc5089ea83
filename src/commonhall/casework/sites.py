"""A council's site: its name, brand and services as they are now, found by host name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from commonhall.engine.package import Adopted


@dataclass(frozen=True, slots=True)
class Brand:
    """How a council's pages look. Texts are by language; colours are #rrggbb; white on `colour` is readable."""

    logo_text: Mapping[str, str]
    colour: str
    accent: str


@dataclass(frozen=True, slots=True)
class Site:
    """One council's front door; `services` in its own order. Every page of a `demonstration` says so."""

    council: str
    gss: str
    name: Mapping[str, str]
    nation: str
    host: str
    languages: tuple[str, ...]
    brand: Brand
    phone: str
    homepage_url: str
    services: tuple[Adopted, ...]
    demonstration: bool

    def service(self, service_id: str) -> Adopted | None:
        """The service with this id, as the council runs it today."""
        return next((adopted for adopted in self.services if adopted.service.id == service_id), None)
