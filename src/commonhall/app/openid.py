"""OpenID Connect: staff sign in where their council's staff always do. Authorization code flow with PKCE (RFC 7636).

Nothing is kept between going to the provider and coming back but what the browser holds, encrypted: state, nonce,
verifier, and where to go afterwards. Rules: OpenID Connect Core 1.0, sections 3.1.2 and 3.1.3.7; Discovery 1.0, section 4;
RP-Initiated Logout 1.0; RFC 9207 (`iss` in the answer).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
import msgspec
from cryptography.fernet import Fernet, InvalidToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from commonhall.engine.sign_in import Going, SignInFailed, Vouched

ALGORITHMS = ("RS256", "ES256", "PS256", "EdDSA", "Ed25519")
"""Signatures that are believed: none by a shared secret, and never none."""
LONGEST_SIGN_IN = 600
LEEWAY = 60
"""Seconds that a provider's clock may differ."""
KEPT = 3600.0
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class Client:
    """What a provider knows this installation as."""

    issuer: str
    client_id: str
    secret: str | None


class _Saved(msgspec.Struct):
    state: str
    nonce: str
    verifier: str
    to: str
    issuer: str


@dataclass
class _Known:
    """What was read of a provider, and when."""

    config: dict[str, Any]
    keys: KeySet
    at: datetime
    keys_at: datetime


