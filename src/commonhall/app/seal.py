"""Connector credentials at rest: encrypted with a key of the operator's (Fernet: AES-128-CBC with HMAC-SHA256)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import msgspec
from cryptography.fernet import Fernet, InvalidToken


class SealBroken(Exception):  # noqa: N818
    """Credentials cannot be read with this installation's secret."""


class Seal:
    """Encrypts and decrypts credentials."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def close(self, credentials: Mapping[str, Any]) -> bytes:
        """Encrypt."""
        return self._fernet.encrypt(msgspec.json.encode(dict(credentials)))

    def open(self, sealed: bytes | None) -> dict[str, Any]:
        """Decrypt; nothing sealed is no credentials. Raises `SealBroken`."""
        if sealed is None:
            return {}
        try:
            opened: dict[str, Any] = msgspec.json.decode(self._fernet.decrypt(sealed))
        except InvalidToken:
            raise SealBroken(
                "these credentials were sealed with another COMMONHALL_SECRET: restore it, or enter them again"
            ) from None
        return opened
