"""The REST connector: requests and answers as a mapping says, to a back office with an HTTP interface of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib import resources
from typing import Annotated, Any

import httpx2
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from commonhall.connectors.asking import Answered
from commonhall.connectors.dialect import as_text
from commonhall.connectors.http import Answer, Caller, Patience, refuse, storable
from commonhall.connectors.kinds import Kind
from commonhall.connectors.mapped import Mapped
from commonhall.connectors.mapping import MappingOf, MappingRefused, merged, read_preset
from commonhall.connectors.rest.auth import Auth, NoAuth, SignIn, secret_faults
from commonhall.connectors.rest.request import Request, address, base_fault, message
from commonhall.connectors.templates import as_values
from commonhall.engine.back_office import (
    CaseForDelivery,
    DeliveryFailed,
    Receipt,
    SetUpField,
    StatusUpdate,
    UpdateRefused,
)

RestMapping = MappingOf[Request]


def _in_a_sentence(message: str) -> str:
    message = message.removeprefix("Value error, ")
    return f"{message[:1].lower()}{message[1:]}"


def _checked(base: str) -> str:
    if wrong := base_fault(base):
        raise ValueError(wrong)
    return base


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

    base: Annotated[str, AfterValidator(_checked)]
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
                f"{'.'.join(map(str, one['loc'])) or 'mapping'}: {_in_a_sentence(one['msg'])}"
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
    except MappingRefused as refused:
        found += [(("settings", "mapping"), f"settings.mapping: {wrong}") for wrong in refused.wrong]
        found += [(("settings", "values"), f"settings.{wrong}") for wrong in refused.values]
    except ValueError as wrong:
        found.append((("settings", "mapping"), f"settings.mapping: {wrong}"))
    found += secret_faults(settings.auth, secrets.model_dump())
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
        try:
            return await self._mapped.deliver(case, idempotency_key, self._clock(), self._ask)
        except DeliveryFailed as failure:
            raise self._sign_in.hushed(failure) from None

    async def updates(self, since: datetime) -> list[StatusUpdate]:
        """Ask what has happened since then, as the mapping says."""
        try:
            return await self._mapped.updates(since, self._clock(), self._ask)
        except DeliveryFailed as failure:
            raise self._sign_in.hushed(failure) from None

    def receive(self, headers: Mapping[str, str], body: bytes) -> list[StatusUpdate]:
        """It is asked; it does not push."""
        raise UpdateRefused("this connector asks for its updates: nothing can be pushed to it")

    async def _ask(self, request: Mapping[str, Any], key: str = "") -> Answered:
        headers, query = await self._sign_in.head()
        answer = await self._call(request, key, headers, query)
        if answer.status == 401 and self._sign_in.forget(headers):
            # The token may have been taken back before its time: once more, with another.
            answer = await self._call(request, key, *await self._sign_in.head())
        values, body = _read(answer)
        if not 200 <= answer.status < 300:
            return Answered(answer.status, values, refuse(answer, _said(answer, body), self._clock()))
        if answer.is_page:
            words = "a web page came back: something in front of the back office answered"
            return Answered(answer.status, values, DeliveryFailed(words))
        return Answered(answer.status, values)

    async def _call(
        self, request: Mapping[str, Any], key: str, shown: Mapping[str, str], query: Mapping[str, str]
    ) -> Answer:
        method = as_text(request["method"])
        content, headers = message(request)
        headers = {"accept": "application/json", **headers, **shown}
        if key:
            headers.setdefault("idempotency-key", key)
        url = address(self._base, request, query)
        return await self._caller.call(method, url, headers=headers, content=content)


PRESETS = (("alloy", "Alloy"), ("dynamics", "Dynamics 365"), ("salesforce", "Salesforce"))
"""The ready-made mappings as the set-up form offers them: the files in mappings/, which a test compares."""


def _read(answer: Answer) -> tuple[Mapping[str, Any], Any]:
    """An answer as templates see it, and its body: JSON where it is JSON, else its words."""
    plain = {"status": answer.status, "headers": dict(answer.headers)}
    try:
        body = json.loads(answer.body) if answer.body else None
        return as_values(answer={**plain, "body": body})["answer"], body
    except (ValueError, RecursionError):
        body = answer.body[:10_000].decode("utf-8", "replace")
        return as_values(answer={**plain, "body": body})["answer"], body


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
    about="A back office with an HTTP interface of its own: Alloy, Salesforce, Dynamics 365, or by your own mapping",
)
