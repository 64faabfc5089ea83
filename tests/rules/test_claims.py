"""What README and docs say is what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from commonhall.app.commands import cli

HOME = Path(__file__).resolve().parent.parent.parent
DOCS = sorted(
    [
        *HOME.glob("*.md"),
        *HOME.glob("docs/**/*.md"),
        *HOME.glob("src/**/README.md"),
        HOME / "services/README.md",
    ]
)
DOCS = [path for path in DOCS if "node_modules" not in path.parts]


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(HOME)))
def test_files_that_docs_name_are_there(path: Path) -> None:
    text = path.read_text("utf-8")
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", text):
        assert (path.parent / target).exists(), target
    rooms = HOME / "src" / "commonhall"
    for name in re.findall(
        r"`((?:app|web|api|casework|catalogue|reporting|storage|connectors|directory|engine|docs|tests|tools)/[\w./-]+)`",
        text,
    ):
        places = (rooms / name, HOME / name, path.parent / name)
        assert any(place.exists() for place in places), name


def test_every_command_that_docs_name_is_there() -> None:
    runner = CliRunner()
    named = set()
    for path in DOCS:
        named |= set(re.findall(r"`commonhall ([a-z-]+(?: [a-z]+)?)", path.read_text("utf-8")))
    groups = {
        "deliveries",
        "links",
        "directory",
        "council",
        "proposals",
        "catalogue",
        "staff",
        "connector",
        "data-set",
    }
    for words in sorted(named):
        parts = words.split(" ")
        command = parts if parts[0] in groups else parts[:1]
        result = runner.invoke(cli, [*command, "--help"])
        assert result.exit_code == 0, words


def test_make_targets_that_docs_name_are_there() -> None:
    makefile = (HOME / "Makefile").read_text()
    for path in DOCS:
        for target in re.findall(r"`make ([a-z]+)`", path.read_text("utf-8")):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{path.name}: make {target}"


@pytest.mark.parametrize(
    "room", sorted(p.name for p in (HOME / "src" / "commonhall").iterdir() if (p / "__init__.py").exists())
)
def test_every_room_has_a_readme(room: str) -> None:
    assert (HOME / "src" / "commonhall" / room / "README.md").exists()
