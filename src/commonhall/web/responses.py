"""How every page is answered: security headers, compression, forms read within limits, assets kept for ever."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlsplit

import brotli
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from commonhall.web.assets import Assets

MOST_BYTES = 262_144
"""Of a form: the longest text that the language allows, 20,000 characters, is up to 240,000 bytes when it is sent."""
MOST_FIELDS = 3_000
"""Of a form: the longest list that the language allows has fifty rows of eight questions with up to six boxes."""
LEAST_TO_COMPRESS = 1_000
_QUERY = "!$%&'()*+,-./:;=?@_~[]"
_REFUSED = re.compile(r"\s*q\s*=\s*0(\.0*)?\s*")


class FormRefused(Exception):  # noqa: N818
    """A form cannot be taken. `status` is the HTTP status, `word` the key of what to say."""

    def __init__(self, status: int, word: str) -> None:
        super().__init__(word)
        self.status = status
        self.word = word


async def read_form(request: Request) -> dict[str, list[str]]:
    """The fields of a plain form: name to values. Raises `FormRefused` for what is too large or not a form."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise FormRefused(415, "refused_form")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise FormRefused(413, "refused_large")
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise FormRefused(400, "refused_form") from None
    form: dict[str, list[str]] = {}
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    return form


def is_cross_site(request: Request) -> bool:
    """Whether a browser says that a POST comes from another site's page."""
    said = request.headers.get("sec-fetch-site")
    if said is not None:
        return said not in {"same-origin", "none"}
    # Older browsers say only where the page came from; "null" is a page that hides it, which ours never do.
    origin = request.headers.get("origin")
    return bool(origin) and urlsplit(str(origin)).netloc != request.headers.get("host")


def best_encoding(accepted: str) -> str | None:
    """The encoding that a browser takes of the two that we make: "br", "gzip", or neither (RFC 9110, 12.5.3)."""
    accepted = accepted.lower()
    if ";" in accepted:
        offers = (offer.partition(";") for offer in accepted.split(","))
        names = {name.strip() for name, _, weight in offers if not _REFUSED.fullmatch(weight)}
    else:
        names = {name.strip() for name in accepted.split(",")}
    return "br" if "br" in names else "gzip" if "gzip" in names else None


def page_response(
    request: Request, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A page of HTML, compressed if the browser asks for it."""
    found = {"vary": "accept-encoding", "cache-control": "no-store", **(headers or {})}
    return text_response(request, body, "text/html; charset=utf-8", status, found)


def text_response(
    request: Request,
    body: bytes,
    media_type: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A text, compressed if the browser asks for it and it is worth it."""
    found = dict(headers or {})
    accepted = request.headers.get("accept-encoding", "")
    if accepted and len(body) >= LEAST_TO_COMPRESS:
        encoding = best_encoding(accepted)
        if encoding:
            found["content-encoding"] = encoding
            body = brotli.compress(body, quality=4) if encoding == "br" else gzip.compress(body, 5, mtime=0)
    return Response(body, status, found, media_type=media_type)


def see(path: str) -> Response:
    """Go on to another page of the same site. `path` is one of ours, with nothing in it to be quoted."""
    return Response(status_code=303, headers={"location": path, "cache-control": "no-store"})


def asset_response(request: Request, assets: Assets) -> Response | None:
    """A built file, as its browser takes it best; None where there is none by this name."""
    asset = assets.serve.get(request.url.path)
    if asset is None:
        return None
    keep = "public, max-age=31536000, immutable"
    headers = {"etag": asset.etag, "cache-control": keep, "vary": "accept-encoding"}
    if request.headers.get("if-none-match") == asset.etag:
        return Response(status_code=304, headers=headers)
    encoding = best_encoding(request.headers.get("accept-encoding", ""))
    if encoding:
        body = asset.brotli if encoding == "br" else asset.gzip
        return Response(
            body, headers={**headers, "content-encoding": encoding}, media_type=asset.content_type
        )
    return Response(asset.body, headers=headers, media_type=asset.content_type)


@dataclass(frozen=True, slots=True)
class Policy:
    """Which outside places pages may reach, and whether the site is served by https."""

    https: bool
    connect: tuple[str, ...] = ()

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The security headers of every response."""
        connect = " ".join(("'self'", *self.connect))
        policy = (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
            f"connect-src {connect}; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        found = {
            "content-security-policy": policy,
            "x-content-type-options": "nosniff",
            "referrer-policy": "same-origin",
            "permissions-policy": "geolocation=(self), camera=(), microphone=()",
            "cross-origin-opener-policy": "same-origin",
        }
        if self.https:
            found["strict-transport-security"] = "max-age=31536000; includeSubDomains"
        return [(name.encode(), value.encode()) for name, value in found.items()]


def secured(app: ASGIApp, policy: Policy) -> ASGIApp:
    """Put the security headers on every response of an application, and let it see addresses of ASCII alone."""
    headers = policy.headers()

    async def run(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *headers]
            await send(message)

        if not scope.get("query_string", b"").isascii():
            # Some clients do not quote what they should; what is no UTF-8 then could not even be read.
            scope = {**scope, "query_string": quote(scope["query_string"], safe=_QUERY).encode()}
        await app(scope, receive, send_secured if scope["type"] == "http" else send)

    return run
