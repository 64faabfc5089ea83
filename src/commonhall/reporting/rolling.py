"""Keeping the roll-ups: what changed is counted a little later, once; all can be counted anew, to the same numbers."""

from __future__ import annotations

from datetime import date

from commonhall.storage import measures as stored
from commonhall.storage.pool import Store


async def waiting(store: Store) -> list[str]:
    """Councils with changes that are not counted yet."""
    return await stored.councils_to_roll_up(store)


async def roll_up(store: Store, council: str) -> int:
    """Count all that has changed by now; answers how many changes."""
    counted = 0
    while some := await stored.roll_up(store, council):
        counted += some
        if some < stored.AT_ONCE:
            break
    return counted


async def rebuild(store: Store, council: str) -> None:
    """Count all of a council's journeys anew."""
    await stored.rebuild(store, council)


async def check(store: Store, council: str) -> list[tuple[str, date]]:
    """(service, day) of every count that is not what counting anew would give."""
    return await stored.wrong_counts(store, council)
