"""What a transaction costs, by the GDS Service Manual: the total cost of a service over a year by its completed
transactions; and where no total is known, what its contacts cost by channel.

A council's own figures stand where it gave them. Elsewhere published national ones stand in, and every answer says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from commonhall.engine.figures import CHANNELS, CouncilFigures

PENNY = Decimal("0.01")
COSTS_AS = {"api": "online"}
"""Channels of cases whose contact costs what another's does."""


@dataclass(frozen=True, slots=True)
class UnitCost:
    """What one contact costs, in pounds; `own` where the council said so. `year` is None where it is not known."""

    pounds: Decimal
    source: str
    year: int | None
    own: bool = False

    @property
    def label(self) -> str:
        """Whose figure it is, and of which year."""
        return f"{self.source}, {self.year}" if self.year else self.source


ChannelCosts = Mapping[str, UnitCost]
"""The cost of a contact by channel: `online`, `phone` and `in-person`."""


def _published(source: str, year: int, online: str, phone: str, in_person: str) -> ChannelCosts:
    pounds = dict(zip(CHANNELS, (online, phone, in_person), strict=True))
    return {channel: UnitCost(Decimal(amount), source, year) for channel, amount in pounds.items()}


SOCITM_2012 = _published("Socitm", 2012, "0.15", "2.83", "8.62")
"""Socitm's survey of councils' customer contacts: a visit to a website, a call, a visit in person."""
SOCITM_2017 = _published("Socitm and LGA", 2017, "0.09", "2.59", "8.21")
"""The same as quoted in 2017 and since: an online contact, a call, a visit in person."""
NATIONAL = SOCITM_2017
"""What stands in for what a council does not say. Prices of the year, not brought up to date."""

COUNCIL = "the council's own figure"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a transaction costs on average over a span, in pounds.

    `total` is the cost of all `transactions`. `sources` say whose figures it rests on; `own` where all are the council's.
    `without_cost` more came by channels whose cost nobody says (a letter, an e-mail): they are in neither number.
    """

    pounds: Decimal
    total: Decimal
    transactions: int
    sources: tuple[str, ...]
    own: bool
    without_cost: int = 0

    @property
    def shown(self) -> Decimal:
        """To the penny."""
        return self.pounds.quantize(PENNY, ROUND_HALF_UP)


def channel_costs(figures: CouncilFigures, published: ChannelCosts = NATIONAL) -> ChannelCosts:
    """A council's own cost of a contact where it gave one, else the published one; channel by channel."""
    own = {
        channel: UnitCost(pounds, figures.source or COUNCIL, figures.year, own=True)
        for channel, pounds in figures.contacts.items()
    }
    return {channel: own.get(channel, published[channel]) for channel in CHANNELS}


def cost_per_transaction(sent_by_channel: Mapping[str, int], costs: ChannelCosts) -> Cost | None:
    """The mean cost of a transaction by the channels that they came by, of those whose channel has a cost.

    This is what the contacts cost, not what follows in the back office: it tells what a shift between channels saves.
    None where nothing was sent by such a channel.
    """
    sent: dict[str, int] = {}
    for channel, count in sent_by_channel.items():
        known = COSTS_AS.get(channel, channel)
        if known in costs and count:
            sent[known] = sent.get(known, 0) + count
    whole = sum(sent.values())
    if not whole:
        return None
    total = sum((costs[channel].pounds * count for channel, count in sent.items()), Decimal(0))
    used = [cost for channel, cost in costs.items() if channel in sent]
    sources = tuple(dict.fromkeys(cost.label for cost in used))
    others = sum(sent_by_channel.values()) - whole
    return Cost(total / whole, total, whole, sources, all(cost.own for cost in used), others)


def total_cost_per_transaction(figures: CouncilFigures, service: str, completed: int) -> Cost | None:
    """A service's total cost in a year by its completed transactions of twelve months, as the GDS Service Manual has it.

    None where the council did not say what the service costs, or nothing was completed.
    """
    total = figures.totals.get(service)
    if total is None or completed <= 0:
        return None
    label = UnitCost(total, figures.source or COUNCIL, figures.year, own=True).label
    return Cost(total / completed, total, completed, (label,), own=True)


def last_twelve_months(today: date) -> tuple[date, date]:
    """The first and the last day of the twelve months before today, which is not over yet."""
    last_year = today.year - 1
    # 29 February has no such day in the year before: its twelve months begin on 1 March.
    leap = (today.month, today.day) == (2, 29)
    return date(last_year, 3, 1) if leap else today.replace(year=last_year), today - timedelta(days=1)