class OpenId:
    """Speaks to providers. What they say of themselves is kept for an hour; an unknown key is asked for once a minute."""

    def __init__(
        self, http: httpx2.AsyncClient, key: bytes, clock: Callable[[], datetime], *, allow_private: bool
    ) -> None:
        self._http = http
        self._fernet = Fernet(base64.urlsafe_b64encode(key))
        self._clock = clock
        self._allow_private = allow_private
        self._known: dict[str, _Known] = {}

    async def begin(self, client: Client, back: str, to: str) -> Going:
        """Where to send the browser, and what it is to hold until it is `back`. Raises `SignInFailed`."""
        known = await self._provider(client.issuer)
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        saved = _Saved(state, nonce, verifier, to, client.issuer)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(saved.verifier.encode()).digest()).rstrip(b"=")
        query = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": back,
            "scope": "openid email profile",
            "state": saved.state,
            "nonce": saved.nonce,
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
        }
        url = f"{known.config['authorization_endpoint']}?{urlencode(query)}"
        return Going(url, self._fernet.encrypt(msgspec.json.encode(saved)).decode())

    async def finish(self, client: Client, back: str, held: str, query: Mapping[str, str]) -> Vouched:
        """Who the provider says it is, from its answer and what the browser held. Raises `SignInFailed`."""
        saved = self._open(held)
        if saved.issuer != client.issuer or not secrets.compare_digest(
            saved.state.encode(), query.get("state", "").encode("utf-8", "replace")
        ):
            raise SignInFailed("this browser did not begin this sign-in", "state")
        if query.get("iss", client.issuer) != client.issuer:
            raise SignInFailed("the answer came from another provider", "issuer")
        if "error" in query:
            raise SignInFailed("the council’s sign-in did not let you in", query["error"][:100])
        if not query.get("code"):
            raise SignInFailed("the council’s sign-in gave no answer", "no code")
        known = await self._provider(client.issuer)
        answer = await self._redeem(client, known, back, query["code"], saved.verifier)
        claims = await self._believe(client, known, answer, saved.nonce)
        verified = claims.get("email_verified")
        return Vouched(
            subject=str(claims["sub"]),
            email=str(claims.get("email", "")),
            verified=verified is True or verified == "true",
            id_token=answer,
            to=saved.to,
        )

    async def end(self, issuer: str, id_token: str, after: str) -> str | None:
        """Where to sign out at the provider too, where it offers that."""
        try:
            known = await self._provider(issuer)
        except SignInFailed:
            return None
        endpoint = known.config.get("end_session_endpoint")
        if not isinstance(endpoint, str):
            return None
        return f"{endpoint}?{urlencode({'id_token_hint': id_token, 'post_logout_redirect_uri': after})}"

    def _open(self, held: str) -> _Saved:
        try:
            # By its own clock: the token's age is the cookie's, which no test moves.
            return msgspec.json.decode(self._fernet.decrypt(held.encode(), ttl=LONGEST_SIGN_IN), type=_Saved)
        except (InvalidToken, msgspec.MsgspecError, UnicodeEncodeError):
            raise SignInFailed("it took too long, or it was begun in another browser", "held") from None

    async def _provider(self, issuer: str) -> _Known:
        known = self._known.get(issuer)
        if known is not None and (self._clock() - known.at).total_seconds() < KEPT:
            return known
        config = await self._read(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if config.get("issuer") != issuer:
            raise SignInFailed(
                "the provider calls itself by another name than the one that is set up", "issuer"
            )
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            self._check(str(config.get(name, "")))
        now = self._clock()
        keys = await self._keys(config)
        self._known[issuer] = _Known(config, keys, now, now)
        return self._known[issuer]

    async def _keys(self, config: Mapping[str, Any]) -> KeySet:
        data = await self._read(config["jwks_uri"])
        try:
            return KeySet.import_key_set(data)  # type: ignore[arg-type]
        except (JoseError, KeyError, TypeError, ValueError) as error:
            raise SignInFailed("the provider’s keys cannot be read", type(error).__name__) from None

    async def _read(self, url: str) -> dict[str, Any]:
        self._check(url)
        try:
            answer = await self._http.get(url, timeout=10.0, headers={"accept": "application/json"})
        except (httpx2.HTTPError, ValueError) as error:
            raise SignInFailed("the council’s sign-in does not answer", type(error).__name__) from None
        return _json(answer)

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme == "https" and parts.hostname:
            return
        if parts.scheme == "http" and parts.hostname in LOOPBACK and self._allow_private:
            return
        raise SignInFailed("the council’s sign-in is not set up rightly", f"not https: {url[:100]}")

    async def _redeem(self, client: Client, known: _Known, back: str, code: str, verifier: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": verifier,
        }
        how = known.config.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        auth: httpx2.Auth = httpx2.Auth()
        if client.secret is None:
            form["client_id"] = client.client_id
        elif "client_secret_basic" in how:
            auth = httpx2.BasicAuth(_quoted(client.client_id), _quoted(client.secret))
        else:
            form |= {"client_id": client.client_id, "client_secret": client.secret}
        try:
            answer = await self._http.post(
                known.config["token_endpoint"],
                data=form,
                auth=auth,
                timeout=10.0,
                headers={"accept": "application/json"},
            )
        except (httpx2.HTTPError, ValueError) as error:
            raise SignInFailed("the council’s sign-in does not answer", type(error).__name__) from None
        token = _json(answer).get("id_token")
        if not isinstance(token, str):
            raise SignInFailed("the council’s sign-in gave no proof of who you are", "no id_token")
        return token

    async def _believe(self, client: Client, known: _Known, token: str, nonce: str) -> Mapping[str, Any]:
        try:
            decoded = jwt.decode(token, known.keys, algorithms=list(ALGORITHMS))
        except InvalidKeyIdError:
            # The provider has changed its keys: ask once, and not more than once a minute for whoever sends nonsense.
            if (self._clock() - known.keys_at).total_seconds() < LEEWAY:
                raise SignInFailed("the proof of who you are is not signed by the provider", "kid") from None
            known.keys, known.keys_at = await self._keys(known.config), self._clock()
            try:
                decoded = jwt.decode(token, known.keys, algorithms=list(ALGORITHMS))
            except (JoseError, ValueError) as error:
                raise SignInFailed(
                    "the proof of who you are is not signed by the provider", str(error)
                ) from None
        except (JoseError, ValueError) as error:
            raise SignInFailed("the proof of who you are is not signed by the provider", str(error)) from None
        fault = _fault(decoded.claims, client, nonce, self._clock().timestamp())
        if fault:
            raise SignInFailed("the proof of who you are is not for here and now", fault)
        return decoded.claims


def _fault(claims: Mapping[str, Any], client: Client, nonce: str, now: float) -> str | None:
    """What is wrong with an ID token (OpenID Connect Core 1.0, 3.1.3.7), by the claim's name."""
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if claims.get("iss") != client.issuer:
        return "iss"
    if client.client_id not in audiences or (len(audiences) > 1 and claims.get("azp") != client.client_id):
        return "aud"
    expires, issued = claims.get("exp"), claims.get("iat")
    if not isinstance(expires, int | float) or expires < now - LEEWAY:
        return "exp"
    if not isinstance(issued, int | float) or issued > now + LEEWAY:
        return "iat"
    given = claims.get("nonce")
    if not isinstance(given, str) or not secrets.compare_digest(given.encode(), nonce.encode()):
        return "nonce"
    return None if claims.get("sub") else "sub"


def _json(answer: httpx2.Response) -> dict[str, Any]:
    if answer.status_code != httpx2.codes.OK:
        raise SignInFailed(
            "the council’s sign-in answered with an error", f"{answer.status_code} {answer.text[:200]}"
        )
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise SignInFailed("the council’s sign-in cannot be understood", "not JSON")
    return found


def _quoted(text: str) -> str:
    """A client's name or secret as basic authentication wants it (RFC 6749, 2.3.1)."""
    return urlencode({"": text})[1:]
