"""What the Open311 connector sends, and what it makes of what comes back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any
from urllib.parse import parse_qsl

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonhall.connectors.conformance import PATIENT
from commonhall.connectors.http import Answer
from commonhall.connectors.open311.twin import Open311Twin
from commonhall.connectors.open311.wire import explain, read_items, read_request, read_update, request_form
from commonhall.connectors.registry import build_connector
from commonhall.connectors.samples import sample_case
from commonhall.engine.back_office import (
    CaseFile,
    CaseLocation,
    CaseStatus,
    Connector,
    Contact,
    DeliveryFailed,
    UpdateRefused,
)
from tests.conftest import SetClock
from tests.connectors.answers import Answering, always, client, reply

OK = b'[{"service_request_id": "638344"}]'


def connector(answer: Answering, clock: Callable[[], datetime], **more: Any) -> Connector:
    given_settings = {"endpoint": "http://waste.example/v2/", **more}
    secrets = {"api_key": "key"}
    return build_connector(
        "open311", given_settings, secrets, client(answer), clock, allow_private=True, patience=PATIENT
    )


async def sent(clock: SetClock, case: Any, **more: Any) -> tuple[httpx2.Request, list[tuple[str, str]]]:
    """What goes over the wire for a case."""
    seen: list[httpx2.Request] = []
    await connector(lambda request: seen.append(request) or reply(201, OK), clock, **more).deliver(
        case, "key-1"
    )
    return seen[0], parse_qsl(seen[0].content.decode(), keep_blank_values=True)


async def test_a_request_is_a_form_as_the_standard_has_it(clock: SetClock) -> None:
    request, pairs = await sent(clock, sample_case("K7M-2XQ-9HD"), jurisdiction_id="solihull.gov.uk")
    form = dict(pairs)
    assert str(request.url) == "http://waste.example/v2/requests.json"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.headers["idempotency-key"] == "key-1"
    assert form["api_key"] == "key"
    assert form["jurisdiction_id"] == "solihull.gov.uk"
    assert form["service_code"] == "missed-bin"
    assert (form["lat"], form["long"]) == ("52.411800", "-1.777600")
    assert form["address_string"] == "1 High Street, Solihull, B91 3QT"
    assert form["address_id"] == "100070000001"
    assert (form["first_name"], form["last_name"]) == ("Sam", "Jones")
    assert (form["email"], form["phone"]) == ("sam@example.com", "0121 496 0000")
    assert form["description"] == (
        "Missed Rubbish at 1 High Street\n\nWhich bins were missed? Rubbish and Food waste"
    )
    assert form["attribute[external_id]"] == "K7M-2XQ-9HD"
    assert [text for name, text in pairs if name == "attribute[containers]"] == ["refuse", "food"]
    assert form["attribute[clear]"] == "true"
    assert form["attribute[local.gate]"] == "yes"


async def test_codes_and_attributes_are_the_councils_to_map(clock: SetClock) -> None:
    case = replace(sample_case("R1"), answers={"kind": "deep", "home": {"postcode": "B91 3QT"}, "n": None})
    mapped = {"missed-bin": "WASTE"}
    by_answer = {"missed-bin": {"field": "kind", "codes": {"deep": "DEEP"}}}
    attributes = {"kind": "SIZE", "home": "ADDR"}
    _, pairs = await sent(clock, case, service_codes=mapped, by_answer=by_answer, attributes=attributes)
    form = dict(pairs)
    assert form["service_code"] == "DEEP"
    assert (form["attribute[SIZE]"], form["attribute[ADDR.postcode]"]) == ("deep", "B91 3QT")
    assert "attribute[n]" not in form
    shallow = replace(case, answers={"kind": "shallow"})
    assert (
        dict((await sent(clock, shallow, service_codes=mapped, by_answer=by_answer))[1])["service_code"]
        == "WASTE"
    )


async def test_the_services_own_names_go_before_the_connectors(clock: SetClock) -> None:
    answers = {"kind": "deep", "size": 3, "local": {"home": {"postcode": "B91 3QT"}, "gate": "yes"}}
    names = {"kind": "CATEGORY", "local.home": "ADDR"}
    case = replace(sample_case("R1"), answers=answers, names=names)
    _, pairs = await sent(clock, case, attributes={"kind": "SIZE", "size": "BIG", "local": "OURS"})
    form = {name: value for name, value in pairs if name.startswith("attribute")}
    ours = {"attribute[external_id]": "R1", "attribute[channel]": "web"}
    assert form == ours | {
        "attribute[CATEGORY]": "deep",
        "attribute[BIG]": "3",
        "attribute[ADDR.postcode]": "B91 3QT",
        "attribute[OURS.gate]": "yes",
    }


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("Sam Jones", "Sam", "Jones"),
        ("Dr  Mary Ann  O'Neill", "Dr Mary Ann", "O'Neill"),
        ("Cher", "Cher", None),
        (" ", None, None),
        (None, None, None),
    ],
)
def test_a_name_is_parted_at_its_last_space(name: str | None, first: str | None, last: str | None) -> None:
    case = replace(sample_case("R1"), contact=Contact(name))
    form = dict(request_form(case, "x", {}, None))
    assert (form.get("first_name"), form.get("last_name")) == (first, last)


def test_what_is_not_known_is_not_sent() -> None:
    case = replace(sample_case("R1"), contact=Contact(), location=CaseLocation("By the pond"), answers={})
    form = dict(request_form(case, "x", {}, None))
    assert set(form) == {
        "service_code",
        "address_string",
        "description",
        "attribute[external_id]",
        "attribute[channel]",
    }


LEAF = st.text() | st.booleans() | st.integers()
ANSWERS = st.dictionaries(
    st.from_regex(r"[a-z][a-z_]{0,11}", fullmatch=True),
    LEAF | st.lists(st.text(), max_size=4) | st.dictionaries(st.sampled_from(["line1", "town"]), st.text()),
    max_size=6,
)


@settings(max_examples=60, deadline=None)
@given(ANSWERS, st.text(), st.text())
def test_any_case_arrives_as_it_was_given(answers: dict[str, Any], summary: str, name: str) -> None:
    clock = SetClock()
    twin = Open311Twin(clock)
    case = replace(sample_case("R1"), answers=answers, summary=summary, contact=Contact(name))

    async def deliver() -> None:
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(twin.app)) as http:
            one = build_connector("open311", {"endpoint": "http://x/v2"}, {}, http, clock, allow_private=True)
            await one.deliver(case, "key-1")

    asyncio.run(deliver())
    pairs = twin.book.jobs[0].given
    for field, value in answers.items():
        for part, leaf in value.items() if isinstance(value, dict) else [("", value)]:
            code = f"{field}.{part}" if part else field
            name_of = f"attribute[{'answer.' if code in {'channel', 'external_id'} else ''}{code}]"
            texts = leaf if isinstance(leaf, list) else [leaf]
            wanted = [("true" if t else "false") if isinstance(t, bool) else str(t) for t in texts]
            assert [text for one, text in pairs if one == name_of] == wanted
    assert dict(pairs)["attribute[external_id]"] == "R1"


async def test_half_a_character_is_sent_as_a_question_mark(clock: SetClock) -> None:
    _, pairs = await sent(clock, replace(sample_case("R1"), summary="a\ud800b"))
    assert dict(pairs)["description"].startswith("a?b")


@pytest.mark.parametrize(
    ("body", "number"),
    [
        (OK, "638344"),
        (b'[{"service_request_id": 638344, "account_id": null}]', "638344"),
        (b'{"requests": [{"service_request_id": "638344"}]}', "638344"),
        (b'\xef\xbb\xbf[{"service_request_id": "638344"}]', "638344"),
        (
            b'<?xml version="1.0" encoding="utf-8"?><service_requests><request><service_request_id>638344'
            b"</service_request_id><service_notice/></request></service_requests>",
            "638344",
        ),
        (
            b'<service_requests xmlns="urn:x"><request><service_request_id> 638344 </service_request_id>'
            b"</request></service_requests>",
            "638344",
        ),
    ],
)
async def test_a_number_is_read_from_json_and_from_xml(clock: SetClock, body: bytes, number: str) -> None:
    assert (await connector(always(200, body), clock).deliver(sample_case("R1"), "k")).external_id == number


async def test_a_token_becomes_a_number_or_is_kept(clock: SetClock) -> None:
    for after, number in ((0, "T1"), (2, "T1"), (3, "token:t/T1")):
        twin = Open311Twin(clock, token_after=after)
        http = httpx2.AsyncClient(transport=httpx2.ASGITransport(twin.app))
        one = build_connector(
            "open311", {"endpoint": "http://x/v2"}, {}, http, clock, allow_private=True, patience=PATIENT
        )
        assert (await one.deliver(sample_case("R1"), "k")).external_id == number
        assert len(twin.book.jobs) == 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'[{"code": "400", "description": "service_code is not valid"}]', "service_code is not valid"),
        (b'[{"code": 7, "description": "too far away"}]', "7: too far away"),
        (b'{"errors": [{"description": "no"}, {"description": "never"}]}', "no; never"),
        (
            b"<errors><error><code>400</code><description>no such street</description></error></errors>",
            "no such street",
        ),
        (b"<html>oops", ""),
        (b"", ""),
    ],
)
async def test_the_back_offices_own_words_are_the_reason(clock: SetClock, body: bytes, reason: str) -> None:
    assert explain(Answer(400, {}, body)) == reason
    with pytest.raises(DeliveryFailed) as failed:
        await connector(always(400, body), clock).deliver(sample_case("R1"), "k")
    assert failed.value.permanent
    assert reason in failed.value.reason


@given(
    st.binary()
    | st.recursive(LEAF | st.none(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)).map(
        lambda found: json.dumps(found).encode()
    )
)
def test_any_answer_is_read_or_is_not_now(body: bytes) -> None:
    for kind in ("application/json", "text/xml", "text/html"):
        answer = Answer(200, {"content-type": kind}, body)
        explain(answer)
        try:
            items = read_items(answer, "request")
        except DeliveryFailed:
            continue
        for item in items:
            read_update(item)
            read_request(item)


async def test_xml_that_would_grow_is_refused(clock: SetClock) -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b "c">]><service_requests><request>&b;</request></service_requests>'
    with pytest.raises(DeliveryFailed, match="document type"):
        await connector(always(200, bomb), clock).deliver(sample_case("R1"), "k")


@pytest.mark.parametrize(
    ("word", "status", "note"),
    [
        ("FIXED", CaseStatus.FIXED, "done"),
        ("Action scheduled", CaseStatus.ACTION_SCHEDULED, "done"),
        ("not-councils-responsibility", CaseStatus.NOT_COUNCILS_RESPONSIBILITY, "done"),
        ("Awaiting parts", CaseStatus.OPEN, "Awaiting parts. done"),
        ("", CaseStatus.OPEN, "done"),
    ],
)
def test_a_word_that_is_no_status_is_kept_in_the_note(word: str, status: CaseStatus, note: str) -> None:
    item = {
        "update_id": "1",
        "service_request_id": "2",
        "status": word,
        "updated_datetime": "2026-03-10T10:00:00+01:00",
        "description": "done",
    }
    update = read_update(item)
    assert update is not None
    assert (update.status, update.note) == (status, note)
    assert update.at == datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


def test_an_open_request_that_never_changed_is_no_news() -> None:
    item = {"service_request_id": "2", "status": "open", "requested_datetime": "2026-03-10T10:00:00Z"}
    assert read_request(item) is None
    assert read_request({**item, "status": "closed"}) is not None
    assert read_request({**item, "status_notes": "we look"}) is not None
    assert (
        read_request({**item, "updated_datetime": "0001-01-01T00:00:00+14:00", "status": "closed"})
        is not None
    )


async def test_updates_are_asked_for_in_spans_of_ninety_days(clock: SetClock) -> None:
    spans: list[tuple[str, str]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        query = request.url.params
        spans.append((query["start_date"], query["end_date"]))
        return reply(200, b"[]")

    assert await connector(answer, clock).updates(clock() - timedelta(days=200)) == []
    assert spans == [
        ("2025-08-22T09:00:00Z", "2025-11-20T09:00:00Z"),
        ("2025-11-20T09:00:00Z", "2026-02-18T09:00:00Z"),
        ("2026-02-18T09:00:00Z", "2026-03-10T09:05:00Z"),
    ]


async def test_too_many_updates_for_one_answer_are_asked_for_in_parts(clock: SetClock) -> None:
    moments = [clock() - timedelta(hours=hour) for hour in range(1, 24)]
    updates = [
        {
            "update_id": str(number),
            "service_request_id": "1",
            "status": "open",
            "updated_datetime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "description": "x" * 200_000,
        }
        for number, at in enumerate(moments)
    ]

    def answer(request: httpx2.Request) -> httpx2.Response:
        start, end = request.url.params["start_date"], request.url.params["end_date"]
        found = [one for one in updates if start <= one["updated_datetime"] <= end]
        return reply(200, json.dumps(found).encode())

    heard = await connector(answer, clock).updates(clock() - timedelta(days=2))
    assert {one.update_id for one in heard} == {str(number) for number in range(23)}


@pytest.mark.parametrize("body", [b"{}", b'[{"code": 1}]', b"<html/>", b"<nothing/>", b'{"error": "x"}'])
async def test_what_is_no_list_of_updates_is_not_nothing_new(clock: SetClock, body: bytes) -> None:
    with pytest.raises(DeliveryFailed):
        await connector(always(200, body), clock).updates(clock() - timedelta(days=1))


def test_nothing_can_be_pushed_to_it(clock: SetClock) -> None:
    one = connector(always(200), clock, updates=False)
    assert one.can == {"deliver"}
    with pytest.raises(UpdateRefused, match="nothing can be pushed"):
        one.receive({}, b"")


def test_an_answer_cannot_pass_for_our_reference() -> None:
    case = replace(sample_case("R1"), answers={"external_id": "R2", "channel": "fax", "x": "y"})
    pairs = request_form(case, "x", {"x": "external_id"}, None)
    assert [text for name, text in pairs if name == "attribute[external_id]"] == ["R1"]
    assert [text for name, text in pairs if name == "attribute[answer.external_id]"] == ["R2", "y"]
    assert [text for name, text in pairs if name == "attribute[channel]"] == ["web"]


async def test_photos_go_along_where_the_back_office_reads_them(clock: SetClock) -> None:
    async def read() -> bytes:
        return b"\xff\xd8 a photo"

    case = replace(sample_case("R1"), files=(CaseFile("a b.jpg", "image/jpeg", "0" * 64, 10, read),))
    request, _ = await sent(clock, case)
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    seen: list[httpx2.Request] = []
    photos = connector(lambda request: seen.append(request) or reply(201, OK), clock, photos=True)
    assert (await photos.deliver(case, "key-1")).external_id == "638344"
    form = parsed(seen[0])
    assert form["attribute[containers]"] == [(None, b"refuse"), (None, b"food")]
    assert form["service_code"] == [(None, b"missed-bin")]
    assert form["media"] == [("a b.jpg", b"\xff\xd8 a photo")]


def parsed(request: httpx2.Request) -> dict[str, list[tuple[str | None, bytes]]]:
    """A multipart form as the standard library's reader of mail has it: by name, (file's name, content)."""
    head = f"content-type: {request.headers['content-type']}\r\n\r\n".encode()
    whole = message_from_bytes(head + request.content, policy=policy.HTTP)
    form: dict[str, list[tuple[str | None, bytes]]] = {}
    for part in whole.iter_parts():
        content = part.get_payload(decode=True)
        form.setdefault(part.get_param("name", header="content-disposition"), []).append(
            (part.get_filename(), content)
        )
    return form
