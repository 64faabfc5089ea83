"""Councils beside each other, without ranks: who is like whom, how sure a figure is, and who differs more than chance.

Who is first of many is mostly chance where numbers are small. A funnel plot shows instead within which limits a council of
its size lies if it does as all do together (Spiegelhalter, Statistics in Medicine 2005, 24: 1185-1202).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from commonhall.directory.councils import Council
from commonhall.engine.figures import CouncilFigures

LIKE = 15
"""How many councils one is compared with, as CIPFA's nearest neighbours are."""
MINIMUM = 30
"""Transactions (or scores) below which a council is left out of a comparison: limits would say nothing."""
PEOPLE_PER_HOUSEHOLD = 2.4
"""The mean size of a household: ONS, Families and Households 2017 (27.2 million households)."""
COLLECTIONS_PER_HOUSEHOLD = 30.2
"""Collections of bins a year: 821 million in the United Kingdom (LGA), by 27.2 million households."""
PER = 100_000
_OUTER = 0.998
_TRIMMED = 0.1

Where = Literal["within", "above", "below", "far above", "far below"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and how sure it is: with 95% between `low` and `high`. `counted` is what it rests on."""

    value: float
    low: float
    high: float
    counted: int


@dataclass(frozen=True, slots=True)
class FunnelPoint:
    """One council in a funnel plot: its rate, and the limits for its size around the rate of all.

    `where`: within the 95% limits; above or below them; far above or below those of 99.8%. What is above is not
    therefore better or worse: it differs.
    """

    council: str
    rate: Interval
    low: float
    high: float
    far_low: float
    far_high: float
    where: Where


@dataclass(frozen=True, slots=True)
class Funnel:
    """Councils beside each other, by name and never by rank. `overall` is the rate of all that are in it.

    `spread` is by how much the variance between councils passes what chance gives, 1.0 where it does not; limits are
    wider by its root. `left_out` have fewer than the minimum.
    """

    overall: float | None
    spread: float
    points: tuple[FunnelPoint, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Base:
    """What a rate is per: households or collections in a year. An `estimate` is made of the population; `label` says so."""

    number: int
    label: str
    estimate: bool

    def rate(self, count: int) -> float:
        """A year's count per 100,000."""
        return count * PER / self.number


def like_councils(councils: Iterable[Council], council: Council, most: int = LIKE) -> list[Council]:
    """The councils of the same tier and type, and so of the same nation, whose population is nearest by ratio; by name,
    without the council itself. The City of London has none like it."""
    if not council.population:
        return []
    alike = [
        (abs(math.log(other.population / council.population)), other.slug, other)
        for other in councils
        if (other.tier, other.type) == (council.tier, council.type)
        and other.slug != council.slug
        and other.population
    ]
    nearest = sorted(alike, key=lambda one: one[:2])[:most]
    return sorted((other for _, _, other in nearest), key=lambda other: other.name)


def wilson(part: int, whole: int, confidence: float = 0.95) -> Interval | None:
    """A rate with Wilson's score interval (1927), which holds for small numbers and at 0 and 1; None where whole is 0.

    Raises `ValueError` where part is not between 0 and whole.
    """
    if not 0 <= part <= whole:
        raise ValueError(f"{part} of {whole} is no rate")
    if not whole:
        return None
    return _wilson(part / whole, whole, confidence)


def _wilson(rate: float, whole: int, confidence: float) -> Interval:
    z = _z(confidence)
    middle = rate + z * z / (2 * whole)
    half = z * math.sqrt(rate * (1 - rate) / whole + z * z / (4 * whole * whole))
    scale = 1 + z * z / whole
    low, high = max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)
    return Interval(rate, min(low, rate), max(high, rate), whole)


def mean_score(scores: Sequence[int], confidence: float = 0.95) -> Interval | None:
    """The mean of scores with Student's interval: `scores[n]` people gave n + 1. None where fewer than two did.

    Where all gave the same, their variance says nothing of how sure that is: then Wilson's interval of the mean's way from
    least to most stands, which is the widest that any scores of this mean could have.
    """
    whole = sum(scores)
    if whole < 2:
        return None
    most = len(scores)
    mean = sum((n + 1) * count for n, count in enumerate(scores)) / whole
    squares = sum((n + 1 - mean) ** 2 * count for n, count in enumerate(scores))
    if not squares:
        share = _wilson((mean - 1) / (most - 1), whole, confidence)
        return Interval(mean, 1 + share.low * (most - 1), 1 + share.high * (most - 1), whole)
    half = student(confidence, whole - 1) * math.sqrt(squares / (whole - 1) / whole)
    return Interval(mean, max(1.0, mean - half), min(float(most), mean + half), whole)


