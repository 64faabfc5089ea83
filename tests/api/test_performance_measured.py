"""Our own measures are read by the same questions as figures that are sent, and nobody sends any to them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from jsonschema import Draft4Validator

from commonhall.api.performance.app import PerformanceTools, performance_app
from commonhall.reporting.asking import Counter
from commonhall.reporting.data_sets import DataSetRefused, make_data_set
from commonhall.reporting.measures import by_channel, by_service
from commonhall.storage.pool import Store
from tests.api.conftest import client_of
from tests.api.sending import Sender, day, sending
from tests.conftest import SetClock

GROUP = "/performance/data/solihull-missed-bin"
FILL = """
insert into measure_day (council, service, day, channel, starts, submitted, ineligible, elsewhere, abandoned, sent, score_1, score_5)
values
  ('solihull', 'missed-bin', '2026-01-31', 'online', 10, 6, 1, 1, 2, 6, 0, 3),
  ('solihull', 'missed-bin', '2026-02-01', 'online', 20, 15, 0, 0, 0, 14, 2, 2),
  ('solihull', 'missed-bin', '2026-02-01', 'phone', 3, 3, 0, 0, 0, 3, 1, 0),
  ('solihull', 'pothole', '2026-02-01', 'online', 99, 99, 0, 0, 0, 99, 99, 0),
  ('surrey', 'missed-bin', '2026-02-01', 'online', 77, 77, 0, 0, 0, 77, 77, 0)
"""
SPAN = [("start_at", day("2026-01-01")), ("end_at", day("2026-03-01"))]


@pytest.fixture
async def sender(store: Store, clock: SetClock) -> AsyncIterator[Sender]:
    """Solihull runs missed-bin here, Surrey nothing."""
    async with sending(store, clock) as found:
        await store.owner.execute(FILL)
        figures = replace(found.figures, runs=lambda *ran: ran == ("solihull", "missed-bin"))
        app = performance_app(PerformanceTools(figures, Counter(store)))
        async with client_of(app) as http:
            yield Sender(figures, http, found.path, found.token)


async def test_transactions_are_what_is_measured(sender: Sender) -> None:
    query = [*SPAN, ("period", "month"), ("group_by", "channel"), ("collect", "count:sum")]
    [online, phone] = await sender.ask(query, path=f"{GROUP}/transactions-by-channel")
    assert [row["count:sum"] for row in online["values"]] == [6, 14]
    assert [row["count:sum"] for row in phone["values"]] == [None, 3]
    measured = await by_channel(
        sender.figures.store, "solihull", "missed-bin", date(2026, 1, 1), date(2026, 2, 28)
    )
    assert {row["channel"]: row["count:sum"] for row in (online, phone)} == {
        channel: counts.sent for channel, counts in measured.items()
    }


async def test_completion_has_the_measures_own_rate(sender: Sender) -> None:
    query = [("group_by", "stage"), ("collect", "count:sum")]
    rows = await sender.ask(query, path=f"{GROUP}/completion")
    found = {row["stage"]: row["count:sum"] for row in rows}
    counts = (await by_service(sender.figures.store, "solihull", date(2026, 1, 1), date(2026, 2, 28)))[
        "missed-bin"
    ]
    assert found == {"start": counts.starts, "end": counts.completions, "over": counts.ended}
    assert found["end"] / found["over"] == counts.completion_rate


async def test_few_scores_are_not_told(sender: Sender) -> None:
    """January has three scores, February five."""
    rows = await sender.ask(path=f"{GROUP}/customer-satisfaction")
    assert [(row["_timestamp"], row["rating_1"], row["rating_5"], row["total"]) for row in rows] == [
        (day("2026-02-01"), 3, 2, 5)
    ]
    query = [*SPAN, ("period", "week"), ("collect", "total:sum")]
    weeks = await sender.ask(query, path=f"{GROUP}/customer-satisfaction")
    assert sum(row["total:sum"] or 0 for row in weeks) == 5, "not a week tells more than the month"


async def test_records_are_as_their_type_s_schema_says(standards: Path, sender: Sender) -> None:
    folder = standards / "performance-platform" / "data-type-schemas"
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
    path = f"{GROUP}/transactions-by-channel?group_by=channel&collect=count:sum"
    first = await sender.http.get(path)
    assert "max-age=300" in first.headers["cache-control"]
    etag = {"if-none-match": first.headers["etag"]}
    assert (await sender.http.get(path, headers=etag)).status_code == 304
    await sender.figures.store.owner.execute("update measure_day set sent = sent + 1")
    assert (await sender.http.get(path, headers=etag)).status_code == 200
