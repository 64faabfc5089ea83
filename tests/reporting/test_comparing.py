"""Councils beside each other: like with like, never ranked, and how sure a figure is."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from commonhall.directory.directory import Directory
from commonhall.engine.figures import CouncilFigures
from commonhall.reporting.comparing import (
    LIKE,
    MINIMUM,
    collections,
    funnel,
    households,
    like_councils,
    mean_score,
    student,
    wilson,
)

RATES = st.integers(1, 5000).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole)))
SCORES = st.lists(st.integers(0, 300), min_size=5, max_size=5)


# -- who is like whom ----------------------------------------------------------------------------------------------


def test_like_councils_are_of_the_same_kind_and_near_in_size(directory: Directory) -> None:
    for council in directory.councils.all:
        found = like_councils(directory.councils.all, council)
        assert council not in found
        assert {(one.tier, one.type, one.nation) for one in found} <= {
            (council.tier, council.type, council.nation)
        }
        assert [one.name for one in found] == sorted(one.name for one in found)
        alike = (
            sum(1 for one in directory.councils.all if (one.tier, one.type) == (council.tier, council.type))
            - 1
        )
        assert len(found) == min(LIKE, alike)
        if found:
            furthest = max(abs(math.log((one.population or 1) / (council.population or 1))) for one in found)
            nearer = [
                one
                for one in directory.councils.all
                if (one.tier, one.type) == (council.tier, council.type)
                and one != council
                and abs(math.log((one.population or 1) / (council.population or 1))) < furthest - 1e-12
            ]
            assert len(nearer) < len(found)


def test_the_city_of_london_has_none_like_it(directory: Directory) -> None:
    city = next(one for one in directory.councils.all if one.type == "City corporation")
    assert like_councils(directory.councils.all, city) == []


# -- how sure a figure is ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_s_interval_is_newcombe_s(part: int, whole: int, low: float, high: float) -> None:
    # Newcombe, Statistics in Medicine 1998, 17: 857-872, table I, method 3.
    found = wilson(part, whole)
    assert found is not None
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(RATES)
def test_an_interval_holds_its_rate_and_mirrors(rate: tuple[int, int]) -> None:
    part, whole = rate
    found, other = wilson(part, whole), wilson(whole - part, whole)
    assert found is not None
    assert other is not None
    assert 0.0 <= found.low <= found.value <= found.high <= 1.0
    assert found.low == pytest.approx(1 - other.high)
    more = wilson(part * 4, whole * 4)
    assert more is not None
    assert more.high - more.low < found.high - found.low


def test_no_rate_of_nothing_and_none_that_cannot_be() -> None:
    assert wilson(0, 0) is None
    for part, whole in ((-1, 5), (6, 5)):
        with pytest.raises(ValueError, match="no rate"):
            wilson(part, whole)


@pytest.mark.parametrize(
    ("freedom", "t"), [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (9, 2.262), (29, 2.045), (120, 1.980)]
)
def test_student_s_t_is_the_tables(freedom: int, t: float) -> None:
    assert student(0.95, freedom) == pytest.approx(t, rel=0.002)


def test_the_mean_of_scores_is_a_textbook_s() -> None:
    # Ten scores of mean 3.5 and standard deviation 1.080: 3.5 ± 2.262 * 1.080 / √10.
    found = mean_score([0, 2, 3, 3, 2])
    assert found is not None
    assert (found.value, found.counted) == (3.5, 10)
    assert found.high - found.value == pytest.approx(0.7726, abs=5e-4)


@given(SCORES)
def test_the_interval_of_a_mean_holds_it_and_is_never_without_doubt(scores: list[int]) -> None:
    found = mean_score(scores)
    if sum(scores) < 2:
        assert found is None
        return
    assert found is not None
    assert 1.0 <= found.low <= found.value <= found.high <= 5.0
    assert found.high > found.low


# -- the funnel ----------------------------------------------------------------------------------------------------

COUNCILS = st.dictionaries(st.text("abcdef", min_size=1), RATES, max_size=20)


@given(COUNCILS)
def test_a_council_differs_where_its_own_interval_does_not_hold_the_rate_of_all(
    counts: dict[str, tuple[int, int]],
) -> None:
    found = funnel(counts, minimum=1, spread=False)
    if found.overall is None:
        assert not counts
        return
    for point in found.points:
        # Both rest on the score test; only rounding may tell them apart.
        near = min(abs(found.overall - point.rate.low), abs(found.overall - point.rate.high))
        if near > 1e-9:
            outside = not point.rate.low <= found.overall <= point.rate.high
            assert (point.where != "within") == outside


@given(COUNCILS, st.integers(0, 200))
def test_councils_stand_by_name_and_small_ones_are_left_out(
    counts: dict[str, tuple[int, int]], minimum: int
) -> None:
    found = funnel(counts, minimum)
    assert [point.council for point in found.points] == sorted(point.council for point in found.points)
    assert {point.council for point in found.points} | set(found.left_out) == set(counts)
    assert all(counts[council][1] < max(1, minimum) for council in found.left_out)
    assert all(point.rate.counted >= minimum for point in found.points)


@given(COUNCILS)
def test_limits_are_nested_and_wider_where_councils_differ_more_than_chance(
    counts: dict[str, tuple[int, int]],
) -> None:
    assume(counts)
    found, chance = funnel(counts, minimum=1), funnel(counts, minimum=1, spread=False)
    assert found.spread >= chance.spread == 1.0
    for wide, narrow in zip(found.points, chance.points, strict=True):
        assert found.overall is not None
        assert (
            wide.far_low
            <= wide.low
            <= narrow.low
            <= found.overall
            <= narrow.high
            <= wide.high
            <= wide.far_high
        )


def test_one_that_does_quite_otherwise_is_told() -> None:
    counts = {f"c{n:02}": (80 + n % 5, 100) for n in range(20)} | {"odd": (30, 100), "tiny": (1, MINIMUM - 1)}
    found = funnel(counts)
    assert {point.council: point.where for point in found.points if point.where != "within"} == {
        "odd": "far below"
    }
    assert found.left_out == ("tiny",)


# -- per household -------------------------------------------------------------------------------------------------


def test_an_estimate_says_that_it_is_one_and_own_numbers_go_before_it(directory: Directory) -> None:
    council = directory.councils.council("solihull")
    assert council is not None
    guess, homes = (
        households(council, CouncilFigures()),
        households(council, CouncilFigures(households=91_000)),
    )
    assert guess is not None
    assert homes is not None
    assert guess.estimate
    assert "estimated" in guess.label
    assert 80_000 < guess.number < 100_000
    assert (homes.number, homes.estimate) == (91_000, False)
    bins = collections(council, CouncilFigures(households=100_000))
    assert bins is not None
    assert (bins.number, bins.estimate) == (3_020_000, True)
    own = collections(council, CouncilFigures(collections=5_000_000, contacts={"phone": Decimal(1)}))
    assert own is not None
    assert (own.rate(250), own.estimate) == (5.0, False)
