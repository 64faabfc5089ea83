"""The twin's mailbox: as much of IMAP4rev1 as a client needs that looks for reports. For tests alone."""

from __future__ import annotations

import asyncio
import base64
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime
from ssl import SSLContext
from typing import Any

from commonhall.connectors.email.mailbox import MONTHS
from commonhall.connectors.faults import HUGE, SAID, Fault

FOLDER = "INBOX"
VALIDITY = 7
_DAY = re.compile(r"SINCE (\d{2})-([A-Z][a-z]{2})-(\d{4})")
_AT_LOGIN = {
    Fault.UNSIGNED: "NO [AUTHENTICATIONFAILED]",
    Fault.MOVED: "NO [REFERRAL imap://elsewhere.example/]",
    Fault.BUSY: "NO [UNAVAILABLE]",
}
_AT_SELECT = {
    Fault.STILL_BUSY: "NO [INUSE]",
    Fault.FORBIDDEN: "NO [NOPERM]",
    Fault.MISSING: "NO [NONEXISTENT]",
}
_AT_SEARCH = {
    Fault.UNPROCESSABLE: "NO",
    Fault.BROKEN: "NO [SERVERBUG]",
    Fault.LIMIT: "NO [LIMIT]",
    Fault.REFUSED: "BAD",
}
_HALF = {
    Fault.CUT: b"* SEARCH 1 2",
    Fault.HALF: b"* SEA",
    Fault.HUGE: b"* SEARCH" + b" 1" * (HUGE // 2),
}


@dataclass(frozen=True, slots=True)
class Known:
    """Who is let in, and by what."""

    user: str
    password: str
    token: str


def is_bearer(shown: str, token: str) -> bool:
    """Whether what XOAUTH2 shows is this token; none lets nobody in."""
    return bool(token) and base64.b64decode(shown).endswith(f"\x01auth=Bearer {token}\x01\x01".encode())


class _Over(Exception):  # noqa: N818
    """The visit is over."""


def write_report(
    name: str,
    to: str,
    recipient: str,
    head: str,
    said: str,
    at: datetime,
    *,
    action: str = "failed",
) -> bytes:
    """A report on a mail that was not delivered, as RFC 3464 has it, with the headers of that mail."""
    report = MIMEMultipart("report", report_type="delivery-status")
    report["From"] = "MAILER-DAEMON@twin.example"
    report["To"] = to
    report["Subject"] = "Undelivered Mail Returned to Sender"
    report["Date"] = format_datetime(at)
    report["Message-ID"] = f"<{name}@twin.example>"
    report["Auto-Submitted"] = "auto-replied"
    report.attach(MIMEText("Your mail could not be delivered."))
    status = MIMEBase("message", "delivery-status")
    whole, one = Message(), Message()
    whole["Reporting-MTA"] = "dns; twin.example"
    one["Final-Recipient"] = f"rfc822; {recipient}"
    one["Action"] = action
    one["Status"] = "5.1.1" if action == "failed" else "4.4.1"
    one["Diagnostic-Code"] = f"smtp; {said}"
    status.set_payload([whole, one])
    report.attach(status)
    original = MIMEBase("text", "rfc822-headers")
    original.set_payload(head)
    report.attach(original)
    return report.as_bytes()


async def serve_mailbox(
    twin: Any,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    who: Known,
    tls: SSLContext | None,
) -> None:
    """Answer one visitor. What goes wrong is decided when somebody comes."""
    twin.deliver_reports()
    try:
        with suppress(_Over, ConnectionError, EOFError):
            await _Visit(twin, reader, writer, who, tls).talk()
    except asyncio.CancelledError:
        # The place is closed: nobody takes leave.
        writer.transport.abort()
    finally:
        writer.close()


class _Visit:
    def __init__(
        self,
        twin: Any,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        who: Known,
        tls: SSLContext | None,
    ) -> None:
        self.mails: list[tuple[datetime, bytes]] = twin.mailbox
        self.reader = reader
        self.writer = writer
        self.who = who
        self.tls = tls
        self.fault: Fault | None = twin.script.next()

    async def talk(self) -> None:
        if self.fault is Fault.AWAY:
            raise _Over
        self.say("HTTP/1.1 400 Bad Request" if self.fault is Fault.PAGE else "* OK the twin's mailbox")
        while True:
            tag, _, rest = (await self.line()).partition(" ")
            command, _, given = rest.partition(" ")
            answer = await self.answer(command.upper(), given)
            self.say(f"{tag} {answer}")
            if command.upper() == "LOGOUT":
                raise _Over
            if command.upper() == "STARTTLS" and self.tls is not None:
                await self.writer.drain()
                await self.writer.start_tls(self.tls)

    async def answer(self, command: str, given: str) -> str:
        match command:
            case "CAPABILITY":
                can_encrypt = self.tls is not None and self.writer.get_extra_info("sslcontext") is None
                self.say(f"* CAPABILITY IMAP4rev1 AUTH=PLAIN{' STARTTLS' if can_encrypt else ''}")
            case "AUTHENTICATE" | "LOGIN":
                return await self.let_in(command, given)
            case "EXAMINE":
                return await self.opened(given)
            case "UID" if given.startswith("SEARCH "):
                return await self.searched(given)
            case "UID" if given.startswith("FETCH "):
                return await self.fetched(given.removeprefix("FETCH "))
            case "LOGOUT":
                self.say("* BYE until next time")
            case "STARTTLS" if self.tls is not None:
                return "OK begin"
            case _:
                return f"BAD {command} is not known here"
        return "OK done"

    async def let_in(self, command: str, given: str) -> str:
        if self.fault in _AT_LOGIN:
            return f"{_AT_LOGIN[self.fault]} {SAID}"
        if command == "LOGIN":
            shown = given == f'"{self.who.user}" "{self.who.password}"'
        elif given == "XOAUTH2":
            self.say("+ ")
            shown = is_bearer(await self.line(), self.who.token)
            if not shown:
                self.say("+ eyJzdGF0dXMiOiAiNDAxIn0=")
                await self.line()
        else:
            self.say("+ ")
            expected = f"\0{self.who.user}\0{self.who.password}"
            shown = base64.b64decode(await self.line()) == expected.encode()
        return "OK welcome" if shown else "NO [AUTHENTICATIONFAILED] the password is wrong"

    async def opened(self, given: str) -> str:
        if self.fault is Fault.TIMEOUT:
            self.say("* BYE you were too slow")
            raise _Over
        if self.fault in _AT_SELECT:
            return f"{_AT_SELECT[self.fault]} {SAID}"
        if self.fault is not None and self.fault.is_silent:
            # Until nobody waits any more.
            await self.reader.read()
            raise _Over
        if given != f'"{FOLDER}"':
            return "NO [NONEXISTENT] there is no such folder"
        self.say(f"* {len(self.mails)} EXISTS")
        self.say(f"* OK [UIDVALIDITY {VALIDITY}] valid")
        return "OK [READ-ONLY] done"

    async def searched(self, given: str) -> str:
        if self.fault in _HALF:
            self.writer.write(_HALF[self.fault])
            await self.writer.drain()
            raise _Over
        if self.fault in _AT_SEARCH:
            return f"{_AT_SEARCH[self.fault]} {SAID}"
        asked = _DAY.search(given)
        if asked is None:
            return "BAD what is searched for?"
        day = datetime(int(asked[3]), MONTHS.index(asked[2]) + 1, int(asked[1]), tzinfo=UTC)
        found = [str(place) for place, (at, _) in enumerate(self.mails, 1) if at >= day]
        self.say(" ".join(["* SEARCH", *found]))
        return "OK done"

    async def fetched(self, given: str) -> str:
        wanted, _, what = given.partition(" ")
        for number in map(int, wanted.split(",")):
            at, content = self.mails[number - 1]
            if "HEADER.FIELDS" in what:
                name = "HEADER.FIELDS (CONTENT-TYPE)"
                content = (
                    re.split(rb"\r?\n(?=\S)", content[content.index(b"Content-Type:") :])[0] + b"\r\n\r\n"
                )
            else:
                most = re.search(r"<0\.(\d+)>", what)
                name, content = "", content[: int(most[1]) if most else None]
            arrived = at.astimezone(UTC).strftime("%d-%b-%Y %H:%M:%S +0000")
            self.writer.write(
                f'* {number} FETCH (UID {number} INTERNALDATE "{arrived}" BODY[{name}] {{{len(content)}}}\r\n'.encode()
            )
            self.writer.write(content + b")\r\n")
        await self.writer.drain()
        return "OK done"

    async def line(self) -> str:
        found = await self.reader.readuntil(b"\r\n")
        return found.decode().rstrip("\r\n")

    def say(self, text: str) -> None:
        self.writer.write(f"{text}\r\n".encode())
