"""Bring services and councils' files into an installation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from commonhall.app.settings import SettingsRefused
from commonhall.app.wiring import House
from commonhall.casework.sites import Site
from commonhall.catalogue.adopting import SitePlan, know_version, store_council
from commonhall.catalogue.councils import CouncilPlan, read_council
from commonhall.catalogue.packages import check_folder, find_packages
from commonhall.connectors.registry import connector_faults
from commonhall.directory.directory import Directory
from commonhall.engine.package import Service
from commonhall.engine.problems import Problem, ServiceRefused
from commonhall.engine.source import did_you_mean
from commonhall.engine.working_days import Calendar
from commonhall.storage.councils import save_council
from commonhall.storage.drafts import list_versions


@dataclass(frozen=True, slots=True)
class Sources:
    """Where services and councils' files are, and what their `${NAME}`s stand for."""

    services: Path
    councils: Path
    variables: Mapping[str, str]


def national_codes(directory: Directory) -> Callable[[int, int], str | None]:
    """A check of LGSL and LGIL codes against the national list."""

    def check(lgsl: int, _lgil: int) -> str | None:
        return None if directory.services.service(lgsl) else f"the national list has no LGSL {lgsl}"

    return check


def read_services(path: Path, calendars: Mapping[str, Calendar], directory: Directory) -> dict[str, Service]:
    """All packages at a path by 'id version'. Raises `ServiceRefused` with the problems of all of them."""
    found: dict[str, Service] = {}
    problems: list[Problem] = []
    for folder in find_packages(path):
        checked = check_folder(folder, calendars, national_codes(directory))
        problems += checked.problems
        if checked.service is not None:
            found[f"{checked.service.id} {checked.service.version}"] = checked.service
    if problems:
        raise ServiceRefused(tuple(problems))
    return found


def plan_council(
    house: House, path: Path, services: Mapping[str, Service], variables: Mapping[str, str]
) -> CouncilPlan:
    """Read one council's file against the services there are. Raises `ServiceRefused`."""
    nations = {council.slug: council.nation for council in house.directory.councils.all}
    return read_council(path, services, nations, house.calendars, variables, connector_faults)


async def apply_councils(
    house: House, sources: Sources, done: Callable[[str], None], *, demonstration: bool = False
) -> list[str]:
    """Adopt what every council's file says. Answers the councils' slugs. Raises `ServiceRefused`.

    Nothing is stored unless every file is right.
    """
    services = read_services(sources.services, house.calendars, house.directory)
    files = sorted(sources.councils.glob("*.yaml")) if sources.councils.is_dir() else [sources.councils]
    plans = []
    problems: list[Problem] = []
    if not files:
        message = "there is no council's file (.yaml) in this folder"
        problems.append(Problem(str(sources.councils), 1, 1, message, "name another folder, or a file"))
    for path in files:
        try:
            plans.append(plan_council(house, path, services, sources.variables))
        except ServiceRefused as refused:
            problems += refused.problems
    if problems:
        raise ServiceRefused(tuple(problems))
    known = {(row.service, row.version): row.package for row in await list_versions(house.store)}
    for service in services.values():
        if known.get((service.id, service.version), service.digest) != service.digest:
            # Councils' files still get what the folder has; who chooses in the workspace gets what was known first.
            structlog.get_logger("services").warning(
                "a package changed under the same number: give it another",
                service=service.id,
                version=service.version,
            )
        await know_version(house.store, service, house.desk.clock())
    for plan in plans:
        council = house.directory.councils.council(plan.file.council)
        if council is None:
            continue
        site = SitePlan(
            gss=council.gss,
            name={"en": council.name, "cy": council.name},
            nation=council.nation,
            host=f"{council.slug}.{house.settings.finder_host}",
            homepage_url=council.homepage_url,
        )
        if demonstration:
            plan = replace(plan, file=plan.file.model_copy(update={"demonstration": True}))  # noqa: PLW2901
        await store_council(house.store, plan, site, house.seal.close, house.desk.clock())
        done(council.name)
    await house.sites.refresh()
    return [plan.file.council for plan in plans]


async def open_site(house: House, slug: str, languages: list[str]) -> Site:
    """Give a council of the directory a site with no service, in plain colours. Raises `SettingsRefused`."""
    council = house.directory.councils.council(slug)
    if council is None:
        near = did_you_mean(slug, [one.slug for one in house.directory.councils.all])
        raise SettingsRefused(f"there is no council '{slug}': {near}")
    if house.sites.of_council(slug) is not None:
        raise SettingsRefused(f"{council.name} has a site here already")
    successor = house.sites.serving(slug)
    if successor is not None:
        raise SettingsRefused(
            f"{council.name} became part of '{successor.council}' here: its address leads there"
        )
    config = {
        "name": {"en": council.name, "cy": council.name},
        "nation": council.nation,
        "languages": languages,
        "logo_text": dict.fromkeys(languages, council.name),
        "colour": "#1d3d55",
        "accent": "#e2a72e",
        "phone": "",
        "homepage_url": council.homepage_url,
        "demonstration": False,
    }
    await save_council(house.store, slug, council.gss, f"{slug}.{house.settings.finder_host}", config)
    await house.sites.refresh()
    site = house.sites.of_council(slug)
    if site is None:
        raise SettingsRefused(f"the site of {council.name} cannot be read: see the log")
    return site
