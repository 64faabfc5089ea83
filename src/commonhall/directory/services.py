"""The national service list, and a search of it in everyday words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from commonhall.directory.councils import Council
from commonhall.directory.search import Entry, NeedIndex


@dataclass(frozen=True, slots=True)
class NationalService:
    """A service of the Local Government Service List.

    `tiers` are the list's own kinds of council that provide it (district, county, metropolitan, london-borough,
    unitary; also fire, National park); `govuk_tiers` are GOV.UK's (district, county, unitary, all), empty where
    GOV.UK does not route it. `lgils` are the interactions that it has.
    """

    lgsl: int
    name: str
    tiers: tuple[str, ...]
    lgils: tuple[int, ...]
    govuk_label: str | None
    govuk_tiers: tuple[str, ...]


class Services:
    """All services of the national list, searchable. Nothing in it changes."""

    def __init__(self, services: Iterable[NationalService]) -> None:
        self._by_lgsl = {service.lgsl: service for service in services}
        self._index = NeedIndex(_entry(service) for service in self._by_lgsl.values())

    def __len__(self) -> int:
        return len(self._by_lgsl)

    def service(self, lgsl: int) -> NationalService | None:
        """The service with this code."""
        return self._by_lgsl.get(lgsl)

    def search(self, need: str, limit: int = 10) -> list[NationalService]:
        """The services that best answer a need in everyday words, best first; a long word may have one slip."""
        return [self._by_lgsl[lgsl] for lgsl in self._index.search(need, limit)]


def _entry(service: NationalService) -> Entry:
    """The services that GOV.UK sends people to are most often meant; those that no council provides, least."""
    of_a_council = not _COUNCIL_KINDS.isdisjoint(service.tiers)
    likelihood = 1.5 if service.govuk_tiers else 1.0 if of_a_council else 0.5
    return Entry(service.lgsl, (service.name, service.govuk_label or ""), likelihood)


_KINDS = {
    "Non-metropolitan district": "district",
    "County": "county",
    "Metropolitan district": "metropolitan",
    "London borough": "london-borough",
    "City corporation": "london-borough",
}
"""A council's type in the words of the list's own tiers; all others are unitary."""
_COUNCIL_KINDS = frozenset((*_KINDS.values(), "unitary"))


def providing_council(service: NationalService, councils: Iterable[Council]) -> Council | None:
    """Which of a postcode's councils provides a service, or None where the lists name none of them.

    GOV.UK's tiers go before the national list's own, which still have some county roads with the districts. Where
    both tiers provide it, the first council given answers: the lower tier, as `Found` has them. None is the answer
    for a fire authority's or a national park's services, and for those that the list gives to nobody.
    """
    routed = () if "all" in service.govuk_tiers else service.govuk_tiers
    for council in councils:
        provides = council.tier in routed if routed else _KINDS.get(council.type, "unitary") in service.tiers
        if provides:
            return council
    return None


def services_data(rows: Iterable[Mapping[str, str]]) -> dict[str, Any]:
    """The compiled file's data from the rows of `lgsl.csv`."""
    return {
        "services": [
            {
                "lgsl": int(row["lgsl"]),
                "name": " ".join(row["name"].split()),
                "tiers": [tier for tier in row["provided_by"].split("|") if tier],
                "lgils": [int(code) for code in row["lgil_codes"].split("|") if code],
                "govuk_label": " ".join(row["govuk_label"].split()) or None,
                "govuk_tiers": [tier for tier in row["govuk_tier"].split("/") if tier],
            }
            for row in rows
        ]
    }


def services_from(data: Mapping[str, Any]) -> Services:
    """Services from the compiled file's data."""
    return Services(
        NationalService(
            row["lgsl"],
            row["name"],
            tuple(row["tiers"]),
            tuple(row["lgils"]),
            row["govuk_label"],
            tuple(row["govuk_tiers"]),
        )
        for row in data["services"]
    )
