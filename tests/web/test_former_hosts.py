"""After a merge, old addresses, references and pushes lead to the successor."""

from __future__ import annotations

import html
import re

import pytest

from commonhall.app.councils import open_site
from commonhall.app.settings import SettingsRefused
from commonhall.casework.merging import merge_councils
from commonhall.storage.councils import ConnectorRow, save_connector
from tests.web.rendered import faults_of_html
from tests.web.wire import Wire
from tests.web.workspace.conftest import office
from tests.web.workspace.office import Office
from tests.web.workspace.test_cases import reported

__all__ = ["office"]
OLD, NEW = b"solihull.localhost", b"birmingham.localhost"


@pytest.fixture
async def merged(office: Office) -> tuple[Office, str]:
    """Solihull, with a case, has become part of Birmingham, which has a connector of the same name."""
    house = office.house
    reference = await reported(office)
    await open_site(house, "birmingham", ["en"])
    await save_connector(house.store, "birmingham", ConnectorRow("office", "webhook", {}, None, None))
    await merge_councils(house.desk, ["solihull"], "birmingham")
    await house.sites.refresh()
    return office, reference


async def test_old_addresses_lead_to_the_same_page_of_the_successor(merged: tuple[Office, str]) -> None:
    office, reference = merged
    wire = office.anybody(OLD)
    for path in (
        "/",
        "/missed-bin",
        f"/case/{reference}",
        "/workspace/cases?q=a%20b&x=1",
        "//evil.example/%2e",
    ):
        for method in ("GET", "HEAD"):
            reply = await wire.ask(path.encode(), method=method)
            assert (reply.status, reply.location) == (301, f"http://birmingham.localhost:8000{path}")
    page = await Wire(office.app, NEW).get("/missed-bin")
    assert page.status == 503
    assert "The council has paused it" in page.text


async def test_a_form_sent_to_the_old_address_is_told_where_to_go(merged: tuple[Office, str]) -> None:
    office, _ = merged
    wire = office.anybody(OLD)
    for path in ("/missed-bin", "/workspace/sign-out", "/cy/missed-bin"):
        reply = await wire.post(path, [("a", "b")])
        assert reply.status == 410
        assert faults_of_html(reply.text) == []
        text = html.unescape(reply.text)
        assert re.search("Solihull[\\w ]* is part of Birmingham", text)
        assert f'href="http://birmingham.localhost:8000{path}"' in text
        assert b"default-src 'none'" in reply.headers[b"content-security-policy"]
    assert (await wire.get("/brand.css")).status == 200
    for asset in office.house.sites.all():
        assert asset.council == "birmingham"


async def test_a_case_is_followed_with_the_old_reference_and_proof(merged: tuple[Office, str]) -> None:
    office, reference = merged
    asked = await office.anybody(OLD).get(f"/case/{reference}")
    path = asked.location.removeprefix("http://birmingham.localhost:8000")
    seen = await Wire(office.app, NEW).post(path, [("reference", reference), ("proof", "B91 3QJ")])
    assert seen.status == 200
    assert "14 Mill Lane" in seen.text


async def test_back_offices_push_to_the_address_that_they_were_given(merged: tuple[Office, str]) -> None:
    office, _ = merged
    for host, connector, status in (
        (OLD, "office", 401),
        (NEW, "solihull-office", 401),
        (OLD, "nobody", 404),
        (NEW, "highways", 404),
    ):
        reply = await Wire(office.app, host).post(f"/back-office/{connector}/updates", b"{}")
        assert reply.status == status, (host, connector)


async def test_the_finder_leads_to_the_successor(merged: tuple[Office, str]) -> None:
    office, _ = merged
    finder = Wire(office.app, b"localhost")
    for path in ("/find?postcode=B91+3QJ", "/council/solihull"):
        page = await finder.get(path)
        assert page.status == 200
        assert faults_of_html(page.text) == []
        assert "http://birmingham.localhost:8000/" in page.text
        assert "solihull.localhost" not in page.text
    away = await finder.get("/council/solihull?need=missed+bin")
    assert "solihull.gov.uk" not in away.text
    with pytest.raises(SettingsRefused, match="became part of 'birmingham'"):
        await open_site(office.house, "solihull", ["en"])
