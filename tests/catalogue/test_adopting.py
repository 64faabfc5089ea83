"""What a council's file says is what its site runs from then on, in its own order."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from commonhall.casework.desk import Desk
from commonhall.casework.sites import Sites
from commonhall.catalogue.adopting import SitePlan, store_council
from commonhall.catalogue.councils import read_council
from commonhall.engine.furniture import Furniture
from commonhall.engine.package import Service
from commonhall.engine.reader import read_service
from commonhall.storage.councils import list_adoptions, list_connectors
from tests.engine.services import CALENDARS, one_page, read, small

HEAD = """\
council: solihull
languages: [en]
brand: {logo_text: {en: Solihull}, colour: "#005a4e", accent: "#8cc63f"}
contact: {phone: 0121 496 0100}
connectors:
  - {id: plots, kind: webhook, settings: {url: "https://office.example"}, secrets: {signing: [hush]}}
"""
ALLOTMENT = "  - {service: allotment, version: 1.2.0, connector: plots}\n"
SMALL = "  - {service: small, version: 1.0.0}\n"
SITE = SitePlan(
    "E08000029", {"en": "Solihull Council"}, "England", "solihull.localhost", "https://s.example/"
)


@pytest.fixture
def services() -> Mapping[str, Service]:
    example = "[{name: One, today: 2026-03-10, answers: {words: Hello}, ends: submitted}]"
    package = small(one_page("[{id: words, type: text}]")) | {"journeys.yaml": example}
    plain = read_service(package, CALENDARS)
    return {"allotment 1.2.0": read(), "small 1.0.0": plain}


def seal(secrets: Mapping[str, Any]) -> bytes:
    """Stands in for encryption: shows that what is stored has gone through it."""
    return f"sealed {len(secrets)}".encode()


FURNITURE = """\
furniture:
  menu: [{label: {en: Bins}, url: https://s.example/bins}]
  leads_home: true
  stylesheet: |
    .ch-nav { color: #000 }
"""


async def adopt(desk: Desk, services: Mapping[str, Service], folder: Path, *adoptions: str) -> None:
    path = folder / "solihull.yaml"
    path.write_text(f"{HEAD}adoptions:\n{''.join(adoptions)}" if adoptions else HEAD, "utf-8")
    plan = read_council(path, services, {"solihull": "England"}, CALENDARS, {})
    await store_council(desk.store, plan, SITE, seal, desk.clock())


async def offered(desk: Desk) -> list[str]:
    return [row.service for row in await list_adoptions(desk.store, "solihull")]


async def test_services_stand_in_the_councils_own_order(
    desk: Desk, services: Mapping[str, Service], tmp_path: Path
) -> None:
    await adopt(desk, services, tmp_path, SMALL, ALLOTMENT)
    assert await offered(desk) == ["small", "allotment"]
    await adopt(desk, services, tmp_path, ALLOTMENT, SMALL)
    assert await offered(desk) == ["allotment", "small"]
    sites = Sites(desk.store, desk.services)
    await sites.refresh()
    site = sites.by_host("solihull.localhost")
    assert site is not None
    assert [adopted.service.id for adopted in site.services] == ["allotment", "small"]


async def test_what_is_no_longer_named_is_no_longer_offered_and_can_come_back(
    desk: Desk, services: Mapping[str, Service], tmp_path: Path
) -> None:
    await adopt(desk, services, tmp_path, SMALL, ALLOTMENT)
    await adopt(desk, services, tmp_path, SMALL)
    assert await offered(desk) == ["small"]
    await adopt(desk, services, tmp_path)
    assert await offered(desk) == []
    await adopt(desk, services, tmp_path, ALLOTMENT)
    assert await offered(desk) == ["allotment"]


async def test_a_sites_own_choices_reach_it_and_secrets_are_stored_sealed(
    desk: Desk, services: Mapping[str, Service], tmp_path: Path
) -> None:
    await adopt(desk, services, tmp_path, ALLOTMENT)
    [connector] = await list_connectors(desk.store, "solihull")
    assert (connector.connector, connector.kind) == ("plots", "webhook")
    assert connector.secrets == b"sealed 1"
    sites = Sites(desk.store, desk.services)
    assert await sites.refresh() == 1
    assert await sites.refresh() == 0
    [site] = sites.all()
    assert (site.brand.colour, site.phone, site.languages) == ("#005a4e", "0121 496 0100", ("en",))
    await adopt(desk, services, tmp_path, ALLOTMENT)
    assert await sites.refresh() == 1


async def test_what_stands_around_the_pages_is_what_the_file_says(
    desk: Desk, services: Mapping[str, Service], tmp_path: Path
) -> None:
    sites = Sites(desk.store, desk.services)
    for given in (FURNITURE, ""):
        (tmp_path / "solihull.yaml").write_text(HEAD + given, "utf-8")
        plan = read_council(tmp_path / "solihull.yaml", services, {"solihull": "England"}, CALENDARS, {})
        await store_council(desk.store, plan, SITE, seal, desk.clock())
        await sites.refresh()
        site = sites.of_council("solihull")
        assert site
        assert site.furniture == plan.file.furniture.as_furniture()
    assert site.furniture == Furniture()
