"""The options of a question or of a setting, as rows of a form; and what a menu of the editor offers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from commonhall.catalogue.editing import parts as p
from commonhall.catalogue.editing import patching
from commonhall.catalogue.editing.edit import SERVICE, Edit, free
from commonhall.catalogue.editing.patching import CannotEdit, Path
from commonhall.catalogue.editing.renaming import rename_option

MOST_OPTIONS = 60
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_ORDER = ("code", "label", "hint")
_PARTS = ("label", "label.cy", "hint", "hint.cy")


def choices_for(edit: Edit, where: Path, one: p.Input) -> list[tuple[str, str]]:
    """What a menu offers: (value, text), without the empty entry."""
    if one.choices:
        return list(one.choices)
    wanted: Mapping[str, tuple[str, ...]] = {
        "case.contact.name": ("name", "text"),
        "case.contact.email": ("email",),
        "case.contact.phone": ("phone",),
        "case.location": ("address", "map-location"),
    }
    if one.key in wanted:
        fields = [
            field
            for page in edit.pages
            for field in page.get("fields") or ()
            if field.get("type") in wanted[one.key]
        ]
    else:
        fields = list((edit.at(where[:2]) or {}).get("fields") or ())
    return [(str(field.get("id")), str(field.get("label") or field.get("id"))) for field in fields]


def sources_of(edit: Edit) -> list[tuple[str, str]]:
    """The settings that options may come from."""
    settings = edit.at(("settings",)) or {}
    return [
        (f"settings.{name}", str(setting.get("label") or name))
        for name, setting in settings.items()
        if isinstance(setting, dict) and setting.get("type") == "options"
    ]


def show_options(edit: Edit, where: Path, one: p.Input) -> dict[str, str]:
    """The rows of options as a form has them: `options.0.label`, `options.0.label.cy`, …"""
    path = (*where, one.key)
    given = edit.at(path)
    values = {f"{one.key}.from": given if isinstance(given, str) else "here"}
    key = f"{edit.key_of(where)}.options"
    for i, option in enumerate(given if isinstance(given, list) else ()):
        row, code = f"{one.key}.{i}", str(option.get("code", ""))
        values |= {f"{row}.code": code, f"{row}.was": code, f"{row}.label": str(option.get("label", ""))}
        values[f"{row}.hint"] = str(option.get("hint") or "")
        if edit.bilingual:
            values[f"{row}.label.cy"] = edit.welsh(f"{key}.{code}") or ""
            values[f"{row}.hint.cy"] = edit.welsh(f"{key}.{code}.hint") or ""
        if one.ours:
            values[f"{row}.own"] = "yes" if edit.marked(f"{key}.{code}") else ""
    return values


def put_options(edit: Edit, where: Path, one: p.Input, form: Mapping[str, str]) -> dict[str, str]:
    """Change the options to what the rows say, in their order; a row that is left empty goes. Answers the faults."""
    path = (*where, one.key)
    source = form.get(f"{one.key}.from", "here")
    if source != "here":
        if source not in dict(sources_of(edit)):
            return {one.key: "Choose where the options come from"}
        if edit.at(path) != source:
            _forget_options(edit, where, edit.at(path))
            edit.put(path, source)
        return {}
    if isinstance(edit.at(path), str):
        edit.drop(path)
    rows, faults = _rows(one.key, form)
    if faults:
        return faults
    there = [str(option.get("code")) for option in edit.at(path) or ()]
    kept = {row["was"] for row in rows if row["was"]}
    for i in reversed([i for i, code in enumerate(there) if code not in kept]):
        edit.remove((*path, i))
    for at, row in enumerate(rows):
        _put_row(edit, where, one, at, row)
    return {}


def _put_row(edit: Edit, where: Path, one: p.Input, at: int, row: Mapping[str, str]) -> None:
    path: Path = (*where, one.key)
    options = edit.at(path) or []
    old = next(
        (i for i, option in enumerate(options) if row["was"] and option.get("code") == row["was"]), None
    )
    if old is None:
        new: dict[str, Any] = {"code": row["code"], "label": row["label"]}
        text = patching.insert(edit.files[SERVICE], path, at, new, ())
        if not options:
            edit.put(path, [new])
        else:
            edit.files[SERVICE] = text
    elif old != at:
        edit.move(path, old, at)
    if row["was"] and row["code"] != row["was"]:
        rename_option(edit, (*path, at), row["code"])
    if edit.at((*path, at, "label")) != row["label"]:
        edit.files[SERVICE] = patching.put(edit.files[SERVICE], (*path, at, "label"), row["label"], _ORDER)
    if (edit.at((*path, at, "hint")) or "") != row["hint"]:
        if row["hint"]:
            edit.files[SERVICE] = patching.put(edit.files[SERVICE], (*path, at, "hint"), row["hint"], _ORDER)
        else:
            edit.drop((*path, at, "hint"))
    key = f"{edit.key_of(where)}.options.{row['code']}"
    if edit.bilingual:
        for name, words in ((key, row["label.cy"]), (f"{key}.hint", row["hint.cy"] if row["hint"] else "")):
            if (edit.welsh(name) or "") != words:
                edit.put_welsh(name, words or None)
    if one.ours:
        edit.mark(key, bool(row["own"]))


def _rows(name: str, form: Mapping[str, str]) -> tuple[list[dict[str, str]], dict[str, str]]:
    rows: list[dict[str, str]] = []
    faults: dict[str, str] = {}
    written = [form.get(f"{name}.{i}.code", "").strip() for i in range(MOST_OPTIONS)]
    taken = {code for code in written if code}
    for i in range(MOST_OPTIONS):
        row = {part: form.get(f"{name}.{i}.{part}", "").strip() for part in (*_PARTS, "code", "was", "own")}
        if not any(row[part] for part in _PARTS):
            continue
        if not row["label"]:
            faults[f"{name}.{i}"] = "Say what the option is called"
        if not row["code"]:
            row["code"] = free(slug(row["label"]) or "option", taken)
            taken.add(row["code"])
        if not _CODE.fullmatch(row["code"]):
            faults[f"{name}.{i}"] = "A code has letters, digits, hyphens and underscores, at most 40"
        if row["code"] in {other["code"] for other in rows}:
            faults[f"{name}.{i}"] = f"Two options have the code ‘{row['code']}’"
        rows.append(row)
    return rows, faults


def _forget_options(edit: Edit, where: Path, given: Any) -> None:
    if isinstance(given, list):
        key = f"{edit.key_of(where)}.options"
        edit.drop_welsh(key)
        edit.keep_marks(f"{key}.")


def slug(words: str, sign: str = "-") -> str:
    """A short name made of some words: small letters and digits."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    found = re.sub(r"[^a-z0-9]+", sign, plain.replace("'", "").replace("’", "")).strip(sign)
    return found[:36].strip(sign)


__all__ = ["CannotEdit", "choices_for", "put_options", "show_options", "slug", "sources_of"]
