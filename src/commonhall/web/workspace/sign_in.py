"""Sign in and sign out. Everything else of the workspace asks for a session first."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from commonhall.casework.sites import Site
from commonhall.casework.staff import close_session, list_people, open_session, use_session
from commonhall.web.responses import FormRefused, is_cross_site, page_response, read_form
from commonhall.web.workspace.tools import HOME, Room, one, same, see

SIGN_IN = f"{HOME}/sign-in"
View = Callable[[Request, Site], Awaitable[Response]]


def ask(request: Request) -> Response:
    """Send somebody without a session to the sign-in page, and back to where they were afterwards."""
    path = request.url.path
    return see(SIGN_IN if path == HOME or request.method != "GET" else f"{SIGN_IN}?to={quote(path)}")


def routes(room: Room) -> list[Route]:
    """The pages that need no session."""
    views = _SignIn(room)

    def served(view: View) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            site = room.tools.sites.by_host(request.headers.get("host", "").partition(":")[0].lower())
            if site is None:
                return PlainTextResponse("No council's site has this address. Check it for a slip.\n", 404)
            try:
                return await view(request, site)
            except FormRefused as refused:
                return PlainTextResponse(
                    "This form is not one of ours. Go back and try again.\n", refused.status
                )

        return endpoint

    return [
        Route(SIGN_IN, served(views.sign_in), methods=["GET", "POST"]),
        Route(f"{HOME}/sign-out", served(views.sign_out), methods=["POST"]),
    ]


class _SignIn:
    def __init__(self, room: Room) -> None:
        self.room = room

    async def sign_in(self, request: Request, site: Site) -> Response:
        tools = self.room.tools
        people = await list_people(tools.desk, site.council) if tools.local_accounts else []
        if request.method == "GET":
            return self._page(request, site, people=people)
        if is_cross_site(request):
            raise FormRefused(403, "refused_token")
        form = await read_form(request)
        person = next((person for person in people if person.id == one(form, "person")), None)
        if person is None or not same(self._token(site), one(form, "token")):
            raise FormRefused(403, "refused_token")
        response = see(_local(one(form, "to")))
        self._give(response, await open_session(tools.desk, site.council, person))
        return response

    async def sign_out(self, request: Request, site: Site) -> Response:
        token = request.cookies.get(self.room.cookie, "")
        session = await use_session(self.room.tools.desk, site.council, token) if token else None
        if session is not None:
            form = await read_form(request)
            if is_cross_site(request) or not same(self.room.token(token), one(form, "token")):
                raise FormRefused(403, "refused_token")
            await close_session(self.room.tools.desk, site.council, token, session.actor)
        response = see(f"{SIGN_IN}?out=yes")
        response.delete_cookie(self.room.cookie, path="/", secure=self.room.tools.https, httponly=True)
        return response

    def _give(self, response: Response, session: str) -> None:
        response.set_cookie(
            self.room.cookie, session, httponly=True, samesite="lax", secure=self.room.tools.https, path="/"
        )

    def _token(self, site: Site) -> str:
        return hmac.new(self.room.tools.secret, f"sign-in {site.host}".encode(), hashlib.sha256).hexdigest()

    def _page(self, request: Request, site: Site, **values: object) -> Response:
        title = "Sign in to the workspace"
        field = Markup('<input type="hidden" name="token" value="{}">').format(self._token(site))
        body = self.room.pages.render(
            "workspace/sign_in.html",
            self.room.frame(site, title),
            title=title,
            site=site,
            to=_local(request.query_params.get("to", "")),
            out=request.query_params.get("out") == "yes",
            token_field=lambda: field,
            errors=[],
            menu=[],
            actor=None,
            **values,
        )
        return page_response(request, body.encode())


def _local(path: str) -> str:
    """Where to go after signing in: a page of the workspace, whatever was asked for."""
    return path if path == HOME or path.startswith(f"{HOME}/") else HOME
