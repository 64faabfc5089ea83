"""Autofill tokens: what a question may say of itself, so that a browser can fill it in.

Source: HTML Living Standard, 4.10.18.7 Autofill; WCAG 2.2, success criterion 1.3.5, asks for them.
"""

from __future__ import annotations

from commonhall.engine.source import did_you_mean

_TEXT = """
name honorific-prefix given-name additional-name family-name honorific-suffix nickname organization-title
username new-password current-password one-time-code organization address-line1 address-line2 address-line3
address-level4 address-level3 address-level2 address-level1 country country-name postal-code
cc-name cc-given-name cc-additional-name cc-family-name cc-number cc-exp cc-exp-month cc-exp-year cc-csc cc-type
transaction-currency transaction-amount language bday bday-day bday-month bday-year sex url photo
"""
_TELEPHONE = """
tel tel-country-code tel-national tel-area-code tel-local tel-local-prefix tel-local-suffix tel-extension
"""
_REACHING = frozenset((*_TELEPHONE.split(), "email", "impp"))
TOKENS = frozenset((*_TEXT.split(), *_REACHING, "street-address"))
"""Every name of a field in the standard."""
_ONE_LINE = TOKENS - {"street-address"}
_TAKES = {
    "text": _ONE_LINE,
    "name": _ONE_LINE,
    "number": _ONE_LINE,
    "money": _ONE_LINE,
    "national-insurance-number": _ONE_LINE,
    "vehicle-registration": _ONE_LINE,
    "email": frozenset({"email", "username"}),
    "phone": frozenset({"tel"}),
    "date": frozenset({"bday"}),
}
"""By type of question, the names that its box takes; the other types have no box to fill."""
_WHERE = frozenset({"shipping", "billing"})
_WHOSE = frozenset({"home", "work", "mobile", "fax", "pager"})
_SWITCHES = frozenset({"on", "off"})


def autocomplete_fault(text: str, kind: str) -> tuple[str, str] | None:
    """Why a question of this type may not carry `text` as its autocomplete, and what to do; None where it may."""
    takes = _TAKES.get(kind)
    if takes is None:
        own = kind == "address"
        return (
            f"a question of type {kind} {'has autocomplete already' if own else 'cannot be filled in by itself'}",
            "take autocomplete away",
        )
    words = text.split()
    if words and words[0].startswith("section-"):
        words = words[1:]
    if words and words[0] in _WHERE:
        words = words[1:]
    whose = words[:1] if len(words) > 1 and words[0] in _WHOSE else []
    words = words[len(whose) :]
    token = " ".join(words)
    if token in _SWITCHES and token == text and kind != "date":
        return None
    if token not in TOKENS:
        return f"'{text}' is not an autocomplete token of HTML", did_you_mean(token, TOKENS)
    if token not in takes:
        return f"a question of type {kind} cannot hold '{token}'", did_you_mean(token, takes)
    if whose and token not in _REACHING:
        return f"'{whose[0]}' cannot stand before '{token}'", f"write {token} alone"
    return None
