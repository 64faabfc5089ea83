"""Use cases of systems that use a council's interfaces: let one in, give it another key, let it in no longer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from commonhall.casework.desk import Desk, london_day
from commonhall.casework.staff import entry_of
from commonhall.engine.access import Caller, Scope
from commonhall.engine.staff import Actor
from commonhall.storage import systems as stored

BEGINS = "chk_"
"""How every key begins, so that a search for leaked secrets finds them."""
_KEY = re.compile(r"chk_[A-Za-z0-9_-]{22}")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST_NAME = 60


class SystemRefused(Exception):  # noqa: N818
    """What was asked of a system cannot be done; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A key that holds: its last characters, since when, and until when (None: until it is changed)."""

    ending: str
    made_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class LetIn:
    """A system that is let in."""

    system: str
    name: str
    may: frozenset[Scope]
    services: frozenset[str] | None
    added_at: datetime
    seen_on: date | None
    keys: tuple[HeldKey, ...]


async def list_systems(desk: Desk, council: str) -> list[LetIn]:
    """The systems that a council lets in, by name."""
    return [
        LetIn(
            row.system,
            row.name,
            frozenset(map(Scope, row.may)),
            frozenset(row.services) if row.services is not None else None,
            row.added_at,
            row.seen_on,
            tuple(
                HeldKey(ending, _time(made), _time(ends) if ends else None) for ending, made, ends in row.keys
            ),
        )
        for row in await stored.list_systems(desk.store, council, desk.clock())
    ]


async def let_in(
    desk: Desk,
    council: str,
    system: str,
    name: str,
    may: Collection[Scope],
    services: Collection[str] | None,
    by: Actor,
) -> str:
    """Let a system in, and answer its key: it is shown once and kept as a digest. Raises `SystemRefused`."""
    _check(system, name, may)
    details = {"may": sorted(may), "services": sorted(services) if services is not None else "all"}
    entry = entry_of(desk, by, "system.add", system, details)
    if not await stored.add_system(
        desk.store, council, system, name.strip(), sorted(may), _sorted(services), entry
    ):
        raise SystemRefused(f"a system is called '{system}' already, or was: choose another name")
    return await another_key(desk, council, system, by)


async def change_system(
    desk: Desk,
    council: str,
    system: str,
    name: str,
    may: Collection[Scope],
    services: Collection[str] | None,
    by: Actor,
) -> None:
    """Change what a system may do; its keys stay. Raises `SystemRefused`."""
    _check(system, name, may)
    details = {"may": sorted(may), "services": sorted(services) if services is not None else "all"}
    entry = entry_of(desk, by, "system.change", system, details)
    if not await stored.change_system(
        desk.store, council, system, name.strip(), sorted(may), _sorted(services), entry
    ):
        raise SystemRefused(f"no system is called '{system}' here")


async def another_key(
    desk: Desk, council: str, system: str, by: Actor, *, others_hold: timedelta = timedelta(0)
) -> str:
    """Give a system another key and answer it; those that it has hold for a while, so that nothing stops meanwhile.

    Raises `SystemRefused`.
    """
    key = f"{BEGINS}{desk.chance.token()}"
    ends = desk.clock() + others_hold
    entry = entry_of(desk, by, "system.key", system, {"ending": key[-4:], "others_end": ends.isoformat()})
    if not await stored.add_key(desk.store, council, system, digest_of(key), key[-4:], ends, entry):
        raise SystemRefused(f"no system is called '{system}' here")
    return key


async def remove_system(desk: Desk, council: str, system: str, by: Actor) -> None:
    """Let a system in no longer, from this moment. Raises `SystemRefused`."""
    if not await stored.remove_system(
        desk.store, council, system, entry_of(desk, by, "system.remove", system)
    ):
        raise SystemRefused(f"no system is called '{system}' here")


async def caller_of(desk: Desk, council: str, key: str) -> Caller | None:
    """Whose key this is; None for one that does not hold (any more), or is another council's."""
    if not _KEY.fullmatch(key):
        return None
    now = desk.clock()
    row = await stored.find_system(desk.store, council, digest_of(key), now)
    if row is None:
        return None
    if row.seen_on != london_day(now):
        await stored.see_system(desk.store, council, row.system, london_day(now))
    services = frozenset(row.services) if row.services is not None else None
    return Caller(council, row.system, row.name, frozenset(map(Scope, row.may)), services)


def digest_of(key: str) -> bytes:
    """What is stored of a key: it has 128 bits of chance, so a plain SHA-256 cannot be guessed back."""
    return hashlib.sha256(key.encode()).digest()


def _check(system: str, name: str, may: Collection[Scope]) -> None:
    if not _NAME.fullmatch(system) or len(system) > LONGEST_NAME:
        raise SystemRefused(f"'{system[:80]}' cannot be a short name: use small letters, digits and hyphens")
    if not name.strip() or len(name) > LONGEST_NAME:
        raise SystemRefused(f"give the system a name of up to {LONGEST_NAME} characters")
    if not may:
        raise SystemRefused("say at least one thing that the system may do")


def _sorted(services: Collection[str] | None) -> list[str] | None:
    return sorted(services) if services is not None else None


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
