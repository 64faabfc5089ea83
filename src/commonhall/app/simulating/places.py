"""Where simulated cases are: a council's real postcodes, and streets whose names are made up. Wards are those whose
boundaries are in use; their names are made up, too, where there are none."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING

from commonhall.directory.councils import Council
from commonhall.directory.directory import Directory
from commonhall.directory.wards import Ward

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

_FIRST = [
    "Abbey",
    "Alder",
    "Beech",
    "Bridge",
    "Canal",
    "Castle",
    "Chapel",
    "Chestnut",
    "Church",
    "Clover",
    "Cross",
    "Elm",
    "Factory",
    "Farm",
    "Fern",
    "Field",
    "Foundry",
    "Gable",
    "Garden",
    "Grange",
    "Green",
    "Hawthorn",
    "Hazel",
    "Heath",
    "Heron",
    "Hill",
    "Holly",
    "Ivy",
    "Kiln",
    "King",
    "Larch",
    "Laurel",
    "Library",
    "Lime",
    "Linden",
    "Lock",
    "Manor",
    "Maple",
    "Market",
    "Meadow",
    "Mill",
    "New",
    "North",
    "Oak",
    "Orchard",
    "Park",
    "Poplar",
    "Priory",
    "Quarry",
    "Queen",
    "Rectory",
    "Ridge",
    "River",
    "Rose",
    "Rowan",
    "School",
    "Smithy",
    "South",
    "Spring",
    "Station",
    "Stone",
    "Swan",
    "Sycamore",
    "Tannery",
    "Thorn",
    "Tower",
    "Union",
    "Vale",
    "Vicarage",
    "Victoria",
    "Water",
    "Weaver",
    "Well",
    "West",
    "Willow",
    "Windmill",
    "Wood",
    "Yew",
]
_LAST = [
    "Road",
    "Street",
    "Lane",
    "Close",
    "Avenue",
    "Drive",
    "Way",
    "Gardens",
    "Crescent",
    "Grove",
    "Terrace",
    "Place",
]
_WARDS = [
    "Abbeyfield",
    "Ashbourne",
    "Beacon",
    "Bridgend",
    "Brookside",
    "Canalside",
    "Castle",
    "Central",
    "Churchfield",
    "Eastgate",
    "Elmwood",
    "Fairfield",
    "Foxhill",
    "Greenway",
    "Hartfield",
    "Heathlands",
    "Highfield",
    "Hillside",
    "Kingsway",
    "Lakeside",
    "Larkfield",
    "Meadowbank",
    "Millbrook",
    "Northgate",
    "Oakdale",
    "Parkside",
    "Priory",
    "Queensway",
    "Ridgeway",
    "Riverside",
    "Southgate",
    "Springfield",
    "Stonebridge",
    "Summerhill",
    "Thornbury",
    "Trinity",
    "Valley",
    "Waterside",
    "Westgate",
    "Woodlands",
]
LEAST_WARDS, MOST_WARDS, PEOPLE_IN_A_WARD, STREETS_IN_A_WARD = 6, 30, 14_000, 9
MORE_THAN_NEXT = 0.82
"""How unevenly cases fall on streets: the exponent of Zipf's law."""


@dataclass(frozen=True, slots=True)
class Street:
    """A street that does not exist, in a ward that does not exist, with a live postcode of its council."""

    name: str
    ward: str
    town: str
    postcode: str
    lat: float
    long: float
    homes: int


@dataclass(frozen=True, slots=True)
class Spot:
    """One home of a street, or the road before it."""

    street: Street
    number: int

    def address(self) -> dict[str, str]:
        """As an address is answered."""
        street = self.street
        line1 = f"{self.number} {street.name}"
        return {"line1": line1, "line2": street.ward, "town": street.town, "postcode": street.postcode}

    def location(self) -> dict[str, object]:
        """As a place on a map is answered."""
        street = self.street
        words = f"{self.number} {street.name}, {street.ward}"
        told: dict[str, object] = {"description": words, "postcode": street.postcode}
        if self.number % 3:
            return told
        # Some choose the place on the map, too.
        along = self.number * 0.00004
        return told | {"lat": round(street.lat + along, 5), "long": round(street.long + along / 2, 5)}


