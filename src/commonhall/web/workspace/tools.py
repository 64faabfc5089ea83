"""What every page of the workspace is handed: tools, the visit, forms with a token, and the frame."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from commonhall.casework.back_offices import BackOffices
from commonhall.casework.desk import Desk
from commonhall.casework.sites import Site, Sites
from commonhall.catalogue.drafts import Adopting
from commonhall.catalogue.packages import NationalCodes
from commonhall.directory.services import Services
from commonhall.engine.package import Adopted
from commonhall.engine.sign_in import Going, Vouched
from commonhall.engine.staff import Actor, Permission
from commonhall.reporting.data_sets import Figures
from commonhall.web.assets import Assets
from commonhall.web.dashboards.dashboards import Dashboards
from commonhall.web.digest import Weeks
from commonhall.web.pages import Frame, Pages
from commonhall.web.responses import FormRefused, is_cross_site, page_response, read_form
from commonhall.web.uploads import read_upload

HOME = "/workspace"


Preview = Callable[[Site, Adopted, str, str], bytes | None]
"""A page of a service as residents would see it: (site, service, page's name, language)."""


Ask = Callable[
    [Site, Adopted, str, str, Mapping[str, Any], date, dict[str, list[str]] | None],
    tuple[bytes | None, dict[str, Any]],
]
"""A question of a journey that is only played: (site, service, page, language, answers so far, today, form or None) gives
the page to show, or None and what was answered."""


class Doorkeeper(Protocol):
    """Whoever vouches for staff: the council's own provider. All raise `engine.sign_in.SignInFailed`."""

    async def begin(self, site: Site, to: str) -> Going:
        """Where to send the browser."""

    async def finish(self, site: Site, held: str, query: Mapping[str, str]) -> tuple[str, Vouched]:
        """The provider's name and whom it vouches for, once the browser is back."""

    async def end(self, site: Site, id_token: str) -> str | None:
        """Where to sign out there, too."""


@dataclass(frozen=True, slots=True)
class WorkspaceTools:
    """What the wiring hands to the workspace. `secret` signs form tokens.

    With `local_accounts` whoever reaches the sign-in page may choose whom to be: for trying out and development only.
    """

    desk: Desk
    sites: Sites
    assets: Assets
    secret: bytes
    https: bool
    local_accounts: bool
    adopting: Adopting
    preview: Preview
    preview_names: Callable[[Adopted], list[str]]
    ask: Ask
    codes: NationalCodes
    national: Services
    offices: BackOffices
    doorkeeper: Doorkeeper
    figures: Figures
    finder_url: str
    dashboards: Dashboards
    weeks: Weeks


@dataclass(frozen=True, slots=True)
class StaffVisit:
    """One request of somebody who is signed in, on their own council's host."""

    request: Request
    site: Site
    actor: Actor
    session: str
    id_token: str | None = None

    @property
    def council(self) -> str:
        """The council whose workspace this is."""
        return self.site.council

    @property
    def params(self) -> dict[str, str]:
        """The parts of the path."""
        return self.request.path_params


View = Callable[[StaffVisit], Awaitable[Response]]


class Page(NamedTuple):
    """A page of the workspace: its path below `/workspace`, its view, and what one must be allowed to do to see it."""

    path: str
    view: View
    needs: Permission
    methods: tuple[str, ...] = ("GET",)


class MenuItem(NamedTuple):
    """An entry of the menu, shown to those who may see its page."""

    path: str
    text: str
    needs: Permission


BOTH = ("GET", "POST")


class Room:
    """What the pages share."""

    def __init__(self, tools: WorkspaceTools, pages: Pages, menu: tuple[MenuItem, ...]) -> None:
        self.tools = tools
        self.pages = pages
        self.menu = menu
        self.cookie = "__Host-ch_staff" if tools.https else "ch_staff"
        # The residents' own, so that what an officer begins for a caller goes on in the residents' pages.
        self.resident_cookie = "__Host-ch_browser" if tools.https else "ch_browser"

    # -- forms -------------------------------------------------------------------------------------------

    def token(self, session: str) -> str:
        """The token that this session's forms carry."""
        return hmac.new(self.tools.secret, session.encode(), hashlib.sha256).hexdigest()[:32]

    async def read_form(self, visit: StaffVisit) -> dict[str, list[str]]:
        """The fields of a form that this session was given. Raises `FormRefused`."""
        if is_cross_site(visit.request):
            raise FormRefused(403, "refused_token")
        return self._checked(visit, await read_form(visit.request))

    async def read_upload(
        self, visit: StaffVisit, name: str, most: int
    ) -> tuple[dict[str, list[str]], bytes]:
        """The fields and the file of a form that this session was given. Raises `FormRefused`."""
        if is_cross_site(visit.request):
            raise FormRefused(403, "refused_token")
        form, content = await read_upload(visit.request, name, most)
        return self._checked(visit, form), content

    def _checked(self, visit: StaffVisit, form: dict[str, list[str]]) -> dict[str, list[str]]:
        given = form.pop("token", [""])[0]
        if not same(self.token(visit.session), given):
            raise FormRefused(403, "refused_token")
        return form

    # -- pages -------------------------------------------------------------------------------------------

    def frame(self, site: Site, title: str, *, back: str | None = None) -> Frame:
        """The layout's frame of a page."""
        assets = self.tools.assets
        return Frame(
            language="en",
            languages=("en",),
            title=f"{title} - {site.name['en']} workspace",
            path="/",
            name=site.name["en"],
            logo_text=site.brand.logo_text.get("en") or site.name["en"],
            home=HOME,
            css=assets.url("workspace.css"),
            js=assets.url("workspace.js"),
            icon=assets.url("icon.svg"),
            brand="/brand.css",
            back=back,
        )

    def page(
        self,
        visit: StaffVisit,
        template: str,
        title: str,
        *,
        status: int = 200,
        back: str | None = None,
        errors: list[dict[str, str]] | None = None,
        **values: Any,
    ) -> Response:
        """A page. `errors` are {"text", "href"}; with some the title says so. The template gets `visit`, `actor`,
        `site`, `title`, `errors`, `menu`, `here`, `may("see cases")`, `token_field()`, and the words of a banner where
        the last page left some (`done`)."""
        path = visit.request.url.path
        field = Markup('<input type="hidden" name="token" value="{}">').format(self.token(visit.session))
        shown = [item for item in self.menu if visit.actor.may(item.needs)]
        here = max((item.path for item in shown if _within(path, item.path)), key=len, default="")
        body = self.pages.render(
            template,
            self.frame(visit.site, f"{'Error: ' if errors else ''}{title}", back=back),
            visit=visit,
            actor=visit.actor,
            may=lambda permission: visit.actor.may(Permission(permission)),
            site=visit.site,
            title=title,
            errors=errors or [],
            menu=shown,
            here=here,
            said=self._said(visit),
            token_field=lambda: field,
            **values,
        )
        return page_response(visit.request, body.encode(), status)

    def message(
        self,
        visit: StaffVisit,
        status: int,
        title: str,
        *texts: str,
        link: tuple[str, str] = (HOME, "Workspace"),
    ) -> Response:
        """A page that says what happened and where to go on."""
        return self.page(visit, "workspace/message.html", title, status=status, texts=texts, link=link)

    def done(self, visit: StaffVisit, path: str, said: str) -> Response:
        """Go on to another page of the workspace, which begins with a banner that says what was done."""
        query = urlencode({"said": said, "by": self._mark(visit, said)})
        return see(f"{path}{'&' if '?' in path else '?'}{query}")

    def _said(self, visit: StaffVisit) -> str:
        query = visit.request.query_params
        said = query.get("said", "")
        # Only words of our own, told to this session: a link from elsewhere must not put words into our mouth.
        return said if said and same(self._mark(visit, said), query.get("by", "")) else ""

    def _mark(self, visit: StaffVisit, said: str) -> str:
        return hmac.new(self.tools.secret, f"{visit.session} {said}".encode(), hashlib.sha256).hexdigest()[
            :16
        ]

    def missing(self, visit: StaffVisit) -> Response:
        """There is no such page."""
        return self.message(
            visit, 404, "Page not found", "Check the address, or start again from the workspace."
        )


def see(path: str) -> Response:
    """Go on to another page of the workspace."""
    return Response(status_code=303, headers={"location": path, "cache-control": "no-store"})


def same(ours: str, given: str) -> bool:
    """Whether a token is the one that we gave, without telling by the time it takes how near it is."""
    return hmac.compare_digest(ours.encode(), given.encode("utf-8", "replace"))


def one(form: Mapping[str, list[str]], name: str) -> str:
    """The value of a form's field, without spaces around it; '' where it is absent."""
    return form.get(name, [""])[-1].strip()


def _within(path: str, of: str) -> bool:
    return path == of or path.startswith(f"{of}/")
