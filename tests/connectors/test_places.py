"""No kind of connector goes to a private network, by whatever name or form, unless the operator allows it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from commonhall.connectors.email.twin import SECRETS as MAIL_SECRETS
from commonhall.connectors.email.twin import settings_for
from commonhall.connectors.places import DestinationRefused, allowed_addresses
from commonhall.connectors.registry import build_connector
from commonhall.connectors.samples import sample_case
from commonhall.connectors.twins import SUBJECTS
from commonhall.engine.back_office import DeliveryFailed
from tests.conftest import SetClock

SECRET = "whsec_a2VlcCB0aGlzIGZyb20gZXZlcnlib2R5IGVsc2U="
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
Configured = Callable[[str], tuple[dict[str, Any], dict[str, Any]]]

KINDS: dict[str, Configured] = {
    "csv-sftp": lambda host: (
        {"host": host.strip("[]"), "username": "us", "host_key": HOST_KEY, "acknowledgements": "out"},
        {"password": "p"},
    ),
    "email": lambda host: (
        {
            **settings_for("mail://127.0.0.1:465/993", security="tls", mailbox_security="tls"),
            "host": host.strip("[]"),
            "mailbox_host": host.strip("[]"),
        },
        MAIL_SECRETS,
    ),
    "rest": lambda host: (
        {"base": f"http://{host}/api", "mapping": {"deliver": {"ask": {"path": "jobs"}}}},
        {},
    ),
    "soap": lambda host: (
        {
            "wsdl": f"http://{host}/x?wsdl",
            "mapping": {"deliver": {"ask": {"operation": "New", "arguments": {}}}},
        },
        {},
    ),
    "open311": lambda host: ({"endpoint": f"http://{host}/v2"}, {}),
    "queue": lambda host: (
        {"url": f"amqp://{host}", "username": "us", "routing_key": "x", "updates_queue": "y"},
        {"password": "p"},
    ),
    "webhook": lambda host: ({"url": f"https://{host}/cases"}, {"signing": [SECRET]}),
}
"""How each kind is told its host: one line for each."""

PRIVATE = (
    "127.0.0.1",
    "localhost",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "0.0.0.0",
    "100.64.0.1",
    "224.0.0.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "[::1]",
    "[::]",
    "[fe80::1]",
    "[fc00::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:a9fe:a9fe]",
    "[2002:7f00:1::]",
    "[64:ff9b::a9fe:a9fe]",
    "[::127.0.0.1]",
    "[ff0e::1]",
)


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where connections are opened to; none is."""
    found: list[str] = []

    async def refused(_loop: Any, _protocol: Any, host: Any = None, port: Any = None, **_more: Any) -> None:
        found.append(str(host))
        raise ConnectionRefusedError(111, "nobody listens")

    monkeypatch.setattr(asyncio.BaseEventLoop, "create_connection", refused)
    return found


async def tried(kind: str, host: str) -> list[DeliveryFailed]:
    """What a connector says that is told this host: of a case, and of its question for progress."""
    settings, secrets = KINDS[kind](host)
    failures = []
    async with httpx2.AsyncClient(trust_env=False) as http:
        connector = build_connector(kind, settings, secrets, http, SetClock())
        with pytest.raises(DeliveryFailed) as failed:
            await connector.deliver(sample_case("R1"), "key-1")
        failures.append(failed.value)
        if "updates" in connector.can:
            with pytest.raises(DeliveryFailed) as failed:
                await connector.updates(SetClock()())
            failures.append(failed.value)
    return failures


def test_every_kind_that_calls_somebody_is_tried_here() -> None:
    assert KINDS.keys() == SUBJECTS.keys()


@pytest.mark.network
@pytest.mark.parametrize("host", PRIVATE)
@pytest.mark.parametrize("kind", KINDS)
async def test_private_places_are_refused_before_a_word_is_said(
    kind: str, host: str, called: list[str]
) -> None:
    for failure in await tried(kind, host):
        assert "COMMONHALL_ALLOW_PRIVATE_ADDRESSES" in failure.reason
        assert not failure.permanent
    assert called == []


@pytest.mark.network
@pytest.mark.parametrize("kind", KINDS)
async def test_a_name_with_one_private_address_among_others_is_refused(
    kind: str, called: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _answers(["203.0.114.5", "10.0.0.8"]))
    for failure in await tried(kind, "mixed.example"):
        assert "private address 10.0.0.8" in failure.reason
    assert called == []


@pytest.mark.network
@pytest.mark.parametrize("kind", KINDS)
async def test_a_name_that_changes_leads_to_the_address_that_was_checked(
    kind: str, called: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _answers(["203.0.114.5"], ["127.0.0.1"]))
    settings, secrets = KINDS[kind]("rebind.example")
    async with httpx2.AsyncClient(trust_env=False) as http:
        connector = build_connector(kind, settings, secrets, http, SetClock())
        for words in ("nobody listens|could not be reached", "private address"):
            with pytest.raises(DeliveryFailed, match=words):
                await connector.deliver(sample_case("R1"), "key-1")
    assert called == ["203.0.114.5"]


@pytest.mark.network
@pytest.mark.parametrize("kind", KINDS)
async def test_a_host_that_cannot_be_reached_gives_way_to_its_next_address(
    kind: str, called: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _answers(["2a00::5", "203.0.114.5"], ["10.0.0.1"]))
    settings, secrets = KINDS[kind]("two.example")
    async with httpx2.AsyncClient(trust_env=False) as http:
        with pytest.raises(DeliveryFailed):
            await build_connector(kind, settings, secrets, http, SetClock()).deliver(sample_case("R1"), "k")
    assert called == ["2a00::5", "203.0.114.5"]


def test_where_all_may_be_called_nothing_is_looked_up() -> None:
    assert allowed_addresses("10.0.0.1", 22, True) == ("10.0.0.1",)


def test_an_unknown_name_is_not_now(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_args: Any, **_more: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    with pytest.raises(DestinationRefused, match="check its spelling") as refused:
        allowed_addresses("waste.example", 22, False)
    assert not refused.value.permanent


def _answers(*answers: list[str]) -> Callable[..., list[Any]]:
    """A name server that gives one answer after the other, and stays with the last."""
    left = list(answers)

    def answer(*_args: Any, **_more: Any) -> list[Any]:
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(0, 0, 0, "", (address, 443)) for address in found]

    return answer
