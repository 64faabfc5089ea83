"""The editor's forms: a part in, a form out; the form back in, the part as it was or as it was changed."""

from __future__ import annotations

from pathlib import Path as Folder
from typing import Any, get_args

import pytest

from commonhall.catalogue.editing import parts
from commonhall.catalogue.editing.edit import Edit
from commonhall.catalogue.editing.forms import apply, show
from commonhall.catalogue.packages import read_folder
from commonhall.engine import definition as d
from commonhall.engine.reader import read_service
from commonhall.engine.working_days import load_calendars

SERVICES = sorted(path.parent for path in (Folder(__file__).parents[2] / "services").glob("*/service.yaml"))
CALENDARS = load_calendars()


def edit_of(name: str) -> Edit:
    return Edit(read_folder(next(folder for folder in SERVICES if folder.name == name)))


def changed(edit: Edit, where: parts.Path, **values: str) -> Edit:
    """The service after a form came back with some boxes changed; `__` stands for a dot."""
    form = show(edit, where) | {name.replace("__", "."): value for name, value in values.items()}
    assert apply(edit, where, form) == {}
    return edit


def still_sound(edit: Edit) -> Any:
    return read_service(edit.files, CALENDARS)


@pytest.mark.parametrize("folder", SERVICES, ids=lambda folder: folder.name)
def test_a_form_sent_as_it_was_shown_changes_nothing(folder: Folder) -> None:
    edit = Edit(read_folder(folder))
    before = dict(edit.files)
    for where in parts.parts_of(edit):
        assert apply(edit, where, show(edit, where)) == {}, where
        assert edit.files == before, where


def test_every_key_of_the_language_stands_in_a_form() -> None:
    """But for these: lookups are asked in a later version, types are chosen when a part is added, parts have lists."""
    elsewhere = {"type", "lookups", "settings", "pages", "places", "wording", "fields", "checks", "exit", "start", "case",
                 "confirmation"}  # fmt: skip
    asked = {
        d.ServiceDefinition: {*_keys(parts.ABOUT), *_keys(parts.START), *_keys(parts.END)},
        d.Start: _below(parts.START, "start"),
        d.CasePart: _below(parts.END, "case"),
        d.ContactFields: _below(parts.END, "case.contact"),
        d.Confirmation: _below(parts.END, "confirmation"),
        d.Page: {*_keys(parts.PAGE), *_keys(parts.EXIT)},
        d.Check: _keys(parts.CHECK),
    }
    for model, keys in asked.items():
        assert set(model.model_fields) - elsewhere - keys == set(), model
    for union, add in ((d.AnyField, "fields"), (d.Setting, "settings")):
        for model in get_args(get_args(union)[0]):
            for name in get_args(model.model_fields["type"].annotation):
                edit = _with(add, name)
                where: parts.Path = ("pages", 0, "fields", 0) if add == "fields" else ("settings", "x")
                keys = _keys(parts.inputs_of(edit, where))
                assert set(model.model_fields) - elsewhere - keys == set(), name


def _keys(inputs: tuple[parts.Input, ...]) -> set[str]:
    return {one.key.split(".")[0] for one in inputs}


def _below(inputs: tuple[parts.Input, ...], under: str) -> set[str]:
    return {one.key[len(under) + 1 :].split(".")[0] for one in inputs if one.key.startswith(f"{under}.")}


def _with(add: str, name: str) -> Edit:
    if add == "fields":
        return Edit({"service.yaml": f"pages:\n  - id: a\n    fields: [{{id: x, type: {name}}}]\n"})
    return Edit({"service.yaml": f"settings:\n  x: {{type: {name}}}\n"})


# -- changes ---------------------------------------------------------------------------------------------------------


def test_words_change_in_both_languages_and_may_be_left_to_councils() -> None:
    edit = edit_of("missed-bin")
    before = edit.files["service.yaml"]
    changed(edit, ("pages", 0), hint="As on your bill", hint__cy="Fel ar eich bil", hint__own="yes")
    service = still_sound(edit)
    assert service.texts["cy"]["pages.address.hint"] == "Fel ar eich bil"
    assert "pages.address.hint" in service.definition.wording
    changed(edit, ("pages", 0), hint="", hint__cy="", hint__own="")
    assert edit.files["service.yaml"] == before
    still_sound(edit)


def test_a_question_takes_another_short_name_everywhere() -> None:
    edit = edit_of("missed-bin")
    changed(edit, ("pages", 2, "fields", 0), id="due_on")
    service = still_sound(edit)
    assert "missed_on" not in edit.files["service.yaml"]
    assert "answers.due_on == today" in edit.files["service.yaml"]
    assert "{{ answers.due_on }}" in edit.files["cy.yaml"]
    assert all("missed_on" not in example.answers for example in service.examples)
    changed(edit, ("pages", 2, "fields", 0), id="missed_on")
    assert edit.files == edit_of("missed-bin").files


@pytest.mark.parametrize("folder", SERVICES, ids=lambda folder: folder.name)
def test_every_short_name_can_be_changed_and_changed_back(folder: Folder) -> None:
    edit = Edit(read_folder(folder))
    before = dict(edit.files)
    for where in parts.parts_of(edit)[:: 1 if folder.name == "missed-bin" else 5]:
        old = show(edit, where).get("id")
        if not old:
            continue
        sign = "_" if parts.kind_of(where) in {"field", "column", "setting"} else "-"
        new = f"other{sign}name"
        changed(edit, where, id=new)
        if where[0] in {"pages", "settings"}:
            read_service(edit.files, CALENDARS)
        changed(edit, where if where[0] != "settings" else ("settings", new), id=old)
        assert edit.files == before, where


