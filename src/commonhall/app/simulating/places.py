"""Where simulated cases are: a council's real postcodes, and streets and wards whose names are made up."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from commonhall.directory.councils import Council
from commonhall.directory.directory import Directory

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
        homes = [council, *directory.councils.children(council)]
        codes = [
            code
            for code in directory.postcodes.codes
            if (owner := directory.councils.by_gss(code)) is not None and owner in homes
        ]
        live = list(directory.postcodes.live_in(codes)) or ["ZZ1 1ZZ"]
        people = council.population or 150_000
        wards = rng.sample(_WARDS, min(MOST_WARDS, max(LEAST_WARDS, people // PEOPLE_IN_A_WARD)))
        middle = (council.latitude or 53.0, council.longitude or -1.5)
        names = iter(rng.sample([f"{a} {b}" for a in _FIRST for b in _LAST], len(wards) * STREETS_IN_A_WARD))
        self.wards = tuple(wards)
        self.streets = tuple(
            Street(
                name=next(names),
                ward=ward,
                town=council.short_name,
                # Neighbouring postcodes to one ward: they stand in order in the file.
                postcode=live[(len(live) * number // len(wards) + rng.randrange(60)) % len(live)],
                lat=round(middle[0] + rng.uniform(-0.04, 0.04), 5),
                long=round(middle[1] + rng.uniform(-0.06, 0.06), 5),
                homes=rng.randrange(12, 90),
            )
            for number, ward in enumerate(wards)
            for _ in range(STREETS_IN_A_WARD)
        )
        order = list(range(len(self.streets)))
        rng.shuffle(order)
        self._weights = list(accumulate(1 / (place + 3) ** MORE_THAN_NEXT for place in order))

    def spot(self, rng: Random) -> Spot:
        """Somewhere: some streets have far more cases than others."""
        street = self.streets[bisect(self._weights, rng.random() * self._weights[-1])]
        return Spot(street, rng.randrange(1, street.homes + 1))
