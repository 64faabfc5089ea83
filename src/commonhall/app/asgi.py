"""The ASGI application: one door for all hosts. The host name says which house a request is for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from functools import partial
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from commonhall.api.back_office import back_office_routes
from commonhall.api.govuk import GovukTools, finder_api, links_app
from commonhall.api.open311.server import Open311Tools, open311_app
from commonhall.api.openreferral import ReferralTools, referral_app
from commonhall.api.performance.app import PerformanceTools, performance_app
from commonhall.api.v1.app import ApiTools, v1_app
from commonhall.api.v1.limits import Limits
from commonhall.api.v1.pages import Prose
from commonhall.app.councils import national_codes
from commonhall.app.counting import RequestCounter, flush_until
from commonhall.app.doors import CouncilDoor, OperatorsDoor
from commonhall.app.open_data import Publishers, open_data
from commonhall.app.settings import Settings
from commonhall.app.wiring import House, open_house
from commonhall.app.worker import Worker
from commonhall.casework.cases import Taken
from commonhall.casework.deliveries import receive_updates
from commonhall.casework.sites import Site
from commonhall.catalogue.pulling import health
from commonhall.directory.directory import Directory
from commonhall.engine.figures import CouncilFigures
from commonhall.engine.package import Adopted
from commonhall.reporting import measures
from commonhall.reporting.alerts import list_alerts
from commonhall.reporting.asking import Counter
from commonhall.reporting.comparing import like_councils
from commonhall.reporting.digest import digest_of
from commonhall.reporting.open_data import months as published_months
from commonhall.reporting.rates import Base, Per, base_of
from commonhall.reporting.sent import sent_standings
from commonhall.reporting.uptime import uptime_by_day
from commonhall.web.assets import Assets, open_assets
from commonhall.web.charts.artist import Artist
from commonhall.web.dashboards.dashboards import Dashboards
from commonhall.web.dashboards.reports import Reports
from commonhall.web.digest import Weeks
from commonhall.web.embedding import embed_app
from commonhall.web.finder.views import FinderTools, finder_app
from commonhall.web.open_data import Months
from commonhall.web.pages import Pages, escape_markdown
from commonhall.web.resident.compile import Compiler
from commonhall.web.resident.former import former_hosts
from commonhall.web.resident.previews import ask_page, preview_names, preview_page
from commonhall.web.resident.shapes import Shapes
from commonhall.web.resident.views import ResidentTools, resident_app
from commonhall.web.workspace.operator import OperatorTools, operator_app
from commonhall.web.workspace.views import WorkspaceTools, workspace_app

REFRESH_EVERY = 1.0
"""Seconds between two looks at whether a council's site has changed."""
LINKS_EVERY = 30
"""How many of those looks go by between two at whether links to councils' own pages have."""


def house_app(house: House, counter: RequestCounter | None = None) -> ASGIApp:
    """The application of an open house; a counter counts the requests to councils' services."""
    assets = open_assets()
    dashboards = Dashboards(
        _reports(house),
        Artist(),
        partial(_like, house.directory),
        partial(_base, house),
        house.directory.wards,
    )

    async def receive(host: str, connector: str, headers: Mapping[str, str], body: bytes) -> Taken | None:
        site, moved = house.sites.by_host(host), house.sites.moved(host)
        if moved is not None:
            # Back offices push to the address that they were given, and follow no redirect.
            site, connector = moved.site, moved.connectors.get(connector, connector)
        known = await house.connectors(site.council) if site else {}
        if site is None or connector not in known:
            return None
        return await receive_updates(house.desk, site.council, connector, known[connector], headers, body)

    async def months(councils: Sequence[str]) -> list[date]:
        return await published_months(house.store, councils, house.desk.today())

    settings = house.settings
    tools = ResidentTools(
        desk=house.desk,
        sites=house.sites,
        assets=assets,
        secret=settings.key("form tokens"),
        dashboards=dashboards,
        finder_url=settings.url(settings.finder_host),
        https=settings.https,
        map_style_url=settings.map_style_url,
        months=months,
    )
    finder = _finder(house, assets, dashboards, months)
    workspace, operator = _workspaces(house, assets, dashboards)
    machines = Starlette(routes=back_office_routes(receive))
    former = former_hosts(tools, house.sites.moved, house.site_url)
    interfaces = _interfaces(house)
    interfaces["embed"] = embed_app(house.sites.by_host, assets, https=settings.https)
    resident, publishers = resident_app(tools), Publishers(house)
    interfaces["open-data"] = open_data(house, publishers, resident)
    councils = _of_councils(house, resident, workspace, former, interfaces)
    if counter is not None:
        councils = counter.counted(councils)
    govuk = finder_api(_govuk(house))
    of_all = {
        "api": govuk,
        "local-links.csv": govuk,
        "openreferral": interfaces["openreferral"],
        "open-data": open_data(house, publishers, finder),
        "performance": performance_app(PerformanceTools(house.figures, Counter(house.store))),
    }
    return _by_host(settings.finder_host, finder, operator, councils, machines, of_all)


