"""The rows of a list on a page: how many there are, may be, and what a button does to them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from commonhall.engine.package import CompiledPage

ROW_ACTION = re.compile(r"(add|remove):([a-z0-9_.]{1,50})(?::([0-9]{1,3}))?")
"""What a button of a list's page says: add a row, or remove one of them."""

Form = dict[str, list[str]]


def _list_index(page: CompiledPage) -> re.Pattern[str] | None:
    part = next((part for part in page.fields if part.fields), None)
    return re.compile(rf"{re.escape(part.id)}-([0-9]{{1,3}})-(.+)") if part else None


def stored_rows(page: CompiledPage, answers: Mapping[str, Any]) -> int:
    """How many rows a page's list shows for these answers; 0 where it has none."""
    part = next((part for part in page.fields if part.fields), None)
    return max(1, len(answers.get(part.id) or [])) if part else 0


def most_rows(page: CompiledPage) -> int:
    """How many rows a page's list may have."""
    part = next((part for part in page.fields if part.fields), None)
    return int(getattr(part.definition, "max", 10)) if part else 1


def form_rows(page: CompiledPage, form: Form) -> int:
    """How many rows of a list a form holds."""
    index = _list_index(page)
    return len({found.group(1) for name in form if (found := index.fullmatch(name))}) if index else 0


def renumbered(page: CompiledPage, form: Form, without: int | None = None) -> Form:
    """A form whose rows are numbered from 0 without gaps, one of them left out."""
    index = _list_index(page)
    if index is None:
        return form
    found = {name: index.fullmatch(name) for name in form}
    numbers = sorted({int(match.group(1)) for match in found.values() if match})
    places = {number: place for place, number in enumerate(n for n in numbers if n != without)}
    kept: Form = {}
    for name, texts in form.items():
        match = found[name]
        if match is None:
            kept[name] = texts
        elif int(match.group(1)) in places:
            prefix = name[: match.start(1)]
            kept[f"{prefix}{places[int(match.group(1))]}-{match.group(2)}"] = texts
    return kept
