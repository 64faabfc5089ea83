"""A mail handed to a mail server: over the line that was checked, and what the server's answers mean.

What an answer means for a case is decided here, once. A mail server says 4yz for *not now*. Of 5yz, by the enhanced
status that stands before its words (RFC 3463):

- x.6.z (what is in the mail), x.2.3 and x.3.4 (it is too long): *no to this case*, whoever said it and when.
- x.1.z (there is no such mailbox), x.2.z (it is full, or closed), x.3.z, x.4.z (the way there), x.5.z (we were not
  understood), x.7.z (we are not let in, or a policy holds it back, as greylisting does): a setting or a rule that
  somebody puts right. Every waiting case would fail the same way, so none is given up.
- x.0.z or no enhanced status: *no to this case* where the server had read the mail (550, 552, 553, 554), and where it
  answers 552 to the size that we announce; otherwise *not now*.
"""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import cast

import aiosmtplib

from commonhall.connectors.http import Patience, storable
from commonhall.connectors.places import allowed_addresses, is_public
from commonhall.engine.back_office import DeliveryFailed

LONGEST_GOODBYE = 2.0
_ENHANCED = re.compile(r"[245]\.([0-9]{1,3})\.([0-9]{1,3})\b")
_TOO_LONG = frozenset({(2, 3), (3, 4)})
_READ_AND_REFUSED = frozenset({550, 552, 553, 554})


class NotLetIn(DeliveryFailed):
    """A server did not believe who we are."""


class Stage(StrEnum):
    """How far a conversation has come, as staff are told it."""

    GREETING = "at the greeting"
    TLS = "when it was asked to encrypt"
    SIGN_IN = "when we signed in"
    SENDER = "to the sender"
    RECIPIENT = "to the recipient"
    MAIL = "to the mail"


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail and its envelope. `mark` is its envelope id where a server takes one."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    mark: str = ""


def trust(name: str, authority: str | None) -> ssl.SSLContext:
    """How a server's certificate is checked: it must be this name's, by an authority that everybody knows or by this one."""
    context = _For(ssl.PROTOCOL_TLS_CLIENT)
    context.name = name
    if authority:
        context.load_verify_locations(cadata=authority)
    else:
        context.load_default_certs()
    return context


class _For(ssl.SSLContext):
    """Asks for the certificate of one name, whatever address is called."""

    name = ""

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """The encrypted side of a connection, to the name."""
        return super().wrap_bio(incoming, outgoing, server_side, self.name, session)


@dataclass(frozen=True, slots=True)
class Line:
    """Where a server of mail is and who we are there. `tls` is None where nothing is encrypted: in private networks alone."""

    host: str
    port: int
    tls: ssl.SSLContext | None
    tls_at_once: bool
    username: str | None
    password: str | None = field(repr=False)
    allow_private: bool
    patience: Patience
    token: str = field(default="", repr=False)
    """Shown instead of a password, where there is one (XOAUTH2)."""

    @property
    def bearer(self) -> bytes:
        """The token with its user, as XOAUTH2 writes them."""
        return f"user={self.username or ''}\x01auth=Bearer {self.token}\x01\x01".encode()

    def check_plain(self, address: str) -> None:
        """Refuse to speak without encryption to an address of the internet. Raises `DeliveryFailed`."""
        if self.tls is None and is_public(address):
            raise DeliveryFailed(
                f"{self.host} is on the internet, where nothing is sent without encryption: choose starttls or tls"
            )

    def hush(self, text: str) -> str:
        """A server's words without our password and token, which some repeat."""
        shown = base64.b64encode(self.bearer).decode() if self.token else ""
        known = (shown, self.token, *_spellings(self.username or "", self.password or ""))
        for secret in filter(None, known):
            text = text.replace(secret, "…")
        return storable(" ".join(text.split()))[:300]

    async def post(self, letter: Letter) -> None:
        """Hand over a mail. When this comes back the server has it; otherwise it raises `DeliveryFailed`."""
        talk = _Talk(self)
        try:
            async with asyncio.timeout(self.patience.whole):
                addresses = await asyncio.to_thread(
                    allowed_addresses, self.host, self.port, self.allow_private
                )
                await talk.begin(addresses)
                await talk.hand_over(letter)
                await talk.end()
        except TimeoutError:
            raise DeliveryFailed(
                f"no answer in time {talk.stage}; whether it was accepted is not known"
            ) from None
        except aiosmtplib.SMTPResponseException as said:
            raise refused(talk.stage, said.code, self.hush(said.message), len(letter.content)) from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise self._broken(talk.stage, error) from None
        finally:
            talk.hang_up()

    def _broken(self, stage: Stage, error: BaseException) -> DeliveryFailed:
        believed: BaseException | None = error
        while believed is not None and not isinstance(believed, ssl.SSLCertVerificationError):
            believed = believed.__cause__ or believed.__context__
        if isinstance(believed, ssl.SSLCertVerificationError):
            words = storable(believed.verify_message)
            return DeliveryFailed(f"the certificate of {self.host} is not believed: {words}")
        words = self.hush(str(error)) or type(error).__name__
        if stage is Stage.TLS and isinstance(error, aiosmtplib.SMTPException):
            words += ": choose tls, or ask its operator for STARTTLS"
        if stage is Stage.GREETING:
            return DeliveryFailed(f"the mail server could not be reached ({words})")
        return DeliveryFailed(f"the mail server broke off {stage} ({words}); it is tried again")


