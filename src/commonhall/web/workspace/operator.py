"""The operator's view across councils, on the finder's host: health, versions, storage; no case data."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import structlog
from cryptography.fernet import Fernet, InvalidToken
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from commonhall.casework.desk import Desk
from commonhall.casework.installation import look_over
from commonhall.casework.links import LinkRow
from commonhall.catalogue.pulling import Health
from commonhall.catalogue.refusals import CatalogueRefused
from commonhall.engine.sign_in import Going, SignInFailed, Vouched
from commonhall.web.assets import Assets
from commonhall.web.pages import Frame, Pages
from commonhall.web.responses import FormRefused, Policy, is_cross_site, page_response, read_form, secured
from commonhall.web.workspace.cases import show_time
from commonhall.web.workspace.tools import HOME, one, same, see

LINK_STATES = {"ok": "Work", "caution": "Want a look", "broken": "Broken", "pending": "Not checked yet"}
MOST_BROKEN = 100
SESSION = 8 * 3600
"""Seconds that an operator stays signed in."""
SIGN_IN = f"{HOME}/sign-in"


@dataclass(frozen=True, slots=True)
class OperatorTools:
    """What the wiring hands in. `people` are the operators' e-mail addresses, in small letters; `begin` and `finish`
    speak to their provider, and are None where none is set up; `catalogues` says how they do at a time; `links` are those
    to councils' own pages."""

    desk: Desk
    assets: Assets
    secret: bytes
    https: bool
    local_accounts: bool
    people: frozenset[str]
    begin: Callable[[str], Awaitable[Going]] | None
    finish: Callable[[str, dict[str, str]], Awaitable[Vouched]] | None
    catalogues: Callable[[datetime], list[Health]]
    links: Callable[[], Sequence[LinkRow]]
    council_name: Callable[[str], str]


def operator_app(tools: OperatorTools) -> ASGIApp:
    """The view, and signing in to it."""
    views = _Operator(tools)
    routes = [
        Route(HOME, views.overview),
        Route(SIGN_IN, views.sign_in, methods=["GET", "POST"]),
        Route(f"{SIGN_IN}/begin", views.begin),
        Route(f"{SIGN_IN}/back", views.back),
        Route(f"{HOME}/sign-out", views.sign_out, methods=["POST"]),
    ]
    return secured(Starlette(routes=routes), Policy(tools.https))


