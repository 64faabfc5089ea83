"""The finder's pages: a postcode and a need in, the right council's own service out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from commonhall.casework.links import LinkRow
from commonhall.casework.sites import Site
from commonhall.directory.councils import Council
from commonhall.directory.directory import Choice, Directory, Found, NorthernIreland, NotAPostcode, Unknown
from commonhall.directory.services import NationalService
from commonhall.engine.package import Adopted
from commonhall.web.assets import Assets
from commonhall.web.dashboards.dashboards import Dashboards
from commonhall.web.finder.measures import MEASURES, AcrossViews, Safe, measure_routes
from commonhall.web.finder.texts import TEXTS
from commonhall.web.open_data import WORDS as DATA_WORDS
from commonhall.web.open_data import Months, no_months, values
from commonhall.web.pages import Frame, Pages, prefixed
from commonhall.web.responses import Policy, asset_response, page_response, secured
from commonhall.web.texts import WORDS

POPULAR = (524, 557, 564, 587, 58, 273)
MOST_MATCHES = 6
NATIONS = ("England", "Scotland", "Wales", "Northern Ireland")


@dataclass(frozen=True, slots=True)
class FinderTools:
    """What the wiring hands to the finder. `live` gives a council's site on this platform, if it has one."""

    directory: Directory
    live: Callable[[str], Site | None]
    all_sites: Callable[[], list[Site]]
    site_url: Callable[[Site, str], str]
    assets: Assets
    https: bool
    link: Callable[[str, int], LinkRow | None] = lambda slug, lgsl: None
    """The page of a council that is not here, for a service."""
    dashboards: Dashboards | None = None
    """How services are doing across councils; no pages of it where there is none."""
    today: Callable[[], date] = date.today
    months: Months = no_months
    """The months that there are open data of, of these councils."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of a result: what it is, where it leads, and whether that is on this platform."""

    title: str
    url: str
    text: str
    here: bool


