"""What the measures are: counts, and what follows from them. `docs/measures.md` says whence each definition comes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Self

from commonhall.storage.measures import Sums

_counters = attrgetter(*(one.name for one in fields(Sums)))

DIGITAL = frozenset({"online", "api"})
"""Channels on which nobody of the council's staff takes part."""


@dataclass(frozen=True, slots=True)
class Counts(Sums):
    """Counts of journeys and cases over a span of days, by whatever they were asked for.

    Each belongs to the London day on which it happened; how a journey ended belongs to the day on which it began, so that
    a completion rate compares journeys with themselves. Rates are 0.0 to 1.0, or None where nothing was counted.
    `sent_digital` are those of `sent` that no member of staff entered; `fixed_first` those of `fixed` that were neither
    opened again nor reported again within 28 days.
    """

    sent_digital: int = 0

    @classmethod
    def of(cls, channel: str, sums: Sums) -> Self:
        """The counts of one channel."""
        digital = sums.sent if channel in DIGITAL else 0
        return cls(*[*_counters(sums), digital])

    def __add__(self, other: Counts) -> Counts:
        """Both together."""
        return Counts(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    @property
    def completions(self) -> int:
        """Journeys that came to the transaction's end: submitted, or found not eligible."""
        return self.submitted + self.ineligible

    @property
    def ended(self) -> int:
        """Journeys that are over: completed, led elsewhere, or not gone on with before their deadline."""
        return self.completions + self.elsewhere + self.abandoned

    @property
    def open(self) -> int:
        """Journeys that may still be gone on with."""
        return self.starts - self.ended

    @property
    def completion_rate(self) -> float | None:
        """Completions of the journeys that are over."""
        return share(self.completions, self.ended)

    @property
    def scores(self) -> tuple[int, int, int, int, int]:
        """How many gave 1, 2, 3, 4 and 5."""
        return self.score_1, self.score_2, self.score_3, self.score_4, self.score_5

    @property
    def responses(self) -> int:
        """How many gave a score."""
        return sum(self.scores)

    @property
    def satisfaction(self) -> float | None:
        """The mean score on the way from 1 (0%) to 5 (100%)."""
        points = self.score_2 + 2 * self.score_3 + 3 * self.score_4 + 4 * self.score_5
        return share(points, 4 * self.responses)

    @property
    def digital_and_not(self) -> tuple[int, int]:
        """Submissions that no member of staff entered, and the others."""
        return self.sent_digital, self.sent - self.sent_digital

    @property
    def digital_take_up(self) -> float | None:
        """Transactions that people made themselves, of all."""
        return share(self.sent_digital, self.sent)

    @property
    def in_time_rate(self) -> float | None:
        """Cases closed by their target, of those closed that had one."""
        return share(self.in_time, self.in_time + self.late)

    @property
    def first_time_fix_rate(self) -> float | None:
        """Cases fixed for good at the first time, of those closed as fixed."""
        return share(self.fixed_first, self.fixed)

    @property
    def failure_demand(self) -> float | None:
        """Submissions about something that was reported already, of all: chases and repeats."""
        return share(self.chases + self.repeats, self.sent)

    @property
    def mean_seconds(self) -> float | None:
        """From start to submission."""
        return share(self.seconds_sum, self.submitted)

    @property
    def mean_wait_hours(self) -> float | None:
        """From submission to closing, by the clock."""
        return share(self.wait_hours_sum, self.closed)


def share(part: int, whole: int) -> float | None:
    """One count of another, or None of nothing."""
    return part / whole if whole else None
