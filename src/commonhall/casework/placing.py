"""Put the cases that are kept into wards: boundaries come after cases, and change."""

from __future__ import annotations

from collections.abc import AsyncIterator

from commonhall.casework.counting import ward_of
from commonhall.casework.desk import Desk
from commonhall.engine.back_office import CaseLocation
from commonhall.storage.measures import places_of_cases, set_wards

AT_ONCE = 2000


async def place_cases(desk: Desk, council: str) -> AsyncIterator[tuple[int, int]]:
    """Put a council's cases into the wards of today's boundaries, part by part, each in one transaction.

    Answers after each part how many cases it looked at, and how many of their measures changed. A case that was redacted
    has no place any more: its measure stays as it is.
    """
    after = ""
    while cases := await places_of_cases(desk.store, council, after, AT_ONCE):
        moved = {
            measure: ward
            for _, measure, location, before in cases
            if (ward := ward_of(CaseLocation(**location), council, desk.wards)) != before
        }
        if moved:
            await set_wards(desk.store, council, moved)
        after = cases[-1][0]
        yield len(cases), len(moved)
