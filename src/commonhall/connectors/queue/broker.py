"""A conversation with an AMQP 0-9-1 broker: to the address that was checked, bounded in size and time, told in plain words.

The library reads whatever is sent and waits for as long as it is let; here a conversation has a most of bytes, each
question a limit of time, and whatever goes wrong is `DeliveryFailed`. No connection outlives its conversation.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from aio_pika import Connection, Message
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aiormq import exceptions as wrong
from aiormq.connection import TransportFactory
from pamqp import commands, frame
from pamqp.exceptions import PAMQPException
from yarl import URL

from commonhall.connectors.http import AnswerTooLong, Patience, storable
from commonhall.connectors.places import allowed_addresses
from commonhall.engine.back_office import DeliveryFailed

MOST_BYTES = 16 * 1_048_576
"""The most that is read in one part of a conversation."""
LONGEST_GOODBYE = 2.0
"""Seconds that a broker has to say goodbye; then it is left without."""
CONTENT_TOO_LARGE = 311

T = TypeVar("T")


class Unroutable(DeliveryFailed):
    """The broker has nobody to give a message to."""


@dataclass(frozen=True, slots=True)
class Broker:
    """Where a broker is and who we are there. Without `tls` nothing is encrypted."""

    host: str
    port: int
    vhost: str
    username: str
    password: str
    tls: ssl.SSLContext | None
    allow_private: bool
    patience: Patience

    @asynccontextmanager
    async def talk(self) -> AsyncIterator[Talk]:
        """Open a conversation, and end it after. What was handed to us and not acknowledged is the broker's again."""
        addresses = await asyncio.to_thread(allowed_addresses, self.host, self.port, self.allow_private)
        line = _Line(self.host, self.port, addresses, self.tls)
        connection = Connection(self._url())
        connection.kwargs["transport_factory"] = line
        talk = Talk(connection, line, self.patience)
        done = False
        try:
            await talk.open()
            yield talk
            done = True
        finally:
            await _goodbye(connection, line, politely=done)

    def _url(self) -> URL:
        return URL.build(
            scheme="amqps" if self.tls else "amqp",
            user=self.username,
            password=self.password,
            host=self.host,
            port=self.port,
            path=f"/{self.vhost.replace('/', '%2F')}" if self.vhost != "/" else "/",
            query={"name": "commonhall", "heartbeat": "60"},
        )


class Talk:
    """One conversation with a broker. Made by `Broker.talk`."""

    def __init__(self, connection: Connection, line: _Line, patience: Patience) -> None:
        self._connection = connection
        self._line = line
        self._patience = patience
        self._channel: AbstractChannel | None = None

    async def open(self) -> None:
        """Connect, sign in, and ask for confirmations. Raises `DeliveryFailed`."""
        wait = self._patience.connect + self._patience.answer
        await self._ask(self._connection.connect(), wait)
        self._channel = await self._ask(_opened(self._connection), self._patience.answer)

    @property
    def channel(self) -> AbstractChannel:
        """The open channel."""
        if self._channel is None:
            raise RuntimeError("the conversation is not open yet")
        return self._channel

    async def publish(self, exchange: str, routing_key: str, message: Message) -> None:
        """Publish, and wait until the broker has the message safe. Raises `DeliveryFailed`; `Unroutable`, too."""
        to = await self._ask(self.channel.get_exchange(exchange, ensure=False)) if exchange else None
        sending = (to or self.channel.default_exchange).publish(message, routing_key, mandatory=True)
        await self._ask(sending)

    async def get(self, queue: str, most: int) -> list[AbstractIncomingMessage]:
        """The next messages of a queue, which stay the broker's until they are acknowledged. Raises `DeliveryFailed`."""
        self._line.begin_again()
        found: list[AbstractIncomingMessage] = []
        box = await self._ask(self.channel.get_queue(queue, ensure=False))
        while len(found) < most:
            message = await self._ask(box.get(fail=False))
            if message is None:
                break
            found.append(message)
        return found

    async def acknowledge(self, message: AbstractIncomingMessage) -> None:
        """Tell the broker that it may forget a message. Raises `DeliveryFailed`."""
        await self._ask(message.ack())

    async def reject(self, message: AbstractIncomingMessage) -> None:
        """Give a message to the queue's dead-letter exchange. Raises `DeliveryFailed`."""
        await self._ask(message.reject(requeue=False))

    async def _ask(self, question: Awaitable[T], wait: float | None = None) -> T:
        try:
            async with asyncio.timeout(wait or self._patience.answer):
                return await question
        except asyncio.CancelledError:
            # The library cancels what waits on a connection that breaks: only one of our own is one.
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise self._failure(ConnectionError("the connection was lost")) from None
        except Exception as error:
            raise self._failure(error) from None

    def _failure(self, error: Exception) -> DeliveryFailed:
        if self._line.is_over:
            return AnswerTooLong(MOST_BYTES)
        if isinstance(error, DeliveryFailed):
            return error
        refused = self._line.refusal() if isinstance(error, wrong.InvalidFrameError) else None
        return refused or explain(error)


