"""Use cases of the ways to back offices: how they do, setting one up, trying it out, sending again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from commonhall.casework.deliveries import USUAL, Limits
from commonhall.casework.desk import Desk
from commonhall.casework.staff import entry_of
from commonhall.engine.back_office import Connector, DeliveryFailed, SetUpField
from commonhall.engine.staff import Actor
from commonhall.storage import caseload as stored
from commonhall.storage.caseload import HealthRow, StuckRow
from commonhall.storage.councils import ConnectorRow, list_connectors
from commonhall.storage.deliveries import replay as stored_replay

MOST_STUCK = 100
LONGEST_TRY = 15.0


@dataclass(frozen=True, slots=True)
class BackOffices:
    """What the wiring hands in: which kinds there are and what each needs, how secrets are kept, how one is reached.

    `faults(kind, settings, secrets)` gives (place, what is wrong); `connectors(council)` those that are set up;
    `about` says of each kind what it is for; `names(kind, settings)` what a connector calls answers where a service's choices do not say.
    """

    forms: Mapping[str, tuple[SetUpField, ...]]
    faults: Callable[[str, Mapping[str, Any], Mapping[str, Any]], Iterable[tuple[tuple[str | int, ...], str]]]
    seal: Callable[[Mapping[str, Any]], bytes]
    unseal: Callable[[bytes | None], Mapping[str, Any]]
    connectors: Callable[[str], Awaitable[Mapping[str, Connector]]]
    names: Callable[[str, Mapping[str, Any]], Mapping[str, str]]
    about: Mapping[str, str]
    limits: Limits = USUAL


@dataclass(frozen=True, slots=True)
class Health:
    """How one connector does."""

    row: HealthRow
    last_delivered: datetime | None

    @property
    def words(self) -> str:
        """In a word: `fails`, `waits` (for longer than five minutes) or `works`."""
        if self.row.failed:
            return "fails"
        return "waits" if self.row.oldest else "works"


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of trying a connector out."""

    works: bool
    words: str
    seconds: float


async def health(desk: Desk, council: str) -> list[Health]:
    """How every connector of a council does."""
    rows = await stored.connector_health(desk.store, council)
    return [Health(row, await stored.last_delivered(desk.store, council, row.connector)) for row in rows]


async def stuck(desk: Desk, council: str, connector: str) -> list[StuckRow]:
    """What a connector has not taken, failed ones first: a hundred at most."""
    return await stored.connector_waiting(desk.store, council, connector, MOST_STUCK)


async def find(desk: Desk, council: str, connector: str) -> ConnectorRow | None:
    """A connector as it is set up."""
    return next(
        (row for row in await list_connectors(desk.store, council) if row.connector == connector), None
    )


async def set_up(
    desk: Desk,
    offices: BackOffices,
    council: str,
    connector: str,
    kind: str,
    settings: Mapping[str, Any],
    secrets: Mapping[str, Any],
    by: Actor,
) -> None:
    """Add or change a connector; what is wrong with it was asked of `faults` before."""
    entry = entry_of(desk, by, "connector.set-up", connector, {"kind": kind})
    sealed = offices.seal(secrets) if secrets else None
    await stored.set_connector(desk.store, council, connector, kind, settings, sealed, entry)


async def replay_connector(
    desk: Desk, council: str, references: list[str], connector: str, by: Actor, limits: Limits
) -> int:
    """Try deliveries again now. Answers how many."""
    now = desk.clock()
    tried = 0
    for reference in references:
        tried += await stored_replay(desk.store, council, reference, now, limits.lost_before(now))
    entry = entry_of(desk, by, "connector.replay", connector, {"tried": tried})
    await stored.note_entry(desk.store, council, entry)
    return tried


async def try_out(desk: Desk, offices: BackOffices, council: str, connector: str, by: Actor) -> Tried:
    """Ask a back office something harmless: its news of the last minute."""
    found = (await offices.connectors(council)).get(connector)
    await stored.note_entry(desk.store, council, entry_of(desk, by, "connector.try", connector))
    if found is None:
        return Tried(False, "there is no such connector", 0.0)
    if "updates" not in found.can:
        words = "this kind is only heard when a case is sent: send one to try it"
        return Tried(getattr(found, "kind", "") != "unusable", words, 0.0)
    begun = time.monotonic()
    try:
        news = await asyncio.wait_for(found.updates(desk.clock() - timedelta(minutes=1)), LONGEST_TRY)
    except DeliveryFailed as failed:
        return Tried(False, str(failed), time.monotonic() - begun)
    except TimeoutError:
        return Tried(False, f"no answer in {LONGEST_TRY:.0f} seconds", time.monotonic() - begun)
    count = len(news)
    return Tried(
        True, f"it answers, with {count} piece{'' if count == 1 else 's'} of news", time.monotonic() - begun
    )
