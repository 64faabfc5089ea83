"""What councils sent of a service, in the shapes in which councils are compared."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date

import pytest

from commonhall.reporting.data_sets import make_data_set
from commonhall.reporting.sent import sent_figures
from commonhall.storage.pool import Store
from tests.api.sending import Sender, day, sending
from tests.conftest import SetClock

FIRST, LAST = date(2026, 1, 1), date(2026, 2, 28)


@pytest.fixture
async def sender(store: Store, clock: SetClock) -> AsyncIterator[Sender]:
    async with sending(store, clock) as found:
        await found.another("transactions-by-channel", group="solihull-bins")
        yield found


async def test_transactions_by_channel_and_satisfaction(sender: Sender) -> None:
    store = sender.figures.store
    await sender.post(
        [
            {"_timestamp": day(at), "channel": channel, "count": count}
            for at, channel, count in (
                ("2025-12-31", "online", 1000),
                ("2026-01-01", "online", 5),
                ("2026-01-31", "online", 6),
                ("2026-01-31", "paper", 7),
                ("2026-02-28", "paper", 8),
                ("2026-03-01", "paper", 1000),
            )
        ]
    )
    await sender.another("customer-satisfaction", group="solihull-bins")
    ratings = {f"rating_{score}": score for score in range(1, 6)}
    stars = {**ratings, "total": 15, "comments": 2, "slug": "done/bins"}
    await sender.post([{"_timestamp": day(at), **stars} for at in ("2026-01-05", "2026-01-12", "2026-02-02")])
    found = await sent_figures(store, "solihull", None, 524, FIRST, LAST)
    january, february = date(2026, 1, 1), date(2026, 2, 1)
    assert found.transactions == {(january, "online"): 11, (january, "paper"): 7, (february, "paper"): 8}
    assert found.satisfaction == {january: (2, 4, 6, 8, 10), february: (1, 2, 3, 4, 5)}
    by_day = await sent_figures(store, "solihull", None, 524, FIRST, LAST, "day")
    assert by_day.transactions[date(2026, 1, 31), "online"] == 6
    assert sum(by_day.transactions.values()) == sum(found.transactions.values())
    for council, service, lgsl in (
        ("surrey", None, 524),
        ("solihull", None, 525),
        ("solihull", "missed-bin", None),
    ):
        other = await sent_figures(store, council, service, lgsl, FIRST, LAST)
        assert (other.transactions, other.satisfaction) == ({}, {})


async def test_a_service_is_found_by_its_id_here_too(sender: Sender) -> None:
    figures = sender.figures
    sender.token = await make_data_set(
        figures, "surrey", "surrey-x", "transactions-by-channel", service="pothole", lgsl=557
    )
    sender.path = "/performance/data/surrey-x/transactions-by-channel"
    await sender.post({"_timestamp": day("2026-01-01"), "channel": "online", "count": 5})
    for service, lgsl in (("pothole", None), (None, 557)):
        found = await sent_figures(figures.store, "surrey", service, lgsl, FIRST, LAST)
        assert found.transactions == {(FIRST, "online"): 5}


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
