"""Mails that come back: reports of mail servers on what they could not deliver (RFC 3464), and whose they are.

Only a report with its machine-readable part counts, and only where it says `failed`: `delayed` means that the server
tries on. What people's programs answer by themselves (away until Monday), receipts of reading and complaints are no such
reports. Of which case it is, a mark says (`marks.py`), wherever the report has it.
"""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.header import decode_header, make_header
from email.message import Message
from hashlib import sha256

from commonhall.connectors.http import storable

_OF_THE_REPORT = (
    "To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Failed-Recipients", "In-Reply-To", "References",
)  # fmt: skip
"""Headers of a report that may have the mark: the address that it was sent to, the mail that it answers."""
_OF_THE_MAIL = ("Message-ID", "Return-Path")
"""Headers of the mail that came back."""
MOST_PARTS = 50
LONGEST_HEADERS = 65_536
LONGEST_REASON = 600
_CLASSES = {
    (1, 1): "there is no such mailbox",
    (1, 2): "there is no such domain",
    (2, 1): "the mailbox is closed",
    (2, 2): "the mailbox is full",
    (2, 3): "the mail is too long for the mailbox",
    (3, 4): "the mail is too long for the mail server",
    (4, 1): "the mail server did not answer",
    (4, 4): "there is no way to the mail server",
    (4, 7): "it could not be delivered in time",
    (7, 1): "the mail server does not take it from us",
}
"""What the commonest statuses of RFC 3463 mean, by subject and detail."""


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail that was not delivered: where the report may have the mark, why, and the report's own id."""

    places: tuple[str, ...]
    reason: str
    id: str


def read_bounce(content: bytes) -> Bounce | None:
    """What a mail says of one that came back; None where it says nothing of the kind, whatever else it is."""
    try:
        found = email.message_from_bytes(content, policy=policy.compat32)
        parts = [part for part, _ in zip(found.walk(), range(MOST_PARTS), strict=False)]
        failed = [one for part in parts for one in _failed(part)]
        if not failed:
            return None
        places = [*_headers(found, _OF_THE_REPORT), *_envelope_ids(parts)]
        for part in parts[1:]:
            places += _headers(_original(part), _OF_THE_MAIL)
        # A report that has no id of its own is known by its words.
        own = "".join(_headers(found, ("Message-ID",))) or sha256(content).hexdigest()
        return Bounce(
            tuple(places), "; ".join(failed)[:LONGEST_REASON], sha256(own.encode()).hexdigest()[:40]
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        # The parser takes nearly everything, and falls over the rest in ways of its own.
        return None


def _failed(part: Message) -> Iterator[str]:
    """For each recipient whom a report's part says it failed to reach: who, and why."""
    for block in _blocks(part):
        if _words(block.get("Action")).lower() != "failed":
            continue
        recipient = _words(block.get("Final-Recipient") or block.get("Original-Recipient")).partition(";")[2]
        status = re.match(r"\s*([245])\.([0-9]{1,3})\.([0-9]{1,3})", _words(block.get("Status")))
        said = _words(block.get("Diagnostic-Code")).partition(";")[2].strip()
        kind = _CLASSES.get((int(status[2]), int(status[3])), "") if status else ""
        code = f"status {status[0].strip()}" if status else ""
        # A server that gave up on what was only *not now* says 4: later it may work.
        later = "it may work later" if status and status[1] == "4" else ""
        why = ", ".join(words for words in (kind, later, said or code) if words)
        yield storable(
            f"the mail to {recipient.strip()[:100] or 'its recipient'} came back{f': {why}' if why else ''}"
        )


def _blocks(part: Message) -> list[Message]:
    """The groups of fields in a delivery status: one for the message, one for each recipient."""
    if part.get_content_type() not in {"message/delivery-status", "message/global-delivery-status"}:
        return []
    content = part.get_payload()
    return [block for block in content if isinstance(block, Message)] if isinstance(content, list) else []


def _envelope_ids(parts: list[Message]) -> list[str]:
    return [_words(block.get("Original-Envelope-Id")) for part in parts for block in _blocks(part)]


def _original(part: Message) -> Message:
    """The mail that came back, or its headers."""
    kind = part.get_content_type()
    if kind in {"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"}:
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            return email.message_from_bytes(content[:LONGEST_HEADERS], policy=policy.compat32)
        inner = part.get_payload()
        return inner[0] if isinstance(inner, list) and inner and isinstance(inner[0], Message) else Message()
    # Within message/rfc822 it is a part of its own in the walk.
    return part


def _headers(found: Message, names: tuple[str, ...]) -> list[str]:
    return [_words(value) for name in names for value in found.get_all(name, [])]


def _words(value: object) -> str:
    """A field's words in one line, of any encoding."""
    text = " ".join(str(value or "").split())
    try:
        return str(make_header(decode_header(text)))[:2000] if "=?" in text else text[:2000]
    except (ValueError, LookupError):
        return text[:2000]
