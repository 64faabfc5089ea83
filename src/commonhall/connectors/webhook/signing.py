"""Standard Webhooks 1.0 signatures (standardwebhooks.com): who sent a message, and that it is fresh.

Headers `webhook-id`, `webhook-timestamp` (whole seconds since 1970) and `webhook-signature` (`v1,BASE64` of
HMAC-SHA256 over `id.timestamp.body`, several parted by spaces while a secret is being changed). The library
makes the signatures; it judges freshness by the machine's own clock, so that is done here with the one given.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from standardwebhooks.webhooks import Webhook

from commonhall.connectors.events import MEDIA_TYPE
from commonhall.engine.back_office import UpdateRefused

TOLERANCE = timedelta(minutes=5)
"""The library's own: how old, or how far ahead, a message may be."""


def signed(signers: Sequence[Webhook], message_id: str, now: datetime, body: bytes) -> dict[str, str]:
    """The headers of a signed message, with one signature for each secret. `body` is UTF-8."""
    moment = now.astimezone(UTC)
    text = body.decode()
    return {
        "content-type": MEDIA_TYPE,
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signer.sign(message_id, moment, text) for signer in signers),
    }


def verify(signers: Sequence[Webhook], headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """Check a message and answer with its webhook-id. Raises `UpdateRefused` with what is wrong."""
    lower = {name.lower(): value for name, value in headers.items()}
    message_id, sent = lower.get("webhook-id", ""), lower.get("webhook-timestamp", "")
    given = lower.get("webhook-signature", "")
    if not (message_id and sent and given):
        raise _unproved("the signature is missing: send webhook-id, webhook-timestamp and webhook-signature")
    if not (sent.isascii() and sent.isdigit() and len(sent) <= 11):
        raise _unproved("the signature's webhook-timestamp is not whole seconds since 1970")
    if abs(now.timestamp() - int(sent)) > TOLERANCE.total_seconds():
        raise _unproved("the signature is older than five minutes, or from the future: check the clocks")
    try:
        text = body.decode()
        moment = datetime.fromtimestamp(int(sent), UTC)
        expected = [signer.sign(message_id, moment, text).encode() for signer in signers]
    except (ValueError, OverflowError, OSError):
        raise _unproved("the signature cannot be checked: the message is not UTF-8") from None
    offered = [one.encode("utf-8", "replace") for one in given.split(" ")[:16]]
    if not any(hmac.compare_digest(mine, theirs) for mine in expected for theirs in offered):
        raise _unproved("the signature is wrong: sign with the secret that was agreed")
    return message_id


def _unproved(reason: str) -> UpdateRefused:
    return UpdateRefused(reason, unproved=True)
