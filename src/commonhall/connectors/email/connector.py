"""The email connector: a mail for each case, and those that come back seen as not delivered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import httpx2

from commonhall.connectors.csv_sftp.sheet import Shape, usual_cells, write_sheet
from commonhall.connectors.email.bounces import read_bounce
from commonhall.connectors.email.letter import Head, is_address, one_line, write_letter
from commonhall.connectors.email.mailbox import Mail, Mailbox
from commonhall.connectors.email.marks import Marks
from commonhall.connectors.email.posting import Letter, Line, NotLetIn, trust
from commonhall.connectors.email.settings import (
    MAILBOX_PORTS,
    MARK,
    PORTS,
    TEMPLATES,
    VARIABLES,
    EmailSecrets,
    EmailSettings,
    Security,
    addresses_in,
    faults,
)
from commonhall.connectors.http import Caller, Patience
from commonhall.connectors.kinds import Kind
from commonhall.connectors.mapped import case_values
from commonhall.connectors.rest.auth import ClientCredentials, SignIn
from commonhall.connectors.templates import Unfilled, as_values, compile_template
from commonhall.engine.back_office import (
    CaseForDelivery,
    DeliveryFailed,
    News,
    Receipt,
    Returned,
    SetUpField,
    StatusUpdate,
    UpdateRefused,
)

USUAL_PATIENCE = Patience(answer=40.0, whole=55.0)
"""Mail servers look a mail through before they answer, and some let people wait before they greet them."""


class EmailConnector:
    """Mails each case, and looks for those that came back."""

    kind = "email"

    def __init__(
        self,
        settings: EmailSettings,
        secrets: EmailSecrets,
        http: httpx2.AsyncClient,
        clock: Callable[[], datetime],
        *,
        allow_private: bool = False,
        patience: Patience | None = None,
    ) -> None:
        self._settings = settings
        self._marks = Marks(secrets.seals)
        self._clock = clock
        self._templates = {
            name: compile_template(getattr(settings, name) or "", VARIABLES)[0] for name in TEMPLATES
        }
        wait = patience or USUAL_PATIENCE

        def line(
            host: str, port: int, security: Security, username: str | None, password: str | None
        ) -> Line:
            tls = None if security == "none" else trust(host, secrets.authority)
            return Line(host, port, tls, security == "tls", username, password, allow_private, wait)

        port = settings.port or PORTS[settings.security]
        self._post = line(settings.host, port, settings.security, settings.username, secrets.password)
        self._mailbox: Mailbox | None = None
        if settings.mailbox_host:
            security = settings.mailbox_security
            port = settings.mailbox_port or MAILBOX_PORTS[security]
            there = line(settings.mailbox_host, port, security, settings.mailbox_username, secrets.mailbox_password)  # fmt: skip
            self._mailbox = Mailbox(there, settings.mailbox_folder)
        self._sign_in: SignIn | None = None
        if settings.token_url:
            auth = ClientCredentials(
                type="oauth2",
                token_url=settings.token_url,
                client_id=settings.client_id or "",
                scope=settings.scope,
            )
            given = {"client_secret": secrets.client_secret}
            self._sign_in = SignIn(auth, given, Caller(http, allow_private, patience or Patience()), clock)
        self._seen: dict[str, Returned | None] = {}
        self.can = frozenset({"deliver", "updates"} if self._mailbox else {"deliver"})

    async def deliver(self, case: CaseForDelivery, idempotency_key: str) -> Receipt:
        """Mail the case; the mail's id is the same for the same key. Mail gives no number: the receipt has none."""
        settings = self._settings
        values = as_values(
            case=case_values(case), fields=case.fields, key=idempotency_key, tables=settings.tables
        )
        to = self._filled("to", values)
        recipients = addresses_in(to)
        if not recipients:
            raise DeliveryFailed(f"'{one_line(to)[:100]}' is no address of mail: correct settings.to")
        reply_to = self._filled("reply_to", values).strip()
        mark = self._marks.of(case.reference)
        head = Head(
            settings.sender,
            settings.sender_name,
            recipients,
            # What a resident gave as an address must not hold up the case: it stands in the mail in any case.
            reply_to if is_address(reply_to) else "",
            self._filled("subject", values),
            mark,
        )
        files = [(file, await file.read()) for file in case.files] if settings.photos else []
        sheet = None
        if settings.sheet:
            sheet = write_sheet(usual_cells(case, idempotency_key), Shape(encoding="utf-8-bom"))
        content = await asyncio.to_thread(
            write_letter, case, idempotency_key, head, self._clock(), files, sheet
        )
        back_to = (settings.bounces or settings.sender).replace(MARK, mark)
        async with self._signed_in(self._post) as line:
            await line.post(Letter(back_to, recipients, content, mark))
        return Receipt(None)

    @asynccontextmanager
    async def _signed_in(self, line: Line) -> AsyncIterator[Line]:
        """The line with a token, where one is shown. One that is refused is let go, so that another is asked for."""
        if self._sign_in is None:
            yield line
            return
        shown: dict[str, str] = {}
        try:
            shown, _ = await self._sign_in.head()
            yield replace(line, token=shown["authorization"].removeprefix("Bearer "))
        except NotLetIn:
            self._sign_in.forget(shown)
            raise
        except DeliveryFailed as failure:
            raise self._sign_in.hushed(failure) from None

    def _filled(self, name: str, values: Mapping[str, Any]) -> str:
        try:
            return self._templates[name].text(values)
        except Unfilled as why:
            raise DeliveryFailed(f"settings.{name} cannot be filled: {why}") from None

    async def updates(self, since: datetime) -> Sequence[News]:
        """The mails that came back since then. The mailbox is only looked at: it is the council's to tidy."""
        if self._mailbox is None:
            return []
        async with self._signed_in(self._mailbox.line) as line:
            look = await replace(self._mailbox, line=line).look(since, self._seen)
        self._seen |= dict.fromkeys(look.passed)
        self._seen |= {mail.place: self._returned(mail) for mail in look.reports}
        # What is no longer looked at is forgotten: it would be read again if it were asked for.
        self._seen = {place: self._seen[place] for place in look.places if place in self._seen}
        if look.more:
            raise DeliveryFailed(f"{look.more} more reports of mails that came back are read the next time")
        found = [one for one in self._seen.values() if one is not None]
        return sorted(found, key=lambda one: one.at)

    def _returned(self, mail: Mail) -> Returned | None:
        """Whose mail came back, and why; None where it is no such report, or none of ours."""
        bounce = read_bounce(mail.content)
        if bounce is None:
            return None
        for place in bounce.places:
            reference = self._marks.read(place)
            if reference:
                return Returned(bounce.id, mail.arrived, bounce.reason, reference)
        return None

    def receive(self, headers: Mapping[str, str], body: bytes) -> list[StatusUpdate]:
        """It sends mail and looks for what comes back; nothing is pushed."""
        raise UpdateRefused("this connector sends mail: nothing can be pushed to it")


