"""Eastings and northings of the British National Grid (EPSG:27700) as degrees (WGS 84, EPSG:4326)."""

from __future__ import annotations

from functools import cache

from pyproj import Transformer

_WIDE, _HIGH = 700_000, 1_300_000


@cache
def _transformer() -> Transformer:
    return Transformer.from_crs(27700, 4326, only_best=False, allow_ballpark=False)


def degrees_of(easting: float, northing: float) -> tuple[float, float]:
    """Latitude and longitude, good to a few metres. Raises `ValueError` for a point that is off the grid."""
    if not (0 <= easting <= _WIDE and 0 <= northing <= _HIGH):
        raise ValueError("off the grid")
    lat, long = _transformer().transform(easting, northing)
    return float(lat), float(long)
