"""Every connector keeps every law of the conformance kit; a careless one is found out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx2
import pytest

from commonhall.connectors.conformance import Check, Subject, examine
from commonhall.connectors.faults import Twin
from commonhall.connectors.http import Patience
from commonhall.connectors.open311.twin import Open311Twin
from commonhall.connectors.registry import build_connector
from commonhall.connectors.webhook.twin import WebhookTwin
from commonhall.engine.back_office import CaseForDelivery, Connector, DeliveryFailed, Receipt
from tests.connectors import rest_subjects

pytestmark = pytest.mark.network

SECRET = "whsec_a2VlcCB0aGlzIGZyb20gZXZlcnlib2R5IGVsc2U="
Clock = Callable[[], datetime]


def open311(url: str, http: httpx2.AsyncClient, clock: Clock, patience: Patience) -> Connector:
    settings = {"endpoint": url, "service_codes": {"missed-bin": "MISSED"}}
    return build_connector("open311", settings, {}, http, clock, allow_private=True, patience=patience)


def webhook(url: str, http: httpx2.AsyncClient, clock: Clock, patience: Patience) -> Connector:
    secrets = {"signing": [SECRET]}
    return build_connector(
        "webhook", {"url": url}, secrets, http, clock, allow_private=True, patience=patience
    )


def open311_twin(**how: Any) -> Callable[[Clock, bool], Twin]:
    return lambda clock, careful: Open311Twin(clock, careful=careful, **how)


def webhook_twin(clock: Clock, careful: bool) -> Twin:
    return WebhookTwin(clock, SECRET, careful=careful)


SUBJECTS = {
    "open311": Subject("open311", open311_twin(), open311),
    "open311 with tokens": Subject("open311", open311_twin(token_after=1), open311),
    "open311 without updates": Subject("open311", open311_twin(has_updates=False), open311),
    "webhook": Subject("webhook", webhook_twin, webhook),
    **{f"rest: {name}": rest_subjects.subject(name) for name in rest_subjects.SETTINGS},
}


@pytest.mark.parametrize("name", SUBJECTS)
async def test_a_connector_keeps_every_law(name: str, clock: Clock) -> None:
    checks = await examine(SUBJECTS[name], clock)
    broken = [str(check) for check in checks if not check.held]
    assert broken == []
    assert len(checks) > 25


class Careless:
    """A connector that believes whatever comes back, and changes its key each time."""

    def __init__(self, connector: Connector) -> None:
        self.kind, self.can = connector.kind, connector.can
        self.updates, self.receive = connector.updates, connector.receive
        self._connector = connector
        self._sent = 0

    async def deliver(self, case: CaseForDelivery, idempotency_key: str) -> Receipt:
        self._sent += 1
        try:
            return await self._connector.deliver(case, f"{idempotency_key}-{self._sent}")
        except DeliveryFailed as failure:
            if "answered 503" in failure.reason:
                return Receipt("surely")
            raise


async def test_the_kit_finds_a_careless_connector_out(clock: Clock) -> None:
    subject = Subject("careless", webhook_twin, lambda *parts: Careless(webhook(*parts)))
    broken = {check.law: check.words for check in await examine(subject, clock) if not check.held}
    assert broken["the same key sent three times is one job with one number"].startswith(
        "the back office has 3"
    )
    assert "taken for acceptance" in broken["where the back office answers 503 with Retry-After"]
    assert "where the back office takes the case and answers 500" in broken


def test_a_check_reads_as_a_line() -> None:
    assert str(Check("it is so", True)) == "held   it is so"
    assert str(Check("it is so", False, "it was not")) == "BROKEN it is so: it was not"
