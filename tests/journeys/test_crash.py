"""Fifty kills with signal 9 under load: nothing lost, nothing twice. `make crash` does five hundred."""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.conftest import with_database
from tests.journeys.conftest import free_port
from tests.journeys.crash import Installation, crash

KILLS = 50


@pytest.fixture
def installation(postgres_url: str) -> Iterator[Installation]:
    """Two web processes, two workers, a practice back office, on a database of their own."""
    name = f"crash_{free_port()}"

    async def run(sql: str) -> None:
        admin = await asyncpg.connect(postgres_url)
        await admin.execute(sql)
        await admin.close()

    folder = Path(tempfile.mkdtemp(prefix="commonhall-crash-"))
    asyncio.run(run(f'create database "{name}"'))
    made = Installation(with_database(postgres_url, name), folder, (free_port(), free_port(), free_port()))
    try:
        made.set_up()
        yield made
    finally:
        made.stop()
        asyncio.run(run(f'drop database "{name}" with (force)'))
        shutil.rmtree(folder)


@pytest.mark.network
def test_no_reference_shown_is_lost_and_no_case_arrives_twice(installation: Installation) -> None:
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    findings = asyncio.run(crash(installation, KILLS, random.Random(seed)))
    print(findings)
    assert findings.wrong == []
    assert findings.kills == KILLS
    assert len(findings.shown) > KILLS / 2, "there was a load to speak of"
    assert findings.cases >= len(findings.shown)
