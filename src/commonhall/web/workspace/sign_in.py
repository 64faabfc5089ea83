"""Sign in and sign out. Everything else of the workspace asks for a session first."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from urllib.parse import quote

import structlog
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from commonhall.casework.sites import Site
from commonhall.casework.staff import (
    close_session,
    find_provider,
    list_people,
    open_session,
    recognise,
    use_session,
)
from commonhall.engine.sign_in import SignInFailed
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
        Route(f"{SIGN_IN}/begin", served(views.begin), methods=["GET"]),
        Route(f"{SIGN_IN}/back", served(views.back), methods=["GET"]),
        Route(f"{HOME}/sign-out", served(views.sign_out), methods=["POST"]),
    ]


class _SignIn:
    def __init__(self, room: Room) -> None:
        self.room = room
        self.held = "__Host-ch_going" if room.tools.https else "ch_going"
        self._log = structlog.get_logger("workspace")

    async def sign_in(self, request: Request, site: Site) -> Response:
        tools = self.room.tools
        people = await list_people(tools.desk, site.council) if tools.local_accounts else []
        if request.method == "GET":
            provider = await find_provider(tools.desk, site.council)
            return self._page(request, site, people=people, provider=provider)
        if is_cross_site(request):
            raise FormRefused(403, "refused_token")
        form = await read_form(request)
        person = next((person for person in people if person.id == one(form, "person")), None)
        if person is None or not same(self._token(site), one(form, "token")):
            raise FormRefused(403, "refused_token")
        response = see(_local(one(form, "to")))
        self._give(response, await open_session(tools.desk, site.council, person))
        return response

    async def begin(self, request: Request, site: Site) -> Response:
        """Off to the council's own sign-in."""
        try:
            going = await self.room.tools.doorkeeper.begin(site, _local(request.query_params.get("to", "")))
        except SignInFailed as failed:
            return self._failed(request, site, failed)
        response = see(going.url)
        response.set_cookie(
            self.held,
            going.held,
            max_age=600,
            httponly=True,
            samesite="lax",
            secure=self.room.tools.https,
            path="/",
        )
        return response

    async def back(self, request: Request, site: Site) -> Response:
        """Back from it: in, if the council knows them."""
        tools = self.room.tools
        try:
            held = request.cookies.get(self.held, "")
            issuer, vouched = await tools.doorkeeper.finish(site, held, dict(request.query_params))
        except SignInFailed as failed:
            return self._failed(request, site, failed)
        person = await recognise(
            tools.desk, site.council, issuer, vouched.subject, vouched.email, verified=vouched.verified
        )
        if person is None:
            self._log.info("not on the list", council=site.council)
            unknown = (
                "You are not on the list of this council’s workspace. Ask an administrator of your council."
            )
            return self._page(request, site, people=[], problem=unknown, status=403)
        response = see(_local(vouched.to))
        # A new session, whatever the browser held before.
        self._give(response, await open_session(tools.desk, site.council, person, vouched.id_token))
        response.delete_cookie(self.held, path="/", secure=tools.https, httponly=True)
        return response

    def _failed(self, request: Request, site: Site, failed: SignInFailed) -> Response:
        self._log.warning(
            "nobody was signed in", council=site.council, reason=str(failed), detail=failed.detail
        )
        words = f"You are not signed in: {failed}. Try again; if it stays, tell whoever runs the platform."
        return self._page(request, site, people=[], problem=words, status=400)

    async def sign_out(self, request: Request, site: Site) -> Response:
        token = request.cookies.get(self.room.cookie, "")
        session = await use_session(self.room.tools.desk, site.council, token) if token else None
        if session is not None:
            form = await read_form(request)
            if is_cross_site(request) or not same(self.room.token(token), one(form, "token")):
                raise FormRefused(403, "refused_token")
            await close_session(self.room.tools.desk, site.council, token, session.actor)
        elsewhere = None
        if session is not None and session.id_token:
            elsewhere = await self.room.tools.doorkeeper.end(site, session.id_token)
        response = see(elsewhere or f"{SIGN_IN}?out=yes")
        response.delete_cookie(self.room.cookie, path="/", secure=self.room.tools.https, httponly=True)
        return response

    def _give(self, response: Response, session: str) -> None:
        response.set_cookie(
            self.room.cookie, session, httponly=True, samesite="lax", secure=self.room.tools.https, path="/"
        )

    def _token(self, site: Site) -> str:
        return hmac.new(self.room.tools.secret, f"sign-in {site.host}".encode(), hashlib.sha256).hexdigest()

    def _page(
        self, request: Request, site: Site, *, problem: str | None = None, status: int = 200, **values: object
    ) -> Response:
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
            problem=problem,
            menu=[],
            actor=None,
            **values,
        )
        return page_response(request, body.encode(), status)


def _local(path: str) -> str:
    """Where to go after signing in: a page of the workspace, whatever was asked for."""
    return path if path == HOME or path.startswith(f"{HOME}/") else HOME
