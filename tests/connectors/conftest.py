"""A sandbox on loopback, and connectors that speak to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from commonhall.connectors.registry import build_connector
from commonhall.connectors.sandbox.app import sandbox_app
from commonhall.connectors.serving import serve
from commonhall.engine.back_office import Connector

KEY = "key-of-the-sandbox"
SECRET = "whsec_cHJhY3RpY2Ugb25seSwgbm90aGluZyBlbHNlIQ=="
Clock = Callable[[], datetime]


@dataclass
class Sandbox:
    """A running sandbox: its address, and a client that speaks to it."""

    url: str
    http: httpx2.AsyncClient
    clock: Clock

    def open311(self, key: str = KEY, **settings: Any) -> Connector:
        """A connector to its Open311 side."""
        given = {"endpoint": f"{self.url}/open311/v2", "jurisdiction_id": "solihull", **settings}
        return build_connector("open311", given, {"api_key": key}, self.http, self.clock, allow_private=True)

    def webhook(self, *secrets: str, **settings: Any) -> Connector:
        """A connector to its webhook side."""
        given = {"url": f"{self.url}/webhook", **settings}
        signing = {"signing": list(secrets or (SECRET,))}
        return build_connector("webhook", given, signing, self.http, self.clock, allow_private=True)

    async def jobs(self) -> list[dict[str, Any]]:
        """Its jobs, newest first."""
        found: list[dict[str, Any]] = (await self.http.get(f"{self.url}/jobs.json")).json()
        return found

    async def change(self, job: str, status: str, note: str = "") -> httpx2.Response:
        """Change a job's status as a person does on its page."""
        return await self.http.post(f"{self.url}/jobs/{job}", data={"status": status, "note": note})


OpenSandbox = Callable[[], AbstractAsyncContextManager[Sandbox]]


@pytest.fixture
def open_sandbox(tmp_path: Path, clock: Clock) -> OpenSandbox:
    """Open the sandbox, as often as wanted, on one journal."""

    @asynccontextmanager
    async def run() -> AsyncIterator[Sandbox]:
        async with httpx2.AsyncClient(trust_env=False) as http:
            app = sandbox_app(
                journal=tmp_path / "sandbox.jsonl",
                webhook_secret=SECRET,
                open311_key=KEY,
                clock=clock,
                http=http,
            )
            async with serve(app, lifespan=True) as served:
                yield Sandbox(served.url, http, clock)

    return run


@pytest.fixture
async def sandbox(open_sandbox: OpenSandbox) -> AsyncIterator[Sandbox]:
    """A running sandbox."""
    async with open_sandbox() as running:
        yield running
