"""Every demo council's site and the page compiler."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from commonhall.casework.sites import Site
from commonhall.directory.directory import Directory, open_directory
from commonhall.engine.working_days import Calendar
from commonhall.web.assets import Assets, open_assets
from commonhall.web.pages import Pages
from commonhall.web.resident.compile import Compiler
from commonhall.web.resident.shapes import Shapes
from tests.houses import demo_plans, demo_services, site_of


@pytest.fixture(scope="session")
def directory() -> Directory:
    return open_directory()


@pytest.fixture(scope="session")
def assets() -> Assets:
    return open_assets()


@pytest.fixture(scope="session")
def sites(calendars: Mapping[str, Calendar], directory: Directory) -> list[Site]:
    services = demo_services(calendars, directory)
    return [site_of(plan, directory) for plan in demo_plans(services, calendars, directory)]


@pytest.fixture(scope="session")
def compiler(assets: Assets) -> Compiler:
    return Compiler(Pages(), assets, Shapes(100_000), None)
