"""A back office pushes what it has to say, and is told plainly what became of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook
from starlette.applications import Starlette

from commonhall.api.back_office import MOST_BYTES, back_office_routes
from commonhall.casework.cases import Taken, show_case
from commonhall.casework.deliveries import deliver_due, receive_updates
from commonhall.casework.desk import Desk
from commonhall.connectors.registry import build_connector
from commonhall.connectors.webhook.signing import signed
from commonhall.engine.back_office import Connector
from commonhall.engine.package import Adopted
from tests.casework.conftest import COUNCIL, BackOffice
from tests.casework.test_journeys import submitted
from tests.conftest import SetClock
from tests.connectors.answers import always, client

SECRET = "whsec_a2VlcCB0aGlzIGZyb20gZXZlcnlib2R5IGVsc2U="
OTHER = "whsec_YW5vdGhlciBzZWNyZXQgdGhhdCBpcyBub3QgZ29vZA=="
HOST = "solihull.localhost"
PATH = "/back-office/office/updates"


@dataclass
class Gate:
    """The route as it is wired, with one case that the back office has as job-1."""

    desk: Desk
    clock: SetClock
    reference: str
    http: httpx2.AsyncClient
    broken: bool = False

    def event(self, **changed: Any) -> dict[str, Any]:
        """A good update with other data."""
        return {
            "specversion": "1.0",
            "id": "u-1",
            "source": "urn:office",
            "type": "uk.commonhall.case.updated",
            "time": "2026-03-10T09:00:00Z",
            "data": {"reference": self.reference, "status": "in_progress", "note": "On our way", **changed},
        }

    async def push(
        self, event: Any, *, secret: str = SECRET, path: str = PATH, host: str = HOST, late: float = 0, **headers: str
    ) -> httpx2.Response:  # fmt: skip
        """Sign and send; `late` is how many seconds ago it was signed."""
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        try:
            given = signed([Webhook(secret)], "m-1", self.clock() - timedelta(seconds=late), body)
        except UnicodeDecodeError:
            given = signed([Webhook(secret)], "m-1", self.clock(), b"")
        answer = await self.http.post(path, content=body, headers={**given, "host": host, **headers})
        if answer.status_code != 204:
            assert answer.headers["content-type"] == "application/problem+json"
            told = answer.json()
            assert told["status"] == answer.status_code
            assert told["title"]
            assert told["detail"]
        return answer

    async def history(self) -> list[tuple[str, str]]:
        view = await show_case(self.desk, COUNCIL, self.reference)
        return [(update.status.value, update.note) for update in view.updates]


@pytest.fixture
async def gate(
    desk: Desk, lost_cat: Adopted, back_office: BackOffice, clock: SetClock
) -> AsyncIterator[Gate]:
    connector = build_connector(
        "webhook", {"url": "https://office.example"}, {"signing": [SECRET]}, client(always(500)), clock
    )
    asking = build_connector("open311", {"endpoint": "https://a.example"}, {}, client(always(500)), clock)
    here: dict[str, dict[str, Connector]] = {
        HOST: {"office": connector, "asking": asking},
        "kirklees.localhost": {"office": connector},
    }

    async def receive(host: str, name: str, headers: Mapping[str, str], body: bytes) -> Taken | None:
        if made.broken:
            raise ConnectionError("the database is away")
        known = here.get(host, {})
        if name not in known:
            return None
        return await receive_updates(desk, host.partition(".")[0], name, known[name], headers, body)

    done = await submitted(desk, lost_cat)
    assert done.reference is not None
    await deliver_due(desk, COUNCIL, "E08000029", "cats", back_office)
    # The case went to the connector that speaks here.
    await desk.store.owner.execute("update delivery set connector = 'office'")
    app = Starlette(routes=back_office_routes(receive))
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url=f"http://{HOST}") as http:
        made = Gate(desk, clock, done.reference, http)
        yield made


RECEIVED = ("open", "")


async def test_a_good_message_is_taken(gate: Gate) -> None:
    answer = await gate.push(gate.event())
    assert (answer.status_code, answer.content) == (204, b"")
    assert await gate.history() == [RECEIVED, ("in_progress", "On our way")]


async def test_a_message_that_comes_again_is_taken_and_stands_once(gate: Gate) -> None:
    for _ in range(3):
        assert (await gate.push(gate.event())).status_code == 204
    assert len(await gate.history()) == 2


async def test_a_host_name_is_the_same_in_capitals_and_with_a_port(gate: Gate) -> None:
    assert (await gate.push(gate.event(), host="SOLIHULL.localhost:8000")).status_code == 204


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"secret": OTHER}, "the signature is wrong"),
        ({"late": 301}, "older than five minutes"),
        ({"late": -301}, "from the future"),
        ({"webhook-signature": ""}, "the signature is missing"),
        ({"webhook-timestamp": "soon"}, "not whole seconds"),
        ({"webhook-id": "m-2"}, "the signature is wrong"),
    ],
)
async def test_what_nothing_proves_is_refused(gate: Gate, how: dict[str, Any], words: str) -> None:
    answer = await gate.push(gate.event(), **how)
    assert answer.status_code == 401
    assert words in answer.json()["detail"]
    assert await gate.history() == [RECEIVED]


async def test_a_message_kept_back_and_sent_again_later_is_refused(gate: Gate) -> None:
    body = json.dumps(gate.event()).encode()
    headers = {**signed([Webhook(SECRET)], "m-1", gate.clock(), body), "host": HOST}
    assert (await gate.http.post(PATH, content=body, headers=headers)).status_code == 204
    gate.clock.go(minutes=6)
    assert (await gate.http.post(PATH, content=body, headers=headers)).status_code == 401
    tampered = body.replace(b"On our way", b"Never mind")
    gate.clock.go(minutes=-6)
    assert (await gate.http.post(PATH, content=tampered, headers=headers)).status_code == 401
    assert len(await gate.history()) == 2


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[" * 50_000, "not JSON"),
        (b"null", "not a CloudEvent"),
        (b'{"specversion": "1.0"}', "type is not"),
        (b'{"specversion": "1.0", "type": "uk.commonhall.case.updated"}', "data is not a map"),
    ],
)
async def test_what_is_no_event_is_refused(gate: Gate, event: bytes, words: str) -> None:
    answer = await gate.push(event)
    assert answer.status_code == 400
    assert words in answer.json()["detail"]
    assert await gate.history() == [RECEIVED]


@pytest.mark.parametrize(
    "data",
    [
        {"status": "signature"},
        {"status": None},
        {"status": ["fixed"]},
        {"status": "x" * 300},
        {"note": "x" * 5000},
        {"note": {"en": "no"}},
        {"reference": 7},
        {"reference": None},
    ],
)
async def test_data_of_another_shape_are_refused(gate: Gate, data: dict[str, Any]) -> None:
    assert (await gate.push(gate.event(**data))).status_code == 400
    assert await gate.history() == [RECEIVED]


async def test_what_is_not_utf_8_is_refused(gate: Gate) -> None:
    assert (await gate.push(b"\xff\xfe")).status_code == 401


async def test_hostile_words_are_stored_as_words(gate: Gate) -> None:
    answer = await gate.push(gate.event(note="a\0b\ud800<script>\u202e'; drop table council_case"))
    assert answer.status_code == 204
    assert (await gate.history())[-1] == ("in_progress", "ab?<script>'; drop table council_case")


@pytest.mark.parametrize(
    ("path", "host", "reference", "title"),
    [
        ("/back-office/fax/updates", HOST, None, "There is no such connector here"),
        ("/back-office/%00/updates", HOST, None, "There is no such connector here"),
        (PATH, "elsewhere.example", None, "There is no such connector here"),
        (PATH, "", None, "There is no such connector here"),
        (PATH, HOST, "K7M-2XQ-9HD", "There is no such case"),
        (PATH, HOST, "\0", "The message was not taken"),
        (PATH, "kirklees.localhost", None, "There is no such case"),
        ("/back-office/office", HOST, None, "There is nothing here"),
        ("/back-office/", HOST, None, "There is nothing here"),
    ],
)
async def test_who_asks_for_what_is_not_there_is_told(
    gate: Gate, path: str, host: str, reference: str | None, title: str
) -> None:
    event = gate.event(reference=reference or gate.reference)
    answer = await gate.push(event, path=path, host=host)
    assert answer.status_code == (400 if reference == "\0" else 404)
    assert answer.json()["title"] == title
    assert await gate.history() == [RECEIVED]


async def test_a_back_office_cannot_name_a_case_by_anothers_number(gate: Gate) -> None:
    # The case was delivered through the connector `cats`: job-1 is its number.
    await gate.desk.store.owner.execute("update delivery set connector = 'cats'")
    assert (await gate.push(gate.event(reference=None, id="job-1"))).status_code == 404


async def test_a_connector_that_asks_takes_nothing_that_is_pushed(gate: Gate) -> None:
    answer = await gate.push(gate.event(), path="/back-office/asking/updates")
    assert answer.status_code == 400
    assert "nothing can be pushed" in answer.json()["detail"]


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(gate: Gate) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 65_536
            yield b" " * 65_536

    answer = await gate.http.post(PATH, content=endless(), headers={"host": HOST})
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await gate.push(b" " * (MOST_BYTES + 1))).status_code == 413


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_there_is_one_method(gate: Gate, method: str) -> None:
    answer = await gate.http.request(method, PATH)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


async def test_a_fault_of_our_own_asks_for_the_message_again(gate: Gate) -> None:
    gate.broken = True
    assert (await gate.push(gate.event())).status_code == 503
    gate.broken = False
    assert (await gate.push(gate.event())).status_code == 204


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    key=st.sampled_from(
        ["specversion", "id", "type", "time", "data", "reference", "status", "note", "source"]
    ),
    value=JSON,
)
async def test_no_event_breaks_it(gate: Gate, key: str, value: Any) -> None:
    event = gate.event(reference="K7M-2XQ-9HD")
    (event["data"] if key in event["data"] else event)[key] = value
    answer = await gate.push(event)
    assert answer.status_code in {400, 404}
    assert await gate.history() == [RECEIVED]
