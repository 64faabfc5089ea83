"""What docs/performance.md says of limits, types and parameters is what there is."""

from __future__ import annotations

import re

from commonhall.api.performance import bodies, parsing
from commonhall.reporting import asking, comparing, data_sets, records, sent
from commonhall.reporting.data_types import TYPES
from commonhall.storage import data_records
from commonhall.storage.queries.data_records import SOURCES
from commonhall.storage.queries.measured_records import FEW
from commonhall.web.dashboards import across, comparisons
from tests.conftest import HOME

TEXT = (HOME / "docs" / "performance.md").read_text("utf-8")
PLAIN = " ".join(TEXT.split())


def rows(first: str) -> dict[str, str]:
    """The rows of the table whose heading begins so, by their first cell."""
    table = TEXT.split(f"| {first} |", 1)[1].split("\n\n", 1)[0]
    cells = [line.strip("| ").split(" | ", 1) for line in table.splitlines()[2:]]
    return {row[0]: row[1] for row in cells}


def test_the_limits() -> None:
    assert {name: int(value.replace(",", "")) for name, value in rows("limit").items()} == {
        "records of a request": records.MOST_RECORDS,
        "bytes of a request, as sent": bodies.MOST_SENT,
        "bytes of a request, unpacked": bodies.MOST_UNPACKED,
        "fields of a record": records.MOST_FIELDS,
        "characters of a text": records.LONGEST_TEXT,
        "records of a data set": data_sets.MOST_IN_A_SET,
    }
    for words in (
        f"{data_records.LONGEST // 1000} seconds at most",
        f"{asking.MOST_ROWS:,} rows at most",
        f"{asking.MOST_SETS:,} with sets of values, each of {asking.MOST_VALUES} values",
        f"works on {asking.AT_ONCE} questions",
        f"or {data_sets.MAX_AGE_REALTIME} seconds for `realtime`",
        f"fewer than {FEW}",
    ):
        assert words in PLAIN
    assert data_sets.MAX_AGE == 1800, "half an hour"


def test_the_names_of_channels() -> None:
    text = (HOME / "docs" / "measures-uptime-and-cost.md").read_text("utf-8")
    said = {
        what: frozenset(re.findall(r"`([\w-]+)`", text.split(f"\n| {what} |", 1)[1].split("\n", 1)[0]))
        for what in ("digital", "not digital")
    }
    assert said == {"digital": sent.DIGITAL_NAMES, "not digital": sent.OTHER_NAMES}
    plain = " ".join(text.split())
    assert f"takes {data_records.LONGEST_ACROSS // 1000} seconds at most" in plain
    assert f"kept for {across.SENT_SECONDS / 60:.0f} minutes" in plain
    assert f"**A council with fewer than {comparing.MINIMUM}**" in plain
    assert f"more than {comparisons.MOST_ROWS} councils are compared" in plain


def test_the_types() -> None:
    said = {name.strip("`"): re.findall(r"`(\w+)`", fields) for name, fields in rows("type | fields that a record must have").items()}  # fmt: skip
    assert said == {
        kind: [name for name, field in fields.items() if field.required] for kind, fields in TYPES.items()
    }
    assert {name.strip("`") for name in rows("type | records")} == data_sets.MEASURED == set(SOURCES) - {""}


def test_the_parameters() -> None:
    table = rows("parameter")
    assert {name for cell in table for name in re.findall(r"`(\w+)`", cell)} == {*parsing.SINGLE, *parsing.REPEATABLE}  # fmt: skip
    for name, most in parsing.MOST.items():
        assert re.search(rf"[uU]p to {most} times", table[f"`{name}`"])
