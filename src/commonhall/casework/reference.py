"""References that can be read aloud: nine characters in threes, the last one a check.

The alphabet has 23 characters, none of which looks like another (no 0, 1, I, L, O, S, U or vowels that make
words). 23 is prime, so the weighted sum catches every single wrong character and every swap of two.
"""

from __future__ import annotations

import re

ALPHABET = "23456789CDFHJKMPQRTVWXY"
LENGTH = 9
COUNT = len(ALPHABET) ** (LENGTH - 1)
"""How many references there are (78 thousand million)."""

_NOISE = re.compile(r"[^A-Z0-9]+")


def reference_from(number: int) -> str:
    """The reference of a number from 0 up to COUNT, like 'K7M-2XQ-9HD'. Use a random number."""
    if not 0 <= number < COUNT:
        raise ValueError(f"{number} is not from 0 up to {COUNT}")
    body = ""
    for _ in range(LENGTH - 1):
        number, place = divmod(number, len(ALPHABET))
        body += ALPHABET[place]
    return _group(body + _check(body))


def tidy_reference(text: str) -> str | None:
    """A reference as it is written down, from however a person typed it; None where it cannot be one."""
    bare = _NOISE.sub("", text.upper())
    if len(bare) != LENGTH or any(character not in ALPHABET for character in bare):
        return None
    return _group(bare) if _check(bare[:-1]) == bare[-1] else None


def _check(body: str) -> str:
    # The check's own weight is 1 and the others' 2 to 9, so that no two characters weigh the same.
    total = sum(weight * ALPHABET.index(character) for weight, character in enumerate(body, start=2))
    return ALPHABET[-total % len(ALPHABET)]


def _group(bare: str) -> str:
    return "-".join(bare[start : start + 3] for start in range(0, LENGTH, 3))
