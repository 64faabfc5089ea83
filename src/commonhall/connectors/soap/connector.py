"""The SOAP connector: what a WSDL describes, said and read as a mapping says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from importlib import resources
from typing import Any, Literal

import httpx2
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from commonhall.connectors.asking import Answered
from commonhall.connectors.http import Caller, Patience
from commonhall.connectors.kinds import Kind
from commonhall.connectors.mapped import Mapped
from commonhall.connectors.mapping import MappingOf, merged, read_preset
from commonhall.connectors.soap.place import Place, Token
from commonhall.connectors.templates import Unfilled, as_values, compile_template
from commonhall.engine.back_office import (
    CaseForDelivery,
    DeliveryFailed,
    Receipt,
    SetUpField,
    StatusUpdate,
    UpdateRefused,
)

STANDS_FOR_THE_TOKEN = "\ue000token\ue000"  # noqa: S105 - a place, no password
"""Stands in a filled request where the token of a sign-in goes: it is asked for when it is wanted."""


class Operation(BaseModel):
    """A call: an operation of the WSDL, its arguments as data, and headers of its envelope."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    operation: str
    arguments: dict[str, Any] = {}
    headers: dict[str, Any] | None = None


class Enter(BaseModel):
    """An operation that answers with a token, and when an answer means that the token holds no more."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ask: Operation
    token: str
    ended: str | None = None


class SoapMapping(MappingOf[Operation]):
    """A mapping for SOAP. `sign_in` is called before all else; its token stands as `secret.token` in what is said."""

    sign_in: Enter | None = None


class SoapSettings(BaseModel):
    """Where the service is, how it is shown who asks, and what is said and read.

    `wsdl` is an address, or the WSDL itself; `sign_in_wsdl` is another service's that gives tokens. `endpoint` goes before
    the address that the WSDL names, `service` and `port` choose among several.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    wsdl: str
    endpoint: str | None = Field(default=None, pattern=r"^https?://")
    service: str | None = None
    port: str | None = None
    sign_in_wsdl: str | None = None
    preset: str | None = None
    mapping: dict[str, Any] | None = None
    tables: dict[str, dict[str, Any]] = {}
    values: dict[str, Any] = {}
    security: Literal["none", "text", "digest"] = "none"
    username: str | None = None
    updates: bool = True

    @field_validator("wsdl", "sign_in_wsdl")
    @classmethod
    def _is_one(cls, text: str | None) -> str | None:
        if text is not None and not text.lstrip().startswith(("https://", "http://", "<")):
            raise ValueError("give the address of a WSDL (https://...), or the WSDL itself (<...)")
        return text

    def whole(self) -> SoapMapping:
        """The mapping that results. Raises `ValueError` in plain words."""
        known = presets()
        if self.preset is not None and self.preset not in known:
            raise ValueError(f"there is no ready-made mapping '{self.preset}'; there are {', '.join(known)}")
        tree = merged(known.get(self.preset or "", {}), self.mapping or {})
        if not tree:
            raise ValueError("give a mapping, or the name of a ready-made one as preset")
        try:
            return SoapMapping.model_validate(tree)
        except ValidationError as error:
            words = [
                f"{'.'.join(map(str, one['loc']))}: {one['msg'][:1].lower()}{one['msg'][1:]}"
                for one in error.errors(include_url=False, include_input=False)
            ]
            raise ValueError("; ".join(words[:10])) from None


