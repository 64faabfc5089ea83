"""The email connector: a mail for each case, and those that come back seen as not delivered."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import httpx2
from pydantic import BaseModel, ConfigDict, Field, field_validator

from commonhall.connectors.csv_sftp.sheet import Shape, usual_cells, write_sheet
from commonhall.connectors.email.bounces import read_bounce
from commonhall.connectors.email.letter import Head, is_address, one_line, write_letter
from commonhall.connectors.email.mailbox import Mail, Mailbox
from commonhall.connectors.email.marks import LONGEST, Marks
from commonhall.connectors.email.posting import Letter, Line, trust
from commonhall.connectors.http import Patience
from commonhall.connectors.kinds import Kind
from commonhall.connectors.mapped import case_values
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

VARIABLES = ("case", "fields", "key", "tables")
TEMPLATES = ("to", "reply_to", "subject")
PORTS = {"starttls": 587, "tls": 465, "none": 25}
MAILBOX_PORTS = {"starttls": 143, "tls": 993, "none": 143}
MARK = "{mark}"
SHORTEST_SEAL = 16
MOST_RECIPIENTS = 20
Security = Literal["starttls", "tls", "none"]
USUAL_PATIENCE = Patience(answer=40.0, whole=55.0)
"""Mail servers look a mail through before they answer, and some let people wait before they greet them."""


class EmailSettings(BaseModel):
    """Where cases are mailed, through which server, and where mails that come back are seen.

    `to` (one address or several, with commas between), `reply_to` and `subject` are templates with CEL in them over `case`,
    `fields`, `key` and `tables`. `bounces` is the envelope's sender, which mails come back to: `{mark}` in it stands for what
    makes each known again. `mailbox_host` and what follows say where those are read over IMAP. `sheet`: a CSV goes along.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(min_length=1)
    port: int | None = Field(default=None, ge=1, le=65535)
    security: Security = "starttls"
    username: str | None = None
    sender: str
    sender_name: str = ""
    to: str
    reply_to: str | None = None
    subject: str = "{{ case.reference }}: {{ case.summary }}"
    photos: bool = True
    sheet: bool = False
    tables: dict[str, dict[str, Any]] = {}
    bounces: str | None = None
    mailbox_host: str | None = None
    mailbox_port: int | None = Field(default=None, ge=1, le=65535)
    mailbox_security: Security = "tls"
    mailbox_username: str | None = None
    mailbox_folder: str = "INBOX"

    @field_validator("sender")
    @classmethod
    def _is_address(cls, text: str) -> str:
        if not is_address(text):
            raise ValueError("give an address of mail, such as cases@example.gov.uk")
        return text

    @field_validator("bounces")
    @classmethod
    def _is_address_with_mark(cls, text: str | None) -> str | None:
        if text is not None and not (is_address(text.replace(MARK, "m")) and text.count(MARK) < 2):
            raise ValueError(f"give an address of mail, such as bounces+{MARK}@example.gov.uk")
        return text

    @field_validator("sender_name", "username", "mailbox_username", "mailbox_folder")
    @classmethod
    def _is_one_line(cls, text: str | None) -> str | None:
        if text is not None and one_line(text) != text.replace("\u00a0", " "):
            raise ValueError("give one line without spaces around it")
        return text

    @field_validator("mailbox_folder")
    @classmethod
    def _is_plain(cls, text: str) -> str:
        if not text.isascii():
            raise ValueError(
                "give a folder whose name has plain letters alone: IMAP writes others in a way of its own"
            )
        return text