def student(confidence: float, freedom: int) -> float:
    """Student's t with this much within plus and minus it. Exact for 1 and 2 degrees of freedom, else the
    expansion of Abramowitz and Stegun, 26.7.5: for 95% within 0.2% of the truth."""
    p = (1 + confidence) / 2
    if freedom == 1:
        return math.tan(math.pi * (p - 0.5))
    if freedom == 2:
        return (2 * p - 1) * math.sqrt(2 / (4 * p * (1 - p)))
    z, v = _z(confidence), float(freedom)
    return (
        z
        + (z**3 + z) / (4 * v)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * v**4)
    )


def funnel(counts: Mapping[str, tuple[int, int]], minimum: int = MINIMUM, *, spread: bool = True) -> Funnel:
    """Each council's rate, (part, whole), with the limits that chance gives around the rate of all.

    Between councils there is more than chance: other places, other people. With `spread`, limits are widened by the
    variance of all z-scores, the tenth at either end drawn in (Spiegelhalter's overdispersion), once it is more than 1.
    Raises `ValueError` where a part is not between 0 and its whole.
    """
    rates = {council: wilson(*counts[council]) for council in sorted(counts)}
    big = {council: rate for council, rate in rates.items() if rate and rate.counted >= max(1, minimum)}
    left_out = tuple(council for council in rates if council not in big)
    if not big:
        return Funnel(None, 1.0, (), left_out)
    overall = sum(counts[council][0] for council in big) / sum(rate.counted for rate in big.values())
    wider = _spread([_score(rate, overall) for rate in big.values()]) if spread else 1.0
    points = tuple(_point(council, rate, overall, wider) for council, rate in big.items())
    return Funnel(overall, wider, points, left_out)


def _point(council: str, rate: Interval, overall: float, spread: float) -> FunnelPoint:
    error = math.sqrt(overall * (1 - overall) / rate.counted * spread)
    near, far = _z(0.95) * error, _z(_OUTER) * error
    away = abs(rate.value - overall)
    side: Literal["above", "below"] = "above" if rate.value > overall else "below"
    where: Where = "within" if away <= near else side
    if away > far:
        where = "far above" if side == "above" else "far below"
    return FunnelPoint(
        council,
        rate,
        max(0.0, overall - near),
        min(1.0, overall + near),
        max(0.0, overall - far),
        min(1.0, overall + far),
        where,
    )


def _score(rate: Interval, overall: float) -> float:
    error = math.sqrt(overall * (1 - overall) / rate.counted)
    return (rate.value - overall) / error if error else 0.0


def _spread(scores: Sequence[float]) -> float:
    """How much more than chance the scores vary: 1.0 or more."""
    inward = sorted(scores)
    cut = int(len(inward) * _TRIMMED)
    least, most = inward[cut], inward[-1 - cut]
    return max(1.0, sum(min(max(score, least), most) ** 2 for score in inward) / len(inward))


def households(council: Council, figures: CouncilFigures) -> Base | None:
    """A council's households: its own number, else an estimate; None where its population is not known."""
    if figures.households:
        return Base(figures.households, "households, by the council's own figure", estimate=False)
    if not council.population:
        return None
    number = max(1, round(council.population / PEOPLE_PER_HOUSEHOLD))
    return Base(
        number,
        f"households, estimated from the population at {PEOPLE_PER_HOUSEHOLD} people each",
        estimate=True,
    )


def collections(council: Council, figures: CouncilFigures) -> Base | None:
    """A council's collections of bins in a year: its own number, else an estimate from its households."""
    if figures.collections:
        return Base(figures.collections, "collections a year, by the council's own figure", estimate=False)
    homes = households(council, figures)
    if homes is None:
        return None
    number = max(1, round(homes.number * COLLECTIONS_PER_HOUSEHOLD))
    words = f"collections a year, estimated at {COLLECTIONS_PER_HOUSEHOLD} for each household"
    return Base(number, words, estimate=True)


def _z(confidence: float) -> float:
    return NormalDist().inv_cdf((1 + confidence) / 2)
