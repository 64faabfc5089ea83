"""What the queue connector publishes and takes over, and how it says what is wrong."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from aio_pika.exceptions import DeliveryError
from aiormq import exceptions as wrong
from pamqp import commands

from commonhall.connectors.conformance import PATIENT
from commonhall.connectors.faults import Fault
from commonhall.connectors.http import Patience
from commonhall.connectors.queue.broker import explain
from commonhall.connectors.queue.connector import QueueConnector
from commonhall.connectors.queue.twin import EXCHANGE, PASSWORD, UPDATES, USERNAME, QueueTwin
from commonhall.connectors.registry import build_connector, connector_problem
from commonhall.connectors.samples import sample_case
from commonhall.connectors.serving import StreamHost
from commonhall.engine.back_office import CaseStatus, DeliveryFailed, HandsOver, News, UpdateRefused
from tests.conftest import SetClock

GOOD = {"url": "amqps://broker.example", "username": "us", "routing_key": "x"}


@dataclass
class Broker:
    """A running twin, and connectors to it."""

    twin: QueueTwin
    address: str
    clock: SetClock

    def connector(
        self, password: str = PASSWORD, patience: Patience = PATIENT, **settings: Any
    ) -> QueueConnector:
        given = {
            "url": self.address,
            "username": USERNAME,
            "exchange": EXCHANGE,
            "routing_key": "cases.{{ case.service.id }}",
            "updates_queue": UPDATES,
        } | settings
        made = build_connector(
            "queue", given, {"password": password}, httpx2.AsyncClient(), self.clock,
            allow_private=True, patience=patience,
        )  # fmt: skip
        assert isinstance(made, QueueConnector)
        return made

    async def told(self, count: int) -> None:
        """The back office has a case, and tells so many things of it."""
        await self.connector().deliver(sample_case("R1"), "key-1")
        for number in range(count):
            at = self.clock() + timedelta(minutes=number)
            self.twin.book.tell(self.twin.book.jobs[0], CaseStatus.IN_PROGRESS, f"{number}", at)


@asynccontextmanager
async def running(clock: SetClock) -> AsyncIterator[Broker]:
    """A twin on loopback."""
    host, twin = StreamHost("amqp"), QueueTwin(clock)
    host.put(twin)
    await host.start()
    try:
        yield Broker(twin, host.address, clock)
    finally:
        await host.stop()


@pytest.fixture
async def broker(clock: SetClock) -> AsyncIterator[Broker]:
    async with running(clock) as found:
        yield found


@pytest.mark.network
async def test_where_a_case_goes_is_told_by_its_own_words(broker: Broker) -> None:
    here = broker.connector(
        exchange="{{ case.council.slug == 'solihull' ? 'cases' : 'others' }}",
        routing_key="cases.{{ case.answers.containers[0] }}.{{ key }}",
    )
    await here.deliver(sample_case("R1"), "key-1")
    assert broker.twin.script.journal[-1].path == "cases/cases.refuse.key-1"
    for case, words in (
        (replace(sample_case("R2"), answers={}), "the routing key cannot be told from the case"),
        (replace(sample_case("R2"), answers={"containers": ["ŵ" * 200]}), "the routing key 'cases.ŵ.*' is over 255"),
    ):  # fmt: skip
        with pytest.raises(DeliveryFailed, match=words) as failed:
            await here.deliver(case, "key-2")
        assert not failed.value.permanent, "it is a setting, which somebody puts right"


@pytest.mark.network
@pytest.mark.parametrize(
    ("settings", "password", "words"),
    [
        ({"routing_key": "bins"}, PASSWORD, "no queue gets what is sent to the exchange 'cases' under 'bins': bind one"),
        ({"exchange": "nowhere"}, PASSWORD, "NOT_FOUND - no exchange 'nowhere'"),
        ({}, "wrong", "correct the user name and the password"),
        ({"username": "nobody"}, PASSWORD, "correct the user name and the password"),
    ],
)  # fmt: skip
async def test_a_wrong_setting_waits_for_somebody(
    broker: Broker, settings: dict[str, Any], password: str, words: str
) -> None:
    with pytest.raises(DeliveryFailed, match=words) as failed:
        await broker.connector(password, **settings).deliver(sample_case("R1"), "key-1")
    assert not failed.value.permanent
    assert broker.twin.book.jobs == []


@pytest.mark.network
async def test_the_password_is_in_no_reason_and_no_log(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for fault in Fault:
        if fault is Fault.MOVED:
            continue
        broker.twin.script.play(fault)
        patience = Patience(connect=1, answer=0.2, whole=2)
        with pytest.raises(DeliveryFailed) as failed:
            await broker.connector(patience=patience).deliver(sample_case("R1"), "key-1")
        assert "for the tests" not in failed.value.reason
    assert "for the tests" not in caplog.text
    assert "for%20the%20tests" not in caplog.text


@pytest.mark.network
async def test_news_are_looked_at_by_updates_and_taken_by_hand_over(broker: Broker) -> None:
    await broker.told(3)
    here = broker.connector()
    assert isinstance(here, HandsOver)
    for _ in range(2):
        assert [one.update_id for one in await here.updates(broker.clock())] == ["T1-1", "T1-2", "T1-3"]
    kept: list[str] = []

    async def keep(news: Sequence[News]) -> None:
        kept.extend(one.update_id for one in news)

    await here.hand_over(keep)
    assert kept == ["T1-1", "T1-2", "T1-3"]
    await here.hand_over(keep)
    assert len(kept) == 3
    assert await here.updates(broker.clock()) == []


@pytest.mark.network
async def test_a_worker_that_dies_while_it_keeps_leaves_the_news_to_the_broker(broker: Broker) -> None:
    await broker.told(2)
    here = broker.connector()
    begun = asyncio.Event()

    async def hang(_news: Sequence[News]) -> None:
        begun.set()
        await asyncio.Event().wait()

    dying = asyncio.create_task(here.hand_over(hang))
    await begun.wait()
    dying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dying
    assert len(await here.updates(broker.clock())) == 2


@pytest.mark.network
async def test_a_message_that_is_no_update_stays_and_is_told_or_goes_to_the_dead_letters(
    broker: Broker,
) -> None:
    await broker.told(1)
    broker.twin.book.tell(broker.twin.book.jobs[0], "lost in space", "", broker.clock())
    kept: list[int] = []

    async def keep(news: Sequence[News]) -> None:
        kept.append(len(news))

    words = (
        r"1 messages in the queue 'updates' cannot be read and stay there: 'lost in space' is not a status"
    )
    for _ in range(2):
        with pytest.raises(DeliveryFailed, match=words):
            await broker.connector().hand_over(keep)
    assert kept == [1], "what can be read is kept once"
    await broker.connector(unreadable="dead-letter").hand_over(keep)
    await broker.connector().hand_over(keep)
    assert kept == [1]


@pytest.mark.network
async def test_an_operation_that_the_library_cancels_is_not_a_cancellation_of_ours(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cancelled(*_args: Any, **_more: Any) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr("aio_pika.exchange.Exchange.publish", cancelled)
    with pytest.raises(DeliveryFailed, match="the connection was lost"):
        await broker.connector().deliver(sample_case("R1"), "key-1")


def test_without_a_queue_of_progress_it_only_delivers(clock: SetClock) -> None:
    made = build_connector("queue", GOOD, {"password": "p"}, httpx2.AsyncClient(), clock)
    assert made.can == {"deliver"}
    with pytest.raises(UpdateRefused, match="nothing can be pushed"):
        made.receive({}, b"{}")


@pytest.mark.parametrize(
    ("settings", "secrets", "words"),
    [
        ({"url": "https://broker.example"}, {}, "settings.url: give the broker as amqps://HOST"),
        ({"url": "amqps://"}, {}, "settings.url: give the broker as amqps://HOST"),
        ({"url": "amqps://[::1"}, {}, "settings.url: give the broker as amqps://HOST"),
        ({"url": "amqps://h:0"}, {}, "settings.url: give the broker as amqps://HOST"),
        ({"url": "amqps://us:hush@broker.example"}, {}, "leave the user name, the password and options out"),
        ({"url": "amqps://h?no_verify_ssl=1"}, {}, "leave the user name, the password and options out"),
        ({"routing_key": "{{ case. }}"}, {}, "settings.routing_key: "),
        ({"exchange": "{{ citizen.name }}"}, {}, "settings.exchange: "),
        ({"updates_queue": ""}, {}, "settings.updates_queue: a queue's name has 1 to 255 bytes"),
        ({"unreadable": "drop"}, {}, "settings.unreadable: input should be 'stay' or 'dead-letter'"),
        ({}, {"authority": "hush"}, "secrets.authority: give the authority's certificate as PEM"),
        ({}, {"password": None}, "secrets.password: input should be a valid string"),
    ],
)
def test_a_wrong_set_up_is_told_when_it_is_saved(
    settings: dict[str, Any], secrets: dict[str, Any], words: str
) -> None:
    problem = connector_problem("queue", GOOD | settings, {"password": "p"} | secrets)
    assert problem is not None
    assert words in problem
    assert "hush" not in problem


@pytest.mark.parametrize(
    ("error", "words", "permanent"),
    [
        (DeliveryError(None, commands.Basic.Nack(1)), "nack", False),
        (wrong.ChannelPreconditionFailed("PRECONDITION_FAILED - message size is over"), "never take", True),
        (wrong.ChannelClosed(311, "CONTENT_TOO_LARGE"), "never take", True),
        (wrong.ChannelClosed(541, "INTERNAL_ERROR"), "broke off: INTERNAL_ERROR", False),
        (wrong.ConnectionClosed(320, "CONNECTION_FORCED"), "broke off: CONNECTION_FORCED", False),
        (wrong.IncompatibleProtocolError(), "not a broker of AMQP 0-9-1", False),
        (OSError(111, "Connection refused"), "could not be reached (Connection refused)", False),
        (RuntimeError(), "could not be reached (RuntimeError)", False),
    ],
)
def test_what_the_library_says_is_put_in_plain_words(error: Exception, words: str, permanent: bool) -> None:
    failure = explain(error)
    assert words in failure.reason
    assert failure.permanent is permanent
