"""A visit to a page is bounded, honours robots.txt, and goes nowhere that connectors may not go."""

from __future__ import annotations

import pytest

from commonhall.connectors.http import Caller, Patience
from commonhall.connectors.visiting import MOST_BYTES, Visitor
from tests.conftest import SetClock
from tests.connectors.answers import Answering, client, reply

NAME = "commonhall-links (+https://example.org)"
HTML = {"content-type": "text/html"}


def visitor(answer: Answering, *, allow_private: bool = True) -> Visitor:
    caller = Caller(client(answer), allow_private, Patience(), MOST_BYTES)
    return Visitor(caller, NAME, SetClock(), tick=lambda: 0.0)


async def test_a_page_is_seen_with_its_title() -> None:
    agents = set()

    def answer(request):
        agents.add(request.headers["user-agent"])
        return (
            reply(404)
            if request.url.path == "/robots.txt"
            else reply(200, b"<TITLE>\n Bins &amp; more </title>", HTML)
        )

    found = await visitor(answer).visit("https://exeter.example/bins")
    assert (found.outcome, found.status, found.title) == ("page", 200, "Bins & more")
    assert agents == {NAME}


async def test_robots_txt_is_asked_once_and_honoured() -> None:
    asked: list[str] = []

    def answer(request):
        asked.append(request.url.path)
        rules = b"User-agent: *\nDisallow: /private\n\nUser-agent: commonhall-links\nDisallow: /ours\n"
        return (
            reply(200, rules, {"content-type": "text/plain"})
            if request.url.path == "/robots.txt"
            else reply(200)
        )

    visits = visitor(answer)
    outcomes = [
        (await visits.visit(f"https://exeter.example{path}")).outcome
        for path in ("/bins", "/ours/x", "/bins")
    ]
    assert outcomes == ["page", "asked_not_to", "page"]
    assert asked == ["/robots.txt", "/bins", "/bins"]


async def test_where_it_moved_to_is_followed_but_not_for_ever() -> None:
    def answer(request):
        if request.url.path == "/robots.txt":
            return reply(404)
        if request.url.path == "/old":
            return reply(301, headers={"location": "/new?x=1"})
        if request.url.path == "/new":
            return reply(200, b"<title>New</title>", HTML)
        return reply(302, headers={"location": "/round"})

    found = await visitor(answer).visit("https://exeter.example/old")
    assert (found.url, found.status) == ("https://exeter.example/new?x=1", 200)
    round_and_round = await visitor(answer).visit("https://exeter.example/round")
    assert (round_and_round.outcome, round_and_round.words) == ("failed", "it leads on more than 5 times")


@pytest.mark.network
@pytest.mark.parametrize(
    "place",
    [
        "http://127.0.0.1/",
        "http://169.254.169.254/latest",
        "http://[::1]/",
        "file:///etc/passwd",
        "http://localhost/",
    ],
)
async def test_nothing_leads_to_a_private_place(place: str) -> None:
    called: list[str] = []

    def answer(request):
        called.append(str(request.url))
        return reply(200)

    found = await visitor(answer, allow_private=False).visit(place)
    assert found.outcome == "failed"
    assert called == []


async def test_a_redirect_to_a_private_place_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    places = {"exeter.example": "93.184.216.34", "inside.example": "10.0.0.7"}
    monkeypatch.setattr("socket.getaddrinfo", lambda host, port, **_: [(2, 1, 6, "", (places[host], port))])
    called: list[str] = []

    def answer(request):
        called.append(request.headers["host"])
        return (
            reply(404)
            if request.url.path == "/robots.txt"
            else reply(302, headers={"location": "http://inside.example/secret"})
        )

    found = await visitor(answer, allow_private=False).visit("https://exeter.example/bins")
    assert found.outcome == "failed"
    assert "private address" in found.words
    assert set(called) == {"exeter.example"}


async def test_a_site_that_asks_for_rest_and_one_without_end() -> None:
    def answer(request):
        if request.url.path == "/robots.txt":
            return reply(404)
        return (
            reply(429, headers={"retry-after": "120"})
            if request.url.path == "/busy"
            else reply(200, b"x" * (MOST_BYTES + 1))
        )

    assert (await visitor(answer).visit("https://exeter.example/busy")).wait == 120.0
    assert (await visitor(answer).visit("https://exeter.example/long")).status == 200
