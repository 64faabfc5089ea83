"""What is to be simulated, and up to where it is: kept with the council, so that nothing is simulated twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from commonhall.app.settings import SettingsRefused
from commonhall.app.simulating.arrivals import usual_starts
from commonhall.app.simulating.facts import facts_of
from commonhall.app.wiring import House
from commonhall.casework.desk import LONDON, london_day
from commonhall.casework.sites import Simulated, Site
from commonhall.storage.councils import has_figures, simulated_until
from commonhall.storage.pool import all_together

YEAR = timedelta(days=365)
SPAN = YEAR + timedelta(days=7)
"""What is simulated, if no first day is said: with a week for a rare service's first case, a whole year is counted after it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to simulate: from a day up to a moment (UTC). No `services` are all that a council offers; no `first` is
    the day that a council's simulation began, or a year and a week before the end."""

    seed: int
    scale: float
    first: date | None
    until: datetime
    services: tuple[str, ...] = ()
    measures_only: bool = False


async def mark_of(house: House, site: Site, wanted: Wanted) -> Simulated:
    """Up to where a council is simulated already, by the same rules as are wanted now. Raises `SettingsRefused`."""
    offered = [adopted.service.id for adopted in site.services]
    services = sorted(wanted.services or offered)
    unknown = [name for name in services if name not in offered]
    if unknown:
        raise SettingsRefused(
            f"{site.council} does not offer {', '.join(unknown)}; it offers {', '.join(offered)}"
        )
    async with all_together(house.store, site.council) as store:
        kept = await simulated_until(store, site.council)
        if kept is None and not site.demonstration and await has_figures(store, site.council):
            raise SettingsRefused(
                f"{site.council} has real figures: simulated ones would spoil them. Use a council that is a"
                " demonstration, or one that nobody has used yet"
            )
    before = msgspec.convert(kept, Simulated) if kept else None
    first = wanted.first or (before.first if before else london_day(wanted.until - SPAN))
    fresh = Simulated(
        wanted.seed, wanted.scale, first, wanted.until, midnight(first), services, wanted.measures_only
    )
    if fresh.done >= wanted.until:
        raise SettingsRefused(f"nothing lies between {first} and {wanted.until:%Y-%m-%d %H:%M}")
    if before is None:
        return fresh
    if replace(before, until=fresh.until, done=fresh.done) != fresh:
        raise SettingsRefused(
            f"{site.council} is simulated already, from {before.first} with seed {before.seed} at scale"
            f" {before.scale:g} for {', '.join(before.services)}: say the same to go on with it, or use a fresh database"
        )
    return replace(before, until=max(before.until, wanted.until))


def midnight(day: date) -> datetime:
    """When a London day begins (UTC)."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class UsualDay:
    """How many journeys people start on a usual day at the true volume, and how many cases come of them."""

    starts: float
    cases: float


def usual_day(house: House, sites: Sequence[Site], services: Sequence[str]) -> UsualDay:
    """A usual day of these councils and services. Raises `SettingsRefused` where nobody offers any."""
    starts = cases = 0.0
    for site in sites:
        known = house.directory.councils.council(site.council)
        people = (known.population if known else None) or 150_000
        for name in (one.service.id for one in site.services if not services or one.service.id in services):
            starts += usual_starts(facts_of(name), people, 1.0)
            cases += facts_of(name).per_thousand * people / 1000 / YEAR.days
    if not starts:
        raise SettingsRefused("none of these councils offers any of these services")
    return UsualDay(starts, cases)
