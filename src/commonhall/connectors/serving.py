"""Serve an ASGI application on this machine's loopback for as long as a test needs it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send


class _Quiet(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the test's, not the server's."""
        yield


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
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self._port))
        self._port = listening.getsockname()[1]
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
