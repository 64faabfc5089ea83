"""What councils sent of a service, and how they stand beside those whose figures are counted here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhall.reporting.counts import Counts
from commonhall.reporting.data_sets import make_data_set
from commonhall.reporting.measures import next_month
from commonhall.reporting.sent import (
    DIGITAL_NAMES,
    OTHER_NAMES,
    Standing,
    months_and_days,
    sent_standings,
    standings,
)
from commonhall.storage import data_records
from commonhall.storage.pool import Store
from tests.api.sending import Sender, day, sending
from tests.conftest import SetClock

FIRST, LAST = date(2026, 1, 1), date(2026, 2, 28)
JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)


@pytest.fixture
async def sender(store: Store, clock: SetClock) -> AsyncIterator[Sender]:
    async with sending(store, clock) as found:
        await found.another("transactions-by-channel", group="solihull-bins")
        yield found


async def send(sender: Sender, *counts: tuple[str, str, int]) -> None:
    """Send (day, channel, count)."""
    await sender.post(
        [{"_timestamp": day(at), "channel": channel, "count": count} for at, channel, count in counts]
    )


async def stand(sender: Sender, service: str = "missed-bin", lgsl: int | None = 524) -> dict[str, Standing]:
    found = await sent_standings(sender.figures.store, service, lgsl, FIRST, LAST)
    assert found is not None
    return found


async def test_transactions_by_channel_satisfaction_and_completion(sender: Sender) -> None:
    await send(
        sender,
        ("2025-12-31", "online", 1000),
        ("2026-01-01", "online", 5),
        ("2026-01-31", "Digital", 6),
        ("2026-01-31", "Face to face", 7),
        ("2026-02-28", "paper_form", 8),
        ("2026-03-01", "paper", 1000),
    )
    await sender.another("customer-satisfaction", group="solihull-bins")
    ratings = {f"rating_{score}": score for score in range(1, 6)}
    stars = {**ratings, "total": 15, "comments": 2, "slug": "done/bins"}
    await sender.post([{"_timestamp": day(at), **stars} for at in ("2026-01-05", "2026-02-02", "2026-03-02")])
    await sender.another("completion", group="solihull-bins")
    stages = (("start", 70), ("over", 60), ("end", 45))
    await sender.post(
        [{"_timestamp": day("2026-01-01"), "stage": stage, "count": count} for stage, count in stages]
    )
    assert await stand(sender) == {
        "solihull": Standing(
            Counts(
                sent=26, sent_digital=11, submitted=45, abandoned=15,
                score_1=2, score_2=4, score_3=6, score_4=8, score_5=10,
            ),
            sent=True,
            months=frozenset({JANUARY, FEBRUARY}),
        )
    }  # fmt: skip


async def test_there_is_no_take_up_where_a_channel_has_a_name_that_tells_nothing(sender: Sender) -> None:
    await send(sender, ("2026-01-01", "online", 500), ("2026-01-01", "everything else", 1))
    found = (await stand(sender))["solihull"]
    assert (found.counts.sent, found.channels_known) == (501, False)


def test_no_name_of_a_channel_is_both_digital_and_not() -> None:
    assert DIGITAL_NAMES.isdisjoint(OTHER_NAMES)
    assert {"online", "api", "digital"} <= DIGITAL_NAMES
    assert {"phone", "in-person", "post", "paper", "assisted-digital"} <= OTHER_NAMES
    assert all(
        name == name.strip().lower().replace(" ", "-").replace("_", "-")
        for name in DIGITAL_NAMES | OTHER_NAMES
    )


async def test_the_database_knows_every_name_that_tells_something(store: Store) -> None:
    for name in DIGITAL_NAMES | OTHER_NAMES:
        said = f" {name.replace('-', ' ').upper()}\n"
        assert await store.owner.fetchval("select data_channel($1)", said) == name
    for name in ("smoke signals", "", "online shop"):
        assert await store.owner.fetchval("select data_channel($1)", name) == "unknown"


async def test_months_are_london_s(sender: Sender) -> None:
    await sender.post(
        [
            {"_timestamp": f"2025-{at}", "channel": "online", "count": 3}
            for at in (
                "03-01T00:00:00+00:00",
                "04-01T00:00:00+01:00",
                "10-01T00:00:00+01:00",
                "11-01T00:00:00Z",
            )
        ]
    )
    for first, cases in (
        (date(2025, 3, 1), 3),
        (date(2025, 4, 1), 3),
        (date(2025, 9, 1), 0),
        (date(2025, 10, 1), 3),
    ):
        last = next_month(first) - timedelta(days=1)
        found = await sent_standings(sender.figures.store, "missed-bin", 524, first, last)
        assert found is not None
        assert [one.counts.sent for one in found.values()] == ([cases] if cases else [])
        assert [one.months for one in found.values()] == ([{first}] if cases else [])


async def test_a_record_of_a_month_counts_where_the_whole_month_is_shown(sender: Sender) -> None:
    record = {"_timestamp": day("2026-01-01"), "channel": "online", "count": 31}
    await sender.post([{**record, "period": "month"}])
    for first, last, cases in (
        (date(2026, 1, 1), date(2026, 1, 3), []),
        (date(2026, 1, 2), date(2026, 1, 31), []),
        (date(2025, 12, 30), date(2026, 2, 5), [31]),
    ):
        found = await sent_standings(sender.figures.store, "missed-bin", 524, first, last)
        assert found is not None
        assert [one.counts.sent for one in found.values()] == cases


async def test_sums_that_cannot_be_take_no_other_figures_away(sender: Sender) -> None:
    await send(sender, ("2026-01-01", "online", 5))
    await sender.another("completion", group="solihull-bins")
    await sender.post(
        [
            {"_timestamp": day("2026-01-01"), "stage": "over", "count": 3},
            {"_timestamp": day("2026-01-01"), "stage": "end", "count": 45},
        ]
    )
    found = (await stand(sender))["solihull"]
    assert (found.counts.sent, found.counts.ended) == (5, 0)


@pytest.mark.parametrize("first", [date.min, date(1, 1, 30), date(9999, 12, 1)])
def test_the_ends_of_the_calendar_have_spans_too(first: date) -> None:
    assert months_and_days(first, first)[1] == (first, first)


async def test_figures_are_of_the_service_that_a_data_set_names_else_of_its_number(sender: Sender) -> None:
    figures = sender.figures
    await send(sender, ("2026-01-01", "online", 5))
    sender.token = await make_data_set(
        figures, "surrey", "surrey-x", "transactions-by-channel", service="bulky-waste", lgsl=524
    )
    sender.path = "/performance/data/surrey-x/transactions-by-channel"
    await send(sender, ("2026-01-01", "online", 7))
    assert {council: one.counts.sent for council, one in (await stand(sender)).items()} == {"solihull": 5}
    by_id = await stand(sender, "bulky-waste", None)
    assert {council: one.counts.sent for council, one in by_id.items()} == {"surrey": 7}
    assert await stand(sender, "pothole", 557) == {}


async def test_all_data_sets_of_a_council_s_service_count_together(sender: Sender) -> None:
    await send(sender, ("2026-01-01", "online", 5))
    await sender.another("transactions-by-channel", group="solihull-recycling")
    await send(sender, ("2026-02-01", "phone", 7))
    found = (await stand(sender))["solihull"]
    assert (found.counts.sent, found.counts.sent_digital, len(found.months)) == (12, 5, 2)


@pytest.mark.parametrize(
    "counts",
    [
        [("2026-01-01", "online", -5)],
        [("2026-01-01", f"online{n}", 2**53) for n in range(2000)],
    ],
    ids=["fewer than none", "more than there are people"],
)
async def test_a_council_with_figures_that_cannot_be_breaks_nothing_and_is_left_out(
    sender: Sender, counts: list[tuple[str, str, int]]
) -> None:
    await send(sender, *counts)
    assert await stand(sender) == {}


async def test_completion_of_more_than_were_over_is_left_out(sender: Sender) -> None:
    await sender.another("completion", group="solihull-bins")
    await sender.post([{"_timestamp": day("2026-01-01"), "stage": "end", "count": 45}])
    assert await stand(sender) == {}


async def test_a_completion_set_of_another_form_counts_for_nothing(sender: Sender) -> None:
    await send(sender, ("2026-01-01", "online", 5))
    await sender.another("completion", group="solihull-bins")
    await sender.post(
        [
            {"_timestamp": day("2026-01-01"), "stage": "over", "count": "many"},
            {"_timestamp": day("2026-01-01"), "stage": ["a", "b"][0], "count": 3},
            {"_timestamp": day("2026-01-01"), "uniqueEvents": 3},
        ]
    )
    found = (await stand(sender))["solihull"]
    assert found.counts == Counts(sent=5, sent_digital=5)


async def test_reading_that_takes_too_long_is_given_up(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = sender.figures.store
    monkeypatch.setattr(data_records, "LONGEST_ACROSS", 20)
    async with store.owner.acquire() as connection, connection.transaction():
        # Whoever reads waits for as long as this holds the table.
        await connection.execute("lock table data_sum in access exclusive mode")
        assert await sent_standings(store, "missed-bin", 524, FIRST, LAST) is None
    assert await sent_standings(store, "missed-bin", 524, FIRST, LAST) == {}


@given(st.dates(date(2000, 1, 1), date(2050, 1, 1)), st.integers(0, 800))
def test_a_span_is_its_whole_months_and_the_days_around_them_each_once(first: date, more: int) -> None:
    last = first + timedelta(more)
    (month, last_month), *days = months_and_days(first, last)
    found = []
    for begins, ends in days:
        found += [begins + timedelta(n) for n in range((ends - begins).days + 1)]
    while month <= last_month:
        assert month.day == 1
        found += [month + timedelta(n) for n in range((next_month(month) - month).days)]
        month = next_month(month)
    assert sorted(found) == [first + timedelta(n) for n in range(more + 1)]
    assert len(found) - sum(1 for begins, ends in days for _ in range((ends - begins).days + 1)) >= more - 61


def test_a_council_stands_once_by_what_was_counted_here_or_by_what_it_sent_where_that_is_more() -> None:
    counted = {
        "both": Counts(starts=900, sent=500),
        "trial": Counts(starts=9, sent=4),
        "here": Counts(starts=50, sent=40),
        "closing": Counts(closed=3, in_time=3),
    }
    sent = {
        name: Standing(Counts(sent=500, sent_digital=200), sent=True)
        for name in ("both", "trial", "closing", "sends")
    }
    assert standings(counted, sent) == {
        "both": Standing(Counts(starts=900, sent=500)),
        "trial": sent["trial"],
        "here": Standing(Counts(starts=50, sent=40)),
        "closing": sent["closing"],
        "sends": sent["sends"],
    }


async def test_a_type_with_a_rule_takes_no_other_records(sender: Sender) -> None:
    for record, words in (
        ({"channel": "online", "count": 1}, "needs a `_timestamp`"),
        ({"_timestamp": day("2026-01-01"), "count": 1}, "needs `channel`"),
        (
            {"_timestamp": day("2026-01-01"), "channel": "online", "count": 1.5},
            "`count` must be a whole number",
        ),
        (
            {"_timestamp": day("2026-01-01"), "channel": "online", "count": 1, "period": "second"},
            "one of hour, day",
        ),
    ):
        assert words in (await sender.post(record, status=400))["message"]
    assert await sender.ask() == []
