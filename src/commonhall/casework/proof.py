"""What shows that a person may see a case: the e-mail address, phone number or a postcode given with it."""

from __future__ import annotations

import hashlib

from commonhall.engine.fields.compound import tidy_postcode
from commonhall.engine.journey import Submission


def proofs_of(council: str, reference: str, sent: Submission) -> list[str]:
    """The digests of everything that its maker may be asked for."""
    given = [sent.contact.email, sent.contact.phone, *sent.postcodes]
    return sorted({proof_of(council, reference, text) for text in given if text})


def proof_of(council: str, reference: str, text: str) -> str:
    """The digest of one proof; the same postcode, phone or address gives the same, however it is typed."""
    return hashlib.sha256(f"{council}\0{reference}\0{_same(text)}".encode()).hexdigest()


def _same(text: str) -> str:
    postcode = tidy_postcode(text) if len(text) <= 12 else None
    if postcode:
        return postcode
    if "@" in text:
        return text.strip().casefold()
    digits = "".join(character for character in text if character.isdigit())
    return "0" + digits[-10:] if len(digits) >= 10 else text.strip().casefold()
