"""An ONS Postcode Directory in, a postcode file in use out; a bad one leaves the former in use."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from commonhall.directory.directory import POSTCODE_FILE, Directory, Found, Unknown, open_directory
from commonhall.directory.onspd import ImportRefused, ImportReport, import_onspd
from commonhall.directory.postcodes import open_postcodes
from commonhall.directory.sealed import FileRefused

HEADER = ("pcd", "pcd2", "pcds", "dointr", "doterm", "oscty", "ced", "oslaua", "ctry")
LIVE: tuple[tuple[str, str, str], ...] = (
    ("B91 3QJ", "", "E08000029"),
    ("NG1 5FS", "", "E06000018"),
    ("NG15 9HG", "", "E07000173"),
)
Import = Callable[[Path], ImportReport]


def row(postcode: str, ended: str, council: str) -> tuple[str, ...]:
    """A row as ONS writes it: the postcode three times, in its three spacings."""
    outward, inward = postcode.split()
    return (
        f"{outward:<4}{inward}",
        f"{outward:<4} {inward}",
        postcode,
        "199806",
        ended,
        "E99999999",
        "E99999999",
        council,
        "E92000001",
    )


def write(path: Path, rows: Iterable[tuple[str, str, str]], header: Sequence[str] = HEADER) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(header)
        writer.writerows(row(*one) for one in rows)
    return path


@pytest.fixture
def take_in(tmp_path: Path, directory: Directory) -> Import:
    """Import a file into a folder of the test's own."""
    return lambda path: import_onspd(path, tmp_path / "out", directory.councils, lambda _done, _total: None)


def test_a_newer_directory_is_used_from_then_on(tmp_path: Path, take_in: Import) -> None:
    rows = [
        *LIVE,
        ("B91 3QT", "202401", "E08000029"),
        ("BT1 1AA", "", "N09000003"),
        ("JE2 3AB", "", "L99999999"),
    ]
    report = take_in(write(tmp_path / "ONSPD_FEB_2026_UK.csv", rows))
    counted = (
        report.live,
        report.terminated,
        report.northern_ireland,
        report.no_council,
        report.unknown_count,
    )
    assert counted == (3, 1, 1, 1, 0)
    assert report.rows == sum(counted) == len(rows)
    opened = open_directory(tmp_path / "out")
    assert (opened.postcodes.source, opened.postcodes.date) == ("ONSPD_FEB_2026_UK.csv", "Feb 2026")
    found = opened.find("ng159hg")
    assert isinstance(found, Found)
    assert [council.slug for council in found.councils] == ["gedling", "nottinghamshire"]
    assert isinstance(opened.find("SO14 0AA"), Unknown), "only what the new directory has is known"


def test_the_archive_that_ons_offers_is_read_as_it_is(tmp_path: Path, take_in: Import) -> None:
    data = write(tmp_path / "data.csv", LIVE).read_bytes()
    with zipfile.ZipFile(tmp_path / "ONSPD_MAY_2026.zip", "w") as archive:
        archive.writestr("Documents/Country names.csv", "CTRY,NAME\nE92000001,England\n")
        archive.writestr("Data/multi_csv/ONSPD_MAY_2026_UK_B.csv", data[:200])
        archive.writestr("Data/ONSPD_MAY_2026_UK.csv", data)
    assert take_in(tmp_path / "ONSPD_MAY_2026.zip").live == 3


def test_the_columns_may_have_the_names_that_they_have_had_since_2024(
    tmp_path: Path, take_in: Import
) -> None:
    header = ("pcd7", "pcd8", "pcds", "dointr", "doterm", "cty25cd", "ced25cd", "lad25cd", "ctry25cd")
    assert take_in(write(tmp_path / "new.csv", LIVE, header)).live == 3


def test_a_former_councils_code_is_todays_council(
    tmp_path: Path, take_in: Import, directory: Directory
) -> None:
    former = next(code for code in ("E07000187", "E07000028") if directory.councils.by_gss(code))
    today = directory.councils.by_gss(former)
    assert today is not None
    assert today.gss != former
    take_in(write(tmp_path / "old.csv", [("B91 3QJ", "", former)]))
    assert open_directory(tmp_path / "out").postcodes.code("B91", "3", "QJ") == today.gss


