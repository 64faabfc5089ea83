"""The boxes of a part's form, as the template draws them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commonhall.catalogue.editing import forms, parts
from commonhall.catalogue.editing.choices import MOST_OPTIONS, choices_for, sources_of
from commonhall.catalogue.editing.edit import Edit
from commonhall.catalogue.editing.menus import menu
from commonhall.catalogue.editing.patching import Path
from commonhall.web.workspace.editor.shared import box_id

MORE_OPTIONS = 3
"""How many empty rows a list of options offers after those that are filled."""
_DRAWN = {
    parts.LINE: "line", parts.WORDS: "words", parts.LINES: "words", parts.WHOLE: "number", parts.DECIMAL: "number",
    parts.PENCE: "money", parts.TICK: "tick", parts.WELSH: "tick", parts.PLACE: "tick", parts.CHOICE: "choice",
    parts.CONDITION: "condition", parts.OPTIONS: "options", parts.IDENTIFIER: "short", parts.TARGET: "line",
}  # fmt: skip


def boxes_of(
    edit: Edit, where: Path, values: Mapping[str, str], wrong: Mapping[str, str], said: Mapping[str, str]
) -> list[dict[str, Any]]:
    """One entry for each question of the form. `wrong` is what could not be taken, `said` what the checker says, by box."""
    found = []
    for one in parts.inputs_of(edit, where):
        box: dict[str, Any] = {
            "kind": _DRAWN[one.kind],
            "name": one.key,
            "id": box_id(one.key),
            "label": one.label,
            "hint": one.hint,
            "value": values.get(one.key, ""),
            "error": wrong.get(one.key) or said.get(one.key),
            "own": (one.ours and f"{one.key}.own") or "",
            "owned": bool(values.get(f"{one.key}.own")),
            "welsh": None,
        }
        if one.read and edit.bilingual and one.kind in {parts.LINE, parts.WORDS, parts.LINES}:
            name = f"{one.key}.cy"
            box["welsh"] = {
                "name": name,
                "id": box_id(name),
                "value": values.get(name, ""),
                "error": said.get(name),
            }
        if one.kind in {parts.WORDS, parts.LINES}:
            box["rows"] = min(14, max(3, box["value"].count("\n") + len(box["value"]) // 70 + 2))
        if one.kind == parts.CHOICE:
            box["choices"] = _choices(edit, where, one, box["value"])
        if one.kind == parts.CONDITION:
            box |= _condition(edit, where, one, values, wrong)
        if one.kind == parts.OPTIONS:
            box |= _options(edit, where, one, values, wrong, said)
        found.append(box)
    return found


def _choices(edit: Edit, where: Path, one: parts.Input, value: str) -> list[dict[str, Any]]:
    offered = choices_for(edit, where, one)
    if value and value not in dict(offered):
        offered = [*offered, (value, f"{value} (as it is written)")]
    empty = [] if one.default is not None and one.choices else [("", "Choose, or leave it open")]
    return [{"value": code, "text": text, "selected": code == value} for code, text in (*empty, *offered)]


def _condition(
    edit: Edit, where: Path, one: parts.Input, values: Mapping[str, str], wrong: Mapping[str, str]
) -> dict[str, Any]:
    subjects = forms.subjects_for(edit, where)
    settings = [(subject.name, subject.label) for subject in subjects if subject.name.startswith("settings.") and subject.kind == "whole"]  # fmt: skip
    filled = [i for i in range(forms.MOST_ROWS) if values.get(f"{one.key}.{i}.said")]
    count = min(forms.MOST_ROWS, max(filled, default=-1) + 1 + (1 if not filled else forms.BLANK_ROWS - 1))
    rows = []
    for i in range(count):
        name = f"{one.key}.{i}"
        rows.append({
            "name": name,
            "id": box_id(name),
            "number": i + 1,
            "join": values.get(f"{name}.join", "and"),
            "said": values.get(f"{name}.said", ""),
            "value": values.get(f"{name}.value", ""),
            "setting": values.get(f"{name}.setting", ""),
            "error": wrong.get(name),
        })  # fmt: skip
    return {
        "rows": rows,
        "menu": menu(subjects),
        "settings": settings,
        "hand": values.get(f"{one.key}.hand", ""),
        "by_hand": values.get(f"{one.key}.how") == "hand",
    }


def _options(
    edit: Edit,
    where: Path,
    one: parts.Input,
    values: Mapping[str, str],
    wrong: Mapping[str, str],
    said: Mapping[str, str],
) -> dict[str, Any]:
    filled = [
        i for i in range(MOST_OPTIONS)
        if any(values.get(f"{one.key}.{i}.{part}") for part in ("label", "label.cy", "hint", "hint.cy"))
    ]  # fmt: skip
    count = min(MOST_OPTIONS, max(filled, default=-1) + 1 + MORE_OPTIONS)
    rows = []
    for i in range(count):
        name = f"{one.key}.{i}"
        row: dict[str, Any] = {
            part: values.get(f"{name}.{part}", "") for part in ("code", "was", "label", "hint", "own")
        }
        row |= {"label_cy": values.get(f"{name}.label.cy", ""), "hint_cy": values.get(f"{name}.hint.cy", "")}
        row |= {
            "name": name,
            "id": box_id(name),
            "error": wrong.get(name) or said.get(name),
            "filled": i in filled,
        }
        rows.append(row | {"first": i == 0, "last": i + 1 >= len(filled)})
    return {
        "rows": rows,
        "sources": [] if where[0] == "settings" else sources_of(edit),
        "source": values.get(f"{one.key}.from", "here"),
        "bilingual": edit.bilingual,
    }
