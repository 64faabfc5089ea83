"""Which database this process uses: the operator's by its URL, or the embedded one in the data folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from commonhall.app.settings import Settings
from commonhall.storage.embedded import embedded_postgres


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The URL of the database, started if it is the embedded one."""
    if settings.database_url:
        yield settings.database_url
        return
    with embedded_postgres(settings.data / "postgres") as url:
        yield url