def test_rows_that_nobody_knows_are_named_by_line_and_left_out(tmp_path: Path, take_in: Import) -> None:
    rows = [*LIVE, ("B91 3QT", "", "E07999999"), ("B91 3CC", "", "E08000029")]
    report = take_in(write(tmp_path / "some.csv", rows))
    assert report.unknown == [(5, "B91 3QT", "E07999999"), (6, "B91 3CC", "E08000029")]
    assert (report.live, report.unknown_count) == (3, 2)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"a,b,c\n1,2,3\n", "has no column pcds, oslaua (or lad..cd), doterm"),
        (b"pcds,doterm,oslaua\n", "has no live postcode"),
        (b"pcds,doterm,oslaua\nB91 3QJ,,E08000029\nB91\n", "line 3 is cut short"),
        (b"pcds,doterm,oslaua\nB91 3QJ,,E08000029\nB91 3QJ,,E06000018\n", "stands twice"),
        (b"pcds,doterm,oslaua\nB91 \xff3QJ,,E08000029\n", "cannot be read"),
        (b'pcds,doterm,oslaua\n"B91 3QJ,,' + b"E" * 200_000, "get the file anew"),
        (b"PK\x03\x04 not a whole archive", "has no column"),
    ],
)
def test_a_bad_directory_says_what_is_wrong_and_the_former_stays(
    tmp_path: Path, take_in: Import, text: bytes, reason: str
) -> None:
    take_in(write(tmp_path / "good.csv", LIVE))
    before = (tmp_path / "out" / POSTCODE_FILE).read_bytes()
    (tmp_path / "bad.csv").write_bytes(text)
    with pytest.raises(ImportRefused) as refused:
        take_in(tmp_path / "bad.csv")
    assert reason in str(refused.value)
    assert (tmp_path / "out" / POSTCODE_FILE).read_bytes() == before
    assert [path.name for path in (tmp_path / "out").iterdir()] == [POSTCODE_FILE], (
        "nothing half made is left"
    )


def test_a_file_that_is_not_there_or_cannot_be_written_is_said(tmp_path: Path, take_in: Import) -> None:
    with pytest.raises(ImportRefused, match="there is no file"):
        take_in(tmp_path / "none.csv")
    (tmp_path / "out").write_text("a file where the folder should be")
    with pytest.raises(ImportRefused, match="cannot be written"):
        take_in(write(tmp_path / "good.csv", LIVE))


def test_progress_is_told_up_to_the_end(tmp_path: Path, directory: Directory) -> None:
    units = [
        f"B{area} {digit}{a}A"
        for area in range(1, 61)
        for digit in range(10)
        for a in "ABDEFGHJLNPQRSTUWXYZ" * 2
    ]
    path = write(tmp_path / "long.csv", ((unit, "", "E08000029") for unit in units))
    told: list[tuple[int, int]] = []
    import_onspd(path, tmp_path / "out", directory.councils, lambda done, total: told.append((done, total)))
    size = path.stat().st_size
    assert told[-1] == (size, size)
    assert len(told) > 1
    assert told == sorted(told)


@pytest.mark.parametrize("keep", [0, 1, 7, 40, 200, -1])
def test_a_file_cut_short_is_refused_on_opening(tmp_path: Path, take_in: Import, keep: int) -> None:
    take_in(write(tmp_path / "good.csv", LIVE))
    path = tmp_path / "out" / POSTCODE_FILE
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(FileRefused, match=r"import the ONS Postcode Directory again, or reinstall"):
        open_postcodes(path)


def test_a_single_changed_bit_anywhere_is_refused(tmp_path: Path, take_in: Import) -> None:
    take_in(write(tmp_path / "good.csv", LIVE))
    path = tmp_path / "out" / POSTCODE_FILE
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        with pytest.raises(FileRefused):
            open_postcodes(path)
