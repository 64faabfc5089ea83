"""What councils' own websites load for `<commonhall-journey>`: the script, and the platform's words in a language.

Its addresses carry the version of what they promise, `v1`, and stay. What they answer may be read by any site's page:
it is the same for everybody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from commonhall.casework.sites import Site
from commonhall.web.assets import Assets
from commonhall.web.responses import Policy, best_encoding, secured
from commonhall.web.texts import LOCATION_WORDS, WORDS

SCRIPT = "/embed/v1/commonhall-journey.js"
_NAME = "commonhall-journey.js"
_OPEN = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}
_KEEP = "public, max-age=300, stale-while-revalidate=86400"
"""The address stays while the script may be mended: for five minutes nobody asks whether it is the same."""
_SAID = """
back continue start_now change error_prefix error_title optional need_title need_intro time time_one check_title
check_send check_note not_given confirmation_title confirmation_reference confirmation_next confirmation_follow
confirmation_unfollowed day month year date_hint line1 line2 town postcode place_description place_description_hint
place_postcode add_another remove_row choose_option money_prefix start_again expired_title expired_text
characters_left characters_remaining characters_remaining_one characters_over characters_over_one
feedback_title feedback_comment feedback_comment_hint feedback_missing feedback_send feedback_thanks
score_1 score_2 score_3 score_4 score_5 embed_lost embed_try embed_elsewhere
"""
_PLACE = ("here", "finding", "found", "failed", "remove", "removed")


def snippet(url: str, service: str, name: str, language: str = "en") -> str:
    """What a council's web team puts into a page of its own; `name` is what the link says where no script runs."""
    page = f"{url}{'/cy' if language == 'cy' else ''}/{service}"
    said = str(name).replace("&", "&amp;").replace("<", "&lt;")
    return (
        f'<script type="module" src="{url}{SCRIPT}"></script>\n'
        f'<commonhall-journey site="{url}" service="{service}" lang="{language}">\n'
        f'  <a href="{page}">{said}</a>\n'
        "</commonhall-journey>\n"
    )


def words_of(site: Site, language: str) -> dict[str, Any]:
    """Everything that the element says by itself, and the council's colour."""
    words: dict[str, Any] = {name: WORDS[language][name] for name in _SAID.split()}
    words["location"] = {name: LOCATION_WORDS[language][name] for name in _PLACE}
    words["phone"] = WORDS[language]["phone"].format(phone=site.phone) if site.phone else ""
    return {"language": language, "words": words, "colour": site.brand.colour}


def embed_app(site_of: Callable[[str], Site | None], assets: Assets, *, https: bool) -> ASGIApp:
    """The application under `/embed`, for all councils' hosts."""
    script = assets.serve[assets.url(_NAME)]

    def found(request: Request, etag: str, body: bytes, kind: str, encoding: str | None = None) -> Response:
        headers = {**_OPEN, "etag": etag, "cache-control": _KEEP, "vary": "accept-encoding"}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        headers |= {"content-encoding": encoding} if encoding else {}
        return Response(body, headers=headers, media_type=kind)

    async def answer_script(request: Request) -> Response:
        encoding = best_encoding(request.headers.get("accept-encoding", ""))
        body = {"br": script.brotli, "gzip": script.gzip}.get(encoding or "", script.body)
        return found(request, script.etag, body, script.content_type, encoding)

    async def answer_words(request: Request) -> Response:
        site = site_of(request.headers.get("host", "").partition(":")[0].lower())
        language = request.path_params["language"]
        if site is None or language not in site.languages:
            return Response("There is no such file.\n", 404, _OPEN, "text/plain")
        body = msgspec.json.encode(words_of(site, language))
        etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        return found(request, etag, body, "application/json")

    async def nothing(request: Request) -> Response:
        return Response("There is no such file.\n", 404, _OPEN, "text/plain")

    routes = [
        Route(SCRIPT, answer_script),
        Route("/embed/v1/words-{language}.json", answer_words),
        Route("/{rest:path}", nothing),
    ]
    return secured(Starlette(routes=routes), Policy(https))
