"""Signed messages to systems that a council lets in: a CloudEvent for each thing that happens to a case."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
from standardwebhooks.webhooks import Webhook

from commonhall.connectors.events import SUBMITTED, UPDATED
from commonhall.connectors.http import Caller, Patience
from commonhall.connectors.webhook.connector import check
from commonhall.connectors.webhook.signing import signed


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened to a case: `data` is the case as the case API shows it, with the entry of its history."""

    gss: str
    reference: str
    sequence: int
    at: datetime
    data: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The same however often it is sent."""
        return f"{self.reference}-{self.sequence}"

    def event(self) -> bytes:
        """The CloudEvent (structured JSON), in UTF-8."""
        event = {
            "specversion": "1.0",
            "id": self.id,
            "source": f"urn:gss:{self.gss}",
            "type": SUBMITTED if self.sequence == 1 else UPDATED,
            "subject": self.reference,
            "time": f"{self.at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z",
            "datacontenttype": "application/json",
            "data": dict(self.data),
        }
        return json.dumps(event, ensure_ascii=False).encode("utf-8", "replace")


async def push(
    url: str,
    secrets: Sequence[str],
    happened: Happened,
    http: httpx2.AsyncClient,
    clock: Callable[[], datetime],
    *,
    allow_private: bool = False,
    patience: Patience | None = None,
) -> None:
    """Tell a system. Raises `DeliveryFailed`, permanent where it understood and said no to this one."""
    body = happened.event()
    headers = signed([Webhook(secret) for secret in secrets], happened.id, clock(), body)
    caller = Caller(http, allow_private, patience or Patience())
    answer = await caller.call("POST", url, headers=headers, content=body)
    check(answer, clock())