class _Talk:
    """One conversation."""

    def __init__(self, line: Line) -> None:
        self.stage = Stage.GREETING
        self._line = line
        self._smtp: aiosmtplib.SMTP | None = None
        self._transports: list[asyncio.WriteTransport] = []

    async def begin(self, addresses: Sequence[str]) -> None:
        """Connect, encrypt, sign in."""
        line = self._line
        self._smtp = smtp = await self._reach(addresses)
        peer, own = smtp.get_transport_info("peername"), smtp.get_transport_info("sockname")
        line.check_plain(str(peer[0]))
        # The name of this machine is nobody's business, and often no name of the internet's: RFC 5321, 4.1.4.
        smtp.local_hostname = f"[IPv6:{own[0]}]" if ":" in str(own[0]) else f"[{own[0]}]"
        if line.tls is not None and not line.tls_at_once:
            self.stage = Stage.TLS
            await smtp.starttls(server_hostname=line.host)
            self._keep(smtp)
        self.stage = Stage.SIGN_IN
        if line.token:
            await smtp.auth_xoauth2(line.username or "", line.token)
        elif line.username:
            await smtp.login(line.username, line.password or "")
        else:
            await smtp.ehlo()

    async def _reach(self, addresses: Sequence[str]) -> aiosmtplib.SMTP:
        line = self._line
        for left, address in zip(reversed(range(len(addresses))), addresses, strict=True):
            smtp = aiosmtplib.SMTP(
                hostname=address, port=line.port, local_hostname="localhost", timeout=line.patience.answer,
                use_tls=line.tls_at_once, start_tls=False, tls_context=line.tls,
            )  # fmt: skip
            try:
                # Some let people wait before they greet them, to be rid of those in a hurry.
                await smtp.connect(timeout=line.patience.connect if left else line.patience.answer)
            except aiosmtplib.SMTPConnectError:
                if left:
                    continue
                raise
            self._keep(smtp)
            return smtp
        raise OSError("the host has no address")

    def _keep(self, smtp: aiosmtplib.SMTP) -> None:
        if smtp.transport is not None:
            self._transports.append(cast(asyncio.WriteTransport, smtp.transport))

    async def hand_over(self, letter: Letter) -> None:
        """Give the envelope and the mail. One recipient who is refused is enough: then nobody gets it."""
        smtp = self._smtp
        assert smtp is not None
        sizes, notices = [], []
        if smtp.supports_extension("size"):
            most = smtp.esmtp_extensions.get("size", "").strip()
            if most.isdigit() and 0 < int(most) < len(letter.content):
                raise _too_long(len(letter.content), f"the mail server takes {int(most):,}")
            sizes.append(f"SIZE={len(letter.content)}")
        if smtp.supports_extension("dsn"):
            # RFC 3461: the headers are enough of what comes back, and the mark stands in what is said of it.
            sizes += ["RET=HDRS", *([f"ENVID={letter.mark}"] if letter.mark else [])]
            notices = ["NOTIFY=FAILURE"]
        self.stage = Stage.SENDER
        await smtp.mail(letter.sender, options=sizes)
        self.stage = Stage.RECIPIENT
        for recipient in letter.recipients:
            await smtp.rcpt(recipient, options=notices)
        self.stage = Stage.MAIL
        await smtp.data(letter.content)

    async def end(self) -> None:
        """Take leave; who does not answer to that has the mail all the same."""
        assert self._smtp is not None
        with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
            await self._smtp.quit(timeout=LONGEST_GOODBYE)

    def hang_up(self) -> None:
        """End every connection without a word, if it is still there."""
        if self._smtp is not None:
            self._smtp.close()
        for transport in self._transports:
            transport.abort()


def refused(stage: Stage, code: int, words: str, size: int) -> DeliveryFailed:
    """What a server's no means, as the head of this module says."""
    said = f"the mail server said {stage}: {code if code > 0 else ''} {words}".replace(":  ", ": ").strip()
    found = _ENHANCED.match(words)
    subject, detail = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 500 <= code < 600:
        return DeliveryFailed(said)
    if (subject, detail) in _TOO_LONG or (subject == 0 and code == 552 and stage is Stage.SENDER):
        return _too_long(size, said)
    if subject == 6 or (subject == 0 and stage is Stage.MAIL and code in _READ_AND_REFUSED):
        return DeliveryFailed(said, permanent=True)
    if stage is Stage.SIGN_IN:
        return NotLetIn(f"{said}: correct the user name and the password")
    hint = ": correct the address that cases go to" if stage is Stage.RECIPIENT and subject == 1 else ""
    return DeliveryFailed(f"{said}{hint}")


def _too_long(size: int, words: str) -> DeliveryFailed:
    return DeliveryFailed(
        f"the mail has {size:,} bytes, which is too long: {words}. Ask for a higher limit, or leave photos out (photos: no),"
        " then send it again",
        permanent=True,
    )


def _spellings(username: str, password: str) -> tuple[str, ...]:
    """A password as it may come back in a server's words."""
    if len(password) < 4:
        return ()
    plain = f"\0{username}\0{password}".encode()
    return (base64.b64encode(plain).decode(), base64.b64encode(password.encode()).decode(), password)
