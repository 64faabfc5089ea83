"""The webhook connector: a signed CloudEvent for each case out, signed CloudEvents with its progress in.

Formats: CloudEvents 1.0 in structured JSON mode (cloudevents.io) inside Standard Webhooks 1.0
(standardwebhooks.com): headers webhook-id, webhook-timestamp and webhook-signature, HMAC-SHA256 over the three.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import httpx2
from pydantic import BaseModel, ConfigDict, Field, field_validator
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from commonhall.connectors.http import Caller, refuse
from commonhall.engine.back_office import CaseForDelivery, CaseStatus, Receipt, StatusUpdate, UpdateRefused

SUBMITTED = "uk.commonhall.case.submitted"
UPDATED = "uk.commonhall.case.updated"


class WebhookSettings(BaseModel):
    """Where cases go, and where (for the back office's convenience) updates may be pushed to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(pattern=r"^https?://")
    updates_url: str | None = None


class WebhookSecrets(BaseModel):
    """Signing secrets (whsec_…). The first signs; all verify, so that they can be changed without a gap."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    signing: list[str] = Field(min_length=1)

    @field_validator("signing")
    @classmethod
    def _usable(cls, secrets: list[str]) -> list[str]:
        for secret in secrets:
            try:
                Webhook(secret)
            except Exception:
                raise ValueError(
                    "a signing secret must be base64, with or without whsec_ before it"
                ) from None
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
    ) -> None:
        self._settings = settings
        self._signers = [Webhook(secret) for secret in secrets.signing]
        self._caller = Caller(http, allow_private)
        self._clock = clock

    async def deliver(self, case: CaseForDelivery, idempotency_key: str) -> Receipt:
        """POST the case as a signed CloudEvent whose id is the idempotency key."""
        now = self._clock()
        body = json.dumps(
            submitted_event(case, idempotency_key, self._settings.updates_url), ensure_ascii=False
        ).encode()
        headers = signed(self._signers[0], idempotency_key, now, body)
        answer = await self._caller.call("POST", self._settings.url, headers=headers, content=body)
        if not 200 <= answer.status < 300:
            raise refuse(answer, _words(answer.body))
        return Receipt(_number(answer.body))

    async def updates(self, since: datetime) -> list[StatusUpdate]:
        """Nothing: updates are pushed."""
        return []

    def receive(self, headers: Mapping[str, str], body: bytes) -> list[StatusUpdate]:
        """Verify and read a pushed update. Raises `UpdateRefused`."""
        lower = {name.lower(): value for name, value in headers.items()}
        for signer in self._signers:
            try:
                signer.verify(body, lower)
            except (WebhookVerificationError, ValueError, TypeError, KeyError):
                continue
            return [updated_event(body)]
        raise UpdateRefused("the signature is missing, wrong, or older than five minutes")


def signed(signer: Webhook, message_id: str, now: datetime, body: bytes) -> dict[str, str]:
    """The headers of a signed message."""
    return {
        "content-type": "application/cloudevents+json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signer.sign(message_id, now, body.decode()),
    }


def submitted_event(case: CaseForDelivery, idempotency_key: str, updates_url: str | None) -> dict[str, Any]:
    """The CloudEvent of a submitted case."""
    data: dict[str, Any] = {
        "reference": case.reference,
        "council": {"slug": case.council, "gss": case.council_gss},
        "service": {
            "id": case.service,
            "name": case.service_name,
            "version": case.version,
            "lgsl": case.lgsl,
            "lgil": case.lgil,
        },
        "channel": case.channel,
        "language": case.language,
        "submitted_at": _iso(case.submitted_at),
        "target_on": case.target_on.isoformat() if case.target_on else None,
        "summary": case.summary,
        "answers": dict(case.answers),
        "details": [{"question": question, "answer": answer} for question, answer in case.details],
        "contact": asdict(case.contact),
        "location": asdict(case.location),
    }
    if updates_url:
        data["updates_url"] = updates_url
    return {
        "specversion": "1.0",
        "id": idempotency_key,
        "source": f"urn:gss:{case.council_gss}",
        "type": SUBMITTED,
        "subject": case.reference,
        "time": _iso(case.submitted_at),
        "datacontenttype": "application/json",
        "data": data,
    }


def updated_event(body: bytes) -> StatusUpdate:
    """Read the CloudEvent of an update. Raises `UpdateRefused` with what is wrong in it."""
    try:
        event = json.loads(body)
        data = event["data"]
        kind, update_id = event["type"], event["id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UpdateRefused("the message is not a CloudEvent with id, type and data") from None
    if kind != UPDATED:
        raise UpdateRefused(f"the event's type is not {UPDATED}")
    if not isinstance(data, dict) or not isinstance(update_id, str) or not update_id:
        raise UpdateRefused("the event's id must be words and its data a map")
    try:
        status = CaseStatus(str(data.get("status")))
    except ValueError:
        raise UpdateRefused(
            f"'{str(data.get('status'))[:40]}' is not a status: {', '.join(CaseStatus)}"
        ) from None
    reference, external = data.get("reference"), data.get("id")
    if not isinstance(reference or external, str):
        raise UpdateRefused("the data name no case: give our reference or your own id")
    try:
        at = datetime.fromisoformat(str(event.get("time")))
    except ValueError:
        raise UpdateRefused("the event's time is not a date and time") from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    note = data.get("note") or ""
    return StatusUpdate(update_id[:200], status, at, str(note), _text(reference), _text(external))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _number(body: bytes) -> str | None:
    """The back office's own number, where its answer gives one as {"id": …}."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    number = data.get("id") if isinstance(data, dict) else None
    return str(number)[:200] if isinstance(number, str | int) and not isinstance(number, bool) else None


def _words(body: bytes) -> str:
    return body[:300].decode("utf-8", "replace").replace("\x00", "").strip()
