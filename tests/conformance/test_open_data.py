"""Open data read by others: Frictionless' validator, DuckDB as README says it, the Transactions Explorer's own header."""

from __future__ import annotations

import csv
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from frictionless import Package

from commonhall.reporting.transactions import AFTER, BEFORE, OF_QUARTER, Quarter, header
from tests.api.conftest import client_of
from tests.api.test_open_data import count, counted
from tests.conftest import SetClock
from tests.web.workspace.conftest import office
from tests.web.workspace.office import Office

__all__ = ["counted", "office"]

HOME = Path(__file__).resolve().parent.parent.parent
EXAMPLE = "performance-platform/transactions-explorer_services-test.csv"


@pytest.fixture
async def folder(counted: Office, clock: SetClock, tmp_path: Path) -> Path:
    """Every file of Solihull's data package, as anybody downloads them on the first of April."""
    clock.now = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
    await count(counted, date(2026, 4, 1), 33)
    async with client_of(counted.app) as http:
        for path in ["datapackage.json", *await paths(http)]:
            answer = await http.get(f"/open-data/{path}")
            assert answer.status_code == 200, path
            (tmp_path / path).write_bytes(answer.content)
    return tmp_path


async def paths(http: httpx2.AsyncClient) -> list[str]:
    package = (await http.get("/open-data/datapackage.json")).json()
    return [resource["path"] for resource in package["resources"]]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_the_data_package_and_every_row_are_valid(folder: Path) -> None:
    package: Any = Package(str(folder / "datapackage.json"))
    assert [resource.path for resource in package.resources if resource.path.endswith("csv")] == [
        "2026-04.csv", "2026-03.csv", "2026-02.csv", "transactions-explorer-2026-q1.csv",
    ]  # fmt: skip
    assert package.licenses[0]["name"] == "OGL-UK-3.0"
    for resource in list(package.resources):
        if resource.path.endswith(".parquet"):
            package.remove_resource(resource.name)
    report = package.validate()
    assert report.valid, report.flatten(["path", "rowNumber", "fieldName", "message"])
    assert report.stats["tasks"] == 4


async def test_duckdb_reads_it_in_the_line_that_readme_says(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [line] = re.findall(r"^ +(import duckdb; .*)$", (HOME / "README.md").read_text("utf-8"), re.MULTILINE)
    month = re.findall(r"'(\d{4}-\d\d)\.parquet'", line)[0]
    (folder / "2026-02.parquet").rename(folder / f"{month}.parquet")
    monkeypatch.chdir(folder)
    exec(line, {})
    shown = capsys.readouterr().out
    assert "missed-bin" in shown
    assert "175" in shown, "145 online and 30 by phone"


def test_the_header_is_the_transactions_explorers_own(standards: Path) -> None:
    with (standards / EXAMPLE).open(encoding="utf-8", newline="") as file:
        theirs = next(csv.reader(file))
    quarters = sorted({re.match(r"(\d{4})-Q(\d) ", name).groups() for name in theirs if "-Q" in name})  # type: ignore[union-attr]
    assert header(Quarter(int(year), int(number)) for year, number in quarters) == theirs


async def test_a_quarters_file_has_this_header(folder: Path, standards: Path) -> None:
    with (standards / EXAMPLE).open(encoding="utf-8", newline="") as file:
        theirs = next(csv.reader(file))
    with (folder / "transactions-explorer-2026-q1.csv").open(encoding="utf-8", newline="") as file:
        ours = next(csv.reader(file))
    # The same columns, of one quarter instead of nine.
    assert ours == [
        name.replace("2014-Q4", "2026-Q1") for name in theirs if "-Q" not in name or "2014-Q4" in name
    ]
    assert len(ours) == len(BEFORE) + len(OF_QUARTER) + len(AFTER)
