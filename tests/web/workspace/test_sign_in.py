"""Staff sign in at their council's own provider: a certified one, and some that lie."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_socket
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey

from commonhall.app.asgi import house_app
from commonhall.app.demo import STAFF
from commonhall.app.openid import Client, OpenId
from commonhall.app.settings import read_settings
from commonhall.app.wiring import House, open_house
from commonhall.casework.desk import system_clock
from commonhall.casework.staff import Provider, invite, say_provider
from commonhall.engine.sign_in import SignInFailed
from commonhall.engine.staff import Role
from tests.conftest import SetClock
from tests.oidc.running import SECRET, running_provider, sign_in_there
from tests.web.wire import whole_house

BACK = "http://solihull.localhost:8000/workspace/sign-in/back"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A certified provider, for all tests of this module."""
    # Before the first test opens the sockets that it says it needs.
    pytest_socket.enable_socket()
    with running_provider(BACK) as issuer:
        yield issuer


class TestAgainstACertifiedProvider:
    pytestmark = pytest.mark.network

    @pytest.fixture
    async def house(
        self, database_url: str, tmp_path: Path, clock: SetClock, issuer: str
    ) -> AsyncIterator[House]:
        """Solihull with its staff, who sign in at the provider. Its clock is the machine's, as the provider's."""
        async with whole_house(database_url, tmp_path, clock) as (first, _):
            for name, email, role in STAFF:
                await invite(first.desk, "solihull", email, name, [role])
            sealed = first.seal.close({"secret": SECRET})
            await say_provider(first.desk, "solihull", Provider(issuer, "commonhall", sealed))
        env = {"COMMONHALL_SECRET": "A" * 44, "COMMONHALL_DATA": str(tmp_path)}
        settings = read_settings({**env, "COMMONHALL_ALLOW_PRIVATE_ADDRESSES": "yes"})
        async with open_house(settings, database_url) as opened:
            yield opened

    @pytest.fixture
    async def browser(self, house: House) -> AsyncIterator[httpx2.AsyncClient]:
        transport = httpx2.ASGITransport(app=house_app(house))
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://solihull.localhost:8000"
        ) as client:
            yield client

    async def signed_in(self, browser: httpx2.AsyncClient, who: str, to: str = "") -> httpx2.Response:
        begun = await browser.get(f"/workspace/sign-in/begin?to={to}")
        assert begun.status_code == 303, begun.text
        return await browser.get(await sign_in_there(begun.headers["location"], who, BACK))

    async def test_somebody_on_the_list_comes_in_and_to_where_they_were(
        self, browser: httpx2.AsyncClient
    ) -> None:
        asked = await browser.get("/workspace/people")
        page = await browser.get(asked.headers["location"])
        assert "Sign in with your council account" in page.text
        back = await self.signed_in(browser, "ada@example.com", "/workspace/people")
        assert (back.status_code, back.headers["location"]) == (303, "/workspace/people")
        assert "Ada Administrator" in (await browser.get("/workspace/people")).text

    async def test_an_address_elsewhere_is_not_gone_to(self, browser: httpx2.AsyncClient) -> None:
        for to in ("https://evil.example/", "//evil.example", "/missed-bin", "/workspaces"):
            back = await self.signed_in(browser, "vera@example.com", to)
            assert back.headers["location"] == "/workspace"

    async def test_strangers_and_unchecked_addresses_stay_out(
        self, browser: httpx2.AsyncClient, house: House
    ) -> None:
        for who in ("stranger@example.com", "unverified-ada@example.com"):
            back = await self.signed_in(browser, who)
            assert back.status_code == 403
            assert "not on the list" in back.text
            assert (await browser.get("/workspace")).status_code == 303
        assert await house.store.owner.fetchval("select count(*) from person where subject is not null") == 0

    async def test_the_provider_s_subject_counts_from_the_first_time_on(
        self, browser: httpx2.AsyncClient, house: House
    ) -> None:
        await self.signed_in(browser, "owen@example.com")
        await house.store.owner.execute(
            "update person set email = 'other@example.com' where email like 'owen%'"
        )
        assert (await self.signed_in(browser, "owen@example.com")).status_code == 303
        await house.store.owner.execute("update person set removed_at = now() where email like 'other%'")
        assert (await self.signed_in(browser, "owen@example.com")).status_code == 403

    async def test_an_answer_counts_once_and_in_its_own_browser(self, browser: httpx2.AsyncClient) -> None:
        begun = await browser.get("/workspace/sign-in/begin")
        held = dict(browser.cookies)
        back = await sign_in_there(begun.headers["location"], "ada@example.com", BACK)
        browser.cookies.clear()
        stolen = await browser.get(back)
        assert (stolen.status_code, "begun in another browser" in stolen.text) == (400, True)
        for name, value in held.items():
            browser.cookies.set(name, value, domain="solihull.localhost")
        assert (await browser.get(back)).status_code == 303
        for name, value in held.items():
            browser.cookies.set(name, value, domain="solihull.localhost")
        assert (await browser.get(back)).status_code == 400, "a code counts once"

    async def test_whoever_thinks_better_of_it_is_told_kindly(self, browser: httpx2.AsyncClient) -> None:
        begun = await browser.get("/workspace/sign-in/begin")
        back = await sign_in_there(begun.headers["location"], "ada@example.com", BACK, refuse=True)
        refused = await browser.get(back)
        assert refused.status_code == 400
        assert "did not let you in" in refused.text

    async def test_signing_out_goes_on_to_the_provider(
        self, browser: httpx2.AsyncClient, issuer: str
    ) -> None:
        await self.signed_in(browser, "ada@example.com")
        page = await browser.get("/workspace")
        token = page.text.partition('name="token" value="')[2].partition('"')[0]
        out = await browser.post("/workspace/sign-out", data={"token": token})
        assert out.headers["location"].startswith(f"{issuer}/session/end?id_token_hint=")
        assert (await browser.get("/workspace")).status_code == 303


