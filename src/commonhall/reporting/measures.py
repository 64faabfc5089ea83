"""The first measures of a service, by the GDS definitions.

Completion rate: completed journeys of those started, where an ineligible exit counts as completed, coming
back to a journey is not a new start, and the rate cannot pass 100% (GOV.UK Service Manual, Measuring
completion rate). Satisfaction: the mean of scores 1 to 5, as a percentage of the way from 1 to 5 (Service
Manual, Measuring user satisfaction).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from commonhall.storage.measures import MeasureRow, measure_channels, measure_services
from commonhall.storage.pool import Store


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


async def council_measures(store: Store, council: str, first: date, last: date) -> list[ServiceMeasures]:
    """Every service's measures for journeys started from `first` to `last`, both included, by service id."""
    channels: dict[str, dict[str, int]] = {}
    for service, channel, count in await measure_channels(store, council, first, last):
        channels.setdefault(service, {})[channel] = count
    rows = await measure_services(store, council, first, last)
    return [measures_of(row, channels.get(row.service, {})) for row in rows]


def measures_of(row: MeasureRow, by_channel: Mapping[str, int]) -> ServiceMeasures:
    """The measures of one service from its sums."""
    completions = row.submissions + row.ineligible_exits
    return ServiceMeasures(
        service=row.service,
        starts=row.starts,
        submissions=row.submissions,
        ineligible_exits=row.ineligible_exits,
        completions=completions,
        completion_rate=completions / row.starts if row.starts else None,
        by_channel=dict(by_channel),
        seconds_to_complete=row.seconds,
        satisfaction=(row.score - 1) / 4 if row.score is not None else None,
        satisfaction_responses=row.ratings,
    )
