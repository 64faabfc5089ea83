"""Import a real ONS Postcode Directory: 2.6 million rows, streamed, and swapped in only when it is whole.

The columns are those of ONS's own user guide: `pcds` (the postcode with one space), `doterm` (the month it ended,
empty while it is live), the council as `oslaua`, or since 2024 as `lad..cd` with the year of its codes, and, where it has
that, the ward as `osward` or `wd..cd`.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from commonhall.directory.councils import Councils
from commonhall.directory.directory import POSTCODE_FILE, WARD_POSTCODE_FILE
from commonhall.directory.postcode_text import parse_postcode
from commonhall.directory.postcodes import POSTCODES, PostcodeTable, compile_postcodes
from commonhall.directory.sealed import FileRefused, put

_COUNCIL_COLUMN = re.compile(r"oslaua|lad\d\dcd|laua")
_WARD_COLUMN = re.compile(r"osward|wd\d\dcd|ward")
_POSTCODE_COLUMNS = ("pcds", "pcd2", "pcd", "pcd7", "pcd8")
_WARD = re.compile(r"[A-Z]\d{8}")
MOST_EXAMPLES = 20
_EVERY = 20_000


class ImportRefused(Exception):  # noqa: N818
    """A file is not an ONS Postcode Directory, or cannot be taken in; the former one stays in use."""


@dataclass(slots=True)
class ImportReport:
    """What an import found: `rows` is the sum of the five counts after it; `size` is in bytes.

    `unknown` are the first rows whose council nobody knows, or whose postcode has no postcode's shape, as
    (line, postcode, code). `no_council` are the Channel Islands, the Isle of Man and rows without a code.
    `in_wards` are the live rows that name a ward.
    """

    rows: int = 0
    live: int = 0
    terminated: int = 0
    northern_ireland: int = 0
    no_council: int = 0
    unknown_count: int = 0
    unknown: list[tuple[int, str, str]] = field(default_factory=list)
    size: int = 0
    in_wards: int = 0


Progress = Callable[[int, int], None]
"""Called with (bytes read, bytes in all), now and then."""


def import_onspd(path: Path, out_folder: Path, councils: Councils, progress: Progress) -> ImportReport:
    """Compile a directory's CSV, or the ZIP that ONS offers, into `out_folder`.

    The former file stays in use until the new one is whole. Raises `ImportRefused` with the remedy.
    """
    if not path.exists():
        raise ImportRefused(f"there is no file {path}: give the path of the ONS Postcode Directory")
    report = ImportReport()
    try:
        with _opened(path) as (text, position, total):
            wards = PostcodeTable()
            rows = _rows(text, report, councils, wards, lambda: progress(position(), total))
            compiled = compile_postcodes(rows, path.name, _date_of(path))
            progress(total, total)
    except (OSError, zipfile.BadZipFile, UnicodeDecodeError, csv.Error, NotImplementedError) as error:
        raise ImportRefused(f"{path.name} cannot be read: {error}: get the file anew") from error
    except ValueError as error:
        raise ImportRefused(f"{path.name}: {error}: get the file anew") from None
    if not report.live:
        raise ImportRefused(f"{path.name} has no live postcode: is it the whole ONS Postcode Directory?")
    report.size = len(compiled)
    try:
        put(compiled, out_folder / POSTCODE_FILE, POSTCODES)
        if report.in_wards:
            put(wards.compiled(path.name, _date_of(path)), out_folder / WARD_POSTCODE_FILE, POSTCODES)
    except FileRefused as error:
        raise ImportRefused(str(error)) from error
    return report


@contextmanager
def _opened(path: Path) -> Iterator[tuple[IO[str], Callable[[], int], int]]:
    """The CSV as text, how far it has been read, and how long it is (in bytes)."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as raw, io.TextIOWrapper(raw, "utf-8-sig", newline="") as text:
            yield text, raw.tell, path.stat().st_size
        return
    with zipfile.ZipFile(path) as archive:
        found = [entry for entry in archive.infolist() if _is_data(entry.filename)]
        if not found:
            raise ImportRefused(f"{path.name} has no ONSPD CSV in it: give the CSV itself")
        largest = max(found, key=lambda entry: entry.file_size)
        with archive.open(largest) as item, io.TextIOWrapper(item, "utf-8-sig", newline="") as text:
            yield text, item.tell, largest.file_size


def _is_data(name: str) -> bool:
    # The archive carries the same rows twice: whole, and cut by postcode area in a folder "multi_csv".
    return name.lower().endswith(".csv") and "multi_csv" not in name.lower()


@dataclass(frozen=True, slots=True)
class _Columns:
    postcode: int
    council: int
    ended: int
    ward: int | None


def _columns(header: list[str]) -> _Columns:
    names = [name.strip().lower() for name in header]
    if not any(names):
        raise ImportRefused("the file is empty, or its first line is: it must be ONSPD's own header")
    found = {
        "pcds": next((names.index(name) for name in _POSTCODE_COLUMNS if name in names), None),
        "oslaua (or lad..cd)": next(
            (i for i, name in enumerate(names) if _COUNCIL_COLUMN.fullmatch(name)), None
        ),
        "doterm": names.index("doterm") if "doterm" in names else None,
    }
    postcode, council, ended = found.values()
    if postcode is None or council is None or ended is None:
        missing = ", ".join(name for name, place in found.items() if place is None)
        raise ImportRefused(f"the first line has no column {missing}: it must be ONSPD's own header")
    ward = next((i for i, name in enumerate(names) if _WARD_COLUMN.fullmatch(name)), None)
    return _Columns(postcode, council, ended, ward)


def _rows(
    text: IO[str], report: ImportReport, councils: Councils, wards: PostcodeTable, tick: Callable[[], None]
) -> Iterator[tuple[str, str]]:
    """The live rows of Great Britain, as (postcode, GSS code of today's council); the others are counted. Their wards are
    put into `wards`."""
    reader = csv.reader(text)
    at = _columns(next(reader, []))
    last = max(at.postcode, at.council, at.ended, at.ward or 0)
    known: dict[str, str | None] = {}
    for row in reader:
        if not row:
            continue
        report.rows += 1
        if report.rows % _EVERY == 0:
            tick()
        if len(row) <= last:
            raise ImportRefused(f"line {reader.line_num} is cut short: get the file anew")
        if row[at.ended].strip():
            report.terminated += 1
            continue
        postcode, code = row[at.postcode], row[at.council].strip()
        if postcode.startswith("BT"):
            report.northern_ireland += 1
            continue
        if not code or code.endswith("99999999"):
            report.no_council += 1
            continue
        if code not in known:
            council = councils.by_gss(code)
            known[code] = council.gss if council else None
        gss = known[code]
        if gss is None or parse_postcode(postcode) is None:
            report.unknown_count += 1
            if len(report.unknown) < MOST_EXAMPLES:
                report.unknown.append((reader.line_num, postcode, code))
            continue
        report.live += 1
        ward = row[at.ward].strip() if at.ward is not None else ""
        if _WARD.fullmatch(ward) and not ward.endswith("99999999"):
            report.in_wards += 1
            wards.add(postcode, ward)
        yield postcode, gss


def _date_of(path: Path) -> str:
    """The month that ONS puts into the file's name ('ONSPD_FEB_2025_UK.csv')."""
    found = re.search(r"([A-Z]{3})_(20\d\d)", path.name.upper())
    return f"{found.group(1).title()} {found.group(2)}" if found else "unknown"
