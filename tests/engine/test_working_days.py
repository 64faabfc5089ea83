"""Working days, against counting the days one by one on the published bank holidays."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhall.engine.working_days import NATIONS
from tests.engine.services import CALENDARS

HOLIDAYS = [
    ("New Year's Day", date(2026, 1, 1), "England Wales Scotland Northern Ireland"),
    ("2 January", date(2026, 1, 2), "Scotland"),
    ("2 January, in lieu of a Saturday", date(2027, 1, 4), "Scotland"),
    ("St Patrick's Day", date(2026, 3, 17), "Northern Ireland"),
    ("Good Friday", date(2026, 4, 3), "England Wales Scotland Northern Ireland"),
    ("Easter Monday", date(2026, 4, 6), "England Wales Northern Ireland"),
    ("early May", date(2026, 5, 4), "England Wales Scotland Northern Ireland"),
    ("the Battle of the Boyne, in lieu of a Sunday", date(2026, 7, 13), "Northern Ireland"),
    ("the Battle of the Boyne", date(2027, 7, 12), "Northern Ireland"),
    ("the Scottish summer", date(2026, 8, 3), "Scotland"),
    ("the summer elsewhere", date(2026, 8, 31), "England Wales Northern Ireland"),
    ("St Andrew's Day", date(2026, 11, 30), "Scotland"),
    ("Christmas", date(2026, 12, 25), "England Wales Scotland Northern Ireland"),
    ("Boxing Day, in lieu of a Saturday", date(2026, 12, 28), "England Wales Scotland Northern Ireland"),
    ("early May moved to VE Day", date(2020, 5, 8), "England Wales Scotland Northern Ireland"),
    ("the Platinum Jubilee", date(2022, 6, 3), "England Wales Scotland Northern Ireland"),
    ("the Queen's funeral", date(2022, 9, 19), "England Wales Scotland Northern Ireland"),
    ("the King's coronation", date(2023, 5, 8), "England Wales Scotland Northern Ireland"),
]
DAYS = st.dates(date(2015, 1, 1), date(2050, 12, 31))


@pytest.mark.parametrize(("day", "kept_in"), [row[1:] for row in HOLIDAYS], ids=[row[0] for row in HOLIDAYS])
def test_a_bank_holiday_is_kept_in_its_own_nations(day: date, kept_in: str) -> None:
    assert {nation for nation in NATIONS if not CALENDARS[nation].is_working_day(day)} == {
        nation for nation in NATIONS if nation in kept_in
    }


def test_the_day_of_early_may_that_moved_was_worked() -> None:
    assert all(CALENDARS[nation].is_working_day(date(2020, 5, 4)) for nation in NATIONS)


def one_by_one(nation: str, start: date, end: date) -> int:
    """Working days after `start`, up to and with `end`, by looking at each."""
    off = set(CALENDARS[nation].holidays)
    days = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
    return sum(1 for day in days if day.weekday() < 5 and day.toordinal() not in off)


@given(st.sampled_from(NATIONS), DAYS, st.integers(0, 800))
def test_counting_agrees_with_counting_one_by_one(nation: str, start: date, length: int) -> None:
    end = start + timedelta(days=length)
    assert CALENDARS[nation].working_days(start, end) == one_by_one(nation, start, end)
    assert CALENDARS[nation].working_days(end, start) == -one_by_one(nation, start, end)


@given(st.sampled_from(NATIONS), DAYS, st.integers(1, 200))
def test_adding_working_days_lands_on_the_day_that_counts_back(nation: str, start: date, count: int) -> None:
    calendar = CALENDARS[nation]
    day = calendar.add_working_days(start, count)
    assert calendar.is_working_day(day)
    assert calendar.working_days(start, day) == count
    before = calendar.add_working_days(start, -count)
    assert calendar.is_working_day(before)
    assert before < start


def test_adding_none_stays_and_adding_too_many_is_refused() -> None:
    saturday = date(2026, 3, 7)
    assert CALENDARS["Wales"].add_working_days(saturday, 0) == saturday
    with pytest.raises(OverflowError):
        CALENDARS["Wales"].add_working_days(saturday, 5001)


def test_a_friday_and_the_working_days_after_it() -> None:
    friday, tuesday = date(2026, 3, 6), date(2026, 3, 10)
    assert CALENDARS["England"].working_days(friday, tuesday) == 2
    assert CALENDARS["England"].working_days(friday, friday) == 0
    assert CALENDARS["England"].working_days(friday, date(2026, 3, 8)) == 0


@given(
    st.dates(date(2014, 1, 1), date(2052, 1, 1)), st.integers(-400, 400), st.sampled_from(sorted(CALENDARS))
)
def test_counting_by_halving_is_counting_day_by_day(start: date, count: int, nation: str) -> None:
    calendar = CALENDARS[nation]
    day, left = start, abs(count)
    while left:
        day += timedelta(days=1 if count > 0 else -1)
        left -= calendar.is_working_day(day)
    assert calendar.add_working_days(start, count) == day


@pytest.mark.parametrize(
    ("start", "count"), [(date.min, -1), (date(1, 1, 9), -50), (date.max, 1), (date(9999, 12, 20), 50)]
)
def test_beyond_the_calendar_there_is_no_day(start: date, count: int) -> None:
    with pytest.raises(OverflowError):
        CALENDARS["England"].add_working_days(start, count)
