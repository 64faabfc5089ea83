"""The national service list, and a search of it in everyday words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from commonhall.directory.councils import Council


@dataclass(frozen=True, slots=True)
class NationalService:
    """A service of the Local Government Service List. `tiers` are the kinds of council that provide it."""

    lgsl: int
    name: str
    tiers: tuple[str, ...]
    lgils: tuple[int, ...]
    govuk_label: str | None
    govuk_tiers: tuple[str, ...]


_WORD = re.compile(r"[a-z0-9]+")
_COMMON = frozenset(
    ["a", "an", "and", "are", "at", "be", "by", "can", "council", "councils", "do", "does", "find", "for", "from", "get", "give", "has", "have", "help", "how", "i", "in", "is", "it", "me", "my", "not", "of", "on", "or", "our", "out", "report", "tell", "that", "the", "their", "them", "this", "to", "us", "want", "was", "we", "what", "when", "where", "which", "who", "will", "with", "you", "your", "about", "pay", "apply", "need", "new"]
)  # fmt: skip

EVERYDAY: Mapping[str, tuple[int, ...]] = {
    "bin bins rubbish refuse missed collection collected wheelie dustbin": (524,),
    "pothole potholes road hole surface tarmac": (557,),
    "street light lamp lamppost lights lighting column dark": (564,),
    "fly tipping flytipping dumped dumping waste mattress sofa rubbish tip": (587,),
    "move moved moving house home address change council tax": (58,),
    "council tax bill account payment": (58, 57),
    "bus pass older person concessionary travel card pensioner renew": (273,),
    "bus pass disabled disability concessionary travel card renew": (280,),
}
"""Everyday words that lead to services whose listed names do not use them."""


class Services:
    """All services of the national list, searchable. Nothing in it changes."""

    def __init__(self, services: Iterable[NationalService]) -> None:
        self._by_lgsl = {service.lgsl: service for service in services}
        self._words: dict[str, dict[int, float]] = {}
        for service in self._by_lgsl.values():
            for text, weight in ((service.name, 1.0), (service.govuk_label or "", 0.8)):
                for word in words_of(text):
                    holders = self._words.setdefault(word, {})
                    holders[service.lgsl] = max(holders.get(service.lgsl, 0.0), weight)
        for words, codes in EVERYDAY.items():
            for word in words_of(words):
                for lgsl in codes:
                    if lgsl in self._by_lgsl:
                        self._words.setdefault(word, {})[lgsl] = 1.6

    def __len__(self) -> int:
        return len(self._by_lgsl)

    def service(self, lgsl: int) -> NationalService | None:
        """The service with this code."""
        return self._by_lgsl.get(lgsl)

    def search(self, need: str, limit: int = 10) -> list[NationalService]:
        """The services that best answer a need in everyday words, best first; a word may have one slip."""
        scores: dict[int, float] = {}
        matched: dict[int, int] = {}
        asked = list(dict.fromkeys(words_of(need[:200])))
        for word in asked:
            holders = self._words.get(word) or self._near(word)
            # A word that many services share says less about any of them.
            rarity = 1.0 / (1.0 + len(holders) / 40)
            for lgsl, weight in holders.items():
                scores[lgsl] = scores.get(lgsl, 0.0) + weight * rarity
                matched[lgsl] = matched.get(lgsl, 0) + 1
        ranked = sorted(
            scores, key=lambda lgsl: (-scores[lgsl] * matched[lgsl], len(self._by_lgsl[lgsl].name), lgsl)
        )
        return [self._by_lgsl[lgsl] for lgsl in ranked[:limit]]

    def _near(self, word: str) -> dict[int, float]:
        if len(word) < 5:
            return {}
        found: dict[int, float] = {}
        for known, holders in self._words.items():
            if abs(len(known) - len(word)) <= 1 and known[0] == word[0] and one_slip(word, known):
                for lgsl, weight in holders.items():
                    found[lgsl] = max(found.get(lgsl, 0.0), weight * 0.7)
        return found


def words_of(text: str) -> list[str]:
    """The telling words of a text: small, without common words, in the singular."""
    return [stem(word) for word in _WORD.findall(text.lower().replace("'", "")) if word not in _COMMON]


def stem(word: str) -> str:
    """A word without its commonest endings, so that 'tipping' meets 'tip' and 'collected' meets 'collection'."""
    for ending, least in (
        ("ations", 5),
        ("ation", 5),
        ("ings", 4),
        ("ing", 4),
        ("ions", 5),
        ("ion", 5),
        ("ed", 4),
    ):
        if word.endswith(ending) and len(word) - len(ending) >= least - 1:
            word = word[: -len(ending)]
            break
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("s") and not word.endswith("ss") and len(word) > 3:
        word = word[:-1]
    if len(word) > 3 and word[-1] == word[-2] and word[-1] in "bdgmnprt":
        return word[:-1]
    return word.removesuffix("e") if len(word) > 4 else word


def one_slip(one: str, other: str) -> bool:
    """Whether one letter changed, added, left out, or two swapped, makes one word the other."""
    if one == other:
        return True
    if len(one) > len(other):
        one, other = other, one
    start = next((i for i, letter in enumerate(one) if letter != other[i]), len(one))
    rest_one, rest_other = one[start:], other[start:]
    if len(one) == len(other):
        swapped = rest_one[:2] == rest_other[1::-1][:2] and rest_one[2:] == rest_other[2:]
        return rest_one[1:] == rest_other[1:] or swapped
    return rest_one == rest_other[1:]


def providing_council(service: NationalService, councils: Iterable[Council]) -> Council | None:
    """Which of a postcode's councils provides a service, by tier; the lower tier where the lists leave it open."""
    here = list(councils)
    unitary = [council for council in here if council.tier == "unitary"]
    if unitary:
        return unitary[0]
    wanted = service.govuk_tiers or service.tiers
    for tier in ("district", "county"):
        if tier in wanted:
            found = [council for council in here if council.tier == tier]
            if found:
                return found[0]
    return here[0] if here and not wanted else None


def services_data(rows: Iterable[Mapping[str, str]]) -> dict[str, Any]:
    """The compiled file's data from the rows of `lgsl.csv`."""
    return {
        "services": [
            {
                "lgsl": int(row["lgsl"]),
                "name": row["name"],
                "tiers": [tier for tier in row["provided_by"].split("|") if tier],
                "lgils": [int(code) for code in row["lgil_codes"].split("|") if code],
                "govuk_label": row["govuk_label"] or None,
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
