"""What a form of the editor shows of a part, and what becomes of the part when the form comes back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from commonhall.catalogue.editing import parts as p
from commonhall.catalogue.editing import renaming
from commonhall.catalogue.editing.choices import choices_for, put_options, show_options
from commonhall.catalogue.editing.conditions import (
    Row,
    Subject,
    faults_of,
    from_cel,
    takes,
    to_cel,
)
from commonhall.catalogue.editing.edit import EXAMPLES, SERVICE, WELSH, Edit
from commonhall.catalogue.editing.menus import subjects_of
from commonhall.catalogue.editing.patching import CannotEdit, Path, drop, put

Form = Mapping[str, str]
Faults = dict[str, str]
BLANK_ROWS = 2
"""How many empty lines a form of conditions offers after those that are filled."""
MOST_ROWS = 12
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_PAGE_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_FIELD_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
KEPT_WELSH = "kept/cy.yaml"
"""Where a draft keeps its Welsh while the service is not written in it."""


def show(edit: Edit, where: Path) -> dict[str, str]:
    """The values of a part's form, by the names of its boxes."""
    values: dict[str, str] = {}
    for one in p.inputs_of(edit, where):
        values |= _show(edit, where, one)
    return values


def apply(edit: Edit, where: Path, form: Form) -> Faults:
    """Change a part to what its form says; answers what could not be taken, by the box. All else is changed."""
    faults: Faults = {}
    inputs = p.inputs_of(edit, where)
    # A short name last: until then the texts are found by the old one.
    for one in sorted(inputs, key=lambda one: one.kind == p.IDENTIFIER):
        if (
            not any(name == one.key or name.startswith(f"{one.key}.") for name in form)
            and one.kind not in _TICKS
        ):
            continue
        try:
            _take(edit, where, one, form, faults)
        except CannotEdit as refused:
            faults[one.key] = str(refused)
    return faults


_TICKS = frozenset({p.TICK, p.WELSH, p.PLACE})


def subjects_for(edit: Edit, where: Path) -> list[Subject]:
    """What the condition of a part may speak of."""
    definition = edit.data()
    if where[0] == "examples":
        return [one for one in subjects_of(definition, 0) if one.name.startswith("settings.")]
    at = int(where[1])
    return subjects_of(definition, at + 1 if p.kind_of(where) == "check" else at)


def text_key(edit: Edit, where: Path, one: p.Input) -> str:
    """The key of the text that an input holds; '' where residents do not read it."""
    if not one.read:
        return ""
    base = edit.key_of(p.file_path(where))
    return f"{base}.{one.key}" if base else one.key


# -- from the file to the form ---------------------------------------------------------------------------------------


def _path(where: Path, one: p.Input) -> Path:
    return (*p.file_path(where), *one.key.split("."))


def _file(where: Path) -> str:
    return EXAMPLES if where[0] == "examples" else SERVICE


def _show(edit: Edit, where: Path, one: p.Input) -> dict[str, str]:
    value = edit.at(_path(where, one), _file(where))
    key = text_key(edit, where, one)
    match one.kind:
        case p.WELSH:
            return {one.key: "yes" if edit.bilingual else ""}
        case p.PLACE:
            return {one.key: "yes" if edit.place_after(str(edit.at((*where, "id")))) else ""}
        case p.IDENTIFIER:
            known = str(where[1]) if where[0] == "settings" else str(value or "")
            return {one.key: known}
        case p.CONDITION:
            return _show_condition(one.key, str(value or ""), subjects_for(edit, where))
        case p.OPTIONS:
            return show_options(edit, where, one)
        case p.LINES:
            lines = [str(line) for line in value or ()]
            welsh = edit.at(tuple(key.split(".")), WELSH) if edit.bilingual and WELSH in edit.files else ()
            return {one.key: "\n".join(lines), f"{one.key}.cy": "\n".join(map(str, welsh or ()))}
    shown = {one.key: _shown(one, value)}
    if key:
        shown[f"{one.key}.cy"] = (edit.welsh(key) or "").strip() if WELSH in edit.files else ""
    if one.ours:
        shown[f"{one.key}.own"] = "yes" if edit.marked(key) else ""
    return shown


def _shown(one: p.Input, value: Any) -> str:
    if value is None:
        return ""
    if one.kind == p.TICK:
        return "yes" if value else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if one.kind == p.PENCE and isinstance(value, int):
        return f"{Decimal(value) / 100:.2f}"
    return str(value).strip()


