"""What the operator decides, read from the environment. Every name starts with COMMONHALL_."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

from commonhall.app.mail_door import MailDoor, read_mail_door
from commonhall.casework.deliveries import Limits

LEAST_SECRET = 32


class SettingsRefused(Exception):  # noqa: N818
    """A setting is missing or wrong; the message names it and says what to do."""


@dataclass(frozen=True, slots=True)
class OperatorDoor:
    """Where operators sign in (OpenID Connect), and who they are: e-mail addresses in small letters."""

    issuer: str
    client_id: str
    client_secret: str
    people: frozenset[str]


@dataclass(frozen=True, slots=True)
class Settings:
    """The installation's settings.

    `database_url` is None for the embedded PostgreSQL in `data`. `finder_host` is the finder's host name;
    `port` is the one that people type (None where it is the scheme's own). `allow_private` lets connectors
    reach private addresses: for trying out, or where back offices are on the operator's own network.
    `poll_seconds` lie between two questions for updates to one back office. `proxies` are the addresses and
    networks, by comma, whose word is taken for who the client is (X-Forwarded-For); none by default.
    With `watch` the worker asks each live service's start page once a minute through its public address: off where that
    cannot be reached from inside, or all would seem to be down.
    With `check_links` the worker looks each day at links to councils' own pages; `contact` is where whoever wonders about
    such a visit may write to. `mail` is the server that takes mails to staff; without it none are sent. With `local_accounts` whoever reaches a workspace may choose whom to be: for trying out and development only.
    """

    data: Path
    database_url: str | None
    secret: bytes
    finder_host: str
    port: int | None
    https: bool
    map_style_url: str | None
    allow_private: bool
    pool_size: int
    delivery: Limits
    local_accounts: bool
    operator: OperatorDoor
    poll_seconds: int
    watch: bool
    check_links: bool
    contact: str
    proxies: str
    mail: MailDoor | None

    def url(self, host: str, path: str = "/") -> str:
        """The address of a page on one of this installation's hosts."""
        port = f":{self.port}" if self.port else ""
        return f"{'https' if self.https else 'http'}://{host}{port}{path}"

    def key(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose, derived from the secret."""
        return hashlib.blake2b(purpose.encode(), key=self.secret[:64], digest_size=32).digest()

    @property
    def look_key(self) -> str:
        """What the worker's own looks at pages carry, so that they are not counted as residents' requests."""
        return self.key("looks from outside").hex()[:32]


def read_settings(env: Mapping[str, str] | None = None) -> Settings:
    """Read the settings. Raises `SettingsRefused`."""
    given = os.environ if env is None else env

    def text(name: str, default: str = "") -> str:
        return given.get(f"COMMONHALL_{name}", default).strip()

    def flag(name: str, default: bool) -> bool:
        word = text(name, "yes" if default else "no").lower()
        if word not in {"yes", "no", "true", "false", "1", "0"}:
            raise SettingsRefused(f"COMMONHALL_{name} is '{word}': say yes or no")
        return word in {"yes", "true", "1"}

    def number(name: str, default: int) -> int:
        word = text(name, str(default))
        if not word.isdigit():
            raise SettingsRefused(f"COMMONHALL_{name} is '{word}': give a whole number")
        return int(word)

    data = Path(text("DATA", ".data")).expanduser().resolve()
    url = text("DATABASE_URL") or None
    if url and not url.startswith(("postgresql://", "postgres://")):
        raise SettingsRefused("COMMONHALL_DATABASE_URL must start with postgresql://")
    port = number("PORT", 8000)
    delivery = Limits(longest_try=number("TRY_SECONDS", 60), lease=number("LEASE_SECONDS", 300))
    if delivery.lease <= delivery.longest_try:
        raise SettingsRefused(
            f"COMMONHALL_LEASE_SECONDS is {delivery.lease}: it must be more than COMMONHALL_TRY_SECONDS "
            f"({delivery.longest_try}), or a slow back office would be sent the same case twice at once"
        )
    return Settings(
        data=data,
        database_url=url,
        secret=_secret(text("SECRET"), data, embedded=url is None),
        finder_host=text("HOST", "localhost"),
        port=port if port not in {80, 443} else None,
        https=flag("HTTPS", False),
        map_style_url=text("MAP_STYLE_URL") or None,
        allow_private=flag("ALLOW_PRIVATE_ADDRESSES", False),
        pool_size=number("POOL_SIZE", 8),
        delivery=delivery,
        local_accounts=flag("LOCAL_ACCOUNTS", False),
        operator=OperatorDoor(
            issuer=text("OPERATOR_ISSUER"),
            client_id=text("OPERATOR_CLIENT_ID"),
            client_secret=text("OPERATOR_CLIENT_SECRET"),
            people=frozenset(
                one.strip().lower() for one in text("OPERATOR_PEOPLE").split(",") if one.strip()
            ),
        ),
        poll_seconds=max(1, number("POLL_SECONDS", 60)),
        watch=flag("WATCH", True),
        check_links=flag("CHECK_LINKS", False),
        contact=text("CONTACT"),
        proxies=_proxies(text("PROXIES")),
        mail=_mail(text("SMTP_URL"), text("MAIL_FROM")),
    )


def _mail(url: str, sender: str) -> MailDoor | None:
    try:
        return read_mail_door(url, sender)
    except ValueError as error:
        raise SettingsRefused(str(error)) from None


def _proxies(given: str) -> str:
    """The addresses and networks, by comma; the server itself would pass over what it cannot read without a word."""
    named = [part.strip() for part in given.split(",") if part.strip()]
    for part in named:
        try:
            ip_network(part)
        except ValueError as error:
            why = "it would let everybody say who they are" if part == "*" else str(error)
            raise SettingsRefused(
                f"COMMONHALL_PROXIES names '{part}', but {why}: give the proxies' addresses (10.0.0.7) "
                "or networks (10.0.0.0/24), by comma"
            ) from None
    return ",".join(named)


def _secret(given: str, data: Path, *, embedded: bool) -> bytes:
    """The secret: the one given, or with the embedded database one that is made once and kept beside it."""
    if given:
        try:
            secret = base64.urlsafe_b64decode(given + "=" * (-len(given) % 4))
        except ValueError:
            secret = b""
        if len(secret) < LEAST_SECRET:
            raise SettingsRefused(
                "COMMONHALL_SECRET must be 32 bytes or more in base64: make one with `commonhall secret`"
            )
        return secret
    if not embedded:
        raise SettingsRefused(
            "COMMONHALL_SECRET is not set: make one with `commonhall secret` and give it to every process"
        )
    path = data / "secret"
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"secret.{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_bytes(secrets.token_bytes(LEAST_SECRET))
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_bytes()
