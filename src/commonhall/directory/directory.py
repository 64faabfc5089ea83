"""The directory: from a postcode and a need to the right council."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from commonhall.directory.councils import Council, Councils, councils_from
from commonhall.directory.postcode_text import parse_outward, parse_postcode
from commonhall.directory.postcodes import Postcodes, open_postcodes
from commonhall.directory.services import NationalService, Services, providing_council, services_from
from commonhall.directory.wards import Wards, open_boundaries

POSTCODE_FILE = "postcodes.bin"
WARD_FILE, WARD_POSTCODE_FILE = "wards.bin", "ward-postcodes.bin"

_ELSEWHERE = {"JE": "Jersey", "GY": "Guernsey", "IM": "the Isle of Man"}


@dataclass(frozen=True, slots=True)
class NotAPostcode:
    """What was typed cannot be a postcode."""

    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """A live postcode: its district or unitary council first, then its county council if it has one."""

    postcode: str
    councils: tuple[Council, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """The postcode cannot be answered for certain; these councils, by name, are the ones of its area.

    It is well formed but not live, or (`whole` is false) only its first half was given. Its area is its sector, or
    its whole district where that sector is not known. One candidate alone is still a choice, not an answer.
    """

    postcode: str
    candidates: tuple[Council, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class NorthernIreland:
    """A BT postcode: the licence of Northern Ireland's postcodes leaves only the list of its councils."""

    postcode: str
    councils: tuple[Council, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """No council of the United Kingdom has this postcode; `place` is where it is, if that is known."""

    postcode: str
    place: str | None


PostcodeAnswer = NotAPostcode | Found | Choice | NorthernIreland | Unknown


@dataclass(frozen=True, slots=True)
class Directory:
    """Councils, services, postcodes and wards. Nothing in it changes."""

    councils: Councils
    services: Services
    postcodes: Postcodes
    wards: Wards

    def find(self, text: str) -> PostcodeAnswer:
        """What can be said of a postcode as a person typed it. Never raises."""
        parsed = parse_postcode(text)
        if parsed is None:
            outward = parse_outward(text)
            if outward is None:
                return NotAPostcode(text)
            return self._area(outward, outward, None)
        outward, digit, unit = parsed
        postcode = f"{outward} {digit}{unit}"
        gss = self.postcodes.code(outward, digit, unit)
        if gss is None:
            return self._area(postcode, outward, digit)
        council = self.councils.by_gss(gss)
        return Found(postcode, self.with_county(council)) if council else Unknown(postcode, None)

    def _area(self, postcode: str, outward: str, digit: str | None) -> PostcodeAnswer:
        """The best that can be said of a postcode that is not live, or of half a postcode."""
        letters = "".join(character for character in outward[:2] if character.isalpha())
        if letters == "BT":
            return NorthernIreland(postcode, self.councils.of_nation("Northern Ireland"))
        if letters in _ELSEWHERE:
            return Unknown(postcode, _ELSEWHERE[letters])
        codes = self.postcodes.sector_councils(outward, digit) if digit else ()
        codes = codes or self.postcodes.district_councils(outward)
        found = [council for council in map(self.councils.by_gss, codes) if council]
        if not found:
            return Unknown(postcode, None)
        unique = tuple(dict.fromkeys(found))
        return Choice(postcode, tuple(sorted(unique, key=lambda council: council.name)), digit is not None)

    def with_county(self, council: Council) -> tuple[Council, ...]:
        """A council with its county, the lower tier first."""
        county = self.councils.parent(council)
        return (council, county) if county else (council,)

    def provider(self, service: NationalService, councils: tuple[Council, ...]) -> Council | None:
        """Which of these councils provides a service."""
        return providing_council(service, councils)


def open_directory(data_folder: Path | None = None) -> Directory:
    """Open the directory that the package ships; postcodes and wards from `data_folder` where they were imported there.

    Raises `commonhall.directory.sealed.FileRefused`.
    """
    shipped = resources.files("commonhall.directory") / "data"
    councils = councils_from(_read(shipped.joinpath("councils.json").read_text("utf-8")))
    services = services_from(_read(shipped.joinpath("services.json").read_text("utf-8")))
    wards = _wards(councils, data_folder) if data_folder else Wards()
    imported = data_folder / POSTCODE_FILE if data_folder else None
    if imported is not None and imported.exists():
        return Directory(councils, services, open_postcodes(imported), wards)
    with resources.as_file(shipped / POSTCODE_FILE) as path:
        return Directory(councils, services, open_postcodes(path), wards)


def _wards(councils: Councils, folder: Path) -> Wards:
    boundaries, postcodes = folder / WARD_FILE, folder / WARD_POSTCODE_FILE
    return Wards(
        councils,
        open_boundaries(boundaries) if boundaries.exists() else None,
        open_postcodes(postcodes) if postcodes.exists() else None,
    )


def _read(text: str) -> Mapping[str, object]:
    data: Mapping[str, object] = json.loads(text)
    return data
