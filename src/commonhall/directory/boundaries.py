"""Take ward boundaries into use: GeoJSON (RFC 7946), as ONS's Open Geography Portal offers it.

ONS names its columns by year: `WD24CD` and `WD24NM` are a ward's code and name, `LAD24CD` is its council. Boundaries that a
council drew itself may say `code`, `name` and `council` instead. ONS offers coordinates in degrees and, by an older way of
saying so (`crs`), in metres of the British National Grid; both are read.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from commonhall.directory.councils import Councils
from commonhall.directory.directory import WARD_FILE
from commonhall.directory.sealed import FileRefused, put
from commonhall.directory.wards import WARDS, Ward, compile_wards

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

_Mover = Callable[..., Any]
"""Longitudes and latitudes from a file's coordinates."""

ONS_ATTRIBUTION = {
    "en": "Source: Office for National Statistics licensed under the Open Government Licence v.3.0. "
    "Contains OS data © Crown copyright and database right.",
    "cy": "Ffynhonnell: Swyddfa Ystadegau Gwladol, trwyddedwyd o dan Drwydded Llywodraeth Agored f.3.0. "
    "Yn cynnwys data OS © Hawlfraint y Goron a hawl cronfa ddata.",
}
MOST_BYTES = 400_000_000
"""Of a file: generalised boundaries of all wards are some 60 MB, and what is finer than that tells no ward better."""
MOST_EXAMPLES = 20
_CODE, _NAME, _COUNCIL = (
    re.compile(pattern, re.IGNORECASE)
    for pattern in (r"wd\d\dcd|code", r"wd\d\dnm|name", r"lad\d\dcd|council")
)
_WELSH = re.compile(r"wd\d\dnmw|name_cy", re.IGNORECASE)
_SOUND_CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")
LONGEST_NAME = 120
_GRID = re.compile(r"EPSG:{1,2}27700$")
_DEGREES = re.compile(r"(EPSG:{1,2}4326|CRS84)$")
_LEAST_METRES = 1_000
"""No ward lies this near to the National Grid's origin, west of Scilly; degrees all do."""
_UNITED_KINGDOM = (-9.0, 49.0, 3.0, 62.0)
"""Degrees around it: west, south, east, north."""


class BoundariesRefused(Exception):  # noqa: N818
    """A file has no ward boundaries in it, or cannot be taken in; the former ones stay in use."""


@dataclass(slots=True)
class BoundariesReport:
    """What an import found. `left_out` are the first of those that could not be taken, as (place in the file, ward, why);
    `left_out_count` is how many there are. `size` is in bytes."""

    wards: int = 0
    councils: int = 0
    left_out_count: int = 0
    left_out: list[tuple[int, str, str]] = field(default_factory=list)
    attribution: Mapping[str, str] = field(default_factory=dict)
    size: int = 0

    def leave_out(self, place: int, ward: str, why: str) -> None:
        """Note one."""
        self.left_out_count += 1
        if len(self.left_out) < MOST_EXAMPLES:
            self.left_out.append((place, ward, why))


class _Feature(msgspec.Struct):
    properties: dict[str, Any] | None = None
    geometry: msgspec.Raw = msgspec.Raw(b"null")


class _Collection(msgspec.Struct):
    features: list[_Feature] = []
    type: str = ""
    crs: dict[str, Any] | None = None


def import_boundaries(
    path: Path, out_folder: Path, councils: Councils, attribution: str | None = None
) -> BoundariesReport:
    """Compile a GeoJSON file of wards into `out_folder`.

    `attribution` is how the boundaries' licence wants them named; ONS's own words, if it is not said. Raises
    `BoundariesRefused` with the remedy.
    """
    collection = _read(path)
    said = {"en": attribution, "cy": attribution} if attribution else ONS_ATTRIBUTION
    report = BoundariesReport(attribution=said)
    first: dict[str, Any] = next((one.properties for one in collection.features if one.properties), {})
    columns = _columns(first, path.name)
    welsh = next((name for name in first if _WELSH.fullmatch(name)), "")
    move = _mover(collection.crs, path.name)
    wards: dict[str, tuple[Ward, str]] = {}
    for place, feature in enumerate(collection.features, 1):
        code, name, council = (_text(feature.properties, column) for column in columns)
        wrong = _wrong_names(code, name)
        if wrong:
            report.leave_out(place, (code or name)[:LONGEST_NAME], wrong)
            continue
        home = councils.by_gss(council)
        if home is None:
            report.leave_out(place, f"{code} {name}", f"no council of today has the code '{council}'")
            continue
        if code in wards:
            report.leave_out(place, f"{code} {name}", "its code was there before")
            continue
        try:
            shape = _shape(feature.geometry, move)
        except ValueError as error:
            report.leave_out(place, f"{code} {name}", str(error))
            continue
        in_welsh = _text(feature.properties, welsh)[:LONGEST_NAME]
        wards[code] = Ward(code, name, shape, in_welsh if in_welsh != name else ""), home.gss
    if not wards:
        _, ward, why = report.left_out[0]
        raise BoundariesRefused(f"{path.name} has no ward that can be used: feature 1 ({ward}): {why}")
    compiled = compile_wards(wards.values(), path.name, report.attribution)
    report.wards, report.size = len(wards), len(compiled)
    report.councils = len({council for _, council in wards.values()})
    try:
        put(compiled, out_folder / WARD_FILE, WARDS)
    except FileRefused as error:
        raise BoundariesRefused(str(error)) from error
    return report


