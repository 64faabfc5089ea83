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

LIKE = 15
"""How many councils one is compared with, as CIPFA's nearest neighbours are."""
MINIMUM = 30
"""Transactions (or scores) below which a council is left out of a comparison: limits would say nothing."""
PER = 100_000
"""Households or collections that a rate of cases is of."""
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


def per_100_000(count: int, number: int, confidence: float = 0.95) -> Interval:
    """A count per 100,000 of a number that is known, with Byar's interval of a Poisson count.

    Byar's approximation (Breslow and Day, Statistical Methods in Cancer Research, volume II, 1987, page 69), which public
    health in England uses for counts: within 0.2% of the exact limits from ten on. It takes cases to come by themselves; one
    bin reported twice is two that do not, so that the true interval is somewhat wider.
    """
    z, more = _z(confidence), count + 1
    low = count * (1 - 1 / (9 * count) - z / (3 * math.sqrt(count))) ** 3 if count else 0.0
    high = more * (1 - 1 / (9 * more) + z / (3 * math.sqrt(more))) ** 3
    scale = PER / number
    return Interval(count * scale, max(0.0, low) * scale, high * scale, count)


def satisfied(scores: Sequence[int], confidence: float = 0.95) -> Interval | None:
    """The mean of scores on the way from the least (0.0) to the most (1.0), with its interval."""
    found = mean_score(scores, confidence)
    if found is None:
        return None
    low, value, high = ((one - 1) / (len(scores) - 1) for one in (found.low, found.value, found.high))
    return Interval(value, low, high, found.counted)


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
    big = _big(rates, minimum)
    overall = _of(sum(counts[council][0] for council in big), sum(rate.counted for rate in big.values()))
    errors = {council: math.sqrt(overall * (1 - overall) / rate.counted) for council, rate in big.items()}
    return _funnel(rates, big, overall, errors, spread=spread)


def rate_funnel(
    counts: Mapping[str, tuple[int, int]], minimum: int = MINIMUM, *, spread: bool = True
) -> Funnel:
    """The same for counts per 100,000: (count, number that it is of). Counts vary as Poisson's do."""
    rates = {council: per_100_000(*counts[council]) for council in sorted(counts)}
    big = _big(rates, minimum)
    overall = _of(sum(rate.counted for rate in big.values()), sum(counts[council][1] for council in big))
    errors = {council: math.sqrt(overall / counts[council][1]) * PER for council in big}
    return _funnel(rates, big, overall * PER, errors, spread=spread, most=math.inf)


def score_funnel(
    scores: Mapping[str, Sequence[int]], minimum: int = MINIMUM, *, spread: bool = True
) -> Funnel:
    """The same for the mean of scores on the way from least to most; scores vary as all of them together do."""
    rates = {council: satisfied(scores[council]) for council in sorted(scores)}
    big = _big(rates, minimum)
    together = [sum(column) for column in zip(*(scores[council] for council in big), strict=True)]
    ways = [n / (len(together) - 1) for n in range(len(together))]
    whole = sum(together)
    overall = sum(way * count for way, count in zip(ways, together, strict=True)) / max(1, whole)
    squares = sum((way - overall) ** 2 * count for way, count in zip(ways, together, strict=True))
    errors = {council: math.sqrt(squares / whole / rate.counted) for council, rate in big.items()}
    return _funnel(rates, big, overall, errors, spread=spread)


def _big(rates: Mapping[str, Interval | None], minimum: int) -> dict[str, Interval]:
    return {council: rate for council, rate in rates.items() if rate and rate.counted >= max(1, minimum)}


def _of(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _funnel(
    rates: Mapping[str, Interval | None], big: Mapping[str, Interval], overall: float, errors: Mapping[str, float], *,
    spread: bool, most: float = 1.0,
) -> Funnel:  # fmt: skip
    """Those that are big enough around the rate of all; `errors` are by how much each would differ by chance."""
    left_out = tuple(council for council in rates if council not in big)
    if not big:
        return Funnel(None, 1.0, (), left_out)
    scores = [
        (rate.value - overall) / errors[council] if errors[council] else 0.0 for council, rate in big.items()
    ]
    wider = _spread(scores) if spread else 1.0
    points = tuple(
        _point(council, rate, overall, errors[council] * math.sqrt(wider), most)
        for council, rate in big.items()
    )
    return Funnel(overall, wider, points, left_out)


def _point(council: str, rate: Interval, overall: float, error: float, most: float) -> FunnelPoint:
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
        min(most, overall + near),
        max(0.0, overall - far),
        min(most, overall + far),
        where,
    )


def _spread(scores: Sequence[float]) -> float:
    """How much more than chance the scores vary: 1.0 or more."""
    inward = sorted(scores)
    cut = int(len(inward) * _TRIMMED)
    least, most = inward[cut], inward[-1 - cut]
    return max(1.0, sum(min(max(score, least), most) ** 2 for score in inward) / len(inward))


def _z(confidence: float) -> float:
    return NormalDist().inv_cdf((1 + confidence) / 2)