class _Finder:
    def __init__(self, tools: FinderTools) -> None:
        self.tools = tools
        self.pages = Pages()

    # -- rendering ---------------------------------------------------------------------------------------

    def page(
        self, request: Request, template: str, title: str, status: int = 200, **values: object
    ) -> Response:
        language = language_of(request)
        t, words, assets = TEXTS[language], WORDS[language], self.tools.assets
        path = request.url.path.removeprefix("/cy") if language == "cy" else request.url.path
        query = f"?{request.url.query}" if request.url.query else ""
        error = values.get("error")
        frame = Frame(
            language=language,
            languages=("en", "cy"),
            title=f"{words['error_prefix'] if error else ''}{title} - {t['name']}",
            path=(path or "/") + query,
            name=t["name"],
            logo_text=t["name"],
            home=prefixed("/", language),
            css=assets.url("resident.css"),
            js=assets.url("resident.js"),
            icon=assets.url("icon.svg"),
            footer=(
                (prefixed("/councils", language), t["all_councils"]),
                *(((prefixed(MEASURES, language), words["measures_link"]),) if self.tools.dashboards else ()),
                (prefixed("/open-data", language), DATA_WORDS[language]["title"]),
            ),
        )
        body = self.pages.render(template, frame, title=title, **{"t": t, **values})
        return page_response(request, body.encode(), status, {"cache-control": "no-cache"})

    def home(
        self,
        request: Request,
        *,
        postcode: str = "",
        need: str = "",
        error: str | None = None,
        status: int = 200,
    ) -> Response:
        language = language_of(request)
        popular = []
        names = {
            adopted.service.definition.lgsl: adopted.texts.need(language, "name")
            for site in self.tools.all_sites()
            if language in site.languages
            for adopted in site.services
        }
        for lgsl in POPULAR:
            if lgsl in names:
                popular.append((names[lgsl], f"{prefixed('/', language)}?{urlencode({'need': names[lgsl]})}"))
        sites = [
            (site.name.get(language) or site.name["en"], self.site_url(site, language))
            for site in self.tools.all_sites()
        ]
        return self.page(
            request,
            "finder/home.html",
            TEXTS[language]["title"],
            status,
            postcode=postcode,
            need=need,
            error=error,
            errors=[{"text": error, "href": "#postcode"}] if error else [],
            popular=popular,
            sites=sites,
            find=prefixed("/find", language),
            councils=prefixed("/councils", language),
        )

    def site_url(self, site: Site, language: str, path: str = "/") -> str:
        spoken = language if language in site.languages else "en"
        return self.tools.site_url(site, prefixed(path, spoken))

    # -- finding -----------------------------------------------------------------------------------------

    async def find(self, request: Request) -> Response:
        language = language_of(request)
        t = TEXTS[language]
        postcode = request.query_params.get("postcode", "")[:60].strip()
        need = request.query_params.get("need", "")[:200].strip()
        if not postcode:
            return self.home(request, need=need, error=t["error_empty"], status=400)
        match self.tools.directory.find(postcode):
            case NotAPostcode():
                return self.home(request, postcode=postcode, need=need, error=t["error_not"], status=400)
            case Unknown(_, place):
                error = t["error_elsewhere"].format(place=place) if place else t["error_unknown"]
                return self.home(request, postcode=postcode, need=need, error=error, status=404)
            case NorthernIreland(_, councils):
                return self.choose(request, t["ni_title"], t["ni_text"], councils, need)
            case Choice(tidy, candidates, whole):
                text = t["choice_live" if whole else "choice_half"].format(postcode=tidy)
                return self.choose(request, t["choice_title"], text, candidates, need)
            case Found(tidy, councils):
                heading = t["councils_for" if len(councils) > 1 else "council_for"]
                return self.results(request, heading.format(postcode=tidy), councils, need)

    def choose(
        self, request: Request, title: str, text: str, councils: tuple[Council, ...], need: str
    ) -> Response:
        language = language_of(request)
        query = f"?{urlencode({'need': need})}" if need else ""
        links = [
            (council.name, prefixed(f"/council/{council.slug}", language) + query) for council in councils
        ]
        return self.page(
            request, "finder/choose.html", title, text=text, links=links, home=prefixed("/", language)
        )

    def results(self, request: Request, heading: str, councils: tuple[Council, ...], need: str) -> Response:
        language = language_of(request)
        t = TEXTS[language]
        answers: list[Answer] = []
        if need:
            answers = self.answers(councils, need, language)
        shown = self.once(councils)
        return self.page(
            request,
            "finder/results.html",
            heading,
            need=need,
            answers=answers,
            councils=[self.council_card(council, language, len(shown) > 1) for council in shown],
            plural=len(shown) > 1,
            home=prefixed("/", language),
            nothing=t["nothing"].format(need=need),
            for_need=t["for_need"].format(need=need),
        )

    def answers(self, councils: tuple[Council, ...], need: str, language: str) -> list[Answer]:
        """What a need leads to in these councils: live services first, then councils' own pages, then each
        homepage once."""
        live: dict[str, Answer] = {}
        elsewhere: dict[str, Answer] = {}
        away: dict[Council, list[str]] = {}
        for service in self.tools.directory.services.search(need, MOST_MATCHES):
            council = self.tools.directory.provider(service, councils)
            if council is None:
                continue
            answer = self.live_answer(service, council, language)
            if answer is not None:
                live[answer.url] = answer
                continue
            answer = self.linked_answer(service, council, language)
            if answer is not None:
                elsewhere.setdefault(answer.url, answer)
                continue
            titles = away.setdefault(council, [])
            title = service.govuk_label or service.name
            if title not in titles:
                titles.append(title)
        return [
            *live.values(),
            *elsewhere.values(),
            *(self.homepage(one, titles, language) for one, titles in away.items()),
        ]

    def live_answer(self, service: NationalService, council: Council, language: str) -> Answer | None:
        t = TEXTS[language]
        site = self.tools.live(council.slug)
        adopted = _serving(site, service.lgsl) if site else None
        if site is not None and adopted is not None:
            spoken = language if language in site.languages else "en"
            name = site.name.get(spoken) or site.name["en"]
            url = self.site_url(site, language, f"/{adopted.service.id}")
            return Answer(adopted.texts.need(spoken, "name"), url, t["here"].format(name=name), here=True)
        return None

    def linked_answer(self, service: NationalService, council: Council, language: str) -> Answer | None:
        """A council's own page, where somebody told us of it and it was not found broken."""
        link = self.tools.link(council.slug, service.lgsl)
        if link is None or self.successor(council):
            return None
        text = TEXTS[language]["elsewhere"].format(name=council.name)
        return Answer(service.govuk_label or link.title or service.name, link.url, text, here=False)

    def homepage(self, council: Council, titles: list[str], language: str) -> Answer:
        t = TEXTS[language]
        after = self.successor(council)
        name = (after.name.get(language) or after.name["en"]) if after else council.name
        url = after.homepage_url if after else council.homepage_url
        title = t["away_short"].format(name=name)
        return Answer(title, url, t["away"].format(titles="; ".join(titles)), here=False)

    def successor(self, council: Council) -> Site | None:
        """The site of the council that this one became part of; the directory may name it until it is renewed."""
        site = self.tools.live(council.slug)
        return site if site and site.council != council.slug else None

    def once(self, councils: tuple[Council, ...]) -> list[Council]:
        """Councils without those that became part of the same one as another of them."""
        found: dict[str, Council] = {}
        for council in councils:
            after = self.successor(council)
            found.setdefault(after.council if after else council.slug, council)
        return list(found.values())

    def council_card(self, council: Council, language: str, several: bool) -> dict[str, object]:
        t = TEXTS[language]
        site = self.tools.live(council.slug)
        does = t["county_does"] if council.tier == "county" else t["district_does"]
        services = []
        if site is not None:
            spoken = language if language in site.languages else "en"
            services = [
                (adopted.texts.need(spoken, "name"), self.site_url(site, language, f"/{adopted.service.id}"))
                for adopted in site.services
            ]
        name = (site.name.get(language) if site else None) or council.name
        return {
            "name": name,
            "url": self.site_url(site, language) if site else council.homepage_url,
            "homepage": site.homepage_url if site and site.council != council.slug else council.homepage_url,
            "does": does if several else None,
            "services": services,
            "live": site is not None,
        }

    async def council(self, request: Request) -> Response:
        found = self.tools.directory.councils.council(request.path_params["slug"])
        if found is None:
            after = self.tools.live(request.path_params["slug"])
            if after is None:
                return self.missing(request)
            # A former council that the directory does not name any more.
            return RedirectResponse(self.site_url(after, language_of(request)), 302)
        need = request.query_params.get("need", "")[:200].strip()
        return self.results(request, found.name, self.tools.directory.with_county(found), need)

    async def councils(self, request: Request) -> Response:
        language = language_of(request)
        groups = [
            (
                nation,
                [
                    (council.name, prefixed(f"/council/{council.slug}", language))
                    for council in self.tools.directory.councils.of_nation(nation)
                ],
            )
            for nation in NATIONS
        ]
        return self.page(request, "finder/councils.html", TEXTS[language]["all_councils"], groups=groups)

    async def open_data(self, request: Request) -> Response:
        """The files of all councils' measures."""
        months = await self.tools.months([site.council for site in self.tools.all_sites()])
        shown = values(months, language_of(request))
        return self.page(request, "open_data.html", DATA_WORDS[language_of(request)]["title"], **shown)

    def missing(self, request: Request) -> Response:
        language = language_of(request)
        words = WORDS[language]
        return self.page(
            request,
            "finder/missing.html",
            words["missing_title"],
            404,
            text=words["missing_text"],
            home=prefixed("/", language),
        )


