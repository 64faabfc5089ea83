"""The Open311 connector: one council's way to a back office that speaks GeoReport v2."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

import httpx2
from pydantic import BaseModel, ConfigDict, Field

from commonhall.connectors.http import Answer, AnswerTooLong, Caller, Patience, refuse
from commonhall.connectors.kinds import Kind
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
    SetUpField,
    StatusUpdate,
    UpdateRefused,
)

TOKEN_TRIES = 3
LONGEST_SPAN = timedelta(days=90)
"""The standard lets a query span 90 days at most."""
SHORTEST_SPAN = timedelta(minutes=1)
CLOCKS_DIFFER = timedelta(minutes=5)


class ByAnswer(BaseModel):
    """Which service code an answer's option means."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    field: str
    codes: dict[str, str]


class Open311Settings(BaseModel):
    """What a council says of its Open311 endpoint.

    `service_codes` gives the back office's code for each of our services (our own id where it has none);
    `by_answer` refines it by an answer; `attributes` renames our fields to its attribute codes, for all services that
    do not name them in their own choices. `updates`: whether it is asked for progress. `photos`: whether a case's files
    are sent along, as parts called `media` of a multipart form; many servers read plain forms alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    endpoint: str = Field(pattern=r"^https?://")
    jurisdiction_id: str | None = None
    service_codes: dict[str, str] = {}
    by_answer: dict[str, ByAnswer] = {}
    attributes: dict[str, str] = {}
    updates: bool = True
    photos: bool = False


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
        patience: Patience | None = None,
    ) -> None:
        self._settings = settings
        self._api_key = secrets.api_key
        self._caller = Caller(http, allow_private, patience or Patience())
        self._clock = clock
        self.can = frozenset({"deliver", "updates"} if settings.updates else {"deliver"})

    def _url(self, path: str) -> str:
        return f"{self._settings.endpoint.rstrip('/')}/{path}"

    def service_code(self, case: CaseForDelivery) -> str:
        """The back office's code for a case: by its answer, else by its service, else our service's own id."""
        rule = self._settings.by_answer.get(case.service)
        if rule is not None:
            answer = case.answers.get(rule.field)
            given = answer if isinstance(answer, list) else [answer]
            for option in given:
                if isinstance(option, str) and option in rule.codes:
                    return rule.codes[option]
        return self._settings.service_codes.get(case.service, case.service)

    async def deliver(self, case: CaseForDelivery, idempotency_key: str) -> Receipt:
        """POST the case; its reference goes along as external_id, its key as Idempotency-Key."""
        form = request_form(
            case,
            self.service_code(case),
            {**self._settings.attributes, **case.names},
            self._settings.jurisdiction_id,
        )
        if self._api_key:
            form.append(("api_key", self._api_key))
        kind, body = await self._body(form, case)
        headers = {
            "content-type": kind,
            "accept": "application/json, text/xml;q=0.8",
            "idempotency-key": idempotency_key,
        }
        answer = await self._caller.call("POST", self._url("requests.json"), headers=headers, content=body)
        if not 200 <= answer.status < 300:
            raise refuse(answer, explain(answer), self._clock())
        items = read_items(answer, "request")
        given = items[0] if items else {}
        if given.get("service_request_id"):
            return Receipt(given["service_request_id"][:200], given.get("service_notice", ""))
        if given.get("token"):
            return await self._by_token(given["token"][:200])
        raise DeliveryFailed("the answer has neither a service_request_id nor a token")

    async def _body(self, form: list[tuple[str, str]], case: CaseForDelivery) -> tuple[str, bytes]:
        """The media type and the bytes of a form, with the case's files where they go along."""
        if not (self._settings.photos and case.files):
            return "application/x-www-form-urlencoded", urlencode(form, errors="replace").encode()
        files = [("media", (file.name, await file.read(), file.media_type)) for file in case.files]
        plain: dict[str, list[str]] = {}
        for name, text in form:
            plain.setdefault(name, []).append(text.encode("utf-8", "replace").decode())
        request = httpx2.Request("POST", self._settings.endpoint, data=plain, files=files)
        return request.headers["content-type"], request.read()

    async def _by_token(self, token: str) -> Receipt:
        """The number behind a token. Where it is slow in coming the case is accepted all the same.

        Sending it again for want of a number could make a second job, so the token itself is kept, as
        `token:…`, for a person to look up.
        """
        for left in reversed(range(TOKEN_TRIES)):
            try:
                answer = await self._caller.call(
                    "GET", self._url(f"tokens/{quote(token, safe='')}.json"), params=self._query()
                )
                items = read_items(answer, "request") if answer.status == 200 else []
            except DeliveryFailed:
                items = []
            if items and items[0].get("service_request_id"):
                return Receipt(items[0]["service_request_id"][:200])
            if left:
                await asyncio.sleep(self._caller.patience.between)
        return Receipt(f"token:{token}")

    async def updates(self, since: datetime) -> list[StatusUpdate]:
        """What has happened since then, asked for in spans that the standard allows, oldest first.

        Raises `DeliveryFailed` where any span cannot be had: then nothing is answered, so nothing is missed.
        """
        found = []
        start, end = since, self._clock() + CLOCKS_DIFFER
        while start < end:
            until = min(start + LONGEST_SPAN, end)
            found += await self._span(start, until)
            start = until
        return sorted(found, key=lambda update: update.at)

    async def _span(self, start: datetime, end: datetime) -> list[StatusUpdate]:
        try:
            return await self._ask(start, end)
        except AnswerTooLong:
            if end - start <= SHORTEST_SPAN:
                raise
        middle = start + (end - start) / 2
        return await self._span(start, middle) + await self._span(middle, end)

    async def _ask(self, start: datetime, end: datetime) -> list[StatusUpdate]:
        query = {**self._query(), "start_date": timestamp(start), "end_date": timestamp(end)}
        answer = await self._caller.call("GET", self._url("servicerequestupdates.json"), params=query)
        if answer.status == 200:
            return _all(answer, "request_update", read_update)
        if answer.status not in {404, 405, 501}:
            raise refuse(answer, explain(answer), self._clock())
        answer = await self._caller.call("GET", self._url("requests.json"), params=query)
        if answer.status != 200:
            raise refuse(answer, explain(answer), self._clock())
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
    items = read_items(answer, name)
    # A record that lacks something must not hold up the others; but where none is a record at all, taking it
    # for "nothing new" would pass over what is new.
    if items and not any(item.get("service_request_id") for item in items):
        raise DeliveryFailed(explain(answer) or "the answer is not a list of updates as Open311 has it")
    return [update for item in items if (update := read(item)) is not None]


KIND = Kind(
    "open311",
    Open311Settings,
    Open311Secrets,
    Open311Connector,
    (
        SetUpField(
            "endpoint",
            "Address of the service",
            "It ends with /v2, and begins with https://",
            needed=True,
        ),
        SetUpField("jurisdiction_id", "Jurisdiction", "Only if the back office asks for one"),
        SetUpField("service_codes", "Service codes", "Which code it has for each of your services", "pairs"),
        SetUpField(
            "attributes",
            "Attributes",
            "Which attribute each answer becomes, where the name differs",
            "pairs",
        ),
        SetUpField(
            "updates", "Ask it for progress", "Every minute, for all cases at once", "yes-no", usual="yes"
        ),
        SetUpField(
            "photos", "Send photos along", "Only where it reads forms with files", "yes-no", usual="no"
        ),
        SetUpField("api_key", "Key", "The back office gives it", "secret"),
    ),
    by_hand=frozenset({"by_answer"}),
    names=lambda settings: dict(settings.get("attributes") or {}),
    about="A back office that speaks Open311 GeoReport v2",
)
