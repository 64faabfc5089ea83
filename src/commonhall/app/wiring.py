"""The one place where the house is put together: settings in, everything open and ready out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2
import msgspec

from commonhall.app.seal import Seal, SealBroken
from commonhall.app.settings import Settings
from commonhall.casework.attachments import MOST_BYTES as MOST_PHOTO_BYTES
from commonhall.casework.back_offices import BackOffices
from commonhall.casework.desk import AdoptedServices, Clock, Desk, system_chance, system_clock
from commonhall.casework.links import LinkIndex
from commonhall.casework.sites import Site, Sites
from commonhall.catalogue.drafts import Adopting
from commonhall.connectors.http import Caller, Patience
from commonhall.connectors.registry import (
    FORMS,
    KINDS,
    Unusable,
    build_connector,
    connector_faults,
    names_given,
)
from commonhall.connectors.visiting import MOST_BYTES as MOST_PAGE_BYTES
from commonhall.connectors.visiting import Visitor
from commonhall.directory.directory import Directory, open_directory
from commonhall.engine.back_office import Connector, DeliveryFailed
from commonhall.engine.working_days import Calendar, load_calendars
from commonhall.reporting.data_sets import Figures
from commonhall.storage.councils import ConnectorRow, list_connectors
from commonhall.storage.migrations import migrate
from commonhall.storage.pool import Store, open_store


@dataclass(frozen=True, slots=True)
class House:
    """Everything that the web, the worker and the commands need."""

    settings: Settings
    store: Store
    desk: Desk
    sites: Sites
    directory: Directory
    calendars: Mapping[str, Calendar]
    http: httpx2.AsyncClient
    seal: Seal
    links: LinkIndex
    built: dict[tuple[str, str], tuple[object, Connector]]
    """The connectors that were made, by council and name, each with the configuration that it was made of."""

    @property
    def offices(self) -> BackOffices:
        """What the use cases of connectors are handed."""
        return BackOffices(
            FORMS,
            connector_faults,
            self.seal.close,
            self.seal.open,
            self.connectors,
            names_given,
            {name: kind.about for name, kind in KINDS.items()},
            self.settings.delivery,
        )

    @property
    def adopting(self) -> Adopting:
        """What the use cases of adoption are handed."""
        return Adopting(self.store, self.calendars, self.desk.clock, self.desk.services.package)

    @property
    def figures(self) -> Figures:
        """What the use cases of data sets are handed."""
        councils = frozenset(council.slug for council in self.directory.councils.all)

        def runs(council: str, service: str) -> bool:
            site = self.sites.of_council(council)
            return site is not None and any(adopted.service.id == service for adopted in site.offered)

        return Figures(self.store, self.desk.clock, self.desk.chance.token, councils, runs)

    async def connectors(self, council: str) -> dict[str, Connector]:
        """A council's connectors as they are configured now, by name.

        One that is configured wrongly stands there, too: whatever it is asked fails and says what to mend.
        """
        return {
            row.connector: self.connector(council, row) for row in await list_connectors(self.store, council)
        }

    def connector(self, council: str, row: ConnectorRow) -> Connector:
        """The connector of a stored configuration: the same one until that changes, since some keep what is dear to ask
        for (a token, a WSDL).
        """
        configured = (row.kind, msgspec.json.encode(row.settings, order="sorted"), row.secrets)
        kept = self.built.get((council, row.connector))
        if kept is None or kept[0] != configured:
            kept = self.built[council, row.connector] = (configured, self._build(row))
        return kept[1]

    def _build(self, row: ConnectorRow) -> Connector:
        try:
            return build_connector(
                row.kind,
                row.settings,
                self.seal.open(row.secrets),
                self.http,
                self.desk.clock,
                allow_private=self.settings.allow_private,
            )
        except (ValueError, SealBroken) as error:
            return Unusable(f"the connector '{row.connector}' is not set up rightly: {error}")

    async def fetch_photo(self, url: str) -> bytes:
        """A photo at a web address that somebody sent. Raises `ValueError` where it cannot be had."""
        caller = Caller(self.http, self.settings.allow_private, Patience(whole=15.0), MOST_PHOTO_BYTES)
        try:
            found = await caller.call("GET", url)
        except DeliveryFailed as failed:
            raise ValueError(failed.reason) from failed
        if found.status != 200:
            raise ValueError(f"the address answered {found.status}")
        return found.body

    def visitor(self) -> Visitor:
        """Somebody who looks at pages, under a name that says whom to write to."""
        contact = f" (+{self.settings.contact})" if self.settings.contact else ""
        caller = Caller(self.http, self.settings.allow_private, Patience(whole=45.0), MOST_PAGE_BYTES)
        return Visitor(caller, f"commonhall-links{contact}", self.desk.clock)

    def site_url(self, site: Site, path: str = "/") -> str:
        """The address of a page of a council's site."""
        return self.settings.url(site.host, path)


@asynccontextmanager
async def open_house(
    settings: Settings, database_url: str, *, clock: Clock = system_clock
) -> AsyncIterator[House]:
    """Open the database (bringing it to this release's schema), the directory and the sites; close them after."""
    await migrate(database_url)
    store = await open_store(database_url, size=settings.pool_size)
    try:
        calendars = load_calendars()
        services = AdoptedServices(store, calendars)
        directory = open_directory(settings.data / "directory")
        desk = Desk(store, services, clock, system_chance(), directory.wards)
        sites = Sites(store, services)
        await sites.refresh()
        # No limit of its own: each connector has ten calls under way at most, and one that hangs must not keep
        # others from theirs, nor a slow look-up of a name the look-ups of others.
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=20)
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(64, "look-up"))
        async with httpx2.AsyncClient(follow_redirects=False, limits=limits, trust_env=False) as http:
            seal = Seal(settings.key("connector credentials"))
            links = LinkIndex(desk)
            await links.refresh()
            yield House(settings, store, desk, sites, directory, calendars, http, seal, links, {})
    finally:
        await store.close()
