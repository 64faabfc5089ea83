"""The demo's services and councils, compiled without a database, for tests that look at pages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from commonhall.app.councils import read_services
from commonhall.app.demo import demo_variables
from commonhall.app.settings import read_settings
from commonhall.casework.sites import Brand, Site
from commonhall.catalogue.councils import CouncilPlan, read_council
from commonhall.directory.directory import Directory
from commonhall.engine.package import Service
from commonhall.engine.working_days import Calendar

HOME = Path(__file__).resolve().parent.parent
COUNCILS = (
    "cardiff",
    "east-riding-of-yorkshire",
    "kirklees",
    "nottingham",
    "nottinghamshire",
    "solihull",
    "surrey",
    "warwickshire",
)
"""The demo's, by slug."""


def demo_services(calendars: Mapping[str, Calendar], directory: Directory) -> dict[str, Service]:
    """The shared services by 'id version'."""
    return read_services(HOME / "services", calendars, directory)


def demo_plans(
    services: Mapping[str, Service], calendars: Mapping[str, Calendar], directory: Directory
) -> list[CouncilPlan]:
    """The demo councils' files, read and compiled."""
    nations = {council.slug: council.nation for council in directory.councils.all}
    variables = demo_variables(read_settings({"COMMONHALL_SECRET": "A" * 44}), "http://localhost:8001")
    return [
        read_council(path, services, nations, calendars, variables)
        for path in sorted((HOME / "demo" / "councils").glob("*.yaml"))
    ]


def site_of(plan: CouncilPlan, directory: Directory, revision: int = 1) -> Site:
    """A council's site as the database would give it."""
    file = plan.file
    council = directory.councils.council(file.council)
    assert council is not None
    return Site(
        council=file.council,
        gss=council.gss,
        name={"en": council.name, **{str(k): v for k, v in file.name.items()}},
        nation=council.nation,
        host=f"{file.council}.localhost",
        languages=tuple(file.languages),
        brand=Brand(
            {str(k): v for k, v in file.brand.logo_text.items()}, file.brand.colour, file.brand.accent
        ),
        phone=file.contact.phone,
        homepage_url=council.homepage_url,
        services=plan.adopted,
        demonstration=True,
        furniture=file.furniture.as_furniture(),
        revision=revision,
    )
