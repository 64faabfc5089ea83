"""Packages in folders: found, read, and what is wrong with them said with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from commonhall.catalogue.packages import check_folder, find_packages
from commonhall.engine.problems import Problem
from tests.engine.services import CALENDARS, EXAMPLES, SERVICE, edited, files


def package(folder: Path, **changed: str | bytes) -> Path:
    """A folder with the allotment service in it; `changed` are files by name, without their dots."""
    made = folder / "allotment"
    made.mkdir()
    for name, text in files().items():
        given = changed.get(name.replace(".", "_"), text)
        (made / name).write_bytes(given if isinstance(given, bytes) else given.encode())
    return made


def found(folder: Path, *, codes: str | None = None) -> list[Problem]:
    checked = check_folder(folder, CALENDARS, lambda lgsl, lgil: codes)
    assert (checked.service is None) or not checked.problems or codes or checked.played
    return list(checked.problems)


def test_a_right_package_gives_a_service_and_plays_its_examples(tmp_path: Path) -> None:
    checked = check_folder(package(tmp_path), CALENDARS)
    assert checked.problems == ()
    assert checked.service is not None
    assert checked.service.id == "allotment"
    assert [played.faults for played in checked.played] == [(), ()]


def test_a_byte_order_mark_and_windows_line_ends_change_nothing(tmp_path: Path) -> None:
    text = SERVICE.replace("\n", "\r\n").encode("utf-8-sig")
    assert found(package(tmp_path, service_yaml=text)) == []


def test_problems_of_every_file_are_said_at_once_each_in_its_place(tmp_path: Path) -> None:
    folder = package(
        tmp_path,
        service_yaml=edited(SERVICE, "type: date, past: true", "type: day, past: true"),
    )
    [problem] = found(folder)
    assert (problem.file, problem.line) == ("allotment/service.yaml", 26)
    assert "'day' is not a type" in problem.message
    assert problem.remedy
    (folder / "service.yaml").write_text(SERVICE, "utf-8")
    (folder / "cy.yaml").write_text("nmae: Randir\n", "utf-8")
    (folder / "CHANGELOG.md").write_text("## 1.1.0\n", "utf-8")
    files_named = {problem.file for problem in found(folder)}
    assert files_named == {"allotment/cy.yaml", "allotment/CHANGELOG.md"}


def test_a_file_that_is_not_utf_8_is_told_with_its_line(tmp_path: Path) -> None:
    [problem] = found(package(tmp_path, cy_yaml=b"name: Randir\nstart: caf\xe9\n"))
    assert str(problem) == "allotment/cy.yaml:2:1: this is not UTF-8 text - save it as UTF-8"


def test_a_folder_without_a_service_says_so(tmp_path: Path) -> None:
    [problem] = found(tmp_path)
    assert "there is no service.yaml" in problem.message


def test_an_example_that_goes_another_way_is_a_problem(tmp_path: Path) -> None:
    [problem] = found(package(tmp_path, journeys_yaml=edited(EXAMPLES, "'2015-01-01'", "'1990-01-01'")))
    assert problem.file == "allotment/journeys.yaml"
    assert "'A child'" in problem.message


def test_codes_that_the_national_list_does_not_have_are_a_problem(tmp_path: Path) -> None:
    [problem] = found(package(tmp_path), codes="the national list has no LGSL 572")
    assert (problem.file, problem.message) == ("allotment/service.yaml", "the national list has no LGSL 572")


@pytest.mark.parametrize("inside", [True, False])
def test_packages_are_found_at_a_path_or_below_it(tmp_path: Path, inside: bool) -> None:
    made = package(tmp_path)
    (tmp_path / "notes").mkdir()
    assert find_packages(made if inside else tmp_path) == [made]
    assert find_packages(tmp_path / "nowhere") == []
