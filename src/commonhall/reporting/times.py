"""Response times as counts in buckets, so that any number of them from any number of processes add up.

A bucket is a fifth wider than the one before it. What is read from the middle of a bucket is therefore within 10% of
what was measured, from 0.1 ms to 104 s.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, zip_longest

LEAST = 0.0001
"""Seconds: the upper end of the first bucket."""
WIDER = 1.2
BUCKETS = 77
_SCALE = 1 / math.log(WIDER)


def bucket_of(seconds: float) -> int:
    """The bucket of a response time; bucket n > 0 holds what is over LEAST * WIDER**(n - 1), to LEAST * WIDER**n."""
    if seconds <= LEAST:
        return 0
    return min(BUCKETS - 1, math.ceil(math.log(seconds / LEAST) * _SCALE))


def seconds_of(bucket: int) -> float:
    """The response time that stands for a bucket: its middle, by ratio."""
    return LEAST if bucket == 0 else LEAST * WIDER ** (bucket - 0.5)


def percentile(times: Sequence[int], share: float) -> float | None:
    """The response time, in seconds, that a share (0 to 1) of all did not exceed; None where nothing was counted."""
    whole = sum(times)
    if not whole:
        return None
    wanted = max(1, math.ceil(share * whole))
    return seconds_of(next(bucket for bucket, passed in enumerate(accumulate(times)) if passed >= wanted))


def added(one: Sequence[int], other: Sequence[int]) -> tuple[int, ...]:
    """Counts of both, bucket by bucket."""
    return tuple(a + b for a, b in zip_longest(one, other, fillvalue=0))
