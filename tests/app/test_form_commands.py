"""A form of another system is brought in by a command: a folder that checks, and what it lacks in a table."""

from __future__ import annotations

from pathlib import Path

from tests.catalogue.importing.samples import FORMS
from typer.testing import CliRunner, Result

from commonhall.app.commands import cli


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, list(words), env={"COLUMNS": "200"})


def test_a_form_is_brought_in_and_its_draft_is_right(tmp_path: Path) -> None:
    folder = tmp_path / "pests"
    form = str(FORMS / "pest.defra-v1.yaml")
    found = run(
        "form", "import", form, "--lgsl", "384", "--lgil", "17", "--out", str(folder), "--id", "pests"
    )
    assert found.exit_code == 0, found.output
    assert "no page led to it" in found.output
    assert "6 pages with 7 questions, from DEFRA forms" in found.output.replace("\n", "")
    checked = run("check", str(folder))
    assert checked.exit_code == 0, checked.output
    again = run("form", "import", form, "--lgsl", "384", "--lgil", "17", "--out", str(folder))
    assert again.exit_code == 1
    assert "is not empty" in again.output.replace("\n", " ")


def test_what_is_no_form_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("{}")
    found = run("form", "import", str(path), "--lgsl", "384", "--lgil", "17", "--out", str(tmp_path / "x"))
    assert found.exit_code == 1
    assert "not a form of a system that is known here" in found.output.replace("\n", " ")
    assert not (tmp_path / "x").exists()