def _finder(house: House, assets: Assets, dashboards: Dashboards, months: Months) -> ASGIApp:
    """Where people begin who do not know their council's address."""
    return finder_app(
        FinderTools(
            directory=house.directory,
            live=house.sites.serving,
            all_sites=house.sites.all,
            site_url=house.site_url,
            assets=assets,
            https=house.settings.https,
            link=house.links.best,
            dashboards=dashboards,
            today=house.desk.today,
            months=months,
        )
    )


def _reports(house: House) -> Reports:
    store = house.store
    return Reports(
        by_service=partial(measures.by_service, store),
        series=partial(measures.series, store),
        pages=partial(measures.pages, store),
        spread=partial(measures.spread, store),
        places=partial(measures.places, store),
        across=partial(measures.across, store),
        services=partial(measures.services, store),
        uptime=partial(uptime_by_day, store),
        sent=partial(sent_standings, store),
        began=partial(measures.began, store),
    )


def _like(directory: Directory, slug: str) -> dict[str, str]:
    """A council and those like it, with their names."""
    council = directory.councils.council(slug)
    if council is None:
        return {}
    return {one.slug: one.name for one in (council, *like_councils(directory.councils.all, council))}


def _base(house: House, slug: str, per: Per) -> Base | None:
    """How many households or collections a council has; its own figures, if it has a site here."""
    council, site = house.directory.councils.council(slug), house.sites.of_council(slug)
    return base_of(council, site.figures if site else CouncilFigures(), per) if council else None


def _name_of(directory: Directory, slug: str) -> str:
    council = directory.councils.council(slug)
    return council.name if council else slug


def _workspaces(house: House, assets: Assets, dashboards: Dashboards) -> tuple[ASGIApp, ASGIApp]:
    """Where staff work, on their council's host, and the operator's view, on the finder's."""
    settings = house.settings
    compiler = Compiler(Pages(), assets, Shapes(), settings.map_style_url)

    def preview(site: Site, adopted: Adopted, name: str, language: str) -> bytes | None:
        return preview_page(compiler, site, adopted, name, language, house.desk.today())

    workspace = workspace_app(
        WorkspaceTools(
            desk=house.desk,
            sites=house.sites,
            assets=assets,
            secret=settings.key("workspace forms"),
            https=settings.https,
            local_accounts=settings.local_accounts,
            adopting=house.adopting,
            preview=preview,
            preview_names=preview_names,
            ask=partial(ask_page, compiler),
            codes=national_codes(house.directory),
            national=house.directory.services,
            offices=house.offices,
            doorkeeper=CouncilDoor(house),
            figures=house.figures,
            finder_url=settings.url(settings.finder_host),
            dashboards=dashboards,
            weeks=Weeks(
                partial(list_alerts, house.store),
                partial(digest_of, house.store),
                sends_mail=settings.mail is not None,
            ),
        )
    )
    door = OperatorsDoor(house) if settings.operator.issuer else None
    operator = operator_app(
        OperatorTools(
            desk=house.desk,
            assets=assets,
            secret=settings.key("operators"),
            https=settings.https,
            local_accounts=settings.local_accounts,
            people=settings.operator.people,
            begin=door.begin if door else None,
            finish=door.finish if door else None,
            catalogues=partial(health, settings.data / "catalogues"),
            links=lambda: house.links.all,
            council_name=partial(_name_of, house.directory),
        )
    )
    return workspace, operator


def _by_host(
    finder_host: str,
    finder: ASGIApp,
    operator: ASGIApp,
    councils: ASGIApp,
    machines: ASGIApp,
    of_all: Mapping[str, ASGIApp],
) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path", "").startswith("/back-office/"):
            await machines(scope, receive, send)
        elif _host(scope) in {finder_host, "127.0.0.1"}:
            at = of_all.get(_first_step(scope), finder)
            await (operator if _of_staff(scope) else at)(scope, receive, send)
        else:
            await councils(scope, receive, send)

    return app


