"""A postcode as a person typed it, put into its parts.

The shapes and letters are those of Royal Mail's Programmers' Guide to the Postcode Address File: an outward code of
an area (one or two letters) and a district, an inward code of a sector digit and a unit of two letters out of twenty.
GIR 0AA, the one code of another shape, is nobody's address and is not read.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import product

UNIT_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
"""The letters of a unit (Royal Mail leaves out C, I, K, M, O and V)."""

_AREA_NAMES = """
AB AL B BA BB BD BH BL BN BR BS BT BX CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN
EX FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML
N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF
TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV YO ZE
"""
AREAS = frozenset(_AREA_NAMES.split())
"""All postcode areas, the Crown dependencies' among them."""

LONGEST = 60
"""No more characters than this are looked at: a postcode with much space around it, not a letter."""

_NUMBERED = frozenset(str(number) for number in range(100))
_DISTRICTS = (
    frozenset[str](),
    _NUMBERED | {f"{digit}{letter}" for digit in range(10) for letter in "ABCDEFGHJKPSTUW"},
    _NUMBERED | {f"{digit}{letter}" for digit in range(10) for letter in "ABEHMNPRVWXY"},
)
"""What may follow an area of one letter, and of two: a number, or a digit and one of these letters."""

_APART = re.compile(r"[^A-Z0-9]+")
_OUTWARD = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]?")
_INWARD = re.compile(rf"[0-9][{UNIT_LETTERS}]{{2}}")
_USUAL = re.compile(rf"([A-Z]{{1,2}}[0-9][A-Z0-9]?) *([0-9])([{UNIT_LETTERS}]{{2}})")
_READ_AS = {"O": "O0", "0": "0O", "I": "I1", "1": "1I"}
_DIGIT = {"O": "0", "I": "1"}


def parse_postcode(text: str) -> tuple[str, str, str] | None:
    """(outward, sector digit, unit) of what a person typed, or None where it cannot be a postcode.

    Spaces, dashes, dots, small and full-width letters do not matter. An O typed for a zero or an I for a one, or
    the other way round, is put right where only one reading is a postcode.
    """
    usual = _USUAL.fullmatch(text.upper()) if len(text) <= LONGEST and text.isascii() else None
    if usual and _is_proper(usual[1]):
        return usual[1], usual[2], usual[3]
    bare = _bare(text)
    if not 5 <= len(bare) <= 7:
        return None
    outward, inward = _outward(bare[:-3]), bare[-3:]
    inward = _DIGIT.get(inward[0], inward[0]) + inward[1:]
    if outward is None or not _INWARD.fullmatch(inward):
        return None
    return outward, inward[0], inward[1:]


def parse_outward(text: str) -> str | None:
    """The outward code where only the first half was typed ('B91'), or None."""
    return _outward(_bare(text))


def _bare(text: str) -> str:
    """The letters and digits alone, in capitals; empty where there is something else that matters."""
    if len(text) > LONGEST:
        return ""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        if any(not character.isascii() and character.isalnum() for character in text):
            return ""
    return _APART.sub("", text.upper())


def _outward(code: str) -> str | None:
    if _is_proper(code):
        return code
    if not 2 <= len(code) <= 4:
        return None
    readings = {
        reading
        for letters in product(*(_READ_AS.get(character, character) for character in code))
        if _is_proper(reading := "".join(letters))
    }
    if len(readings) == 1:
        return readings.pop()
    return code if _OUTWARD.fullmatch(code) else None


def _is_proper(code: str) -> bool:
    """Whether an outward code is of a known area and of Royal Mail's shape; so it is read as it stands."""
    letters = 2 if code[1:2].isalpha() else 1
    return code[letters:] in _DISTRICTS[letters] and code[:letters] in AREAS
