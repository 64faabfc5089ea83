"""Credentials at rest, encrypted with a key of the operator's (Fernet: AES-128-CBC with HMAC-SHA256), and on their way to
another installation, with a passphrase (scrypt, RFC 7914; AES-256-GCM)."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

COST = {"n": 2**17, "r": 8, "p": 1}
"""Of scrypt: 128 MB and about half a second for each guess (OWASP, Password Storage)."""
MOST_COST = 2**20


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


class Locked(msgspec.Struct, frozen=True):
    """A text that only its passphrase opens; salt, nonce and text are base64."""

    kdf: str
    n: int
    r: int
    p: int
    salt: str
    cipher: str
    nonce: str
    text: str


def lock(passphrase: str, text: bytes, subject: str) -> dict[str, Any]:
    """Encrypt with a passphrase; `subject` is what it is of, and cannot be changed unseen."""
    salt, nonce = os.urandom(16), os.urandom(12)
    sealed = AESGCM(_key(passphrase, salt, **COST)).encrypt(nonce, text, subject.encode())
    made = Locked(
        "scrypt", COST["n"], COST["r"], COST["p"], _text(salt), "aes-256-gcm", _text(nonce), _text(sealed)
    )
    found: dict[str, Any] = msgspec.to_builtins(made)
    return found


def unlock(passphrase: str, locked: Mapping[str, Any], subject: str) -> bytes | None:
    """Decrypt; None where the passphrase or the subject is another, or the text was changed."""
    try:
        given = msgspec.convert(dict(locked), Locked)
        salt, nonce, text = (
            base64.b64decode(part, validate=True) for part in (given.salt, given.nonce, given.text)
        )
        if (given.kdf, given.cipher, given.r, given.p) != ("scrypt", "aes-256-gcm", 8, 1):
            return None
        # What asks for more was made to keep this machine busy.
        if not COST["n"] <= given.n <= MOST_COST:
            return None
        return AESGCM(_key(passphrase, salt, given.n, given.r, given.p)).decrypt(
            nonce, text, subject.encode()
        )
    except (InvalidTag, ValueError, msgspec.MsgspecError):
        return None


def _key(passphrase: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=n, r=r, p=p).derive(passphrase.encode("utf-8", "surrogatepass"))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
