"""Changing one value leaves every other byte of a file as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonhall.catalogue.editing.patching import CannotEdit, read, set_value, span

SERVICES = Path(__file__).parents[2] / "services"
TEXT = "# kept\nname:   'Old'   # why\npages:\n- {id: a, hint: one}  # flow\n"


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])))
@settings(max_examples=25, deadline=None)
def test_any_words_are_read_back_and_nothing_else_moves(words: str) -> None:
    for path in (("name",), ("pages", 0, "hint")):
        start, end = span(TEXT, path)
        edited = set_value(TEXT, path, words)
        assert edited.startswith(TEXT[:start])
        assert edited.endswith(TEXT[end:])
        found = read(edited)
        for step in path:
            found = found[step]
        assert found == words


@pytest.mark.parametrize("service", sorted(folder.parent.name for folder in SERVICES.glob("*/service.yaml")))
def test_a_real_services_name_changes_and_changes_back(service: str) -> None:
    text = (SERVICES / service / "service.yaml").read_bytes().decode()
    name = read(text)["name"]
    assert set_value(text, ("name",), name) == text
    edited = set_value(text, ("name",), "Another name")
    changed = [old for old, new in zip(text.splitlines(), edited.splitlines(), strict=True) if old != new]
    assert len(changed) == 1


def test_what_is_not_one_value_is_refused_in_words() -> None:
    with pytest.raises(CannotEdit, match="group of values"):
        set_value(TEXT, ("pages",), "x")
    with pytest.raises(CannotEdit, match="no gone"):
        set_value(TEXT, ("gone",), "x")
