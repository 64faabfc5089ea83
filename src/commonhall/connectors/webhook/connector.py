"""The webhook connector: a signed CloudEvent for each case out, signed CloudEvents with its progress in."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Mapping
from datetime import datetime

import httpx2
from pydantic import BaseModel, ConfigDict, Field, field_validator
from standardwebhooks.webhooks import Webhook

from commonhall.connectors.events import submitted_event, updated_event
from commonhall.connectors.http import Answer, Caller, Patience, refuse, storable
from commonhall.connectors.kinds import Kind
from commonhall.connectors.webhook.signing import signed, verify
from commonhall.engine.back_office import CaseForDelivery, DeliveryFailed, Receipt, SetUpField, StatusUpdate

SHORTEST_SECRET = 24
"""Bytes: what Standard Webhooks asks for at least."""


class WebhookSettings(BaseModel):
    """Where cases go, and where (for the back office's convenience) updates may be pushed to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(pattern=r"^https?://")
    updates_url: str | None = Field(default=None, pattern=r"^https?://")


class WebhookSecrets(BaseModel):
    """Signing secrets (whsec_…). While one is being changed there are two: both sign, and either verifies."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    signing: list[str] = Field(min_length=1, max_length=4)

    @field_validator("signing")
    @classmethod
    def _usable(cls, secrets: list[str]) -> list[str]:
        for secret in secrets:
            try:
                text = secret.removeprefix("whsec_")
                key = b64decode(text + "=" * (-len(text) % 4), validate=True)
            except ValueError:
                raise ValueError("each must be base64, with or without whsec_ before it") from None
            if len(key) < SHORTEST_SECRET:
                raise ValueError(f"each must be base64 of at least {SHORTEST_SECRET} random bytes")
        return secrets


class WebhookConnector:
    """Delivers by POST, and takes what the back office pushes."""

    kind = "webhook"
    can = frozenset({"deliver", "receive"})

    def __init__(
        self,
        settings: WebhookSettings,
        secrets: WebhookSecrets,
        http: httpx2.AsyncClient,
        clock: Callable[[], datetime],
        *,
        allow_private: bool = False,
        patience: Patience | None = None,
    ) -> None:
        self._settings = settings
        self._signers = [Webhook(secret) for secret in secrets.signing]
        self._caller = Caller(http, allow_private, patience or Patience())
        self._clock = clock

    async def deliver(self, case: CaseForDelivery, idempotency_key: str) -> Receipt:
        """POST the case as a signed CloudEvent whose id is the idempotency key.

        Standard Webhooks takes any 2xx for acceptance, whatever its body; but a web page is the word of
        something that stands in front of the back office, so that is tried again.
        """
        body = submitted_event(case, idempotency_key, self._settings.updates_url)
        headers = signed(self._signers, idempotency_key, self._clock(), body)
        answer = await self._caller.call("POST", self._settings.url, headers=headers, content=body)
        check(answer, self._clock())
        return Receipt(_number(answer.body))

    async def updates(self, since: datetime) -> list[StatusUpdate]:
        """Nothing: updates are pushed."""
        return []

    def receive(self, headers: Mapping[str, str], body: bytes) -> list[StatusUpdate]:
        """Verify and read a pushed update. Raises `UpdateRefused`."""
        verify(self._signers, headers, body, self._clock())
        return [updated_event(body)]


def check(answer: Answer, now: datetime) -> None:
    """Whether a message was accepted. Raises `DeliveryFailed` with the other side's own words."""
    if not 200 <= answer.status < 300:
        raise refuse(answer, _explain(answer), now)
    if answer.is_page:
        raise DeliveryFailed("a web page came back: something in front of the back office answered")


def _number(body: bytes) -> str | None:
    """The back office's own number, where its answer gives one as {"id": …}."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    number = data.get("id") if isinstance(data, dict) else None
    if isinstance(number, bool) or not isinstance(number, str | int):
        return None
    return storable(str(number)[:200]) or None


def _explain(answer: Answer) -> str:
    """The back office's own words for a refusal: a problem's detail (RFC 9457), an error, or the bare text."""
    if answer.is_page:
        return ""
    text = answer.body[:4000].decode("utf-8", "replace").strip()
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return storable(text[:300])
    found = data if isinstance(data, dict) else {}
    said = (found.get(name) for name in ("detail", "error", "message", "title"))
    return storable(next((words for words in said if isinstance(words, str) and words), text))[:300]


KIND = Kind(
    "webhook",
    WebhookSettings,
    WebhookSecrets,
    WebhookConnector,
    (
        SetUpField("url", "Address that cases are sent to", "It begins with https://", needed=True),
        SetUpField(
            "updates_url",
            "Address that progress may be pushed to",
            "Told to the back office with each case",
        ),
        SetUpField(
            "signing",
            "Signing secrets",
            "One to a line, as whsec_… While one is changed there are two",
            "secrets",
            True,
        ),
    ),
    about="A back office that takes signed messages at an address",
)
