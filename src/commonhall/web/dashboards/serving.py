"""How dashboards are answered: a page's context, the part of it that changes, and each chart at an address of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import Response

from commonhall.web.charts.artist import DrawingFailed
from commonhall.web.charts.chart import Chart
from commonhall.web.dashboards.board import Board
from commonhall.web.dashboards.dashboards import Dashboards
from commonhall.web.dashboards.pictures import shown_table
from commonhall.web.dashboards.showing import names_of_months
from commonhall.web.dashboards.spans import CHOICES, PERIODS, Span, SpanFault
from commonhall.web.dashboards.words import SPAN, WORDS
from commonhall.web.pages import Pages
from commonhall.web.responses import page_response, text_response

_FILE = re.compile(r"([a-z][a-z-]{0,40})\.(svg|png|csv|json)")
_TYPES = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}
LIVE = "live"
"""What a script says in `part` to be given the part of a page that changes."""


def board_context(board: Board, base: str, path: str, *, over_time: bool = True) -> dict[str, Any]:
    """What the templates need of a board. `base` is where its charts are, `path` the page's own, with the language."""
    query = board.span.query
    every = [*board.charts, *([board.by_service] if board.by_service else [])]
    return {
        "t": WORDS[board.language],
        "board": board,
        "charts": [_chart_context(chart, board.span, base, query) for chart in board.charts],
        "services": _chart_context(board.by_service, board.span, base, query) if board.by_service else None,
        "figures_files": f"{base}/figures",
        "query": query,
        "live": f"{path}?{query}&part={LIVE}",
        "some": bool(every or board.figures),
        "span_words": board.span.words(board.language) if over_time else board.span.days(board.language),
    }


def _chart_context(chart: Chart, span: Span, base: str, query: str) -> dict[str, Any]:
    return {
        "name": chart.name,
        "title": chart.title,
        "alt": chart.alt,
        "about": chart.about,
        "note": chart.note,
        "file": f"{base}/{chart.name}",
        "version": f"{query}&v={chart.digest}",
        "drawn": bool(chart.wide),
        "width": chart.wide.get("width"),
        "height": chart.wide.get("height"),
        "narrow_width": chart.narrow.get("width"),
        "narrow_height": chart.narrow.get("height"),
        "table": shown_table(chart, span),
    }


def span_context(
    span: Span, faults: list[SpanFault], query: Mapping[str, str], today: date, language: str
) -> dict[str, Any]:
    """What the form needs that asks for other days; with faults it holds what was typed."""
    texts = SPAN[language]
    own = {"from": span.first.isoformat(), "to": span.last.isoformat()}
    return {
        "texts": texts,
        "choices": [(one, texts[f"span_{one}"], one == span.choice) for one in CHOICES],
        "periods": [(one, texts[f"period_{one}"], one == span.period) for one in PERIODS],
        "from": query.get("from", "")[:10] if faults else own["from"],
        "to": query.get("to", "")[:10] if faults else own["to"],
        "today": today.isoformat(),
        "faults": {fault.field: fault.text for fault in faults},
        "errors": [{"text": fault.text, "href": f"#{fault.field}"} for fault in faults],
    }


def live_part(request: Request, pages: Pages, board: Board, context: Mapping[str, Any]) -> Response:
    """The part of a page that changes, for a script that looks whether it has."""
    etag = f'"{board.digest}"'
    headers = {"etag": etag, "cache-control": "private, no-cache"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    body = pages.fragment("dashboards/board.html", **context).encode()
    return page_response(request, body, headers=headers)


def no_chart(faults: Sequence[SpanFault]) -> Response:
    """No chart, since its days cannot be: what is wrong with them, a line each."""
    texts = "".join(f"{fault.text}\n" for fault in faults)
    return Response(texts, 400, {"cache-control": "no-store"}, media_type="text/plain")


async def chart_file(
    request: Request, dashboards: Dashboards, board: Board, file: str, *, private: bool
) -> Response | None:
    """A chart as svg or png, or its figures as csv or json. None where the board has no such chart."""
    found = _FILE.fullmatch(file)
    chart = board.chart(found[1]) if found else None
    if found is None or chart is None:
        return None
    form, size = found[2], request.query_params.get("size", "wide")
    if form in ("svg", "png") and not chart.wide:
        return None
    size = "narrow" if size == "narrow" else "wide"
    etag = f'"{chart.digest}-{size}-{form}"'
    current = request.query_params.get("v") == chart.digest
    keep = "max-age=31536000, immutable" if current else "no-cache"
    headers = {
        "etag": etag,
        "cache-control": f"{'private' if private else 'public'}, {keep}",
        "vary": "accept-encoding",
    }
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    if form == "csv":
        headers["content-disposition"] = f'attachment; filename="{chart.name}.csv"'
        return text_response(request, chart.table.as_csv(), _TYPES[form], headers=headers)
    if form == "json":
        return text_response(request, chart.as_json(), _TYPES[form], headers=headers)
    return await _picture(request, dashboards, chart, size, form, headers)


async def _picture(
    request: Request, dashboards: Dashboards, chart: Chart, size: str, form: str, headers: dict[str, str]
) -> Response:
    key = f"{chart.digest}-{size}-{form}"
    try:
        body = await dashboards.artist.picture(key, chart.spec(size), form, names_of_months(chart.language))
    except DrawingFailed as failed:
        log = structlog.get_logger("charts")
        log.warning("a chart was not drawn", chart=chart.name, reason=str(failed))
        words = WORDS[chart.language]["failed"]
        retry = {"cache-control": "no-store", "retry-after": "5"}
        return Response(f"{words}\n", 503, retry, media_type="text/plain")
    if form == "png":
        return Response(body, headers=headers, media_type=_TYPES[form])
    return text_response(request, body, _TYPES[form], headers=headers)
