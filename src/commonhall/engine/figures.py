"""A council's own numbers that measures are worked out from: what contacts and services cost it, how many households it has.

Pure words that every room shares. Money is in pounds. What a council does not say is not there, and a published or
estimated figure stands in for it (`reporting.costs`, `reporting.rates`), labelled as such.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

CHANNELS = ("online", "phone", "in-person")
"""How a contact comes. What another system sends (`api`) counts as online."""
MOST_OF_A_CONTACT = Decimal(1000)
MOST_OF_A_SERVICE = Decimal(1_000_000_000)
MOST_HOUSEHOLDS = 5_000_000
MOST_COLLECTIONS = 1_000_000_000
LONGEST_SOURCE = 200


@dataclass(frozen=True, slots=True)
class CouncilFigures:
    """What a council says of itself.

    `contacts` is the cost of one contact by channel, `totals` what a service costs in a year by service id: all of it,
    as the GDS Service Manual counts, with staff, systems and overheads. `year` is the year that the costs are of, such as
    2026, None where it is not said; `source` says where they come from, in words. `collections` are those of bins, in a year.
    """

    contacts: Mapping[str, Decimal] = field(default_factory=dict)
    totals: Mapping[str, Decimal] = field(default_factory=dict)
    year: int | None = None
    source: str = ""
    households: int | None = None
    collections: int | None = None


def read_pounds(text: str) -> Decimal:
    """An amount as people type it, `£1,234.50` too. Raises `ValueError`."""
    plain = text.strip().removeprefix("£").replace(",", "").replace(" ", "")
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        raise ValueError("not an amount") from None
    if not plain.replace(".", "", 1).isdecimal() or amount != round(amount, 2):
        raise ValueError("not an amount in pounds and pence")
    return amount


def read_count(text: str) -> int:
    """A whole number as people type it, `98,000` too. Raises `ValueError`."""
    plain = text.strip().replace(",", "").replace(" ", "")
    if not plain.isdecimal():
        raise ValueError("not a whole number")
    return int(plain)


def figures_faults(given: CouncilFigures, this_year: int) -> Iterator[tuple[str, str]]:
    """What is wrong with a council's figures: which part (`contact-phone`, `total-missed-bin`, `year`), and what to do."""
    for channel, amount in given.contacts.items():
        if not 0 <= amount <= MOST_OF_A_CONTACT:
            yield f"contact-{channel}", f"Enter an amount from £0 to £{MOST_OF_A_CONTACT:,}"
    for service, amount in given.totals.items():
        if not 0 <= amount <= MOST_OF_A_SERVICE:
            yield f"total-{service}", f"Enter an amount from £0 to £{MOST_OF_A_SERVICE:,}"
    costs = bool(given.contacts or given.totals)
    if given.year is None and costs:
        yield "year", "Enter the year that these costs are of"
    elif given.year is not None and not this_year - 20 <= given.year <= this_year:
        yield "year", f"Enter a year from {this_year - 20} to {this_year}"
    if len(given.source) > LONGEST_SOURCE:
        yield "source", f"This must be {LONGEST_SOURCE} characters or fewer"
    for part, number, most in (
        ("households", given.households, MOST_HOUSEHOLDS),
        ("collections", given.collections, MOST_COLLECTIONS),
    ):
        if number is not None and not 1 <= number <= most:
            yield part, f"Enter a whole number from 1 to {most:,}"


def figures_kept(given: CouncilFigures) -> dict[str, Any]:
    """As the site's settings keep them: amounts as text, so that no penny is lost on the way."""
    return {
        "contacts": {channel: str(amount) for channel, amount in given.contacts.items()},
        "totals": {service: str(amount) for service, amount in given.totals.items()},
        "year": given.year,
        "source": given.source,
        "households": given.households,
        "collections": given.collections,
    }
