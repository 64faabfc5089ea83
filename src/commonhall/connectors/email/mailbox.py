"""A mailbox looked at over IMAP (RFC 3501): only looked at, to the address that was checked, bounded in size and time.

The standard library's client speaks in a thread, and waits for whatever a server sends; here its line reads so much and no
more, and is cut when the time is over.
"""

from __future__ import annotations

import asyncio
import imaplib
import re
import socket
import ssl
from collections.abc import Callable, Container, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from commonhall.connectors.email.posting import Line, NotLetIn
from commonhall.connectors.http import AnswerTooLong
from commonhall.connectors.places import allowed_addresses
from commonhall.engine.back_office import DeliveryFailed

MOST_MAILS = 5000
"""How many mails of the days in question a mailbox may have."""
MOST_READ = 100
"""How many reports are read in one look; the rest in the next."""
MOST_OF_A_MAIL = 262_144
"""Bytes: a report stands at the head of its mail, and what came back behind it."""
MOST_BYTES = 48 * 1_048_576
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UID = re.compile(rb"\bUID ([0-9]+)")
_ARRIVED = re.compile(rb'INTERNALDATE "([^"]{1,40})"')


@dataclass(frozen=True, slots=True)
class Mail:
    """A report in the mailbox. `place` is its number there, with the number of the mailbox itself."""

    place: str
    arrived: datetime
    content: bytes


