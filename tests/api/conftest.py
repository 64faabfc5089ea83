"""The council and the back office of casework's tests; and the whole platform, with systems that have keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass

import httpx2
import pytest
from starlette.types import ASGIApp

from commonhall.app.wiring import House
from commonhall.casework.systems import let_in
from commonhall.engine.access import Scope
from commonhall.engine.staff import Actor
from tests.casework.conftest import back_office, lost_cat
from tests.conftest import SetClock
from tests.web.workspace.conftest import office
from tests.web.workspace.office import COUNCIL, Office

__all__ = ["back_office", "lost_cat", "office"]

ADA = Actor("ada", "Ada", "ada@example.com", frozenset())
EVERYTHING = frozenset(Scope)


@dataclass
class Outside:
    """Other systems, on a council's host."""

    office: Office
    http: httpx2.AsyncClient

    @property
    def house(self) -> House:
        """The platform."""
        return self.office.house

    @property
    def clock(self) -> SetClock:
        """Its clock."""
        return self.office.clock

    async def key(
        self,
        system: str = "cms",
        may: Collection[Scope] = EVERYTHING,
        services: Collection[str] | None = None,
    ) -> str:
        """The key of a system that is let in now."""
        return await let_in(self.house.desk, COUNCIL, system, system.upper(), may, services, ADA)


def client_of(app: ASGIApp, host: str = f"{COUNCIL}.localhost") -> httpx2.AsyncClient:
    """A client of a host."""
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=f"http://{host}:8000")


@pytest.fixture
async def outside(office: Office) -> AsyncIterator[Outside]:
    """Other systems, on Solihull's host."""
    async with client_of(office.app) as http:
        yield Outside(office, http)
