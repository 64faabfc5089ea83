"""The embedded PostgreSQL starts wherever people keep their folders, and says why where it cannot."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from commonhall.storage.embedded import embedded_postgres
from commonhall.storage.pool import StorageUnavailable


@pytest.fixture
def home() -> Iterator[Path]:
    """Not under pytest's own folder: as root, PostgreSQL runs as another user, who may not enter that one."""
    folder = Path(tempfile.mkdtemp(prefix="commonhall-embedded-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.postgres
@pytest.mark.parametrize(
    "name", ["my council's house (new)", "a" * 120, "t\N{LATIN SMALL LETTER Y WITH CIRCUMFLEX}"]
)
async def test_any_folder_will_do(home: Path, name: str) -> None:
    with embedded_postgres(home / name / "data", keep=False) as url:
        connection = await asyncpg.connect(url)
        assert await connection.fetchval("select 1") == 1
        await connection.close()


def test_where_it_cannot_start_the_folder_is_named(home: Path) -> None:
    (home / "file").write_text("not a folder")
    with (
        pytest.raises(StorageUnavailable, match=r"does not start in .*file.data.* is there room"),
        embedded_postgres(home / "file" / "data"),
    ):
        pytest.fail("it cannot have started")