class EmailSecrets(BaseModel):
    """Passwords; what mails are sealed with (while it is being changed there are two: both are known); and, where the
    servers' certificates are by an authority of one's own, that authority's certificate as PEM."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    password: str | None = None
    mailbox_password: str | None = None
    seals: list[str] = Field(default=[], max_length=4)
    authority: str | None = None

    @field_validator("seals")
    @classmethod
    def _are_long(cls, seals: list[str]) -> list[str]:
        if any(len(seal) < SHORTEST_SEAL for seal in seals):
            raise ValueError(
                f"each must have at least {SHORTEST_SEAL} characters: commonhall secret makes one"
            )
        return seals

    @field_validator("authority")
    @classmethod
    def _is_certificate(cls, text: str | None) -> str | None:
        if text:
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
            except (ssl.SSLError, ValueError):
                raise ValueError(
                    "give the authority's certificate as PEM: it begins with BEGIN CERTIFICATE"
                ) from None
        return text


def faults(settings: EmailSettings, secrets: EmailSecrets) -> list[tuple[tuple[str | int, ...], str]]:
    """What is wrong with the templates, and what one setting needs of another or of the secrets."""
    found: list[tuple[tuple[str | int, ...], str]] = []
    for name in TEMPLATES:
        _, wrong = compile_template(getattr(settings, name) or "", VARIABLES)
        found += [(("settings", name), f"settings.{name}: {one.message}") for one in wrong]
    if "{{" not in settings.to and not _addresses(settings.to):
        found.append((("settings", "to"), "settings.to: give addresses of mail, with commas between"))

    def need(where: tuple[str, str], given: object, why: str) -> None:
        if not given:
            found.append((where, f"{'.'.join(where)} is missing: {why}"))

    if settings.username:
        need(("secrets", "password"), secrets.password, "settings.username needs it")
    if settings.mailbox_host:
        need(("settings", "mailbox_username"), settings.mailbox_username, "the mailbox needs it")
        need(("secrets", "mailbox_password"), secrets.mailbox_password, "the mailbox needs it")
        need(("secrets", "seals"), secrets.seals, "without it anybody could say that a mail came back")
    if settings.bounces and MARK in settings.bounces:
        need(("secrets", "seals"), secrets.seals, f"{MARK} in settings.bounces needs it")
        if len(settings.bounces.partition("@")[0]) - len(MARK) + LONGEST > 64:
            words = f"settings.bounces: there is no room for {MARK}: have at most {64 - LONGEST} other letters before the @"
            found.append((("settings", "bounces"), words))
    return found


def _addresses(text: str) -> tuple[str, ...]:
    """The addresses in a text, with commas between; none where one of them is no address."""
    found = tuple(dict.fromkeys(one.strip() for one in text.split(",") if one.strip()))
    return found if 0 < len(found) <= MOST_RECIPIENTS and all(map(is_address, found)) else ()


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
        self._seen: dict[str, Returned | None] = {}
        self.can = frozenset({"deliver", "updates"} if self._mailbox else {"deliver"})

    async def deliver(self, case: CaseForDelivery, idempotency_key: str) -> Receipt:
        """Mail the case; the mail's id is the same for the same key. Mail gives no number: the receipt has none."""
        settings = self._settings
        values = as_values(
            case=case_values(case), fields=case.fields, key=idempotency_key, tables=settings.tables
        )
        to = self._filled("to", values)
        recipients = _addresses(to)
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
        await self._post.post(Letter(back_to, recipients, content, mark))
        return Receipt(None)

    def _filled(self, name: str, values: Mapping[str, Any]) -> str:
        try:
            return self._templates[name].text(values)
        except Unfilled as why:
            raise DeliveryFailed(f"settings.{name} cannot be filled: {why}") from None

    async def updates(self, since: datetime) -> Sequence[News]:
        """The mails that came back since then. The mailbox is only looked at: it is the council's to tidy."""
        if self._mailbox is None:
            return []
        look = await self._mailbox.look(since, self._seen)
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
        SetUpField("authority", "Certificate of your own authority", "As PEM, where it signs the servers’", "secret-text"),
    ),
    about="A team’s mailbox, or a program that reads mail; mails that come back are seen",
    faults=faults,
)  # fmt: skip
"""What this kind is."""
