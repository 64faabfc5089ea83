"""The office for tests of the workspace."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from commonhall.app.demo import STAFF
from commonhall.casework.staff import invite
from tests.conftest import SetClock
from tests.web.wire import whole_house
from tests.web.workspace.office import Office


@pytest.fixture
async def office(database_url: str, tmp_path: Path, clock: SetClock) -> AsyncIterator[Office]:
    """One council with somebody of each role."""
    async with whole_house(database_url, tmp_path, clock) as (house, app):
        for name, email, role in STAFF:
            await invite(house.desk, "solihull", email, name, [role])
        yield Office(house, app, clock)
