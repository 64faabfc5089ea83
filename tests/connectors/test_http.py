"""Calls are bounded, go only where they may, and every status means one thing."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhall.connectors.http import (
    MOST_BYTES,
    Answer,
    AnswerTooLong,
    Caller,
    DestinationRefused,
    check_destination,
    refuse,
    retry_after,
)
from commonhall.engine.back_office import DeliveryFailed
from tests.conftest import SetClock
from tests.connectors.answers import always, client, reply
from tests.connectors.test_places import PRIVATE

Clock = Callable[[], datetime]
NOW = SetClock()()


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "//example.com/",
        "http://",
        "http://[::1",
        "http://example.com:99999/",
        "https://user:pass@example.com/",
        "https://user@example.com/",
        "http://@example.com/",
    ],
)
def test_only_plain_web_addresses_are_called(url: str) -> None:
    for allow_private in (True, False):
        with pytest.raises(DestinationRefused):
            check_destination(url, allow_private)


@pytest.mark.network
@pytest.mark.parametrize("host", PRIVATE)
def test_private_addresses_need_the_operators_word(host: str) -> None:
    with pytest.raises(DestinationRefused, match="COMMONHALL_ALLOW_PRIVATE_ADDRESSES"):
        check_destination(f"http://{host}/x", False)
    check_destination(f"http://{host}/x", True)


def test_a_name_is_refused_where_any_of_its_addresses_is_private(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Any] = [(0, 0, 0, "", ("93.184.215.14", 443)), (0, 0, 0, "", ("10.0.0.8", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: found)
    with pytest.raises(DestinationRefused, match=r"waste\.example is at the private address 10\.0\.0\.8"):
        check_destination("https://waste.example/", False)
    found.pop()
    check_destination("https://waste.example/", False)


def test_an_unknown_name_is_said_to_be_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_args: Any, **_more: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    with pytest.raises(
        DestinationRefused, match=r"waste\.example is not known: check its spelling"
    ) as refused:
        check_destination("https://waste.example/", False)
    assert not refused.value.permanent


@given(st.text())
def test_whatever_the_address_nothing_else_is_raised(url: str) -> None:
    for address in (url, f"http://{url}"):
        with suppress(DestinationRefused):
            check_destination(address, True)


@pytest.mark.network
async def test_a_private_destination_is_not_called() -> None:
    called = []
    caller = Caller(client(lambda request: called.append(request) or reply(200)), False)
    with pytest.raises(DestinationRefused):
        await caller.call("GET", "http://127.0.0.1/")
    assert called == []


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        *[(status, True) for status in (400, 410, 413, 415, 422)],
        *[(status, False) for status in (301, 302, 401, 403, 404, 405, 407, 408, 409, 425, 429)],
        *[(status, False) for status in (500, 501, 502, 503, 504, 599)],
    ],
)
def test_a_status_is_a_no_or_a_not_now(status: int, permanent: bool) -> None:
    failure = refuse(Answer(status, {"retry-after": "30"}, b""), "the bin is not ours", NOW)
    assert (failure.permanent, failure.retry_after) == (permanent, 30.0)
    assert failure.reason == f"the back office answered {status}: the bin is not ours"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        (" 120 ", 120.0),
        ("9" * 400, 7 * 86400.0),
        ("Tue, 10 Mar 2026 09:01:00 GMT", 60.0),
        ("Tue, 10 Mar 2026 08:00:00 GMT", 0.0),
        ("Tue, 10 Mar 2036 08:00:00 GMT", 7 * 86400.0),
        ("soon", None),
        ("-5", None),
        ("²", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str | None, seconds: float | None) -> None:
    assert retry_after(text, NOW) == seconds


@given(st.text())
def test_any_retry_after_is_read_or_left(text: str) -> None:
    found = retry_after(text, NOW)
    assert found is None or 0 <= found <= 7 * 86400


async def test_an_answer_is_read_up_to_a_megabyte() -> None:
    whole = await Caller(client(always(200, b"x" * MOST_BYTES)), True).call("GET", "http://x/")
    assert len(whole.body) == MOST_BYTES
    with pytest.raises(AnswerTooLong):
        await Caller(client(always(200, b"x" * (MOST_BYTES + 1))), True).call("GET", "http://x/")


async def test_a_packed_answer_is_unpacked_no_further() -> None:
    packed = always(200, gzip.compress(b"hello"), content_encoding="gzip")
    assert (await Caller(client(packed), True).call("GET", "http://x/")).body == b"hello"
    bomb = always(200, gzip.compress(b" " * (50 * MOST_BYTES)), content_encoding="gzip")
    with pytest.raises(AnswerTooLong):
        await Caller(client(bomb), True).call("GET", "http://x/")
    for encoding, body in (("gzip", b"not gzip"), ("br", b"?"), ("gzip, gzip", b"?")):
        with pytest.raises(DeliveryFailed, match=r"unpacked|packed as"):
            await Caller(client(always(200, body, content_encoding=encoding)), True).call("GET", "http://x/")


async def test_redirects_are_not_followed_even_by_a_client_that_would() -> None:
    async with httpx2.AsyncClient(
        transport=httpx2.MockTransport(always(302, location="http://elsewhere/")), follow_redirects=True
    ) as http:
        assert (await Caller(http, True).call("GET", "http://x/")).status == 302


async def test_one_councils_cookies_do_not_go_to_the_next() -> None:
    seen: list[str | None] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.headers.get("cookie"))
        return reply(200, headers={"set-cookie": "session=solihull"})

    caller = Caller(client(answer), True)
    await caller.call("GET", "http://x.example/")
    await caller.call("GET", "http://x.example/")
    assert seen == [None, None]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (httpx2.ConnectError("refused"), "could not be reached (refused)"),
        (httpx2.ReadTimeout("slow"), "whether it was accepted is not known"),
        (httpx2.RemoteProtocolError("nonsense"), "could not be reached (nonsense)"),
        (httpx2.ReadError(""), "could not be reached (ReadError)"),
    ],
)
async def test_a_broken_call_is_not_now(error: Exception, words: str) -> None:
    def answer(_request: httpx2.Request) -> httpx2.Response:
        raise error

    with pytest.raises(DeliveryFailed) as failed:
        await Caller(client(answer), True).call("POST", "http://x/")
    assert words in failed.value.reason
    assert not failed.value.permanent


class _Names:
    """A name server whose answers change: first one list of addresses, then the next."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    def __call__(self, *_args: Any, **_more: Any) -> list[Any]:
        found = self.answers.pop(0)
        return [(0, 0, 0, "", (address, 443)) for address in found]


async def test_a_name_that_changes_its_address_leads_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _Names(["203.0.114.5"], ["127.0.0.1"]))
    seen: list[httpx2.Request] = []
    caller = Caller(client(lambda request: seen.append(request) or reply(200, b"")), allow_private=False)
    await caller.call("GET", "https://rebind.example:8443/x?y=1")
    [request] = seen
    assert str(request.url) == "https://203.0.114.5:8443/x?y=1", "the address that was checked is called"
    assert request.headers["host"] == "rebind.example:8443"
    assert request.headers["connection"] == "close", (
        "another name at this address must not use the connection"
    )
    assert request.extensions["sni_hostname"] == "rebind.example", "the certificate must be the name's"
    with pytest.raises(DestinationRefused, match="private address"):
        await caller.call("GET", "https://rebind.example:8443/x?y=1")


async def test_what_never_connected_goes_to_the_next_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _Names(["2a00::5", "203.0.114.5"]))
    seen: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.url.host)
        if len(seen) == 1:
            raise httpx2.ConnectError("no route")
        return reply(200, b"")

    await Caller(client(answer), allow_private=False).call("GET", "https://two.example/")
    assert seen == ["2a00::5", "203.0.114.5"]
