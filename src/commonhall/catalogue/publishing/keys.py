"""The keys of a catalogue: Ed25519, the private half encrypted with a passphrase (PKCS #8 in PEM, RFC 5958).

A key called `ada` is two files: `ada.key`, which never leaves the maintainer, and `ada.pub`, which anybody may have.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from securesystemslib.signer import CryptoSigner, SSlibKey

from commonhall.catalogue.refusals import CatalogueRefused

LEAST_PASSPHRASE = 12
NAME_FIELD = "x-commonhall-name"
"""The field of a key's metadata that says whose it is, so that people read names and not digests."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")


def make_key(folder: Path, name: str, passphrase: str) -> Path:
    """Make a key pair: `name.key` for its owner's eyes alone and `name.pub`. Answers the private key's path.

    Raises `CatalogueRefused` for a name, passphrase or folder that will not do, or where the key is there already.
    """
    if not _NAME.fullmatch(name):
        raise CatalogueRefused(
            f"'{name}' cannot name a key: use small letters, digits and hyphens, like ada-lovelace"
        )
    if len(passphrase) < LEAST_PASSPHRASE:
        raise CatalogueRefused(
            f"the passphrase for the key '{name}' has fewer than {LEAST_PASSPHRASE} characters: take a longer one"
        )
    whole = folder.resolve()
    if any((place / "metadata").is_dir() for place in (whole, *whole.parents)):
        raise CatalogueRefused(
            f"{folder} is in a catalogue's folder, which everybody can read: keep private keys somewhere else"
        )
    private = Ed25519PrivateKey.generate()
    path = folder / f"{name}.key"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(
                private.private_bytes(
                    Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode())
                )
            )
        path.with_suffix(".pub").write_bytes(
            private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )
    except FileExistsError:
        raise CatalogueRefused(f"{path} is there already: a key is never written over") from None
    except OSError as error:
        raise CatalogueRefused(f"{path} cannot be written: {error.strerror}") from None
    return path


def load_signer(path: Path, passphrase: str) -> CryptoSigner:
    """A private key, ready to sign. Raises `CatalogueRefused`, which names the file."""
    pem = _read(path)
    try:
        private = load_pem_private_key(pem, passphrase.encode() or None)
    except (TypeError, ValueError, UnsupportedAlgorithm):
        raise CatalogueRefused(
            f"{path} cannot be opened: the passphrase is wrong or missing, or this is no private key"
        ) from None
    if not isinstance(private, Ed25519PrivateKey):
        raise CatalogueRefused(f"{path} is not an Ed25519 key: make one with `commonhall catalogue key`")
    return CryptoSigner(private, _named(private.public_key(), path.stem))


def load_public(path: Path) -> SSlibKey:
    """A public key. Raises `CatalogueRefused`, which names the file."""
    pem = _read(path)
    try:
        public = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise CatalogueRefused(f"{path} is no public key in PEM: give the file that ends in .pub") from None
    if not isinstance(public, Ed25519PublicKey):
        raise CatalogueRefused(f"{path} is not an Ed25519 key: make one with `commonhall catalogue key`")
    return _named(public, path.stem)


def name_of(key: object) -> str:
    """Whose key this is, in words; the beginning of its digest where nobody said."""
    fields = getattr(key, "unrecognized_fields", {})
    return str(fields.get(NAME_FIELD) or str(getattr(key, "keyid", ""))[:12])


def _named(public: Ed25519PublicKey, name: str) -> SSlibKey:
    key = SSlibKey.from_crypto(public)
    key.unrecognized_fields[NAME_FIELD] = name
    return key


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CatalogueRefused(f"the key {path} cannot be read: {error.strerror}") from None
