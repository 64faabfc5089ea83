"""The files of the house, for the tests of its rules."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.conftest import HOME

SRC = HOME / "src"
_PASSED_BY = {"node_modules", "assets", "__pycache__"}


def _ours(path: Path) -> bool:
    return not _PASSED_BY & set(path.relative_to(HOME).parts)


SOURCES = sorted(path for path in (SRC / "commonhall").rglob("*.py") if _ours(path))
LOCKS = sorted((HOME / "requirements").glob("*.txt"))
WRITTEN = {
    ".py",
    ".yaml",
    ".yml",
    ".md",
    ".toml",
    ".txt",
    ".json",
    ".html",
    ".sh",
    ".js",
    ".css",
    ".scss",
    ".sql",
    ".j2",
    ".in",
}
FOLDERS = ("src", "tests", "services", "demo", "docs", "tools", "benchmarks", "requirements", ".ci")
TEXTS = sorted(
    path
    for folder in FOLDERS
    if (HOME / folder).is_dir()
    for path in (HOME / folder).rglob("*")
    if path.is_file() and path.suffix in WRITTEN and _ours(path)
)


def parsed(path: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(path.read_text("utf-8"))


def name_of(path: Path) -> str:
    """`commonhall.engine.reader` for its file."""
    parts = path.relative_to(SRC).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
