"""The 382 councils of the United Kingdom, by slug and by GSS code, former codes included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Council:
    """A local authority. A district's county is its parent; a unitary council has none.

    `tier` is 'district', 'unitary' or 'county'; `nation` is 'England', 'Wales', 'Scotland' or 'Northern Ireland';
    `population` is the estimate of 2020; `latitude` and `longitude` are degrees (WGS 84) of its middle.
    """

    slug: str
    gss: str
    name: str
    short_name: str
    nation: str
    region: str
    tier: str
    type: str
    parent_slug: str | None
    homepage_url: str
    population: int | None
    latitude: float | None
    longitude: float | None


class Councils:
    """All councils. Nothing in it changes."""

    def __init__(self, councils: tuple[Council, ...], aliases: Mapping[str, str]) -> None:
        self.all = tuple(sorted(councils, key=lambda council: council.name))
        self._by_slug = {council.slug: council for council in councils}
        self._by_gss = {council.gss: council for council in councils}
        self._aliases = dict(aliases)

    def council(self, slug: str) -> Council | None:
        """The council with this slug."""
        return self._by_slug.get(slug)

    def by_gss(self, code: str) -> Council | None:
        """The council that has this code, or that now holds the area of a former code. A chain is followed."""
        found = self._by_gss.get(code)
        if found is not None:
            return found
        seen = set()
        while code not in self._by_gss and code in self._aliases and code not in seen:
            seen.add(code)
            code = self._aliases[code]
        return self._by_gss.get(code)

    def parent(self, council: Council) -> Council | None:
        """A district's county council."""
        return self._by_slug.get(council.parent_slug) if council.parent_slug else None

    def children(self, county: Council) -> tuple[Council, ...]:
        """A county's district councils."""
        return tuple(council for council in self.all if council.parent_slug == county.slug)

    def with_children(self, council: Council) -> tuple[Council, ...]:
        """A council, and its districts if it is a county."""
        return (council, *self.children(council))

    def of_nation(self, nation: str) -> tuple[Council, ...]:
        """A nation's councils, by name."""
        return tuple(council for council in self.all if council.nation == nation)


def councils_from(data: Mapping[str, Any]) -> Councils:
    """Councils from the compiled file's data."""
    return Councils(tuple(Council(**row) for row in data["councils"]), data["aliases"])


def councils_data(rows: list[Mapping[str, str]], aliases: list[Mapping[str, str]]) -> dict[str, Any]:
    """The compiled file's data from the rows of `councils.csv` and `gss_aliases.csv`."""
    rows = [{column: text.strip() for column, text in row.items()} for row in rows]

    def number(text: str, kind: type[int] | type[float]) -> float | None:
        return kind(float(text)) if text else None

    councils = [
        {
            "slug": row["slug"],
            "gss": row["gss"],
            "name": row["name"],
            "short_name": row["short_name"] or row["name"],
            "nation": row["nation"],
            "region": row["region"],
            "tier": row["tier"],
            "type": row["type"],
            "parent_slug": row["parent_slug"] or None,
            "homepage_url": row["homepage_url"],
            "population": number(row["population_2020"], int),
            "latitude": number(row["latitude"], float),
            "longitude": number(row["longitude"], float),
        }
        for row in rows
    ]
    return {"councils": councils, "aliases": {row["old_gss"]: row["current_gss"] for row in aliases}}
