"""Response times in buckets: what is read from them is within a tenth of what was measured, however they were added up."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhall.reporting.times import BUCKETS, LEAST, added, bucket_of, percentile, seconds_of

TIMES = st.floats(min_value=LEAST, max_value=100.0)


def counted(seconds: list[float]) -> tuple[int, ...]:
    """These response times, as a process counts them."""
    times = [0] * BUCKETS
    for one in seconds:
        times[bucket_of(one)] += 1
    return tuple(times)


@given(st.lists(TIMES, min_size=1), st.floats(min_value=0.01, max_value=1.0))
def test_a_percentile_is_within_a_tenth_of_the_exact_one(seconds: list[float], share: float) -> None:
    exact = sorted(seconds)[math.ceil(share * len(seconds)) - 1]
    assert percentile(counted(seconds), share) == pytest.approx(exact, rel=0.1)


@given(st.lists(TIMES), st.lists(TIMES))
def test_counts_of_two_processes_are_counts_of_both(one: list[float], other: list[float]) -> None:
    assert added(counted(one), counted(other)) == counted(one + other)


@given(st.floats(min_value=0.0, max_value=1e9))
def test_any_time_has_a_bucket(seconds: float) -> None:
    assert 0 <= bucket_of(seconds) < BUCKETS


@given(TIMES, TIMES)
def test_what_takes_longer_is_in_no_earlier_bucket(one: float, other: float) -> None:
    assert (bucket_of(one) <= bucket_of(other)) or one > other


@pytest.mark.parametrize("bucket", range(BUCKETS))
def test_a_bucket_holds_what_stands_for_it(bucket: int) -> None:
    assert bucket_of(seconds_of(bucket)) == bucket


def test_nothing_counted_has_no_percentile() -> None:
    assert percentile((), 0.5) is None
    assert percentile((0, 0), 0.95) is None
