"""The workspace as an ASGI application: who is asking, whether they may, and what to do when something breaks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from commonhall.casework.staff import use_session
from commonhall.engine.staff import Permission
from commonhall.web.pages import Pages
from commonhall.web.responses import FormRefused, Policy, secured
from commonhall.web.texts import WORDS
from commonhall.web.workspace import (
    alerts,
    audit,
    brand,
    cases,
    connectors,
    data_sets,
    editor,
    figures,
    furniture,
    give_back,
    home,
    logo,
    measures,
    people,
    services,
    sign_in,
    systems,
)
from commonhall.web.workspace.tools import HOME, MenuItem, Page, Room, StaffVisit, WorkspaceTools

__all__ = ["WorkspaceTools", "workspace_app"]

Endpoint = Callable[[Request], Awaitable[Response]]

MENU = (
    MenuItem(f"{HOME}/services", "Services", Permission.SEE_SERVICES),
    MenuItem(f"{HOME}/cases", "Cases", Permission.SEE_CASES),
    MenuItem(f"{HOME}/measures", "Measures", Permission.SEE_SERVICES),
    MenuItem(f"{HOME}/alerts", "Alerts", Permission.SEE_SERVICES),
    MenuItem(f"{HOME}/connectors", "Connectors", Permission.SEE_CONNECTORS),
    MenuItem(f"{HOME}/systems", "Systems", Permission.CHANGE_CONNECTORS),
    MenuItem(f"{HOME}/data-sets", "Data sets", Permission.CHANGE_CONNECTORS),
    MenuItem(f"{HOME}/editor", "Service editor", Permission.WRITE_SERVICES),
    MenuItem(f"{HOME}/give-back", "Give back", Permission.CHANGE_SERVICES),
    MenuItem(f"{HOME}/costs", "Costs", Permission.CHANGE_SERVICES),
    MenuItem(f"{HOME}/people", "People", Permission.MANAGE_PEOPLE),
    MenuItem(f"{HOME}/brand", "Brand", Permission.CHANGE_BRAND),
    MenuItem(f"{HOME}/audit", "Audit trail", Permission.SEE_AUDIT),
)


def workspace_app(tools: WorkspaceTools) -> ASGIApp:
    """The workspace of every council of this installation; the host name says whose."""
    room = Room(tools, Pages(), MENU)
    groups = (
        home.pages(room),
        services.pages(room),
        editor.pages(room),
        cases.pages(room),
        measures.pages(room),
        connectors.pages(room),
        systems.pages(room),
        data_sets.pages(room),
        give_back.pages(room),
        people.pages(room),
        brand.pages(room),
        logo.pages(room),
        furniture.pages(room),
        figures.pages(room),
        audit.pages(room),
        alerts.pages(room),
    )
    routes = [
        *sign_in.routes(room),
        *(
            Route(HOME + page.path, _guarded(room, page), methods=list(page.methods))
            for group in groups
            for page in group
        ),
        Route(HOME + "/{rest:path}", _guarded(room, Page("", _missing(room), Permission.SEE_SERVICES))),
    ]
    return secured(Starlette(routes=routes), Policy(tools.https))


def _guarded(room: Room, page: Page) -> Endpoint:
    log = structlog.get_logger("workspace")

    async def endpoint(request: Request) -> Response:
        site = room.tools.sites.by_host(request.headers.get("host", "").partition(":")[0].lower())
        if site is None:
            return PlainTextResponse("No council's site has this address. Check it for a slip.\n", 404)
        token = request.cookies.get(room.cookie, "")
        session = await use_session(room.tools.desk, site.council, token) if token else None
        if session is None:
            return sign_in.ask(request)
        visit = StaffVisit(request, site, session.actor, token, session.id_token)
        if not visit.actor.may(page.needs):
            words = f"Your roles do not let you {page.needs}. Ask an administrator of your council."
            return room.message(visit, 403, "You may not see this page", words)
        try:
            return await page.view(visit)
        except FormRefused as refused:
            words = WORDS["en"][refused.word]
            return room.message(visit, refused.status, "We could not take your form", words)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception:
            log.exception("a page broke", council=site.council, path=request.url.path)
            again = "Nothing was changed by this. Try again in a moment; if it stays, tell whoever runs the platform."
            return room.message(visit, 500, "Something went wrong", again)

    return endpoint


def _missing(room: Room) -> Callable[[StaffVisit], Awaitable[Response]]:
    async def view(visit: StaffVisit) -> Response:
        return room.missing(visit)

    return view
