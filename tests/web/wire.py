"""The whole platform as one ASGI application, spoken to in bytes, as a hostile client would."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

from starlette.types import ASGIApp

from commonhall.app.asgi import house_app
from commonhall.app.councils import Sources, apply_councils
from commonhall.app.demo import demo_variables
from commonhall.app.settings import read_settings
from commonhall.app.wiring import House, open_house
from tests.conftest import SetClock
from tests.houses import HOME

COUNCIL = b"solihull.localhost"
FORM = b"application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def location(self) -> str:
        return self.headers[b"location"].decode()


@dataclass
class Wire:
    """A client of one host that keeps its cookie."""

    app: ASGIApp
    host: bytes | None = COUNCIL
    cookie: bytes = b""
    address: str = "192.0.2.1"
    extra: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def ask(
        self, target: bytes, *, method: str = "GET", chunks: Sequence[bytes] = (b"",), kind: bytes | None = None
    ) -> Reply:  # fmt: skip
        """Send a request; `target` is path and query as they stand on the wire."""
        raw, _, query = target.partition(b"?")
        named = [] if self.host is None else [(b"host", self.host)]
        headers = [*named, *self.extra]
        headers += [(b"content-type", kind)] if kind is not None else []
        headers += [(b"cookie", self.cookie)] if self.cookie else []
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            # As the server decodes it: what is no UTF-8 becomes U+FFFD.
            "path": unquote(raw.decode("latin-1")),
            "raw_path": raw,
            "query_string": query,
            "headers": headers,
            "scheme": "http",
            "client": (self.address, 5000),
            "server": ("127.0.0.1", 8000),
        }
        arriving = iter(chunks)
        left = len(chunks)
        sent: list[Any] = []

        async def receive() -> Any:
            nonlocal left
            left -= 1
            return {"type": "http.request", "body": next(arriving, b""), "more_body": left > 0}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        start = sent[0]
        found = {name.lower(): value for name, value in start["headers"]}
        if b"set-cookie" in found:
            self.cookie = found[b"set-cookie"].partition(b";")[0]
        return Reply(start["status"], found, b"".join(part.get("body", b"") for part in sent[1:]))

    async def get(self, target: str) -> Reply:
        return await self.ask(target.encode())

    async def post(self, target: str, form: Sequence[tuple[str, str]] | bytes = b"") -> Reply:
        """Send a form: as pairs, or as bytes that may be none."""
        body = form if isinstance(form, bytes) else urlencode(form, errors="surrogatepass").encode()
        return await self.ask(target.encode(), method="POST", chunks=(body,), kind=FORM)


def token_in(reply: Reply) -> str:
    """The one-time token of the form on a page."""
    found = re.search(r'name="_token" value="([^"]+)"', reply.text)
    assert found, reply.text[:2000]
    return found.group(1)


@asynccontextmanager
async def whole_house(
    database_url: str, folder: Path, clock: SetClock
) -> AsyncIterator[tuple[House, ASGIApp]]:
    """The platform as it is wired, with one council of the demo."""
    env = {"COMMONHALL_SECRET": "A" * 44, "COMMONHALL_DATA": str(folder), "COMMONHALL_POOL_SIZE": "4"}
    house_settings = read_settings(env)
    async with open_house(house_settings, database_url, clock=clock) as house:
        variables = demo_variables(house_settings, "http://localhost:8001")
        sources = Sources(HOME / "services", HOME / "demo" / "councils" / "solihull.yaml", variables)
        await apply_councils(house, sources, lambda name: None, demonstration=True)
        yield house, house_app(house)
