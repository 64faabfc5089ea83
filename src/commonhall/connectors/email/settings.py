"""What a council says of the mail to a back office, and what is wrong with it."""

from __future__ import annotations

import ssl
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from commonhall.connectors.email.letter import is_address, one_line
from commonhall.connectors.email.marks import LONGEST
from commonhall.connectors.rest.auth import Address
from commonhall.connectors.templates import compile_template

VARIABLES = ("case", "fields", "key", "tables")
TEMPLATES = ("to", "reply_to", "subject")
PORTS = {"starttls": 587, "tls": 465, "none": 25}
MAILBOX_PORTS = {"starttls": 143, "tls": 993, "none": 143}
MARK = "{mark}"
SHORTEST_SEAL = 16
MOST_RECIPIENTS = 20
Security = Literal["starttls", "tls", "none"]


class EmailSettings(BaseModel):
    """Where cases are mailed, through which server, and where mails that come back are seen.

    `to` (one address or several, with commas between), `reply_to` and `subject` are templates with CEL in them over `case`,
    `fields`, `key` and `tables`. `bounces` is the envelope's sender, which mails come back to: `{mark}` in it stands for what
    makes each known again. `mailbox_host` and what follows say where those are read over IMAP. `sheet`: a CSV goes along.
    With `token_url` both servers are shown a token instead of a password (XOAUTH2), by OAuth 2.0 client credentials.
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
    token_url: Address | None = None
    client_id: str | None = None
    scope: str | None = None

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
    client_secret: str | None = None
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
    if "{{" not in settings.to and not addresses_in(settings.to):
        found.append((("settings", "to"), "settings.to: give addresses of mail, with commas between"))

    def need(where: tuple[str, str], given: object, why: str) -> None:
        if not given:
            found.append((where, f"{'.'.join(where)} is missing: {why}"))

    if settings.token_url:
        for name, given in (("username", settings.username), ("client_id", settings.client_id)):
            need(("settings", name), given, "settings.token_url needs it")
        need(("secrets", "client_secret"), secrets.client_secret, "settings.token_url needs it")
    elif settings.username:
        need(("secrets", "password"), secrets.password, "settings.username needs it")
    if settings.mailbox_host:
        need(("settings", "mailbox_username"), settings.mailbox_username, "the mailbox needs it")
        if not settings.token_url:
            need(("secrets", "mailbox_password"), secrets.mailbox_password, "the mailbox needs it")
        need(("secrets", "seals"), secrets.seals, "without it anybody could say that a mail came back")
    if settings.bounces and MARK in settings.bounces:
        need(("secrets", "seals"), secrets.seals, f"{MARK} in settings.bounces needs it")
        if len(settings.bounces.partition("@")[0]) - len(MARK) + LONGEST > 64:
            words = f"settings.bounces: there is no room for {MARK}: have at most {64 - LONGEST} other letters before the @"
            found.append((("settings", "bounces"), words))
    return found


def addresses_in(text: str) -> tuple[str, ...]:
    """The addresses in a text, with commas between; none where one of them is no address."""
    found = tuple(dict.fromkeys(one.strip() for one in text.split(",") if one.strip()))
    return found if 0 < len(found) <= MOST_RECIPIENTS and all(map(is_address, found)) else ()
