"""Whether a share has fallen below what it used to be, or only seems to: pure statistics. `docs/alerts.md`.

Two questions, and a fall must answer both. Is it more than chance among these few people (the exact test of two
proportions: Fisher, The Design of Experiments, 1935)? Is it more than the service's weeks have always differed
(control limits that widen with that: Laney, Improved control charts for attributes, 2002)?
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WEEKS = 8
"""How many weeks before are what it used to be; each must have had something to count."""
LEAST_NOW, LEAST_BEFORE = 30, 120
"""How many must have been counted in the week, and in the weeks before together."""
CHANCE = 1 / 20_000
"""How rarely chance alone may bring such a fall about, each time that somebody looks."""
LIMIT = 5.4
"""Control limits: so many times the spread of the weeks before. The spread is known from eight weeks alone, so it is
Student's t with 7 degrees of freedom that is passed once in 2,000 looks; three times would be passed once in 100."""


@dataclass(frozen=True, slots=True)
class Share:
    """So many `good` of a `whole`."""

    good: int
    whole: int

    @property
    def rate(self) -> float:
        """0 to 1; 0 of nothing."""
        return self.good / self.whole if self.whole else 0.0

    def __add__(self, other: Share) -> Share:
        """Both together."""
        return Share(self.good + other.good, self.whole + other.whole)


NOTHING = Share(0, 0)


@dataclass(frozen=True, slots=True)
class Fall:
    """A share that has fallen, and what it was before."""

    before: Share
    now: Share


def find_fall(now: Share, before: Sequence[Share], least: float) -> Fall | None:
    """The fall of this week's share below that of the weeks before, by `least` or more; None where there is none, or where
    there is too little to tell."""
    base = sum(before, NOTHING)
    if now.whole < LEAST_NOW or base.whole < LEAST_BEFORE:
        return None
    if len(before) < WEEKS or not all(week.whole for week in before):
        return None
    if base.rate - now.rate < least:
        return None
    if chance_of(now, base) >= CHANCE or -deviation(now, before) < LIMIT:
        return None
    return Fall(base, now)


def has_recovered(now: Share, base: float, least: float) -> bool:
    """Whether a share that had fallen from `base` is back, more than half of the way of the least fall."""
    return now.whole >= LEAST_NOW and now.rate >= base - least / 2


def chance_of(now: Share, before: Share) -> float:
    """How likely so few good ones are, or fewer, if nothing has changed: Fisher's exact test, one-sided."""
    whole, good = now.whole + before.whole, now.good + before.good
    least = max(0, now.whole - (whole - good))
    term = math.exp(
        _log_choose(good, now.good)
        + _log_choose(whole - good, now.whole - now.good)
        - _log_choose(whole, now.whole)
    )
    total, count = 0.0, now.good
    while count >= least and term > total * 1e-12:
        total += term
        # From one count of good ones to the next lower one, without another factorial.
        below = (good - count + 1) * (now.whole - count + 1)
        term *= count * (whole - good - now.whole + count) / below
        count -= 1
    return min(1.0, total)


def deviation(now: Share, weeks: Sequence[Share]) -> float:
    """By how many times the usual spread this week differs from the weeks before: below 0 where it is lower.

    The usual spread is that of chance, or that of the weeks themselves where they differ by more (Laney's p' chart).
    """
    base = sum(weeks, NOTHING)
    # A share of all or nothing would have no spread: one more of each kind, as Agresti and Coull do, gives it some.
    rate = (base.good + 1) / (base.whole + 2)
    scores = [(week.rate - rate) / math.sqrt(rate * (1 - rate) / week.whole) for week in weeks]
    mean = sum(scores) / len(scores)
    spread = math.sqrt(sum((score - mean) ** 2 for score in scores) / (len(scores) - 1))
    usual = math.sqrt(rate * (1 - rate) * (1 / now.whole + 1 / base.whole))
    return (now.rate - rate) / (usual * max(1.0, spread))


def _log_choose(of: int, some: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(some + 1) - math.lgamma(of - some + 1)
