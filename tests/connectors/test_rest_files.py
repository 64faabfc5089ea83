"""How files go along with a case by a mapping, and what becomes of them at the simulators of products."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import httpx2
import pytest

from commonhall.connectors.conformance import PATIENT
from commonhall.connectors.registry import build_connector
from commonhall.connectors.rest.simulators.alloy import FILES as ALLOY_FILES
from commonhall.connectors.rest.simulators.salesforce import SalesforceSimulator
from commonhall.connectors.rest.twin import JsonTwin
from commonhall.connectors.samples import sample_case
from commonhall.engine.back_office import CaseFile, CaseStatus, Connector, DeliveryFailed
from tests.conftest import SetClock
from tests.connectors import rest_subjects
from tests.connectors.answers import reply
from tests.connectors.test_rest import SEND, rest


async def photo() -> bytes:
    return b"photo"


FILES = tuple(CaseFile(f"{name}.jpg", "image/jpeg", f"{name}0", 5, photo) for name in "ab")
WITH_FILES = replace(sample_case("R1"), files=FILES)


def recording(
    clock: SetClock, mapping: dict[str, Any], answers: dict[str, Any]
) -> tuple[Connector, list[httpx2.Request]]:
    """A connector, and what it asks; `answers` are by the last part of the path."""
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        found = answers.get(request.url.path.rpartition("/")[2], {"id": "J1"})
        status, body = found if isinstance(found, tuple) else (200, found)
        return reply(status, json.dumps(body).encode())

    return rest(answer, clock, mapping=mapping), seen


async def test_files_go_along_within_the_case(clock: SetClock) -> None:
    body = {"photos": "{{ files.map(f, {'n': f.name, 'd': f.base64}) }}"}
    connector, seen = recording(
        clock, {"deliver": {**SEND, "files": True, "ask": {"path": "jobs", "body": body}}}, {}
    )
    await connector.deliver(WITH_FILES, "k")
    assert json.loads(seen[0].content) == {"photos": [{"n": f"{name}.jpg", "d": "cGhvdG8="} for name in "ab"]}


async def test_files_go_ahead_of_the_case_which_names_them(clock: SetClock) -> None:
    upload = {"ask": {"path": "file", "headers": {"Content-Type": "{{ file.media_type }}"}, "raw": "{{ file.base64 }}"}, "id": "{{ answer.body.file }}"}  # fmt: skip
    deliver = {**SEND, "ask": {"path": "jobs", "body": {"photos": "{{ uploaded }}"}}}
    connector, seen = recording(clock, {"upload": upload, "deliver": deliver}, {"file": {"file": 4}})
    await connector.deliver(WITH_FILES, "k")
    assert [(one.url.path, one.headers["idempotency-key"]) for one in seen] == [
        ("/api/file", "k-before-1"), ("/api/file", "k-before-2"), ("/api/jobs", "k"),
    ]  # fmt: skip
    assert (seen[0].content, seen[0].headers["content-type"]) == (b"photo", "image/jpeg")
    assert json.loads(seen[2].content) == {"photos": ["4", "4"]}
    for answer, permanent in (({}, False), ((413, {"message": "too big"}), True), ((503, {}), False)):
        connector, seen = recording(clock, {"upload": upload, "deliver": deliver}, {"file": answer})
        with pytest.raises(DeliveryFailed, match=r"a\.jpg|answered 503") as failed:
            await connector.deliver(WITH_FILES, "k")
        assert failed.value.permanent is permanent
        assert len(seen) == 1, "without its files the case is not sent"


async def test_files_follow_the_case_unless_they_are_there(clock: SetClock) -> None:
    attach = {
        "ask": {"path": "jobs/{{ id }}/files", "body": {"name": "{{ file.name }}", "data": "{{ file.base64 }}"}},
        "find": {"ask": {"method": "GET", "path": "jobs/{{ id }}/list"}, "id": "{{ file.sha256 in answer.body.there ? 'yes' : '' }}"},
    }  # fmt: skip
    connector, seen = recording(clock, {"deliver": SEND, "attach": attach}, {"list": {"there": ["a0"]}})
    await connector.deliver(WITH_FILES, "k")
    assert [one.url.path for one in seen] == [
        "/api/jobs",
        "/api/jobs/J1/list",
        "/api/jobs/J1/list",
        "/api/jobs/J1/files",
    ]
    assert json.loads(seen[-1].content) == {"name": "b.jpg", "data": "cGhvdG8="}
    assert "idempotency-key" not in seen[1].headers
    for status, permanent in ((422, True), (500, False)):
        connector, _ = recording(clock, {"deliver": SEND, "attach": attach}, {"list": {"there": []}, "files": (status, {"message": "no"})})  # fmt: skip
        with pytest.raises(DeliveryFailed, match="answered") as failed:
            await connector.deliver(WITH_FILES, "k")
        assert failed.value.permanent is permanent
        assert ("has the case (J1), but it refused the file a.jpg" in failed.value.reason) is permanent


# -- at the simulators of products ------------------------------------------------------------------------------------


def at(
    name: str, clock: SetClock, change: Callable[[dict[str, Any]], None] = lambda settings: None
) -> tuple[Connector, JsonTwin]:
    """A connector with a ready-made mapping, and the simulator that it speaks to."""
    twin = cast(JsonTwin, rest_subjects.twin_of(name, clock, True))
    http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=twin.app))
    settings = rest_subjects.SETTINGS[name](f"https://office.example{twin.path}")
    change(settings)
    secrets = rest_subjects.secrets_of(name)
    return build_connector("rest", settings, secrets, http, clock, allow_private=True, patience=PATIENT), twin


@pytest.mark.parametrize("name", rest_subjects.SETTINGS)
async def test_photos_reach_a_product_once(name: str, clock: SetClock) -> None:
    connector, twin = at(name, clock)
    receipts = [await connector.deliver(WITH_FILES, "k") for _ in range(3)]
    assert len({one.external_id for one in receipts}) == len(twin.book.jobs) == 1
    assert [one["content"] for one in twin.files] == [b"photo", b"photo"]
    if name == "alloy":
        given = {one["attributeCode"]: one["value"] for one in twin.book.jobs[0].given["attributes"]}
        assert given[ALLOY_FILES] == ["F1", "F2"]


@pytest.mark.parametrize("name", ["dynamics", "salesforce"])
async def test_a_photo_that_was_lost_on_the_way_is_sent_again_and_no_other(
    name: str, clock: SetClock
) -> None:
    connector, twin = at(name, clock)
    await connector.deliver(replace(WITH_FILES, files=FILES[:1]), "k")
    await connector.deliver(WITH_FILES, "k")
    assert len(twin.files) == 2
    same = replace(FILES[0], digest="c0")
    await connector.deliver(replace(WITH_FILES, files=(*FILES, same)), "k")
    assert len(twin.files) == 3, "another photo of the same name is another photo"


@pytest.mark.parametrize("name", rest_subjects.SETTINGS)
async def test_a_case_that_is_sent_again_writes_nothing_over(name: str, clock: SetClock) -> None:
    connector, twin = at(name, clock)
    await connector.deliver(sample_case("R1"), "k")
    before = twin.book.jobs[0].given
    await connector.deliver(replace(sample_case("R1"), summary="changed there meanwhile"), "k")
    assert twin.book.jobs[0].given == before
    written = [one for one in twin.script.journal if one.method == "PATCH" or one.path == "/api/item"]
    assert len(written) == 1


@pytest.mark.parametrize("name", rest_subjects.SETTINGS)
async def test_an_odd_reference_is_a_text_and_no_condition(name: str, clock: SetClock) -> None:
    connector, twin = at(name, clock)
    await connector.deliver(sample_case("R1"), "k")
    other = sample_case("x' OR Status != '")
    assert (await connector.deliver(other, "k2")).external_id != (
        await connector.deliver(sample_case("R1"), "k")
    ).external_id
    assert [job.reference for job in twin.book.jobs] == ["R1", other.reference]


async def test_without_a_field_for_residents_no_note_is_asked_for(clock: SetClock) -> None:
    def without(settings: dict[str, Any]) -> None:
        del settings["values"]["note"]

    connector, twin = at("dynamics", clock, without)
    await connector.deliver(sample_case("R1"), "k")
    twin.book.tell(twin.book.jobs[0], CaseStatus.IN_PROGRESS, "for staff alone", clock())
    [news] = await connector.updates(clock() - timedelta(days=1))
    assert getattr(news, "note", None) == ""
    assert "ch_note" not in str(twin.script.journal)


async def test_salesforce_s_token_is_asked_for_anew_when_it_is_taken_back(clock: SetClock) -> None:
    connector, twin = at("salesforce", clock)
    assert isinstance(twin, SalesforceSimulator)
    first = await connector.deliver(sample_case("R1"), "k")
    twin.take_tokens_back()
    assert await connector.deliver(sample_case("R1"), "k") == first


async def test_what_a_simulator_answers_says_that_it_is_one(clock: SetClock) -> None:
    for name in rest_subjects.SETTINGS:
        _, twin = at(name, clock)
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=twin.app)) as http:
            answer = await http.get("https://office.example/nothing")
        assert answer.headers["x-simulator"].startswith("commonhall-simulator: this is not ")
