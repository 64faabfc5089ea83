"""Quarters in the columns of the Transactions Explorer, as GOV.UK's Performance Platform published its services.

Every figure is made of the published rows of the months alone (`open_data.Row`), so no hidden count can be worked out by
setting one file against the other; a total leaves out what is hidden in them, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from commonhall.reporting.counts import DIGITAL, share
from commonhall.reporting.open_data import Publisher, Row

BEFORE = ("Abbr", "Department", "Agency/body", "Agency abbr", "Name of service", "Short service name")
OF_QUARTER = ("Vol.", "CPT (£)", "Digital vol.", "Digital CPT (£)", "Completion rate", "User satisfaction")
AFTER = (
    "Category", "URL", "Description of service", "Notes on costs", "Other notes", "Customer type", "Business model",
    "Keywords", "High-volume?", "Detailed view?",
)  # fmt: skip
HIDDEN = "Months in which fewer than 10 came by a channel are left out of its volume."
SIMULATED = "Simulated: not of real people."


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """Three months: Q1 is January to March."""

    year: int
    number: int

    @property
    def label(self) -> str:
        """As columns name it: 2026-Q1."""
        return f"{self.year}-Q{self.number}"

    @property
    def months(self) -> tuple[date, date, date]:
        """The first days of its months."""
        first = 3 * self.number - 2
        return date(self.year, first, 1), date(self.year, first + 1, 1), date(self.year, first + 2, 1)


@dataclass(frozen=True, slots=True)
class UnitCost:
    """What a transaction cost on average, in pounds, and whose figure that is."""

    pounds: str
    source: str


Costs = Callable[[str, str, Mapping[str, int]], UnitCost | None]
"""(council, service, sent by channel) to what a transaction cost; None where nobody knows."""


def no_costs(_council: str, _service: str, _sent: Mapping[str, int]) -> UnitCost | None:
    """Where nobody said what a transaction costs."""
    return None


def quarter_of(day: date) -> Quarter:
    """The quarter that a day is in."""
    return Quarter(day.year, (day.month + 2) // 3)


def whole_quarters(months: Sequence[date], today: date) -> list[Quarter]:
    """The quarters of these months that are over, in order."""
    return sorted({one for month in months if (one := quarter_of(month)) < quarter_of(today)})


def header(quarters: Iterable[Quarter]) -> list[str]:
    """The columns of a file about these quarters."""
    return [*BEFORE, *(f"{quarter.label} {name}" for quarter in quarters for name in OF_QUARTER), *AFTER]


def transactions(
    rows: Iterable[Row], publishers: Iterable[Publisher], costs: Costs = no_costs
) -> list[list[str]]:
    """The lines of a quarter, by council and service; `rows` are those of its months."""
    by_service: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        by_service.setdefault((row.council, row.service), []).append(row)
    known = {publisher.council: publisher for publisher in publishers}
    return [
        _line(known[council], service, found, costs)
        for (council, service), found in sorted(by_service.items())
    ]


def _line(publisher: Publisher, service: str, rows: Sequence[Row], costs: Costs) -> list[str]:
    sent: dict[str, int] = {}
    for row in rows:
        if row.sent is not None:
            sent[row.channel] = sent.get(row.channel, 0) + row.sent
    digital = {channel: count for channel, count in sent.items() if channel in DIGITAL}
    cost = costs(publisher.council, service, sent) if sent else None
    digital_cost = costs(publisher.council, service, digital) if digital else None
    about = publisher.service(service)
    figures = [
        f"{sum(sent.values()):,}" if sent else "",
        cost.pounds if cost else "",
        f"{sum(digital.values()):,}" if digital else "",
        digital_cost.pounds if digital_cost else "",
        _completion(rows),
        _satisfaction(rows),
    ]
    notes = f"{HIDDEN} {SIMULATED}" if publisher.simulated else HIDDEN
    before = [publisher.council, publisher.name, "", "", about.name, service]
    return [*before, *figures, "", about.url, "", cost.source if cost else "", notes, "", "", "", "", ""]


def _completion(rows: Sequence[Row]) -> str:
    both = [(row.completed, row.not_completed) for row in rows]
    known = [(done, not_done) for done, not_done in both if done is not None and not_done is not None]
    return _rate(share(sum(done for done, _ in known), sum(done + not_done for done, not_done in known)))


def _satisfaction(rows: Sequence[Row]) -> str:
    both = [(row.satisfaction, row.responses) for row in rows]
    known = [(score, count) for score, count in both if score is not None and count is not None]
    responses = sum(count for _, count in known)
    return _rate(sum(score * count for score, count in known) / responses if responses else None)


def _rate(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.3f}"
