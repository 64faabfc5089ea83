"""`commonhall demo`: everything at once on this machine, from an empty folder to eight councils' sites."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2
import uvicorn

from commonhall.app.asgi import Door
from commonhall.app.councils import Sources, apply_councils
from commonhall.app.database import database
from commonhall.app.settings import Settings, SettingsRefused
from commonhall.app.simulating.wards import make_up_wards
from commonhall.app.traffic import Traffic, prepare_traffic, traffic_wanted
from commonhall.app.wiring import House, open_house
from commonhall.casework.desk import system_clock
from commonhall.casework.staff import invite
from commonhall.connectors.sandbox.app import sandbox_app
from commonhall.engine.staff import Role

SANDBOX_KEY = "sandbox-key"
SANDBOX_WEBHOOK_SECRET = "whsec_Y29tbW9uaGFsbC1zYW5kYm94LWRlbW9uc3RyYXRpb24="  # noqa: S105 - everybody's, by design


@dataclass(frozen=True, slots=True)
class Running:
    """What the demo has started, for the page of addresses that it prints."""

    finder: str
    sandbox: str
    sites: tuple[tuple[str, str], ...]
    seconds: float


def free_port_or_refuse(host: str, port: int, option: str) -> None:
    """Raise `SettingsRefused` where somebody else has the port already."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise SettingsRefused(
                f"port {port} is in use: stop what uses it, or say another with {option}"
            ) from None


def demo_variables(settings: Settings, sandbox_url: str) -> dict[str, str]:
    """What `${NAME}` stands for in the demo councils' files."""
    return {
        "SANDBOX_URL": sandbox_url,
        "SANDBOX_OPEN311_KEY": SANDBOX_KEY,
        "SANDBOX_WEBHOOK_SECRET": SANDBOX_WEBHOOK_SECRET,
        "SITE_PORT": str(settings.port or 80),
    }


async def run_demo(
    settings: Settings,
    sandbox_port: int,
    sources: Path,
    step: Callable[[str], None],
    ready: Callable[[Running], None],
    told: Callable[[Traffic], None] | None = None,
) -> None:
    """Start everything and run until it is told to stop.

    With `told`, a year of simulated traffic is prepared beside it, if there is none yet; `told` hears how far that is.
    """
    started = time.monotonic()
    port = settings.port or 80
    free_port_or_refuse("127.0.0.1", port, "--port")
    free_port_or_refuse("127.0.0.1", sandbox_port, "--sandbox-port")
    settings = replace(settings, allow_private=True, poll_seconds=2, local_accounts=True)
    sandbox_url = f"http://localhost:{sandbox_port}"
    step("starting the embedded PostgreSQL" if settings.database_url is None else "using the database given")
    with database(settings) as url:
        async with open_house(settings, url) as house:
            step("the database has this release's schema")
            where = Sources(
                sources / "services", sources / "demo" / "councils", demo_variables(settings, sandbox_url)
            )
            await apply_councils(house, where, lambda name: step(f"adopted for {name}"), demonstration=True)
            await _invite_staff(house)
            # Nothing that somebody took into use is overwritten.
            if not house.directory.wards.known and house.directory.wards.named_by_postcodes == (0, 0):
                slugs = [site.council for site in house.sites.all()]
                make_up_wards(settings.data / "directory", slugs, house.directory)
            sites = tuple((site.name["en"], house.site_url(site)) for site in house.sites.all())
            traffic = traffic_wanted(house.sites.all()) if told else None
        async with httpx2.AsyncClient(trust_env=False) as http:
            sandbox = sandbox_app(
                journal=settings.data / "sandbox.jsonl",
                webhook_secret=SANDBOX_WEBHOOK_SECRET,
                open311_key=SANDBOX_KEY,
                clock=system_clock,
                http=http,
            )
            servers = [
                _server(Door(settings, url, with_worker=True), port),
                _server(sandbox, sandbox_port),
            ]
            tasks = [asyncio.create_task(server.serve()) for server in servers]
            await _started(servers, tasks)
            ready(Running(settings.url(settings.finder_host), sandbox_url, sites, time.monotonic() - started))
            simulating = asyncio.create_task(prepare_traffic(settings, url, traffic, told or _nobody))
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                simulating.cancel()
                await asyncio.gather(simulating, return_exceptions=True)
            for server in servers:
                server.should_exit = True
            await asyncio.gather(*tasks)


STAFF = (
    ("Ada Administrator", "ada@example.com", Role.ADMINISTRATOR),
    ("Sunita Service-Owner", "sunita@example.com", Role.SERVICE_OWNER),
    ("Owen Officer", "owen@example.com", Role.OFFICER),
    ("Dara Developer", "dara@example.com", Role.DEVELOPER),
    ("Vera Viewer", "vera@example.com", Role.VIEWER),
)
"""Invented people of every demo council, one for each role."""


async def _invite_staff(house: House) -> None:
    for site in house.sites.all():
        for name, email, role in STAFF:
            await invite(house.desk, site.council, email, name, [role])


def _nobody(_traffic: Traffic) -> None:
    """Hears nothing."""


async def _started(servers: list[uvicorn.Server], tasks: list[asyncio.Task[None]]) -> None:
    """Wait until all servers listen, or one has ended."""
    while not all(server.started for server in servers) and not any(task.done() for task in tasks):  # noqa: ASYNC110
        # uvicorn tells that it has started by a flag alone.
        await asyncio.sleep(0.02)


def _server(app: object, port: int) -> uvicorn.Server:
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        host="127.0.0.1",
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_graceful_shutdown=5,
    )
    return uvicorn.Server(config)
