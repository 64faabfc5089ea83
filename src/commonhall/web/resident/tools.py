"""What the resident's site is handed, and what its views share."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from commonhall.casework import cases, journeys
from commonhall.casework.desk import Desk
from commonhall.casework.sites import Site, Sites
from commonhall.web.assets import Assets
from commonhall.web.dashboards.dashboards import Dashboards
from commonhall.web.open_data import Months, no_months
from commonhall.web.pages import prefixed
from commonhall.web.resident.compile import Compiler, Place
from commonhall.web.responses import page_response
from commonhall.web.texts import WORDS


@dataclass(frozen=True, slots=True)
class UseCases:
    """The use cases behind the pages; tests may hand in others."""

    start_journey: Callable[..., Awaitable[str]] = journeys.start_journey
    load_journey: Callable[..., Awaitable[journeys.Journey]] = journeys.load_journey
    answer_page: Callable[..., Awaitable[journeys.Journey]] = journeys.answer_page
    submit_journey: Callable[..., Awaitable[journeys.Journey]] = journeys.submit_journey
    reach_exit: Callable[..., Awaitable[None]] = journeys.reach_exit
    rate_journey: Callable[..., Awaitable[bool]] = journeys.rate_journey
    follow_case: Callable[..., Awaitable[cases.CaseView]] = cases.follow_case


@dataclass(frozen=True, slots=True)
class ResidentTools:
    """What the wiring hands to the resident's site. `secret` signs form tokens."""

    desk: Desk
    sites: Sites
    assets: Assets
    secret: bytes
    dashboards: Dashboards
    finder_url: str
    https: bool
    map_style_url: str | None = None
    months: Months = no_months
    use: UseCases = field(default_factory=UseCases)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request as the views see it: whose site, in which language, from which browser."""

    request: Request
    site: Site
    language: str
    browser: str | None

    @property
    def params(self) -> dict[str, str]:
        """The parts of the path."""
        return self.request.path_params

    @property
    def changing(self) -> bool:
        """Whether the person came from check answers to change this one."""
        query = self.request.scope["query_string"]
        return bool(query) and "change" in self.request.query_params


class Room:
    """The site's views share this: tools, compiler, cookie, token, messages."""

    def __init__(self, tools: ResidentTools, compiler: Compiler) -> None:
        self.tools = tools
        self.compiler = compiler
        self.cookie = "__Host-ch_browser" if tools.https else "ch_browser"

    def token(self, browser: str, journey: str) -> str:
        """The token that a form of this journey carries in this browser."""
        made = hashlib.blake2b(f"{browser}\0{journey}".encode(), key=self.tools.secret[:64], digest_size=16)
        return made.hexdigest()

    def token_holds(self, browser: str, journey: str, given: str) -> bool:
        """Whether a form's token is this journey's in this browser."""
        return hmac.compare_digest(self.token(browser, journey).encode(), given.encode("utf-8", "replace"))

    def set_browser(self, response: Response, browser: str) -> None:
        """Give the browser its random number."""
        response.set_cookie(
            self.cookie, browser, httponly=True, samesite="lax", secure=self.tools.https, path="/"
        )

    def place(self, visit: Visit) -> Place | None:
        """The service that the path names, as the site runs it now."""
        adopted = visit.site.service(visit.params.get("service", ""))
        return Place(visit.site, adopted, visit.language) if adopted else None

    def message(
        self,
        visit: Visit,
        status: int,
        title: str,
        *texts: str,
        link: tuple[str, str] | None = None,
        **headers: str,
    ) -> Response:
        """A page with a plain message: what happened, and where to go."""
        words = WORDS[visit.language]
        frame = self.compiler.frame(visit.site, visit.language, words[title], "/", switch=False)
        home = (prefixed("/", visit.language), words["missing_home"])
        body = self.compiler.plain_page(
            "resident/message.html",
            frame,
            heading=words[title],
            texts=[words.get(text, text) for text in texts],
            link=link or home,
        )
        found = {name.replace("_", "-"): value for name, value in headers.items()}
        return page_response(visit.request, body, status, found)

    def missing(self, visit: Visit) -> Response:
        """The page is not there."""
        return self.message(visit, 404, "missing_title", "missing_text")
