"""The failing twin of a broker with a back office behind it, for tests: enough of AMQP 0-9-1, behind a script of faults.

It is no broker to use: it holds its messages in memory, knows one user, one exchange and two queues, and speaks only as
much as a publisher with confirmations and a reader by basic.get need. Frames are those of the library `pamqp`. A
conversation meets one fault, at the moment where a broker would have it. RabbitMQ is put to the same connector in
`tests/connectors/test_rabbitmq.py`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

import httpx2
from pamqp import commands, frame, header
from pamqp.base import Frame
from pamqp.body import ContentBody
from pamqp.common import FieldTable

from commonhall.connectors.conformance import Subject
from commonhall.connectors.events import MEDIA_TYPE, UPDATED
from commonhall.connectors.faults import HUGE, SAID, Book, Fault, Received, Script, Told
from commonhall.connectors.http import Patience
from commonhall.connectors.laws import Law
from commonhall.connectors.queue.connector import QueueConnector, QueueSecrets, QueueSettings
from commonhall.connectors.serving import StreamHost

USERNAME = "commonhall"
PASSWORD = "a password, for the tests: / @ : % alone"  # noqa: S105 - as it says
EXCHANGE = "cases"
UPDATES = "updates"
PLAYS: Mapping[Fault, str] = MappingProxyType(
    {
        Fault.SILENCE: "never confirms",
        Fault.LATE: "confirms when the connection is gone",
        Fault.CUT: "hangs up in the middle of a frame",
        Fault.AWAY: "hangs up before a word",
        Fault.BROKEN: "closes the connection with 541 INTERNAL_ERROR",
        Fault.BUSY: "answers basic.nack",
        Fault.LIMIT: "closes the connection with 530 NOT_ALLOWED: too many connections",
        Fault.TIMEOUT: "closes the connection with 320 CONNECTION_FORCED",
        Fault.STILL_BUSY: "closes the channel with 405 RESOURCE_LOCKED",
        Fault.UNSIGNED: "closes the connection with 403 ACCESS_REFUSED",
        Fault.FORBIDDEN: "closes the channel with 403 ACCESS_REFUSED",
        Fault.MISSING: "closes the channel with 404 NOT_FOUND",
        Fault.PAGE: "answers as a web server does",
        Fault.HALF: "sends a frame that does not end where it says",
        Fault.HUGE: f"sends a frame of {HUGE * 8 // 1_048_576} MiB",
        Fault.REFUSED: "closes the channel with 406 PRECONDITION_FAILED",
        Fault.UNPROCESSABLE: "closes the channel with 311 CONTENT_TOO_LARGE",
    }
)
CANNOT: Mapping[Fault | Law, str] = MappingProxyType(
    {
        Fault.MOVED: "AMQP 0-9-1 sends nobody elsewhere",
        Law.NUMBER: "a broker takes a case for the back office, and gives it no number",
        Law.WISH: "a broker does not say when to come back",
    }
)
_CLOSES_CHANNEL = {
    Fault.STILL_BUSY: (405, "RESOURCE_LOCKED"),
    Fault.FORBIDDEN: (403, "ACCESS_REFUSED"),
    Fault.MISSING: (404, "NOT_FOUND"),
    Fault.REFUSED: (406, "PRECONDITION_FAILED"),
    Fault.UNPROCESSABLE: (311, "CONTENT_TOO_LARGE"),
}
_AT_OPEN = {Fault.LIMIT: (530, "NOT_ALLOWED"), Fault.TIMEOUT: (320, "CONNECTION_FORCED")}
_ACK = frame.marshal(commands.Basic.Ack(delivery_tag=1), 1)


class _Over(Exception):  # noqa: N818
    """The conversation is over."""


class QueueTwin:
    """A broker for tests. `talk` is one conversation with it."""

    def __init__(self, clock: Callable[[], datetime], *, careful: bool = True) -> None:
        self.book = Book(careful)
        self.script = Script()
        self._taken: set[tuple[str, int]] = set()
        self._held: set[tuple[str, int]] = set()

    def messages(self) -> list[tuple[dict[str, str], bytes]]:
        """Nothing is pushed: progress lies in a queue."""
        return []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One conversation."""
        talk = _Talk(self, reader, writer, self.script.next())
        try:
            await talk.run()
        except _Over:
            await writer.drain()
        finally:
            self._held -= set(talk.handed.values())

    def take(self, key: str, reference: str, body: bytes) -> None:
        """The back office behind the queue takes a case."""
        self.book.take(key, reference, json.loads(body))

    def next_update(self) -> tuple[tuple[str, int], Told] | None:
        """The next message in the queue of updates that nobody holds."""
        seen: dict[str, int] = {}
        for told in self.book.told:
            seen[told.id] = seen.get(told.id, 0) + 1
            place = (told.id, seen[told.id])
            if place not in self._taken | self._held:
                self._held.add(place)
                return place, told
        return None

    def forget(self, place: tuple[str, int]) -> None:
        """A message was acknowledged: it is in the queue no more."""
        self._taken.add(place)


