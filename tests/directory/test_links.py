"""GOV.UK's file of links is read whatever shape it has had; what is wrong is told with its line."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonhall.api.govuk import INTERACTIONS
from commonhall.directory.directory import Directory, open_directory
from commonhall.directory.links import Link, ReadLinks, read_links, url_fault

HEAD = "Authority Name,GSS,Description,LGSL,LGIL,URL,Title,Supported by GOV.UK"
EXETER = "E07000041"


def read(
    directory: Directory, *lines: str, head: str = HEAD, encoding: str = "utf-8", end: str = "\n"
) -> ReadLinks:
    """What a file of these lines holds."""
    content = end.join([head, *lines, ""]).encode(encoding)
    return read_links(content, directory.councils, directory.services, INTERACTIONS)


def test_a_line_is_a_link(directory: Directory) -> None:
    found = read(
        directory, f"Exeter,{EXETER},Bins: Reporting,524,17,https://exeter.example/bins,Missed bins,true"
    )
    assert found == ReadLinks((Link("exeter", 524, 17, "https://exeter.example/bins", "Missed bins"),), (), 0)


@pytest.mark.parametrize(("encoding", "end"), [("utf-8-sig", "\r\n"), ("cp1252", "\n"), ("utf-8", "\r\n")])
def test_what_excel_makes_of_it_is_read(directory: Directory, encoding: str, end: str) -> None:
    line = f'"Exeter",{EXETER},"Bins, ""big""\nand small",524,17,https://exeter.example/bins,Café bins,true'
    found = read(directory, line, encoding=encoding, end=end)
    assert [link.title for link in found.links] == ["Café bins"]


def test_a_new_address_goes_before_the_old_and_no_address_is_no_link(directory: Directory) -> None:
    head = "Authority Name,SNAC,GSS,Description,LGSL,LGIL,URL,Supported by GOV.UK,Status,New URL"
    found = read(
        directory,
        f"Exeter,18UC,{EXETER},x,524,17,https://old.example,true,broken,https://new.example",
        f"Exeter,18UC,{EXETER},x,557,17,,true,missing,",
        head=head,
    )
    assert [link.url for link in found.links] == ["https://new.example"]
    assert found.without == 1


def test_a_former_code_means_the_council_that_has_the_area_now(directory: Directory) -> None:
    found = read(directory, "Richmondshire,E07000166,x,524,17,https://richmondshire.example/,,true")
    assert [link.slug for link in found.links] == ["north-yorkshire"]


def test_everything_that_is_wrong_is_told_with_its_line(directory: Directory) -> None:
    found = read(
        directory,
        f"Exeter,{EXETER},x,524,17,https://exeter.example/bins,,true",
        "Nowhere,E99999999,x,524,17,https://exeter.example/bins,,true",
        f"Exeter,{EXETER},x,999999,99,javascript:alert(1),,true",
        f"Exeter,{EXETER},x,524,17,https://exeter.example/other,,true",
        f"Exeter,{EXETER},x,524,17,https://exeter.example/bins,,true",
        f"Exeter,{EXETER},x,524,8,https://exeter.example/a b,,true",
        f"Exeter,{EXETER},x,524,8,https://exeter.example/,,true,one,more",
        f"Exeter,{EXETER}",
    )
    assert [str(problem) for problem in found.problems] == [
        "line 3: no council has the GSS code 'E99999999', nor had",
        "line 4: the national list has no service '999999'",
        "line 4: the national list has no interaction '99'",
        "line 4: 'javascript:alert(1)' is not a web address that begins with https:// or http://",
        "line 5: Exeter City Council has another address for service 524, interaction 17 above: keep one",
        "line 7: 'https://exeter.example/a b' has a space or a line's end in it",
        "line 8: the line has more cells than the first one has names",
        "line 9: the national list has no service ''",
        "line 9: the national list has no interaction ''",
    ]
    assert len(found.links) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "names no column GSS, LGSL, LGIL, URL"),
        (b"slug,url\nangus,https://www.example.com/new-service\n", "names no column GSS, LGSL, LGIL, URL"),
        (b"%PDF-1.4\n\x00\xff", "names no column"),
        (HEAD.encode() + b'\nExeter,"unclosed', "this is not CSV"),
    ],
)
def test_a_file_that_is_none_says_so(directory: Directory, content: bytes, said: str) -> None:
    found = read_links(content, directory.councils, directory.services, INTERACTIONS)
    assert found.links == ()
    assert said in found.problems[0].message


def test_gov_uk_s_own_files_are_read(directory: Directory, standards: Path) -> None:
    folder = standards / "govuk" / "local-links-manager"
    for name in ("exported_links.csv", "imported_links_few_errors.csv"):
        found = read_links((folder / name).read_bytes(), directory.councils, directory.services, INTERACTIONS)
        # Their councils and services are made up: each line is understood, and refused for that alone.
        assert {
            "GSS code" in problem.message
            or "list has no" in problem.message
            or "web address" in problem.message
            for problem in found.problems
        } == {True}


_DIRECTORY = open_directory()


@given(st.lists(st.lists(st.text(max_size=20), min_size=1, max_size=10), max_size=6))
@settings(max_examples=80, deadline=None)
def test_whatever_is_in_it_every_line_is_a_link_or_a_problem(rows: list[list[str]]) -> None:
    page = io.StringIO()
    sheet = csv.writer(page)
    sheet.writerow(HEAD.split(","))
    sheet.writerows(rows)
    content = page.getvalue().encode("utf-8", "replace")
    found = read_links(content, _DIRECTORY.councils, _DIRECTORY.services, INTERACTIONS)
    assert found.links == ()
    assert all(url_fault(link.url) is None for link in found.links)
