"""Wards: in which one a place is, and the shapes of a council's, from boundaries that somebody took into use.

Neither is shipped: `boundaries.py` takes boundaries in, and `onspd.py` which postcode is in which ward. Where there are no
boundaries, no council has a ward.

The file of boundaries has in its header a row for each ward, in the order of councils and names: its code, its name, its
council's GSS code, where its shape begins and ends among the records, and its Welsh name if it has one. A shape is well-known binary (OGC 06-103r4) in
degrees of WGS 84, longitude first.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commonhall.directory.councils import Council, Councils
from commonhall.directory.postcode_text import parse_postcode
from commonhall.directory.postcodes import Postcodes
from commonhall.directory.sealed import Kind, open_sealed, sealed

if TYPE_CHECKING:
    from shapely import STRtree
    from shapely.geometry.base import BaseGeometry

WARDS = Kind(b"CHWARD1\n", "ward", "import the ward boundaries again, or take the file away")


@dataclass(frozen=True, slots=True)
class Ward:
    """A ward: its code (GSS), its name, and its shape, a polygon or several, in degrees, longitude first. `welsh` is its
    Welsh name where that is another."""

    code: str
    name: str
    shape: BaseGeometry
    welsh: str = ""

    def named(self, language: str) -> str:
        """Its name in a language."""
        return self.welsh if self.welsh and language == "cy" else self.name


@dataclass(frozen=True, slots=True)
class _Of:
    """The wards of one council, and what finds them by place."""

    wards: tuple[Ward, ...]
    codes: frozenset[str]
    tree: STRtree | None


_NONE = _Of((), frozenset(), None)


class Boundaries:
    """The file, opened. Shapes are made when a council is first asked for; nothing in it changes."""

    def __init__(self, data: mmap.mmap, header: Mapping[str, Any], start: int) -> None:
        # Where there are boundaries it is needed, and takes a while to load: now, and not while somebody waits.
        import shapely  # noqa: F401, PLC0415

        self._data = data
        self._start = start
        self.source = str(header["source"])
        self.attribution: Mapping[str, str] = header["attribution"]
        self._rows: dict[str, list[tuple[str, str, int, int, str]]] = {}
        for code, name, council, first, end, welsh in header["wards"]:
            self._rows.setdefault(council, []).append((code, name, first, end, welsh))

    @property
    def codes(self) -> frozenset[str]:
        """The codes of all wards."""
        return frozenset(row[0] for rows in self._rows.values() for row in rows)

    def of(self, councils: Iterable[Council], known: Councils) -> list[Ward]:
        """The wards of these councils, those of former councils whose area they hold now included."""
        import shapely  # noqa: PLC0415

        wanted = set(councils)
        return [
            Ward(code, name, shapely.from_wkb(self._data[self._start + first : self._start + end]), welsh)
            for gss, rows in self._rows.items()
            if known.by_gss(gss) in wanted
            for code, name, first, end, welsh in rows
        ]


class Wards:
    """Which ward a place is in. Safe to share between threads."""

    def __init__(
        self,
        councils: Councils | None = None,
        boundaries: Boundaries | None = None,
        postcodes: Postcodes | None = None,
    ) -> None:
        self._councils = councils
        self._boundaries = boundaries
        self._postcodes = postcodes
        self._kept: dict[str, _Of] = {}

    @property
    def known(self) -> bool:
        """Whether there are boundaries."""
        return self._boundaries is not None

    def attribution(self, language: str) -> str:
        """Whose the boundaries are, as their licence wants it said."""
        return self._boundaries.attribution.get(language, "") if self._boundaries else ""

    @property
    def named_by_postcodes(self) -> tuple[int, int]:
        """Of the wards that postcodes name, how many have boundaries, and how many there are."""
        named = frozenset(self._postcodes.codes) if self._postcodes else frozenset()
        return len(named & (self._boundaries.codes if self._boundaries else frozenset())), len(named)

    def of(self, council: str) -> tuple[Ward, ...]:
        """The wards of a council (by slug), by name; a county's are those of its districts."""
        return self._of(council).wards

    def at(self, council: str, lat: float, long: float) -> str | None:
        """The code of the council's ward at a place, in degrees; None outside all of them. On a line between two it is
        the first of them by name."""
        import shapely  # noqa: PLC0415

        found = self._of(council)
        if found.tree is None:
            return None
        places = found.tree.query(shapely.Point(long, lat), predicate="intersects")
        return found.wards[min(places)].code if len(places) else None

    def of_postcode(self, council: str, text: str) -> str | None:
        """The code of the council's ward that ONS puts a postcode into; None where that is not known."""
        parsed = parse_postcode(text) if self._postcodes else None
        code = self._postcodes.code(*parsed) if self._postcodes and parsed else None
        return code if code in self._of(council).codes else None

    def _of(self, council: str) -> _Of:
        found = self._kept.get(council)
        if found is None:
            found = self._kept[council] = self._read(council)
        return found

    def _read(self, slug: str) -> _Of:
        council = self._councils.council(slug) if self._councils else None
        if self._councils is None or self._boundaries is None or council is None:
            return _NONE
        import shapely  # noqa: PLC0415

        found = self._boundaries.of(self._councils.with_children(council), self._councils)
        wards = sorted(found, key=lambda ward: (ward.name, ward.code))
        codes = frozenset(ward.code for ward in wards)
        return _Of(tuple(wards), codes, shapely.STRtree([ward.shape for ward in wards])) if wards else _NONE


def compile_wards(wards: Iterable[tuple[Ward, str]], source: str, attribution: Mapping[str, str]) -> bytes:
    """Make the file's bytes from wards, each with the GSS code of its council; `attribution` is by language."""
    import shapely  # noqa: PLC0415

    records, rows = bytearray(), []
    for ward, council in sorted(wards, key=lambda one: (one[1], one[0].name, one[0].code)):
        first = len(records)
        records += shapely.to_wkb(ward.shape, byte_order=1)
        rows.append((ward.code, ward.name, council, first, len(records), ward.welsh))
    header = {"source": source, "attribution": dict(attribution), "wards": rows}
    return sealed(WARDS, header, records)


def open_boundaries(path: Path) -> Boundaries:
    """Map a file of boundaries into memory. Raises `commonhall.directory.sealed.FileRefused`."""
    return Boundaries(*open_sealed(path, WARDS))
