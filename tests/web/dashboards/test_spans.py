"""Which days an address asks for, whatever somebody types into it."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhall.reporting.measures import periods
from commonhall.web.dashboards.spans import MOST_POINTS, last_days, read_span

TODAY = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("query", "first", "last", "period"),
    [
        ({}, date(2026, 2, 9), TODAY, "day"),
        ({"span": "30d", "period": "week"}, date(2026, 2, 9), TODAY, "week"),
        ({"span": "12m"}, date(2025, 4, 1), TODAY, "month"),
        (
            {"span": "own", "from": "2026-01-05", "to": "2026-02-01"},
            date(2026, 1, 5),
            date(2026, 2, 1),
            "day",
        ),
        (
            {"span": "own", "from": "2025-10-01", "to": "2026-02-01"},
            date(2025, 10, 1),
            date(2026, 2, 1),
            "week",
        ),
        ({"span": "own", "from": "2024-01-05", "to": " 2099-02-01 "}, date(2024, 1, 5), TODAY, "month"),
    ],
)
def test_spans(query: dict[str, str], first: date, last: date, period: str) -> None:
    span, faults = read_span(query, TODAY, "en")
    assert faults == []
    assert (span.first, span.last, span.period) == (first, last, period)
    assert read_span(dict(parse_qsl(span.query)), TODAY, "cy") == (span, [])


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ({"span": "year"}, "span", "Choose the last 30 days"),
        ({"period": "hour"}, "period", "Choose days"),
        ({"span": "own", "from": "1/2/26", "to": "2026-02-01"}, "from", "first day as a date"),
        ({"span": "own", "from": "2026-02-30", "to": "2026-03-01"}, "from", "first day as a date"),
        ({"span": "own", "from": "2026-02-01"}, "to", "last day as a date"),
        ({"span": "own", "from": "2026-02-02", "to": "2026-02-01"}, "from", "must not come after"),
        ({"span": "own", "from": "2026-03-11", "to": "2026-03-12"}, "from", "today or in the past"),
        ({"span": "own", "from": "2001-01-01", "to": "2026-02-01"}, "from", "5 years or less"),
        (
            {"span": "own", "from": "2024-01-01", "to": "2026-02-01", "period": "day"},
            "period",
            "too many days",
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_input(query: dict[str, str], field: str, said: str) -> None:
    span, faults = read_span(query, TODAY, "en")
    assert [fault.field for fault in faults] == [field]
    assert said in faults[0].text
    assert span == last_days(TODAY)
    assert len(read_span(query, TODAY, "cy")[1]) == 1


@given(st.dictionaries(st.sampled_from(["span", "period", "from", "to"]), st.text() | st.dates().map(str)))
def test_every_address_gives_a_span_that_can_be_drawn(query: dict[str, str]) -> None:
    span, _ = read_span(query, TODAY, "en")
    assert span.first <= span.last <= TODAY
    assert len(periods(span.first, span.last, span.period)) <= MOST_POINTS


def test_whole_months_and_what_is_not_over_yet() -> None:
    span, _ = read_span(
        {"span": "own", "from": "2026-01-05", "to": "2026-02-11", "period": "week"}, TODAY, "en"
    )
    assert span.months == (date(2026, 1, 1), date(2026, 2, 28))
    assert not span.unended(TODAY)
    for period, over in (("day", True), ("week", False), ("month", False)):
        found, _ = read_span({"period": period}, TODAY, "en")
        assert found.unended(TODAY) is not over
    month_end = read_span({"period": "month"}, date(2026, 2, 28), "en")[0]
    assert not month_end.unended(date(2026, 2, 28))
    assert last_days(TODAY, 7).first == TODAY - timedelta(6)