async def _opened(connection: Connection) -> AbstractChannel:
    return await connection.channel(on_return_raises=True)


async def _goodbye(connection: Connection, line: _Line, *, politely: bool) -> None:
    if not politely:
        line.hang_up()
    # The library's own tasks end with whatever broke the connection, which is told already.
    with suppress(Exception):
        async with asyncio.timeout(LONGEST_GOODBYE):
            await connection.close()
    line.hang_up()


def explain(error: Exception) -> DeliveryFailed:
    """What an error of the library means, in plain words. Only a message that no broker will ever take is a *no*."""
    said = storable(str(error.args[-1] if error.args else error))[:300]
    match error:
        case TimeoutError():
            return DeliveryFailed("no answer from the broker in time; whether it was accepted is not known")
        case wrong.PublishError():
            return Unroutable(f"the broker gave it back ({said})")
        case wrong.DeliveryError():
            return DeliveryFailed(
                "the broker did not take it (nack): it may be out of room, or its queue is full"
            )
        case wrong.ProbableAuthenticationError() | wrong.AuthenticationError():
            return DeliveryFailed(
                f"the broker does not let us in: correct the user name and the password ({said})"
            )
        case wrong.ChannelAccessRefused() | wrong.ConnectionNotAllowed():
            return DeliveryFailed(f"the broker does not allow this to our user: {said}")
        case wrong.ChannelNotFoundEntity():
            return DeliveryFailed(
                f"the broker has no such thing: declare it there, or correct the setting: {said}"
            )
        case wrong.ChannelPreconditionFailed():
            return DeliveryFailed(f"the broker will never take this message: {said}", permanent=True)
        case wrong.ChannelClosed() if error.args and error.args[0] == CONTENT_TOO_LARGE:
            return DeliveryFailed(f"the broker will never take this message: {said}", permanent=True)
        case ssl.SSLCertVerificationError():
            return DeliveryFailed(
                f"the broker's certificate is not believed: {storable(error.verify_message)}"
            )
        case wrong.ProtocolSyntaxError() | wrong.IncompatibleProtocolError():
            return DeliveryFailed(f"what answered is not a broker of AMQP 0-9-1 ({said})")
        case wrong.ChannelClosed() | wrong.ConnectionClosed():
            return DeliveryFailed(f"the broker broke off: {said}")
    return DeliveryFailed(f"the broker could not be reached ({said or type(error).__name__})")


class _Line(TransportFactory):
    """Opens the one connection of a conversation, to an address that was checked."""

    def __init__(self, host: str, port: int, addresses: tuple[str, ...], tls: ssl.SSLContext | None) -> None:
        self._host = host
        self._port = port
        self._addresses = addresses
        self._tls = tls
        self._reader: _Bounded | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def create(self, url: URL, **kwargs: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect: to the next address where one cannot be reached. The certificate must be the name's."""
        loop = asyncio.get_running_loop()
        for left, address in zip(reversed(range(len(self._addresses))), self._addresses, strict=True):
            reader = _Bounded()
            protocol = asyncio.StreamReaderProtocol(reader)
            name = self._host if self._tls else None
            try:
                transport, _ = await loop.create_connection(
                    lambda given=protocol: given,
                    address,
                    self._port,
                    ssl=self._tls,
                    server_hostname=name,
                )
            except ssl.SSLError:
                raise
            except OSError:
                if left:
                    continue
                raise
            self._reader = reader
            self._writer = asyncio.StreamWriter(transport, protocol, reader, loop)
            return reader, self._writer
        raise OSError("the host has no address")

    @property
    def is_over(self) -> bool:
        """Whether more came than is read."""
        return self._reader is not None and self._reader.left < 0

    def refusal(self) -> DeliveryFailed | None:
        """The broker's last word, where that was a no while the conversation began: the library does not read it then."""
        if self._reader is None:
            return None
        try:
            _, _, last = frame.unmarshal(bytes(self._reader.last))
        except PAMQPException:
            return None
        if not isinstance(last, commands.Connection.Close):
            return None
        return DeliveryFailed(f"the broker does not let us in: {storable(last.reply_text or '')[:300]}")

    def begin_again(self) -> None:
        """Count what is read from now on."""
        if self._reader is not None:
            self._reader.left = MOST_BYTES

    def hang_up(self) -> None:
        """End the connection without a word, if it is still there."""
        if self._writer is not None:
            self._writer.transport.abort()


class _Bounded(asyncio.StreamReader):
    """Reads so much and no more."""

    def __init__(self) -> None:
        super().__init__()
        self.left = MOST_BYTES
        self.last = bytearray()
        """The frame that was read last: the library reads one byte of it, then six, then the rest."""

    async def readexactly(self, n: int) -> bytes:
        """The next bytes. Raises `AnswerTooLong` before they are read where they would be too many."""
        self.left -= n
        if self.left < 0:
            raise AnswerTooLong(MOST_BYTES)
        found = await super().readexactly(n)
        if n == 1:
            self.last.clear()
        self.last += found
        return found
