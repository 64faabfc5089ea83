"""What is known of how people use these services, and what is only assumed. Every figure says which.

`sourced` figures come from published counts of a year, divided by the 67.1 million people of the United Kingdom (ONS,
mid-2020). Nothing here is a figure of one council.
"""

from __future__ import annotations

from dataclasses import dataclass

ONLINE, PHONE, IN_PERSON, API = "online", "phone", "in-person", "api"
CHANNELS = (ONLINE, PHONE, IN_PERSON, API)
Months = tuple[float, float, float, float, float, float, float, float, float, float, float, float]
Days = tuple[float, float, float, float, float, float, float]

EVEN: Months = (1.0,) * 12
WORKING_WEEK: Days = (1.25, 1.1, 1.05, 1.0, 0.95, 0.5, 0.45)


@dataclass(frozen=True, slots=True)
class Facts:
    """How one service is used.

    `per_thousand` is cases a year for each thousand people; `digital` the share of cases that people make themselves,
    of which `api` come through other platforms; `in_person` of the rest. `leave` and `ineligible` are shares of journeys
    that people make themselves. `months` (from January) and `days` (from Monday) are how much more or less than usual.
    `target` is in working days, where the service itself gives none; `in_time` the share closed by the target; `fixed`
    the share closed as done; `again` the share of cases that the same place sends once more. `minutes` is how long an
    online journey takes. `source` says where the volume and the digital share come from.
    """

    per_thousand: float
    digital: float
    source: str
    api: float = 0.0
    in_person: float = 0.1
    leave: float = 0.18
    ineligible: float = 0.06
    months: Months = EVEN
    days: Days = WORKING_WEEK
    target: int = 5
    in_time: float = 0.84
    fixed: float = 0.88
    closes_as: str = "fixed"
    again: float = 0.06
    minutes: float = 4.0


SERVICES: dict[str, Facts] = {
    "missed-bin": Facts(
        31.2,
        0.75,
        "missed collections: 1.8 million in 336 of 391 councils (FOI by the BBC, 2018), scaled to all; digital: assumed",
        leave=0.16,
        ineligible=0.11,
        months=(1.5, 0.95, 0.95, 1.0, 1.0, 0.95, 1.05, 1.15, 0.95, 0.9, 0.9, 1.0),
        days=(1.2, 1.25, 1.2, 1.15, 1.1, 0.75, 0.35),
        target=2,
        in_time=0.86,
        fixed=0.9,
        again=0.08,
        minutes=2.6,
    ),
    "pothole": Facts(
        10.1,
        0.7,
        "potholes: 674,229 in Great Britain in 2017 (RAC, by FOI); digital: assumed",
        api=0.12,
        leave=0.15,
        ineligible=0.05,
        months=(1.65, 1.75, 1.55, 1.15, 0.85, 0.7, 0.65, 0.6, 0.65, 0.75, 0.85, 1.0),
        in_time=0.74,
        fixed=0.72,
        again=0.07,
        minutes=3.4,
    ),
    "street-light": Facts(
        10.1,
        0.7,
        "other street reports: four times potholes, a quarter of them lights (assumed); digital: assumed",
        api=0.08,
        leave=0.14,
        ineligible=0.08,
        months=(1.4, 1.2, 0.95, 0.75, 0.6, 0.55, 0.6, 0.75, 1.0, 1.3, 1.5, 1.4),
        days=(1.3, 1.15, 1.1, 1.0, 0.95, 0.7, 0.65),
        in_time=0.8,
        fixed=0.86,
        again=0.05,
        minutes=3.2,
    ),
    "fly-tipping": Facts(
        22.3,
        0.6,
        "fly-tipping: 1.26 million in England in 2024/25 (Defra), scaled by population; digital: assumed",
        api=0.06,
        leave=0.17,
        ineligible=0.07,
        months=(0.95, 0.95, 1.1, 1.15, 1.15, 1.1, 1.1, 1.05, 1.0, 0.95, 0.8, 0.75),
        days=(1.4, 1.15, 1.05, 1.0, 0.95, 0.75, 0.7),
        in_time=0.83,
        fixed=0.85,
        again=0.07,
        minutes=4.2,
    ),
    "council-tax-move": Facts(
        27.6,
        0.7,
        "council tax: 0.165 requests a dwelling (Plymouth), four in ten of them moves (assumed); digital: between 28%"
        " before and all after (Plymouth), assumed",
        in_person=0.16,
        leave=0.26,
        ineligible=0.04,
        months=(0.95, 0.9, 1.2, 1.25, 1.0, 1.05, 1.1, 1.2, 1.25, 0.95, 0.75, 0.55),
        days=(1.45, 1.25, 1.15, 1.0, 0.9, 0.35, 0.35),
        target=10,
        in_time=0.78,
        fixed=0.94,
        closes_as="closed",
        again=0.07,
        minutes=8.5,
    ),
    "bus-pass-renewal": Facts(
        26.0,
        0.56,
        "bus passes: held by about one person in eight, renewed every five years; digital: both assumed",
        in_person=0.34,
        leave=0.22,
        ineligible=0.1,
        months=(1.05, 1.25, 1.75, 1.15, 0.9, 0.85, 0.85, 0.85, 0.95, 0.9, 0.85, 0.65),
        days=(1.35, 1.2, 1.15, 1.05, 0.95, 0.3, 0.3),
        target=10,
        in_time=0.88,
        fixed=0.95,
        closes_as="closed",
        again=0.04,
        minutes=7.0,
    ),
}

OTHER = Facts(8.0, 0.65, "nothing is known of this service: all of it is assumed")


def facts_of(service: str) -> Facts:
    """The facts of a service; of one that nobody has counted, assumptions."""
    return SERVICES.get(service, OTHER)


HOURS: dict[str, tuple[int, ...]] = {
    # From midnight; what people do themselves goes on into the evening, offices answer from nine to five.
    ONLINE: (6, 3, 2, 1, 1, 3, 10, 26, 42, 60, 66, 62, 58, 52, 50, 50, 52, 54, 58, 62, 60, 48, 30, 14),
    API: (4, 2, 1, 1, 1, 3, 14, 34, 46, 50, 50, 50, 54, 50, 48, 50, 56, 60, 52, 44, 36, 26, 16, 8),
    PHONE: (0, 0, 0, 0, 0, 0, 0, 0, 18, 100, 104, 92, 80, 76, 74, 68, 52, 12, 0, 0, 0, 0, 0, 0),
    IN_PERSON: (0, 0, 0, 0, 0, 0, 0, 0, 0, 60, 92, 96, 70, 62, 74, 66, 30, 0, 0, 0, 0, 0, 0, 0),
}
"""How many journeys start in each hour of a London day, by channel; assumed."""

SHIFT = 0.05
"""By how much the digital share of a service grows over a year; assumed."""

RATED = 0.13
"""The share of submissions made online whose maker gives a score; assumed."""
WRONG_INPUT = 0.2
"""The share of journeys made online in which a page is sent with something wrong on it; assumed."""
WELSH = {"Wales": 0.07}
"""The share of journeys in Welsh, by nation; assumed. Elsewhere one in five hundred, since the demonstration offers it."""
