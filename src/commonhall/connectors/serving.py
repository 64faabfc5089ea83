"""Serve on this machine's loopback for as long as a test needs it: an ASGI application, or a twin that speaks otherwise."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send


class _Quiet(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the test's, not the server's."""
        yield


def listen(port: int = 0) -> tuple[socket.socket, int]:
    """A socket on this port of 127.0.0.1, or on any that is free; and which port that is."""
    # asyncio sends at once, and does not wait for more, where the protocol is said.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    return listening, listening.getsockname()[1]


class Served:
    """A server on a free port of 127.0.0.1. `app` may be changed; `stop` and `start` keep the port."""

    def __init__(self, app: ASGIApp, *, lifespan: bool = False) -> None:
        self.app = app
        self._lifespan = lifespan
        self._port = 0
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """The server's address, without a slash at its end."""
        return f"http://127.0.0.1:{self._port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to the application of the moment."""
        await self.app(scope, receive, send)

    async def start(self) -> None:
        """Listen; on the same port as before, where there was one."""
        listening, self._port = listen(self._port)
        config = uvicorn.Config(
            self,
            lifespan="on" if self._lifespan else "off",
            ws="none",
            log_config=None,
            log_level="critical",
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        self._server = _Quiet(config)
        self._task = asyncio.create_task(self._server.serve([listening]))
        # uvicorn tells that it has started by a flag only.
        while not self._server.started and not self._task.done():  # noqa: ASYNC110
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """Close the port: connections are refused from now on."""
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await self._task
            self._server = self._task = None


@asynccontextmanager
async def serve(app: ASGIApp, *, lifespan: bool = False) -> AsyncIterator[Served]:
    """Serve an application while the block runs."""
    served = Served(app, lifespan=lifespan)
    await served.start()
    try:
        yield served
    finally:
        await served.stop()


class HttpHost:
    """Where twins stand that speak HTTP (`commonhall.connectors.faults.Host`)."""

    def __init__(self) -> None:
        self._served = Served(_nobody)
        self._path = ""

    @property
    def address(self) -> str:
        """The server's address with the twin's path behind it."""
        return self._served.url + self._path

    def put(self, twin: Any) -> None:
        """Let this twin answer from now on."""
        self._served.app, self._path = twin.app, twin.path

    async def start(self) -> None:
        """Listen."""
        await self._served.start()

    async def stop(self) -> None:
        """Close the port."""
        await self._served.stop()


async def _nobody(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("no twin was put here yet")


class StreamHost:
    """Where twins stand that speak over a plain connection: each has `talk(reader, writer)`, and is asked it for each."""

    def __init__(self, scheme: str) -> None:
        self._scheme = scheme
        self._port = 0
        self._twin: Any = None
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """The place as SCHEME://127.0.0.1:PORT."""
        return f"{self._scheme}://127.0.0.1:{self._port}"

    def put(self, twin: Any) -> None:
        """Let this twin answer from now on."""
        self._twin = twin

    async def start(self) -> None:
        """Listen; on the same port as before, where there was one."""
        listening, self._port = listen(self._port)
        self._server = await asyncio.start_server(self._talk, sock=listening)

    async def stop(self) -> None:
        """Close the port and whatever is open."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in self._talks:
            task.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._talks.add(task)
            task.add_done_callback(self._talks.discard)
        try:
            with suppress(ConnectionError, EOFError, asyncio.CancelledError):
                await self._twin.talk(reader, writer)
        finally:
            writer.close()