def _show_condition(name: str, text: str, subjects: list[Subject]) -> dict[str, str]:
    rows = from_cel(text, subjects)
    if rows is None:
        return {f"{name}.how": "hand", f"{name}.hand": " ".join(text.split())}
    values = {f"{name}.how": "rows", f"{name}.hand": ""}
    for i, row in enumerate(rows):
        code = "" if takes(row.operator) == "number" or _is_words(row, subjects) else row.value
        values[f"{name}.{i}.said"] = f"{row.subject}|{row.operator}|{code}"
        values[f"{name}.{i}.join"] = "or" if row.either else "and"
        set_by = row.value.startswith("settings.") and takes(row.operator) == "number"
        values[f"{name}.{i}.setting"] = row.value if set_by else ""
        values[f"{name}.{i}.value"] = "" if code or set_by else row.value
    return values


def _is_words(row: Row, subjects: list[Subject]) -> bool:
    kind = next(one.kind for one in subjects if one.name == row.subject)
    return kind in {"words", "setting-words"}


# -- from the form to the file ---------------------------------------------------------------------------------------


def _take(edit: Edit, where: Path, one: p.Input, form: Form, faults: Faults) -> None:
    path = _path(where, one)
    match one.kind:
        case p.WELSH:
            _take_welsh(edit, wanted=bool(form.get(one.key)))
        case p.PLACE:
            edit.put_place(str(edit.at((*where, "id"))), bool(form.get(one.key)))
        case p.IDENTIFIER:
            _take_name(edit, where, form.get(one.key, "").strip(), faults)
        case p.CONDITION:
            _take_condition(edit, where, one, form, faults)
        case p.OPTIONS:
            faults |= put_options(edit, where, one, form)
        case p.LINES:
            _take_lines(edit, path, one, form)
        case p.LINE | p.WORDS:
            _take_words(edit, where, one, form)
        case _:
            value, fault = _value(one, form.get(one.key, "").strip(), bool(form.get(one.key)))
            if fault:
                faults[one.key] = fault
            elif value is None or (value == one.default and edit.at(path, _file(where)) is None):
                if edit.at(path, _file(where)) is not None:
                    edit.drop(path)
            else:
                edit.put(path, value)


def _take_words(edit: Edit, where: Path, one: p.Input, form: Form) -> None:
    path, key = _path(where, one), text_key(edit, where, one)
    words = _tidy(form.get(one.key, ""))
    _put_words(edit, path, words, _file(where))
    if not key:
        return
    if edit.bilingual and f"{one.key}.cy" in form:
        welsh = _tidy(form[f"{one.key}.cy"]) if words else ""
        if welsh.strip() != (edit.welsh(key) or "").strip():
            edit.put_welsh(key, welsh or None)
    if one.ours:
        edit.mark(key, bool(words and form.get(f"{one.key}.own")))


def _put_words(edit: Edit, path: Path, words: str, file: str) -> None:
    old = edit.at(path, file)
    if isinstance(old, str) and old.strip() == words.strip():
        return
    if file == EXAMPLES:
        text = edit.files[file]
        edit.files[file] = put(text, path, words) if words else drop(text, path)
    elif words:
        edit.put(path, words)
    elif old is not None:
        edit.drop(path)


