"""A council's own provider, as it is set up now, and the protocol that it speaks."""

from __future__ import annotations

from collections.abc import Mapping

from commonhall.app.openid import Client, OpenId
from commonhall.app.seal import SealBroken
from commonhall.app.wiring import House
from commonhall.casework.sites import Site
from commonhall.casework.staff import find_provider
from commonhall.engine.sign_in import Going, SignInFailed, Vouched

BACK = "/workspace/sign-in/back"


class CouncilDoor:
    """Lets staff in where their council's provider vouches for them."""

    def __init__(self, house: House) -> None:
        self._house = house
        settings = house.settings
        key = settings.key("sign-in")
        self._openid = OpenId(house.http, key, house.desk.clock, allow_private=settings.allow_private)

    async def begin(self, site: Site, to: str) -> Going:
        """Where to send the browser. Raises `SignInFailed`."""
        return await self._openid.begin(await self._client(site), self._back(site), to)

    async def finish(self, site: Site, held: str, query: Mapping[str, str]) -> tuple[str, Vouched]:
        """The provider's name and whom it vouches for. Raises `SignInFailed`."""
        client = await self._client(site)
        return client.issuer, await self._openid.finish(client, self._back(site), held, query)

    async def end(self, site: Site, id_token: str) -> str | None:
        """Where to sign out there, too."""
        provider = await find_provider(self._house.desk, site.council)
        if provider is None:
            return None
        after = self._house.site_url(site, "/workspace/sign-in")
        return await self._openid.end(provider.issuer, id_token, after)

    def _back(self, site: Site) -> str:
        return self._house.site_url(site, BACK)

    async def _client(self, site: Site) -> Client:
        provider = await find_provider(self._house.desk, site.council)
        if provider is None:
            raise SignInFailed("this council has not said where its staff sign in", "no provider")
        try:
            secret = self._house.seal.open(provider.sealed).get("secret")
        except SealBroken as broken:
            raise SignInFailed("the council’s sign-in is not set up rightly", str(broken)) from None
        return Client(provider.issuer, provider.client_id, secret)


class OperatorsDoor:
    """Lets operators in where their own provider vouches for them; there is none where no issuer is set."""

    def __init__(self, house: House) -> None:
        settings = house.settings
        door = settings.operator
        self._client = Client(door.issuer, door.client_id, door.client_secret or None)
        self._back = settings.url(settings.finder_host, BACK)
        key = settings.key("operators' sign-in")
        self._openid = OpenId(house.http, key, house.desk.clock, allow_private=settings.allow_private)

    async def begin(self, to: str) -> Going:
        """Where to send the browser. Raises `SignInFailed`."""
        return await self._openid.begin(self._client, self._back, to)

    async def finish(self, held: str, query: dict[str, str]) -> Vouched:
        """Whom the provider vouches for. Raises `SignInFailed`."""
        return await self._openid.finish(self._client, self._back, held, query)
