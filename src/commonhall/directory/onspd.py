"""Import a real ONS Postcode Directory: 2.6 million rows, streamed, and swapped in only when it is whole."""

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
from commonhall.directory.directory import POSTCODE_FILE
from commonhall.directory.postcodes import compile_postcodes, open_postcodes, parse_postcode

_COUNCIL_COLUMN = re.compile(r"oslaua|lad\d\dcd|laua")
_POSTCODE_COLUMNS = ("pcds", "pcd2", "pcd", "pcd7", "pcd8")
MOST_EXAMPLES = 20
_EVERY = 50_000


class ImportRefused(Exception):  # noqa: N818
    """A file is not an ONS Postcode Directory; nothing was changed."""


@dataclass(slots=True)
class ImportReport:
    """What an import found. `unknown` are the first rows whose council nobody knows, as (line, postcode, code)."""

    rows: int = 0
    live: int = 0
    terminated: int = 0
    northern_ireland: int = 0
    no_council: int = 0
    unknown_count: int = 0
    unknown: list[tuple[int, str, str]] = field(default_factory=list)
    size: int = 0


Progress = Callable[[int, int], None]
"""Called with (bytes read, bytes in all), now and then."""


def import_onspd(path: Path, out_folder: Path, councils: Councils, progress: Progress) -> ImportReport:
    """Compile a directory's CSV, or the ZIP that ONS offers, into `out_folder`.

    The former file stays in use until the new one is whole. Raises `ImportRefused` with the remedy.
    """
    report = ImportReport()
    try:
        with _opened(path) as (text, position, total):
            rows = _rows(text, report, councils, lambda: progress(position(), total))
            try:
                compiled = compile_postcodes(rows, path.name, _date_of(path))
            except ValueError as error:
                raise ImportRefused(f"{path.name}: {error}: get the file anew") from None
            progress(total, total)
    except (OSError, zipfile.BadZipFile, UnicodeDecodeError, csv.Error) as error:
        raise ImportRefused(f"{path} cannot be read: {error}") from error
    if not report.live:
        raise ImportRefused(f"{path.name} has no live postcode: is it the whole ONS Postcode Directory?")
    report.size = len(compiled)
    out_folder.mkdir(parents=True, exist_ok=True)
    target = out_folder / POSTCODE_FILE
    fresh = target.with_suffix(".new")
    fresh.write_bytes(compiled)
    open_postcodes(fresh, verify=True)
    fresh.replace(target)
    return report


@contextmanager
def _opened(path: Path) -> Iterator[tuple[IO[str], Callable[[], int], int]]:
    """The CSV as text, how far it has been read, and how long it is (in bytes)."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = [item for item in archive.infolist() if _is_data(item.filename)]
            if not names:
                raise ImportRefused(f"{path.name} has no ONSPD CSV in it: give the CSV itself")
            largest = max(names, key=lambda item: item.file_size)
            with archive.open(largest) as raw:
                yield io.TextIOWrapper(raw, "utf-8-sig", newline=""), raw.tell, largest.file_size
        return
    with path.open("rb") as raw:
        yield io.TextIOWrapper(raw, "utf-8-sig", newline=""), raw.tell, path.stat().st_size


def _is_data(name: str) -> bool:
    return name.lower().endswith(".csv") and "multi_csv" not in name.lower()


def _rows(
    text: IO[str], report: ImportReport, councils: Councils, tick: Callable[[], None]
) -> Iterator[tuple[str, str]]:
    reader = csv.reader(text)
    header = [name.strip().lower() for name in next(reader, [])]
    postcode_at = next((header.index(name) for name in _POSTCODE_COLUMNS if name in header), None)
    council_at = next((i for i, name in enumerate(header) if _COUNCIL_COLUMN.fullmatch(name)), None)
    ended_at = header.index("doterm") if "doterm" in header else None
    missing = [
        name
        for name, place in (("pcds", postcode_at), ("oslaua", council_at), ("doterm", ended_at))
        if place is None
    ]
    if missing or postcode_at is None or council_at is None or ended_at is None:
        raise ImportRefused(
            f"the first line has no column {', '.join(missing)}: it must be ONSPD's own header"
        )
    known: dict[str, str | None] = {}
    for row in reader:
        report.rows += 1
        if report.rows % _EVERY == 0:
            tick()
        if len(row) <= max(postcode_at, council_at, ended_at):
            raise ImportRefused(f"line {reader.line_num} is cut short: get the file anew")
        if row[ended_at].strip():
            report.terminated += 1
            continue
        postcode, code = row[postcode_at], row[council_at].strip()
        if postcode.startswith("BT"):
            report.northern_ireland += 1
            continue
        if not code or code.endswith("99999999"):
            # The Channel Islands, the Isle of Man and a few large users have no council.
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
        yield postcode, gss


def _date_of(path: Path) -> str:
    found = re.search(r"([A-Z]{3})_(20\d\d)", path.name.upper())
    return f"{found.group(1).title()} {found.group(2)}" if found else "unknown"
