"""The failing twin of a back office that reads mail: a mail server that takes cases, and a mailbox with what came back.

The server is aiosmtpd's, which is sound in itself and spoils its answers by the script; the mailbox is in
`twin_mailbox.py`.
"""

from __future__ import annotations

import asyncio
import email
import json
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from email import policy
from email.message import EmailMessage
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import httpx2
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from commonhall.connectors.conformance import Subject
from commonhall.connectors.email.connector import EmailConnector
from commonhall.connectors.email.settings import EmailSecrets, EmailSettings
from commonhall.connectors.email.twin_mailbox import Known, is_bearer, serve_mailbox, write_report
from commonhall.connectors.faults import HUGE, SAID, Book, Fault, Received, Script, Told
from commonhall.connectors.http import Patience
from commonhall.connectors.laws import Law
from commonhall.connectors.serving import listen

USER, PASSWORD = "council", "of-the-twin"
SEAL = "the twin's own seal"
SENDER, TO, BOUNCES = "cases@council.example", "office@twin.example", "bounces+{mark}@council.example"
PLAYS: Mapping[Fault, str] = MappingProxyType(
    {
        Fault.SILENCE: "takes the mail and says nothing",
        Fault.LATE: "takes the mail and says nothing while anybody waits",
        Fault.CUT: "takes the mail and hangs up after 250 2.0",
        Fault.AWAY: "hangs up instead of greeting",
        Fault.BROKEN: "takes the mail and answers 451 4.3.0",
        Fault.BUSY: "answers 421 4.3.2 to the sender",
        Fault.LIMIT: "answers 450 4.7.1 to the recipient, as greylisting does",
        Fault.TIMEOUT: "answers 421 4.4.2 to the mail",
        Fault.STILL_BUSY: "answers 452 4.2.2 to the recipient, whose mailbox is full",
        Fault.UNSIGNED: "answers 535 5.7.8 to the password",
        Fault.FORBIDDEN: "answers 550 5.7.1 to the recipient",
        Fault.MISSING: "answers 550 5.1.1 to the recipient",
        Fault.MOVED: "answers 551 5.1.6 to the recipient",
        Fault.PAGE: "greets as a web server does",
        Fault.HALF: "takes the mail and gives the first of two lines",
        Fault.HUGE: f"takes the mail and gives {HUGE // 1_048_576} MiB of lines",
        Fault.REFUSED: "answers 554 5.6.0 to the mail",
        Fault.UNPROCESSABLE: "answers 552 5.2.3 to the mail",
    }
)
CANNOT: Mapping[Fault | Law, str] = MappingProxyType(
    {
        Law.NUMBER: "a mail server gives no number: the mail's id is ours",
        Law.WISH: "a mail server does not say when to come again",
        Law.HEARD: "what comes back says what was not delivered, and never how a case stands",
    }
)
_TO_THE_SENDER = {Fault.BUSY: "421 4.3.2"}
_TO_THE_RECIPIENT = {
    Fault.LIMIT: "450 4.7.1",
    Fault.STILL_BUSY: "452 4.2.2",
    Fault.FORBIDDEN: "550 5.7.1",
    Fault.MISSING: "550 5.1.1",
    Fault.MOVED: "551 5.1.6",
}
_TO_THE_MAIL = {
    Fault.BROKEN: "451 4.3.0",
    Fault.TIMEOUT: "421 4.4.2",
    Fault.REFUSED: "554 5.6.0",
    Fault.UNPROCESSABLE: "552 5.2.3",
}


class MailTwin:
    """Takes each mail once that has a case with it. `told` comes back to the mailbox as a report of each mail."""

    def __init__(self, clock: Callable[[], datetime], *, careful: bool = True) -> None:
        self.book = Book(careful)
        self.script = Script()
        self.clock = clock
        self.mailbox: list[tuple[datetime, bytes]] = []
        """What stands in the mailbox, in the order in which it came; a mail's number there is its place, from 1."""
        self.most = 33_554_432
        self._reported: Counter[str] = Counter()

    def messages(self) -> list[tuple[dict[str, str], bytes]]:
        """Nothing is pushed."""
        return []

    def take(self, envelope: Envelope) -> None:
        """Read a mail as a back office does: the data that come with it, under the key in its head."""
        content = envelope.original_content or b""
        mail = email.message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        parts = {part.get_filename(): part.get_content() for part in mail.iter_attachments()}
        body = mail.get_body()
        given = {
            "case": json.loads(parts["case.json"]),
            "words": body.get_content() if isinstance(body, EmailMessage) else "",
            "files": {name: part for name, part in parts.items() if name != "case.json"},
            "head": content.partition(b"\r\n\r\n")[0].decode(),
            "from": envelope.mail_from,
            "to": list(envelope.rcpt_tos),
        }
        self.book.take(str(mail["X-Commonhall-Key"]), str(mail["X-Commonhall-Reference"]), given)

    def deliver_reports(self) -> None:
        """Put what was told into the mailbox, unless it is there: a mail in a mailbox keeps its place."""
        for name, count in Counter(told.id for told in self.book.told).items():
            told = next(one for one in self.book.told if one.id == name)
            for _ in range(count - self._reported[name]):
                self.mailbox.append((told.at, report_of(told)))
            self._reported[name] = max(count, self._reported[name])


