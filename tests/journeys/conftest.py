"""A running platform and a real browser."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx2
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, async_playwright

from tests.conftest import with_database

HOME = Path(__file__).resolve().parent.parent.parent
CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str:
    """The browser's path. The tests fail, not skip, where there is none: set-up sees to it."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = os.environ.get("COMMONHALL_CHROMIUM") or next(
        (path for name in names if (path := shutil.which(name))), None
    )
    assert found, "no Chromium: run `make setup`, or set COMMONHALL_CHROMIUM"
    return found


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Platform:
    """A demo that runs: its ports and its database."""

    port: int
    sandbox_port: int
    database_url: str

    def site(self, council: str, path: str = "/") -> str:
        """A page of a council's site."""
        return f"http://{council}.localhost:{self.port}{path}"

    @property
    def finder(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def sandbox(self) -> str:
        return f"http://localhost:{self.sandbox_port}"


@pytest.fixture(scope="session")
def platform(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """`commonhall demo` on a database of its own, stopped after the last test."""
    name = f"demo_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"

    async def fresh() -> None:
        admin = await asyncpg.connect(postgres_url)
        await admin.execute(f'drop database if exists "{name}" with (force)')
        await admin.execute(f'create database "{name}"')
        await admin.close()

    asyncio.run(fresh())
    url = with_database(postgres_url, name)
    port, sandbox_port = free_port(), free_port()
    env = {**os.environ, "COMMONHALL_DATABASE_URL": url, "COMMONHALL_SECRET": "A" * 44}
    log = (tmp_path_factory.mktemp("demo") / "log").open("w+")
    command = [
        sys.executable,
        "-c",
        "from commonhall.app.commands import main; main()",
        "demo",
        "--no-traffic",
    ]
    command += ["--port", str(port), "--sandbox-port", str(sandbox_port)]
    command += ["--data", str(tmp_path_factory.mktemp("data")), "--sources", str(HOME)]
    process = subprocess.Popen(command, env=env, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_until_up(process, port, log.name)
        yield Platform(port, sandbox_port, url)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
        log.close()


def wait_until_up(process: subprocess.Popen[bytes], port: int, log: str) -> None:
    """Wait until something answers on the port; what was printed is shown if it never does."""
    import time

    for _ in range(600):
        assert process.poll() is None, Path(log).read_text()
        try:
            httpx2.get(f"http://127.0.0.1:{port}/", headers={"host": "localhost"}, timeout=2.0)
        except httpx2.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(Path(log).read_text())


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all tests of a worker."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium(), args=list(CHROMIUM))
        yield opened
        await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def phone(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A phone of 360 pixels with scripts."""
    context = await browser.new_context(viewport={"width": 360, "height": 740})
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def plain_phone(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A phone without scripts."""
    context = await browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    yield context
    await context.close()