@dataclass(frozen=True, slots=True)
class Look:
    """What one look saw: all mails since that day by their places, those that are new and no reports, the new reports, and
    how many of these are left for the next look."""

    places: tuple[str, ...]
    passed: tuple[str, ...]
    reports: tuple[Mail, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A folder on a server of mail."""

    line: Line
    folder: str

    async def look(self, since: datetime, known: Container[str]) -> Look:
        """The reports since that day. Raises `DeliveryFailed`, never permanent: there is no case to say no to."""
        line = self.line
        addresses = await asyncio.to_thread(allowed_addresses, line.host, line.port, line.allow_private)
        visit = _Visit(self, addresses)
        try:
            async with asyncio.timeout(line.patience.whole):
                return await asyncio.to_thread(visit.look, since.astimezone(UTC).date(), known)
        except TimeoutError:
            raise DeliveryFailed("the mailbox did not answer in time") from None
        finally:
            visit.cut()


class _Visit:
    """One visit to the mailbox, in a thread of its own. `cut` ends it from outside."""

    def __init__(self, mailbox: Mailbox, addresses: tuple[str, ...]) -> None:
        self._mailbox = mailbox
        self._addresses = addresses
        self._ends: list[socket.socket] = []
        self._is_over = False

    def cut(self) -> None:
        """Whoever waits for the server waits no longer."""
        self._is_over = True
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def look(self, since: date, known: Container[str]) -> Look:
        """Sign in, look, go. Raises `DeliveryFailed`."""
        line = self._mailbox.line
        client: _Client | None = None
        try:
            client = _Client(line, self._dial)
            if line.tls is not None and not line.tls_at_once:
                client.starttls(ssl_context=line.tls)
            self._sign_in(client)
            found = self._read(client, since, known)
            with suppress(imaplib.IMAP4.error, OSError):
                client.logout()
            return found
        except DeliveryFailed:
            raise
        except ssl.SSLCertVerificationError as error:
            raise DeliveryFailed(
                f"the certificate of {line.host} is not believed: {error.verify_message}"
            ) from None
        except Exception as error:
            # The library falls over answers that are none in ways of its own (IndexError, TypeError).
            words = line.hush(_plain(error)) or type(error).__name__
            raise DeliveryFailed(f"the mailbox cannot be read ({words})") from None
        finally:
            if client is not None:
                # After a farewell it is closed already.
                with suppress(OSError):
                    client.shutdown()

    def _dial(self) -> socket.socket:
        line = self._mailbox.line
        for left, address in zip(reversed(range(len(self._addresses))), self._addresses, strict=True):
            try:
                found = socket.create_connection((address, line.port), line.patience.connect)
            except OSError:
                if left:
                    continue
                raise
            try:
                # Another end of the same line: encrypting takes the first one away.
                self._ends.append(found.dup())
                if self._is_over:
                    self.cut()
                line.check_plain(str(found.getpeername()[0]))
                found.settimeout(line.patience.answer)
                # The library sends some lines in two pieces; the second would wait for an answer to the first.
                found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except BaseException:
                found.close()
                raise
            return found
        raise OSError("the host has no address")

    def _sign_in(self, client: _Client) -> None:
        line = self._mailbox.line
        user, password = line.username or "", line.password or ""
        try:
            if line.token:
                # A server that refuses it says why first, and waits for a word.
                client.authenticate("XOAUTH2", lambda said: b"" if said else line.bearer)
            elif "AUTH=PLAIN" in client.capabilities:
                client.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
            else:
                client.login(_quoted(user), password)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            raise NotLetIn(
                f"the mailbox does not let us in: correct its user name and password ({line.hush(_plain(error))})"
            ) from None

    def _read(self, client: _Client, since: date, known: Container[str]) -> Look:
        kind, said = client.select(_quoted(self._mailbox.folder), readonly=True)
        if kind != "OK":
            words = self._mailbox.line.hush(_joined(said))
            raise DeliveryFailed(
                f"the folder '{self._mailbox.folder}' of the mailbox cannot be opened: correct settings.mailbox_folder ({words})"
            )
        validity = b"".join(client.response("UIDVALIDITY")[1][:1] or [b""]) or b"0"
        # A server knows days alone, and its own: one more is asked for than is wanted.
        day = since - timedelta(days=1)
        said = _ok(client.uid("SEARCH", "SINCE", f"{day.day:02}-{MONTHS[day.month - 1]}-{day.year}"))
        found = [f"{validity.decode()}.{int(uid)}" for part in said for uid in (part or b"").split()]
        if len(found) > MOST_MAILS:
            raise DeliveryFailed(
                f"the mailbox has {len(found):,} mails since {day}, over the {MOST_MAILS:,} that are looked through:"
                " give what comes back a mailbox of its own, or move old mails away"
            )
        new = [place for place in found if place not in known]
        reports = self._reports(client, new)
        read = [Mail(place, arrived, self._content(client, place)) for place, arrived in reports[:MOST_READ]]
        waiting = {place for place, _ in reports}
        passed = tuple(place for place in new if place not in waiting)
        return Look(tuple(found), passed, tuple(read), max(0, len(reports) - MOST_READ))

    def _reports(self, client: _Client, places: list[str]) -> list[tuple[str, datetime]]:
        """Which of these mails are reports, by the one header that says so, and when they came."""
        found = []
        numbers = {place.rpartition(".")[2]: place for place in places}
        for start in range(0, len(places), 500):
            wanted = ",".join(list(numbers)[start : start + 500])
            said = _ok(
                client.uid("FETCH", wanted, "(UID INTERNALDATE BODY.PEEK[HEADER.FIELDS (CONTENT-TYPE)])")
            )
            for head, content in _pairs(said):
                uid, arrived = _UID.search(head), _ARRIVED.search(head)
                if uid is None or arrived is None or uid[1].decode() not in numbers:
                    continue
                if b"multipart/report" in content.lower():
                    found.append((numbers[uid[1].decode()], parsedate_to_datetime(arrived[1].decode())))
        return [(place, arrived.astimezone(UTC)) for place, arrived in found]

    def _content(self, client: _Client, place: str) -> bytes:
        said = _ok(client.uid("FETCH", place.rpartition(".")[2], f"(UID BODY.PEEK[]<0.{MOST_OF_A_MAIL}>)"))
        return next((content for _, content in _pairs(said)), b"")


class _Client(imaplib.IMAP4):
    """The library's client on a line that was dialled elsewhere, and that reads no more than it may."""

    def __init__(self, line: Line, dial: Callable[[], socket.socket]) -> None:
        self._line = line
        self._dial = dial
        self._left = MOST_BYTES
        super().__init__(line.host, line.port, line.patience.connect)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        plain = self._dial()
        if self._line.tls is None or not self._line.tls_at_once:
            return plain
        return self._line.tls.wrap_socket(plain, server_hostname=self._line.host)

    def read(self, size: int) -> bytes:
        """So many bytes of an answer. Raises `AnswerTooLong` before they are read where they are too many."""
        self._left -= size
        if self._left < 0 or size > MOST_OF_A_MAIL + 1024:
            raise AnswerTooLong(MOST_OF_A_MAIL)
        return super().read(size)

    def readline(self) -> bytes:
        """A line of an answer, which the library bounds; all of them together are bounded here."""
        found = super().readline()
        self._left -= len(found)
        if self._left < 0:
            raise AnswerTooLong(MOST_BYTES)
        return found


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _ok(answer: tuple[str, list[Any]]) -> list[Any]:
    """What a server answered. Raises `imaplib.IMAP4.error` where it said no."""
    kind, said = answer
    if kind != "OK":
        raise imaplib.IMAP4.error(_joined(said))
    return [part for part in said if part is not None]


def _joined(said: list[Any]) -> str:
    """A server's words."""
    return b" ".join(part for part in said if isinstance(part, bytes)).decode("utf-8", "replace")


def _pairs(said: list[Any]) -> Iterator[tuple[bytes, bytes]]:
    """The contents in an answer, each with the words around it: some servers put the UID behind."""
    for number, part in enumerate(said):
        if isinstance(part, tuple):
            behind = said[number + 1] if number + 1 < len(said) else b""
            yield part[0] + (behind if isinstance(behind, bytes) else b""), part[1]


def _plain(error: Exception) -> str:
    """An error's words; the library hands on a server's as bytes."""
    said = error.args[0] if error.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(error)
