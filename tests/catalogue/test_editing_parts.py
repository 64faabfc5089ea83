"""Parts of a file are added, moved and removed, and whatever nobody touched stays as it was, comments and all."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from commonhall.catalogue.editing.patching import CannotEdit, drop, insert, move, put, read, rename

SERVICES = Path(__file__).parents[2] / "services"
FILES = sorted(SERVICES.glob("*/*.yaml"))
KEPT = """\
# Kept by hand.
name: Old  # why
languages: [en, cy]
settings:
  limit: {type: integer, default: 2}   # pence? no

pages:
- id: first
  # about the question
  question: One?
  fields: [{id: a, type: text}]

# the second page
- id: second
  question: |
    Two
    lines?
  fields:
    # a hint is missing
    - {id: b, type: radios, options: [{code: x, label: X}]}
    - id: c
      type: text

- question: Three?
  id: third
# the end
"""


def comments(text: str) -> list[str]:
    return [line.partition("#")[2] for line in text.splitlines() if "#" in line]


def lost(before: str, after: str) -> list[str]:
    left = after.splitlines()
    return [line for line in before.splitlines() if line.strip() and line not in left]


def test_a_key_is_added_in_its_place() -> None:
    text = put(KEPT, ("pages", 1, "hint"), "Look closely", ("id", "question", "hint", "fields"))
    assert "    lines?\n  hint: Look closely\n  fields:\n" in text
    assert lost(KEPT, text) == []
    text = put(KEPT, ("settings", "limit", "max"), 9, ("type", "min", "max", "default"))
    assert "  limit: {type: integer, max: 9, default: 2}   # pence? no\n" in text
    text = put(KEPT, ("case", "contact", "name"), "a")
    assert read(text)["case"] == {"contact": {"name": "a"}}
    assert lost(KEPT, text) == []


def test_words_of_several_lines_are_written_as_such() -> None:
    text = put(KEPT, ("pages", 0, "question"), "One\n\nand more\n")
    assert "  question: |\n    One\n\n    and more\n  fields" in text
    assert lost(KEPT, text) == ["  question: One?"]
    back = put(text, ("pages", 0, "question"), "One?")
    assert back == KEPT


def test_a_page_goes_with_its_comments_and_no_others() -> None:
    text = drop(KEPT, ("pages", 1))
    assert read(text)["pages"] == [read(KEPT)["pages"][0], read(KEPT)["pages"][2]]
    assert comments(text) == [*comments(KEPT)[:4], comments(KEPT)[-1]]
    assert "# the second page" not in text
    text = drop(KEPT, ("pages", 2))
    assert text.endswith("      type: text\n# the end\n")


def test_a_page_moves_with_its_comments() -> None:
    text = move(KEPT, ("pages",), 1, 0)
    assert [page["id"] for page in read(text)["pages"]] == ["second", "first", "third"]
    assert "pages:\n# the second page\n- id: second\n" in text
    assert sorted(comments(text)) == sorted(comments(KEPT))
    assert move(text, ("pages",), 0, 1) == KEPT


def test_a_page_is_added_apart_from_its_neighbours() -> None:
    page = {"id": "new", "question": "New?", "fields": [{"id": "n", "type": "text"}]}
    text = insert(KEPT, ("pages",), 1, page)
    assert (
        "\n\n- id: new\n  question: New?\n  fields:\n    - {id: n, type: text}\n\n# the second page\n" in text
    )
    assert lost(KEPT, text) == []
    assert drop(text, ("pages", 1)) == KEPT
    last = insert(KEPT, ("pages",), 3, page)
    assert last.endswith("\n  id: third\n\n- id: new\n  question: New?\n  fields:\n    - {id: n, type: text}\n# the end\n")  # fmt: skip


def test_what_is_left_empty_goes_with_its_last_part() -> None:
    text = drop(KEPT, ("settings", "limit"))
    assert "settings" not in read(text)
    assert lost(KEPT, text) == ["settings:", "  limit: {type: integer, default: 2}   # pence? no"]


def test_a_key_is_renamed_where_it_stands() -> None:
    text = rename(KEPT, ("settings", "limit"), "most")
    assert list(read(text)["settings"]) == ["most"]
    assert rename(text, ("settings", "most"), "limit") == KEPT
    with pytest.raises(CannotEdit, match="Choose another name"):
        rename(KEPT, ("name",), "pages")


def test_lines_end_as_they_ended() -> None:
    text = KEPT.replace("\n", "\r\n")
    edited = insert(
        put(text, ("pages", 0, "question"), "a\nb\n"), ("pages",), 0, {"id": "z", "question": "Z?"}
    )
    assert "\n" not in edited.replace("\r\n", "")
    assert lost(text, edited) == ["  question: One?"]


def parts_of(data: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of every part of some data."""
    steps = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(below for step, value in steps for below in parts_of(value, (*path, step)))]


VALUES: list[Any] = [
    "Plain words",
    "a: b # c",
    "yes",
    "12",
    "",
    " led",
    "two\nlines\n",
    "# no comment\nmore",
    7,
    True,
    ["a", "b"],
    {"id": "x", "label": "Yes, no"},
    [
        {
            "code": "a",
            "label": "A long label that goes on and on, and then on and on, and then on and on still",
        }
    ],
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_any_part_of_a_real_file_can_be_changed_added_moved_and_removed(path: Path) -> None:
    """Each change proves by itself that it says what was asked for; here, that none is refused and none spills."""
    text = path.read_bytes().decode()
    chance = random.Random(path.parent.name)
    parts = parts_of(read(text))[1:]
    for part in chance.sample(parts, min(len(parts), 12)):
        value = chance.choice(VALUES)
        at = text
        changed = put(at, part, value)
        assert set(comments(changed)) == set(comments(at)) or "#" in str(value)
        removed = drop(at, part)
        assert len(lost(at, removed)) <= len(at.splitlines())
        holder = read(at)
        for step in part:
            holder = holder[step]
        if isinstance(holder, list) and len(holder) > 1:
            there, here = chance.randrange(len(holder)), chance.randrange(len(holder))
            moved = move(at, part, there, here)
            assert sorted(moved.split()) == sorted(at.split()) or "[" in at
            assert move(moved, part, here, there) == at or "[" in at
            grown = insert(at, part, here, value)
            assert lost(at, grown) == [] or "[" in at
        elif isinstance(holder, dict):
            grown = put(at, (*part, "added"), value)
            assert read(grown) != read(at)
