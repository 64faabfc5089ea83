"""The installation's own outgoing mail: which server takes it, and from whom it comes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote, urlsplit

from commonhall.connectors.email.letter import is_address

Security = Literal["starttls", "tls", "none"]
SCHEMES: dict[str, tuple[Security, int]] = {
    "smtp": ("starttls", 587),
    "smtps": ("tls", 465),
    "smtp+plain": ("none", 25),
}


@dataclass(frozen=True, slots=True)
class MailDoor:
    """A mail server and who we are there; `sender` is the address that mails come from."""

    host: str
    port: int
    security: Security
    username: str | None
    password: str | None = field(repr=False)
    sender: str = ""


def read_mail_door(url: str, sender: str) -> MailDoor | None:
    """The server that `smtp://user:password@host:port` names; None where neither is said. Raises ValueError."""
    if not url and not sender:
        return None
    if not url or not sender:
        raise ValueError(
            "COMMONHALL_SMTP_URL and COMMONHALL_MAIL_FROM belong together: set both, or neither to send no mail"
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in SCHEMES or not parts.hostname or parts.path.strip("/"):
        # Not the address itself: it may hold a password.
        raise ValueError(
            "COMMONHALL_SMTP_URL must be smtp://host (STARTTLS), smtps://host (TLS), or in a private network"
            " smtp+plain://host; with user:password@ before the host, and :port after it, where needed"
        )
    if not is_address(sender):
        raise ValueError(
            f"COMMONHALL_MAIL_FROM is '{sender}': give an address, such as measures@example.gov.uk"
        )
    security, usual = SCHEMES[parts.scheme]
    username = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    return MailDoor(parts.hostname, port or usual, security, username, password, sender)
