"""All live postcodes of Great Britain and their councils, exactly, in one small file that is mapped into memory.

A postcode is a sector ('B91 3') and a unit (two of twenty letters). The file has one record for each sector,
in order: its key, its council (or where its runs of councils start), and a bitmap of the 400 units that says
which are live. So the file knows which postcodes exist, and a lookup is one record and one bit of it.

The header (source, date, counts, the list of codes) is followed by the sector records, then the runs; `sealed.py` has
the rest of the layout. The codes are councils' in one such file, and wards' in another.
"""

from __future__ import annotations

import mmap
import struct
from array import array
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from commonhall.directory.postcode_text import UNIT_LETTERS, parse_postcode
from commonhall.directory.sealed import Kind, open_sealed, sealed

UNITS = len(UNIT_LETTERS) ** 2
MIXED = 0xFFFF
POSTCODES = Kind(
    b"CHPOST2\n", "postcode", "import the ONS Postcode Directory again, or reinstall the package"
)
_RECORD = struct.Struct(f"<5sHI{UNITS // 8}s")
_KEY = struct.Struct(f"<5s{_RECORD.size - 5}x")
_RUN = struct.Struct("<HH")
_COUNT = struct.Struct("<H")
_PLACE = {
    one + other: place * len(UNIT_LETTERS) + second
    for place, one in enumerate(UNIT_LETTERS)
    for second, other in enumerate(UNIT_LETTERS)
}


class Postcodes:
    """The file, opened. Safe to share between threads; nothing in it changes."""

    def __init__(self, data: mmap.mmap, header: Mapping[str, Any], start: int) -> None:
        self._data = data
        self._start = start
        count = int(header["sectors"])
        self._runs = start + count * _RECORD.size
        # A dictionary of some 11,000 keys costs a millisecond once, and saves a search in every lookup.
        records = memoryview(data)[start : self._runs]
        self._places = {record[0]: place for place, record in enumerate(_KEY.iter_unpack(records))}
        self.codes: tuple[str, ...] = tuple(header["codes"])
        self.source = str(header["source"])
        self.date = str(header["date"])
        self.postcodes = int(header["postcodes"])

    def code(self, outward: str, digit: str, unit: str) -> str | None:
        """The GSS code of a live postcode's council (or ward), or None where the postcode is not live."""
        record = self._find(_key(outward, digit))
        if record is None:
            return None
        _, council, offset, live = record
        place = _PLACE[unit]
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

    def live_in(self, codes: Iterable[str]) -> Iterator[str]:
        """Every live postcode of these councils (GSS codes as this file has them), in order."""
        given = set(codes)
        wanted = {number for number, code in enumerate(self.codes) if code in given}
        for key in sorted(self._places):
            record = self._find(key)
            runs = self._owners(record) if record else []
            if record is None or wanted.isdisjoint(owner for _, owner in runs):
                continue
            text, live, owner, following = key.decode(), record[3], MIXED, 0
            for place in range(UNITS):
                while following < len(runs) and runs[following][0] <= place:
                    owner, following = runs[following][1], following + 1
                if owner in wanted and live[place >> 3] >> (place & 7) & 1:
                    first, second = divmod(place, len(UNIT_LETTERS))
                    yield f"{text[:4].strip()} {text[4]}{UNIT_LETTERS[first]}{UNIT_LETTERS[second]}"

    def _owners(self, record: tuple[bytes, int, int, bytes]) -> list[tuple[int, int]]:
        """From which place on a sector's units are of which council."""
        _, council, offset, _ = record
        return self._run_list(offset) if council == MIXED else [(0, council)]

    def _councils(self, records: list[tuple[bytes, int, int, bytes]]) -> tuple[str, ...]:
        found: list[int] = []
        for _, council, offset, _ in records:
            found += [c for _, c in self._run_list(offset)] if council == MIXED else [council]
        return tuple(self.codes[council] for council in dict.fromkeys(found))

    def _find(self, key: bytes) -> tuple[bytes, int, int, bytes] | None:
        place = self._places.get(key)
        if place is None:
            return None
        return _RECORD.unpack_from(self._data, self._start + place * _RECORD.size)

    def _run_list(self, offset: int) -> list[tuple[int, int]]:
        at = self._runs + offset
        (count,) = _COUNT.unpack_from(self._data, at)
        return [_RUN.unpack_from(self._data, at + _COUNT.size + i * _RUN.size) for i in range(count)]

    def _in_runs(self, offset: int, place: int) -> int:
        council = MIXED
        for first, owner in self._run_list(offset):
            if first > place:
                break
            council = owner
        return council