def report_of(told: Told) -> bytes:
    """The report of a mail that came back, with what was told as the reason."""
    given = told.job.given
    return write_report(
        told.id, given["from"], given["to"][0], given["head"], f"550 5.1.1 {told.note}", told.at
    )


class _Server(SMTP):
    """One conversation with the server. What goes wrong is decided when somebody calls."""

    def __init__(self, host: MailHost) -> None:
        self._host = host
        self._twin = host.twin
        self._fault: Fault | None = None
        self._is_greeted = False
        starttls = None if host.tls_at_once else host.tls
        super().__init__(
            self, hostname="twin.example", ident="ESMTP", data_size_limit=self._twin.most,
            auth_require_tls=starttls is not None, authenticator=self._let_in, tls_context=starttls,
        )  # fmt: skip

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody calls, or goes on encrypted."""
        super().connection_made(transport)
        self._host.talks.add(self)
        if not self._is_greeted:
            self._fault = self._twin.script.next()
        if self._fault is Fault.AWAY:
            self._hang_up()

    def connection_lost(self, error: Exception | None) -> None:
        """Somebody is gone."""
        self._host.talks.discard(self)
        super().connection_lost(error)

    def end(self) -> asyncio.Task[None] | None:
        """Hang up; what is left to wait for."""
        self._hang_up()
        found: asyncio.Task[None] | None = self._handler_coroutine
        return found

    def _hang_up(self) -> None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    async def push(self, status: Any) -> None:
        """Say something; the greeting first."""
        words = status
        if not self._is_greeted and self._fault is Fault.PAGE:
            words = "HTTP/1.1 400 Bad Request"
        self._is_greeted = True
        if self.transport is not None:
            await super().push(words)

    def _let_in(self, *given: Any) -> AuthResult:
        sent = given[-1]
        right = isinstance(sent, LoginPassword) and (sent.login, sent.password) == (
            USER.encode(),
            PASSWORD.encode(),
        )
        return AuthResult(success=right and self._fault is not Fault.UNSIGNED, handled=False, auth_data=USER)

    async def auth_XOAUTH2(self, _: SMTP, args: list[str]) -> AuthResult:  # noqa: N802 - aiosmtpd's names
        """By a token, where the host takes one."""
        right = len(args) > 1 and is_bearer(args[1], self._host.token)
        return AuthResult(success=right, handled=False, auth_data=USER)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's names
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """What the server can do."""
        session.host_name = hostname
        return [*responses[:-1], "250-DSN", "250-ENHANCEDSTATUSCODES", responses[-1]]

    async def smtp_MAIL(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's names
        """The sender, without what aiosmtpd does not know of RFC 3461."""
        await super().smtp_MAIL(_without(arg, "ENVID=", "RET="))

    async def smtp_RCPT(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's names
        """The recipient, likewise."""
        await super().smtp_RCPT(_without(arg, "NOTIFY="))

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's names
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """The sender."""
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        if self._fault in _TO_THE_SENDER:
            return f"{_TO_THE_SENDER[self._fault]} {SAID}"
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's names
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """A recipient: any at the twin's own domain."""
        if self._fault in _TO_THE_RECIPIENT:
            return f"{_TO_THE_RECIPIENT[self._fault]} {SAID}"
        if not address.endswith("@twin.example"):
            return "550 5.1.1 there is no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's names
        """The mail."""
        fault = self._fault
        received = Received("DATA", TO, {}, envelope.original_content or b"", fault)
        self._twin.script.journal.append(received)
        if fault is None or fault.takes:
            self._twin.take(envelope)
        if fault is not None and fault.is_silent:
            # Whoever hangs up ends this.
            await asyncio.Event().wait()
        if fault in {Fault.CUT, Fault.HALF}:
            self._writer.write(b"250 2.0" if fault is Fault.CUT else b"250-2.0.0 it is\r\n")
            await self._writer.drain()
            self._writer.close()
        if fault is Fault.HUGE:
            self._writer.write(b"250-2.0.0 and so on\r\n" * (HUGE // 21))
        if fault in _TO_THE_MAIL:
            return f"{_TO_THE_MAIL[fault]} {SAID}"
        return "250 2.0.0 it is here"


def _without(arg: str, *names: str) -> str:
    return " ".join(part for part in arg.split(" ") if not part.upper().startswith(names))


class MailHost:
    """Where these twins stand: a mail server and a mailbox, each on a port of its own."""

    def __init__(self) -> None:
        self.twin: Any = None
        self.tls: Any = None
        """How it encrypts, where it does, and whether it does so from the first word."""
        self.tls_at_once = False
        self.token = ""
        """Which token lets the council in, where one does."""
        self.talks: set[_Server] = set()
        self._visits: set[asyncio.Task[None]] = set()
        self._ports = [0, 0]
        self._servers: list[asyncio.Server] = []

    @property
    def address(self) -> str:
        """The place as mail://127.0.0.1:PORT/PORT-OF-THE-MAILBOX."""
        return f"mail://127.0.0.1:{self._ports[0]}/{self._ports[1]}"

    def put(self, twin: MailTwin) -> None:
        """Let this twin take mail from now on."""
        self.twin = twin

    async def start(self) -> None:
        """Listen; on the same ports as before, where there were any."""
        # aiosmtpd warns of an attribute of its own whenever somebody signs in.
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)
        mail, self._ports[0] = listen(self._ports[0])
        box, self._ports[1] = listen(self._ports[1])
        loop = asyncio.get_running_loop()
        at_once = self.tls if self.tls_at_once else None
        self._servers = [
            await loop.create_server(lambda: _Server(self), sock=mail, ssl=at_once),
            await asyncio.start_server(self._visited, sock=box, ssl=at_once),
        ]

    async def stop(self) -> None:
        """Close the ports and whatever is open."""
        for server in self._servers:
            server.close()
        ends = [talk.end() for talk in list(self.talks)]
        for visit in list(self._visits):
            visit.cancel()
        await asyncio.gather(*(end for end in ends if end), *self._visits, return_exceptions=True)
        self._servers = []

    async def _visited(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._visits.add(task)
        task.add_done_callback(self._visits.discard)
        starttls = self.tls if not self.tls_at_once else None
        await serve_mailbox(self.twin, reader, writer, Known(USER, PASSWORD, self.token), starttls)


def settings_for(address: str, **more: Any) -> dict[str, Any]:
    """The settings of a connector to the twin at this address, with its mailbox."""
    place = urlsplit(address)
    port, mailbox_port = place.port, int(place.path.strip("/"))
    return {
        "host": "127.0.0.1", "port": port, "security": "none", "username": USER, "sender": SENDER, "to": TO,
        "bounces": BOUNCES, "mailbox_host": "127.0.0.1", "mailbox_port": mailbox_port,
        "mailbox_security": "none", "mailbox_username": USER, **more,
    }  # fmt: skip


SECRETS = {"password": PASSWORD, "mailbox_password": PASSWORD, "seals": [SEAL]}


def connect(
    address: str, http: httpx2.AsyncClient, clock: Callable[[], datetime], patience: Patience
) -> EmailConnector:
    """A connector to the twin at this address, without its mailbox: it sends, and hears nothing."""
    return connect_with_mailbox(address, http, clock, patience, mailbox_host=None)


def connect_with_mailbox(
    address: str, http: httpx2.AsyncClient, clock: Callable[[], datetime], patience: Patience, **more: Any
) -> EmailConnector:
    """A connector that looks into the mailbox, too."""
    settings = EmailSettings(**settings_for(address, **more))
    return EmailConnector(
        settings, EmailSecrets.model_validate(SECRETS), http, clock, allow_private=True, patience=patience
    )


SUBJECT = Subject(
    "email",
    lambda clock, careful: MailTwin(clock, careful=careful),
    connect,
    host=MailHost,
    plays=PLAYS,
    cannot=CANNOT,
)
"""What the kit examines. The mailbox is examined by the tests: it tells nothing that the kit could hold against a book."""
