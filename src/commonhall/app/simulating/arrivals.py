"""How many people come for a service on a day, through which channel, and when."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from random import Random

from commonhall.app.simulating.facts import API, CHANNELS, HOURS, IN_PERSON, ONLINE, PHONE, SHIFT, Facts
from commonhall.casework.desk import LONDON
from commonhall.engine.working_days import Calendar

YEAR = 365.25
OFFICE = (PHONE, IN_PERSON)
_HOURS = {channel: list(accumulate(HOURS[channel])) for channel in CHANNELS}


def usual_starts(facts: Facts, population: int, scale: float) -> float:
    """How many journeys people start on a usual day: enough for the cases that are expected of so many people."""
    left = facts.digital * (facts.leave + facts.ineligible)
    return facts.per_thousand * population / 1000 / YEAR * scale / (1 - left)


def starts_on(rng: Random, facts: Facts, day: date, usual: float, weather: float) -> int:
    """How many start on a day: by month and weekday, by that day's `weather`, and by chance."""
    mean = usual * facts.months[day.month - 1] * facts.days[day.weekday()] * weather
    return _poisson(rng, mean)


def weather_of(seed: int, council: str, service: str, day: date) -> float:
    """How much busier than usual a day is for reasons that nobody can know: a bad week of the crews, a frost, a storm."""
    week = day.toordinal() // 7
    rng = Random(f"{seed}/weather/{council}/{service}/{week}")  # noqa: S311 - a simulation must be repeatable
    good_or_bad = math.exp(rng.gauss(-0.01, 0.14))
    return good_or_bad * (rng.uniform(1.5, 2.2) if rng.random() < 0.03 else 1.0)


def channel_of(rng: Random, facts: Facts, years: float) -> str:
    """Through which channel somebody comes; `years` since the beginning, over which people move online."""
    digital = min(0.95, facts.digital + SHIFT * (years - 0.5))
    if rng.random() < digital:
        return API if rng.random() < facts.api else ONLINE
    return IN_PERSON if rng.random() < facts.in_person else PHONE


def moment_of(rng: Random, channel: str, day: date, calendar: Calendar) -> datetime:
    """When on a day somebody starts (UTC); whoever needs an office comes on the next day that it is open."""
    while channel in OFFICE and not calendar.is_working_day(day):
        day += timedelta(days=1)
    cumulated = _HOURS[channel]
    at = rng.random() * cumulated[-1]
    hour = next(number for number, total in enumerate(cumulated) if at < total)
    local = datetime.combine(day, time(hour), LONDON) + timedelta(seconds=rng.random() * 3600)
    return local.astimezone(UTC)


def _poisson(rng: Random, mean: float) -> int:
    if mean > 60:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count