def _key(outward: str, digit: str) -> bytes:
    return f"{outward:<4}{digit}".encode()


class PostcodeTable:
    """Postcodes and their codes while a file is made of them.

    Takes about a kilobyte of memory for each sector (some 12 MB for Great Britain), however many rows there are.
    """

    def __init__(self) -> None:
        self._sectors: dict[bytes, array[int]] = {}
        self._numbers: dict[str, int] = {}

    def add(self, postcode: str, code: str) -> None:
        """Add a row. Raises `ValueError` for what is not a postcode, or stands there with another code."""
        parsed = parse_postcode(postcode)
        if parsed is None:
            raise ValueError(f"'{postcode}' is not a postcode")
        outward, digit, unit = parsed
        key = _key(outward, digit)
        owners = self._sectors.get(key)
        if owners is None:
            owners = self._sectors[key] = array("H", [MIXED]) * UNITS
        number, place = self._numbers.setdefault(code, len(self._numbers)), _PLACE[unit]
        if owners[place] not in {MIXED, number}:
            other = list(self._numbers)[owners[place]]
            raise ValueError(f"'{postcode}' stands twice, with {other} and {code}")
        owners[place] = number

    def compiled(self, source: str, date: str) -> bytes:
        """The file's bytes."""
        return _packed(self._sectors, list(self._numbers), source, date)


def compile_postcodes(rows: Iterable[tuple[str, str]], source: str, date: str) -> bytes:
    """Make the file's bytes from (postcode, GSS code) rows in any order. A postcode twice must agree.

    Raises `ValueError` for what is not a postcode or disagrees.
    """
    table = PostcodeTable()
    for postcode, gss in rows:
        table.add(postcode, gss)
    return table.compiled(source, date)


def _packed(sectors: dict[bytes, array[int]], gss: list[str], source: str, date: str) -> bytes:
    codes = sorted(gss)
    number = [codes.index(code) for code in gss]
    records, runs = bytearray(), bytearray()
    postcodes = 0
    for key in sorted(sectors):
        live = bytearray(UNITS // 8)
        owners: list[tuple[int, int]] = []
        for place, owner in enumerate(sectors[key]):
            if owner != MIXED:
                live[place >> 3] |= 1 << (place & 7)
                owners.append((place, number[owner]))
        postcodes += len(owners)
        changes = [next(group) for _, group in groupby(owners, key=lambda each: each[1])]
        council = changes[0][1] if len(changes) == 1 else MIXED
        records += _RECORD.pack(key, council, len(runs) if council == MIXED else 0, bytes(live))
        if council == MIXED:
            runs += _COUNT.pack(len(changes)) + b"".join(_RUN.pack(*change) for change in changes)
    header = {
        "source": source,
        "date": date,
        "postcodes": postcodes,
        "sectors": len(sectors),
        "codes": codes,
    }
    return sealed(POSTCODES, header, records + runs)


def open_postcodes(path: Path) -> Postcodes:
    """Map a postcode file into memory and compare it with its checksum (about a millisecond).

    Raises `commonhall.directory.sealed.FileRefused`; the remedy is in its message.
    """
    return Postcodes(*open_sealed(path, POSTCODES))
