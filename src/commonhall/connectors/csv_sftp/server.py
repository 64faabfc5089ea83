"""Where an SFTP server is and who enters, and whether keys can be read.

asyncssh asks the machine for libraries when it is imported: only where there is such a connector, or one is set up.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Server:
    """Where it is, who enters and how. `host_key` is the server's public key as OpenSSH writes it."""

    host: str
    port: int
    username: str
    host_key: str
    password: str | None = None
    private_key: str | None = None


def is_public_key(text: str) -> bool:
    """Whether it is a public key as OpenSSH writes it."""
    import asyncssh  # noqa: PLC0415

    try:
        asyncssh.import_public_key(text)
    except (asyncssh.KeyImportError, ValueError):
        return False
    return True


def is_private_key(text: str) -> bool:
    """Whether it is a private key as OpenSSH writes it, without a passphrase."""
    import asyncssh  # noqa: PLC0415

    try:
        asyncssh.import_private_key(text)
    except (asyncssh.KeyImportError, ValueError):
        return False
    return True
