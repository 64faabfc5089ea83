"""A council's site: its name, brand and services as they are now, found by host name."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

import msgspec
import structlog

from commonhall.casework.desk import AdoptedServices, AdoptedUnknown
from commonhall.casework.logos import Logo
from commonhall.engine.figures import CouncilFigures
from commonhall.engine.furniture import Furniture, SiteLink
from commonhall.engine.package import Adopted
from commonhall.engine.problems import ServiceRefused
from commonhall.storage.councils import CouncilRow, list_adoptions, list_councils, load_image
from commonhall.storage.merging import FormerHost, list_former_hosts
from commonhall.storage.pool import Store


@dataclass(frozen=True, slots=True)
class Brand:
    """How a council's pages look. Texts are by language; colours are #rrggbb, dark enough for white text."""

    logo_text: Mapping[str, str]
    colour: str
    accent: str
    logo: Logo | None = None


@dataclass(frozen=True, slots=True)
class FooterLink:
    """A link of the council's own at the foot of every page; `label` by language."""

    label: Mapping[str, str]
    url: str


@dataclass(frozen=True, slots=True)
class Simulated:
    """That a council's figures and cases are simulated: from a day, up to a moment (UTC), at a scale of the true volume,
    with a seed. `until` is up to where it is meant to go, `done` up to where it has gone. With `measures_only` there are
    no cases behind the figures."""

    seed: int
    scale: float
    first: date
    until: datetime
    done: datetime
    services: list[str]
    measures_only: bool = False


@dataclass(frozen=True, slots=True)
class Site:
    """One council's front door; `services` in its own order. Every page of a `demonstration` says so.

    Where there is `simulated`, its figures are not of real people, and whatever shows or exports them must say so.
    """

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
    revision: int = 0
    paused: tuple[Adopted, ...] = ()
    """Services that nobody can start at the moment."""
    footer: tuple[FooterLink, ...] = ()
    notice: Mapping[str, str] = field(default_factory=dict)
    """Words in a band over every page, by language; none for no band."""
    furniture: Furniture = field(default_factory=Furniture)
    """What of the council's own website stands around its pages."""
    featured: frozenset[str] = frozenset()
    """The ids of services that stand first on the home page."""
    figures: CouncilFigures = field(default_factory=CouncilFigures)
    """The council's own costs and numbers, of which measures are worked out."""
    simulated: Simulated | None = None

    @property
    def offered(self) -> tuple[Adopted, ...]:
        """What the council runs, and what it has paused: all that has cases and measures here, in its own order."""
        return (*self.services, *self.paused)

    def service_names(self, language: str) -> dict[str, str]:
        """The names of these in a language, by id."""
        return {adopted.service.id: adopted.texts.need(language, "name") for adopted in self.offered}

    @property
    def made_up(self) -> bool:
        """Whether no real people stand behind its figures, so that whatever shows or exports them must say so."""
        return self.demonstration or self.simulated is not None

    def is_paused(self, service_id: str) -> bool:
        """Whether the council offers this service, and not at the moment."""
        return any(adopted.service.id == service_id for adopted in self.paused)

    def service(self, service_id: str) -> Adopted | None:
        """The service with this id, as the council runs it today."""
        return next((adopted for adopted in self.services if adopted.service.id == service_id), None)


@dataclass(frozen=True, slots=True)
class Moved:
    """What a former council's host leads to: the successor's site. `name` is the former's, by language; `connectors` are
    those that have another name at the successor, by their own."""

    site: Site
    former: str
    name: Mapping[str, str]
    connectors: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LogoSettings:
    """How a site's logo is kept: which image, the words for it by language, what it stands on."""

    digest: str
    alt: dict[str, str]
    on_white: bool = False


@dataclass(frozen=True, slots=True)
class FurnitureSettings:
    """How a site's furniture is kept; `stylesheet` is the digest of the council's own, '' for none."""

    menu: tuple[SiteLink, ...] = ()
    crumbs: tuple[SiteLink, ...] = ()
    footer_text: dict[str, str] = field(default_factory=dict)
    leads_home: bool = False
    stylesheet: str = ""


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """How a site is kept in the database: everything but its services."""

    name: dict[str, str]
    nation: str
    languages: list[str]
    logo_text: dict[str, str]
    colour: str
    accent: str
    phone: str
    homepage_url: str
    demonstration: bool
    footer: list[FooterLink] = field(default_factory=list)
    notice: dict[str, str] = field(default_factory=dict)
    logo: LogoSettings | None = None
    furniture: FurnitureSettings = field(default_factory=FurnitureSettings)
    figures: CouncilFigures = field(default_factory=CouncilFigures)
    simulated: Simulated | None = None