def language_of(request: Request) -> str:
    """The language that a path asks for."""
    return "cy" if request.url.path == "/cy" or request.url.path.startswith("/cy/") else "en"


def _serving(site: Site, lgsl: int) -> Adopted | None:
    # Decision 2 keeps one package for both bus passes. It carries the older person's code (273), so a
    # search for the disabled person's (280) must be led to it by hand.
    wanted = 273 if lgsl == 280 else lgsl
    return next((one for one in site.services if one.service.definition.lgsl == wanted), None)


def _measures(finder: _Finder, prefix: str, safe: Safe) -> list[Route]:
    tools, board = finder.tools, finder.tools.dashboards
    if board is None:
        return []
    councils = {council.slug: council.name for council in tools.directory.councils.all}
    views = AcrossViews(
        board, tools.all_sites, tools.today, tools.assets, finder.pages, finder.page, finder.missing, councils
    )
    return measure_routes(views, language_of, prefix, safe)


def finder_app(tools: FinderTools) -> ASGIApp:
    """The finder as an ASGI application."""
    finder = _Finder(tools)
    log = structlog.get_logger("web")

    def safe(view: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                return await view(request)
            except Exception:
                log.exception("a page of the finder broke", path=request.url.path)
                return PlainTextResponse("Sorry, this is not working at the moment. Try again soon.\n", 503)

        return endpoint

    async def home(request: Request) -> Response:
        return finder.home(request, need=request.query_params.get("need", "")[:200].strip())

    async def missing(request: Request) -> Response:
        return finder.missing(request)

    async def asset(request: Request) -> Response:
        return asset_response(request, tools.assets) or finder.missing(request)

    routes = [Route("/assets/{name:path}", safe(asset))]
    for prefix in ("/cy", ""):
        routes += [
            Route(f"{prefix}/", safe(home)),
            Route(f"{prefix}/find", safe(finder.find)),
            Route(f"{prefix}/councils", safe(finder.councils)),
            Route(f"{prefix}/open-data", safe(finder.open_data)),
            Route(f"{prefix}/council/{{slug}}", safe(finder.council)),
            *_measures(finder, prefix, safe),
        ]
    routes.append(Route("/{rest:path}", safe(missing)))
    return secured(Starlette(routes=routes), Policy(tools.https))
