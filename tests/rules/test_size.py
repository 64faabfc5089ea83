"""How long things may be: what is longer is named here, with its reason."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.rules.house import SOURCES, name_of, parsed

LONGEST_FUNCTION = 60
LONGEST_MODULE = 400

LONG_FUNCTIONS: dict[str, str] = {}
"""`module:function` to the reason why it may be longer."""

LONG_MODULES: dict[str, str] = {}
"""`module` to the reason why it may be longer."""


def functions(path: Path) -> dict[str, int]:
    """The lines of each function of a module, without its docstring and comments."""
    found: dict[str, int] = {}
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found[f"{name_of(path)}:{node.name}"] = (node.end_lineno or node.lineno) - node.lineno + 1
    return found


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_no_function_is_longer_than_a_page(path: Path) -> None:
    long = {name: lines for name, lines in functions(path).items() if lines > LONGEST_FUNCTION}
    assert long.keys() <= LONG_FUNCTIONS.keys(), f"split it, or name it with its reason: {long}"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_no_module_is_longer_than_a_reading(path: Path) -> None:
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= LONGEST_MODULE or name_of(path) in LONG_MODULES, f"{lines} lines: split it"


def test_what_is_named_as_long_is_still_long() -> None:
    lengths = {name: lines for path in SOURCES for name, lines in functions(path).items()}
    assert [name for name in LONG_FUNCTIONS if lengths.get(name, 0) <= LONGEST_FUNCTION] == []
    modules = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    assert [name for name in LONG_MODULES if modules.get(name, 0) <= LONGEST_MODULE] == []
