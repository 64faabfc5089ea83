"""Somebody who sends figures and asks for them, on the finder's host."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx2

from commonhall.api.performance.app import PerformanceTools, performance_app
from commonhall.casework.desk import system_chance
from commonhall.reporting.asking import Counter
from commonhall.reporting.data_sets import Figures, make_data_set
from commonhall.storage.pool import Store
from tests.conftest import SetClock

COUNCILS = frozenset({"solihull", "surrey", "surrey-heath"})
Query = Sequence[tuple[str, str]]


@dataclass
class Sender:
    """A client of the interface, and one data set with its token."""

    figures: Figures
    http: httpx2.AsyncClient
    path: str
    token: str

    async def post(self, body: Any, *, status: int = 200, path: str = "", **more: Any) -> Any:
        """Send records."""
        headers = {"authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        given = {"content": body} if isinstance(body, bytes) else {"json": body}
        reply = await self.http.post(path or self.path, headers=headers, **given, **more)
        assert reply.status_code == status, reply.text
        return reply.json()

    async def ask(self, query: Query = (), *, status: int = 200, path: str = "") -> Any:
        """Ask; the answer's data, or what is said where it is refused."""
        reply = await self.http.get(f"{path or self.path}?{urlencode(query)}")
        assert reply.status_code == status, reply.text
        found = reply.json()
        return found["data"] if status == 200 else found["message"]

    async def another(self, kind: str, *, raw: bool = True, group: str = "solihull-bins") -> str:
        """Make another data set; the sender holds its token now. Answers its path."""
        self.token = await make_data_set(
            self.figures, "solihull", group, kind, service=None, lgsl=524, raw=raw
        )
        self.path = f"/performance/data/{group}/{kind}"
        return self.path


@asynccontextmanager
async def sending(store: Store, clock: SetClock) -> AsyncIterator[Sender]:
    """A sender with the data set `solihull-bins/anything`, whose records may be read one by one."""
    figures = Figures(store, clock, system_chance().token, COUNCILS)
    app = performance_app(PerformanceTools(figures, Counter(store)))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://finder") as http:
        sender = Sender(figures, http, "", "")
        await sender.another("anything")
        yield sender


def day(date: str) -> str:
    """Midnight of a day, as records and questions have it."""
    return f"{date}T00:00:00+00:00"
