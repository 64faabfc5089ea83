"""How a council's services are doing, for everybody to see: small numbers are kept back."""

from __future__ import annotations

from starlette.responses import Response

from commonhall.web.dashboards.board import Board
from commonhall.web.dashboards.dashboards import Whose
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
from commonhall.web.dashboards.subjects import ALL, council_subject
from commonhall.web.dashboards.words import WORDS
from commonhall.web.pages import prefixed
from commonhall.web.resident.tools import Room, Visit
from commonhall.web.responses import page_response

MEASURES = "/measures"


class MeasureViews:
    """Views over one room."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.dashboards = room.tools.dashboards

    async def overview(self, visit: Visit) -> Response:
        """All services of the council."""
        return await self._page(visit, None)

    async def service(self, visit: Visit) -> Response:
        """One service of the council."""
        service = visit.params["service"]
        if service not in visit.site.service_names(visit.language):
            return self.room.missing(visit)
        return await self._page(visit, service)

    async def chart(self, visit: Visit) -> Response:
        """A chart, or its figures as a file."""
        service = visit.params["service"]
        if service != ALL and service not in visit.site.service_names(visit.language):
            return self.room.missing(visit)
        span, faults = self._span(visit)
        if faults:
            return no_chart(faults)
        board = await self._board(visit, None if service == ALL else service, span)
        answer = await chart_file(visit.request, self.dashboards, board, visit.params["file"], private=False)
        return answer or self.room.missing(visit)

    def _span(self, visit: Visit) -> tuple[Span, list[SpanFault]]:
        return read_span(visit.request.query_params, self.room.tools.desk.today(), visit.language)

    async def _board(self, visit: Visit, service: str | None, span: Span) -> Board:
        today = self.room.tools.desk.today()
        subject = council_subject(visit.site, service, visit.language, PUBLIC, today)
        return await self.dashboards.board(Whose(visit.site.council, service), subject, span)

    async def _page(self, visit: Visit, service: str | None) -> Response:
        language, today = visit.language, self.room.tools.desk.today()
        words, names = WORDS[language], visit.site.service_names(language)
        span, faults = self._span(visit)
        board = await self._board(visit, service, span)
        path = f"{MEASURES}/{service}" if service else MEASURES
        base = prefixed(f"{MEASURES}/{service or ALL}/chart", language)
        context = board_context(board, base, prefixed(path, language))
        if service is None and board.by_service:
            shown = [name for name in names if name in board.services]
            context["links"] = [f"{prefixed(f'{MEASURES}/{name}', language)}?{span.query}" for name in shown]
        if visit.request.query_params.get("part") == LIVE and not faults:
            return live_part(visit.request, self.room.compiler.pages, board, context)
        title = words["title_service"].format(service=names[service]) if service else words["title"]
        query = f"?{span.query}" if visit.request.url.query and not faults else ""
        frame = self.room.compiler.frame(visit.site, language, title, path + query)
        assets = self.room.tools.assets
        body = self.room.compiler.plain_page(
            "dashboards/public.html",
            frame,
            **context,
            title=title,
            intro=words["intro"],
            action=prefixed(path, language),
            span=span_context(span, faults, visit.request.query_params, today, language),
            demonstration=visit.site.made_up,
            up=f"{prefixed(MEASURES, language)}?{span.query}" if service else None,
            measures_css=assets.url("measures.css"),
            measures_js=assets.url("measures.js"),
        )
        return page_response(
            visit.request, body, 400 if faults else 200, headers={"cache-control": "no-cache"}
        )
