"""Cases a year per 100,000 households or collections: of a whole year alone, and of what they say that they are of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhall.casework.sites import Site
from commonhall.directory.directory import Directory
from commonhall.engine.figures import CouncilFigures
from commonhall.reporting.counts import Counts
from commonhall.reporting.rates import (
    COLLECTED,
    COLLECTIONS_PER_HOUSEHOLD,
    PEOPLE_PER_HOUSEHOLD,
    REPORTING,
    Base,
    YearRate,
    base_of,
    per_what,
    told_from,
    year_counted,
    year_rates,
    year_sent,
)
from commonhall.reporting.sent import Standing
from commonhall.web.dashboards.subjects import per_of
from tests.conftest import HOME

TODAY = date(2026, 3, 10)
HOMES = Base(90_000, "households", "own")
DOCS = " ".join((HOME / "docs" / "measures-uptime-and-cost.md").read_text("utf-8").split())


# -- what a rate is of ---------------------------------------------------------------------------------------------


def test_reports_of_missed_bins_are_told_per_collection_and_all_else_per_household(sites: list[Site]) -> None:
    per = {one.service.id: per_of(one) for site in sites for one in site.services}
    assert per.pop("missed-bin") == "collections"
    assert set(per.values()) == {"households"}
    booking, bulky_waste = 3, 528
    assert per_what(524, booking) == "households", "who orders a bin has not missed a collection"
    assert per_what(bulky_waste, REPORTING) == "households", "nobody's round"


def test_the_services_of_the_rounds_of_bins_are_what_the_national_list_calls_so(directory: Directory) -> None:
    names = {directory.services.service(lgsl): lgsl for lgsl in COLLECTED}
    assert {one.name for one in names if one} == {
        "Household waste collection",
        "Residential recycling collections",
    }
    assert all(f"{lgsl}" in DOCS for lgsl in (*COLLECTED, REPORTING))


def test_own_numbers_go_before_an_estimate_which_says_that_it_is_one(directory: Directory) -> None:
    solihull = directory.councils.council("solihull")
    assert solihull is not None
    population = solihull.population or 0
    nothing, homes = CouncilFigures(), CouncilFigures(households=91_000)
    own = CouncilFigures(collections=5_000_000, contacts={"phone": Decimal(1)})
    assert base_of(solihull, nothing, "households") == Base(
        round(population / PEOPLE_PER_HOUSEHOLD), "households", "population"
    )
    assert base_of(solihull, homes, "households") == Base(91_000, "households", "own")
    guess = base_of(solihull, nothing, "collections")
    assert guess is not None
    assert (guess.basis, guess.estimate) == ("population", True)
    assert base_of(solihull, homes, "collections") == Base(
        round(91_000 * COLLECTIONS_PER_HOUSEHOLD), "collections", "households"
    )
    assert base_of(solihull, own, "collections") == Base(5_000_000, "collections", "own")
    assert not Base(1, "households", "own").estimate
    nobody = replace(solihull, population=None)
    assert base_of(nobody, nothing, "households") is None
    assert base_of(nobody, nothing, "collections") is None
    for number in (f"{PEOPLE_PER_HOUSEHOLD} people", f"{COLLECTIONS_PER_HOUSEHOLD} a year"):
        assert number in DOCS


def test_a_rate_is_a_year_s_cases_per_hundred_thousand() -> None:
    rate = YearRate(450, HOMES, *year_counted(TODAY))
    assert rate.interval.value == 500
    assert rate.interval.low < 500 < rate.interval.high


# -- which year ----------------------------------------------------------------------------------------------------


def test_a_year_that_was_counted_ends_yesterday_and_one_that_was_sent_with_the_month_before_last() -> None:
    assert year_counted(TODAY) == (date(2025, 3, 10), date(2026, 3, 9))
    assert year_sent(TODAY) == (date(2025, 2, 1), date(2026, 1, 31))
    assert year_sent(date(2026, 1, 1)) == (date(2024, 12, 1), date(2025, 11, 30))


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)))
def test_what_was_first_counted_on_a_day_has_a_rate_from_a_year_later_on(began: date) -> None:
    day = told_from(began)
    assert year_counted(day)[0] >= began
    assert year_counted(day - timedelta(1))[0] < began


def months_of(days: tuple[date, date]) -> frozenset[date]:
    first, last = days
    months = set()
    while first <= last:
        months.add(first.replace(day=1))
        first += timedelta(1)
    return frozenset(months)


SENT_YEAR = months_of(year_sent(TODAY))


@pytest.mark.parametrize(
    ("standing", "began", "told"),
    [
        (Standing(Counts(sent=450)), {"solihull": date(2020, 1, 1)}, True),
        (Standing(Counts(sent=450)), {"solihull": date(2025, 3, 10)}, True),
        (Standing(Counts(sent=450)), {"solihull": date(2025, 3, 11)}, False),
        (Standing(Counts(sent=450)), {}, False),
        (Standing(Counts(sent=450), sent=True, months=SENT_YEAR), {}, True),
        (Standing(Counts(sent=450), sent=True, months=SENT_YEAR - {min(SENT_YEAR)}), {}, False),
        (Standing(Counts(sent=450), sent=True, months=SENT_YEAR - {date(2025, 7, 1)}), {}, False),
    ],
    ids=["long since", "a year since", "a day less", "not any more", "sent", "eleven months", "a gap"],
)
def test_a_rate_rests_on_a_whole_year_or_there_is_none(
    standing: Standing, began: Mapping[str, date], told: bool
) -> None:
    found = year_rates({"solihull": standing}, began, lambda council: HOMES, TODAY)
    days = year_sent(TODAY) if standing.sent else year_counted(TODAY)
    assert found == ({"solihull": YearRate(450, HOMES, *days, sent=standing.sent)} if told else {})


def test_there_is_no_rate_of_a_number_that_nobody_knows() -> None:
    standing = {"solihull": Standing(Counts(sent=450))}
    assert year_rates(standing, {"solihull": date(2020, 1, 1)}, lambda council: None, TODAY) == {}
