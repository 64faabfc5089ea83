"""Dashboards made: what was counted is read in turn, so that nobody's page waits behind a chart, and kept for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from commonhall.directory.wards import Wards
from commonhall.engine.fields.numbers import show_date
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
from commonhall.reporting.rates import Bases, no_base, told_from
from commonhall.reporting.suppression import MINIMUM
from commonhall.reporting.uptime import Uptime, whole
from commonhall.web.charts.artist import Artist
from commonhall.web.charts.chart import Chart, Gap
from commonhall.web.dashboards.across import Across
from commonhall.web.dashboards.beside import COMPARED, Everybody, Like, beside, nobody
from commonhall.web.dashboards.board import Board, Facts, Figure, Subject, Warded
from commonhall.web.dashboards.comparisons import across_charts, councils_chart
from commonhall.web.dashboards.definitions import DEFINITIONS
from commonhall.web.dashboards.figures import figures_of
from commonhall.web.dashboards.kept import Kept
from commonhall.web.dashboards.pictures import charts_of, gaps_in, services_chart
from commonhall.web.dashboards.reports import Reports
from commonhall.web.dashboards.spans import Span
from commonhall.web.dashboards.warding import outlines
from commonhall.web.dashboards.words import WORDS

KEPT_SECONDS = 8.0
"""Less than the ten seconds after which a page that is looked at asks again."""
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
        self,
        reports: Reports,
        artist: Artist,
        like: Like = nobody,
        bases: Bases = no_base,
        wards: Wards | None = None,
    ) -> None:
        self.reports = reports
        self.artist = artist
        self.like = like
        self.wards = wards or Wards()
        self.across = Across(reports, bases)
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
        services = services_chart(facts.services, subject)
        return Board(
            span=span,
            language=subject.language,
            figures=figures,
            charts=charts,
            by_service=services,
            services=frozenset(facts.services),
            notes=_notes(figures, charts if services is None else (*charts, services), subject, facts),
        )

    async def across_councils(
        self, service: str, subject: Subject, span: Span, here: Collection[str]
    ) -> Board:
        """The board of one service across councils: those that are `here`, and any that sent figures of it.
        `subject.names` are those of all councils."""
        every = await self.across.everybody(
            service, subject, span, lambda slug, one: slug in (subject.names if one.sent else here)
        )
        counts = [one.counts for one in every.standings.values() if not one.sent]
        whole = Facts((Point(span.first, sum(counts, Counts()), {}),), sent_late=every.late)
        board = _across(
            whole,
            across_charts(every, subject),
            councils_chart(every, subject),
            every.standings,
            subject,
            span,
        )
        if not any(one.sent for one in every.standings.values()):
            return board
        return replace(board, notes=(*board.notes, WORDS[subject.language]["sent_apart"]))

    async def across_services(self, subject: Subject, span: Span, councils: frozenset[str]) -> Board:
        """The board of all services across all of these councils; `subject.names` are the services'."""
        totals: dict[str, Counts] = {}
        for service in await self.reports.services(span.first, span.last):
            if service in subject.names:
                every = await self.across.counted(service, span.first, span.last)
                totals[service] = sum((every[slug] for slug in every if slug in councils), Counts())
        whole = Facts((Point(span.first, sum(totals.values(), Counts()), {}),))
        table = services_chart(totals, subject) if whole.total != Counts() else None
        return _across(whole, (), table, totals, subject, span)

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
        like = self.like(council)
        every = await self.across.everybody(
            service, subject, span, lambda slug, one: not one.sent or slug in like
        )
        rate = every.rates.get(council)
        if rate is not None and rate.sent:
            rate = None
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
            compared={what: beside(every, council, like, what) for what in COMPARED} if like else {},
            cost=_cost(points, subject),
            total_cost=await self._total_cost(council, service, subject),
            uptime=await self._uptime(whose, span, points),
            rate=rate,
            rate_from=_rate_from(council, every, subject.today) if rate is None else None,
            sent_late=every.late,
        )

    async def _warded(self, whose: Whose, subject: Subject, span: Span) -> Warded | None:
        """Cases by ward; for the public only where they are of most cases, since they stand in place of areas."""
        boundaries = self.wards.of(whose.council)
        if not boundaries or whose.service is None:
            return None
        of = (whose.council, whose.service, *span.months)
        places = tuple(await self.reports.places(*of, "ward"))
        if not places:
            return None
        months = await self.reports.series(*of, "month")
        sent = sum(month.counts.sent for month in months)
        found = Warded(places, boundaries, self.wards.attribution(subject.language), sent)
        if subject.guard.minimum and found.share < MOST:
            return None
        # Simplifying the shapes of a large council takes a while, the first time.
        await asyncio.to_thread(outlines, boundaries)
        return found

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
    table: Chart | None,
    rows: Iterable[str],
    subject: Subject,
    span: Span,
) -> Board:
    figures = figures_of(facts, subject, span) if facts.total != Counts() else ()
    every = charts if table is None else (*charts, table)
    notes = _notes(figures, every, subject, facts)
    return Board(span, subject.language, figures, charts, notes, table, frozenset(rows))


def _rate_from(council: str, every: Everybody, today: date) -> date | None:
    """The day from which a council has a rate, where that is still to come."""
    began = every.began.get(council)
    day = told_from(began) if began else None
    return day if day is not None and day > today else None


def _cost(points: Sequence[Point], subject: Subject) -> Cost | None:
    sent: dict[str, int] = {}
    for point in points:
        for channel, count in point.sent_by_channel.items():
            if channel in {*CHANNELS, "api"}:
                sent[channel] = sent.get(channel, 0) + count
    return cost_per_transaction(sent, channel_costs(subject.figures))


def _notes(
    figures: tuple[Figure, ...], charts: tuple[Chart, ...], subject: Subject, facts: Facts
) -> tuple[str, ...]:
    words = WORDS[subject.language]
    late = (words["sent_late"],) if facts.sent_late else ()
    if not figures and not charts:
        return (words["none"], *late)
    gaps = gaps_in(charts, [figure.cell for figure in figures])
    notes = []
    if Gap.SMALL in gaps:
        notes.append(words["kept_back"].format(minimum=MINIMUM))
    if Gap.NOTHING in gaps:
        notes.append(words["nothing"])
    if facts.rate_from is not None:
        title = DEFINITIONS[subject.language][f"rate_{subject.per}"][0]
        notes.append(words["rate_from"].format(title=title, day=show_date(facts.rate_from, subject.language)))
    return (*notes, *late)
