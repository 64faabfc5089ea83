"""The REST connector: requests and answers as a mapping says, to a back office with an HTTP interface of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib import resources
from typing import Any, Literal
from urllib.parse import quote, urlencode, urlsplit

import httpx2
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from commonhall.connectors.http import Answer, Caller, Patience, refuse, storable
from commonhall.connectors.kinds import Kind
from commonhall.connectors.mapped import Answered, Mapped
from commonhall.connectors.mapping import MappingOf, merged, read_preset
from commonhall.connectors.rest.auth import NEEDED, Auth, NoAuth, SignIn
from commonhall.connectors.templates import as_text, as_values
from commonhall.engine.back_office import (
    CaseForDelivery,
    DeliveryFailed,
    Receipt,
    SetUpField,
    StatusUpdate,
    UpdateRefused,
)

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Request(BaseModel):
    """A request: `path` stands below the base address; `body` is sent as JSON, `form` as a form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Literal["GET", "POST", "PUT", "PATCH"] = "POST"
    path: str
    query: dict[str, Any] = {}
    headers: dict[str, str] = {}
    body: Any = None
    form: dict[str, Any] | None = None


RestMapping = MappingOf[Request]


def presets() -> dict[str, dict[str, Any]]:
    """The ready-made mappings, by name."""
    folder = resources.files("commonhall.connectors.rest") / "mappings"
    return {
        item.name.removesuffix(".yaml"): read_preset(item.read_text("utf-8"))
        for item in sorted(folder.iterdir(), key=lambda item: item.name)
        if item.name.endswith(".yaml")
    }


class RestSettings(BaseModel):
    """Where the back office is, how it is shown who asks, and what is sent and read.

    `preset` is a ready-made mapping; `mapping` lies over it part by part, or stands alone. `tables` and `values` are the
    council's own entries. `updates`: whether it is asked for progress, where the mapping can.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    base: str = Field(pattern=r"^https?://")
    preset: str | None = None
    mapping: dict[str, Any] | None = None
    tables: dict[str, dict[str, Any]] = {}
    values: dict[str, Any] = {}
    auth: Auth = NoAuth()
    updates: bool = True

    def whole(self) -> RestMapping:
        """The mapping that results. Raises `ValueError` in plain words."""
        known = presets()
        if self.preset is not None and self.preset not in known:
            raise ValueError(f"there is no ready-made mapping '{self.preset}'; there are {', '.join(known)}")
        tree = merged(known.get(self.preset or "", {}), self.mapping or {})
        if not tree:
            raise ValueError("give a mapping, or the name of a ready-made one as preset")
        try:
            return RestMapping.model_validate(tree)
        except ValidationError as error:
            words = [
                f"{'.'.join(map(str, one['loc']))}: {one['msg'][:1].lower()}{one['msg'][1:]}"
                for one in error.errors(include_url=False, include_input=False)
            ]
            raise ValueError("; ".join(words[:10])) from None


class RestSecrets(BaseModel):
    """What the back office gave: whichever of these its way of signing in needs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str | None = None
    password: str | None = None
    client_secret: str | None = None
    private_key: str | None = None


def faults(settings: RestSettings, secrets: RestSecrets) -> list[tuple[tuple[str | int, ...], str]]:
    """What is wrong with the mapping, and the secret that is missing."""
    found: list[tuple[tuple[str | int, ...], str]] = []
    try:
        Mapped(settings.whole(), values=settings.values, tables=settings.tables, secret={})
    except ValueError as wrong:
        found.append((("settings", "mapping"), f"settings.mapping: {wrong}"))
    needed = NEEDED.get(settings.auth.type)
    if needed and not getattr(secrets, needed):
        found.append((("secrets", needed), f"secrets.{needed} is missing: {settings.auth.type} needs it"))
    return found


