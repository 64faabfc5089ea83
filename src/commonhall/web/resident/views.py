"""The resident's site as an ASGI application: routes, hosts, languages, and what to do when something breaks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import urlsplit

import structlog
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from commonhall.web.pages import Pages
from commonhall.web.resident.compile import Compiler
from commonhall.web.resident.journey_views import JourneyViews
from commonhall.web.resident.measure_views import MeasureViews
from commonhall.web.resident.open_data import open_data_page
from commonhall.web.resident.other_views import OtherViews
from commonhall.web.resident.shapes import Shapes
from commonhall.web.resident.tools import ResidentTools, Room, UseCases, Visit
from commonhall.web.responses import Policy, asset_response, secured

__all__ = ["ResidentTools", "UseCases", "resident_app"]

View = Callable[[Visit], Awaitable[Response]]
Serve = Callable[[View], Callable[[Request], Awaitable[Response]]]
STATEMENTS = ("accessibility", "privacy", "cookies")
JOURNEY = "/{service}/{journey}/{page}"


def resident_app(tools: ResidentTools) -> ASGIApp:
    """The site of every council of this installation; the host name says whose."""
    compiler = Compiler(Pages(), tools.assets, Shapes(), tools.map_style_url)
    room = Room(tools, compiler)
    log = structlog.get_logger("web")

    def serve(view: View) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            host = request.headers.get("host", "").partition(":")[0].lower()
            site = tools.sites.by_host(host)
            if site is None:
                return PlainTextResponse("No council's site has this address. Check it for a slip.\n", 404)
            language = "cy" if request.url.path.startswith("/cy/") else "en"
            if language not in site.languages:
                return RedirectResponse(_local(request.url.path.removeprefix("/cy")), 302)
            visit = Visit(request, site, language, request.cookies.get(room.cookie))
            try:
                return await view(visit)
            except ClientDisconnect:
                # Nobody is there to read an answer, and nothing is wrong here.
                return Response(status_code=400)
            except Exception:
                log.exception("a page broke", council=site.council, path=request.url.path)
                return room.message(visit, 503, "down_title", "down_text", retry_after="30")

        return endpoint

    routes = _routes(room, serve)
    map_hosts: tuple[str, ...] = ()
    if tools.map_style_url:
        parts = urlsplit(tools.map_style_url)
        map_hosts = (f"{parts.scheme}://{parts.netloc}",) if parts.netloc else ()
    return secured(Starlette(routes=routes), Policy(tools.https, map_hosts))


def _routes(room: Room, serve: Serve) -> list[Route]:
    """Every path of a site, in the order in which they are tried."""
    journey, other, measured = JourneyViews(room), OtherViews(room), MeasureViews(room)

    async def missing(visit: Visit) -> Response:
        path = visit.request.url.path
        if path == "/cy":
            return RedirectResponse("/cy/", 308)
        if path.endswith("/") and path.strip("/"):
            return RedirectResponse(_local(path.rstrip("/")), 308)
        return room.missing(visit)

    async def asset(request: Request) -> Response:
        found = asset_response(request, room.tools.assets)
        return found or PlainTextResponse("There is no such file.\n", 404)

    both = ["GET", "POST"]
    pages: list[tuple[str, View, list[str]]] = [
        ("/", other.home, ["GET"]),
        ("/case", other.case, both),
        ("/case/{reference}", other.case, both),
        ("/measures", measured.overview, ["GET"]),
        ("/measures/{service}", measured.service, ["GET"]),
        ("/measures/{service}/chart/{file}", measured.chart, ["GET"]),
        ("/open-data", partial(open_data_page, room), ["GET"]),
        *((f"/{name}", _named(other.statement, name), ["GET"]) for name in STATEMENTS),
        ("/cy", missing, both),
        ("/{service}", journey.start, both),
        (JOURNEY, journey.page, both),
        ("/{rest:path}", missing, both),
    ]
    routes = [Route("/assets/{name:path}", asset), Route("/brand.css", serve(other.brand))]
    routes.append(Route("/look.css", serve(other.look)))
    routes.append(Route("/logo/{file}", serve(other.logo)))
    for prefix in ("", "/cy"):
        routes += [Route(prefix + path, serve(view), methods=methods) for path, view, methods in pages]
    # Pages of journeys first: they are asked for most. But Welsh paths before the English patterns that take
    # anything, and a Welsh case and Welsh measures before a journey of a service called "cy".
    first = (f"/cy{JOURNEY}", "/cy/case/{reference}", "/cy/measures/{service}", JOURNEY)
    routes.sort(
        key=lambda route: (
            first.index(route.path) if route.path in first else len(first),
            not route.path.startswith(("/cy", "/assets", "/brand", "/look", "/logo")),
        )
    )
    return routes


def _local(path: str) -> str:
    """A path that stays on this site: two slashes at its start would name another host."""
    return "/" + path.lstrip("/\\")


def _named(view: View, name: str) -> View:
    async def named(visit: Visit) -> Response:
        visit.request.path_params["statement"] = name
        return await view(visit)

    return named
