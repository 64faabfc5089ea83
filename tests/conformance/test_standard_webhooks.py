"""The connector's signatures against the vector that Standard Webhooks publishes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from commonhall.connectors.webhook.signing import signed, verify
from commonhall.engine.back_office import UpdateRefused


@pytest.fixture
def vector(standards: Path) -> dict[str, Any]:
    """The published secret, message and signature."""
    found: dict[str, Any] = json.loads(
        (standards / "webhooks/standard_webhooks_vector.json").read_text("utf-8")
    )
    return found


def headers_of(vector: dict[str, Any]) -> dict[str, str]:
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    return {name: str(vector[name]) for name in names}


def test_we_sign_as_published(vector: dict[str, Any]) -> None:
    moment = datetime.fromtimestamp(vector["webhook-timestamp"], UTC)
    made = signed([Webhook(vector["secret"])], vector["webhook-id"], moment, vector["body"].encode())
    assert {name: made[name] for name in headers_of(vector)} == headers_of(vector)


def test_we_sign_the_moment_wherever_our_clock_stands(vector: dict[str, Any]) -> None:
    moment = datetime.fromtimestamp(vector["webhook-timestamp"], UTC)
    elsewhere = moment.astimezone(tz=datetime.fromisoformat("2021-02-25T00:00:00+05:30").tzinfo)
    made = signed([Webhook(vector["secret"])], vector["webhook-id"], elsewhere, vector["body"].encode())
    assert made["webhook-signature"] == vector["webhook-signature"]


def test_we_take_what_is_published_and_nothing_near_it(vector: dict[str, Any]) -> None:
    signers = [Webhook(vector["secret"])]
    now = datetime.fromtimestamp(vector["webhook-timestamp"], UTC) + timedelta(minutes=4)
    headers, body = headers_of(vector), vector["body"].encode()
    assert verify(signers, headers, body, now) == vector["webhook-id"]
    among = {**headers, "webhook-signature": f"v1a,AAAA v1,AAAA {vector['webhook-signature']}"}
    assert verify(signers, among, body, now) == vector["webhook-id"]
    for wrong in (body + b" ", body.replace(b"2", b"3"), b""):
        with pytest.raises(UpdateRefused, match="signature is wrong"):
            verify(signers, headers, wrong, now)
    with pytest.raises(UpdateRefused, match="five minutes"):
        verify(signers, headers, body, now + timedelta(minutes=2))
