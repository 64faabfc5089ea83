"""Give a page, a question, a setting or an option another short name, everywhere that it is named."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from commonhall.catalogue.editing import patching
from commonhall.catalogue.editing.edit import EXAMPLES, SERVICE, WELSH, Edit
from commonhall.catalogue.editing.patching import CannotEdit, Path
from commonhall.engine.expressions import names_in

_QUOTED = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"")


def rename_page(edit: Edit, at: int, new: str) -> None:
    """Another short name for a page: its texts, places, examples and Welsh go with it."""
    old = edit.page_id(at)
    if old == new:
        return
    _must_be_free(new, [str(page.get("id")) for page in edit.pages], "page")
    edit.put(("pages", at, "id"), new)
    for i, place in enumerate(edit.at(("places",)) or ()):
        if place.get("after") == old:
            edit.put(("places", i, "after"), new)
    _rename_key(edit, f"pages.{old}", f"pages.{new}")
    _each_example(edit, lambda example: _page_in(example, old, new))


def _page_in(example: dict[str, Any], old: str, new: str) -> Iterator[tuple[Path, Any]]:
    if example.get("ends") == old:
        yield ("ends",), new
    for i, one in enumerate(example.get("path") or ()):
        if one == old:
            yield ("path", i), new


def rename_field(edit: Edit, where: Path, new: str) -> None:
    """Another short name for a question (`("pages", 0, "fields", 1)`) or for one inside a list."""
    old = str(edit.at((*where, "id")))
    if old == new:
        return
    inside = len(where) > 4
    others = (
        edit.at(where[:-1]) if inside else [one for page in edit.pages for one in page.get("fields") or ()]
    )
    _must_be_free(new, [str(one.get("id")) for one in others], "question")
    key = edit.key_of(where)
    edit.put((*where, "id"), new)
    _rename_key(edit, key, f"{key.rpartition('.')[0]}.{new}")
    if inside:
        _each_example(edit, lambda example: _column_in(example, str(edit.at((*where[:4], "id"))), old, new))
        return
    _everywhere(edit, f"answers.{old}", f"answers.{new}")
    for name in ("name", "email", "phone"):
        if edit.at(("case", "contact", name)) == old:
            edit.put(("case", "contact", name), new)
    if edit.at(("case", "location")) == old:
        edit.put(("case", "location"), new)
    for i, check in enumerate(edit.pages[int(where[1])].get("checks") or ()):
        if check.get("field") == old:
            edit.put(("pages", where[1], "checks", i, "field"), new)
    _rename_in_examples(edit, ("answers", old), new)


def _column_in(example: dict[str, Any], listed: str, old: str, new: str) -> Iterator[tuple[Path, Any]]:
    rows = (example.get("answers") or {}).get(listed)
    if isinstance(rows, list) and any(isinstance(row, dict) and old in row for row in rows):
        yield (
            ("answers", listed),
            [{new if key == old else key: value for key, value in row.items()} for row in rows],
        )


def rename_setting(edit: Edit, old: str, new: str) -> None:
    """Another short name for a setting."""
    if old == new:
        return
    _must_be_free(new, list(edit.at(("settings",)) or ()), "setting")
    edit.files[SERVICE] = patching.rename(edit.files[SERVICE], ("settings", old), new)
    _rename_key(edit, f"settings.{old}", f"settings.{new}")
    _everywhere(edit, f"settings.{old}", f"settings.{new}")
    for i, page in enumerate(edit.pages):
        for j, field in enumerate(page.get("fields") or ()):
            if field.get("options") == f"settings.{old}":
                edit.put(("pages", i, "fields", j, "options"), f"settings.{new}")
    _rename_in_examples(edit, ("settings", old), new)


def rename_option(edit: Edit, where: Path, new: str) -> None:
    """Another code for an option of a question or of a setting; conditions that compare with it follow."""
    old = str(edit.at((*where, "code")))
    if old == new:
        return
    _must_be_free(new, [str(one.get("code")) for one in edit.at(where[:-1])], "option")
    key = edit.key_of(where)
    edit.put((*where, "code"), new)
    _rename_key(edit, key, f"{key.rpartition('.')[0]}.{new}")
    names = _whose_options(edit, where)
    _each_expression(edit, lambda text: _code_in(text, names, old, new))
    _each_example(edit, lambda example: _answers_of(example, names, old, new))


def rename_check(edit: Edit, where: Path, new: str) -> None:
    """Another short name for a check, or a first one."""
    old = edit.key_of(where)
    if old.rpartition(".")[2] == new:
        return
    _must_be_free(new, [str(one.get("id")) for one in edit.at(where[:-1])], "check")
    edit.put((*where, "id"), new)
    _rename_key(edit, old, f"{old.rpartition('.')[0]}.{new}")


def _whose_options(edit: Edit, where: Path) -> list[str]:
    """The CEL names whose values are these options' codes."""
    if where[0] != "settings":
        return [f"answers.{edit.at((*where[:4], 'id'))}"] if len(where) == 6 else []
    setting = f"settings.{where[1]}"
    fields = [field for page in edit.pages for field in page.get("fields") or ()]
    return [setting, *(f"answers.{field.get('id')}" for field in fields if field.get("options") == setting)]