class Sites:
    """All councils' sites as they are now. `refresh` reads again those whose revision has grown."""

    def __init__(self, store: Store, services: AdoptedServices) -> None:
        self._store = store
        self._services = services
        self._by_host: Mapping[str, Site] = {}
        self._former: tuple[FormerHost, ...] = ()
        self._unreadable: dict[str, int] = {}
        self._refreshing = asyncio.Lock()

    def by_host(self, host: str) -> Site | None:
        """The site with this host name (lower case, no port)."""
        return self._by_host.get(host)

    def all(self) -> list[Site]:
        """Every site, by council."""
        return sorted(self._by_host.values(), key=lambda site: site.council)

    def of_council(self, council: str) -> Site | None:
        """The site of a council."""
        return next((site for site in self._by_host.values() if site.council == council), None)

    def moved(self, host: str) -> Moved | None:
        """Where a host leads that was a former council's, and is no council's now."""
        found = next((one for one in self._former if one.host == host), None)
        site = self.of_council(found.council) if found and host not in self._by_host else None
        return Moved(site, found.former, found.name, found.connectors) if found and site else None

    def serving(self, council: str) -> Site | None:
        """The site of a council, or of the one that it became part of."""
        own = self.of_council(council)
        found = next((one for one in self._former if one.former == council), None)
        return own or (self.of_council(found.council) if found else None)

    async def refresh(self) -> int:
        """Read what has changed; answers how many sites were read.

        A site that cannot be read stays as it was, is told of in the log, and keeps no other from its news.
        """
        async with self._refreshing:
            kept = {site.council: site for site in self._by_host.values()}
            read = 0
            rows = await list_councils(self._store)
            self._former = tuple(await list_former_hosts(self._store))
            for row in rows:
                if row.council in kept and kept[row.council].revision == row.revision:
                    continue
                if self._unreadable.get(row.council) == row.revision:
                    continue
                try:
                    kept[row.council] = await self._read(row)
                    read += 1
                except (ServiceRefused, AdoptedUnknown, msgspec.ValidationError) as refused:
                    # Until something of it changes: reading it again each second would only fill the log.
                    self._unreadable[row.council] = row.revision
                    structlog.get_logger("sites").error(
                        "a site cannot be read", council=row.council, reason=str(refused)
                    )
            known = {row.council for row in rows}
            self._by_host = {site.host: site for council, site in kept.items() if council in known}
            return read

    async def _logo(self, council: str, kept: LogoSettings | None) -> Logo | None:
        image = await load_image(self._store, council, kept.digest) if kept else None
        return Logo(image, kept.alt, kept.on_white) if kept and image else None

    async def _furniture(self, council: str, kept: FurnitureSettings) -> Furniture:
        sheet = await load_image(self._store, council, kept.stylesheet) if kept.stylesheet else None
        text = sheet.content.decode() if sheet else ""
        return Furniture(kept.menu, kept.crumbs, kept.footer_text, kept.leads_home, text)

    async def _read(self, row: CouncilRow) -> Site:
        settings = msgspec.convert(row.config, SiteSettings)
        adoptions = await list_adoptions(self._store, row.council)
        known = [(one, await self._services.get(row.council, one.digest)) for one in adoptions]
        return Site(
            council=row.council,
            gss=row.gss,
            name=settings.name,
            nation=settings.nation,
            host=row.host,
            languages=tuple(settings.languages),
            brand=Brand(
                settings.logo_text,
                settings.colour,
                settings.accent,
                await self._logo(row.council, settings.logo),
            ),
            phone=settings.phone,
            homepage_url=settings.homepage_url,
            services=tuple(adopted for one, adopted in known if one.state == "live"),
            demonstration=settings.demonstration,
            revision=row.revision,
            footer=tuple(settings.footer),
            notice=settings.notice,
            furniture=await self._furniture(row.council, settings.furniture),
            paused=tuple(adopted for one, adopted in known if one.state == "paused"),
            featured=frozenset(one.service for one in adoptions if one.featured),
            figures=settings.figures,
            simulated=settings.simulated,
        )
