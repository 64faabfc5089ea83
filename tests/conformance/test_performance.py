"""The interface for figures against what the Performance Platform's own display was tested with, and its data types."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from commonhall.api.performance.app import PerformanceTools, performance_app
from commonhall.reporting.asking import Counter
from commonhall.reporting.data_types import TYPES, faults_of
from commonhall.reporting.periods import start_of
from commonhall.storage.pool import Store
from tests.api.sending import Sender, sending
from tests.conftest import SHARED, SetClock
from tests.journeys.conftest import free_port

FOLDER = SHARED / "standards" / "performance-platform"


@pytest.fixture(scope="session")
def platform(standards: Path) -> Path:
    """The folder of the Performance Platform's files; the test is skipped where it is absent."""
    return standards / "performance-platform"


@pytest.fixture
async def sender(store: Store, clock: SetClock) -> AsyncIterator[Sender]:
    async with sending(store, clock) as found:
        yield found


def fixture(folder: Path, name: str) -> list[dict[str, Any]]:
    """The rows of one of the display's fixtures."""
    found = json.loads((folder / "spotlight-fixtures" / f"{name}.json").read_text("utf-8"))
    return found["data"] if isinstance(found, dict) else found


def as_sent(rows: list[dict[str, Any]], keys: tuple[str, ...], field: str) -> list[dict[str, Any]]:
    """Records of which these rows could have been counted: `_count` in each period, the first of them with the sum."""
    return [
        {
            "_timestamp": row["_start_at"],
            **{key: row[key] for key in keys},
            field: row[f"{field}:sum"] if number == 0 else 0,
        }
        for row in rows
        for number in range(int(row.get("_count", 1)))
    ]


def nested_as_flat(rows: list[dict[str, Any]], keys: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{**{key: row[key] for key in keys}, **value} for row in rows for value in row["values"]]


def span_of(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [
        ("start_at", min(row["_start_at"] for row in rows)),
        ("end_at", max(row["_end_at"] for row in rows)),
    ]


@pytest.mark.parametrize("name", ["multiple-per-channel-unflat", "group-by-channel-unflattened"])
async def test_groups_with_their_periods_are_as_in_the_display_s_fixtures(
    platform: Path, sender: Sender, name: str
) -> None:
    rows = fixture(platform, name)
    flat = nested_as_flat(rows, ("channel",))
    await sender.post(as_sent(flat, ("channel",), "count"))
    query = [("period", "month"), ("group_by", "channel"), ("collect", "count:sum"), *span_of(flat)]
    assert await sender.ask(query) == rows


@pytest.mark.parametrize("name", ["multiple-per-channel-flat", "group-by-channel-flattened"])
async def test_flat_groups_are_as_in_the_display_s_fixtures(
    platform: Path, sender: Sender, name: str
) -> None:
    rows = fixture(platform, name)
    await sender.post(as_sent(rows, ("channel",), "count"))
    query = [("period", "month"), ("group_by", "channel"), ("collect", "count:sum"), ("flatten", "true"), *span_of(rows)]  # fmt: skip

    def by_place(row: dict[str, Any]) -> tuple[str, str]:
        return row["_start_at"], row["channel"]

    # Of the channels of one month the fixtures have no order.
    assert await sender.ask(query) == sorted(rows, key=by_place)


async def test_groups_of_several_keys_are_as_in_the_display_s_fixture(platform: Path, sender: Sender) -> None:
    rows = fixture(platform, "group-multiple-keys")
    keys = ("eventDestination", "subCategory")
    flat = nested_as_flat(rows, keys)
    await sender.post(as_sent(flat, keys, "uniqueEvents"))
    query = [("period", "week"), *(("group_by", key) for key in keys), ("collect", "uniqueEvents:sum"), *span_of(flat)]  # fmt: skip
    found = await sender.ask(query)
    # The fixture leaves out how many records there are.
    bare = [
        {key: row[key] for key in keys}
        | {"values": [{name: value for name, value in one.items() if name != "_count"} for one in row["values"]]}
        for row in found
    ]  # fmt: skip
    assert bare == rows
    assert all(row["_group_count"] == 2 and row["_count"] == 2 for row in found)


async def test_groups_have_the_fields_of_the_display_s_fixture_of_events(
    platform: Path, sender: Sender
) -> None:
    rows = fixture(platform, "grouped")
    flat = nested_as_flat(rows, ("eventDestination",))
    await sender.post(as_sent(flat, ("eventDestination",), "uniqueEvents"))
    query = [("period", "week"), ("group_by", "eventDestination"), ("collect", "uniqueEvents:sum"), *span_of(flat)]  # fmt: skip
    found = await sender.ask(query)
    assert [row["values"] for row in found] == [row["values"] for row in rows]
    # The fixture's own totals are not those of its periods, but its fields are ours.
    assert [row.keys() for row in found] == [row.keys() for row in rows]


async def test_records_have_the_fields_of_the_platform_s_own(platform: Path, sender: Sender) -> None:
    rows = {row["_id"]: row for row in fixture(platform, "transaction-data")}
    bare = [
        {name: value for name, value in row.items() if not name.startswith("_") or name in {"_id", "_timestamp"}}
        for row in rows.values()
    ]  # fmt: skip
    await sender.post(bare)
    found = await sender.ask()
    assert len(found) == len(rows)
    for row in found:
        assert row | {"_updated_at": ""} == rows[row["_id"]] | {"_updated_at": ""}
        assert datetime.fromisoformat(row["_updated_at"]).tzinfo is not None


# -- data types ------------------------------------------------------------------------------------------------------

VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 103), st.floats(-3, 103).filter(lambda number: not number.is_integer()),
    st.sampled_from(["day", "month", "century", "second", "paper", ""]),
)  # fmt: skip