class RestConnector:
    """Delivers and asks for updates by a mapping."""

    kind = "rest"

    def __init__(
        self,
        settings: RestSettings,
        secrets: RestSecrets,
        http: httpx2.AsyncClient,
        clock: Callable[[], datetime],
        *,
        allow_private: bool = False,
        patience: Patience | None = None,
    ) -> None:
        given = secrets.model_dump()
        self._base = settings.base.rstrip("/")
        self._caller = Caller(http, allow_private, patience or Patience())
        self._sign_in = SignIn(settings.auth, given, self._caller, clock)
        self._mapped = Mapped(
            settings.whole(), values=settings.values, tables=settings.tables, secret={"key": secrets.key}
        )
        self._clock = clock
        asks = settings.updates and self._mapped.has_updates
        self.can = frozenset({"deliver", "updates"} if asks else {"deliver"})

    async def deliver(self, case: CaseForDelivery, idempotency_key: str) -> Receipt:
        """Send a case as the mapping says; the key goes along as Idempotency-Key, too."""
        ask = _once(self._ask, idempotency_key)
        return await self._mapped.deliver(case, idempotency_key, self._clock(), ask)

    async def updates(self, since: datetime) -> list[StatusUpdate]:
        """Ask what has happened since then, as the mapping says."""
        return await self._mapped.updates(since, self._clock(), self._ask)

    def receive(self, headers: Mapping[str, str], body: bytes) -> list[StatusUpdate]:
        """It is asked; it does not push."""
        raise UpdateRefused("this connector asks for its updates: nothing can be pushed to it")

    async def _ask(self, request: Mapping[str, Any], key: str = "") -> Answered:
        answer = await self._call(request, key)
        if answer.status == 401 and self._sign_in.forget():
            # The token may have been taken back before its time: once more, with another.
            answer = await self._call(request, key)
        body = _body(answer)
        values = as_values(answer={"status": answer.status, "headers": dict(answer.headers), "body": body})
        if not 200 <= answer.status < 300:
            return Answered(
                answer.status, values["answer"], refuse(answer, _said(answer, body), self._clock())
            )
        if answer.is_page:
            words = "a web page came back: something in front of the back office answered"
            return Answered(answer.status, values["answer"], DeliveryFailed(words))
        return Answered(answer.status, values["answer"])

    async def _call(self, request: Mapping[str, Any], key: str) -> Answer:
        shown, query = await self._sign_in.head()
        given = {name: _CONTROL.sub(" ", as_text(text)) for name, text in request.get("headers", {}).items()}
        headers = {"accept": "application/json", **given, **shown}
        if key and request["method"] != "GET":
            headers["idempotency-key"] = key
        content = None
        if request.get("form") is not None:
            pairs = {name: as_text(value) for name, value in request["form"].items()}
            content = urlencode(pairs, errors="replace").encode()
            headers["content-type"] = "application/x-www-form-urlencoded"
        elif request.get("body") is not None:
            content = json.dumps(request["body"], ensure_ascii=False).encode("utf-8", "replace")
            headers.setdefault("content-type", "application/json")
        url = self._url(as_text(request["path"]), {**request.get("query", {}), **query})
        return await self._caller.call(as_text(request["method"]), url, headers=headers, content=content)

    def _url(self, path: str, query: Mapping[str, Any]) -> str:
        """An address below the base, whatever came into the path. Raises `DeliveryFailed`."""
        if path.startswith(("http://", "https://")):
            # A page's own word for the next one: only where it is the same place.
            if not path.startswith((f"{self._base}/", f"{self._base}?")):
                raise DeliveryFailed(
                    "the next page of its answer is at another address: that is not followed"
                )
            path = path.removeprefix(self._base)
        path, _, own = path.partition("?")
        parts = path.split("/")
        if any(part in {".", ".."} for part in parts) or _CONTROL.search(path):
            raise DeliveryFailed("the mapping cannot be filled: what comes into the path would leave it")
        encoded = "/".join(quote(part, safe=_IN_A_PATH) for part in parts)
        words = "&".join(
            filter(None, [own, urlencode({k: as_text(v) for k, v in query.items()}, errors="replace")])
        )
        url = f"{self._base}/{encoded.lstrip('/')}{f'?{words}' if words else ''}"
        if urlsplit(url).netloc != urlsplit(self._base).netloc:
            raise DeliveryFailed("the mapping cannot be filled: its path leads to another host")
        return url


PRESETS = (("alloy", "Alloy"), ("dynamics", "Dynamics 365"), ("salesforce", "Salesforce"))
"""The ready-made mappings as the set-up form offers them: the files in mappings/, which a test compares."""
_IN_A_PATH = "%!$&'()*+,;=:@~"
"""What a segment of a path may hold as it is (RFC 3986); `%` stands for what a mapping has encoded itself."""


def _once(ask: Callable[..., Any], key: str) -> Callable[[Mapping[str, Any]], Any]:
    async def asking(request: Mapping[str, Any]) -> Answered:
        found: Answered = await ask(request, key)
        return found

    return asking


def _body(answer: Answer) -> Any:
    """The answer's body: JSON where it is JSON, else its words."""
    try:
        return json.loads(answer.body) if answer.body else None
    except (ValueError, RecursionError):
        return answer.body[:10_000].decode("utf-8", "replace")


def _said(answer: Answer, body: Any) -> str:
    """The back office's own words for a refusal, wherever it put them."""
    if answer.is_page:
        return ""
    for _ in range(4):
        if isinstance(body, list) and body:
            body = body[0]
        elif isinstance(body, dict):
            names = ("detail", "message", "error_description", "description", "error", "title")
            body = next((body[name] for name in names if body.get(name)), "")
    return storable(body if isinstance(body, str) else "")[:300]


KIND = Kind(
    "rest",
    RestSettings,
    RestSecrets,
    RestConnector,
    (
        SetUpField(
            "base",
            "Address of its interface",
            "What all paths stand below; it begins with https://",
            needed=True,
        ),
        SetUpField(
            "preset", "Ready-made mapping", "For a product that many councils run", "choice", choices=PRESETS
        ),
        SetUpField("values", "Values", "What the ready-made mapping asks for", "yaml"),
        SetUpField("tables", "Tables", "Your words and theirs, such as their code for each service", "yaml"),
        SetUpField(
            "mapping",
            "Mapping",
            "What is sent and read, where it differs from the ready-made mapping",
            "yaml",
        ),
        SetUpField("auth", "How it is shown who asks", "Such as type: key, header: X-API-Key", "yaml"),
        SetUpField("updates", "Ask it for progress", "Where the mapping says how", "yes-no", usual="yes"),
        SetUpField("key", "Key", "For type: key", "secret"),
        SetUpField("password", "Password", "For type: basic", "secret"),
        SetUpField("client_secret", "Client secret", "For type: oauth2", "secret"),
        SetUpField("private_key", "Private key", "For type: jwt, in PEM", "secret-text"),
    ),
    faults=faults,
)
