"""What the webhook connector sends, and what it takes and refuses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from commonhall.connectors.registry import build_connector
from commonhall.connectors.samples import sample_case
from commonhall.connectors.webhook.connector import WebhookConnector
from commonhall.connectors.webhook.signing import signed
from commonhall.connectors.webhook.twin import WebhookTwin
from commonhall.engine.back_office import CaseStatus, Connector, Contact, DeliveryFailed, UpdateRefused
from tests.conftest import SetClock
from tests.connectors.answers import Answering, always, client, reply

SECRET = "whsec_a2VlcCB0aGlzIGZyb20gZXZlcnlib2R5IGVsc2U="
OTHER = "whsec_YW5vdGhlciBzZWNyZXQsIHRoZSBuZXcgb25lISEhIQ=="


def connector(answer: Answering, clock: Callable[[], datetime], *secrets: str, **more: Any) -> Connector:
    given_settings = {"url": "http://office.example/cases", **more}
    signing = {"signing": list(secrets or (SECRET,))}
    return build_connector("webhook", given_settings, signing, client(answer), clock, allow_private=True)


async def test_a_case_is_a_signed_event(clock: SetClock) -> None:
    seen: list[httpx2.Request] = []
    one = connector(
        lambda request: seen.append(request) or reply(202, b'{"id": 7}'),
        clock,
        updates_url="https://solihull.example/back-office/office/updates",
    )
    assert (await one.deliver(sample_case("K7M-2XQ-9HD"), "key-1")).external_id == "7"
    [request] = seen
    assert request.headers["content-type"] == "application/cloudevents+json"
    assert request.headers["webhook-id"] == "key-1"
    assert request.headers["webhook-timestamp"] == str(int(clock().timestamp()))
    signature = Webhook(SECRET).sign("key-1", clock(), request.content.decode())
    assert request.headers["webhook-signature"] == signature
    event = json.loads(request.content)
    assert {name: event[name] for name in event if name != "data"} == {
        "specversion": "1.0",
        "id": "key-1",
        "source": "urn:gss:E08000029",
        "type": "uk.commonhall.case.submitted",
        "subject": "K7M-2XQ-9HD",
        "time": "2026-03-10T09:00:00Z",
        "datacontenttype": "application/json",
    }
    data = event["data"]
    assert data["answers"] == dict(sample_case("").answers)
    assert data["details"] == [{"question": "Which bins were missed?", "answer": "Rubbish and Food waste"}]
    assert data["contact"]["email"] == "sam@example.com"
    assert data["location"]["uprn"] == "100070000001"
    assert data["updates_url"] == "https://solihull.example/back-office/office/updates"


async def test_answers_go_once_more_under_the_names_that_the_back_office_has(clock: SetClock) -> None:
    seen: list[httpx2.Request] = []
    one = connector(lambda request: seen.append(request) or reply(202, b"{}"), clock)
    answers = {"kind": "deep", "size": 3, "local": {"gate": "yes", "dog": "no"}}
    case = replace(sample_case("K7M-2XQ-9HD"), answers=answers)
    await one.deliver(case, "key-1")
    await one.deliver(replace(case, names={"kind": "CATEGORY", "local.gate": "ACCESS"}), "key-2")
    without, mapped = (json.loads(request.content)["data"] for request in seen)
    assert "fields" not in without
    assert mapped["answers"] == answers
    assert mapped["fields"] == {"CATEGORY": "deep", "size": 3, "ACCESS": "yes", "local.dog": "no"}


async def test_while_a_secret_is_changed_both_sign_and_either_is_taken(clock: SetClock) -> None:
    for theirs in (SECRET, OTHER):
        twin = WebhookTwin(clock, theirs)
        http = httpx2.AsyncClient(transport=httpx2.ASGITransport(twin.app))
        secrets = {"signing": [OTHER, SECRET]}
        one = build_connector("webhook", {"url": "http://x/cases"}, secrets, http, clock, allow_private=True)
        await one.deliver(sample_case("R1"), "key-1")
        twin.book.tell(twin.book.jobs[0], CaseStatus.FIXED, "mended", clock())
        [(headers, body)] = twin.messages()
        [update] = one.receive(headers, body)
        assert (update.status, update.note, update.reference) == ("fixed", "mended", "R1")


@pytest.mark.parametrize(
    ("body", "number"),
    [
        (b'{"id": "A-1"}', "A-1"),
        (b'{"id": 12}', "12"),
        (b'{"id": "a\\u0000b\\ud800"}', "ab?"),
        *[(body, None) for body in (b"", b"OK", b'{"id": true}', b'{"id": {}}', b"[" * 100_000)],
    ],
)
async def test_any_2xx_is_acceptance_with_or_without_a_number(
    clock: SetClock, body: bytes, number: str | None
) -> None:
    assert (await connector(always(200, body), clock).deliver(sample_case("R1"), "k")).external_id == number


async def test_a_web_page_is_not_acceptance(clock: SetClock) -> None:
    page = always(200, b"<h1>Sign in</h1>", content_type="text/html; charset=utf-8")
    with pytest.raises(DeliveryFailed, match="a web page came back") as failed:
        await connector(page, clock).deliver(sample_case("R1"), "k")
    assert not failed.value.permanent


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"title": "No", "detail": "no such street"}', "422: no such street"),
        (b'{"error": "too far"}', "422: too far"),
        (b"plain words", "422: plain words"),
        (b"\xff\x00", "422: \ufffd"),
        (b'{"error": 1}', '422: {"error": 1}'),
    ],
)
async def test_a_refusal_is_told_in_the_back_offices_words(clock: SetClock, body: bytes, words: str) -> None:
    with pytest.raises(DeliveryFailed) as failed:
        await connector(always(422, body), clock).deliver(sample_case("R1"), "k")
    assert failed.value.reason.endswith(words)
    assert failed.value.permanent


TEXTS = st.text()


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(TEXTS, st.recursive(TEXTS | st.booleans() | st.integers(), st.lists), max_size=5),
    TEXTS,
    st.lists(st.tuples(TEXTS, TEXTS), max_size=4),
)
def test_any_case_arrives_as_it_was_given(
    answers: dict[str, Any], summary: str, details: list[tuple[str, str]]
) -> None:
    clock = SetClock()
    twin = WebhookTwin(clock, SECRET)
    case = replace(
        sample_case("R1"),
        answers=answers,
        summary=summary,
        details=tuple(details),
        contact=Contact(summary, summary, summary),
    )

    async def deliver() -> None:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(twin.app)) as http:
            settings_, secrets = {"url": "http://x/cases"}, {"signing": [SECRET]}
            one = build_connector("webhook", settings_, secrets, http, clock, allow_private=True)
            await one.deliver(case, "key-1")

    asyncio.run(deliver())
    data = twin.book.jobs[0].given["data"]
    assert data["answers"] == answers
    assert data["summary"] == data["contact"]["name"] == summary
    assert [(row["question"], row["answer"]) for row in data["details"]] == details


def message(clock: Callable[[], datetime], event: Any) -> tuple[dict[str, str], bytes]:
    """An event, signed as it should be."""
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    return signed([Webhook(SECRET)], "id-1", clock(), body), body


UPDATE = {
    "specversion": "1.0",
    "id": "u-1",
    "source": "urn:office",
    "type": "uk.commonhall.case.updated",
    "time": "2026-03-10T10:00:00+01:00",
    "data": {"reference": "R1", "status": "in_progress", "note": "On our way"},
}


def changed(**parts: Any) -> dict[str, Any]:
    """The good update with something else in it; `data_NAME` changes its data."""
    data = {name[5:]: value for name, value in parts.items() if name.startswith("data_")}
    rest = {name: value for name, value in parts.items() if not name.startswith("data_")}
    return {**UPDATE, "data": {**UPDATE["data"], **data}, **rest}  # type: ignore[dict-item]


def test_a_good_update_is_taken(clock: SetClock) -> None:
    [update] = connector(always(500), clock).receive(*message(clock, UPDATE))
    assert (update.update_id, update.reference, update.status) == ("u-1", "R1", CaseStatus.IN_PROGRESS)
    assert (update.at, update.note) == (clock(), "On our way")
    by_number = changed(
        data_reference=None, data_id="77", data_note="a\x00b\ud800", time="2026-03-10T09:00:00"
    )
    [update] = connector(always(500), clock).receive(*message(clock, by_number))
    assert (update.reference, update.external_id, update.note) == (None, "77", "ab?")
    assert update.at == clock()


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (b"{", "not JSON"),
        (b"\xff", "not UTF-8"),
        (b"[" * 100_000, "not JSON"),
        ([], "not a CloudEvent"),
        (changed(specversion="0.3"), "not a CloudEvent of specversion 1.0"),
        (changed(type="other"), "type is not uk.commonhall.case.updated"),
        (changed(data=[]), "data is not a map"),
        (changed(id=""), "has no id"),
        (changed(id=7), "id is not words"),
        (changed(id="x" * 201), "id is not words of at most 200"),
        (changed(data_reference=None), "name no case"),
        (changed(data_status="mended"), "'mended' is not a status: open, investigating"),
        (changed(data_status=None), "'' is not a status"),
        (changed(data_note={}), "note is not words"),
        (changed(time="yesterday"), "time is not a date"),
        (changed(time=None), "time is not a date"),
        (changed(time="0001-01-01T00:00:00+14:00"), "time is not a date"),
    ],
)
def test_what_is_wrong_in_an_update_is_said(clock: SetClock, event: Any, words: str) -> None:
    headers = {
        "webhook-id": "1",
        "webhook-timestamp": str(int(clock().timestamp())),
        "webhook-signature": "v1,x",
    }
    good = message(clock, event) if event != b"\xff" else (headers, event)
    with pytest.raises(UpdateRefused, match="(?s)" + words):
        connector(always(500), clock).receive(*good)


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"webhook-id": ""}, "signature is missing"),
        ({"webhook-signature": ""}, "signature is missing"),
        ({"webhook-timestamp": "soon"}, "not whole seconds"),
        ({"webhook-timestamp": "²"}, "not whole seconds"),
        ({"webhook-timestamp": "9" * 30}, "not whole seconds"),
        ({"webhook-signature": "v1,AAAA"}, "signature is wrong"),
        ({"webhook-signature": "v2,é " * 40}, "signature is wrong"),
        ({"webhook-id": "another"}, "signature is wrong"),
    ],
)
def test_a_bad_signature_is_refused(clock: SetClock, headers: dict[str, str], words: str) -> None:
    good, body = message(clock, UPDATE)
    with pytest.raises(UpdateRefused, match=words):
        connector(always(500), clock).receive({**good, **headers}, body)
    with pytest.raises(UpdateRefused, match="signature is wrong"):
        connector(always(500), clock, OTHER).receive(good, body)


@pytest.mark.parametrize(("seconds", "taken"), [(-301, False), (-300, True), (300, True), (301, False)])
def test_a_signature_is_good_for_five_minutes_by_our_clock(
    clock: SetClock, seconds: int, taken: bool
) -> None:
    good = message(clock, UPDATE)
    clock.now += timedelta(seconds=seconds)
    one = connector(always(500), clock)
    if taken:
        assert len(one.receive(*good)) == 1
    else:
        with pytest.raises(UpdateRefused, match="older than five minutes, or from the future"):
            one.receive(*good)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda part: st.lists(part, max_size=4) | st.dictionaries(st.text(), part, max_size=4),
)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["webhook-id", "Webhook-Timestamp", "webhook-signature", "x"]), st.text()
    ),
    st.binary(),
)
def test_any_bytes_are_refused_and_nothing_else_is_raised(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(UpdateRefused):
        connector(always(500), SetClock()).receive(headers, body)


@settings(deadline=None)
@given(
    st.binary()
    | JSON.map(lambda found: json.dumps(found).encode())
    | st.fixed_dictionaries({}, optional=dict.fromkeys(UPDATE, JSON)).map(
        lambda parts: json.dumps({**UPDATE, **parts}).encode()
    )
    | st.fixed_dictionaries({}, optional=dict.fromkeys(("reference", "id", "status", "note"), JSON)).map(
        lambda data: json.dumps({**UPDATE, "data": {**UPDATE["data"], **data}}).encode()  # type: ignore[dict-item]
    )
)
def test_any_signed_message_is_taken_or_refused(body: bytes) -> None:
    one = connector(always(500), SetClock())
    assert isinstance(one, WebhookConnector)
    with suppress(UpdateRefused, UnicodeDecodeError):
        for update in one.receive(*message(SetClock(), body)):
            assert update.reference or update.external_id
            assert 0 < len(update.update_id) <= 200
            assert update.at.tzinfo is not None


async def test_it_is_told_and_never_asks(clock: SetClock) -> None:
    one = connector(always(500), clock)
    assert await one.updates(clock()) == []
    assert one.can == {"deliver", "receive"}
