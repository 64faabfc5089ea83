"""How a council's services are doing, for its staff: nothing is kept back, and streets are told."""

from __future__ import annotations

from starlette.responses import Response

from commonhall.engine.staff import Permission
from commonhall.web.dashboards.board import Board
from commonhall.web.dashboards.dashboards import Whose
from commonhall.web.dashboards.guard import STAFF
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
from commonhall.web.workspace.tools import HOME, Page, Room, StaffVisit

PATH = f"{HOME}/measures"


def pages(room: Room) -> list[Page]:
    """All services, one service, and the charts of both."""
    views = _Measures(room)
    return [
        Page("/measures", views.overview, Permission.SEE_SERVICES),
        Page("/measures/{service}", views.service, Permission.SEE_SERVICES),
        Page("/measures/{service}/chart/{file}", views.chart, Permission.SEE_SERVICES),
    ]


class _Measures:
    def __init__(self, room: Room) -> None:
        self.room = room
        self.dashboards = room.tools.dashboards

    async def overview(self, visit: StaffVisit) -> Response:
        """All services of the council."""
        return await self._page(visit, None)

    async def service(self, visit: StaffVisit) -> Response:
        """One service of the council."""
        if visit.params["service"] not in visit.site.service_names("en"):
            return self.room.missing(visit)
        return await self._page(visit, visit.params["service"])

    async def chart(self, visit: StaffVisit) -> Response:
        """A chart, or its figures as a file."""
        service = visit.params["service"]
        if service != ALL and service not in visit.site.service_names("en"):
            return self.room.missing(visit)
        span, faults = self._span(visit)
        if faults:
            return no_chart(faults)
        board = await self._board(visit, None if service == ALL else service, span)
        answer = await chart_file(visit.request, self.dashboards, board, visit.params["file"], private=True)
        return answer or self.room.missing(visit)

    def _span(self, visit: StaffVisit) -> tuple[Span, list[SpanFault]]:
        return read_span(visit.request.query_params, self.room.tools.desk.today(), "en")

    async def _board(self, visit: StaffVisit, service: str | None, span: Span) -> Board:
        subject = council_subject(visit.site, service, "en", STAFF, self.room.tools.desk.today())
        return await self.dashboards.board(Whose(visit.council, service), subject, span)

    async def _page(self, visit: StaffVisit, service: str | None) -> Response:
        words, names = WORDS["en"], visit.site.service_names("en")
        span, faults = self._span(visit)
        board = await self._board(visit, service, span)
        path = f"{PATH}/{service}" if service else PATH
        context = board_context(board, f"{PATH}/{service or ALL}/chart", path)
        if service is None:
            context["links"] = [f"{PATH}/{name}?{span.query}" for name in names if name in board.services]
        query = visit.request.query_params
        if query.get("part") == LIVE and not faults:
            return live_part(visit.request, self.room.pages, board, context)
        form = span_context(span, faults, query, self.room.tools.desk.today(), "en")
        assets = self.room.tools.assets
        return self.room.page(
            visit,
            "workspace/measures/overview.html",
            words["title_service"].format(service=names[service]) if service else words["title"],
            status=400 if faults else 200,
            back=f"{PATH}?{span.query}" if service else None,
            errors=form["errors"],
            **context,
            action=path,
            span=form,
            public=f"/measures/{service}" if service else "/measures",
            demonstration=visit.site.made_up,
            measures_css=assets.url("measures.css"),
            measures_js=assets.url("measures.js"),
        )
