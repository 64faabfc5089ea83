"""A request of a mapping, and where it may lead: nowhere but below the base address, whatever a case or an answer holds."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self
from urllib.parse import SplitResult, quote, unquote, urlencode, urlsplit

from pydantic import BaseModel, ConfigDict, model_validator

from commonhall.connectors.dialect import as_text
from commonhall.connectors.templates import Spelling
from commonhall.engine.back_office import DeliveryFailed

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OURS = frozenset({"connection", "content-length", "expect", "host", "te", "transfer-encoding", "upgrade"})
"""What says how a message is sent, or to whom: never a mapping's to say."""
_IN_A_PATH = "%!$&'()*+,;=:@~"
"""What a segment of a path may hold as it is (RFC 3986); `%` stands for what a mapping has encoded itself."""
_PORTS = {"http": 80, "https": 443}


def segment(text: str) -> str:
    """A value as a part of a path: whatever is in it, it begins no other segment and no query."""
    return quote(text, safe="", errors="replace")


def header_fault(name: str) -> str:
    """Why a mapping may not set a header of this name; nothing where it may."""
    if not _NAME.fullmatch(name):
        return f"'{name}' is no name of a header"
    return f"the header {name} is not a mapping's to set" if name.lower() in _OURS else ""


def base_fault(address: str) -> str:
    """Why this cannot be an address that all paths stand below; nothing where it can."""
    try:
        parts = urlsplit(address)
        fine = parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if not fine or _CONTROL.search(address) or " " in address:
        return "this is not a web address that begins with https://"
    if "@" in parts.netloc:
        return "an address must not carry a user name or password: say how it is shown who asks"
    return "an address must end before any ? or #" if "?" in address or "#" in address else ""


class Request(BaseModel):
    """A request. `path` stands below the base address; whatever a value puts into it is one segment, or a part of one.

    `link` is for an address that an answer gave, such as its next page: where it comes to something it stands in place of
    path and query, and must lead below the base too. `body` is sent as JSON, `form` as a form, `raw` (base64) as bytes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    SPELT: ClassVar[Mapping[str, Spelling]] = {"path": segment}

    method: Literal["GET", "POST", "PUT", "PATCH"] = "POST"
    path: str = ""
    link: str | None = None
    query: dict[str, Any] = {}
    headers: dict[str, str] = {}
    body: Any = None
    form: dict[str, Any] | None = None
    raw: str | None = None

    @model_validator(mode="after")
    def _is_one_message(self) -> Self:
        if sum(part is not None for part in (self.body, self.form, self.raw)) > 1:
            raise ValueError("a request has a body, a form or raw, not several of them")
        wrong = next(filter(None, map(header_fault, self.headers)), "")
        if wrong:
            raise ValueError(wrong)
        return self


def message(request: Mapping[str, Any]) -> tuple[bytes | None, dict[str, str]]:
    """The bytes of a filled request, and its headers by names in small letters. Raises `DeliveryFailed`."""
    headers = {name.lower(): as_text(text) for name, text in request.get("headers", {}).items()}
    if request.get("form") is not None:
        pairs = {name: as_text(value) for name, value in request["form"].items()}
        headers.setdefault("content-type", "application/x-www-form-urlencoded")
        return urlencode(pairs, errors="replace").encode(), headers
    if request.get("raw") is not None:
        headers.setdefault("content-type", "application/octet-stream")
        try:
            return base64.b64decode(as_text(request["raw"]), validate=True), headers
        except binascii.Error:
            raise DeliveryFailed("the mapping cannot be filled: raw: this is not base64") from None
    if request.get("body") is None:
        return None, headers
    headers.setdefault("content-type", "application/json")
    return json.dumps(request["body"], ensure_ascii=False).encode("utf-8", "replace"), headers


def address(base: str, request: Mapping[str, Any], shown: Mapping[str, str]) -> str:
    """Where a filled request goes; `shown` is what the query says of who asks. Raises `DeliveryFailed`."""
    link = as_text(request.get("link")).strip()
    if link:
        path, query = _followed(base, link)
    else:
        path, _, query = as_text(request.get("path")).partition("?")
        path = f"{urlsplit(base).path.rstrip('/')}/{path.lstrip('/')}"
        pairs = {name: as_text(value) for name, value in request.get("query", {}).items()}
        query = "&".join(filter(None, [query, urlencode(pairs, errors="replace")]))
    if any(unquote(part) in {".", ".."} for part in path.split("/")) or _CONTROL.search(path + query):
        raise DeliveryFailed("the mapping cannot be filled: what comes into the path would leave it")
    encoded = "/".join(quote(part, safe=_IN_A_PATH) for part in path.split("/"))
    words = "&".join(filter(None, [query, urlencode(shown, errors="replace")]))
    parts = urlsplit(base)
    return f"{parts.scheme}://{parts.netloc}{encoded}{f'?{words}' if words else ''}"


def _followed(base: str, link: str) -> tuple[str, str]:
    """Path and query of a link that an answer gave. Raises `DeliveryFailed` where it does not lead below the base."""
    home = urlsplit(base)
    below = home.path.rstrip("/")
    try:
        parts = urlsplit(link if "://" in link or link.startswith("/") else f"{below}/{link}")
        same = not (parts.scheme or parts.netloc) or _place(parts) == _place(home)
    except ValueError:
        same = False
    if not same or "\\" in link or not f"{parts.path}/".startswith(f"{below}/"):
        raise DeliveryFailed("the next page of its answer is at another address: that is not followed")
    return parts.path, parts.query


def _place(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme.lower(), parts.hostname, parts.port or _PORTS.get(parts.scheme.lower())
