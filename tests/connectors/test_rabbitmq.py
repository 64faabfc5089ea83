"""The queue connector at RabbitMQ, a broker that is not ours; skipped where it is not installed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
import httpx2
import pytest
from aio_pika.abc import AbstractChannel

from commonhall.connectors.faults import Told, TwinJob
from commonhall.connectors.queue.connector import QueueConnector
from commonhall.connectors.queue.twin import event
from commonhall.connectors.registry import build_connector
from commonhall.connectors.samples import HOSTILE, sample_case
from commonhall.engine.back_office import DeliveryFailed, News
from tests.conftest import SetClock
from tests.connectors.rabbitmq import Rabbit, rabbitmq

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def rabbit() -> Iterator[Rabbit]:
    with rabbitmq() as running:
        yield running


def connector(rabbit: Rabbit, password: str = "guest", **settings: Any) -> QueueConnector:
    given = {
        "url": rabbit.url,
        "username": "guest",
        "exchange": "cases",
        "routing_key": "{{ case.service.id }}",
    }
    secrets = {"password": password}
    if settings.get("url", "").startswith("amqps"):
        secrets["authority"] = rabbit.authority
    made = build_connector(
        "queue", given | settings, secrets, httpx2.AsyncClient(), SetClock(), allow_private=True
    )
    assert isinstance(made, QueueConnector)
    return made


@asynccontextmanager
async def office(rabbit: Rabbit) -> AsyncIterator[AbstractChannel]:
    """The back office at its own end of the broker."""
    connection = await aio_pika.connect(rabbit.url)
    channel = await connection.channel()
    yield channel
    await connection.close()


async def test_a_case_lies_in_the_queue_as_a_durable_cloud_event(rabbit: Rabbit) -> None:
    async with office(rabbit) as channel:
        exchange = await channel.declare_exchange("cases", "topic", durable=True)
        queue = await channel.declare_queue("bins", durable=True)
        await queue.bind(exchange, "missed-bin")
        receipt = await connector(rabbit).deliver(sample_case("K7M-2XQ-9HD", hostile=True), "key-1")
        assert receipt.external_id is None
        message = await queue.get()
        await message.ack()
    assert (message.message_id, message.correlation_id, message.type) == (
        "key-1",
        "K7M-2XQ-9HD",
        "uk.commonhall.case.submitted",
    )
    assert message.content_type == "application/cloudevents+json"
    assert message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
    assert message.timestamp == sample_case("R").submitted_at
    found = json.loads(message.body)
    assert (found["id"], found["subject"]) == ("key-1", "K7M-2XQ-9HD")
    assert [found["data"]["answers"][f"words_{n}"] for n in range(len(HOSTILE))] == list(HOSTILE)


@pytest.mark.parametrize(
    ("settings", "password", "words"),
    [
        ({"exchange": "nowhere"}, "guest", r"no exchange 'nowhere'.*"),
        ({"exchange": "amq.topic"}, "guest", "no queue gets what is sent to the exchange 'amq.topic' under 'missed-bin'"),
        ({"exchange": "", "routing_key": "nobody"}, "guest", "the broker's own exchange under 'nobody'"),
        ({"exchange": "amq.rabbitmq.trace"}, "guest", "does not allow this to our user"),
        ({}, "wrong", "does not let us in: correct the user name and the password"),
        ({"vhost": "elsewhere"}, "guest", "does not let us in: .*elsewhere"),
    ],
)  # fmt: skip
async def test_a_setting_that_is_wrong_is_told_and_waits(
    rabbit: Rabbit, settings: dict[str, Any], password: str, words: str
) -> None:
    vhost = settings.pop("vhost", None)
    more = {"url": f"{rabbit.url}/{vhost}"} if vhost else {}
    with pytest.raises(DeliveryFailed, match=words) as failed:
        await connector(rabbit, password, **settings, **more).deliver(sample_case("R1"), "key-1")
    assert not failed.value.permanent


async def test_a_full_queue_is_not_now(rabbit: Rabbit) -> None:
    async with office(rabbit) as channel:
        await channel.declare_queue("full", arguments={"x-max-length": 1, "x-overflow": "reject-publish"})
        here = connector(rabbit, exchange="", routing_key="full")
        await here.deliver(sample_case("R1"), "key-1")
        with pytest.raises(DeliveryFailed, match="nack") as failed:
            await here.deliver(sample_case("R2"), "key-2")
        assert not failed.value.permanent


async def test_the_certificate_must_be_the_brokers_own(rabbit: Rabbit) -> None:
    async with office(rabbit) as channel:
        await channel.declare_queue("safe")
    to = {"exchange": "", "routing_key": "safe"}
    await connector(rabbit, url=f"amqps://localhost:{rabbit.tls_port}", **to).deliver(sample_case("R1"), "k")
    for url in (f"amqps://127.0.0.1:{rabbit.tls_port}", f"amqps://localhost:{rabbit.port}"):
        with pytest.raises(DeliveryFailed) as failed:
            await connector(rabbit, url=url, **to).deliver(sample_case("R1"), "k")
        assert not failed.value.permanent
        assert "certificate" in failed.value.reason or "reached" in failed.value.reason


def update(number: int) -> bytes:
    """An update as a back office tells it."""
    job = TwinJob(f"T{number}", "key", f"R{number}", None)
    return event(Told(f"u{number}", job, "in_progress", f"note {number}", SetClock()()))


async def test_the_broker_forgets_what_was_kept_and_nothing_else(rabbit: Rabbit) -> None:
    async with office(rabbit) as channel:
        await channel.declare_exchange("dead", "fanout")
        await (dead := await channel.declare_queue("dead")).bind("dead")
        queue = await channel.declare_queue("news", arguments={"x-dead-letter-exchange": "dead"})
        for body in (update(0), b"\xffno event", *map(update, range(1, 250))):
            await channel.default_exchange.publish(aio_pika.Message(body), "news")
        kept: list[str] = []

        async def keep(news: Sequence[News]) -> None:
            if len(kept) > 150:
                raise RuntimeError("the database is away")
            kept.extend(one.update_id for one in news)

        stays = connector(rabbit, updates_queue="news")
        with pytest.raises(RuntimeError, match="away"):
            await stays.hand_over(keep)
        assert kept == [f"u{n}" for n in range(199)]
        kept.clear()
        with pytest.raises(DeliveryFailed, match="1 messages in the queue 'news' cannot be read"):
            await stays.hand_over(keep)
        assert kept == [f"u{n}" for n in range(199, 250)], "each once, in order"
        assert (await channel.declare_queue("news", passive=True)).declaration_result.message_count == 1
        await connector(rabbit, updates_queue="news", unreadable="dead-letter").hand_over(keep)
        assert await queue.get(fail=False) is None
        lost = await dead.get()
        await lost.ack()
        assert lost.body == b"\xffno event"