_SECURITY = (
    ("starttls", "STARTTLS"),
    ("tls", "TLS from the first word"),
    ("none", "None, in a private network"),
)
KIND = Kind(
    "email",
    EmailSettings,
    EmailSecrets,
    EmailConnector,
    (
        SetUpField("host", "Mail server", "Its name, such as smtp.example.gov.uk", needed=True),
        SetUpField("port", "Port", "587 where it is not said, 465 with TLS, 25 without encryption", "number"),
        SetUpField("security", "Encryption", "", "choice", choices=_SECURITY, usual="starttls"),
        SetUpField("username", "User name", "Where the server asks for one"),
        SetUpField("password", "Password", "Of that user", "secret"),
        SetUpField("sender", "Sender", "The address that mails are from", needed=True),
        SetUpField("sender_name", "Sender’s name", "Such as Example Council online services"),
        SetUpField("to", "Recipients", "Addresses, with commas between; {{ case.service }} and the like may stand in them", needed=True),
        SetUpField("reply_to", "Answers go to", "An address, or {{? case.email }} for the person who made the case"),
        SetUpField("subject", "Subject", "", usual="{{ case.reference }}: {{ case.summary }}"),
        SetUpField("tables", "Tables", "Our words to yours, for the templates", "yaml"),
        SetUpField("photos", "Send photos along", "", "yes-no", usual="yes"),
        SetUpField("sheet", "Send a CSV along", "What the case has, in one row", "yes-no", usual="no"),
        SetUpField("bounces", "Mails come back to", "The sender, where it is not said. bounces+{mark}@example.gov.uk makes each known"),
        SetUpField("mailbox_host", "Server of the mailbox that they come back to", "By IMAP; without one nobody here sees them"),
        SetUpField("mailbox_port", "Port of the mailbox", "993 where it is not said, 143 with STARTTLS", "number"),
        SetUpField("mailbox_security", "Encryption of the mailbox", "", "choice", choices=_SECURITY, usual="tls"),
        SetUpField("mailbox_username", "User name of the mailbox", ""),
        SetUpField("mailbox_password", "Password of the mailbox", "", "secret"),
        SetUpField("mailbox_folder", "Folder of the mailbox", "", usual="INBOX"),
        SetUpField(
            "seals",
            "Seals",
            "What makes a mail that came back believed: one of at least 16 characters, to a line, for this connector alone. While one is changed there are two",
            "secrets",
        ),
        SetUpField("token_url", "Address that gives tokens", "Where the servers take tokens and no passwords, as Microsoft 365 does (OAuth 2.0)"),
        SetUpField("client_id", "Client’s id", "With an address that gives tokens"),
        SetUpField("scope", "Scope", "Such as https://outlook.office365.com/.default"),
        SetUpField("client_secret", "Client’s secret", "", "secret"),
        SetUpField("authority", "Certificate of your own authority", "As PEM, where it signs the servers’", "secret-text"),
    ),
    about="A team’s mailbox, or a program that reads mail; mails that come back are seen",
    faults=faults,
)  # fmt: skip
"""What this kind is."""
