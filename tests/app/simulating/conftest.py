"""A house with one demonstration council, and cells of people without any database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import structlog
from tests.conftest import HOME, SetClock, with_database

from commonhall.app.councils import Sources, apply_councils
from commonhall.app.demo import demo_variables
from commonhall.app.settings import read_settings
from commonhall.app.simulating.marks import Wanted
from commonhall.app.simulating.people import Cell, cell_of
from commonhall.app.simulating.places import Places
from commonhall.app.wiring import House, open_house
from commonhall.casework.sites import Site
from commonhall.directory.directory import Directory
from commonhall.engine.working_days import Calendar

FIRST, LAST = date(2026, 1, 20), datetime(2026, 3, 10, 9, tzinfo=UTC)
WANTED = Wanted(seed=7, scale=0.012, first=FIRST, until=LAST)


@contextmanager
def quiet() -> Iterator[None]:
    """Without a line in the log for each delivery."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    yield
    structlog.configure(**before)


@asynccontextmanager
async def solihull(url: str, folder: Path) -> AsyncIterator[House]:
    """The platform with Solihull as the demonstration has it."""
    env = {"COMMONHALL_SECRET": "A" * 44, "COMMONHALL_DATA": str(folder), "COMMONHALL_POOL_SIZE": "4"}
    settings = read_settings(env)
    async with open_house(settings, url, clock=SetClock()) as house:
        variables = demo_variables(settings, "http://localhost:8001")
        sources = Sources(HOME / "services", HOME / "demo" / "councils" / "solihull.yaml", variables)
        await apply_councils(house, sources, lambda name: None, demonstration=True)
        with quiet():
            yield house


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """A fresh one."""
    async with solihull(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def other_house(postgres_url: str, template: str, tmp_path: Path) -> AsyncIterator[House]:
    """Another, on a database of its own."""
    name = f"{template}_other"
    admin = await asyncpg.connect(postgres_url)
    await admin.execute(f'drop database if exists "{name}" with (force)')
    await admin.execute(f'create database "{name}" template "{template}"')
    try:
        async with solihull(with_database(postgres_url, name), tmp_path / "other") as opened:
            yield opened
    finally:
        await admin.execute(f'drop database "{name}" with (force)')
        await admin.close()


@pytest.fixture(scope="session")
def cells(
    sites: list[Site], directory: Directory, calendars: Mapping[str, Calendar]
) -> dict[tuple[str, str], Cell]:
    """Every service of every demo council, as a year of people meets it."""
    made: dict[tuple[str, str], Cell] = {}
    for site in sites:
        council = directory.councils.council(site.council)
        assert council is not None
        places = Places(council, directory)
        for adopted in site.services:
            made[site.council, adopted.service.id] = cell_of(
                7, site.council, adopted, places, calendars[site.nation], 200_000, 1.0, date(2025, 3, 1)
            )
    return made


COLUMNS = (
    "service, version, channel, day, started_at, outcome, seconds, score, path, sent_on, target_on, rated_on,"
    " closed_on, wait_hours, fixed, reopened, again, repeated, area, street"
)


async def measures(house: House) -> list[tuple[Any, ...]]:
    """Every measure but for its number, in order."""
    rows = await house.store.owner.fetch(f"select {COLUMNS} from measure order by {COLUMNS}")
    return [tuple(row) for row in rows]
