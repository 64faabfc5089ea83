"""Whether what is shown is what happened can be asked of the command line, and mended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.app.test_council_commands import database
from typer.testing import CliRunner

from commonhall.app.commands import cli
from commonhall.app.simulating.wards import make_up_wards
from commonhall.directory.directory import open_directory

ADA = ("--administrator", "ada@solihull.example", "--name", "Ada")


@pytest.fixture
def measures(database_url: str, tmp_path: Any) -> Callable[..., Any]:
    """Run `commonhall measures ...` on a database with one council."""
    env = {
        "COMMONHALL_DATABASE_URL": database_url,
        "COMMONHALL_SECRET": "A" * 44,
        "COMMONHALL_DATA": str(tmp_path / "data"),
        "COLUMNS": "200",
    }
    runner = CliRunner()
    added = runner.invoke(cli, ["council", "add", "solihull", *ADA], env=env)
    assert added.exit_code == 0, added.output
    return lambda *words: runner.invoke(cli, ["measures", *words], env=env)


@pytest.mark.postgres
def test_a_wrong_count_is_named_and_counted_anew(measures: Callable[..., Any], database_url: str) -> None:
    database(
        database_url,
        "insert into measure (council, service, version, channel, day, started_at)"
        " select $1, 'missed-bin', '1.0.0', 'online', '2026-03-02', '2026-03-02 09:00Z' returning measure",
        council="solihull",
    )
    sound = measures("check")
    assert (sound.exit_code, sound.output) == (0, "solihull: every count is right\n")
    database(
        database_url,
        "insert into measure_day (council, service, day, channel, starts)"
        " values ($1, 'missed-bin', '2026-03-02', 'online', 7) returning starts",
        council="solihull",
    )
    wrong = measures("check", "solihull")
    assert wrong.exit_code == 1
    assert "solihull: 1 counts are wrong" in wrong.output
    assert "missed-bin, 2026-03-02" in wrong.output
    assert "commonhall measures rebuild" in wrong.output
    assert measures("rebuild").output == "solihull: counted anew\n"
    assert measures("check").exit_code == 0
    assert database(
        database_url, "select starts from measure_day where council = $1", council="solihull"
    ) == [(1,)]


@pytest.mark.postgres
def test_a_council_that_is_not_here_is_refused(measures: Callable[..., Any]) -> None:
    refused = measures("check", "leeds")
    assert refused.exit_code != 0
    assert "there is no council 'leeds'" in str(refused.exception)


@pytest.mark.postgres
def test_a_week_is_shown_on_demand(measures: Callable[..., Any], database_url: str) -> None:
    database(
        database_url,
        "insert into measure_day (council, service, day, channel, starts, submitted, sent)"
        " values ($1, 'missed-bin', '2026-03-04', 'online', 50, 50, 50) returning starts",
        council="solihull",
    )
    shown = measures("digest", "--council", "solihull", "--week", "2026-03-05")
    assert shown.exit_code == 0, shown.output
    assert "The week from 2 March 2026 to 8 March 2026" in shown.output
    assert "missed-bin\n  sent: 50 (usual week: 0)\n  completed: 100% (before: –)" in shown.output
    refused = measures("digest", "--council", "solihull", "--send")
    assert "COMMONHALL_SMTP_URL" in str(refused.exception)
    assert "give a day" in str(measures("digest", "--council", "solihull", "--week", "soon").exception)


@pytest.mark.postgres
def test_cases_are_placed_once_there_are_boundaries(measures: Callable[..., Any], tmp_path: Path) -> None:
    refused = measures("place")
    assert refused.exit_code == 1
    assert "take some into use with commonhall directory wards" in str(refused.exception)
    make_up_wards(tmp_path / "data" / "directory", ["solihull"], open_directory())
    assert (
        measures("place").output == "solihull: 0 cases, of which 0 came into another ward, and 0 out of one\n"
    )