class Places:
    """A council's streets. The same council has the same, whatever is simulated."""

    def __init__(self, council: Council, directory: Directory) -> None:
        rng = Random(f"places/{council.slug}")  # noqa: S311 - the same council must get the same streets
        live = live_postcodes(council, directory) or ["ZZ1 1ZZ"]
        drawn = directory.wards.of(council.slug)
        wards = [ward.name for ward in drawn] or wards_made_up(council)
        names = iter(_names_of_streets(rng, len(wards) * STREETS_IN_A_WARD))
        here = _by_ward(council, live, directory) if drawn else {}
        self.wards = tuple(wards)
        streets = []
        for number, ward in enumerate(wards):
            shape = drawn[number] if drawn else None
            # Neighbouring postcodes to one ward, if nothing says which are in it: they stand in order in the file.
            postcodes = (here.get(shape.code) if shape else None) or _part(live, number, len(wards))
            for _ in range(STREETS_IN_A_WARD):
                name, at = next(names), _where(rng, council, shape)
                streets.append(_street(rng, council, name, ward, at, postcodes))
        self.streets = tuple(streets)
        order = list(range(len(self.streets)))
        rng.shuffle(order)
        self._weights = list(accumulate(1 / (place + 3) ** MORE_THAN_NEXT for place in order))

    def spot(self, rng: Random) -> Spot:
        """Somewhere: some streets have far more cases than others."""
        street = self.streets[bisect(self._weights, rng.random() * self._weights[-1])]
        return Spot(street, rng.randrange(1, street.homes + 1))


def live_postcodes(council: Council, directory: Directory) -> list[str]:
    """Every live postcode of a council, in order; a county's are those of its districts."""
    homes = directory.councils.with_children(council)
    codes = [
        code
        for code in directory.postcodes.codes
        if (owner := directory.councils.by_gss(code)) is not None and owner in homes
    ]
    return list(directory.postcodes.live_in(codes))


def wards_made_up(council: Council) -> list[str]:
    """The names of a council's wards where no real ones are known: as many as its population makes likely."""
    rng = Random(f"names of wards/{council.slug}")  # noqa: S311 - the same council must get the same names
    people = council.population or 150_000
    return rng.sample(_WARDS, min(MOST_WARDS, max(LEAST_WARDS, people // PEOPLE_IN_A_WARD)))


def somewhere_in(rng: Random, shape: BaseGeometry) -> tuple[float, float]:
    """A point of a shape, any as likely as any other."""
    import shapely  # noqa: PLC0415 - not before there are shapes

    west, south, east, north = shape.bounds
    while True:
        x, y = rng.uniform(west, east), rng.uniform(south, north)
        if shapely.contains_xy(shape, x, y):
            return x, y


def _names_of_streets(rng: Random, count: int) -> list[str]:
    """So many names; the same again, in other wards, once there are no more."""
    every = [f"{first} {last}" for first in _FIRST for last in _LAST]
    return [
        name
        for start in range(0, count, len(every))
        for name in rng.sample(every, min(len(every), count - start))
    ]


def _by_ward(council: Council, live: list[str], directory: Directory) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for postcode in live:
        code = directory.wards.of_postcode(council.slug, postcode)
        if code is not None:
            found.setdefault(code, []).append(postcode)
    return found


def _part(live: list[str], number: int, of: int) -> list[str]:
    first = len(live) * number // of
    return live[first : first + 60] or live[:1]


def _where(rng: Random, council: Council, ward: Ward | None) -> tuple[float, float]:
    """A street's latitude and longitude: in its ward, if that has boundaries, else around the council's middle."""
    if ward is not None:
        long, lat = somewhere_in(rng, ward.shape)
        return lat, long
    middle = (council.latitude or 53.0, council.longitude or -1.5)
    return middle[0] + rng.uniform(-0.04, 0.04), middle[1] + rng.uniform(-0.06, 0.06)


def _street(
    rng: Random, council: Council, name: str, ward: str, at: tuple[float, float], postcodes: Sequence[str]
) -> Street:
    lat, long = (round(one, 5) for one in at)
    return Street(name, ward, council.short_name, rng.choice(postcodes), lat, long, rng.randrange(12, 90))