def _read(path: Path) -> _Collection:
    name = path.name
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BoundariesRefused(
                f"{name} is larger than {MOST_BYTES // 1_000_000} MB: get generalised boundaries (BGC) instead"
            )
        found = msgspec.json.decode(path.read_bytes().removeprefix(codecs.BOM_UTF8), type=_Collection)
    except OSError as error:
        raise BoundariesRefused(
            f"{path} cannot be read ({error.strerror}): give the path of the file"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BoundariesRefused(
            f"{name} is not GeoJSON in UTF-8 ({error}): download the boundaries again, as GeoJSON"
        ) from error
    if found.type != "FeatureCollection" or not found.features:
        raise BoundariesRefused(f"{name} has no features: it must be a GeoJSON FeatureCollection of wards")
    return found


def _columns(properties: Mapping[str, Any], file: str) -> tuple[str, str, str]:
    found = [
        next((name for name in properties if pattern.fullmatch(name)), None)
        for pattern in (_CODE, _NAME, _COUNCIL)
    ]
    code, name, council = found
    if code is None or name is None or council is None:
        wanted = zip(found, ("WD24CD (or code)", "WD24NM (or name)", "LAD24CD (or council)"), strict=True)
        missing = ", ".join(word for one, word in wanted if one is None)
        raise BoundariesRefused(
            f"{file}: the first feature has no property {missing}, only {', '.join(properties) or 'none'}:"
            " get a file of wards that names the council of each"
        )
    return code, name, council


def _text(properties: Mapping[str, Any] | None, column: str) -> str:
    found = (properties or {}).get(column)
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    return " ".join(found.split()) if isinstance(found, str) else ""


def _wrong_names(code: str, name: str) -> str:
    """Why a ward cannot be called so; empty where it can. Codes become keys of counts."""
    if not code or not name:
        return "it has no code or no name"
    if not _SOUND_CODE.fullmatch(code):
        return "its code must be at most 40 letters, digits and hyphens"
    if len(name) > LONGEST_NAME or not name.isprintable():
        return f"its name must be at most {LONGEST_NAME} characters that can be printed"
    return ""


def _mover(crs: Mapping[str, Any] | None, file: str) -> _Mover | None:
    """What turns a file's coordinates into degrees; None where they are."""
    if crs is None:
        return None
    properties = crs.get("properties")
    name = str(properties.get("name")) if isinstance(properties, dict) else ""
    if _DEGREES.search(name):
        return None
    if not _GRID.search(name):
        raise BoundariesRefused(
            f"{file} has coordinates of '{name}': get it in degrees (EPSG:4326) or British National Grid (EPSG:27700)"
        )
    from pyproj import Transformer  # noqa: PLC0415

    transformer = Transformer.from_crs(27700, 4326, always_xy=True, only_best=False, allow_ballpark=False)
    return transformer.transform


def _shape(geometry: bytes, move: _Mover | None) -> BaseGeometry:
    import shapely  # noqa: PLC0415

    if bytes(geometry) == b"null":
        raise ValueError("it has no geometry")
    try:
        shape = shapely.from_geojson(bytes(geometry))
        if shape.is_empty:
            raise ValueError("it has no geometry")
        if move is not None:
            if shape.bounds[2] < _LEAST_METRES:
                raise ValueError("the file says that it is in metres of the National Grid, and this is not")
            shape = shapely.transform(shape, move, interleaved=False)
        west, south, east, north = shape.bounds
        # Before it is mended: what is not finite is inside of nothing.
        if not (
            _UNITED_KINGDOM[0] <= west <= east <= _UNITED_KINGDOM[2]
            and _UNITED_KINGDOM[1] <= south <= north <= _UNITED_KINGDOM[3]
        ):
            raise ValueError(
                "it lies outside the United Kingdom: coordinates must be longitude, latitude in degrees"
            )
        if not shape.is_valid:
            shape = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    except shapely.errors.ShapelyError as error:
        raise ValueError(f"its geometry cannot be read ({error})") from None
    if not isinstance(shape, shapely.Polygon | shapely.MultiPolygon) or shape.is_empty:
        raise ValueError(f"its geometry is a {shape.geom_type}, not a polygon")
    return shape
