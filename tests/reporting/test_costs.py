"""What a transaction costs: a council's own figures where it gave them, published ones elsewhere, and always whose."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhall.engine.figures import CHANNELS, CouncilFigures
from commonhall.reporting.costs import (
    COSTS_AS,
    NATIONAL,
    SOCITM_2012,
    SOCITM_2017,
    channel_costs,
    cost_per_transaction,
    last_twelve_months,
    total_cost_per_transaction,
)
from commonhall.web.workspace.cases import ALL_CHANNELS

POUNDS = st.decimals(min_value=0, max_value=1000, places=2)
SENT = st.dictionaries(st.sampled_from((*CHANNELS, "api")), st.integers(0, 1_000_000))


def test_published_figures_are_those_of_their_sources(shared_data: Path) -> None:
    with (shared_data / "sourced_figures.csv").open(encoding="utf-8") as file:
        found = {
            row["key"]: Decimal(row["value"])
            for row in csv.DictReader(file)
            if row["key"].startswith("cost_")
        }
    for year, table in ((2012, SOCITM_2012), (2017, SOCITM_2017)):
        for key, channel in (("web", "online"), ("phone", "phone"), ("f2f", "in-person")):
            assert table[channel].pounds == found[f"cost_{key}_{year}"]
            assert table[channel].year == year


def test_a_shift_from_the_phone_to_online_shows_in_the_mean() -> None:
    before = cost_per_transaction({"online": 20, "phone": 80}, NATIONAL)
    after = cost_per_transaction({"online": 60, "phone": 20, "api": 20}, NATIONAL)
    assert before is not None
    assert after is not None
    assert (before.shown, after.shown) == (Decimal("2.09"), Decimal("0.59"))
    assert before.sources == ("Socitm and LGA, 2017",)
    assert not before.own
    assert after.transactions == 100


def test_own_figures_go_before_published_ones_channel_by_channel() -> None:
    figures = CouncilFigures({"phone": Decimal("4.20")}, year=2026, source="Finance, outturn")
    costs = channel_costs(figures)
    mixed = cost_per_transaction({"phone": 3, "online": 1}, costs)
    assert mixed is not None
    assert mixed.total == Decimal("12.69")
    assert mixed.sources == ("Socitm and LGA, 2017", "Finance, outturn, 2026")
    assert not mixed.own
    by_phone = cost_per_transaction({"phone": 3, "online": 0}, costs)
    assert by_phone is not None
    assert by_phone.own


def test_the_total_cost_is_what_the_service_manual_counts() -> None:
    figures = CouncilFigures(totals={"missed-bin": Decimal(90_000)}, year=2026)
    found = total_cost_per_transaction(figures, "missed-bin", 40_000)
    assert found is not None
    assert (found.pounds, found.sources, found.own) == (
        Decimal("2.25"),
        ("the council's own figure, 2026",),
        True,
    )
    assert total_cost_per_transaction(figures, "pothole", 40_000) is None
    assert total_cost_per_transaction(figures, "missed-bin", 0) is None


@given(SENT, st.fixed_dictionaries(dict.fromkeys(CHANNELS, POUNDS)))
def test_a_mean_lies_between_its_channels_and_makes_up_the_total(
    sent: dict[str, int], pounds: dict[str, Decimal]
) -> None:
    found = cost_per_transaction(sent, channel_costs(CouncilFigures(pounds)))
    if found is None:
        assert not any(sent.values())
        return
    used = [pounds["online" if channel == "api" else channel] for channel, count in sent.items() if count]
    assert min(used) - Decimal("1e-9") <= found.pounds <= max(used) + Decimal("1e-9")
    assert found.transactions == sum(sent.values())
    assert found.pounds * found.transactions == pytest.approx(found.total)
    assert found.own


def test_a_channel_whose_cost_nobody_says_is_left_out_and_not_free() -> None:
    found = cost_per_transaction({"post": 5, "phone": 2, "in-person": 1}, NATIONAL)
    assert found is not None
    assert (found.transactions, found.without_cost) == (3, 5)
    assert found.total == Decimal("2.59") * 2 + Decimal("8.21")
    assert cost_per_transaction({"post": 5}, NATIONAL) is None


def test_each_channel_that_staff_choose_has_a_cost_or_is_known_to_have_none() -> None:
    without = {channel for channel in ALL_CHANNELS if COSTS_AS.get(channel, channel) not in NATIONAL}
    assert without == {"post"}


@given(st.dates(min_value=date(1999, 1, 1), max_value=date(2100, 1, 1)))
def test_twelve_months_are_a_year_and_end_yesterday(today: date) -> None:
    first, last = last_twelve_months(today)
    assert last == today - timedelta(days=1)
    assert (last - first).days + 1 in {365, 366}