class _Operator:
    def __init__(self, tools: OperatorTools) -> None:
        self.tools = tools
        self.pages = Pages()
        self.cookie = "__Host-ch_operator" if tools.https else "ch_operator"
        self.held = "__Host-ch_operator_going" if tools.https else "ch_operator_going"
        self._fernet = Fernet(base64.urlsafe_b64encode(tools.secret))
        self._log = structlog.get_logger("operator")

    def _who(self, request: Request) -> str | None:
        """Whose session the browser holds: a sealed name with its time, good for eight hours. Whoever is taken off the
        list is out at once."""
        try:
            opened = self._fernet.decrypt(request.cookies.get(self.cookie, "").encode(), ttl=SESSION)
            who: str = msgspec.json.decode(opened, type=str)
        except (InvalidToken, msgspec.MsgspecError, UnicodeEncodeError):
            return None
        return who if self.tools.local_accounts or who in self.tools.people else None

    async def overview(self, request: Request) -> Response:
        """Everything at once."""
        who = self._who(request)
        if who is None:
            return see(SIGN_IN)
        found = await look_over(self.tools.desk)
        unreadable = None
        try:
            catalogues = await asyncio.to_thread(self.tools.catalogues, self.tools.desk.clock())
        except CatalogueRefused as refused:
            catalogues, unreadable = [], str(refused)
        return self._page(
            request,
            "workspace/operator/overview.html",
            "All councils",
            who=who,
            found=found,
            councils=[(row, show_time(row.oldest)) for row in found.councils],
            catalogues=[self._pulled(one) for one in catalogues],
            unreadable=unreadable,
            links=self._links(),
            size=show_bytes(found.size),
            sizes=[(name, show_bytes(size)) for name, size in found.sizes[:10]],
        )

    def _links(self) -> dict[str, Any]:
        """How links to councils' own pages do, and those that do not work."""
        rows = self.tools.links()
        broken = [row for row in rows if row.status == "broken"]
        return {
            "many": len(rows),
            "counts": [(status, sum(row.status == status for row in rows)) for status in LINK_STATES],
            "states": LINK_STATES,
            "broken": [
                {
                    "row": row,
                    "council": self.tools.council_name(row.slug),
                    "worked": show_time(row.worked_at) if row.worked_at else "Never",
                    "checked": show_time(row.checked_at) if row.checked_at else "",
                }
                for row in broken[:MOST_BROKEN]
            ],
            "more": max(0, len(broken) - MOST_BROKEN),
        }

    def _pulled(self, one: Health) -> dict[str, Any]:
        last = one.last
        return {
            "name": one.source.name,
            "address": one.source.address,
            "at": show_time(last.at) if last else None,
            "added": len(last.added) if last else 0,
            "same": last.same if last else 0,
            "until": show_time(last.until) if last and last.until else None,
            "expired": one.expired,
            "unreachable": last is not None and last.unreachable,
            "refused": last.refused if last else (),
        }

    async def sign_in(self, request: Request) -> Response:
        """By the operators' provider; or, where the operator allows it, by pressing a button."""
        if request.method == "POST" and self.tools.local_accounts:
            try:
                form = await read_form(request)
            except FormRefused as refused:
                return PlainTextResponse(
                    "This form is not one of ours. Go back and try again.\n", refused.status
                )
            if not is_cross_site(request) and same(self._token(), one(form, "token")):
                return self._in("local operator")
        return self._page(
            request,
            "workspace/operator/sign_in.html",
            "Sign in as an operator",
            local=self.tools.local_accounts,
            provider=self.tools.begin is not None,
        )

    async def begin(self, request: Request) -> Response:
        """Off to the provider."""
        if self.tools.begin is None:
            return see(SIGN_IN)
        try:
            going = await self.tools.begin(HOME)
        except SignInFailed as failed:
            return self._failed(request, failed)
        response = see(going.url)
        response.set_cookie(
            self.held, going.held, max_age=600, httponly=True, samesite="lax", secure=self.tools.https
        )
        return response

    async def back(self, request: Request) -> Response:
        """Back from it: in, if the address is on the operators' list."""
        if self.tools.finish is None:
            return see(SIGN_IN)
        try:
            vouched = await self.tools.finish(request.cookies.get(self.held, ""), dict(request.query_params))
        except SignInFailed as failed:
            return self._failed(request, failed)
        if not vouched.verified or vouched.email.lower() not in self.tools.people:
            return self._page(
                request, "workspace/operator/sign_in.html", "Sign in as an operator", status=403,
                problem="You are not on the list of operators.",
            )  # fmt: skip
        return self._in(vouched.email.lower())

    async def sign_out(self, request: Request) -> Response:
        """Out."""
        form = await read_form(request)
        response = see(SIGN_IN)
        if same(self._token(), one(form, "token")):
            response.delete_cookie(self.cookie, path="/", secure=self.tools.https, httponly=True)
        return response

    def _in(self, who: str) -> Response:
        self._log.info("an operator signed in", who=who)
        response = see(HOME)
        sealed = self._fernet.encrypt(msgspec.json.encode(who)).decode()
        response.set_cookie(
            self.cookie,
            sealed,
            max_age=SESSION,
            httponly=True,
            samesite="lax",
            secure=self.tools.https,
            path="/",
        )
        return response

    def _failed(self, request: Request, failed: SignInFailed) -> Response:
        self._log.warning("no operator was signed in", reason=str(failed), detail=failed.detail)
        words = f"You are not signed in: {failed}."
        return self._page(
            request, "workspace/operator/sign_in.html", "Sign in as an operator", status=400, problem=words
        )

    def _token(self) -> str:
        return hmac.new(self.tools.secret, b"operator", hashlib.sha256).hexdigest()[:32]

    def _page(
        self, request: Request, template: str, title: str, *, status: int = 200, **values: object
    ) -> Response:
        assets = self.tools.assets
        frame = Frame(
            language="en", languages=("en",), title=f"{title} - Commonhall", path="/", name="Commonhall",
            logo_text="Commonhall", home=HOME, css=assets.url("workspace.css"), js=assets.url("workspace.js"),
            icon=assets.url("icon.svg"),
        )  # fmt: skip
        field = Markup('<input type="hidden" name="token" value="{}">').format(self._token())
        body = self.pages.render(
            template, frame, title=title, token_field=lambda: field, errors=[], menu=[], actor=None, **values
        )
        return page_response(request, body.encode(), status)


def show_bytes(size: int) -> str:
    """A size as people read it."""
    amount, unit = float(size), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
