"""The queue connector: a CloudEvent for each case to an exchange, CloudEvents with its progress from a queue."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal
from urllib.parse import unquote, urlsplit

import httpx2
from aio_pika import DeliveryMode, Message
from aio_pika.abc import AbstractIncomingMessage
from pydantic import BaseModel, ConfigDict, field_validator

from commonhall.connectors.events import MEDIA_TYPE, SUBMITTED, case_data, submitted_event, updated_event
from commonhall.connectors.http import Patience
from commonhall.connectors.kinds import Kind
from commonhall.connectors.queue.broker import Broker, Unroutable
from commonhall.connectors.templates import Template, Unfilled, as_values, compile_template
from commonhall.engine.back_office import (
    CaseForDelivery,
    DeliveryFailed,
    Keep,
    News,
    Receipt,
    SetUpField,
    StatusUpdate,
    UpdateRefused,
)

PORTS = {"amqps": 5671, "amqp": 5672}
LONGEST_NAME = 255
"""Bytes: what AMQP holds of an exchange, a routing key, a queue."""
PART = 100
"""How many messages are taken over at a time."""
MOST_PARTS = 10
VARIABLES = ("case", "key")
"""What the templates of exchange and routing key may use: the event's data, and the idempotency key."""


class QueueSettings(BaseModel):
    """What a council says of its broker.

    `exchange` and `routing_key` are templates with CEL in them over `case` (the event's data); an empty exchange is the
    broker's own, which gives to the queue that the routing key names. `updates_queue` is where progress comes from.
    `unreadable`: what becomes of messages there that are no updates: they stay, or go to the queue's dead letters.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    username: str
    exchange: str = ""
    routing_key: str
    updates_queue: str | None = None
    unreadable: Literal["stay", "dead-letter"] = "stay"

    @field_validator("url")
    @classmethod
    def _broker(cls, url: str) -> str:
        try:
            parts = urlsplit(url)
            found = parts.scheme in PORTS and parts.hostname and parts.port != 0
        except ValueError:
            found = None
        if not found:
            raise ValueError("give the broker as amqps://HOST or amqps://HOST:PORT/VHOST")
        if "@" in urlsplit(url).netloc or urlsplit(url).query:
            raise ValueError("leave the user name, the password and options out of the address")
        return url

    @field_validator("exchange", "routing_key")
    @classmethod
    def _template(cls, text: str) -> str:
        _, faults = compile_template(text, VARIABLES)
        if faults:
            raise ValueError("; ".join(fault.message for fault in faults))
        return text

    @field_validator("updates_queue")
    @classmethod
    def _short(cls, name: str | None) -> str | None:
        if name is not None and not 0 < len(name.encode("utf-8", "replace")) <= LONGEST_NAME:
            raise ValueError(f"a queue's name has 1 to {LONGEST_NAME} bytes")
        return name


class QueueSecrets(BaseModel):
    """The password, and where the broker's certificate is signed by an authority of its own, that one's certificate."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    password: str
    authority: str | None = None

    @field_validator("authority")
    @classmethod
    def _certificate(cls, pem: str | None) -> str | None:
        if pem is not None:
            try:
                ssl.create_default_context(cadata=pem)
            except (ssl.SSLError, ValueError):
                raise ValueError(
                    "give the authority's certificate as PEM: -----BEGIN CERTIFICATE-----"
                ) from None
        return pem