def schemas() -> dict[str, Any]:
    """The schema of each data type."""
    folder = FOLDER / "data-type-schemas"
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}


def test_every_type_that_has_a_schema_has_a_rule(platform: Path) -> None:
    assert set(TYPES) == set(schemas()) - {"timestamp"}


@pytest.mark.parametrize("kind", sorted(TYPES))
@given(data=st.data())
def test_a_record_is_taken_where_the_type_s_schema_takes_it(
    platform: Path, kind: str, data: st.DataObject
) -> None:
    schema, stamped = schemas()[kind], schemas()["timestamp"]
    names = [*schema["properties"], "_timestamp", "other"]
    record = data.draw(st.dictionaries(st.sampled_from(names), VALUES))
    for name, rule in schema["properties"].items():
        # Right ones, too, which chance seldom makes.
        if data.draw(st.booleans()):
            record[name] = rule["enum"][0] if "enum" in rule else "text" if rule["type"] == "string" else 7
    if data.draw(st.booleans()):
        record["_timestamp"] = "2014-10-01T00:00:00+00:00"
    by_schema = Draft4Validator(schema).is_valid(record)
    if "_timestamp" in record and not isinstance(record["_timestamp"], str):
        record["_timestamp"] = "2014-10-01T00:00:00+00:00"
    by_schema = by_schema and Draft4Validator(stamped).is_valid(record)
    assert (list(faults_of(kind, record)) == []) == by_schema


def test_a_week_starts_where_the_platform_s_fixtures_say(platform: Path) -> None:
    for row in fixture(platform, "transaction-data"):
        at = datetime.fromisoformat(row["_timestamp"])
        for period in ("hour", "day", "week", "month", "quarter", "year"):
            assert start_of(period, at).astimezone(UTC).isoformat() == row[f"_{period}_start_at"]


# -- the platform's own client ---------------------------------------------------------------------------------------


@pytest.mark.network
async def test_the_platform_s_own_client_sends_reads_and_empties(sender: Sender) -> None:
    python = os.environ.get("COMMONHALL_PERFORMANCE_CLIENT")
    if not python:
        pytest.skip(
            "COMMONHALL_PERFORMANCE_CLIENT names no Python that has performanceplatform-client (docs/conformance.md)"
        )
    await sender.another("transactions-by-channel")
    port = free_port()
    app = performance_app(PerformanceTools(sender.figures, Counter(sender.figures.store)))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning"))
    serving = asyncio.create_task(server.serve())
    try:
        client = await asyncio.create_subprocess_exec(
            python, "-W", "ignore", str(Path(__file__).with_name("performance_client.py")),
            f"http://127.0.0.1:{port}/performance/data", "solihull-bins", "transactions-by-channel", sender.token,
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        said, _ = await client.communicate()
    finally:
        server.should_exit = True
        await serving
    assert json.loads(said) == {
        "all at once, compressed": "ok",
        "one": "ok",
        "sums": {"online": sum(range(0, 300, 2)), "paper": sum(range(1, 300, 2))},
        "records": 300,
        "a wrong record": 400,
        "emptied": "ok",
        "left": [],
        "a wrong token": 401,
    }
