"""The operator makes data sets, changes their tokens and removes them, for councils here and elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from commonhall.app.commands import cli
from commonhall.app.settings import SettingsRefused

PLACE = ["surrey-potholes", "transactions-by-channel"]


@pytest.fixture
def data_set(database_url: str, tmp_path: Path) -> Callable[..., Any]:
    """Run `commonhall data-set ...` on a fresh database."""
    env = {
        "COMMONHALL_DATABASE_URL": database_url,
        "COMMONHALL_SECRET": "A" * 44,
        "COMMONHALL_DATA": str(tmp_path / "data"),
        "COLUMNS": "200",
    }
    return lambda *words: CliRunner().invoke(cli, ["data-set", *words], env=env)


@pytest.mark.postgres
def test_a_council_that_runs_nothing_here_gets_a_data_set(data_set: Callable[..., Any]) -> None:
    made = data_set("add", "surrey", *PLACE, "--lgsl", "557")
    assert made.exit_code == 0, made.output
    assert "/performance/data/surrey-potholes/transactions-by-channel with the token" in made.output
    first = re.search(r"chd_[\w-]{22}", made.output)
    assert first
    changed = data_set("token", *PLACE, "--days", "3")
    second = re.search(r"chd_[\w-]{22}", changed.output)
    assert second
    listed = data_set("list", "surrey").output
    for words in ("LGSL 557", "never", f"…{second.group()[-4:]}, …{first.group()[-4:]}"):
        assert words in listed
    removed = data_set("remove", *PLACE, "--yes")
    assert "surrey-potholes/transactions-by-channel and its 0 records are removed" in removed.output


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "surrey", *PLACE], "say which service"),
        (["add", "surrey", *PLACE, "--lgsl", "999999"], "no LGSL 999999"),
        (["add", "surrey", *PLACE, "--service", "pothole"], "runs no service 'pothole' here"),
        (["add", "surrey", "kent-potholes", "x", "--lgsl", "557"], "a group of kent"),
        (["token", *PLACE], "no data set"),
        (["remove", *PLACE, "--yes"], "no data set"),
    ],
)
def test_what_cannot_be_done_is_said(data_set: Callable[..., Any], words: list[str], said: str) -> None:
    refused = data_set(*words)
    assert isinstance(refused.exception, SettingsRefused)
    assert said in str(refused.exception)