def _referral(house: House) -> ASGIApp:
    """The open directory: a council's own on its host, everybody's on the finder's."""

    def sites_of(host: str) -> list[Site]:
        site = house.sites.by_host(host)
        return [site] if site else house.sites.all()

    root = partial(house.settings.url, path="/openreferral/")
    return referral_app(ReferralTools(house.directory, sites_of, house.site_url, root))


def _govuk(house: House) -> GovukTools:
    return GovukTools(house.directory, house.sites.all, house.sites.by_host, house.site_url, house.links)


def _interfaces(house: House) -> dict[str, ASGIApp]:
    """The open standards on a council's host, by the first step of their paths."""
    open311 = open311_app(
        Open311Tools(
            desk=house.desk,
            national=house.directory.services,
            site_of=house.sites.by_host,
            url=lambda site: house.site_url(site, ""),
            fetch=house.fetch_photo,
            secret=house.settings.key("addresses of photos"),
        )
    )
    pages = Pages()
    api = v1_app(
        ApiTools(
            desk=house.desk,
            site_of=house.sites.by_host,
            url=lambda site: house.site_url(site, ""),
            prose=Prose(lambda text: str(pages.prose(text)), escape_markdown),
            limits=Limits(),
        )
    )
    return {
        "open311": open311,
        "api": api,
        "local-links.csv": links_app(_govuk(house)),
        "openreferral": _referral(house),
    }


def _of_councils(
    house: House, resident: ASGIApp, workspace: ASGIApp, former: ASGIApp, interfaces: Mapping[str, ASGIApp]
) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        host = _host(scope)
        if house.sites.by_host(host) is None and house.sites.moved(host) is not None:
            await former(scope, receive, send)
        else:
            found = interfaces.get(_first_step(scope))
            await (found or (workspace if _of_staff(scope) else resident))(scope, receive, send)

    return app


def _first_step(scope: Scope) -> str:
    return str(scope.get("path", "")).removeprefix("/").partition("/")[0]


def _host(scope: Scope) -> str:
    host = next((value for name, value in scope.get("headers", ()) if name == b"host"), b"")
    return str(host.decode("latin-1").partition(":")[0].lower())


def _of_staff(scope: Scope) -> bool:
    path: str = scope.get("path", "")
    return path == "/workspace" or path.startswith("/workspace/")


class Door:
    """The application as a server runs it: opens the house when the server starts and closes it when it stops."""

    def __init__(self, settings: Settings, database_url: str, *, with_worker: bool = False) -> None:
        self._settings = settings
        self._database_url = database_url
        self._with_worker = with_worker
        self._app: ASGIApp | None = None
        self._shell = Starlette(lifespan=self._lifespan)

    @asynccontextmanager
    async def _lifespan(self, _shell: Any) -> AsyncIterator[None]:
        async with open_house(self._settings, self._database_url) as house:
            counter = RequestCounter(house.sites.by_host, house.desk.clock, self._settings.look_key.encode())
            self._app = house_app(house, counter)
            stop = asyncio.Event()
            tasks = [
                asyncio.create_task(_refresh(house, stop)),
                asyncio.create_task(flush_until(counter, house.store, stop)),
            ]
            if self._with_worker:
                tasks.append(asyncio.create_task(Worker(house).run(stop)))
            try:
                yield
            finally:
                stop.set()
                await asyncio.gather(*tasks, return_exceptions=True)
                self._app = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve: the life of the server by the shell, everything else by the house."""
        app = self._app if scope["type"] == "http" else None
        await (app or self._shell)(scope, receive, send)


async def _refresh(house: House, stop: asyncio.Event) -> None:
    """Read changed sites again while the server runs; a database that is away for a while is waited for."""
    log = structlog.get_logger("web")
    rounds = 0
    while not stop.is_set():
        try:
            await asyncio.wait_for(stop.wait(), REFRESH_EVERY)
        except TimeoutError:
            try:
                await house.sites.refresh()
                if rounds % LINKS_EVERY == 0:
                    await house.links.refresh()
                rounds += 1
            except Exception as error:
                log.warning("sites were not read again", reason=f"{type(error).__name__}: {error}")
