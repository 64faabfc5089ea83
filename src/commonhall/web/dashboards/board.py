"""What a dashboard is: figures, charts and notes about one subject in one span, made once and shown to many."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import msgspec

from commonhall.directory.wards import Ward
from commonhall.engine.figures import CouncilFigures
from commonhall.reporting.costs import Cost
from commonhall.reporting.counts import Counts
from commonhall.reporting.measures import PageStep, Place, Point, Spread
from commonhall.reporting.rates import Per, YearRate
from commonhall.reporting.uptime import Uptime
from commonhall.web.charts.chart import Cell, Chart, Column, Table
from commonhall.web.dashboards.beside import Beside
from commonhall.web.dashboards.guard import Guard
from commonhall.web.dashboards.spans import Span


@dataclass(frozen=True, slots=True)
class Warded:
    """Cases by the codes of wards, and the wards that the council has today, by name. `attribution` is whose their
    boundaries are, as their licence wants it said; `sent` are all cases of the same months."""

    places: tuple[Place, ...]
    boundaries: tuple[Ward, ...]
    attribution: str
    sent: int

    @property
    def share(self) -> float:
        """How many of the cases are in a ward, 0.0 to 1.0."""
        return sum(place.cases for place in self.places) / self.sent if self.sent else 0.0


@dataclass(frozen=True, slots=True)
class Facts:
    """What was counted, before anybody decides what to show of it. Empty where the subject has none of a kind."""

    points: tuple[Point, ...]
    services: Mapping[str, Counts] = field(default_factory=dict)
    seconds: Spread | None = None
    wait: Spread | None = None
    pages: tuple[PageStep, ...] = ()
    areas: tuple[Place, ...] = ()
    streets: tuple[Place, ...] = ()
    warded: Warded | None = None
    """None where nobody took boundaries into use, or no case is in a ward."""
    compared: Mapping[str, tuple[Beside, ...]] = field(default_factory=dict)
    """By what is compared (`beside.COMPARED`): this council and those like it, in the order of the alphabet."""
    cost: Cost | None = None
    """By the channels that cases came by."""
    total_cost: Cost | None = None
    """All that the service costs, over twelve months."""
    uptime: tuple[Uptime, ...] = ()
    """How the service itself ran, period by period as `points`."""
    rate: YearRate | None = None
    """Cases a year per 100,000 households or collections."""
    rate_from: date | None = None
    """The day from which there is one, where less than a year was counted."""
    sent_late: bool = False
    """Whether what councils sent could not be read in time."""

    @property
    def total(self) -> Counts:
        """Everything in the span."""
        return sum((point.counts for point in self.points), Counts())

    @property
    def by_channel(self) -> dict[str, Counts]:
        """The same by channel, in the order in which channels are shown."""
        found: dict[str, Counts] = {}
        for point in self.points:
            for channel, counts in point.by_channel.items():
                found[channel] = found.get(channel, Counts()) + counts
        order = {"online": 0, "phone": 1, "in-person": 2, "post": 3, "api": 4}
        return dict(sorted(found.items(), key=lambda item: (order.get(item[0], 9), item[0])))


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose figures, for whom, in which language. `names` are of services and `pages` of pages, by id."""

    language: str
    guard: Guard
    today: date
    names: Mapping[str, str] = field(default_factory=dict)
    pages: Mapping[str, str] = field(default_factory=dict)
    figures: CouncilFigures = field(default_factory=CouncilFigures)
    """What the council said that things cost it."""
    lgsl: int | None = None
    """The service's number of the national list, by which other councils may have sent figures of it."""
    per: Per = "households"
    """What its cases are told per."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One large number: its text, what it is of, and its definition. `cell` is the same for machines."""

    key: str
    title: str
    cell: Cell
    text: str
    more: str
    about: str
    source: str
    counted: str


@dataclass(frozen=True)
class Board:
    """A dashboard. `by_service` are the figures of each service, where there are several."""

    span: Span
    language: str
    figures: tuple[Figure, ...]
    charts: tuple[Chart, ...]
    notes: tuple[str, ...] = ()
    by_service: Chart | None = None
    services: frozenset[str] = frozenset()
    """The ids of the services that stand in `by_service`."""

    def chart(self, name: str) -> Chart | None:
        """The chart with this name; 'figures' are the large numbers, without a picture."""
        if name == "figures":
            return self.figures_chart
        if self.by_service is not None and name == self.by_service.name:
            return self.by_service
        return next((chart for chart in self.charts if chart.name == name), None)

    @cached_property
    def figures_chart(self) -> Chart:
        """The large numbers as a table."""
        columns = (
            Column("measure", "measure", "text"),
            Column("value", "value", "number"),
            Column("text", "text", "text"),
            Column("about", "about", "text"),
            Column("counted", "counted", "text"),
        )
        rows = tuple((one.key, one.cell, one.text, one.about, one.counted) for one in self.figures)
        return Chart("figures", "figures", "", "", {}, {}, Table(columns, rows), self.language)

    @cached_property
    def digest(self) -> str:
        """A name of everything that is shown."""
        content = [
            [(one.key, one.text, one.more, one.counted) for one in self.figures],
            [chart.digest for chart in self.charts],
            self.by_service.digest if self.by_service else "",
            self.notes,
        ]
        return hashlib.blake2b(msgspec.json.encode(content), digest_size=8).hexdigest()
