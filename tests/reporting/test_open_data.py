"""What is published of a month, and what is made of it for the Transactions Explorer."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhall.reporting.counts import Counts
from commonhall.reporting.measures import next_month, periods
from commonhall.reporting.open_data import (
    AboutService,
    Publisher,
    Row,
    published,
    row_of,
)
from commonhall.reporting.transactions import (
    HIDDEN,
    Quarter,
    UnitCost,
    header,
    quarter_of,
    transactions,
    whole_quarters,
)

BINS = AboutService("Report a missed bin", 524, 17, "https://solihull.example/missed-bin")
SOLIHULL = Publisher("solihull", "E08000029", "Solihull Council", False, {"missed-bin": BINS})
MARCH = date(2026, 3, 1)
MANY = Counts(
    starts=420, submitted=300, ineligible=50, elsewhere=20, abandoned=50, seconds_sum=300 * 95, sent=310, chases=12,
    repeats=3, score_1=2, score_5=18, closed=200, in_time=150, late=40, fixed=120, fixed_first=60,
    wait_hours_sum=200 * 30, sent_digital=310,
)  # fmt: skip


def row(counts: Counts, *, channel: str = "online", complete: bool = True, month: date = MARCH) -> Row:
    found = row_of(SOLIHULL, month, "missed-bin", channel, counts, complete=complete)
    assert found is not None
    return found


def test_a_row_says_whose_it_is_and_what_was_counted() -> None:
    assert row(MANY) == Row(
        month=MARCH, complete=True, council="solihull", gss="E08000029", council_name="Solihull Council",
        simulated=False, service="missed-bin", service_name="Report a missed bin", lgsl=524, lgil=17,
        channel="online", starts=420, completed=350, not_completed=70, sent=310, chases=12, repeats=None, closed=200,
        in_time=150, late=40, fixed=120, fixed_first=60, responses=20, satisfaction=0.9, mean_seconds=95,
        mean_wait_hours=30,
    )  # fmt: skip


def test_a_service_that_nobody_runs_any_more_keeps_its_id() -> None:
    found = row_of(SOLIHULL, MARCH, "lost-cat", "online", MANY, complete=True)
    assert found is not None
    assert (found.service_name, found.lgsl, found.lgil) == ("lost-cat", None, None)


def test_a_row_of_which_all_is_hidden_is_not_there() -> None:
    few = Counts(starts=9, submitted=9, sent=9, sent_digital=9, seconds_sum=900)
    assert row_of(SOLIHULL, MARCH, "missed-bin", "phone", few, complete=True) is None


def test_a_month_so_far_is_rounded_down_to_tens_and_has_no_means() -> None:
    so_far = row(MANY, complete=False)
    assert (so_far.starts, so_far.completed, so_far.sent, so_far.chases) == (420, 350, 310, 10)
    assert (so_far.satisfaction, so_far.mean_seconds, so_far.mean_wait_hours) == (None, None, None)


@given(st.integers(0, 400), st.integers(0, 9))
def test_two_days_files_never_tell_what_a_few_people_did_between_them(before: int, more: int) -> None:
    first, second = (
        published(Counts(starts=count, abandoned=count), complete=False)["starts"]
        for count in (before, before + more)
    )
    assert first in {second, None} or second == (first or 0) + 10


COUNTERS = [one.name for one in fields(Counts)]


@given(st.fixed_dictionaries({name: st.integers(0, 60) for name in COUNTERS}), st.booleans())
def test_no_count_below_ten_is_published(counters: dict[str, int], complete: bool) -> None:
    found = published(Counts(**counters), complete=complete)
    counts = {name: value for name, value in found.items() if name in COUNTERS or name.endswith("completed")}
    assert all(value is None or value >= 10 for value in counts.values())


def test_months_go_from_the_first_to_this_one() -> None:
    assert periods(date(2025, 11, 30), date(2026, 2, 1), "month") == [
        date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1),
    ]  # fmt: skip
    assert next_month(date(2024, 2, 1)) - timedelta(days=1) == date(2024, 2, 29)


def test_a_quarter_is_listed_once_it_is_over() -> None:
    months = periods(date(2025, 11, 30), date(2026, 4, 1), "month")
    assert [one.label for one in whole_quarters(months, date(2026, 3, 31))] == ["2025-Q4"]
    assert [one.label for one in whole_quarters(months, date(2026, 4, 1))] == ["2025-Q4", "2026-Q1"]
    assert quarter_of(date(2026, 12, 31)) == Quarter(2026, 4)
    assert Quarter(2026, 4).months == (date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1))


def line(rows: list[Row], **more: object) -> dict[str, str]:
    [found] = transactions(rows, [SOLIHULL], **more)  # type: ignore[arg-type]
    return dict(zip(header([Quarter(2026, 1)]), found, strict=True))


def test_a_quarter_is_made_of_the_published_months_alone() -> None:
    february = row(MANY, month=date(2026, 2, 1))
    phone = row(Counts(starts=40, submitted=40, sent=40, seconds_sum=4000), channel="phone")
    found = line([february, row(MANY), phone])
    assert found["Abbr"] == "solihull"
    assert found["Name of service"] == "Report a missed bin"
    assert (found["2026-Q1 Vol."], found["2026-Q1 Digital vol."]) == ("660", "620")
    # By phone nobody is shown to have given up, so that row tells no rate.
    assert found["2026-Q1 Completion rate"] == f"{700 / 840:.3f}"
    assert found["2026-Q1 User satisfaction"] == "0.900"
    assert (found["URL"], found["Other notes"]) == (BINS.url, HIDDEN)
    assert (found["2026-Q1 CPT (£)"], found["Notes on costs"]) == ("", "")


def test_costs_stand_in_where_somebody_knows_them() -> None:
    def costs(_council: str, _service: str, sent: object) -> UnitCost:
        return UnitCost("0.09" if sent == {"online": 310} else "1.20", "a survey, 2017")

    phone = row(Counts(starts=40, submitted=40, sent=40, seconds_sum=4000), channel="phone")
    found = line([row(MANY), phone], costs=costs)
    assert (found["2026-Q1 CPT (£)"], found["2026-Q1 Digital CPT (£)"]) == ("1.20", "0.09")
    assert found["Notes on costs"] == "a survey, 2017"


@pytest.mark.parametrize("sent", [0, 5])
def test_a_volume_that_is_hidden_is_empty(sent: int) -> None:
    found = line([row(Counts(starts=40, submitted=sent, abandoned=40 - sent, sent=sent))])
    assert (found["2026-Q1 Vol."], found["2026-Q1 Digital vol."]) == ("", "")
