"""Dashboards made: what was counted is read in turn, so that nobody's page waits behind a chart, and kept for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from commonhall.directory.wards import Wards
from commonhall.engine.figures import CHANNELS
from commonhall.reporting.costs import (
    Cost,
    channel_costs,
    cost_per_transaction,
    last_twelve_months,
    total_cost_per_transaction,
)
from commonhall.reporting.counts import Counts
from commonhall.reporting.measures import Point
from commonhall.reporting.suppression import MINIMUM
from commonhall.reporting.uptime import Uptime, whole
from commonhall.web.charts.artist import Artist
from commonhall.web.charts.chart import Chart, Gap
from commonhall.web.charts.specs import Interval
from commonhall.web.dashboards.beside import COMPARED, Like, beside, nobody
from commonhall.web.dashboards.board import Board, Facts, Figure, Subject, Warded
from commonhall.web.dashboards.figures import figures_of
from commonhall.web.dashboards.kept import Kept
from commonhall.web.dashboards.pictures import across_charts, charts_of, gaps_in, rows_chart
from commonhall.web.dashboards.reports import Reports
from commonhall.web.dashboards.spans import Span
from commonhall.web.dashboards.warding import outlines
from commonhall.web.dashboards.words import WORDS

KEPT_SECONDS = 8.0
"""Less than the ten seconds after which a page that is looked at asks again."""
ACROSS_SECONDS = 60.0
MOST_KEPT = 256
MOST = 0.5
"""Of the cases, those that must be in a ward for the public to see wards in place of postcode sectors."""


@dataclass(frozen=True, slots=True)
class Whose:
    """A council's service, or all of its services (None)."""

    council: str
    service: str | None = None