class QueueConnector:
    """Publishes cases with the broker's confirmation, and takes progress over from a queue."""

    kind = "queue"

    def __init__(
        self,
        settings: QueueSettings,
        secrets: QueueSecrets,
        http: httpx2.AsyncClient,
        clock: Callable[[], datetime],
        *,
        allow_private: bool = False,
        patience: Patience | None = None,
    ) -> None:
        parts = urlsplit(settings.url)
        self._settings = settings
        self._patience = patience or Patience()
        self._exchange, _ = compile_template(settings.exchange, VARIABLES)
        self._routing_key, _ = compile_template(settings.routing_key, VARIABLES)
        self._broker = Broker(
            host=parts.hostname or "",
            port=parts.port or PORTS[parts.scheme],
            vhost=unquote(parts.path.removeprefix("/")) or "/",
            username=settings.username,
            password=secrets.password,
            tls=ssl.create_default_context(cadata=secrets.authority) if parts.scheme == "amqps" else None,
            allow_private=allow_private,
            patience=self._patience,
        )
        self.can = frozenset({"deliver", "updates"} if settings.updates_queue else {"deliver"})

    async def deliver(self, case: CaseForDelivery, idempotency_key: str) -> Receipt:
        """Publish the case. It is accepted once the broker has it safe in at least one queue."""
        values = as_values(case=case_data(case), key=idempotency_key)
        exchange = _name(self._exchange, values, "exchange")
        routing_key = _name(self._routing_key, values, "routing key")
        message = Message(
            submitted_event(case, idempotency_key),
            message_id=idempotency_key,
            correlation_id=case.reference,
            type=SUBMITTED,
            content_type=MEDIA_TYPE,
            content_encoding="utf-8",
            timestamp=case.submitted_at,
            delivery_mode=DeliveryMode.PERSISTENT,
            app_id="commonhall",
        )
        try:
            async with asyncio.timeout(self._patience.whole), self._broker.talk() as talk:
                await talk.publish(exchange, routing_key, message)
        except Unroutable:
            where = f"the exchange '{exchange}'" if exchange else "the broker's own exchange"
            raise DeliveryFailed(
                f"no queue gets what is sent to {where} under '{routing_key}': bind one there, or correct the set-up"
            ) from None
        except TimeoutError:
            raise DeliveryFailed(
                "no answer from the broker in time; whether it was accepted is not known"
            ) from None
        return Receipt(None)

    async def updates(self, since: datetime) -> list[News]:
        """What is in the queue now, without taking it. Raises `DeliveryFailed`."""
        async with self._broker.talk() as talk:
            found, unreadable = _read(await talk.get(self._queue(), PART * MOST_PARTS))
        self._tell(unreadable)
        return [news for _, news in found]

    async def hand_over(self, keep: Keep) -> None:
        """Let `keep` have what is in the queue, part by part; only what it has kept is acknowledged.

        Where that fails, or this process dies, the broker puts the messages back in their place.
        """
        unreadable: list[tuple[AbstractIncomingMessage, str]] = []
        async with self._broker.talk() as talk:
            for _ in range(MOST_PARTS):
                part = await talk.get(self._queue(), PART)
                found, wrong = _read(part)
                if found:
                    await keep([news for _, news in found])
                for message, _ in found:
                    await talk.acknowledge(message)
                if self._settings.unreadable == "dead-letter":
                    for message, _ in wrong:
                        await talk.reject(message)
                else:
                    unreadable += wrong
                if len(part) < PART:
                    break
        self._tell(unreadable)

    def _queue(self) -> str:
        if self._settings.updates_queue is None:
            raise DeliveryFailed("the set-up names no queue that progress comes from: set updates_queue")
        return self._settings.updates_queue

    def _tell(self, unreadable: list[tuple[AbstractIncomingMessage, str]]) -> None:
        if unreadable:
            raise DeliveryFailed(
                f"{len(unreadable)} messages in the queue '{self._settings.updates_queue}' cannot be read and stay there:"
                f" {unreadable[0][1]}"
            )

    def receive(self, headers: Mapping[str, str], body: bytes) -> list[StatusUpdate]:
        """Progress comes by the queue; nothing can be pushed."""
        raise UpdateRefused("this connector takes its updates from a queue: nothing can be pushed to it")


def _name(template: Template, values: Mapping[str, object], what: str) -> str:
    """An exchange or a routing key. Raises `DeliveryFailed`: it is a setting, so it is tried again once that is right."""
    try:
        name = template.text(values)
    except Unfilled as missing:
        raise DeliveryFailed(f"the {what} cannot be told from the case: {missing}") from None
    if len(name.encode("utf-8", "replace")) > LONGEST_NAME:
        raise DeliveryFailed(f"the {what} '{name[:40]}…' is over {LONGEST_NAME} bytes")
    return name


def _read(
    messages: list[AbstractIncomingMessage],
) -> tuple[list[tuple[AbstractIncomingMessage, News]], list[tuple[AbstractIncomingMessage, str]]]:
    """The messages that are updates, and those that are not with what is wrong in them."""
    found: list[tuple[AbstractIncomingMessage, News]] = []
    wrong: list[tuple[AbstractIncomingMessage, str]] = []
    for message in messages:
        try:
            found.append((message, updated_event(message.body)))
        except UpdateRefused as refused:
            wrong.append((message, str(refused)))
    return found, wrong


KIND = Kind(
    "queue",
    QueueSettings,
    QueueSecrets,
    QueueConnector,
    (
        SetUpField("url", "Address of the broker", "amqps://HOST, or amqps://HOST:PORT/VHOST", needed=True),
        SetUpField("username", "User name", "The one that the broker knows us by", needed=True),
        SetUpField(
            "exchange",
            "Exchange that cases go to",
            "It may use {{ case.service.id }} and the like. Without one, cases go to the queue that the routing key names",
        ),
        SetUpField(
            "routing_key", "Routing key of a case", "Such as cases.{{ case.service.id }}", needed=True
        ),
        SetUpField("updates_queue", "Queue that progress comes from", "Only where the back office tells it"),
        SetUpField(
            "unreadable",
            "Messages there that are no updates",
            "Dead letters need a queue that has a dead-letter exchange: without one the broker drops them",
            "choice",
            choices=(("stay", "Stay in the queue"), ("dead-letter", "Go to the dead letters")),
            usual="stay",
        ),
        SetUpField("password", "Password", "The broker’s for this user", "secret", True),
        SetUpField(
            "authority",
            "Certificate of the broker’s own authority",
            "As PEM. Only where no public authority signs the broker’s certificate",
            "secret-text",
        ),
    ),
    about="A message queue (AMQP), such as RabbitMQ",
)
