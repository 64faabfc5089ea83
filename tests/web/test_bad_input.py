"""Whatever is sent, the whole platform says what is wrong, never breaks, and stores nothing that is wrong."""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp

from commonhall.app.wiring import House
from commonhall.engine.journey import walk
from commonhall.engine.package import Adopted, CompiledPage
from tests.conftest import SetClock
from tests.web.rendered import faults_of_html
from tests.web.wire import COUNCIL, FORM, Reply, Wire, token_in, whole_house

FINDER = b"localhost"
HOSTILE = [
    "",
    " ",
    "\0",
    "a\0b\x01\x1b[31m\x7f\x85",
    "\ud800",
    "x\udfff\ud800y",
    "\ufffe\uffff\U0010ffff",
    "\u202eevil\u2066",
    "e\u0301" * 50,
    "\U0001f600" * 200,
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea></title></script>",
    "{{ 7*7 }}{% include 'x' %}{name} %s",
    "\ue000token\ue001",
    "'; drop table council_case; --",
    "$(id) `id` | id",
    "../../etc/passwd",
    "=cmd|' /C calc'!A1",
    "\r\nset-cookie: a=b\r\n",
    "1e999",
    "-1",
    "0" * 400,
    "٣",
    "x" * 30_000,
]
"""What no form of ours would send, and what somebody will."""


@dataclass
class Town:
    """The platform with one council, and a way to look behind it."""

    house: House
    app: ASGIApp
    clock: SetClock

    def wire(self, host: bytes | None = COUNCIL, **more: Any) -> Wire:
        return Wire(self.app, host, **more)

    async def count(self, table: str) -> int:
        return int(await self.house.store.owner.fetchval(f"select count(*) from {table}"))

    async def answers(self, journey: str) -> dict[str, Any]:
        sql = "select answers from journey where journey = $1"
        found: dict[str, Any] = await self.house.store.owner.fetchval(sql, journey)
        return found

    @property
    def services(self) -> tuple[Adopted, ...]:
        site = self.house.sites.of_council("solihull")
        assert site is not None
        return site.services


@pytest.fixture
async def town(database_url: str, tmp_path: Path, clock: SetClock) -> AsyncIterator[Town]:
    async with whole_house(database_url, tmp_path, clock) as (house, app):
        yield Town(house, app, clock)


def whole(reply: Reply) -> Reply:
    """The reply, proved to be no breakdown, and a valid page if it is one."""
    assert reply.status < 500, reply.text[:500]
    assert b"Traceback" not in reply.body
    assert b"<script>alert" not in reply.body
    assert b"<img src=x" not in reply.body
    assert b"x-content-type-options" in reply.headers
    for name, value in reply.headers.items():
        assert b"\n" not in value, name
        assert b"\r" not in value, name
    if reply.headers.get(b"content-type", b"").startswith(b"text/html") and reply.body:
        # Private characters like those of our own marks are shown as they were typed.
        assert [fault for fault in faults_of_html(reply.text) if fault != "a hole was not filled"] == []
    elif reply.status >= 400 and reply.body:
        assert reply.headers[b"content-type"].startswith((b"text/plain", b"application/problem+json"))
    return reply


ADDRESSES = [
    b"/%",
    b"/%zz",
    b"/%00",
    b"/%ff%fe",
    b"/%ed%a0%80",
    b"/%c0%af..%c0%af",
    b"/" + b"a" * 8000,
    b"//evil.example/x",
    b"///",
    b"/\\evil.example",
    b"/..%2f..%2fetc%2fpasswd",
    b"/assets/../../pyproject.toml",
    b"/assets/%2e%2e/secret",
    b"/cy/%",
    b"/cy//evil.example",
    b"/cy/cy/cy/",
    b"/missed-bin/%00/%00",
    b"/missed-bin/" + b"x" * 500 + b"/address",
    b"/missed-bin/%E2%98%83/address",
    b"/MISSED-BIN",
    b"/missed-bin%0d%0aset-cookie:a=b",
    b"/missed-bin/x/y/z",
    b"/case/%00",
    b"/case/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    b"/case/" + b"K" * 3000,
    b"/case/K7M-2XQ-9HD?reference=%00",
    b"/find?postcode=%",
    b"/find?postcode=%ff&need=%00",
    b"/find?postcode=" + b"%F0%9F%98%80" * 300,
    b"/find?postcode=B91+3QT&need=" + b"bin+" * 3000,
    b"/find?postcode=B91+3QT&postcode=%00&need=a&need=b",
    b"/find?postcode[]=a&need[x]=b&&&=",
    b"/find?postcode=B91+3QT;need=%ed%a0%80",
    b"/find?" + b"a=b&" * 2000,
    b"/find?postcode=\xff\x00\x80",
    b"/?need=%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    b"/?\xff",
    b"/council/%00?need=%ff",
    b"/council/..%2f",
    b"/back-office/%00/updates",
    b"/back-office/",
]


