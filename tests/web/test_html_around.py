"""The pages around the services are valid HTML, too: every demo council's in its languages, the finder, the sandbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, cast

import httpx2
import pytest
from starlette.types import ASGIApp
from structlog.testing import capture_logs

from commonhall.casework.desk import system_clock
from commonhall.casework.sites import Site
from commonhall.connectors.sandbox.app import sandbox_app
from commonhall.directory.directory import Directory
from commonhall.web.assets import Assets
from commonhall.web.charts.artist import Artist
from commonhall.web.dashboards.dashboards import Dashboards
from commonhall.web.finder.views import FinderTools, finder_app
from commonhall.web.resident.views import ResidentTools, resident_app
from tests.connectors.conftest import KEY, SECRET
from tests.html import html_faults
from tests.web.dashboards.counted import reports
from tests.web.rendered import faults_of_html
from tests.web.test_resident_views import NOW, TODAY, Memory, token_in

HOSTILE = '"><b>&amp;\0\ud7ff<!-- {{ x }}'


@dataclass(frozen=True, slots=True)
class Hosts:
    """Sites by host name."""

    sites: Mapping[str, Site]

    def by_host(self, host: str) -> Site | None:
        return self.sites.get(host)


def client(app: ASGIApp, host: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=f"http://{host}")


def residents(sites: Sequence[Site], memory: Memory, assets: Assets) -> ASGIApp:
    async def broken(*_: Any, **__: Any) -> Any:
        raise ConnectionError("the database is away")

    services = tuple({adopted.service.id for site in sites for adopted in site.services})
    numbers = iter(range(10_000))
    desk = SimpleNamespace(
        today=lambda: TODAY,
        clock=lambda: NOW,
        chance=SimpleNamespace(token=lambda: f"{next(numbers):022d}"),
    )
    tools = ResidentTools(
        desk=cast(Any, desk),
        sites=cast(Any, Hosts({site.host: site for site in sites})),
        assets=assets,
        secret=b"k" * 32,
        dashboards=Dashboards(reports(services), Artist()),
        finder_url="http://localhost/",
        https=False,
        use=replace(memory.use(), rate_journey=broken),
    )
    return resident_app(tools)


async def pages_around(app: ASGIApp, site: Site, memory: Memory, prefix: str) -> dict[str, tuple[int, str]]:
    """Every page of a council's site that no service makes, by a name, with its status."""
    http = client(app, site.host)
    found: dict[str, httpx2.Response] = {}
    measured = ("/measures", f"/measures/{site.services[0].service.id}", "/measures?span=own&from=x")
    for path in ("/", *measured, "/privacy", "/accessibility", "/cookies", "/case", "/case/K7M-2XQ-9HD"):
        found[path] = await http.get(prefix + path)
    found["nowhere"] = await http.get(f"{prefix}/no/where")
    case = {"reference": "K7M-2XQ-9HD"}
    for proof in ("B91 3QT", "often", HOSTILE):
        found[f"case {proof}"] = await http.post(f"{prefix}/case", data={**case, "proof": proof})
    found["case, no form"] = await http.post(f"{prefix}/case", content=b"x")
    service = site.services[0].service.id
    page = (await http.post(f"{prefix}/{service}")).headers["location"]
    token = token_in((await http.get(page)).text)
    found["no token"] = await http.post(page, data={"a": "b"})
    found["too large"] = await http.post(page, data={"a": "x" * 270_000})
    feedback = f"{page.rpartition('/')[0]}/feedback"
    with capture_logs() as told:
        found["down"] = await http.post(feedback, data={"_token": token, "score": "5"})
    assert [entry["event"] for entry in told] == ["a page broke"]
    found["another's"] = await client(app, site.host).get(page)
    memory.expired = True
    found["expired"] = await http.get(page)
    memory.expired = False
    return {name: (answer.status_code, answer.text) for name, answer in found.items()}


async def test_every_councils_pages_around_are_valid(sites: list[Site], assets: Assets) -> None:
    memory = Memory()
    app = residents(sites, memory, assets)
    pages: dict[str, str] = {}
    statuses: set[int] = set()
    for site in sites:
        for language in site.languages:
            prefix = "/cy" if language == "cy" else ""
            for name, (status, text) in (await pages_around(app, site, memory, prefix)).items():
                statuses.add(status)
                pages[f"{site.council} {language} {name}"] = text
                assert f'<html lang="{language}"' in text, (site.council, language, name)
    assert statuses == {200, 400, 403, 404, 410, 413, 415, 429, 503}
    assert len(pages) > 200
    assert [f"{name}: {fault}" for name, text in pages.items() for fault in faults_of_html(text)] == []
    assert html_faults(pages) == []


FOUND = [
    "/",
    "/?need=fix+a+pothole",
    "/find",
    "/find?postcode=x&need=%22%3E%3Cb%3E%00",
    "/find?postcode=ZZ1+1AA",
    "/find?postcode=JE2+3AA",
    "/find?postcode=NG1+5FS",
    "/find?postcode=NG15+9HG&need=pothole",
    "/find?postcode=NG15+9HG&need=qwxyz",
    "/find?postcode=B91+3ZZ",
    "/find?postcode=BT1+1AA",
    "/find?postcode=B91",
    "/councils",
    "/council/solihull",
    "/council/gedling?need=bins",
    "/nowhere",
    "/measures",
    "/measures?span=own&from=x&to=",
    "/measures/missed-bin?span=12m",
]


@pytest.mark.parametrize("prefix", ["", "/cy"])
async def test_the_finders_pages_are_valid(
    sites: list[Site], directory: Directory, assets: Assets, prefix: str
) -> None:
    by_council = {site.council: site for site in sites}
    tools = FinderTools(
        directory=directory,
        live=by_council.get,
        all_sites=lambda: sites,
        site_url=lambda site, path: f"http://{site.council}.localhost{path}",
        assets=assets,
        https=False,
        dashboards=Dashboards(reports(("missed-bin", "pothole")), Artist()),
        today=lambda: TODAY,
    )
    http = client(finder_app(tools), "localhost")
    pages = {path: (await http.get(prefix + path)).text for path in FOUND}
    assert [f"{name}: {fault}" for name, text in pages.items() for fault in faults_of_html(text)] == []
    assert html_faults(pages) == []


async def test_the_practice_back_offices_pages_are_valid() -> None:
    async with httpx2.AsyncClient() as outside:
        app = sandbox_app(
            journal=None, webhook_secret=SECRET, open311_key=KEY, clock=system_clock, http=outside
        )
        http = client(app, "localhost")
        pages = {"empty": (await http.get("/")).text}
        form = {
            "api_key": KEY,
            "service_code": "missed-bin",
            "address_string": HOSTILE,
            "description": HOSTILE,
            "attribute[external_id]": "K7M-2XQ-9HD",
        }
        taken = await http.post("/open311/v2/requests.json", data=form)
        job = taken.json()[0]["service_request_id"]
        pages["jobs"] = (await http.get("/")).text
        pages["job"] = (await http.get(f"/jobs/{job}")).text
        pages["no job"] = (await http.get("/jobs/none")).text
        assert html_faults(pages) == []
        assert [f"{name}: {fault}" for name, text in pages.items() for fault in faults_of_html(text)] == []
