"""Dashboards made: what was counted is read in turn, so that nobody's page waits behind a chart, and kept for a while."""

from __future__ import annotations

from dataclasses import dataclass

from commonhall.web.charts.artist import Artist
from commonhall.web.charts.chart import Chart, Gap
from commonhall.web.dashboards.board import Board, Facts, Figure, Subject
from commonhall.web.dashboards.figures import figures_of
from commonhall.web.dashboards.guard import MINIMUM
from commonhall.web.dashboards.kept import Kept
from commonhall.web.dashboards.pictures import charts_of, gaps_in, services_chart
from commonhall.web.dashboards.reports import Reports
from commonhall.web.dashboards.spans import Span
from commonhall.web.dashboards.words import WORDS

KEPT_SECONDS = 8.0
"""Less than the ten seconds after which a page that is looked at asks again."""
MOST_KEPT = 256


@dataclass(frozen=True, slots=True)
class Whose:
    """A council's service, or all of its services (None)."""

    council: str
    service: str | None = None


class Dashboards:
    """Boards of services, of councils and across councils."""

    def __init__(self, reports: Reports, artist: Artist) -> None:
        self.reports = reports
        self.artist = artist
        self._kept: Kept[Board] = Kept(KEPT_SECONDS, MOST_KEPT)

    async def board(self, whose: Whose, subject: Subject, span: Span) -> Board:
        """The board of a service or of a council, as it was at most a few seconds ago."""
        key = (whose, subject.guard, subject.language, subject.today, span)
        return await self._kept.get(key, lambda: self._make(whose, subject, span))

    async def _make(self, whose: Whose, subject: Subject, span: Span) -> Board:
        facts = await self._facts(whose, subject, span)
        figures, charts = figures_of(facts, subject, span), charts_of(facts, subject, span)
        services = services_chart(facts.services, subject)
        return Board(
            span=span,
            language=subject.language,
            figures=figures,
            charts=charts,
            by_service=services,
            services=frozenset(facts.services),
            notes=_notes(figures, charts if services is None else (*charts, services), subject),
        )

    async def _facts(self, whose: Whose, subject: Subject, span: Span) -> Facts:
        # One after another: a page of a resident must find connections free.
        reports, council, service = self.reports, whose.council, whose.service
        points = await reports.series(council, service, span.first, span.last, span.period)
        if service is None:
            services = await reports.by_service(council, span.first, span.last)
            return Facts(tuple(points), services=services)
        first, last = span.months
        order = {page: place for place, page in enumerate(subject.pages)}
        pages = await reports.pages(council, service, first, last)
        streets = (
            () if subject.guard.minimum else await reports.places(council, service, first, last, "street")
        )
        return Facts(
            tuple(points),
            seconds=await reports.spread(council, service, first, last, "seconds"),
            wait=await reports.spread(council, service, first, last, "wait"),
            pages=tuple(sorted(pages, key=lambda step: order.get(step.page, len(order)))),
            areas=tuple(await reports.places(council, service, first, last, "area")),
            streets=tuple(streets),
        )


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
