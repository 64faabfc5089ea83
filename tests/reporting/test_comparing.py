"""Councils beside each other: like with like, never ranked, and how sure a figure is."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from commonhall.directory.directory import Directory
from commonhall.reporting.comparing import (
    LIKE,
    MINIMUM,
    PER,
    funnel,
    like_councils,
    mean_score,
    per_100_000,
    rate_funnel,
    satisfied,
    score_funnel,
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


# -- counts per 100,000 --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "low", "high"),
    [(10, 4.795, 18.39), (20, 12.22, 30.89), (30, 20.24, 42.83), (50, 37.11, 65.92), (100, 81.36, 121.63)],
)
def test_the_interval_of_a_count_is_garwood_s(count: int, low: float, high: float) -> None:
    # Garwood's exact limits (Biometrika 1936, 28: 437-442), as tables of the Poisson distribution print them.
    found = per_100_000(count, PER)
    assert (found.low, found.high) == (pytest.approx(low, rel=0.002), pytest.approx(high, rel=0.002))


@given(st.integers(10, 3000))
def test_beyond_either_limit_of_a_count_lies_one_in_forty(count: int) -> None:
    # Found by halving from the sum of Poisson's own terms: within 0.2% from ten on, as Byar's approximation is.
    found = per_100_000(count, PER)
    low = where(lambda mean: 1 - up_to(count - 1, mean) < 0.025, 0.0, float(count))
    high = where(lambda mean: up_to(count, mean) > 0.025, float(count), 2.0 * count + 20)
    assert (found.low, found.high) == (pytest.approx(low, rel=0.002), pytest.approx(high, rel=0.002))


def up_to(count: int, mean: float) -> float:
    """The chance of so many or fewer where there are so many on average."""
    return math.fsum(math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)) for n in range(count + 1))


def where(below: Callable[[float], bool], low: float, high: float) -> float:
    """Where something stops being so."""
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) else (low, middle)
    return (low + high) / 2


@given(st.integers(0, 10**6), st.integers(1, 10**9))
def test_a_rate_holds_its_value_and_grows_with_its_count(count: int, number: int) -> None:
    found = per_100_000(count, number)
    assert 0.0 <= found.low <= found.value <= found.high
    assert found.value == pytest.approx(count * 100_000 / number)
    assert per_100_000(count + 1, number).value > found.value


def test_a_council_whose_rate_is_quite_another_is_told_and_limits_narrow_with_size() -> None:
    counts = {f"c{n:02}": (300 + n % 7, 90_000 + 40 * n) for n in range(40)} | {"odd": (500, 90_000)}
    found = rate_funnel(counts | {"tiny": (MINIMUM - 1, 90_000)}, spread=False)
    assert {point.council: point.where for point in found.points if point.where != "within"} == {
        "odd": "far above"
    }
    assert found.left_out == ("tiny",)
    whole = sum(count for count, _ in counts.values()) / sum(number for _, number in counts.values())
    assert found.overall == pytest.approx(whole * 100_000)
    widths = {point.council: point.high - point.low for point in found.points}
    assert widths["c39"] < widths["c00"]


@given(
    st.dictionaries(
        st.text("abcdef", min_size=1), st.tuples(st.integers(0, 999), st.integers(1, 10**6)), max_size=9
    )
)
def test_limits_of_rates_are_nested_around_the_rate_of_all(counts: dict[str, tuple[int, int]]) -> None:
    found = rate_funnel(counts)
    assert {point.council for point in found.points} | set(found.left_out) == set(counts)
    for point in found.points:
        assert found.overall is not None
        assert 0.0 <= point.far_low <= point.low <= found.overall <= point.high <= point.far_high


# -- how satisfied people are --------------------------------------------------------------------------------------


def test_satisfaction_is_the_way_from_one_to_five() -> None:
    found, mean = satisfied((0, 2, 3, 3, 2)), mean_score((0, 2, 3, 3, 2))
    assert found is not None
    assert mean is not None
    assert (found.value, found.counted) == (0.625, 10)
    assert found.high - found.value == pytest.approx((mean.high - mean.value) / 4)
    assert satisfied((1, 0, 0, 0, 0)) is None


@given(
    st.dictionaries(
        st.text("abcdef", min_size=1), st.lists(st.integers(0, 90), min_size=5, max_size=5), max_size=9
    )
)
def test_a_funnel_of_scores_lies_around_the_mean_of_all_of_them(scores: dict[str, list[int]]) -> None:
    found = score_funnel(scores)
    big = [one for one in scores.values() if sum(one) >= MINIMUM]
    assert len(found.points) == len(big)
    if found.overall is None:
        assert not big
        return
    together = satisfied([sum(column) for column in zip(*big, strict=True)])
    assert together is not None
    assert found.overall == pytest.approx(together.value)
    assert all(point.low <= found.overall <= point.high for point in found.points)
