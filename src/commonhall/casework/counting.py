"""What the measures are told of a journey and of a case: where it came to, what it is about; never who it was.

`docs/measures.md` defines the measures themselves.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from commonhall.directory.postcode_text import parse_postcode
from commonhall.directory.wards import Wards
from commonhall.engine.back_office import CaseLocation, Contact
from commonhall.engine.journey import Path, Submission
from commonhall.storage.cases import Measured
from commonhall.storage.journeys import number_of

CHECK = "check-answers"
"""Stands for the page on which answers are checked before they are sent."""
CHASE_DAYS = 60
"""How old an earlier case of the same subject may be that is still open: an older one was forgotten by all."""
REPEAT_DAYS = 28
"""How long after its closing a case's subject may come back for the case not to count as fixed."""
_CELL = 0.0005
"""Degrees of latitude, some 55 metres, and twice as many of longitude: points in one cell are one place."""
_STREET = re.compile(
    r"(?:flat \d+[a-z]?,? )?\d{1,4}[a-z]?(?: ?[-/] ?\d{1,4}[a-z]?)?,? +([a-z][a-z' .-]{3,50})", re.IGNORECASE
)


def pages_of(path: Path) -> list[str]:
    """The pages that a journey has come to, in order; the last is the one on which it stands."""
    last = path.exit or path.current
    return [*(page.id for page in path.pages), last.id if last else CHECK]


def counted(sent: Submission, path: Path, now: datetime, day: date, ward: str | None) -> Measured:
    """What the measures are to know of a submission; `ward` is where it is."""
    return Measured(
        day=day,
        pages=pages_of(path),
        subject=subject_of(sent.location, sent.contact),
        chase_since=now - timedelta(days=CHASE_DAYS),
        repeat_since=day - timedelta(days=REPEAT_DAYS),
        area=area_of(sent.location),
        street=street_of(sent.location),
        ward=ward,
    )


def subject_of(location: CaseLocation, contact: Contact) -> int | None:
    """A digest of what a case is about: of the property, else of the place, else of the person; None where none is known.

    Cases of one service with the same subject are taken for reports of the same thing.
    """
    if location.uprn:
        what = f"uprn {location.uprn}"
    elif location.lat is not None and location.long is not None:
        what = f"cell {round(location.lat / _CELL)} {round(location.long / _CELL / 2)}"
    elif location.description:
        words = "".join(filter(str.isalnum, location.description.casefold()))
        what = f"place {words} {location.postcode or ''}"
    elif contact.email:
        what = f"email {contact.email.strip().casefold()}"
    elif contact.phone:
        what = f"phone {''.join(filter(str.isdigit, contact.phone))[-10:]}"
    else:
        return None
    return number_of(what)


def area_of(location: CaseLocation) -> str | None:
    """The postcode sector of a case, such as `B91 3`: some 3,000 addresses. None where no postcode is known."""
    found = parse_postcode(location.postcode) if location.postcode else None
    return f"{found[0]} {found[1]}" if found else None


def ward_of(location: CaseLocation, council: str, wards: Wards) -> str | None:
    """The code of the council's ward that a case is in: by its place on the map, else by its postcode; None where neither
    is known, or is in a ward of the council."""
    if location.lat is not None and location.long is not None:
        return wards.at(council, location.lat, location.long)
    return wards.of_postcode(council, location.postcode) if location.postcode else None


def street_of(location: CaseLocation) -> str | None:
    """The street of an address that begins with a number, without the number; None where that is not certain."""
    first = (location.description or "").partition(",")[0].strip()
    found = _STREET.fullmatch(first) if location.postcode else None
    return " ".join(found[1].split()).title() if found else None
