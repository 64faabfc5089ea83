"""What is written: every public name says what it is, and no file names a machine, a workplace or a registry."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.conftest import HOME
from tests.rules.house import LOCKS, SOURCES, TEXTS, name_of, parsed

# Written in pieces, so that this file does not name them.
REGISTRIES = ("pypi" + ".org", "files.python" + "hosted", "registry.npm" + "js", "npm" + "mirror")
PLACES = ("/wo" + "rk/", "/tm" + "p/", "/ro" + "ot/", "C:" + "\\Users")


def undocumented(body: list[ast.stmt], owner: str, kind: str) -> list[str]:
    """The public functions and classes in a body that have no docstring."""
    found: list[str] = []
    for node in body:
        if isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        ) and not node.name.startswith("_"):
            name = f"{owner}.{node.name}"
            if ast.get_docstring(node) is None and not (
                kind == "method" and isinstance(node, ast.FunctionDef) and _overloads(node)
            ):
                found.append(name)
            if isinstance(node, ast.ClassDef):
                found += undocumented(node.body, name, "method")
    return found


def _overloads(node: ast.FunctionDef) -> bool:
    """Whether it only repeats a method that says what it is where it is first written."""
    return any(
        isinstance(mark, ast.Name) and mark.id in {"overload", "override"} for mark in node.decorator_list
    )


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_every_public_name_says_what_it_is(path: Path) -> None:
    tree = parsed(path)
    if any(not isinstance(node, ast.Expr) for node in tree.body):
        assert ast.get_docstring(tree), "the module has no docstring"
    assert undocumented(tree.body, name_of(path), "") == []


@pytest.mark.parametrize("words", [REGISTRIES, PLACES], ids=["registries", "places on a machine"])
def test_no_file_names(words: tuple[str, ...]) -> None:
    found = [
        f"{path.relative_to(HOME)}: {word}"
        for path in TEXTS
        for text in [path.read_text("utf-8", errors="replace")]
        for word in words
        if word in text
    ]
    assert found == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_file_carries_versions_and_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text("utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9][a-z0-9._\[\]-]*==[^ ]+", entry), entry.split("\n", 1)[0]
        assert "--hash=sha256:" in entry, entry.split("\n", 1)[0]
    assert "://" not in text
    assert "--index-url" not in text
    assert "--find-links" not in text


def test_the_lock_of_the_page_assets_carries_no_address() -> None:
    locks = [path for path in (HOME / "src").rglob("package-lock.json") if "node_modules" not in path.parts]
    assert locks
    for lock in locks:
        text = lock.read_text("utf-8")
        assert '"resolved"' not in text
        assert '"integrity"' in text
