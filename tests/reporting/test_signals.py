"""A real fall is found, and chance is not taken for one."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonhall.reporting.signals import (
    CHANCE,
    LEAST_BEFORE,
    LEAST_NOW,
    WEEKS,
    Share,
    chance_of,
    deviation,
    find_fall,
    has_recovered,
)

POINTS = 0.05


def drawn(chance: random.Random, whole: int, rate: float) -> Share:
    return Share(sum(chance.random() < rate for _ in range(whole)), whole)


@given(st.integers(1, 30), st.integers(1, 60), st.data())
def test_the_chance_is_fishers_counted_out(now: int, before: int, data: st.DataObject) -> None:
    good, was = data.draw(st.integers(0, now)), data.draw(st.integers(0, before))
    both, whole = good + was, now + before
    ways = sum(
        math.comb(both, count) * math.comb(whole - both, now - count)
        for count in range(max(0, now - (whole - both)), good + 1)
    )
    exact = Fraction(ways, math.comb(whole, now))
    assert chance_of(Share(good, now), Share(was, before)) == pytest.approx(float(exact), rel=1e-9)


@pytest.mark.parametrize(
    ("whole", "rate", "varies"),
    [(40, 0.5, 0.0), (40, 0.97, 0.0), (300, 0.8, 0.0), (300, 0.8, 0.05), (2000, 0.9, 0.03), (30, 0.85, 0.1)],
)
def test_a_service_that_stays_as_it_is_raises_hardly_any_alarm(
    whole: int, rate: float, varies: float
) -> None:
    """Years of weeks that differ by chance, and by more than chance (`varies` is the spread of the true rate).

    A look is wrong once in a thousand at most, where weeks differ by much more than chance; else hardly ever. Counted over
    2,000 weeks, so that chance may bring a few more.
    """
    chance = random.Random(f"{whole} {rate} {varies}")
    looks, alarms = 2000, 0
    weeks: list[Share] = []
    for _ in range(looks + WEEKS):
        true = min(0.999, max(0.001, chance.gauss(rate, varies)))
        # A binomial of many, drawn at once: its normal neighbour; of few, one by one.
        if whole > 100:
            good = round(chance.gauss(whole * true, math.sqrt(whole * true * (1 - true))))
            week = Share(max(0, min(whole, good)), whole)
        else:
            week = drawn(chance, whole, true)
        alarms += len(weeks) == WEEKS and find_fall(week, weeks, POINTS) is not None
        weeks = [week, *weeks][:WEEKS]
    assert alarms <= (7 if varies else 1)


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(400, 1000), st.floats(0.5, 0.95))
def test_a_real_fall_is_found(seed: int, whole: int, rate: float) -> None:
    chance = random.Random(seed)
    before = [drawn(chance, whole, rate) for _ in range(WEEKS)]
    now = drawn(chance, whole, rate - 0.35)
    found = find_fall(now, before, POINTS)
    assert found is not None
    assert found.now == now
    assert found.before.whole == whole * WEEKS


SHARES = st.builds(
    lambda whole, part: Share(round(whole * part), whole), st.integers(0, 500), st.floats(0, 1)
)


@given(SHARES, st.lists(SHARES, max_size=WEEKS))
def test_an_alarm_always_rests_on_enough_and_is_always_a_fall(now: Share, before: list[Share]) -> None:
    found = find_fall(now, before, POINTS)
    if found is not None:
        assert now.whole >= LEAST_NOW
        assert found.before.whole >= LEAST_BEFORE
        assert found.before.rate - now.rate >= POINTS
        assert chance_of(now, found.before) < CHANCE


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (Share(0, 29), [Share(90, 100)] * 8),  # too few this week
        (Share(0, 40), [Share(10, 14)] * 8),  # too few before
        (Share(0, 40), [Share(90, 100)] * 7 + [Share(0, 0)]),  # too few weeks
        (Share(9500, 10000), [Share(9900, 10000)] * 8),  # certain, and too small to matter
        (Share(60, 100), [Share(95, 100), Share(55, 100)] * 4),  # its weeks have always differed so
    ],
)
def test_what_is_no_reason_for_a_mail(now: Share, before: list[Share]) -> None:
    assert find_fall(now, before, POINTS) is None


def test_it_is_back_when_more_than_half_of_the_least_fall_is_made_up() -> None:
    assert not has_recovered(Share(87, 100), 0.90, POINTS)
    assert has_recovered(Share(88, 100), 0.90, POINTS)
    assert not has_recovered(Share(29, 29), 0.90, POINTS), "too few to tell"


def test_weeks_that_all_were_perfect_have_some_spread() -> None:
    weeks = [Share(100, 100)] * 8
    assert math.isfinite(deviation(Share(90, 100), weeks))
    assert find_fall(Share(80, 100), weeks, POINTS) is not None