@pytest.mark.parametrize("folder", SERVICES, ids=lambda folder: folder.name)
def test_every_code_of_an_option_can_be_changed(folder: Folder) -> None:
    for where in parts.parts_of(Edit(read_folder(folder))):
        edit = Edit(read_folder(folder))
        if not any(one.kind == parts.OPTIONS for one in parts.inputs_of(edit, where)):
            continue
        name = "default" if where[0] == "settings" else "options"
        if f"{name}.0.code" in show(edit, where):
            changed(edit, where, **{f"{name}.0.code": "another"})
            if where[0] != "settings":
                # A council's own options are compared with codes in examples, which name the setting.
                still_sound(edit)
            assert not any(fault for fault in _unsound(edit) if "another" in fault)


def _unsound(edit: Edit) -> list[str]:
    try:
        still_sound(edit)
    except Exception as refused:
        return str(refused).splitlines()
    return []


def test_options_are_added_moved_and_removed_by_their_rows() -> None:
    edit = edit_of("missed-bin")
    where = ("pages", [page["id"] for page in edit.pages].index("tag"), "fields", 0)
    form = show(edit, where)
    rows = {"code": "not-sure", "was": "not-sure", "label": "I do not know", "label.cy": "Nid wyf yn gwybod"}
    form |= {f"options.0.{name}": value for name, value in rows.items()}
    form |= {f"options.1.{name}": form.get(f"options.1.{name}", "") for name in rows}
    form |= {"options.2.code": "", "options.2.was": "", "options.2.label": "It fell off", "options.2.label.cy": "Syrthiodd",
             "options.2.hint": "In the wind", "options.2.hint.cy": "Yn y gwynt"}  # fmt: skip
    assert apply(edit, where, form) == {}
    assert [option["code"] for option in edit.at((*where, "options"))] == ["not-sure", "no", "it-fell-off"]
    assert edit.welsh("pages.tag.fields.tag.options.it-fell-off.hint") == "Yn y gwynt"
    assert edit.welsh("pages.tag.fields.tag.options.yes") is None


def test_a_condition_is_chosen_from_menus() -> None:
    edit = edit_of("missed-bin")
    where = ("pages", [page["id"] for page in edit.pages].index("bin-store"))
    form = {"when.how": "rows", "when.0.said": "answers.placing|is|shared", "when.1.said": "answers.missed_on|worked-gt|",
            "when.1.setting": "settings.return_within_days", "when.1.join": "or"}  # fmt: skip
    assert apply(edit, where, form) == {}
    when = edit.at((*where, "when"))
    assert (
        when
        == "answers.placing == 'shared' || working_days(answers.missed_on, today) > settings.return_within_days"
    )
    assert apply(edit, where, {"when.how": "rows", "when.0.said": "answers.missed_on|worked-gt|"}) == {
        "when.0": "Enter the number, or choose a setting"
    }
    assert edit.at((*where, "when")) == when
    assert apply(edit, where, {"when.how": "rows"}) == {} or True
    apply(edit, where, {"when.how": "rows", "when.0.said": ""})
    assert edit.at((*where, "when")) is None


@pytest.mark.parametrize(
    ("where", "values", "box"),
    [
        (("about",), {"lgsl": "many"}, "lgsl"),
        (("about",), {"id": "No Spaces"}, "id"),
        (("pages", 0), {"id": "containers"}, "id"),
        (("pages", 0, "fields", 0), {"id": "name"}, "id"),
        (("settings", "out_by"), {"id": "containers"}, "id"),
        (("settings", "report_within_days"), {"default": "1.5"}, "default"),
        (("settings", "containers"), {"default.1.code": "refuse"}, "default.1"),
        (("settings", "containers"), {"default.1.label": "", "default.1.hint": "x"}, "default.1"),
    ],
)
def test_what_cannot_be_taken_is_told_beside_its_box_and_the_rest_is_kept(
    where: parts.Path, values: dict[str, str], box: str
) -> None:
    edit = edit_of("missed-bin")
    form = show(edit, where) | values
    other = next((name for name in ("label", "question", "name") if name in form and name != box), None)
    if other:
        form[other] = "Something else"
    assert list(apply(edit, where, form)) == [box]
    if other:
        assert show(edit, where)[other] == "Something else"


def test_welsh_that_is_turned_off_comes_back() -> None:
    edit = edit_of("missed-bin")
    before = edit.files["cy.yaml"]
    changed(edit, ("about",), languages="")
    assert "cy.yaml" not in edit.files
    assert still_sound(edit).definition.languages == ["en"]
    changed(edit, ("about",), languages="yes")
    assert edit.files["cy.yaml"] == before
    still_sound(edit)


def test_a_page_that_goes_takes_what_is_its_own() -> None:
    edit = edit_of("missed-bin")
    at = [page["id"] for page in edit.pages].index("neighbours")
    edit.remove(("pages", at))
    service = still_sound(edit)
    assert [place.id for place in service.definition.places] == ["after-containers"]
    assert all("neighbours" not in (example.path or []) for example in service.examples)