@dataclass(slots=True)
class _Talk:
    """One conversation: what was handed over in it stays in the queue until it is acknowledged."""

    twin: QueueTwin
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    fault: Fault | None
    handed: dict[int, tuple[str, int]] = field(default_factory=dict)
    published: int = 0
    tags: int = 0

    async def run(self) -> None:
        await self.greet()
        while True:
            channel, found = await self.read()
            match found:
                case commands.Channel.Open():
                    self.send(channel, commands.Channel.OpenOk())
                case commands.Confirm.Select():
                    self.send(channel, commands.Confirm.SelectOk())
                case commands.Basic.Publish():
                    await self.published_to(channel, found)
                case commands.Basic.Get():
                    await self.asked_of(channel, found)
                case commands.Basic.Ack():
                    self.twin.forget(self.handed.pop(found.delivery_tag or 0))
                case commands.Basic.Reject():
                    self.twin.forget(self.handed.pop(found.delivery_tag or 0))
                case commands.Channel.Close():
                    self.send(channel, commands.Channel.CloseOk())
                case commands.Connection.Close():
                    self.send(0, commands.Connection.CloseOk())
                    raise _Over

    async def greet(self) -> None:
        if self.fault is Fault.AWAY:
            self.note("", "", b"")
            raise _Over
        if await self.reader.readexactly(8) != b"AMQP\x00\x00\x09\x01" or self.fault is Fault.PAGE:
            self.note("", "", b"")
            self.writer.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
            raise _Over
        can: FieldTable = {
            "publisher_confirms": True,
            "basic.nack": True,
            "authentication_failure_close": True,
        }
        self.send(
            0, commands.Connection.Start(0, 9, {"product": "a twin", "capabilities": can}, "PLAIN", "en_US")
        )
        _, begun = await self.read()
        right = (
            isinstance(begun, commands.Connection.StartOk) and begun.response == f"\0{USERNAME}\0{PASSWORD}"
        )
        if not right or self.fault is Fault.UNSIGNED:
            self.close_connection(403, "ACCESS_REFUSED - Login was refused")
        self.send(0, commands.Connection.Tune(2047, 131_072, 60))
        await self.read()
        _, opened = await self.read()
        if not isinstance(opened, commands.Connection.Open) or opened.virtual_host != "/":
            self.close_connection(530, "NOT_ALLOWED - there is one vhost, /")
        if self.fault in _AT_OPEN:
            code, name = _AT_OPEN[self.fault]
            self.close_connection(code, f"{name} - {SAID}")
        self.send(0, commands.Connection.OpenOk())

    async def published_to(self, channel: int, publish: commands.Basic.Publish) -> None:
        properties, body = await self.content()
        key, reference = properties.message_id or "", properties.correlation_id or ""
        self.note("publish", f"{publish.exchange}/{publish.routing_key}", body)
        routed = publish.exchange == EXCHANGE and (publish.routing_key or "").startswith("cases.")
        if (self.fault is None or self.fault.takes) and routed:
            self.twin.take(key, reference, body)
        await self.spoil(channel, commands.Basic.Publish)
        if publish.exchange != EXCHANGE:
            self.close_channel(channel, 404, f"NOT_FOUND - no exchange '{publish.exchange}' in vhost '/'")
            return
        if not routed:
            back = commands.Basic.Return(312, "NO_ROUTE", publish.exchange, publish.routing_key or "")
            self.send(channel, back)
            self.send_content(channel, properties, body)
        self.published += 1
        self.send(channel, commands.Basic.Ack(self.published))

    async def asked_of(self, channel: int, get: commands.Basic.Get) -> None:
        if not self.handed:
            self.note("get", str(get.queue), b"")
        await self.spoil(channel, commands.Basic.Get)
        if get.queue != UPDATES:
            self.close_channel(channel, 404, f"NOT_FOUND - no queue '{get.queue}' in vhost '/'")
            return
        found = self.twin.next_update()
        if found is None:
            self.send(channel, commands.Basic.GetEmpty())
            return
        place, told = found
        self.tags += 1
        tag = self.tags
        self.handed[tag] = place
        self.send(channel, commands.Basic.GetOk(tag, False, "", UPDATES, 0))
        self.send_content(
            channel, commands.Basic.Properties(content_type=MEDIA_TYPE, message_id=told.id), event(told)
        )

    async def spoil(self, channel: int, what: type[Frame]) -> None:
        """Play the fault, where there is one: the conversation ends, or the channel does."""
        fault = self.fault
        if fault is None:
            return
        if fault in _CLOSES_CHANNEL:
            code, name = _CLOSES_CHANNEL[fault]
            self.close_channel(channel, code, f"{name} - {SAID}")
            await self.read()
            raise _Over
        if fault is Fault.BROKEN:
            self.close_connection(541, f"INTERNAL_ERROR - {SAID}")
        if fault is Fault.BUSY and what is commands.Basic.Get:
            self.close_connection(506, f"RESOURCE_ERROR - {SAID}")
        if fault is Fault.BUSY:
            self.send(channel, commands.Basic.Nack(1))
            await self.reader.read()
            raise _Over
        if fault is Fault.HUGE:
            size = HUGE * 8
            self.writer.write(b"\x03\x00\x01" + size.to_bytes(4, "big") + b" " * size)
        elif fault is Fault.CUT:
            self.writer.write(_ACK[: len(_ACK) // 2])
        elif fault is Fault.HALF:
            self.writer.write(_ACK[:-1] + b"?")
        if fault is not Fault.CUT:
            # Until nobody waits any more.
            await self.reader.read()
            if fault is Fault.LATE:
                self.writer.write(_ACK)
        raise _Over

    async def content(self) -> tuple[commands.Basic.Properties, bytes]:
        _, head = await self.read()
        if not isinstance(head, header.ContentHeader):
            raise _Over
        body = b""
        while len(body) < head.body_size:
            _, part = await self.read()
            body += part.value if isinstance(part, ContentBody) and part.value else b""
        properties = head.properties
        return properties if isinstance(
            properties, commands.Basic.Properties
        ) else commands.Basic.Properties(), body

    async def read(self) -> tuple[int, frame.FrameTypes]:
        head = await self.reader.readexactly(7)
        rest = await self.reader.readexactly(int.from_bytes(head[3:], "big") + 1)
        _, channel, found = frame.unmarshal(head + rest)
        return channel, found

    def send(self, channel: int, what: Frame) -> None:
        self.writer.write(frame.marshal(what, channel))

    def send_content(self, channel: int, properties: commands.Basic.Properties, body: bytes) -> None:
        self.writer.write(frame.marshal(header.ContentHeader(0, len(body), properties), channel))
        for start in range(0, len(body), 100_000):
            self.writer.write(frame.marshal(ContentBody(body[start : start + 100_000]), channel))

    def close_channel(self, channel: int, code: int, text: str) -> None:
        self.send(channel, commands.Channel.Close(code, text, 60, 40))

    def close_connection(self, code: int, text: str) -> None:
        self.send(0, commands.Connection.Close(code, text, 0, 0))
        raise _Over

    def note(self, what: str, where: str, body: bytes) -> None:
        self.twin.script.journal.append(Received(what, where, {}, body, self.fault))


def event(told: Told) -> bytes:
    """The message of one update."""
    job = told.job
    data = {"reference": job.reference, "id": job.number, "status": told.status, "note": told.note}
    found = {"specversion": "1.0", "type": UPDATED, "source": "urn:twin", "id": told.id, "data": data}
    return json.dumps({**found, "time": told.at.isoformat()}, ensure_ascii=False).encode()


def connect(
    address: str, http: httpx2.AsyncClient, clock: Callable[[], datetime], patience: Patience
) -> QueueConnector:
    """A connector to the twin at this address."""
    settings = QueueSettings(
        url=address,
        username=USERNAME,
        exchange=EXCHANGE,
        routing_key="cases.{{ case.service.id }}",
        updates_queue=UPDATES,
    )
    secrets = QueueSecrets(password=PASSWORD)
    return QueueConnector(settings, secrets, http, clock, allow_private=True, patience=patience)


SUBJECT = Subject(
    "queue",
    lambda clock, careful: QueueTwin(clock, careful=careful),
    connect,
    lambda: StreamHost("amqp"),
    PLAYS,
    CANNOT,
)
