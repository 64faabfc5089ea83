"""Working days in the four nations: Monday to Friday without the nation's bank holidays.

The holidays come from the `holidays` library, which follows the Banking and Financial Dealings Act 1971
and each year's proclamations.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

import holidays

FIRST_YEAR = 2015
LAST_YEAR = 2050
_SUBDIVISIONS = {"England": "ENG", "Wales": "WLS", "Scotland": "SCT", "Northern Ireland": "NIR"}
NATIONS = tuple(_SUBDIVISIONS)


@dataclass(frozen=True, slots=True)
class Calendar:
    """One nation's bank holidays that fall on a weekday, as sorted ordinals.

    From 2015 to 2050; outside these years only weekends are not worked.
    """

    nation: str
    holidays: tuple[int, ...]

    def working_days(self, start: date, end: date) -> int:
        """How many working days come after `start`, up to and with `end`; negative where `end` is earlier."""
        if end < start:
            return -self.working_days(end, start)
        return self._worked_to(end.toordinal()) - self._worked_to(start.toordinal())

    def is_working_day(self, day: date) -> bool:
        """Whether people are at work on this day."""
        return self.working_days(day - timedelta(days=1), day) == 1

    def add_working_days(self, start: date, count: int) -> date:
        """The day of the `count`th working day after `start` (0: `start` itself; negative: before).

        Raises `OverflowError` for a count of more than 5,000, which no rule of a council needs.
        """
        if abs(count) > 5000:
            raise OverflowError("more than 5,000 working days")
        if count == 0:
            return start
        first = start.toordinal()
        # The day sought is the first on which so many have been worked: found by halving, since a package may ask
        # for it in a loop.
        wanted = self._worked_to(first) + count if count > 0 else self._worked_to(first - 1) + count + 1
        days = range(1, date.max.toordinal() + 1)
        place = bisect_left(days, wanted, key=self._worked_to)
        if wanted < 1 or place == len(days):
            raise OverflowError("the day is outside the calendar")
        return date.fromordinal(days[place])

    def _worked_to(self, ordinal: int) -> int:
        """How many working days there are up to and with this ordinal."""
        return _weekdays_to(ordinal) - bisect_right(self.holidays, ordinal)


def _weekdays_to(ordinal: int) -> int:
    """How many weekdays there are up to and with this ordinal (ordinal 1 was a Monday)."""
    weeks, rest = divmod(ordinal, 7)
    return weeks * 5 + min(rest, 5)


def load_calendars() -> Mapping[str, Calendar]:
    """The calendars of the four nations."""
    made = {}
    for nation, subdivision in _SUBDIVISIONS.items():
        days = holidays.country_holidays("GB", subdiv=subdivision, years=range(FIRST_YEAR, LAST_YEAR + 1))
        made[nation] = Calendar(nation, tuple(sorted(day.toordinal() for day in days if day.weekday() < 5)))
    return MappingProxyType(made)
