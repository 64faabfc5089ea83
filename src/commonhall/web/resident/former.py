"""The host of a council that became part of another: every address leads to the same one on the successor's host."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from commonhall.casework.sites import Moved, Site
from commonhall.web.pages import Pages
from commonhall.web.resident.compile import Compiler
from commonhall.web.resident.other_views import OtherViews
from commonhall.web.resident.shapes import Shapes
from commonhall.web.resident.tools import ResidentTools, Room, Visit
from commonhall.web.responses import Policy, asset_response, secured
from commonhall.web.texts import WORDS

KEEP = "public, max-age=86400"
"""How long a browser may take it for granted that the site has moved: a council may get its host back."""


def former_hosts(
    tools: ResidentTools, moved: Callable[[str], Moved | None], url: Callable[[Site, str], str]
) -> ASGIApp:
    """What former councils' hosts answer. `moved` gives the successor of a host, `url` addresses of its site.

    Only what is read is led on (301). What is sent would lose its cookie on the way, and a form would go to a host that
    its page did not name: it gets a page that says where to send it (410).
    """
    room = Room(tools, Compiler(Pages(), tools.assets, Shapes(), None))
    other = OtherViews(room)

    async def answer(request: Request) -> Response:
        path = request.url.path
        if path.startswith("/assets/"):
            # Of the page that says so.
            return asset_response(request, tools.assets) or PlainTextResponse("There is no such file.\n", 404)
        found = moved(request.headers.get("host", "").partition(":")[0].lower())
        if found is None:
            return PlainTextResponse("No council's site has this address. Check it for a slip.\n", 404)
        welsh = path.startswith("/cy/") and "cy" in found.site.languages
        visit = Visit(request, found.site, "cy" if welsh else "en", None)
        if path in {"/brand.css", "/cy/brand.css"}:
            return await other.brand(visit)
        if path == "/look.css":
            return await other.look(visit)
        if request.method not in {"GET", "HEAD"}:
            return _gone(room, visit, found, url)
        return Response(
            status_code=301, headers={"location": url(found.site, _same(request)), "cache-control": KEEP}
        )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response = await answer(Request(scope, receive))
        await response(scope, receive, send)

    return secured(app, Policy(tools.https))


def _gone(room: Room, visit: Visit, found: Moved, url: Callable[[Site, str], str]) -> Response:
    words, language = WORDS[visit.language], visit.language
    name = found.site.name.get(language) or found.site.name["en"]
    former = found.name.get(language) or found.name.get("en") or found.former
    link = (url(found.site, _same(visit.request)), words["moved_link"].format(name=name))
    text = words["moved_text"].format(former=former, name=name)
    return room.message(visit, 410, "moved_title", text, link=link)


def _same(request: Request) -> str:
    """Path and query as they were asked for."""
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope.get("query_string", b"")
    path = raw.partition(b"?")[0] + (b"?" + query if query else b"")
    return path.decode("latin-1")