def _code_in(text: str, names: list[str], old: str, new: str) -> str:
    literal = rf"(['\"]){re.escape(old)}\1"
    for name in names:
        bare = re.escape(name)
        text = re.sub(rf"(\b{bare}\s*[!=]=\s*){literal}", rf"\1\g<2>{new}\g<2>", text)
        text = re.sub(rf"{literal}(\s*(?:in|[!=]=)\s*{bare}\b)", rf"\g<1>{new}\g<1>\g<2>", text)
    return text


def _answers_of(example: dict[str, Any], names: list[str], old: str, new: str) -> Iterator[tuple[Path, Any]]:
    for name in names:
        group, _, key = name.partition(".")
        value = (example.get(group) or {}).get(key)
        if value == old:
            yield (group, key), new
        elif isinstance(value, list):
            for i, one in enumerate(value):
                if one == old:
                    yield (group, key, i), new
                elif isinstance(one, dict) and one.get("code") == old:
                    yield (group, key, i, "code"), new


# -- where names stand -----------------------------------------------------------------------------------------------


def _must_be_free(name: str, taken: list[str], what: str) -> None:
    if name in taken:
        raise CannotEdit(f"Another {what} is called ‘{name}’ already. Choose another short name.")


def _rename_key(edit: Edit, old: str, new: str) -> None:
    """A part's texts have another key: in the marks, and in Welsh."""
    for i, key in enumerate(edit.at(("wording",)) or ()):
        if key == old or key.startswith(f"{old}."):
            edit.put(("wording", i), new + key[len(old) :])
    path = tuple(old.split("."))
    if WELSH in edit.files and edit.at(path, WELSH) is not None:
        edit.files[WELSH] = patching.rename(edit.files[WELSH], path, new.rpartition(".")[2])


def _everywhere(edit: Edit, old: str, new: str) -> None:
    """A name in every condition and in every hole of a text."""
    word = re.compile(rf"\b{re.escape(old)}\b")
    _each_expression(edit, lambda text: _outside_quotes(text, word, new) if old in _known(text) else text)
    hole = re.compile(rf"(\{{\{{\s*){re.escape(old)}(?=[\s.}}])")
    for file in (SERVICE, WELSH):
        for path, text in list(_texts(edit.data(file) if file in edit.files else None)):
            if "{{" in text and hole.search(text):
                edit.files[file] = patching.rewrite(edit.files[file], path, partial(hole.sub, rf"\g<1>{new}"))


def _known(text: str) -> set[str]:
    """The names that an expression reads, and what they are parts of."""
    return {".".join(name.split(".")[:2]) for name in names_in(text)}


def _outside_quotes(text: str, word: re.Pattern[str], new: str) -> str:
    parts, at = [], 0
    for quoted in _QUOTED.finditer(text):
        parts += [word.sub(new, text[at : quoted.start()]), quoted.group()]
        at = quoted.end()
    return "".join([*parts, word.sub(new, text[at:])])


def _each_expression(edit: Edit, change: Callable[[str], str]) -> None:
    paths: list[tuple[str, Path]] = []
    for i, page in enumerate(edit.pages):
        paths.append((SERVICE, ("pages", i, "when")))
        paths += [
            (SERVICE, ("pages", i, "checks", j, "require")) for j in range(len(page.get("checks") or ()))
        ]
    paths.append((SERVICE, ("case", "target_working_days")))
    if EXAMPLES in edit.files:
        paths += [(EXAMPLES, (i, "applies")) for i in range(len(edit.data(EXAMPLES) or ()))]
    for file, path in paths:
        text = edit.at(path, file)
        if isinstance(text, str) and change(text) != text:
            edit.files[file] = patching.rewrite(edit.files[file], path, change)


def _each_example(edit: Edit, changes: Callable[[dict[str, Any]], Iterator[tuple[Path, Any]]]) -> None:
    if EXAMPLES not in edit.files:
        return
    for i, example in enumerate(edit.data(EXAMPLES) or ()):
        for path, value in list(changes(example)) if isinstance(example, dict) else ():
            edit.files[EXAMPLES] = patching.put(edit.files[EXAMPLES], (i, *path), value)


def _rename_in_examples(edit: Edit, path: Path, new: str) -> None:
    if EXAMPLES not in edit.files:
        return
    for i in range(len(edit.data(EXAMPLES) or ())):
        edit.files[EXAMPLES] = patching.rename(edit.files[EXAMPLES], (i, *path), new)


def _texts(data: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    if isinstance(data, str):
        yield path, data
    steps = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, value in steps:
        yield from _texts(value, (*path, step))
