"""The Open311 connector: one council's way to a back office that speaks GeoReport v2."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode

import httpx2
from pydantic import BaseModel, ConfigDict, Field

from commonhall.connectors.http import Answer, Caller, refuse
from commonhall.connectors.open311.wire import (
    explain,
    read_items,
    read_request,
    read_update,
    request_form,
    timestamp,
)
from commonhall.engine.back_office import (
    CaseForDelivery,
    DeliveryFailed,
    Receipt,
    StatusUpdate,
    UpdateRefused,
)

TOKEN_TRIES = 3
TOKEN_WAIT = 1.0
LONGEST_SPAN = timedelta(days=90)
"""The standard lets a query span 90 days at most."""


class ByAnswer(BaseModel):
    """Which service code an answer's option means."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    field: str
    codes: dict[str, str]


class Open311Settings(BaseModel):
    """What a council says of its Open311 endpoint.

    `service_codes` gives the back office's code for each of our services; `by_answer` refines it by an
    answer; `attributes` renames our fields to its attribute codes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    endpoint: str = Field(pattern=r"^https?://")
    jurisdiction_id: str | None = None
    service_codes: dict[str, str] = {}
    by_answer: dict[str, ByAnswer] = {}
    attributes: dict[str, str] = {}
    updates: bool = True


class Open311Secrets(BaseModel):
    """The key that the back office gave."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    api_key: str | None = None


class Open311Connector:
    """Delivers by POST requests, and asks for servicerequestupdates (or, without them, for requests)."""

    kind = "open311"

    def __init__(
        self,
        settings: Open311Settings,
        secrets: Open311Secrets,
        http: httpx2.AsyncClient,
        clock: Callable[[], datetime],
        *,
        allow_private: bool = False,
    ) -> None:
        self._settings = settings
        self._api_key = secrets.api_key
        self._caller = Caller(http, allow_private)
        self._clock = clock
        self.can = frozenset({"deliver", "updates"} if settings.updates else {"deliver"})

    def _url(self, path: str) -> str:
        return f"{self._settings.endpoint.rstrip('/')}/{path}"

    def service_code(self, case: CaseForDelivery) -> str:
        """The back office's code for a case. Raises `DeliveryFailed` where the mapping has none."""
        rule = self._settings.by_answer.get(case.service)
        if rule is not None:
            answer = case.answers.get(rule.field)
            if isinstance(answer, str) and answer in rule.codes:
                return rule.codes[answer]
        return self._settings.service_codes.get(case.service, case.service)

    async def deliver(self, case: CaseForDelivery, idempotency_key: str) -> Receipt:
        """POST the case; its reference goes along as external_id, its key as Idempotency-Key."""
        form = request_form(
            case, self.service_code(case), self._settings.attributes, self._settings.jurisdiction_id
        )
        if self._api_key:
            form.append(("api_key", self._api_key))
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "accept": "application/json",
            "idempotency-key": idempotency_key,
        }
        body = urlencode(form).encode()
        answer = await self._caller.call("POST", self._url("requests.json"), headers=headers, content=body)
        if not 200 <= answer.status < 300:
            raise refuse(answer, explain(answer))
        items = read_items(answer, "request")
        if not items:
            raise DeliveryFailed("the back office accepted, but gave neither a number nor a token")
        if items[0].get("service_request_id"):
            return Receipt(items[0]["service_request_id"], items[0].get("service_notice", ""))
        if items[0].get("token"):
            return await self._by_token(items[0]["token"])
        raise DeliveryFailed("the back office accepted, but gave neither a number nor a token")

    async def _by_token(self, token: str) -> Receipt:
        """The number behind a token. Where it is slow in coming the case is accepted all the same."""
        for _ in range(TOKEN_TRIES):
            try:
                answer = await self._caller.call(
                    "GET", self._url(f"tokens/{token}.json"), params=self._query()
                )
                items = read_items(answer, "request") if answer.status == 200 else []
            except DeliveryFailed:
                items = []
            if items and items[0].get("service_request_id"):
                return Receipt(items[0]["service_request_id"])
            await asyncio.sleep(TOKEN_WAIT)
        return Receipt(None, f"accepted under the token {token}")

    async def updates(self, since: datetime) -> list[StatusUpdate]:
        """What has happened since then: by the UK extension, or where there is none by the requests' own states."""
        start = max(since, self._clock() - LONGEST_SPAN)
        span = {"start_date": timestamp(start), "end_date": timestamp(self._clock() + timedelta(minutes=5))}
        answer = await self._caller.call(
            "GET", self._url("servicerequestupdates.json"), params={**self._query(), **span}
        )
        if answer.status == 200:
            return _all(answer, "request_update", read_update)
        if answer.status not in {404, 405, 501}:
            raise refuse(answer, explain(answer))
        answer = await self._caller.call("GET", self._url("requests.json"), params={**self._query(), **span})
        if answer.status != 200:
            raise refuse(answer, explain(answer))
        return _all(answer, "request", read_request)

    def _query(self) -> dict[str, str]:
        found = {"jurisdiction_id": self._settings.jurisdiction_id, "api_key": self._api_key}
        return {name: text for name, text in found.items() if text}

    def receive(self, headers: Mapping[str, str], body: bytes) -> list[StatusUpdate]:
        """Open311 is asked; it does not push."""
        raise UpdateRefused("this connector asks for its updates: nothing can be pushed to it")


def _all(
    answer: Answer, name: str, read: Callable[[Mapping[str, str]], StatusUpdate | None]
) -> list[StatusUpdate]:
    return [update for item in read_items(answer, name) if (update := read(item)) is not None]
