"""The REST connector's tokens, from a certified provider that we did not write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import httpx2
import pytest

from commonhall.connectors.http import Caller
from commonhall.connectors.rest.auth import ClientCredentials, SignIn
from commonhall.engine.back_office import DeliveryFailed
from tests.conftest import SetClock
from tests.oidc.running import running_provider

pytestmark = pytest.mark.network
SECRET = "a+secret/of%thirty-two bytes: or more=&!"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with running_provider("http://localhost:1/back") as address:
        yield address


def sign_in(
    issuer: str,
    http: httpx2.AsyncClient,
    clock: SetClock,
    send: Literal["form", "basic"],
    secret: str,
    **more: Any,
) -> SignIn:
    """A back office that is shown a token of this provider."""
    client = {"form": "office:client_secret_post", "basic": "office:client_secret_basic"}[send]
    auth = ClientCredentials(type="oauth2", token_url=f"{issuer}/token", client_id=client, send=send, **more)
    return SignIn(auth, {"client_secret": secret}, Caller(http, allow_private=True), clock)


@pytest.mark.parametrize("send", ["form", "basic"])
async def test_a_client_s_credentials_give_a_token(
    issuer: str, clock: SetClock, send: Literal["form", "basic"]
) -> None:
    async with httpx2.AsyncClient(trust_env=False) as http:
        office = sign_in(issuer, http, clock, send, SECRET, scope="cases")
        headers, query = await office.head()
        assert headers["authorization"].startswith("Bearer ")
        assert len(headers["authorization"]) > 30
        assert query == {}
        assert await office.head() == (headers, {}), "it is kept"
        assert office.forget(headers)
        assert await office.head() != (headers, {}), "and another is given"


@pytest.mark.parametrize("send", ["form", "basic"])
async def test_a_wrong_secret_or_scope_is_told_in_the_provider_s_words(
    issuer: str, clock: SetClock, send: Literal["form", "basic"]
) -> None:
    async with httpx2.AsyncClient(trust_env=False) as http:
        with pytest.raises(
            DeliveryFailed, match=r"no token was given \(401: client authentication failed\)"
        ) as failed:
            await sign_in(issuer, http, clock, send, "another secret altogether").head()
        assert not failed.value.permanent
        with pytest.raises(DeliveryFailed, match=r"no token was given \(400: requested scope is not allowed"):
            await sign_in(issuer, http, clock, send, SECRET, scope="openid").head()
