"""The failing twin of a back office that takes webhooks: sound in itself, behind a script of faults."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

import httpx2
from standardwebhooks.webhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from commonhall.connectors.conformance import Subject
from commonhall.connectors.events import UPDATED
from commonhall.connectors.faults import Book, Faulty, Script, Told
from commonhall.connectors.http import Patience
from commonhall.connectors.webhook.connector import WebhookConnector, WebhookSecrets, WebhookSettings
from commonhall.connectors.webhook.signing import signed, verify
from commonhall.engine.back_office import UpdateRefused

SECRET = "whsec_a2VlcCB0aGlzIGZyb20gZXZlcnlib2R5IGVsc2U="  # noqa: S105 - for the tests alone
"""What the twin and the connector sign with where the kit is played."""


class WebhookTwin:
    """A receiver of signed CloudEvents for tests, which can also say what it would push."""

    path = "/cases"

    def __init__(self, clock: Callable[[], datetime], secret: str, *, careful: bool = True) -> None:
        self.book = Book(careful)
        self.script = Script()
        self._clock = clock
        self._signer = Webhook(secret)
        self.app = Faulty(Starlette(routes=[Route("/cases", self._take, methods=["POST"])]), self.script)

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        try:
            key = verify([self._signer], request.headers, body, self._clock())
        except UpdateRefused as refused:
            return JSONResponse({"detail": str(refused)}, 401)
        event = json.loads(body)
        return JSONResponse({"id": self.book.take(key, event["subject"], event).number}, 202)

    def messages(self) -> list[tuple[dict[str, str], bytes]]:
        """What is pushed for `book.told`, one signed message each."""
        return [self.message(told) for told in self.book.told]

    def message(self, told: Told) -> tuple[dict[str, str], bytes]:
        """One update, signed now."""
        event = {
            "specversion": "1.0",
            "id": told.id,
            "source": "urn:twin",
            "type": UPDATED,
            "subject": told.job.reference,
            "time": told.at.isoformat(),
            "datacontenttype": "application/json",
            "data": {
                "reference": told.job.reference,
                "id": told.job.number,
                "status": told.status,
                "note": told.note,
            },
        }
        body = json.dumps(event, ensure_ascii=False).encode()
        return signed([self._signer], told.id, self._clock(), body), body


def connect(
    address: str, http: httpx2.AsyncClient, clock: Callable[[], datetime], patience: Patience
) -> WebhookConnector:
    """A connector to the twin at this address."""
    settings, secrets = WebhookSettings(url=address), WebhookSecrets(signing=[SECRET])
    return WebhookConnector(settings, secrets, http, clock, allow_private=True, patience=patience)


SUBJECT = Subject("webhook", lambda clock, careful: WebhookTwin(clock, SECRET, careful=careful), connect)
