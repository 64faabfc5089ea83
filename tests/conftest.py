"""What all tests share: closed sockets, a real PostgreSQL, a clock that tests set."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
import pytest_socket
import structlog

from commonhall.casework.desk import AdoptedServices, Chance, Desk, system_chance
from commonhall.casework.sites import Site
from commonhall.directory.directory import Directory, open_directory
from commonhall.engine.working_days import Calendar, load_calendars
from commonhall.storage.embedded import embedded_postgres
from commonhall.storage.migrations import migrate
from commonhall.storage.pool import Store, open_store
from commonhall.web.assets import Assets, open_assets
from commonhall.web.pages import Pages
from commonhall.web.resident.compile import Compiler
from commonhall.web.resident.shapes import Shapes
from tests.houses import demo_plans, demo_services, site_of

HOME = Path(__file__).resolve().parent.parent
SHARED = HOME.parent / "shared"
OPEN = {"postgres", "network", "browser"}


def pytest_configure() -> None:
    """Plain tracebacks: those with every local value take minutes where a value is a whole site."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ]
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that asks for the database or a browser is marked so, wherever it stands."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "store" in fixtures or "postgres_url" in fixtures:
            item.add_marker(pytest.mark.postgres)


@pytest.fixture(autouse=True)
def closed_sockets(request: pytest.FixtureRequest) -> Iterator[None]:
    """Sockets are closed, but for tests that say they need them; those reach this machine alone."""
    if OPEN & {mark.name for mark in request.node.iter_markers()}:
        pytest_socket.enable_socket()
        pytest_socket.socket_allow_hosts(["127.0.0.1", "localhost", "::1"], allow_unix_socket=True)
    else:
        pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of source data; the test is skipped where it is absent."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the source data are not beside this checkout (../shared/data)")
    return SHARED / "data"


@pytest.fixture(scope="session")
def standards() -> Path:
    """The folder of the open standards' schemas; the test is skipped where it is absent."""
    if not (SHARED / "standards").is_dir():
        pytest.skip("the standards' schemas are not beside this checkout (../shared/standards)")
    return SHARED / "standards"


@pytest.fixture(scope="session")
def calendars() -> Mapping[str, Calendar]:
    """The bank holidays of the four nations."""
    return load_calendars()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """One PostgreSQL for all workers: the one at COMMONHALL_TEST_DATABASE_URL, or the embedded one."""
    given = os.environ.get("COMMONHALL_TEST_DATABASE_URL")
    if given:
        yield given
        return
    # Not under pytest's own folder: as root, PostgreSQL runs as another user, who may not enter that one.
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or f"{os.getpid()}"
    folder = Path(tempfile.gettempdir()) / f"commonhall-tests-{run}"
    with embedded_postgres(folder, keep=False) as url:
        yield url


@pytest.fixture(scope="session")
def template(postgres_url: str) -> str:
    """A database with the schema in it, of which each test gets a copy. One for each worker."""
    name = f"template_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"

    async def make() -> None:
        admin = await asyncpg.connect(postgres_url)
        await admin.execute(f'drop database if exists "{name}"')
        await admin.execute(f'create database "{name}"')
        await admin.close()
        await migrate(with_database(postgres_url, name))

    asyncio.run(make())
    return name


def with_database(url: str, name: str) -> str:
    """The same server, another database."""
    return (
        url.replace("/postgres?", f"/{name}?", 1)
        if "/postgres?" in url
        else f"{url.rpartition('/')[0]}/{name}"
    )


_numbers = iter(range(1_000_000))


@pytest.fixture
async def database_url(postgres_url: str, template: str) -> AsyncIterator[str]:
    """A fresh database with the schema in it, gone after the test."""
    name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{next(_numbers)}"
    admin = await asyncpg.connect(postgres_url)
    await admin.execute(f'drop database if exists "{name}"')
    await admin.execute(f'create database "{name}" template "{template}"')
    try:
        yield with_database(postgres_url, name)
    finally:
        with suppress(asyncpg.PostgresError):
            await admin.execute(f'drop database "{name}" with (force)')
        await admin.close()


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """The way to a fresh database."""
    opened = await open_store(database_url, size=4)
    yield opened
    await opened.close()


@dataclass
class SetClock:
    """A clock that stands until a test moves it."""

    now: datetime = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def go(self, **parts: float) -> None:
        """Move the clock on: `go(days=1)`."""
        self.now += timedelta(**parts)


@pytest.fixture
def clock() -> SetClock:
    """A clock at nine in the morning of Tuesday 10 March 2026."""
    return SetClock()


@pytest.fixture
def desk(store: Store, calendars: Mapping[str, Calendar], clock: Callable[[], datetime]) -> Desk:
    """The tools of casework on a fresh database."""
    chance: Chance = system_chance()
    return Desk(store, AdoptedServices(store, calendars), clock, chance)


@pytest.fixture(scope="session")
def directory() -> Directory:
    """The directory that the package ships."""
    return open_directory()


@pytest.fixture(scope="session")
def assets() -> Assets:
    """The built page assets."""
    return open_assets()


@pytest.fixture(scope="session")
def sites(calendars: Mapping[str, Calendar], directory: Directory) -> list[Site]:
    """Every demo council's site."""
    services = demo_services(calendars, directory)
    return [site_of(plan, directory) for plan in demo_plans(services, calendars, directory)]


@pytest.fixture(scope="session")
def compiler(assets: Assets) -> Compiler:
    """The page compiler, with room for every page of the demo."""
    return Compiler(Pages(), assets, Shapes(100_000), None)
