"""What is wrong is told in the form where it can be mended; a service begun in the editor works."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path as Folder
from typing import Any

import pytest

from commonhall.catalogue.editing import parts, starting
from commonhall.catalogue.editing.edit import Edit
from commonhall.catalogue.editing.forms import apply, show
from commonhall.catalogue.editing.looking import draw, look, title_of
from commonhall.catalogue.editing.patching import CannotEdit
from commonhall.catalogue.packages import check_files, read_folder
from commonhall.engine.working_days import load_calendars

SERVICES = sorted(path.parent for path in (Folder(__file__).parents[2] / "services").glob("*/service.yaml"))
CALENDARS = load_calendars()


def missed_bin() -> Edit:
    return Edit(read_folder(next(folder for folder in SERVICES if folder.name == "missed-bin")))


@pytest.mark.parametrize("welsh", ["", "Gwasanaeth newydd"])
def test_a_new_service_has_nothing_wrong(welsh: str) -> None:
    files = starting.new_service("A new: service", "a-new-service", 1, 17, welsh=welsh)
    seen = look(files, CALENDARS)
    assert seen.faults == ()
    assert [played.faults for played in seen.played] == [()]


def test_a_new_part_of_every_type_has_nothing_wrong_but_what_its_author_must_say() -> None:
    edit = Edit(starting.new_service("New", "new", 1, 17))
    for kind in parts.TYPES:
        edit.insert(("pages",), 0, starting.new_page(edit, exits=False))
        field = starting.new_field(edit, kind)
        edit.insert(("pages", 0, "fields"), 1, field)
        if kind not in {"address", "map-location", "list", "declaration"}:
            edit.insert(("pages", 0, "checks"), 0, starting.new_check(edit, 0))
    for kind in parts.SETTING_TYPES:
        edit.put(("settings", f"a_{kind}"), starting.new_setting(kind, f"A {kind}"))
    faults = look(edit.files, CALENDARS).faults
    assert {fault.part[0] for fault in faults} == {"examples"}, "its answers say nothing of what is asked now"
    at = next(i for i, page in enumerate(edit.pages) if page["fields"][-1]["type"] == "list")
    for kind in parts.IN_LISTS[:7]:
        where: parts.Path = ("pages", at, "fields", 1)
        edit.insert((*where, "fields"), 0, starting.new_field(edit, kind, inside=where))
    assert {fault.part[0] for fault in look(edit.files, CALENDARS).faults} == {"examples"}


CASES: list[tuple[dict[str, Any], parts.Path, str]] = [
    ({"where": ("pages", 1, "question"), "to": None}, ("pages", 1), "question"),
    ({"where": ("pages", 1, "fields", 0, "options"), "to": "settings.gone"}, ("pages", 1, "fields", 0), "options"),
    ({"where": ("pages", 3, "when"), "to": "answers.gone == 1"}, ("pages", 3), "when"),
    ({"where": ("pages", 2, "checks", 0, "require"), "to": "today"}, ("pages", 2, "checks", 0), "require"),
    ({"where": ("pages", 5, "fields", 0, "options", 1, "code"), "to": "kerbside"}, ("pages", 5, "fields", 0), "options.1"),
    ({"where": ("settings", "report_within_days", "min"), "to": 20}, ("settings", "report_within_days"), "min"),
    ({"where": ("settings", "containers", "default", 1, "code"), "to": "refuse"}, ("settings", "containers"), "default.1"),
    ({"where": ("case", "contact", "email"), "to": "gone"}, ("end",), "case.contact.email"),
    ({"where": ("start", "time"), "to": 500}, ("start",), "start.time"),
    ({"where": ("lgsl",), "to": 99999}, ("about",), "lgsl"),
    ({"where": ("places", 0, "after"), "to": "gone"}, ("about",), ""),
    ({"where": ("confirmation", "body"), "to": "{{ settings.gone }}"}, ("end",), "confirmation.body"),
    ({"where": ("pages", 5, "fields", 0, "hint"), "to": "New"}, ("pages", 5, "fields", 0), "hint.cy"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "part", "box"), CASES)
def test_a_fault_is_told_at_its_box(change: dict[str, Any], part: parts.Path, box: str) -> None:
    edit = missed_bin()
    if change["to"] is None:
        edit.drop(change["where"])
    else:
        edit.put(change["where"], change["to"])
    faults = look(edit.files, CALENDARS).faults
    assert (part, box) in [(fault.part, fault.box) for fault in faults], faults
    assert all(fault.message for fault in faults)
    assert title_of(edit, part) != "Files"


def test_an_example_that_goes_otherwise_is_told_at_the_example() -> None:
    edit = missed_bin()
    edit.put(("pages", 3, "when"), "true")
    faults = look(edit.files, CALENDARS).faults
    assert {fault.part[0] for fault in faults} == {"examples"}
    assert "ends at 'too-early'" in faults[0].message


def test_every_fault_of_the_editor_is_one_of_the_checker() -> None:
    edit = missed_bin()
    edit.put(("pages", 3, "when"), "answers.gone == 1")
    edit.put(("wording", 0), "gone")
    found = check_files(edit.files, Folder("x"), CALENDARS).problems
    assert len(look(edit.files, CALENDARS).faults) == len(found) == 2


def test_the_drawing_has_every_page_in_order_with_who_sees_it() -> None:
    edit = missed_bin()
    seen = look(edit.files, CALENDARS)
    steps = draw(seen, ["address", "containers", "submitted"])
    assert [step.id for step in steps] == ["start", *(page["id"] for page in edit.pages), "end"]
    exit_ = next(step for step in steps if step.id == "too-late")
    assert (exit_.kind, exit_.when) == (
        "exit",
        "“Collection date” is more than “Working days that residents have to report a missed collection” working days ago",
    )
    assert [step.id for step in steps if step.walked] == ["start", "address", "containers", "end"]


# -- as one file -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", SERVICES, ids=lambda folder: folder.name)
def test_a_package_comes_back_from_its_file_byte_by_byte(folder: Folder) -> None:
    files = read_folder(folder)
    assert starting.unpack(starting.pack(files)) == files
    assert starting.pack(files) == starting.pack(dict(reversed(files.items())))
    with zipfile.ZipFile(io.BytesIO(starting.pack(files))) as archive:
        assert archive.namelist()[0] == f"{folder.name}/service.yaml"


def zipped(**files: str | bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/").replace("_yaml", ".yaml"), text)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no zip", "cannot be read as a ZIP"),
        (zipped(x="y"), "has none"),
        (zipped(a__service_yaml="id: a", b__service_yaml="id: b"), "has 2 of them"),
        (zipped(a__service_yaml="id: [a"), "not YAML"),
        (zipped(a__service_yaml="- a"), "not what a package has"),
        (zipped(a__service_yaml="id: a"), "Mend it by hand"),
        (zipped(a__service_yaml=b"\xff\xfe"), "not UTF-8"),
        (zipped(a__service_yaml="# " + "x" * 2_100_000), "over 2 MB"),
        (starting.pack(missed_bin().files)[:3000], "cannot be read as a ZIP"),
    ],
)  # fmt: skip
def test_what_is_no_package_is_refused_in_words(content: bytes, said: str) -> None:
    with pytest.raises(CannotEdit, match=said):
        starting.unpack(content)


def test_a_played_journey_becomes_an_example() -> None:
    edit = missed_bin()
    before = edit.files["journeys.yaml"]
    example = edit.data("journeys.yaml")[0]
    starting.new_example(edit, "Once more", "2026-03-10", example["answers"], "submitted", example["path"])
    assert edit.files["journeys.yaml"].startswith(before.rstrip("\n"))
    assert look(edit.files, CALENDARS).faults == ()
    form = show(edit, ("examples", 0)) | {"name": "Another name"}
    assert apply(edit, ("examples", 0), form) == {}
    assert edit.data("journeys.yaml")[0]["name"] == "Another name"
