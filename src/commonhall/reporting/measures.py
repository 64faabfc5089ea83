"""The first measures of a service, by the GDS definitions.

Completion rate: completed journeys of those started, where an ineligible exit counts as completed, coming
back to a journey is not a new start, and the rate cannot pass 100% (GOV.UK Service Manual, Measuring
completion rate). Satisfaction: the mean of scores 1 to 5, as a percentage of the way from 1 to 5 (Service
Manual, Measuring user satisfaction).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServiceMeasures:
    """One service's measures over a span of days.

    `completions` are submissions and ineligible exits of journeys started in the span. `completion_rate` and
    `satisfaction` are 0.0 to 1.0, or None where nothing was counted. `seconds_to_complete` is the median.
    """

    service: str
    starts: int
    submissions: int
    ineligible_exits: int
    completions: int
    completion_rate: float | None
    by_channel: Mapping[str, int]
    seconds_to_complete: float | None
    satisfaction: float | None
    satisfaction_responses: int
