"""Links to councils' own pages are taken into use by a command, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.app.test_council_commands import database
from typer.testing import CliRunner

from commonhall.app.commands import cli

HEAD = "Authority Name,GSS,Description,LGSL,LGIL,URL,Title,Supported by GOV.UK\n"
GOOD = "Exeter,E07000041,x,524,17,https://exeter.example/bins,,true\n"
BAD = "Exeter,E07000041,x,557,17,ftp://exeter.example,,true\n"
COUNT = "select count(*) from link where $1 <> ''"


@pytest.fixture
def links(database_url: str, tmp_path: Path) -> Callable[..., Any]:
    """Run `commonhall links ...` on a fresh database."""
    env = {
        "COMMONHALL_DATABASE_URL": database_url,
        "COMMONHALL_SECRET": "A" * 44,
        "COMMONHALL_DATA": str(tmp_path / "data"),
        "COMMONHALL_ALLOW_PRIVATE_ADDRESSES": "yes",
        "COLUMNS": "200",
    }
    return lambda *words, **more: CliRunner().invoke(cli, ["links", *words], env={**env, **more})


@pytest.mark.postgres
def test_a_file_is_taken_whole_or_not_at_all(
    links: Callable[..., Any], database_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "links.csv"
    path.write_text(HEAD + GOOD + BAD)
    refused = links("import", str(path))
    assert refused.exit_code == 1
    assert "links.csv: line 3: 'ftp://exeter.example' is not a web address" in refused.output
    assert "nothing was changed: mend the file, or say --skip-wrong" in refused.output
    taken = links("import", str(path), "--skip-wrong")
    assert taken.exit_code == 0, taken.output
    assert (
        "1 links of 1 councils kept, 0 of the former file dropped, 0 rows without an address, 1 wrong"
        in taken.output
    )
    assert database(database_url, COUNT) == [(1,)]
    path.write_text("slug,url\n")
    assert links("import", str(path), "--skip-wrong").exit_code == 1
    assert database(database_url, COUNT) == [(1,)]


@pytest.mark.postgres
@pytest.mark.network
def test_links_are_looked_at_under_a_name_that_says_whom_to_write_to(
    links: Callable[..., Any], database_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "links.csv"
    path.write_text(HEAD + GOOD.replace("exeter.example", "no-such-place.invalid"))
    assert links("import", str(path)).exit_code == 0
    nobody = links("check")
    assert nobody.exit_code == 2 or "COMMONHALL_CONTACT" in str(nobody.exception)
    done = links("check", "--again", COMMONHALL_CONTACT="https://example.org")
    assert done.exit_code == 0, done.output
    assert "0 work, 1 want a look, 0 are broken" in done.output
    [(status, problem)] = database(database_url, "select status, problem from link where $1 <> ''")
    assert status == "caution"
    assert problem.startswith("it does not answer")
