"""Sites are read again when something changes, and one that cannot be read troubles nobody else."""

from __future__ import annotations

import asyncio

import pytest

from commonhall.casework.desk import Desk
from commonhall.casework.sites import Site, Sites
from commonhall.engine.adoption import Adopter, adopt
from commonhall.engine.package import Adopted
from commonhall.engine.problems import ServiceRefused
from commonhall.engine.reader import read_service
from commonhall.storage.councils import CouncilRow, save_council
from tests.casework.conftest import EXAMPLE, SERVICE

SITE = {
    "name": {"en": "A council"},
    "nation": "England",
    "languages": ["en"],
    "logo_text": {"en": "A council"},
    "colour": "#003366",
    "accent": "#003366",
    "phone": "0121 496 0001",
    "homepage_url": "https://example.org",
    "demonstration": True,
}


async def test_a_site_that_cannot_be_read_leaves_the_others_and_its_own_last_state(
    desk: Desk, lost_cat: Adopted
) -> None:
    for council, gss in (("solihull", "E08000029"), ("kirklees", "E08000034")):
        await save_council(desk.store, council, gss, f"{council}.localhost", SITE)
    sites = Sites(desk.store, desk.services)
    assert await sites.refresh() == 2
    await save_council(desk.store, "solihull", "E08000029", "solihull.localhost", {"nonsense": True})
    await save_council(desk.store, "kirklees", "E08000034", "kirklees.localhost", {**SITE, "phone": "0300 1"})
    assert await sites.refresh() == 1
    changed, kept = sites.of_council("kirklees"), sites.of_council("solihull")
    assert changed is not None
    assert changed.phone == "0300 1"
    assert kept is not None
    assert kept.phone == SITE["phone"], "as it was"
    await save_council(desk.store, "solihull", "E08000029", "solihull.localhost", SITE)
    assert await sites.refresh() == 1


async def test_two_refreshes_at_once_leave_the_newest_state(desk: Desk, lost_cat: Adopted) -> None:
    class Slow(Sites):
        """Reads a site so slowly that another refresh begins meanwhile."""

        async def _read(self, row: CouncilRow) -> Site:
            await asyncio.sleep(0.05)
            return await super()._read(row)

    councils = {"solihull": "E08000029", "kirklees": "E08000034"}
    sites = Slow(desk.store, desk.services)
    for number in range(3):
        for council, gss in councils.items():
            await save_council(
                desk.store, council, gss, f"{council}.localhost", {**SITE, "phone": str(number)}
            )
        await asyncio.gather(sites.refresh(), sites.refresh(), sites.refresh())
        assert {site.phone for site in sites.all()} == {str(number)}


def test_what_was_accepted_once_runs_on_whatever_the_checker_has_learnt_since(
    calendars: dict[str, object],
) -> None:
    files = {
        "service.yaml": SERVICE.replace("label: Your name}", "label: Your name, autocomplete: e-mail}"),
        "journeys.yaml": EXAMPLE,
        "CHANGELOG.md": "1.0.0",
    }
    with pytest.raises(ServiceRefused, match="autocomplete"):
        read_service(files, calendars)  # type: ignore[arg-type]
    service = read_service(files, calendars, accepted=True)  # type: ignore[arg-type]
    choices = {"service": "lost-cat", "version": "1.0.0"}
    assert adopt(service, choices, Adopter("England", ("en",)), calendars, accepted=True).pages  # type: ignore[arg-type]
    broken = {**files, "service.yaml": SERVICE.replace("answers.ours == 'no'", "answers.ours ==")}
    with pytest.raises(ServiceRefused):
        read_service(broken, calendars, accepted=True)  # type: ignore[arg-type]