class SoapSecrets(BaseModel):
    """The password: of WS-Security, or for the mapping as `secret.password`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    password: str | None = None


def presets() -> dict[str, dict[str, Any]]:
    """The ready-made mappings, by name."""
    folder = resources.files("commonhall.connectors.soap") / "mappings"
    return {
        item.name.removesuffix(".yaml"): read_preset(item.read_text("utf-8"))
        for item in sorted(folder.iterdir(), key=lambda item: item.name)
        if item.name.endswith(".yaml")
    }


def faults(settings: SoapSettings, secrets: SoapSecrets) -> list[tuple[tuple[str | int, ...], str]]:
    """What is wrong with the mapping, and the name or password that is missing."""
    found: list[tuple[tuple[str | int, ...], str]] = []
    try:
        _mapped(settings, secrets)
    except ValueError as wrong:
        found.append((("settings", "mapping"), f"settings.mapping: {wrong}"))
    if settings.security != "none" and not settings.username:
        found.append((("settings", "username"), "settings.username is missing: WS-Security needs it"))
    if settings.security != "none" and not secrets.password:
        found.append((("secrets", "password"), "secrets.password is missing: WS-Security needs it"))
    return found


def _mapped(settings: SoapSettings, secrets: SoapSecrets) -> tuple[Mapped, SoapMapping]:
    mapping = settings.whole()
    secret = {"username": settings.username, "password": secrets.password, "token": STANDS_FOR_THE_TOKEN}
    if mapping.sign_in is not None:
        for tree, variables in (
            (mapping.sign_in.ask.model_dump(), ("secret", "values")),
            (mapping.sign_in.token, ("answer",)),
            (mapping.sign_in.ended or "", ("answer",)),
        ):
            _, wrong = compile_template(tree, variables)
            if wrong:
                raise ValueError("; ".join(f"sign_in: {one.message}" for one in wrong))
    return Mapped(mapping, values=settings.values, tables=settings.tables, secret=secret), mapping


class SoapConnector:
    """Delivers and asks for updates by a WSDL and a mapping."""

    kind = "soap"

    def __init__(
        self,
        settings: SoapSettings,
        secrets: SoapSecrets,
        http: httpx2.AsyncClient,
        clock: Callable[[], datetime],
        *,
        allow_private: bool = False,
        patience: Patience | None = None,
    ) -> None:
        # zeep takes a third of a second to import: only where there is such a connector.
        from commonhall.connectors.soap.calling import Service  # noqa: PLC0415

        caller = Caller(http, allow_private, patience or Patience())
        self._mapped, mapping = _mapped(settings, secrets)
        password = secrets.password or ""
        token = None
        if settings.security != "none":
            token = Token(settings.username or "", password, settings.security == "digest")
        place = Place(settings.wsdl, settings.endpoint, settings.service, settings.port)
        self._service = Service(place, caller, clock, token)
        self._door = self._service
        if settings.sign_in_wsdl:
            self._door = Service(Place(settings.sign_in_wsdl), caller, clock, token)
        self._enter = mapping.sign_in
        self._known = {"username": settings.username, "password": password, "values": settings.values}
        self._token = ""
        self._clock = clock
        asks = settings.updates and self._mapped.has_updates
        self.can = frozenset({"deliver", "updates"} if asks else {"deliver"})

    async def deliver(self, case: CaseForDelivery, idempotency_key: str) -> Receipt:
        """Send a case as the mapping says."""
        return await self._mapped.deliver(case, idempotency_key, self._clock(), self._ask)

    async def updates(self, since: datetime) -> list[StatusUpdate]:
        """Ask what has happened since then, as the mapping says."""
        return await self._mapped.updates(since, self._clock(), self._ask)

    def receive(self, headers: Mapping[str, str], body: bytes) -> list[StatusUpdate]:
        """It is asked; it does not push."""
        raise UpdateRefused("this connector asks for its updates: nothing can be pushed to it")

    async def _ask(self, request: Mapping[str, Any], key: str = "") -> Answered:
        if self._enter is None:
            return await self._service.ask(request)
        kept = bool(self._token)
        answered = await self._service.ask(_with(request, await self._entered()))
        if kept and self._ended(answered):
            # The token was given a while ago, and holds no more: once again, with another.
            self._token = ""
            answered = await self._service.ask(_with(request, await self._entered()))
        if self._ended(answered):
            self._token = ""
            raise DeliveryFailed(
                "the token that its sign-in gave is refused: check the name and the password"
            )
        return answered

    async def _entered(self) -> str:
        """The token of the sign-in. Raises `DeliveryFailed`."""
        assert self._enter is not None
        if not self._token:
            ask, _ = compile_template(self._enter.ask.model_dump(exclude_none=True), ("secret", "values"))
            token, _ = compile_template(self._enter.token, ("answer",))
            known = dict(self._known)
            values = as_values(values=known.pop("values"), secret=known)
            try:
                answered = await self._door.ask(ask.fill(values))
                self._token = token.text({"answer": answered.values})
            except Unfilled:
                self._token = ""
            if not self._token:
                raise DeliveryFailed("its sign-in gave no token: check the name and the password")
        return self._token

    def _ended(self, answered: Answered) -> bool:
        if self._enter is None or self._enter.ended is None:
            return False
        ended, _ = compile_template(self._enter.ended, ("answer",))
        try:
            return ended.fill({"answer": answered.values}) is True
        except Unfilled:
            return False


def _with(request: Any, token: str) -> Any:
    """The request with the token in its places."""
    if isinstance(request, str):
        return request.replace(STANDS_FOR_THE_TOKEN, token)
    if isinstance(request, Mapping):
        return {name: _with(part, token) for name, part in request.items()}
    if isinstance(request, list):
        return [_with(part, token) for part in request]
    return request


PRESETS = (("bartec", "Bartec Collective"), ("confirm", "Confirm"), ("whitespace", "Whitespace"))
"""The ready-made mappings as the set-up form offers them: the files in mappings/, which a test compares."""
_SECURITY = (
    ("none", "None, or in the mapping"),
    ("text", "WS-Security, the password as it is"),
    ("digest", "WS-Security, as a digest"),
)
KIND = Kind(
    "soap",
    SoapSettings,
    SoapSecrets,
    SoapConnector,
    (
        SetUpField("wsdl", "WSDL", "Its address, which begins with https://", needed=True),
        SetUpField("endpoint", "Address of the service", "Where the WSDL names another"),
        SetUpField("service", "Service", "Where the WSDL has several"),
        SetUpField("port", "Port", "Where the service has several"),
        SetUpField(
            "preset", "Ready-made mapping", "For a product that many councils run", "choice", choices=PRESETS
        ),
        SetUpField("sign_in_wsdl", "WSDL of its sign-in", "Where another service gives tokens"),
        SetUpField("values", "Values", "What the ready-made mapping asks for", "yaml"),
        SetUpField("tables", "Tables", "Your words and theirs, such as their code for each service", "yaml"),
        SetUpField(
            "mapping",
            "Mapping",
            "What is said and read, where it differs from the ready-made mapping",
            "yaml",
        ),
        SetUpField(
            "security",
            "How it is shown who asks",
            "In the envelope of each message",
            "choice",
            choices=_SECURITY,
            usual="none",
        ),
        SetUpField("username", "User name", "Of WS-Security, or for the mapping"),
        SetUpField("updates", "Ask it for progress", "Where the mapping says how", "yes-no", usual="yes"),
        SetUpField("password", "Password", "Of WS-Security, or for the mapping", "secret"),
    ),
    faults=faults,
    about="A back office with a WSDL: Confirm, Whitespace, Bartec, or by your own mapping",
)
"""What this kind is."""
