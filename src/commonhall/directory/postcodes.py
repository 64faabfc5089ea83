"""All live postcodes of Great Britain and their councils, exactly, in one small file that is mapped into memory.

A postcode is a sector ('B91 3') and a unit (two of twenty letters). The file has one record for each sector,
in order: its key, its council (or where its runs of councils start), and a bitmap of the 400 units that says
which are live. So the file knows which postcodes exist, and a lookup is a binary search and one bit.

Layout, little endian: 8 bytes magic, 4 bytes length of a JSON header, the header (source, date, counts, the
list of GSS codes, SHA-256 of the rest), the sector records, the runs.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

MAGIC = b"CHPOST1\n"
LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
"""The letters of an inward code (Royal Mail leaves out C, I, K, M, O and V)."""
UNITS = len(LETTERS) ** 2
MIXED = 0xFFFF
_RECORD = struct.Struct(f"<5sHI{UNITS // 8}s")
_RUN = struct.Struct("<HH")
_PLACE = {letter: place for place, letter in enumerate(LETTERS)}

_NOT_ALNUM = re.compile(r"[^A-Z0-9]+")
_OUTWARD = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?")
_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9])([ABD-HJLNP-UW-Z]{2})")


class PostcodeFileRefused(Exception):  # noqa: N818
    """A file is not a postcode file, is damaged, or is of another format; the message says which."""


def parse_postcode(text: str) -> tuple[str, str, str] | None:
    """(outward, sector digit, unit) of what a person typed, or None where it cannot be a postcode.

    Spaces, dashes and small letters do not matter. A letter O typed for the zero of the inward code, or I for
    its one, is put right: no inward code starts with a letter.
    """
    if len(text) > 60:
        return None
    bare = _NOT_ALNUM.sub("", text.upper())
    if len(bare) >= 5 and bare[-3] in "OI":
        bare = bare[:-3] + {"O": "0", "I": "1"}[bare[-3]] + bare[-2:]
    match = _POSTCODE.fullmatch(bare)
    return match.groups() if match else None  # type: ignore[return-value]


def parse_outward(text: str) -> str | None:
    """The outward code where only the first half was typed ('B91')."""
    bare = _NOT_ALNUM.sub("", text.upper()[:60])
    return bare if _OUTWARD.fullmatch(bare) else None


@dataclass(frozen=True, slots=True)
class Sector:
    """One sector of the file: its key ('B91 3'), its live units, and its councils."""

    key: str
    live: bytes
    council: int
    runs: tuple[tuple[int, int], ...]


class Postcodes:
    """The file, opened. Safe to share between threads; nothing in it changes."""

    def __init__(self, data: mmap.mmap | bytes, header: dict[str, object], start: int, sectors: int) -> None:
        self._data = data
        self._start = start
        self._count = sectors
        self._runs = start + sectors * _RECORD.size
        self.header = header
        self.codes: tuple[str, ...] = tuple(header["codes"])  # type: ignore[arg-type]

    def council(self, outward: str, digit: str, unit: str) -> str | None:
        """The GSS code of a live postcode's council, or None where the postcode is not live."""
        record = self._find(_key(outward, digit))
        if record is None:
            return None
        _, council, offset, live = record
        place = _PLACE[unit[0]] * len(LETTERS) + _PLACE[unit[1]]
        if not live[place >> 3] >> (place & 7) & 1:
            return None
        return self.codes[self._in_runs(offset, place) if council == MIXED else council]

    def sector_councils(self, outward: str, digit: str) -> tuple[str, ...]:
        """The GSS codes of a sector's councils; empty where there is no such sector."""
        record = self._find(_key(outward, digit))
        return self._councils([record] if record else [])

    def district_councils(self, outward: str) -> tuple[str, ...]:
        """The GSS codes of a whole outward code's councils; empty where there is none."""
        found = (self._find(_key(outward, str(digit))) for digit in range(10))
        return self._councils([record for record in found if record])

    def sectors(self) -> Iterator[str]:
        """The keys of all sectors, in order."""
        for place in range(self._count):
            yield self._record(place)[0].decode().rstrip()

    def _councils(self, records: list[tuple[bytes, int, int, bytes]]) -> tuple[str, ...]:
        found: list[int] = []
        for _, council, offset, _ in records:
            found += [c for _, c in self._run_list(offset)] if council == MIXED else [council]
        return tuple(self.codes[council] for council in dict.fromkeys(found))

    def _record(self, place: int) -> tuple[bytes, int, int, bytes]:
        return _RECORD.unpack_from(self._data, self._start + place * _RECORD.size)

    def _find(self, key: bytes) -> tuple[bytes, int, int, bytes] | None:
        low, high = 0, self._count
        data, start, size = self._data, self._start, _RECORD.size
        while low < high:
            middle = (low + high) // 2
            at = start + middle * size
            if data[at : at + 5] < key:
                low = middle + 1
            else:
                high = middle
        if low == self._count:
            return None
        record = self._record(low)
        return record if record[0] == key else None

    def _run_list(self, offset: int) -> list[tuple[int, int]]:
        at = self._runs + offset
        (count,) = struct.unpack_from("<H", self._data, at)
        return [_RUN.unpack_from(self._data, at + 2 + i * _RUN.size) for i in range(count)]

    def _in_runs(self, offset: int, place: int) -> int:
        council = MIXED
        for first, owner in self._run_list(offset):
            if first > place:
                break
            council = owner
        return council


