"""Put the cases that are kept into wards: boundaries come after cases, and change."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from commonhall.casework.counting import ward_of
from commonhall.casework.desk import Desk
from commonhall.engine.back_office import CaseLocation
from commonhall.storage.measures import places_of_cases, set_wards

AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Placed:
    """Cases that were looked at; `moved` of them came into another ward than before, `out` came out of one."""

    cases: int = 0
    moved: int = 0
    out: int = 0

    def __add__(self, other: Placed) -> Placed:
        return Placed(self.cases + other.cases, self.moved + other.moved, self.out + other.out)


async def place_cases(desk: Desk, council: str) -> AsyncIterator[Placed]:
    """Put a council's cases into the wards of today's boundaries, part by part, each in one transaction.

    A case comes out of a ward only where its place on the map is in none: that a postcode is not known to be in a ward
    of today says nothing of where it is. A case that was redacted has no place any more: its measure stays as it is.
    """
    after = ""
    while cases := await places_of_cases(desk.store, council, after, AT_ONCE):
        wards: dict[int, str | None] = {}
        for _, measure, given, before in cases:
            location = CaseLocation(**given)
            ward = ward_of(location, council, desk.wards)
            if ward != before and (ward is not None or location.lat is not None):
                wards[measure] = ward
        if wards:
            await set_wards(desk.store, council, wards)
        after = cases[-1][0]
        out = sum(ward is None for ward in wards.values())
        yield Placed(len(cases), len(wards) - out, out)