class Liar:
    """A provider that says whatever it is told to."""

    issuer = "https://login.example"

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", {"kid": "one", "use": "sig", "alg": "ES256"})
        self.published = [self.key]
        self.config: dict[str, Any] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }
        self.token: Any = None
        self.down = False
        self.asked_for_keys = 0

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if self.down:
            raise httpx2.ConnectError("away")
        path = request.url.path
        if path.endswith("openid-configuration"):
            return httpx2.Response(200, json=self.config)
        if path == "/keys":
            self.asked_for_keys += 1
            return httpx2.Response(200, json=KeySet(list(self.published)).as_dict())
        return httpx2.Response(200, json={"id_token": self.token} if self.token else {"error": "no"})

    def sign(self, claims: dict[str, Any], key: Any = None, **header: str) -> str:
        key = key or self.key
        return jwt.encode(
            {"alg": "ES256", "kid": key.kid, **header}, claims, key, algorithms=["ES256", "HS256", "none"]
        )


class TestAgainstLiars:
    CLIENT = Client(Liar.issuer, "commonhall", "secret")

    @pytest.fixture
    def liar(self) -> Liar:
        return Liar()

    @pytest.fixture
    def openid(self, liar: Liar) -> OpenId:
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(liar))
        return OpenId(http, b"k" * 32, system_clock, allow_private=False)

    async def came_back(
        self, openid: OpenId, liar: Liar, change: dict[str, Any], *, key: Any = None, **header: str
    ) -> Any:
        """Sign in with a token in which some claims are other than they should be; None takes a claim away."""
        going = await openid.begin(self.CLIENT, BACK, "/workspace")
        asked = dict(httpx2.URL(going.url).params)
        now = int(time.time())
        claims = {
            "iss": Liar.issuer,
            "aud": "commonhall",
            "sub": "s1",
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "email": "ada@example.com",
            "email_verified": True,
        }
        claims = {name: value for name, value in {**claims, **change}.items() if value is not None}
        liar.token = liar.sign(claims, key, **header)
        return await openid.finish(self.CLIENT, BACK, going.held, {"code": "c", "state": asked["state"]})

    async def test_an_honest_answer_is_believed(self, openid: OpenId, liar: Liar) -> None:
        vouched = await self.came_back(openid, liar, {})
        assert (vouched.subject, vouched.email, vouched.verified, vouched.to) == (
            "s1",
            "ada@example.com",
            True,
            "/workspace",
        )

    @pytest.mark.parametrize(
        ("change", "claim"),
        [
            ({"iss": "https://other.example"}, "iss"),
            ({"aud": "somebody-else"}, "aud"),
            ({"aud": ["commonhall", "other"]}, "aud"),
            ({"aud": ["commonhall", "other"], "azp": "other"}, "aud"),
            ({"exp": 1}, "exp"),
            ({"exp": None}, "exp"),
            ({"iat": 9_999_999_999}, "iat"),
            ({"nonce": "other"}, "nonce"),
            ({"nonce": None}, "nonce"),
            ({"sub": None}, "sub"),
        ],
    )
    async def test_a_token_for_somebody_or_some_time_else(
        self, openid: OpenId, liar: Liar, change: dict[str, Any], claim: str
    ) -> None:
        with pytest.raises(SignInFailed, match="not for here and now") as failed:
            await self.came_back(openid, liar, change)
        assert failed.value.detail == claim

    async def test_a_token_signed_by_another_or_by_nobody(self, openid: OpenId, liar: Liar) -> None:
        other = ECKey.generate_key("P-256", {"kid": "one"})
        for key, header in (
            (other, {}),
            (OctKey.import_key("secret-of-the-client-itself", {"kid": "one"}), {"alg": "HS256"}),
        ):
            with pytest.raises(SignInFailed, match="not signed by the provider"):
                await self.came_back(openid, liar, {}, key=key, **header)
        going = await openid.begin(self.CLIENT, BACK, "")
        liar.token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzMSJ9."
        state = dict(httpx2.URL(going.url).params)["state"]
        with pytest.raises(SignInFailed, match="not signed by the provider"):
            await openid.finish(self.CLIENT, BACK, going.held, {"code": "c", "state": state})

    async def test_new_keys_are_asked_for_once(
        self, openid: OpenId, liar: Liar, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await self.came_back(openid, liar, {})
        fresh = ECKey.generate_key("P-256", {"kid": "two"})
        liar.published = [fresh]
        with pytest.raises(SignInFailed):
            await self.came_back(openid, liar, {}, key=fresh)
        assert liar.asked_for_keys == 1, "not within a minute"
        for known in openid._known.values():
            known.keys_at = known.keys_at.replace(year=2020)
        await self.came_back(openid, liar, {}, key=fresh)
        assert liar.asked_for_keys == 2

    async def test_an_answer_to_another_question(self, openid: OpenId, liar: Liar) -> None:
        going = await openid.begin(self.CLIENT, BACK, "")
        state = dict(httpx2.URL(going.url).params)["state"]
        for held, query, words in (
            (going.held, {"state": "other", "code": "c"}, "did not begin"),
            (going.held, {"code": "c"}, "did not begin"),
            ("", {"state": state, "code": "c"}, "another browser"),
            ("x" * 400, {"state": state, "code": "c"}, "another browser"),
            (going.held, {"state": state, "code": "c", "iss": "https://other.example"}, "another provider"),
            (going.held, {"state": state, "error": "access_denied"}, "did not let you in"),
            (going.held, {"state": state}, "no answer"),
            (going.held, {"state": state, "code": "c"}, "no proof"),
        ):
            with pytest.raises(SignInFailed, match=words):
                await openid.finish(self.CLIENT, BACK, held, query)

    async def test_a_provider_that_is_away_or_not_what_it_says(self, openid: OpenId, liar: Liar) -> None:
        liar.down = True
        with pytest.raises(SignInFailed, match="does not answer"):
            await openid.begin(self.CLIENT, BACK, "")
        liar.down = False
        for change, words in (
            ({"issuer": "https://other.example"}, "another name"),
            ({"token_endpoint": "http://login.example/token"}, "not set up rightly"),
            ({"jwks_uri": "http://169.254.169.254/keys"}, "not set up rightly"),
        ):
            before = dict(liar.config)
            liar.config |= change
            with pytest.raises(SignInFailed, match=words):
                await openid.begin(self.CLIENT, BACK, "")
            liar.config = before
        with pytest.raises(SignInFailed, match="not set up rightly"):
            await openid.begin(Client("http://localhost:1", "x", None), BACK, "")


def test_roles_are_words_that_a_command_takes() -> None:
    assert {role.value for role in Role} >= {"administrator", "service-owner"}