@pytest.mark.parametrize("host", [COUNCIL, FINDER], ids=["council", "finder"])
async def test_no_address_breaks_it(town: Town, host: bytes) -> None:
    for target in ADDRESSES:
        for method in ("GET", "HEAD", "POST"):
            wire = town.wire(host)
            reply = await wire.ask(target, method=method, kind=FORM if method == "POST" else None)
            if target.startswith(b"/back-office/"):
                assert reply.status in {400, 404, 405}, target
                continue
            whole(reply)
            assert reply.status < 400 or reply.body or method == "HEAD", target
            if 300 <= reply.status < 400:
                assert reply.location.startswith("/"), target
                assert not reply.location.startswith(("//", "/\\")), target
    assert await town.count("council_case") == await town.count("journey") == 0


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    host=st.sampled_from([COUNCIL, FINDER]),
    path=st.binary(max_size=30),
    query=st.lists(
        st.tuples(st.sampled_from([b"postcode", b"need", b"change", b"thanks"]), st.binary(max_size=20))
    ),
)
async def test_no_bytes_in_an_address_break_it(
    town: Town, host: bytes, path: bytes, query: list[tuple[bytes, bytes]]
) -> None:
    asked = b"&".join(name + b"=" + value for name, value in query)
    for start in (b"/", b"/cy/", b"/find", b"/case/", b"/missed-bin/"):
        whole(await town.wire(host).ask(start + path.replace(b"?", b"") + b"?" + asked))


HOSTS = [
    None,
    b"",
    b":80",
    b"evil.example",
    b"evil.solihull.localhost",
    b"solihull.localhost.evil.example",
    b"solihull.localhost@evil.example",
    b"solihull.localhost, evil.example",
    b"\xff\xfe\x00",
    b"[::1",
    b"<script>alert(1)</script>",
    b"x" * 5000,
]


async def test_an_unknown_host_is_told_so_and_gets_nobodys_page(town: Town) -> None:
    asked = ((b"/", "GET"), (b"/missed-bin", "POST"), (b"/case", "POST"), (b"/brand.css", "GET"))
    for host in HOSTS:
        for target, method in asked:
            reply = whole(await town.wire(host).ask(target, method=method, kind=FORM))
            assert reply.status == 404, host
            assert reply.headers[b"content-type"].startswith(b"text/plain")
            assert b"address" in reply.body
            assert b"set-cookie" not in reply.headers
    assert await town.count("journey") == 0


METHODS = ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW", "get", ""]


async def test_a_method_that_means_nothing_is_refused(town: Town) -> None:
    paths = (b"/", b"/case", b"/missed-bin", b"/missed-bin/x/address", b"/brand.css")
    asked = [*((COUNCIL, path) for path in paths), (FINDER, b"/"), (FINDER, b"/find?postcode=B91+3QT")]
    for method in METHODS:
        for host, target in asked:
            reply = whole(await town.wire(host).ask(target, method=method))
            assert reply.status == 405, (method, target)
            assert b"GET" in reply.headers[b"allow"]
    assert await town.count("journey") == 0


def page_at(adopted: Adopted, page_id: str) -> CompiledPage:
    page = adopted.page(page_id)
    assert page is not None
    return page


def inputs(page: CompiledPage) -> Iterator[str]:
    """The names of a page's inputs."""
    pieces = {
        "address": ("line1", "line2", "town", "postcode", "uprn"),
        "date": ("day", "month", "year"),
        "map-location": ("description", "postcode", "lat", "long"),
    }
    for part in page.fields:
        for name, kind in (
            [(part.id, part.type)]
            if not part.fields
            else [(f"{part.id}-{row}-{column.id}", column.type) for row in (0, 1) for column in part.fields]
        ):
            yield from (f"{name}-{piece}" for piece in pieces[kind]) if kind in pieces else (name,)