class Dashboards:
    """Boards of services, of councils and across councils."""

    def __init__(
        self, reports: Reports, artist: Artist, like: Like = nobody, wards: Wards | None = None
    ) -> None:
        self.reports = reports
        self.artist = artist
        self.like = like
        self.wards = wards or Wards()
        self._across: Kept[Mapping[str, Counts]] = Kept(ACROSS_SECONDS, MOST_KEPT)
        self._kept: Kept[Board] = Kept(KEPT_SECONDS, MOST_KEPT)

    async def board(self, whose: Whose, subject: Subject, span: Span) -> Board:
        """The board of a service or of a council, as it was at most a few seconds ago."""
        key = (whose, subject.guard, subject.language, subject.today, span)
        return await self._kept.get(key, lambda: self._make(whose, subject, span))

    async def _make(self, whose: Whose, subject: Subject, span: Span) -> Board:
        facts = await self._facts(whose, subject, span)
        counted = facts.total != Counts()
        figures = figures_of(facts, subject, span) if counted else ()
        charts = charts_of(facts, subject, span) if counted else ()
        services = rows_chart("services", facts.services, subject, bars_too=True)
        return Board(
            span=span,
            language=subject.language,
            figures=figures,
            charts=charts,
            by_service=services,
            services=frozenset(facts.services),
            notes=_notes(figures, charts if services is None else (*charts, services), subject),
        )

    async def across_councils(self, service: str, subject: Subject, span: Span) -> Board:
        """The board of one service across all councils; `subject.names` are the councils'."""
        every = await self.across(service, span)
        shown = {slug: counts for slug, counts in every.items() if slug in subject.names}
        whole = Facts((Point(span.first, sum(shown.values(), Counts()), {}),))
        return _across(whole, across_charts(shown, subject, span), "councils", shown, subject, span)

    async def across_services(self, subject: Subject, span: Span, councils: frozenset[str]) -> Board:
        """The board of all services across all of these councils; `subject.names` are the services'."""
        totals: dict[str, Counts] = {}
        for service in await self.reports.services(span.first, span.last):
            if service in subject.names:
                every = await self.across(service, span)
                totals[service] = sum((every[slug] for slug in every if slug in councils), Counts())
        whole = Facts((Point(span.first, sum(totals.values(), Counts()), {}),))
        return _across(whole, (), "services", totals, subject, span)

    async def _facts(self, whose: Whose, subject: Subject, span: Span) -> Facts:
        # One after another: a page of a resident must find connections free.
        reports, council, service = self.reports, whose.council, whose.service
        points = await reports.series(council, service, span.first, span.last, span.period)
        if service is None:
            services = await reports.by_service(council, span.first, span.last)
            return Facts(
                tuple(points),
                services=services,
                cost=_cost(points, subject),
                uptime=await self._uptime(whose, span, points),
            )
        first, last = span.months
        order = {page: place for place, page in enumerate(subject.pages)}
        pages = await reports.pages(council, service, first, last)
        streets = (
            () if subject.guard.minimum else await reports.places(council, service, first, last, "street")
        )
        warded = await self._warded(whose, subject, span)
        # Two divisions of the same cases, set against each other, could tell what either keeps back.
        areas = (
            ()
            if warded and subject.guard.minimum
            else await reports.places(council, service, first, last, "area")
        )
        return Facts(
            tuple(points),
            seconds=await reports.spread(council, service, first, last, "seconds"),
            wait=await reports.spread(council, service, first, last, "wait"),
            pages=tuple(sorted(pages, key=lambda step: order.get(step.page, len(order)))),
            warded=warded,
            areas=tuple(areas),
            streets=tuple(streets),
            compared=await self._compared(council, service, span),
            cost=_cost(points, subject),
            total_cost=await self._total_cost(council, service, subject),
            uptime=await self._uptime(whose, span, points),
        )

    async def _warded(self, whose: Whose, subject: Subject, span: Span) -> Warded | None:
        """Cases by ward; for the public only where they are of most cases, since they stand in place of areas."""
        boundaries = self.wards.of(whose.council)
        if not boundaries or whose.service is None:
            return None
        of = (whose.council, whose.service, *span.months)
        places = tuple(await self.reports.places(*of, "ward"))
        months = await self.reports.series(*of, "month")
        sent = sum(month.counts.sent for month in months)
        found = Warded(places, boundaries, self.wards.attribution(subject.language), sent)
        if not places or (subject.guard.minimum and found.share < MOST):
            return None
        # Simplifying the shapes of a large council takes a while, the first time.
        await asyncio.to_thread(outlines, boundaries)
        return found

    async def _compared(self, council: str, service: str, span: Span) -> dict[str, tuple[Interval, ...]]:
        """This council's rates beside those of councils like it, where there are enough of either."""
        like = self.like(council)
        if not like:
            return {}
        every = await self.across(service, span)
        return {what: beside(every, council, like, what) for what in COMPARED}

    async def across(self, service: str, span: Span) -> Mapping[str, Counts]:
        """One service's counts at every council, read once a minute at the most."""
        key = (service, span.first, span.last)
        return await self._across.get(key, lambda: self.reports.across(service, span.first, span.last))

    async def _total_cost(self, council: str, service: str, subject: Subject) -> Cost | None:
        if service not in subject.figures.totals:
            return None
        year = await self.reports.by_service(council, *last_twelve_months(subject.today))
        return total_cost_per_transaction(subject.figures, service, year.get(service, Counts()).completions)

    async def _uptime(self, whose: Whose, span: Span, points: Sequence[Point]) -> tuple[Uptime, ...]:
        days = await self.reports.uptime(whose.council, whose.service, span.first, span.last)
        if not any(one.uptime.requests or one.uptime.known_minutes for one in days):
            return ()
        ends = [*(point.start for point in points[1:]), date.max]
        return tuple(
            whole(one.uptime for one in days if point.start <= one.day < end)
            for point, end in zip(points, ends, strict=True)
        )


def _across(
    facts: Facts,
    charts: tuple[Chart, ...],
    kind: str,
    rows: Mapping[str, Counts],
    subject: Subject,
    span: Span,
) -> Board:
    figures = figures_of(facts, subject, span) if facts.total != Counts() else ()
    table = rows_chart(kind, rows, subject, bars_too=kind == "services") if figures else None
    every = charts if table is None else (*charts, table)
    return Board(
        span, subject.language, figures, charts, _notes(figures, every, subject), table, frozenset(rows)
    )


def _cost(points: Sequence[Point], subject: Subject) -> Cost | None:
    sent: dict[str, int] = {}
    for point in points:
        for channel, count in point.sent_by_channel.items():
            if channel in {*CHANNELS, "api"}:
                sent[channel] = sent.get(channel, 0) + count
    return cost_per_transaction(sent, channel_costs(subject.figures))


def _notes(figures: tuple[Figure, ...], charts: tuple[Chart, ...], subject: Subject) -> tuple[str, ...]:
    words = WORDS[subject.language]
    if not figures and not charts:
        return (words["none"],)
    gaps = gaps_in(charts, [figure.cell for figure in figures])
    notes = []
    if Gap.SMALL in gaps:
        notes.append(words["kept_back"].format(minimum=MINIMUM))
    if Gap.NOTHING in gaps:
        notes.append(words["nothing"])
    return tuple(notes)