def _key(outward: str, digit: str) -> bytes:
    return f"{outward:<4}{digit}".encode()


def compile_postcodes(rows: Iterable[tuple[str, str]], source: str, date: str) -> bytes:
    """Make the file's bytes from (postcode, GSS code) rows in any order. A postcode twice must agree.

    Raises `ValueError` for what is not a postcode or disagrees.
    """
    places: dict[int, str] = {}
    sectors: dict[bytes, dict[int, str]] = {}
    for postcode, gss in rows:
        parsed = parse_postcode(postcode)
        if parsed is None:
            raise ValueError(f"'{postcode}' is not a postcode")
        outward, digit, unit = parsed
        places = sectors.setdefault(_key(outward, digit), {})
        place = _PLACE[unit[0]] * len(LETTERS) + _PLACE[unit[1]]
        if places.setdefault(place, gss) != gss:
            raise ValueError(f"'{postcode}' stands twice, with {places[place]} and {gss}")
    codes = sorted({gss for units in sectors.values() for gss in units.values()})
    number = {gss: i for i, gss in enumerate(codes)}
    records = bytearray()
    runs = bytearray()
    for key in sorted(sectors):
        units = sectors[key]
        live = bytearray(UNITS // 8)
        for place in units:
            live[place >> 3] |= 1 << (place & 7)
        owners = [(place, number[units[place]]) for place in sorted(units)]
        changes = [next(group) for _, group in groupby(owners, key=lambda owner: owner[1])]
        council = changes[0][1] if len(changes) == 1 else MIXED
        records += _RECORD.pack(key, council, len(runs) if council == MIXED else 0, bytes(live))
        if council == MIXED:
            runs += struct.pack("<H", len(changes)) + b"".join(_RUN.pack(*change) for change in changes)
    body = bytes(records + runs)
    header = {
        "format": 1,
        "source": source,
        "date": date,
        "postcodes": sum(len(units) for units in sectors.values()),
        "sectors": len(sectors),
        "codes": codes,
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    head = json.dumps(header, separators=(",", ":")).encode()
    return MAGIC + struct.pack("<I", len(head)) + head + body


def open_postcodes(path: Path, *, verify: bool = False) -> Postcodes:
    """Map a postcode file into memory. With `verify`, read it all and compare its checksum.

    Raises `PostcodeFileRefused`; the remedy is in its message.
    """
    remedy = "import the ONS Postcode Directory again, or reinstall the package"
    try:
        with path.open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise PostcodeFileRefused(f"{path.name} cannot be read ({error}): {remedy}") from error
    if data[: len(MAGIC)] != MAGIC or len(data) < len(MAGIC) + 4:
        raise PostcodeFileRefused(f"{path.name} is not a postcode file of this format: {remedy}")
    (length,) = struct.unpack_from("<I", data, len(MAGIC))
    start = len(MAGIC) + 4 + length
    try:
        header = json.loads(data[len(MAGIC) + 4 : start])
        sectors = int(header["sectors"])
        known = all(isinstance(code, str) for code in header["codes"]) and header["format"] == 1
    except (ValueError, KeyError, TypeError):
        known, header, sectors = False, {}, 0
    if not known or len(data) < start + sectors * _RECORD.size:
        raise PostcodeFileRefused(f"{path.name} is damaged or cut short: {remedy}")
    if verify and hashlib.sha256(data[start:]).hexdigest() != header.get("sha256"):
        raise PostcodeFileRefused(f"{path.name} does not match its checksum: {remedy}")
    return Postcodes(data, header, start, sectors)
