"""Open311 on both sides against the schemas of GeoReport v2: the sandbox's answers, the twin's, and our reading."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx2
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from commonhall.connectors.conformance import PATIENT
from commonhall.connectors.http import Answer
from commonhall.connectors.open311.twin import Open311Twin
from commonhall.connectors.open311.wire import read_items, read_request
from commonhall.connectors.registry import build_connector
from commonhall.connectors.samples import sample_case
from commonhall.connectors.sandbox.app import sandbox_app
from commonhall.engine.back_office import CaseStatus, Connector

BASE = "http://office.example/open311/v2"
SECRET = "whsec_cHJhY3RpY2Ugb25seSwgbm90aGluZyBlbHNlIQ=="
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture
async def http(clock: Callable[[], datetime]) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of a sandbox, without sockets."""
    async with httpx2.AsyncClient() as outwards:
        app = sandbox_app(journal=None, webhook_secret=SECRET, open311_key=None, clock=clock, http=outwards)
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app)) as client:
            yield client


@pytest.fixture
def connector(http: httpx2.AsyncClient, clock: Callable[[], datetime]) -> Connector:
    """A connector to that sandbox."""
    return build_connector(
        "open311", {"endpoint": BASE}, {}, http, clock, allow_private=True, patience=PATIENT
    )


def hold(standards: Path, name: str, found: Any) -> None:
    """Hold each item (or the only one) to a schema of the standard."""
    schema = json.loads((standards / "open311" / f"{name}.json").read_text("utf-8"))
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    for item in found if isinstance(found, list) else [found]:
        assert isinstance(item, dict)
        assert [fault.message for fault in validator.iter_errors(item)] == []


async def test_what_the_sandbox_answers_is_as_the_schemas_say(
    standards: Path, http: httpx2.AsyncClient, connector: Connector
) -> None:
    hold(standards, "service", (await http.get(f"{BASE}/services.json")).json())
    for number in range(3):
        await connector.deliver(sample_case(f"R{number}", hostile=number == 1), f"key-{number}")
    await http.post("http://office.example/jobs/00002", data={"status": "fixed", "note": "done"})
    services = (await http.get(f"{BASE}/services.json")).json()
    hold(standards, "service", services)
    code = services[0]["service_code"]
    hold(standards, "service-definition", (await http.get(f"{BASE}/services/{code}.json")).json())
    requests = (await http.get(f"{BASE}/requests.json")).json()
    assert len(requests) == 3
    hold(standards, "request", requests)
    hold(standards, "request", (await http.get(f"{BASE}/requests/00002.json")).json())
    for name in ("requested_datetime", "updated_datetime"):
        assert all(MOMENT.fullmatch(item[name]) for item in requests)
    assert [item["service_request_id"] for item in requests if item["status"] == "closed"] == ["00002"]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("status=closed", ["00002"]),
        ("status=open,closed", ["00003", "00002", "00001"]),
        ("service_request_id=00001,00003", ["00003", "00001"]),
        ("service_code=nothing", []),
        ("start_date=2026-03-10T09:00:01Z", []),
        ("start_date=2026-03-10T10:00:00%2B01:00&end_date=2026-03-10T09:00:00Z", ["00003", "00002", "00001"]),
    ],
)
async def test_requests_are_found_as_the_standard_says(
    http: httpx2.AsyncClient, connector: Connector, query: str, numbers: list[str]
) -> None:
    for number in range(3):
        await connector.deliver(sample_case(f"R{number}"), f"key-{number}")
    await http.post("http://office.example/jobs/00002", data={"status": "closed"})
    found = (await http.get(f"{BASE}/requests.json?{query}")).json()
    assert [item["service_request_id"] for item in found] == numbers


async def test_the_sandboxs_xml_says_what_its_json_says(
    http: httpx2.AsyncClient, connector: Connector
) -> None:
    await connector.deliver(sample_case("R1", hostile=True), "key-1")
    await http.post("http://office.example/jobs/00001", data={"status": "planned", "note": "a < b & c"})
    for path, name, root in (
        ("requests", "request", "service_requests"),
        ("requests/00001", "request", "service_requests"),
        ("tokens/00001", "request", "service_requests"),
        ("servicerequestupdates", "request_update", "service_request_updates"),
        ("services", "service", "services"),
    ):
        xml = await http.get(f"{BASE}/{path}.xml")
        assert xml.headers["content-type"].startswith("text/xml")
        tree = ElementTree.fromstring(xml.content)
        assert tree.tag == root
        found = [{child.tag: child.text or "" for child in item} for item in tree.iter(name)]
        wanted = (await http.get(f"{BASE}/{path}.json")).json()
        for item, other in zip(found, wanted, strict=True):
            for key, value in other.items():
                text = str(value).lower() if isinstance(value, bool) else str(value)
                # XML cannot carry every control character.
                assert item[key].split() == re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f]", " ", text).split()


async def test_the_twin_keeps_to_the_schemas_too(standards: Path, clock: Callable[[], datetime]) -> None:
    twin = Open311Twin(clock)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(twin.app)) as http:
        one = build_connector("open311", {"endpoint": "http://x/v2"}, {}, http, clock, allow_private=True)
        await one.deliver(sample_case("R1"), "key-1")
        query = "start_date=2026-03-01T00:00:00Z&end_date=2026-04-01T00:00:00Z"
        hold(standards, "request", (await http.get(f"http://x/v2/requests.json?{query}")).json())


async def test_any_request_that_the_schema_allows_is_read(standards: Path) -> None:
    item = {
        "service_request_id": "638344",
        "status": "closed",
        "status_notes": None,
        "service_name": None,
        "service_code": "6",
        "requested_datetime": "2010-04-14T06:37:38-08:00",
        "updated_datetime": None,
        "lat": 37.76,
        "long": None,
    }
    hold(standards, "request", item)
    [read] = read_items(Answer(200, {}, json.dumps([item]).encode()), "request")
    update = read_request(read)
    assert update is not None
    assert (update.external_id, update.status) == ("638344", CaseStatus.CLOSED)
    assert update.at.isoformat() == "2010-04-14T14:37:38+00:00"


async def test_a_case_goes_in_and_its_progress_comes_back(
    http: httpx2.AsyncClient, connector: Connector, clock: Any
) -> None:
    receipt = await connector.deliver(sample_case("R1"), "key-1")
    assert receipt.external_id == "00001"
    clock.go(minutes=1)
    await http.post("http://office.example/jobs/00001", data={"status": "fixed", "note": "Collected"})
    [update] = await connector.updates(clock() - timedelta(hours=1))
    assert (update.external_id, update.status, update.note) == ("00001", CaseStatus.FIXED, "Collected")
