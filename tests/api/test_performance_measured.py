"""Our own measures are read by the same questions as figures that are sent, and nobody sends any to them."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from jsonschema import Draft4Validator

from commonhall.api.performance.app import PerformanceTools, performance_app
from commonhall.reporting.asking import Counter
from commonhall.reporting.data_sets import DataSetRefused, make_data_set
from commonhall.reporting.measures import by_channel, by_service
from commonhall.storage.pool import Store
from commonhall.storage.queries.measured_records import FEW
from tests.api.conftest import client_of
from tests.api.sending import Sender, sending
from tests.conftest import SetClock

GROUP = "/performance/data/solihull-missed-bin"
COUNTERS = ("starts", "submitted", "ineligible", "elsewhere", "abandoned", "sent", "score_1", "score_2", "score_3", "score_4", "score_5")  # fmt: skip
OTHERS = """
insert into measure_day (council, service, day, channel, starts, submitted, sent, score_1) values
  ('solihull', 'pothole', '2026-02-01', 'online', 99, 99, 99, 99), ('surrey', 'missed-bin', '2026-02-01', 'online', 77, 77, 77, 77)
"""


@pytest.fixture
async def sender(store: Store, clock: SetClock) -> AsyncIterator[Sender]:
    """Solihull runs missed-bin here, Surrey nothing."""
    async with sending(store, clock) as found:
        await store.owner.execute(OTHERS)
        figures = replace(found.figures, runs=lambda *ran: ran == ("solihull", "missed-bin"))
        app = performance_app(PerformanceTools(figures, Counter(store)))
        async with client_of(app) as http:
            yield Sender(figures, http, found.path, found.token)


async def measured(store: Store, on: str, channel: str = "online", **counts: int) -> None:
    """What was counted on a day."""
    await store.owner.execute(
        f"insert into measure_day (council, service, day, channel, {', '.join(counts)})"
        f" values ('solihull', 'missed-bin', $1, $2, {', '.join(map(str, counts.values()))})",
        date.fromisoformat(on), channel,
    )  # fmt: skip


async def told(sender: Sender, kind: str) -> list[dict[str, Any]]:
    """The records, without what every record has."""
    rows = await sender.ask(path=f"{GROUP}/{kind}")
    return [
        {"on": row["_timestamp"][:10]} | {name: value for name, value in row.items() if name[0] != "_"}
        for row in rows
    ]


async def test_transactions_are_what_is_measured(sender: Sender) -> None:
    store = sender.figures.store
    for number in range(1, 4):
        await measured(store, f"2026-01-{number:02}", sent=20 + number)
        await measured(store, f"2026-01-{number:02}", "phone", sent=10)
    query = [("period", "month"), ("group_by", "channel"), ("collect", "count:sum")]
    rows = await sender.ask(query, path=f"{GROUP}/transactions-by-channel")
    counted = await by_channel(store, "solihull", "missed-bin", date(2026, 1, 1), date(2026, 1, 31))
    assert {row["channel"]: row["count:sum"] for row in rows} == {
        channel: counts.sent for channel, counts in counted.items()
    }
    assert len(await told(sender, "transactions-by-channel")) == 6


async def test_a_month_with_a_quiet_day_is_told_as_a_whole_and_a_quiet_month_not_at_all(
    sender: Sender,
) -> None:
    store = sender.figures.store
    for on, many in (
        ("2026-01-01", 40), ("2026-01-02", 9),  # few on one day
        ("2026-02-01", 40), ("2026-02-03", 40),  # none on one day
        ("2026-03-01", 5), ("2026-03-02", 4),  # few altogether
        ("2026-04-01", 10), ("2026-04-02", 11),
    ):  # fmt: skip
        await measured(store, on, sent=many)
    found = await told(sender, "transactions-by-channel")
    assert [(row["on"], row["period"], row["count"]) for row in found] == [
        ("2026-01-01", "month", 49),
        ("2026-02-01", "month", 80),
        ("2026-04-01", "day", 10),
        ("2026-04-02", "day", 11),
    ]


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ({"online": 50, "phone": 10}, {"online": 50, "phone": 10}),
        ({"online": 50, "phone": 3}, {"several": 53}),
        ({"online": 50, "phone": 30, "api": 3}, {"online": 50, "several": 33}),
        ({"online": 50, "phone": 30, "api": 3, "in-person": 4}, {"online": 50, "several": 37}),
        ({"online": 50, "phone": 8, "api": 6}, {"online": 50, "several": 14}),
        ({"online": 4, "phone": 5}, {}),
    ],
)
async def test_channels_with_few_stand_together(
    sender: Sender, counts: dict[str, int], shown: dict[str, int]
) -> None:
    for channel, many in counts.items():
        await measured(sender.figures.store, "2026-01-01", channel, sent=many)
    found = await told(sender, "transactions-by-channel")
    assert {row["channel"]: row["count"] for row in found} == shown


async def test_completion_has_the_measures_own_rate_to_a_whole_percent(sender: Sender) -> None:
    store = sender.figures.store
    await measured(store, "2026-01-01", starts=400, submitted=350, ineligible=20, elsewhere=8, abandoned=2)
    await measured(store, "2026-02-01", starts=9, submitted=9)
    await measured(store, "2026-03-01", starts=30, submitted=6)
    await measured(store, "2026-04-01", starts=30, submitted=6, abandoned=20)
    found = {(row["on"], row["stage"]): row["count"] for row in await told(sender, "completion")}
    counts = (await by_service(store, "solihull", date(2026, 1, 1), date(2026, 1, 31)))["missed-bin"]
    assert counts.completion_rate is not None
    assert found == {
        ("2026-01-01", "start"): counts.starts,
        ("2026-01-01", "over"): counts.ended,
        ("2026-01-01", "end"): round(counts.ended * round(counts.completion_rate, 2)),
        ("2026-03-01", "start"): 30,
        ("2026-04-01", "start"): 30,
        ("2026-04-01", "over"): 26,
    }


async def test_satisfaction_is_told_where_enough_gave_a_score(sender: Sender) -> None:
    store = sender.figures.store
    await measured(store, "2026-01-05", score_1=4, score_5=5)
    await measured(store, "2026-02-05", score_1=1, score_5=9)
    await measured(store, "2026-03-05", **{f"score_{score}": 9 + score for score in range(1, 6)})
    [february, march] = await told(sender, "customer-satisfaction")
    assert february == {
        "on": "2026-02-01", "period": "month", "slug": "missed-bin", "total": 10, "satisfaction": 0.9,
    }  # fmt: skip
    counts = (await by_service(store, "solihull", date(2026, 3, 1), date(2026, 3, 31)))["missed-bin"]
    assert counts.satisfaction is not None
    assert (march["total"], march["satisfaction"]) == (counts.responses, round(counts.satisfaction, 2))
    assert [march[f"rating_{score}"] for score in range(1, 6)] == [10, 11, 12, 13, 14]


@pytest.mark.parametrize("seed", range(4))
async def test_no_count_that_is_told_is_small_and_none_is_more_than_happened(
    sender: Sender, seed: int
) -> None:
    chance, store = Random(seed), sender.figures.store
    for month, number, channel in itertools.product(
        (1, 2, 3), range(1, 29), ("online", "phone", "in-person")
    ):
        counts = dict.fromkeys(COUNTERS, 0) | {"sent": chance.choice([0, 1, 9, 10, 11, 40][seed:])}
        counts |= {
            "starts": counts["sent"] + 1,
            "submitted": counts["sent"],
            "score_5": chance.choice([0, 1]),
        }
        await measured(store, f"2026-{month:02}-{number:02}", channel, **counts)
    for kind in ("transactions-by-channel", "completion"):
        rows = await told(sender, kind)
        assert all(row["count"] >= FEW for row in rows)
    rows = await told(sender, "transactions-by-channel")
    whole = (await by_service(store, "solihull", date(2026, 1, 1), date(2026, 3, 31)))["missed-bin"].sent
    # Here no month has fewer than ten, so all of it is told, in one part or another.
    assert sum(row["count"] for row in rows) == whole
    for unit, one in itertools.groupby(rows, key=lambda row: row["on"]):
        parts = list(one)
        assert len({row["channel"] for row in parts}) == len(parts), unit


async def test_records_are_as_their_type_s_schema_says(standards: Path, sender: Sender) -> None:
    folder = standards / "performance-platform" / "data-type-schemas"
    await measured(sender.figures.store, "2026-03-05", sent=20, **{f"score_{n}": 10 for n in range(1, 6)})
    for kind, left_out in (("transactions-by-channel", set()), ("customer-satisfaction", {"comments"})):
        schema = json.loads((folder / f"{kind}.json").read_text("utf-8"))
        # How many commented is not counted.
        schema["required"] = [name for name in schema["required"] if name not in left_out]
        rows = await sender.ask(path=f"{GROUP}/{kind}")
        assert rows
        for row in rows:
            assert [fault.message for fault in Draft4Validator(schema).iter_errors(row)] == []


async def test_it_is_read_alone(sender: Sender) -> None:
    path = f"{GROUP}/completion"
    await sender.post([], path=path, status=401)
    with pytest.raises(DataSetRefused, match="is what is measured of the service here"):
        await make_data_set(
            sender.figures, "solihull", "solihull-missed-bin", "completion", service=None, lgsl=524
        )
    await make_data_set(sender.figures, "solihull", "solihull-missed-bin", "anything", service=None, lgsl=524)
    for other in ("solihull-pothole", "surrey-missed-bin", "solihull"):
        await sender.ask(path=f"/performance/data/{other}/completion", status=404)


async def test_an_answer_may_be_kept_until_it_is_another(sender: Sender) -> None:
    await measured(sender.figures.store, "2026-03-05", sent=20)
    path = f"{GROUP}/transactions-by-channel?group_by=channel&collect=count:sum"
    first = await sender.http.get(path)
    assert "max-age=300" in first.headers["cache-control"]
    etag = {"if-none-match": first.headers["etag"]}
    assert (await sender.http.get(path, headers=etag)).status_code == 304
    await sender.figures.store.owner.execute("update measure_day set sent = sent + 1")
    assert (await sender.http.get(path, headers=etag)).status_code == 200