def _tidy(words: str) -> str:
    """Words as a file keeps them: plain line breaks, and several lines end with one."""
    lines = [line.rstrip() for line in words.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    text = "\n".join(lines).strip()
    return f"{text}\n" if "\n" in text else text


def _take_lines(edit: Edit, path: Path, one: p.Input, form: Form) -> None:
    lines = [line.strip() for line in form.get(one.key, "").splitlines() if line.strip()]
    if lines != list(edit.at(path) or ()):
        if lines:
            edit.put(path, lines)
        else:
            edit.drop(path)
    if edit.bilingual and f"{one.key}.cy" in form:
        welsh = [line.strip() for line in form[f"{one.key}.cy"].splitlines() if line.strip()]
        steps = tuple(one.key.split("."))
        if welsh and welsh != list(edit.at(steps, WELSH) or ()):
            edit.files[WELSH] = put(edit.files.get(WELSH, ""), steps, welsh, ("intro", "need", "time"))
        elif not welsh:
            edit.drop_welsh(one.key)


def _take_welsh(edit: Edit, *, wanted: bool) -> None:
    if wanted == edit.bilingual:
        return
    edit.put(("languages",), ["en", "cy"] if wanted else ["en"])
    # What was translated is not thrown away with a tick: it comes back with it.
    if wanted and KEPT_WELSH in edit.files:
        edit.files[WELSH] = edit.files.pop(KEPT_WELSH)
    elif not wanted and WELSH in edit.files:
        edit.files[KEPT_WELSH] = edit.files.pop(WELSH)


def _take_name(edit: Edit, where: Path, name: str, faults: Faults) -> None:
    kind = p.kind_of(where)
    underscores = kind in {"field", "column", "setting"}
    if not (_FIELD_ID if underscores else _PAGE_ID).fullmatch(name) or len(name) > 40:
        if kind == "check" and not name:
            return
        sign = "underscores" if underscores else "hyphens"
        faults["id"] = (
            f"A short name has small letters, digits and {sign}, begins with a letter, and is at most 40 long"
        )
    elif kind == "page":
        renaming.rename_page(edit, int(where[1]), name)
    elif kind in {"field", "column"}:
        renaming.rename_field(edit, where, name)
    elif kind == "setting":
        renaming.rename_setting(edit, str(where[1]), name)
    elif kind == "check":
        renaming.rename_check(edit, where, name)
    elif edit.at(("id",)) != name:
        edit.put(("id",), name)


def rows_of(name: str, form: Form) -> list[Row]:
    """The lines of a condition that were filled in."""
    rows: list[Row] = []
    for i in range(MOST_ROWS):
        said = form.get(f"{name}.{i}.said", "")
        if not said:
            continue
        subject, _, rest = said.partition("|")
        operator, _, code = rest.partition("|")
        value = form.get(f"{name}.{i}.setting", "") if takes(operator) == "number" else ""
        if takes(operator) and not code:
            value = value or form.get(f"{name}.{i}.value", "").strip()
        rows.append(
            Row(subject, operator, code or value, form.get(f"{name}.{i}.join") == "or" and bool(rows))
        )
    return rows


def _take_condition(edit: Edit, where: Path, one: p.Input, form: Form, faults: Faults) -> None:
    path, file = _path(where, one), _file(where)
    subjects = subjects_for(edit, where)
    if form.get(f"{one.key}.how") == "hand":
        text = " ".join(form.get(f"{one.key}.hand", "").split())
    else:
        rows = rows_of(one.key, form)
        filled = [i for i in range(MOST_ROWS) if form.get(f"{one.key}.{i}.said")]
        wrong = faults_of(rows, subjects)
        faults |= {f"{one.key}.{filled[fault.row]}": fault.message for fault in wrong}
        if wrong:
            return
        text = to_cel(rows, subjects)
        old = edit.at(path, file)
        if isinstance(old, str) and from_cel(old, subjects) == tuple(rows):
            return
    if " ".join(str(edit.at(path, file) or "").split()) != text:
        _put_words(edit, path, text, file)


def _value(one: p.Input, given: str, ticked: bool) -> tuple[Any, str]:
    """A value by its kind, or why it is none; None for an empty box."""
    if one.kind == p.TICK:
        return (True if ticked else None), ""
    if not given:
        return None, ""
    if one.kind == p.WHOLE:
        return (
            (int(given), "") if _WHOLE.fullmatch(given) else (None, "Enter a whole number, or leave it empty")
        )
    if one.kind == p.TARGET:
        return (int(given) if given.isdigit() and len(given) < 10 else given), ""
    if one.kind == p.CHOICE:
        if given in {"true", "false"}:
            return given == "true", ""
        return (int(given) if one.key == "width" else given), ""
    try:
        number = Decimal(given.replace(",", "").removeprefix("£"))
    except InvalidOperation:
        return None, "Enter a number, or leave it empty"
    if not number.is_finite() or abs(number) >= 10**15:
        return None, "Enter a smaller number"
    if one.kind == p.PENCE:
        pence = number * 100
        return (int(pence), "") if pence == int(pence) else (None, "Enter pounds and whole pence")
    return (int(number) if number == int(number) and "." not in given else float(number)), ""


__all__ = ["BLANK_ROWS", "MOST_ROWS", "apply", "choices_for", "rows_of", "show", "subjects_for", "text_key"]
