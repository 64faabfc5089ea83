"""How a REST back office is shown who asks: a key, a name and password, or a token that is asked for first."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote, quote_plus, urlencode

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from commonhall.connectors.http import Answer, Caller, storable
from commonhall.connectors.rest.request import base_fault, header_fault
from commonhall.engine.back_office import DeliveryFailed

USUAL_LIFE = 300
"""Seconds that a token holds whose answer does not say."""
SPARE = timedelta(seconds=30)
ASSERTION_LIFE = 180
SHORTEST_SECRET = 4
"""A shorter one is no secret, and stands in every second word."""


def _checked(address: str) -> str:
    if wrong := base_fault(address.partition("?")[0]):
        raise ValueError(wrong)
    return address


Address = Annotated[str, AfterValidator(_checked)]


class _Auth(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NoAuth(_Auth):
    """Whoever reaches it may ask."""

    type: Literal["none"] = "none"


class KeyAuth(_Auth):
    """The key (`secrets.key`) in a header, with words before it, or in the query."""

    type: Literal["key"]
    header: str | None = None
    prefix: str = ""
    query: str | None = None

    @model_validator(mode="after")
    def _is_in_one_place(self) -> Self:
        if self.query and (self.header or self.prefix):
            raise ValueError(
                "a key stands in a header, which may have a prefix, or in the query, not in both"
            )
        if self.header and (wrong := header_fault(self.header)):
            raise ValueError(wrong)
        return self


class BasicAuth(_Auth):
    """A name and `secrets.password`."""

    type: Literal["basic"]
    username: str


class ClientCredentials(_Auth):
    """OAuth 2.0 client credentials (RFC 6749, 4.4) with `secrets.client_secret`, in the form or as Basic."""

    type: Literal["oauth2"]
    token_url: Address
    client_id: str
    scope: str | None = None
    parameters: dict[str, str] = {}
    send: Literal["form", "basic"] = "form"


class JwtBearer(_Auth):
    """OAuth 2.0 JWT bearer (RFC 7523, 2.1): an assertion signed with `secrets.private_key` (PEM, RS256)."""

    type: Literal["jwt"]
    token_url: Address
    issuer: str
    subject: str
    audience: str
    parameters: dict[str, str] = {}


Auth = Annotated[NoAuth | KeyAuth | BasicAuth | ClientCredentials | JwtBearer, Field(discriminator="type")]

_NEEDED: Mapping[str, str] = {
    "key": "key",
    "basic": "password",
    "oauth2": "client_secret",
    "jwt": "private_key",
}
"""Which secret each way needs."""


def secret_faults(auth: _Auth, secrets: Mapping[str, str | None]) -> list[tuple[tuple[str | int, ...], str]]:
    """What a way of signing in needs and has not got, each with its place."""
    way = getattr(auth, "type", "none")
    needed = _NEEDED.get(way)
    if needed is None:
        return []
    given = secrets.get(needed)
    if not given:
        return [(("secrets", needed), f"secrets.{needed} is missing: {way} needs it")]
    if needed == "private_key" and _rsa_key(given) is None:
        return [(("secrets", needed), f"secrets.{needed} is no private RSA key in PEM without a password")]
    return []


def _rsa_key(pem: str) -> RSAKey | None:
    try:
        key = RSAKey.import_key(pem)
    except (JoseError, ValueError, TypeError):
        return None
    return key if key.is_private else None


@dataclass(slots=True)
class SignIn:
    """Shows who asks. A token is kept until shortly before it ends, or until it is refused."""

    auth: NoAuth | KeyAuth | BasicAuth | ClientCredentials | JwtBearer
    secrets: Mapping[str, str | None]
    caller: Caller
    clock: Callable[[], datetime]
    _token: str = field(default="", init=False)
    _until: datetime | None = field(default=None, init=False)

    async def head(self) -> tuple[dict[str, str], dict[str, str]]:
        """What goes with a request: (headers, query). Raises `DeliveryFailed` where no token is to be had."""
        match self.auth:
            case KeyAuth(header=header, prefix=prefix, query=query):
                key = self.secrets.get("key") or ""
                if query:
                    return {}, {query: key}
                return {(header or "authorization").lower(): f"{prefix}{key}"}, {}
            case BasicAuth(username=username):
                return {"authorization": _basic(username, self.secrets.get("password") or "")}, {}
            case ClientCredentials() | JwtBearer():
                return {"authorization": f"Bearer {await self._bearer()}"}, {}
        return {}, {}

    def forget(self, shown: Mapping[str, str]) -> bool:
        """Let a token go that was refused; whether it was one, so that another may be asked for."""
        if not isinstance(self.auth, ClientCredentials | JwtBearer):
            return False
        if shown.get("authorization") == f"Bearer {self._token}":
            self._token = ""
        return True

    def hushed(self, failure: DeliveryFailed) -> DeliveryFailed:
        """The same failure without our secrets, which a back office may say in its answer."""
        words = failure.reason
        known = [text for text in (*self.secrets.values(), self._token) if text]
        for text in filter(lambda text: len(text) >= SHORTEST_SECRET, known):
            for spelt in (text, text.strip(), quote(text, safe=""), json.dumps(text)[1:-1]):
                words = words.replace(spelt, "[a secret]")
        return DeliveryFailed(words, permanent=failure.permanent, retry_after=failure.retry_after)

    async def _bearer(self) -> str:
        if self._token and self._until is not None and self.clock() < self._until:
            return self._token
        form, headers = self._form()
        headers |= {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        assert isinstance(self.auth, ClientCredentials | JwtBearer)
        body = urlencode(form).encode()
        answer = await self.caller.call("POST", self.auth.token_url, headers=headers, content=body)
        found = _json(answer)
        token = found.get("access_token")
        if answer.status != 200 or not isinstance(token, str) or not token:
            said = found.get("error_description") or found.get("error") or ""
            words = f"no token was given ({answer.status}{f': {storable(str(said))[:200]}' if said else ''})"
            raise DeliveryFailed(f"{words}: check the client's id, its secret and the token's address")
        life = found.get("expires_in", USUAL_LIFE)
        seconds = int(life) if isinstance(life, int | str) and str(life).isdigit() else USUAL_LIFE
        self._token = token
        self._until = self.clock() + max(timedelta(seconds=min(seconds, 86400)) - SPARE, timedelta())
        return token

    def _form(self) -> tuple[dict[str, str], dict[str, str]]:
        if isinstance(self.auth, JwtBearer):
            grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
            return {"grant_type": grant, "assertion": self._assertion(), **self.auth.parameters}, {}
        assert isinstance(self.auth, ClientCredentials)
        form = {"grant_type": "client_credentials", **self.auth.parameters}
        if self.auth.scope:
            form["scope"] = self.auth.scope
        secret = self.secrets.get("client_secret") or ""
        if self.auth.send == "basic":
            # RFC 6749, 2.3.1: each is encoded as in a form first.
            return form, {"authorization": _basic(quote_plus(self.auth.client_id), quote_plus(secret))}
        return {**form, "client_id": self.auth.client_id, "client_secret": secret}, {}

    def _assertion(self) -> str:
        assert isinstance(self.auth, JwtBearer)
        now = int(self.clock().timestamp())
        claims = {
            "iss": self.auth.issuer,
            "sub": self.auth.subject,
            "aud": self.auth.audience,
            "iat": now,
            "exp": now + ASSERTION_LIFE,
        }
        key = _rsa_key(self.secrets.get("private_key") or "")
        if key is None:
            raise DeliveryFailed("secrets.private_key is no private RSA key in PEM: enter it again")
        return jwt.encode({"alg": "RS256"}, claims, key)


def _basic(username: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}"


def _json(answer: Answer) -> dict[str, Any]:
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
