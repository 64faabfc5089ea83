"""How services are doing across the councils of this platform, for everybody to see: small numbers are kept back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from commonhall.casework.sites import Site
from commonhall.web.assets import Assets
from commonhall.web.dashboards.board import Board, Subject
from commonhall.web.dashboards.dashboards import Dashboards
from commonhall.web.dashboards.guard import PUBLIC
from commonhall.web.dashboards.serving import (
    LIVE,
    board_context,
    chart_file,
    live_part,
    no_chart,
    span_context,
)
from commonhall.web.dashboards.spans import Span, SpanFault, read_span
from commonhall.web.dashboards.subjects import ALL, per_of
from commonhall.web.dashboards.words import WORDS
from commonhall.web.pages import Pages, prefixed

MEASURES = "/measures"
Show = Callable[..., Response]
Safe = Callable[[Callable[[Request], Awaitable[Response]]], Callable[[Request], Awaitable[Response]]]
"""Keeps whatever breaks in a view from breaking more than its page."""


class AcrossViews:
    """The pages, for whoever renders the finder's. `show(request, template, title, status, **values)` does that;
    `councils` are the names of all councils that there are, by their short names."""

    def __init__(
        self,
        dashboards: Dashboards,
        sites: Callable[[], list[Site]],
        today: Callable[[], date],
        assets: Assets,
        pages: Pages,
        show: Show,
        missing: Callable[[Request], Response],
        councils: Mapping[str, str],
    ) -> None:
        self.dashboards = dashboards
        self.sites = sites
        self.today = today
        self.assets = assets
        self.pages = pages
        self.show = show
        self.missing = missing
        self.councils = councils

    async def page(self, request: Request, language: str) -> Response:
        """All services, or the one that the path names."""
        service = request.path_params.get("service")
        names = self._services(language)
        if service is not None and service not in names:
            return self.missing(request)
        words = WORDS[language]
        span, faults = self._span(request, language)
        board = await self._board(service, span, language)
        path = prefixed(f"{MEASURES}/{service}" if service else MEASURES, language)
        base = prefixed(f"{MEASURES}/{service or ALL}/chart", language)
        context = board_context(board, base, path, over_time=False)
        if service is None:
            shown = [name for name in names if name in board.services]
            context["links"] = [f"{prefixed(f'{MEASURES}/{name}', language)}?{span.query}" for name in shown]
        if request.query_params.get("part") == LIVE and not faults:
            return live_part(request, self.pages, board, context)
        form = span_context(span, faults, request.query_params, self.today(), language)
        # Nothing is counted by day or month here.
        form["periods"] = []
        values: dict[str, Any] = {
            "action": path,
            "intro": words["across_intro"],
            "span": form,
            "demonstration": any(site.made_up for site in self.sites()),
            "up": f"{prefixed(MEASURES, language)}?{span.query}" if service else None,
            "measures_css": self.assets.url("measures.css"),
            "measures_js": self.assets.url("measures.js"),
            "error": bool(faults) or None,
        }
        title = words["title_service"].format(service=names[service]) if service else words["title"]
        return self.show(
            request, "dashboards/public.html", title, 400 if faults else 200, **context, **values
        )

    async def chart(self, request: Request, language: str) -> Response:
        """A chart, or its figures as a file."""
        service = request.path_params["service"]
        if service != ALL and service not in self._services(language):
            return self.missing(request)
        span, faults = self._span(request, language)
        if faults:
            return no_chart(faults)
        board = await self._board(None if service == ALL else service, span, language)
        file = request.path_params["file"]
        return await chart_file(request, self.dashboards, board, file, private=False) or self.missing(request)

    def _span(self, request: Request, language: str) -> tuple[Span, list[SpanFault]]:
        return read_span(request.query_params, self.today(), language)

    def _services(self, language: str) -> Mapping[str, str]:
        """The services that councils here run, by name; a council may have its own words for one, the first stands."""
        names: dict[str, str] = {}
        for site in self.sites():
            for adopted in site.services:
                names.setdefault(adopted.service.id, adopted.texts.need(language, "name"))
        return dict(sorted(names.items(), key=lambda item: item[1].casefold()))

    async def _board(self, service: str | None, span: Span, language: str) -> Board:
        sites = self.sites()
        here = frozenset(site.council for site in sites)
        if service is None:
            subject = Subject(language, PUBLIC, self.today(), self._services(language))
            return await self.dashboards.across_services(subject, span, here)
        # Also councils without a site here may have sent figures.
        names = {
            **self.councils,
            **{site.council: site.name.get(language) or site.name["en"] for site in sites},
        }
        names = dict(sorted(names.items(), key=lambda item: item[1].casefold()))
        adopted = next(one for site in sites for one in site.services if one.service.id == service)
        lgsl, per = adopted.service.definition.lgsl, per_of(adopted)
        subject = Subject(language, PUBLIC, self.today(), names, lgsl=lgsl, per=per)
        return await self.dashboards.across_councils(service, subject, span, here)


def measure_routes(
    views: AcrossViews, language_of: Callable[[Request], str], prefix: str, safe: Safe
) -> list[Route]:
    """Where the pages and their charts are, in the language that `prefix` begins."""

    async def page(request: Request) -> Response:
        return await views.page(request, language_of(request))

    async def chart(request: Request) -> Response:
        return await views.chart(request, language_of(request))

    return [
        Route(f"{prefix}{MEASURES}", safe(page)),
        Route(f"{prefix}{MEASURES}/{{service}}", safe(page)),
        Route(f"{prefix}{MEASURES}/{{service}}/chart/{{file}}", safe(chart)),
    ]