def texts(value: Any) -> Iterator[str]:
    """Every word in stored answers."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def unfit(text: str) -> bool:
    """Whether a stored text holds what nobody can read: control characters or halves of characters."""
    return len(text) > 20_000 or any(
        unicodedata.category(character) in {"Cc", "Cs"} and character != "\n" for character in text
    )


async def test_hostile_words_in_every_field_of_every_service(town: Town) -> None:
    sent = 0
    for adopted in town.services:
        example = next(one for one in adopted.service.examples if one.ends == "submitted")
        own = {
            part.id: None for page in adopted.pages for part in page.fields if part.id.startswith("local.")
        }
        answers = {**example.answers, **own}
        for page in adopted.pages:
            for part in page.fields:
                if part.id in own:
                    answers[part.id] = part.choices[0].code
        town.clock.now = datetime.combine(example.today, time(9), UTC)
        path = walk(adopted, answers, example.today)
        if not path.complete:
            continue
        wire = town.wire()
        here = (await wire.post(f"/{adopted.service.id}")).location
        journey = here.split("/")[2]
        for page in path.pages:
            where = f"/{adopted.service.id}/{journey}/{page.id}"
            token = token_in(whole(await wire.get(where)))
            known = set((await town.answers(journey)).keys()) | {part.id for part in page.fields}
            for text in HOSTILE:
                form = [
                    ("_token", token),
                    *((name, text) for name in inputs(page)),
                    ("stray", text),
                    (text, text),
                ]
                reply = whole(await wire.post(where, form))
                assert reply.status in {303, 400, 413, 422}, (where, text[:40])
                stored = await town.answers(journey)
                assert stored.keys() <= known
                assert not any(map(unfit, texts(stored))), (where, text[:40])
                sent += 1
            right = [
                (name, text)
                for part in page.fields
                if answers.get(part.id) is not None
                for name, values in part.raw(answers[part.id]).items()
                for text in values
            ]
            assert (await wire.post(where, [("_token", token), *right])).status == 303, where
        check = await wire.get(f"/{adopted.service.id}/{journey}/check")
        done = await wire.post(f"/{adopted.service.id}/{journey}/check", [("_token", token_in(whole(check)))])
        assert done.location.endswith("/confirmation")
        sql = "select answers from council_case where journey = $1"
        stored = await town.house.store.owner.fetchval(sql, journey)
        local = stored.pop("local", {})
        given = {name: value for name, value in path.answers.items() if value is not None}
        assert {name: value for name, value in stored.items() if value is not None} == {
            name: value for name, value in given.items() if not name.startswith("local.")
        }
        assert {f"local.{name}" for name in local} <= set(own)
    assert sent > 500
    assert await town.count("council_case") >= 5


BODIES: list[tuple[bytes | None, tuple[bytes, ...], int]] = [
    (None, (b"containers=refuse",), 415),
    (b"", (b"containers=refuse",), 415),
    (b"application/json", (b'{"containers": ["refuse"]}',), 415),
    (b"multipart/form-data; boundary=x", (b"--x\r\n\r\n\r\n--x--",), 415),
    (b"text/plain", (b"a=b",), 415),
    (b"\xff\xfe", (b"a=b",), 415),
    (FORM, (b"a=%ff",), 400),
    (FORM, (b"a=\xc3\xa9",), 400),
    (FORM, (b"a=%ed%a0%80",), 400),
    (FORM, (b"a=%c0%80",), 400),
    (FORM, (b"&".join(b"a=1" for _ in range(3001)),), 400),
    (FORM, (b"a=" + b"x" * 270_000,), 413),
    (FORM, tuple(b"x" * 1000 for _ in range(300)), 413),
    (FORM, (b"a" * 262_000, b"=" * 600), 413),
    (FORM, (b"",), 403),
    (FORM, (b"&&&=&=;",), 403),
    (FORM, (b"%",), 403),
    (FORM, (b"_token=%zz&containers=refuse",), 403),
    (FORM, (b"_token=&_token=" + b"0" * 32,), 403),
    (FORM, (b"_token=%00%F0%9F%98%80",), 403),
    (FORM + b"; charset=utf-16", (b"\xff\xfea\x00=\x00",), 400),
]


async def test_bodies_that_are_no_form_of_ours_change_nothing(town: Town) -> None:
    wire = town.wire()
    journey = (await wire.post("/missed-bin")).location.split("/")[2]
    pages = ("address", "check", "feedback", "nowhere")
    for page, (kind, chunks, status) in product(pages, BODIES):
        target = f"/missed-bin/{journey}/{page}".encode()
        reply = whole(await wire.ask(target, method="POST", chunks=chunks, kind=kind))
        assert reply.status == status, (kind, chunks[0][:40])
        assert "Nothing was changed" in reply.text
    assert await town.answers(journey) == {}
    assert await town.count("council_case") == 0


async def test_the_same_name_twice_is_one_answer(town: Town) -> None:
    adopted = next(one for one in town.services if one.service.id == "missed-bin")
    page = page_at(adopted, "address")
    wire = town.wire()
    first = (await wire.post("/missed-bin")).location
    token = token_in(await wire.get(first))
    form = [("_token", token), ("_token", "x"), ("stray[]", "a"), ("stray", "b")]
    typed = {"line1": "1 High Street", "town": "Solihull", "postcode": "B91 3QT"}
    for name in inputs(page):
        text = typed.get(name.rpartition("-")[2], "")
        form += [(name, text), (name, "2 Low Street"), (name, "\0")]
    whole(await wire.post(first, form))
    stored = await town.answers(first.split("/")[2])
    assert list(stored) == [page.fields[0].id]
    assert stored[page.fields[0].id]["line1"] == "1 High Street"


async def submitted(town: Town, wire: Wire) -> tuple[str, str]:
    """Send a whole journey; the path of its confirmation, and the reference."""
    adopted = next(one for one in town.services if one.service.id == "missed-bin")
    example = next(one for one in adopted.service.examples if one.ends == "submitted")
    town.clock.now = datetime.combine(example.today, time(9), UTC)
    gate = {"local.gate": "yes"}
    answers = {**example.answers, **gate}
    journey = (await wire.post("/missed-bin")).location.split("/")[2]
    for page in walk(adopted, answers, example.today).pages:
        where = f"/missed-bin/{journey}/{page.id}"
        given = [
            (name, text)
            for part in page.fields
            if answers.get(part.id) is not None
            for name, values in part.raw(answers[part.id]).items()
            for text in values
        ]
        token = token_in(await wire.get(where))
        assert (await wire.post(where, [("_token", token), *given])).status == 303
    check = f"/missed-bin/{journey}/check"
    done = await wire.post(check, [("_token", token_in(await wire.get(check)))])
    reference = await town.house.store.owner.fetchval("select reference from council_case")
    return done.location, str(reference)


async def test_hostile_feedback_is_refused_or_kept_as_words(town: Town) -> None:
    wire = town.wire()
    confirmation, _ = await submitted(town, wire)
    token = token_in(whole(await wire.get(confirmation)))
    feedback = confirmation.replace("confirmation", "feedback")
    for text in HOSTILE:
        reply = whole(await wire.post(feedback, [("_token", token), ("score", text), ("comment", text)]))
        assert reply.status in {400, 422}, text[:40]
    for score in ("6", "0", "05", "5.0", "+5", "٥"):
        assert (await wire.post(feedback, [("_token", token), ("score", score)])).status == 422
    assert await town.count("rating") == 0
    stranger = town.wire()
    assert (await stranger.post(feedback, [("_token", token), ("score", "1")])).status == 404
    words = "a\0b\x1b" + "é" * 3000 + "<script>alert(1)</script>"
    for score in ("4", "1"):
        form = [("_token", token), ("score", score), ("score", "1"), ("comment", words)]
        assert (await wire.post(feedback, form)).status == 303
    rows = await town.house.store.owner.fetch("select score, comment from rating")
    assert [(row["score"], row["comment"]) for row in rows] == [(4, "ab" + "é" * 1198)]


async def test_hostile_proofs_open_no_case_and_are_counted(town: Town) -> None:
    wire = town.wire()
    _, reference = await submitted(town, wire)
    for number, text in enumerate(HOSTILE):
        thief = town.wire(address=f"198.51.100.{number}")
        town.clock.go(minutes=61)
        for typed in (
            [("reference", reference), ("proof", text)],
            [("reference", text), ("proof", "B91 3QT")],
        ):
            reply = whole(await thief.post("/case", typed))
            assert reply.status in {400, 404, 413}, text[:40]
            assert reference not in reply.text or "Missed" not in reply.text
        twice = [("reference", reference), ("proof", text), ("proof", "B91 3QT"), ("reference", "x")]
        assert whole(await thief.post("/case", twice)).status in {400, 404, 413}
    whole(await wire.post(f"/case/{reference}", b"proof=%ff"))


async def test_guessing_is_stopped_for_who_guesses_and_for_nobody_else(town: Town) -> None:
    wire = town.wire()
    _, reference = await submitted(town, wire)
    right = [("reference", reference), ("proof", "B91 3QT")]
    thief = town.wire(address="198.51.100.7")
    # What a client says of itself changes nothing.
    lying = replace(thief, extra=[(b"x-forwarded-for", b"203.0.113.9"), (b"forwarded", b"for=203.0.113.9")])
    for number in range(8):
        guess = [("reference", reference), ("proof", f"B92 {number}QT")]
        assert (await (lying if number % 2 else thief).post("/case", guess)).status == 404
    for client in (thief, lying):
        stopped = whole(await client.post("/case", right))
        assert stopped.status == 429
        assert 0 < int(stopped.headers[b"retry-after"]) <= 900
        assert "Missed" not in stopped.text
    assert (await wire.post("/case", right)).status == 200
    # The two who asked, and the case that was asked for.
    assert await town.count("attempt") == 3
    town.clock.go(minutes=16)
    assert (await thief.post("/case", right)).status == 200
