"""Requests are counted while they pass: by council, service and hour, and nothing else of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest
from starlette.types import Receive, Scope, Send
from tests.conftest import SetClock
from tests.web.wire import Wire, whole_house

from commonhall.app.asgi import house_app
from commonhall.app.counting import LOOK_HEADER, RequestCounter, flush_until, service_in
from commonhall.app.wiring import House
from commonhall.reporting.times import bucket_of
from commonhall.reporting.uptime import uptime_by_service

pytestmark = pytest.mark.postgres
NINE = datetime(2026, 3, 10, 9, tzinfo=UTC)
KEY = b"k" * 32


@pytest.fixture
async def house(database_url: str, tmp_path: Path, clock: SetClock) -> AsyncIterator[House]:
    async with whole_house(database_url, tmp_path, clock) as (opened, _):
        yield opened


@pytest.fixture
def counter(house: House, clock: SetClock) -> RequestCounter:
    return RequestCounter(house.sites.by_host, clock, KEY)


@pytest.fixture
def wire(house: House, counter: RequestCounter) -> Wire:
    return Wire(house_app(house, counter))


def totals(counter: RequestCounter) -> dict[tuple[str, str], tuple[int, int]]:
    """What was counted since the last time: (requests, failed) by council and service."""
    return {(row.council, row.service): (row.requests, row.failed) for row in counter.take()}


async def test_pages_of_a_service_are_counted_in_any_language(wire: Wire, counter: RequestCounter) -> None:
    await wire.get("/missed-bin")
    await wire.get("/cy/missed-bin")
    first = await wire.post("/missed-bin")
    await wire.get(first.location)
    await wire.get("/pothole")
    assert totals(counter) == {("solihull", "missed-bin"): (4, 0), ("solihull", "pothole"): (1, 0)}
    assert counter.take() == []


async def test_a_journey_by_the_api_counts_for_its_service(wire: Wire, counter: RequestCounter) -> None:
    wire.extra = []
    await wire.get("/api/v1/services/missed-bin")
    begun = await wire.ask(b"/api/v1/services/missed-bin/journeys", method="POST", kind=b"application/json")
    state = msgspec.json.decode(begun.body)
    journey = begun.location.removeprefix("http://solihull.localhost:8000")
    wire.extra = [(b"authorization", f"Bearer {state['secret']}".encode())]
    assert (await wire.get(journey)).status == 200
    wire.extra = [(b"authorization", b"Bearer somebody-else")]
    assert (await wire.get(journey)).status == 404
    await wire.ask(journey.encode(), method="OPTIONS")
    # Whose journey it would be is not known where the secret is wrong.
    assert totals(counter) == {("solihull", "missed-bin"): (3, 0)}


@pytest.mark.parametrize(
    "path",
    ["/", "/cy/", "/measures", "/nothing", "/nothing/a/b", "/missed-bin/x", "/missed-bin/a/b/c", "/brand.css",
     "/api/v1/services", "/api/v1/services/nothing", "/api/v1/journeys/unknown", "/api/v1/openapi.json", "/workspace",
     "/case", "/case/ABC", "/assets/x.css", "//", "/api/v1/"],
)  # fmt: skip
async def test_what_is_no_page_of_a_service_counts_nowhere(
    wire: Wire, counter: RequestCounter, path: str
) -> None:
    await wire.get(path)
    assert counter.take() == []


async def test_a_host_that_is_no_council_s_counts_nowhere(wire: Wire, counter: RequestCounter) -> None:
    for host in (b"nobody.localhost", b"localhost", b"", None):
        await replace(wire, host=host).get("/missed-bin")
    assert counter.take() == []


async def test_a_service_that_the_council_paused_is_not_counted(
    wire: Wire, counter: RequestCounter, house: House
) -> None:
    await house.store.owner.execute("update adoption set state = 'paused' where service = 'missed-bin'")
    await house.store.owner.execute("update council set revision = revision + 1")
    await house.sites.refresh()
    assert (await wire.get("/missed-bin")).status == 503
    assert counter.take() == []


async def test_the_worker_s_own_look_is_no_request(wire: Wire, counter: RequestCounter) -> None:
    wire.extra = [(LOOK_HEADER.encode(), KEY)]
    assert (await wire.get("/missed-bin")).status == 200
    assert counter.take() == []
    wire.extra = [(LOOK_HEADER.encode(), b"somebody says so")]
    await wire.get("/missed-bin")
    assert totals(counter) == {("solihull", "missed-bin"): (1, 0)}


async def test_what_breaks_has_failed(house: House, counter: RequestCounter) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("no")

    async def away(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 503, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    with pytest.raises(RuntimeError):
        await Wire(counter.counted(broken)).get("/missed-bin")
    await Wire(counter.counted(away)).get("/missed-bin")
    assert totals(counter) == {("solihull", "missed-bin"): (2, 2)}


async def test_time_begins_when_all_of_a_request_is_there(house: House, clock: SetClock) -> None:
    now = 100.0

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal now
        await receive()
        now += 30.0  # a phone sends a photo
        await receive()
        now += 2.0
        await send({"type": "http.response.start", "status": 200, "headers": []})
        now += 30.0  # and reads slowly
        await send({"type": "http.response.body", "body": b""})

    counter = RequestCounter(house.sites.by_host, clock, KEY, lambda: now)
    await Wire(counter.counted(slow)).ask(b"/missed-bin", method="POST", chunks=(b"half", b"half"))
    [row] = counter.take()
    assert len(row.times) - 1 == bucket_of(2.0)
    assert sum(row.times) == 1


async def test_each_request_counts_in_its_own_hour(house: House, clock: SetClock) -> None:
    now = 0.0

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    clock.go(minutes=59, seconds=58)
    counter = RequestCounter(house.sites.by_host, clock, KEY, lambda: now)
    wire = Wire(counter.counted(app))
    for _ in range(3):
        await wire.get("/missed-bin")
        now += 1.0
        clock.go(seconds=1)
    assert [(row.hour.hour, row.requests) for row in counter.take()] == [(9, 2), (10, 1)]


async def test_what_cannot_be_kept_is_counted_the_next_time(
    wire: Wire, counter: RequestCounter, house: House
) -> None:
    await wire.get("/missed-bin")
    await house.store.owner.execute("alter table service_hour rename to away")
    with pytest.raises(Exception, match="service_hour"):
        await counter.flush(house.store)
    await house.store.owner.execute("alter table away rename to service_hour")
    await wire.get("/missed-bin")
    stop = asyncio.Event()
    stop.set()
    await flush_until(counter, house.store, stop)
    found = await uptime_by_service(house.store, "solihull", date(2026, 3, 10), date(2026, 3, 10))
    assert (found["missed-bin"].requests, sum(found["missed-bin"].times)) == (2, 2)
    assert counter.take() == []


def test_paths_name_services() -> None:
    assert service_in("/missed-bin/j1/address") == "missed-bin"
    assert service_in("/cy/missed-bin/j1/address") == "missed-bin"
    assert service_in("/api/v1/services/missed-bin/contract") == "missed-bin"
    assert service_in("/api/v1/journeys/j1/pages/address") == ""
    assert service_in("/api/v1/cases/R1") is None
    assert service_in("") is None
    assert service_in("/cy") is None
