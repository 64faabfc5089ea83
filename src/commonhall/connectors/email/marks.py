"""What makes a mail known again when it comes back: our reference, and a seal that nobody can guess.

A mark stands in the address that bounces go to, in the mail's own id, and in its envelope id (RFC 3461); whichever of
them a mail server gives back is enough. The reference alone is not: whoever knows one could say that its mail came back.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32encode
from collections.abc import Sequence
from hashlib import sha256

LENGTH = 20
"""Letters of a seal: 100 bits. An address has room for no more than 64 letters before its @."""
LONGEST_NAME = 16
LONGEST = LONGEST_NAME + 1 + LENGTH
_NOT_IN_A_MARK = re.compile(r"[^a-z0-9-]+")
_MARK = re.compile(rf"(?<![a-z0-9-])([a-z0-9-]{{1,{LONGEST_NAME}}})\.([a-z2-7]{{{LENGTH}}})(?![a-z0-9-])")


class Marks:
    """Makes marks with the first secret, and knows those of every secret. Small letters alone: servers change them."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = tuple(secrets)

    def of(self, reference: str) -> str:
        """The mark of a case; nothing where there is no secret to seal it with."""
        if not self._secrets:
            return ""
        name = _NOT_IN_A_MARK.sub("-", reference.lower())[:LONGEST_NAME]
        return f"{name}.{_seal(self._secrets[0], name)}"

    def read(self, text: str) -> str | None:
        """The reference of the first mark in a text whose seal is ours."""
        for name, seal in _MARK.findall(text.lower()):
            if any(hmac.compare_digest(_seal(secret, name), seal) for secret in self._secrets):
                return str(name).upper()
        return None


def _seal(secret: str, name: str) -> str:
    found = hmac.digest(secret.encode(), b"came back\0" + name.encode(), sha256)
    return b32encode(found).decode().lower()[:LENGTH]
