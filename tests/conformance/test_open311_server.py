"""Open311 as a server, against the schemas of GeoReport v2 and with clients of it: one of PyPI's, and our own connector."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import requests
import uvicorn
from georeport import GeoReport

from commonhall.connectors.conformance import PATIENT
from commonhall.connectors.registry import build_connector
from commonhall.engine.back_office import CaseForDelivery, CaseLocation, CaseStatus, Contact
from tests.api.conftest import Outside, office, outside
from tests.api.test_open311_server import BINS, V2, made
from tests.conformance.test_open311_client import MOMENT, hold

__all__ = ["office", "outside"]


async def test_every_answer_is_as_the_schemas_say(standards: Path, outside: Outside) -> None:
    key = await outside.key()
    services = (await outside.http.get(f"{V2}/services.json")).json()
    hold(standards, "service", services)
    assert len(services) == 6
    for service in services:
        definition = (await outside.http.get(f"{V2}/services/{service['service_code']}.json")).json()
        hold(standards, "service-definition", definition)
    reference = await made(outside, key)
    outside.clock.go(days=1)
    form = {"api_key": key, "service_request_id": reference, "status": "action_scheduled", "description": "Tomorrow"}  # fmt: skip
    await outside.http.post(f"{V2}/servicerequestupdates.json", data=form)
    rows = (await outside.http.get(f"{V2}/requests.json?api_key={key}")).json()
    hold(standards, "request", rows)
    assert all(MOMENT.fullmatch(rows[0][name]) for name in ("requested_datetime", "updated_datetime"))


async def test_xml_says_what_json_says(outside: Outside) -> None:
    key = await outside.key()
    await made(outside, key)

    def plain(element: ElementTree.Element) -> Any:
        if len(element):
            return {child.tag: plain(child) for child in element}
        return element.text or None

    for path in ("services", "requests", "servicerequestupdates"):
        json_rows = (await outside.http.get(f"{V2}/{path}.json?api_key={key}")).json()
        text = (await outside.http.get(f"{V2}/{path}.xml?api_key={key}")).text
        xml_rows = [plain(element) for element in ElementTree.fromstring(text)]
        words = [
            {name: _words(value) for name, value in row.items() if name != "media_urls"} for row in json_rows
        ]
        assert xml_rows == words, path


def _words(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value in (None, "") else str(value)


async def test_our_own_connector_delivers_to_it_and_hears_of_it(outside: Outside) -> None:
    key = await outside.key()
    endpoint = {"endpoint": f"http://solihull.localhost:8000{V2}", "updates": True}
    connector = build_connector(
        "open311",
        endpoint,
        {"api_key": key},
        outside.http,
        outside.clock,
        allow_private=True,
        patience=PATIENT,
    )
    answers = {
        "property": {"line1": "14 Mill Lane", "town": "Solihull", "postcode": "B91 3QJ"},
        "containers": ["refuse", "paper"],
        "missed_on": "2026-03-09",
        "placing": "shared",
        "bin_store": "Behind block B",
        "tag": "no",
        "neighbours": "only-mine",
        "local": {"gate": "no"},
    }
    case = CaseForDelivery(
        "elsewhere", "E1", "K7M-2XQ-9HD", "missed-bin", "Missed bin", "1.0.0", 524, 17, "online", "en",
        outside.clock(), None, "Missed", answers, (), Contact("Wilhelmina Jones", "wj@example.com", None),
        CaseLocation("14 Mill Lane, Solihull", "B91 3QJ"),
    )  # fmt: skip
    receipts = [await connector.deliver(case, "key-1") for _ in range(2)]
    assert receipts[0].external_id == receipts[1].external_id, "the same key is the same case"
    kept = await outside.house.store.owner.fetchval("select answers from council_case")
    assert kept == answers | {"name": "Wilhelmina Jones", "email": "wj@example.com"}
    outside.clock.go(hours=2)
    form = {
        "api_key": key,
        "service_request_id": receipts[0].external_id,
        "status": "fixed",
        "description": "Done",
    }
    await outside.http.post(f"{V2}/servicerequestupdates.json", data=form)
    found = await connector.updates(outside.clock.now.replace(hour=9))
    assert [(one.external_id, one.status, one.note) for one in found][-1] == (receipts[0].external_id, CaseStatus.FIXED, "Done")  # fmt: skip


@asynccontextmanager
async def served(outside: Outside) -> AsyncIterator[int]:
    """The platform on a port, for clients that bring their own HTTP."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    server = uvicorn.Server(
        uvicorn.Config(outside.office.app, port=port, log_level="error", lifespan="off", access_log=False)
    )
    task = asyncio.create_task(server.serve())
    try:
        while not server.started:
            await asyncio.sleep(0.01)
        yield port
    finally:
        server.should_exit = True
        await task


@pytest.mark.network
@pytest.mark.parametrize("form", ["json", "xml"])
async def test_georeport_reads_services_and_cases(
    outside: Outside, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    key = await outside.key()
    references = [await made(outside, key, last_name=name) for name in ("Jones", "Smith")]

    def with_key(url: str, **more: Any) -> requests.Response:
        # The client has no way to send a key when it reads, nor a host name to a port of ours.
        head = {"x-api-key": key, "host": "solihull.localhost"}
        return requests.request("GET", url, headers=head, timeout=10, **more)

    monkeypatch.setattr("georeport.georeport.requests.get", with_key)
    async with served(outside) as port:
        client = GeoReport(f"http://127.0.0.1:{port}{V2}", jurisdiction="solihull", output_format=form)
        services = await asyncio.to_thread(client.get_service_list)
        assert {one["service_code"] for one in services} >= {"missed-bin", "pothole"}
        definition = await asyncio.to_thread(client.get_service_definition, "missed-bin")
        assert definition["service_code"] == "missed-bin"
        listed = await asyncio.to_thread(client.get_service_requests, status="open")
        assert {one["service_request_id"] for one in listed} == set(references)
        one = await asyncio.to_thread(client.get_service_request, references[0])
        assert one["service_code"] == BINS["service_code"]
