"""A search of the national list by need: pure, and small enough to keep in memory."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from commonhall.directory.everyday import NEEDS, NOTHING_SAID, SAME_AS, STEMS

LONGEST = 200
"""No more characters of a need than this are looked at."""

_WORD = re.compile(r"[a-z0-9]+")
_SLIP_FROM = 5
"""A slip is looked for in words of this many letters or more: in shorter ones it makes another word."""
_SHORTEST_PART = 3
_LEAST = 0.35
"""A service must reach this share of the best one's score."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A service to be found: its code, its texts, and how much more or less likely it is meant than another."""

    lgsl: int
    texts: tuple[str, ...]
    likelihood: float


class NeedIndex:
    """Finds entries by everyday words. Nothing in it changes."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._likelihood: dict[int, float] = {}
        self._length: dict[int, int] = {}
        self._holders: dict[str, set[int]] = {}
        for entry in entries:
            words = {word for text in entry.texts for word in words_of(text)}
            self._likelihood[entry.lgsl] = entry.likelihood
            self._length[entry.lgsl] = len(words_of(entry.texts[0])) or 1
            for word in words:
                self._holders.setdefault(word, set()).add(entry.lgsl)
        self._phrases = [
            (frozenset(words_of(phrase)), [lgsl for lgsl in codes if lgsl in self._likelihood])
            for phrases, codes in NEEDS
            for phrase in phrases.split(",")
        ]
        self._same = {
            word: stem(known) for words, known in SAME_AS for word in words_of(words) if word != stem(known)
        }
        self._vocabulary = {
            *self._holders,
            *self._same,
            *(word for words, _ in self._phrases for word in words),
        }

    def search(self, need: str, limit: int) -> list[int]:
        """The codes that best answer a need, best first; a long word may have one slip."""
        words = [part for word in words_of(need[:LONGEST]) for part in self._parted(word)]
        asked = {word: self._readings(word) for word in words}
        scores = self._by_words(asked)
        best = max(scores.values(), default=1.0)
        for lgsl, weight in self._by_phrases(
            {reading for readings in asked.values() for reading in readings}
        ).items():
            scores[lgsl] = scores.get(lgsl, 0.0) + best * weight
        least = max(scores.values(), default=0.0) * _LEAST
        ranked = sorted(
            (lgsl for lgsl, score in scores.items() if score >= least), key=lambda lgsl: (-scores[lgsl], lgsl)
        )
        return ranked[:limit]

    def _by_words(self, asked: Mapping[str, set[str]]) -> dict[int, float]:
        """What the list's own words say: rare words more than common ones, short names more than long ones."""
        scores: dict[int, float] = {}
        matched: dict[int, int] = {}
        for word, readings in asked.items():
            gains: dict[int, float] = {}
            for reading in readings:
                meant = [(reading, 1.0 if reading == word else 0.7)]
                if reading in self._same:
                    meant.append((self._same[reading], 0.7))
                for term, weight in meant:
                    holders = self._holders.get(term, set())
                    gain = weight * math.log(1 + len(self._likelihood) / (1 + len(holders)))
                    for lgsl in holders:
                        gains[lgsl] = max(gains.get(lgsl, 0.0), gain)
            for lgsl, gain in gains.items():
                scores[lgsl] = scores.get(lgsl, 0.0) + gain
                matched[lgsl] = matched.get(lgsl, 0) + 1
        return {
            lgsl: score
            * self._likelihood[lgsl]
            * (0.4 + 0.6 * matched[lgsl] / len(asked))
            * (0.6 + 0.4 * min(1.0, matched[lgsl] / self._length[lgsl]))
            for lgsl, score in scores.items()
        }

    def _by_phrases(self, said: set[str]) -> dict[int, float]:
        """What the everyday phrases say: a longer one outdoes all shorter ones, its first service its second."""
        found: dict[int, float] = {}
        for words, codes in self._phrases:
            if words <= said:
                for place, lgsl in enumerate(codes):
                    found[lgsl] = max(found.get(lgsl, 0.0), 3.0 * len(words) - place)
        return found

    def _parted(self, word: str) -> tuple[str, ...]:
        """The two known words that a person ran together ('streetlight'), or else the word as it is."""
        if word not in self._vocabulary:
            for cut in range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1):
                parts = (stem(word[:cut]), stem(word[cut:]))
                if self._vocabulary.issuperset(parts):
                    return parts
        return (word,)

    def _readings(self, word: str) -> set[str]:
        """The word itself if any text knows it, else the known words that one slip makes of it."""
        if word in self._vocabulary or len(word) < _SLIP_FROM - 1:
            return {word}
        return {
            known
            for known in self._vocabulary
            if len(known) >= _SLIP_FROM - 1 and known[0] == word[0] and one_slip(word, known)
        }


def words_of(text: str) -> list[str]:
    """The telling words of a text: small, without accents and common words, each once, in their stem."""
    plain = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    plain = plain.replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", "")
    return list(dict.fromkeys(stem(word) for word in _WORD.findall(plain) if word not in NOTHING_SAID))


def stem(word: str) -> str:
    """A word without its commonest endings, so that 'tipping' meets 'tip' and 'collected' meets 'collection'."""
    if word in STEMS:
        return STEMS[word]
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("s") and not word.endswith(("ss", "us")) and len(word) > 3:
        word = word[:-1]
    for ending, least in (("ation", 4), ("ing", 3), ("ion", 4), ("ed", 3)):
        if word.endswith(ending) and len(word) - len(ending) >= least:
            word = word[: -len(ending)]
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] in "bdgmnprt":
        return word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word


def one_slip(one: str, other: str) -> bool:
    """Whether one letter changed, added, left out, or two neighbours swapped, makes one word the other."""
    if one == other:
        return True
    if len(one) > len(other):
        one, other = other, one
    if len(other) - len(one) > 1:
        return False
    start = next((i for i, letter in enumerate(one) if letter != other[i]), len(one))
    if len(one) < len(other):
        return one[start:] == other[start + 1 :]
    swapped = (
        one[start : start + 2] == other[start : start + 2][::-1] and one[start + 2 :] == other[start + 2 :]
    )
    return swapped or one[start + 1 :] == other[start + 1 :]
