"""What every use case is handed: store, clock, chance, services and wards. Wired once, in `app`."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from commonhall.directory.wards import Wards
from commonhall.engine.adoption import Adopter, adopt
from commonhall.engine.package import Adopted, Service
from commonhall.engine.reader import read_service
from commonhall.engine.working_days import Calendar
from commonhall.storage import councils
from commonhall.storage.pool import Store

LONDON = ZoneInfo("Europe/London")

Clock = Callable[[], datetime]
"""Answers the present moment, aware, in UTC."""


def system_clock() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Chance:
    """Where chance comes from: `token` gives 128 bits as 22 URL-safe characters, `below(n)` 0 to n-1."""

    token: Callable[[], str]
    below: Callable[[int], int]


def system_chance() -> Chance:
    """The machine's source of randomness, fit for secrets."""
    return Chance(lambda: secrets.token_urlsafe(16), secrets.randbelow)


def token_of(text: str) -> str:
    """A token in the form of `Chance.token`'s that is the same for the same text."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:16]).decode().rstrip("=")


class AdoptedUnknown(Exception):  # noqa: N818
    """A journey or case points at an adoption that is not in the database: it was removed by hand."""


class AdoptedServices:
    """Adopted services by content, compiled once and shared by all who run the same; bounded.

    The compiled service of a digest never changes, so a kept one is never stale.
    """

    def __init__(self, store: Store, calendars: Mapping[str, Calendar], size: int = 4000) -> None:
        self._store = store
        self._calendars = calendars
        self._size = size
        self._adopted: OrderedDict[tuple[str, str], Adopted] = OrderedDict()
        self._packages: OrderedDict[str, Service] = OrderedDict()
        self._loading = asyncio.Lock()

    def kept(self, council: str, digest: str) -> Adopted | None:
        """The compiled service, if it is at hand."""
        return self._adopted.get((council, digest))

    async def get(self, council: str, digest: str) -> Adopted:
        """The compiled service, read from the database if need be. Raises `AdoptedUnknown`."""
        found = self._adopted.get((council, digest))
        if found is not None:
            return found
        async with self._loading:
            found = self._adopted.get((council, digest))
            if found is None:
                found = await self._load(council, digest)
                self._adopted[council, digest] = found
                while len(self._adopted) > self._size:
                    self._adopted.popitem(last=False)
        return found

    async def package(self, digest: str) -> Service:
        """A service by its package's content, read from the database if need be. Raises `AdoptedUnknown`."""
        service = self._packages.get(digest)
        if service is None:
            package = await councils.load_package(self._store, digest)
            if package is None:
                raise AdoptedUnknown(f"there is no package {digest}")
            service = read_service(package.files, self._calendars, accepted=True)
            self._packages[digest] = service
            while len(self._packages) > self._size:
                self._packages.popitem(last=False)
        return service

    async def _load(self, council: str, digest: str) -> Adopted:
        row = await councils.load_adopted(self._store, council, digest)
        if row is None:
            raise AdoptedUnknown(f"{council} has adopted nothing with the digest {digest}")
        service = await self.package(row.package)
        adopter = Adopter(row.nation, tuple(row.languages))
        return adopt(service, row.choices, adopter, self._calendars, accepted=True)


@dataclass(frozen=True, slots=True)
class Desk:
    """The tools of casework."""

    store: Store
    services: AdoptedServices
    clock: Clock
    chance: Chance
    wards: Wards = field(default_factory=Wards)
    """Where places are; nowhere, if it is not said."""

    def today(self) -> date:
        """The day it is for councils and residents: London's."""
        return london_day(self.clock())


def london_day(moment: datetime) -> date:
    """The day in London at a moment."""
    return moment.astimezone(LONDON).date()
