"""The large numbers of a dashboard, each with what it counts, whose definition it is, and of which days."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from commonhall.reporting.costs import Cost, last_twelve_months
from commonhall.reporting.counts import Counts
from commonhall.reporting.measures import Spread
from commonhall.reporting.rates import YearRate
from commonhall.reporting.uptime import Uptime, whole
from commonhall.web.charts.chart import Cell, Gap, Kind
from commonhall.web.dashboards.board import Facts, Figure, Subject
from commonhall.web.dashboards.definitions import DEFINITIONS
from commonhall.web.dashboards.showing import show_cell, show_days, show_hours, show_seconds
from commonhall.web.dashboards.spans import Span
from commonhall.web.dashboards.words import WORDS


def figures_of(facts: Facts, subject: Subject, span: Span) -> tuple[Figure, ...]:
    """The figures that there is something to say about; each rate with how many it is of."""
    made = _Making(subject, span)
    total, guard = facts.total, subject.guard
    found = [
        made.figure("starts", guard.count(total.starts), "count"),
        made.figure("sent", guard.count(total.sent), "count"),
        made.take_up(total),
        made.share("completion", total.completion_rate, total.ended),
        made.satisfaction(total.satisfaction, total.responses),
        made.cost(
            "cost", facts.cost, total.sent, [one.sent for one in facts.by_channel.values() if one.sent]
        ),
        made.cost("cost_total", facts.total_cost, total.sent),
        made.spread("seconds", facts.seconds)
        if facts.seconds
        else made.mean("seconds", total.mean_seconds, total.submitted),
        made.spread("wait", facts.wait)
        if facts.wait
        else made.mean("wait", total.mean_wait_hours, total.closed),
        made.share("in_time", total.in_time_rate, total.in_time + total.late),
        made.share("first_fix", total.first_time_fix_rate, total.fixed),
        made.share("failure", total.failure_demand, total.sent),
        made.rate(facts.rate),
        *made.uptime(whole(facts.uptime)),
    ]
    return tuple(one for one in found if one is not None)


class _Making:
    def __init__(self, subject: Subject, span: Span) -> None:
        self.subject = subject
        self.span = span
        self.words = WORDS[subject.language]

    def figure(
        self, key: str, cell: Cell, kind: Kind, *, text: str | None = None, more: str = "", months: bool = False,
        definition: str = "",
    ) -> Figure:  # fmt: skip
        title, about, source = DEFINITIONS[self.subject.language][definition or key]
        return Figure(
            key=key,
            title=title,
            cell=cell,
            text=show_cell(cell, kind) if text is None or isinstance(cell, Gap) else text,
            more="" if isinstance(cell, Gap) else more,
            about=about,
            source=self.words["source"].format(source=source),
            counted=self.words["counted"].format(span=self.days(months)),
        )

    def days(self, months: bool) -> str:
        """The span in words; of whole months, where it is counted by them."""
        first, last = self.span.months if months else (self.span.first, self.span.last)
        language = self.subject.language
        return show_days(first, last, language, "whole_months" if months else "days")

    def of(self, whole: int) -> str:
        return self.words["of_one"] if whole == 1 else self.words["of"].format(count=f"{whole:,}")

    def share(self, key: str, share: float | None, whole: int) -> Figure | None:
        if share is None:
            return None
        return self.figure(key, self.subject.guard.share(share, whole), "share", more=self.of(whole))

    def take_up(self, total: Counts) -> Figure | None:
        if not total.sent:
            return None
        cell = self.subject.guard.split(total.digital_and_not)
        return self.figure("take_up", cell, "share", more=self.of(total.sent))

    def satisfaction(self, share: float | None, responses: int) -> Figure | None:
        if share is None:
            return None
        words = self.words["responses_one" if responses == 1 else "responses"]
        cell = self.subject.guard.share(share, responses)
        return self.figure("satisfaction", cell, "share", more=words.format(count=f"{responses:,}"))

    def cost(self, key: str, cost: Cost | None, sent: int, parts: Sequence[int] = ()) -> Figure | None:
        """What one costs; `parts` are the cases of the channels that it is a mean of."""
        if cost is None:
            return None
        pounds = float(cost.shown)
        # It is said how many it is of: so these may not be few, either.
        guard = self.subject.guard
        cell = Gap.SMALL if guard.tells_parts(parts) else guard.amount(pounds, min(sent, cost.transactions))
        made = self.figure(key, cell, "number", text=f"£{pounds:,.2f}", more=self.of(cost.transactions))
        source = self.words["cost_source"].format(source="; ".join(cost.sources))
        made = replace(made, source=f"{made.source} {source}")
        return replace(made, counted=self.year()) if key == "cost_total" else made

    def year(self) -> str:
        """The twelve months that the cost of all is of, whatever the span is."""
        span = show_days(*last_twelve_months(self.subject.today), self.subject.language)
        return self.words["counted"].format(span=span)

    def rate(self, rate: YearRate | None) -> Figure | None:
        """Of a year, whatever the span is; with what it is of."""
        if rate is None:
            return None
        base, language = rate.base, self.subject.language
        cell = self.subject.guard.amount(rate.interval.value, rate.count)
        number = f"{base.number:,}"
        cases = self.words["cases_one" if rate.count == 1 else "cases"].format(count=f"{rate.count:,}")
        basis = self.words[f"basis_{base.basis}"]
        more = f"{cases}. {self.words[f'base_{base.per}']}: {number}, {basis}"
        made = self.figure("rate", cell, "rate", more=more, definition=f"rate_{base.per}")
        of = self.words[f"per_{base.per}_{base.basis}"].format(number=number)
        counted = self.words["counted"].format(span=show_days(rate.first, rate.last, language))
        return replace(made, about=f"{made.about} {of}", counted=counted)

    def uptime(self, ran: Uptime) -> list[Figure]:
        """How the service itself ran; nothing of it is about anybody, so that nothing is kept back."""
        found = []
        if ran.uptime is not None:
            minutes = self.words["known_minutes"].format(count=f"{ran.known_minutes:,}")
            # Not rounded up: a service that failed for a minute was not there all the time.
            share = math.floor(ran.uptime * 10_000) / 10_000
            found.append(self.figure("uptime", share, "share", text=f"{share:.2%}", more=minutes))
        if ran.p95 is not None and ran.median is not None:
            text = self.words["milliseconds"].format(number=f"{ran.p95 * 1000:,.0f}")
            half = self.words["half_within"].format(number=f"{ran.median * 1000:,.0f}")
            found.append(self.figure("response", round(ran.p95, 4), "number", text=text, more=half))
        return found

    def spread(self, key: str, spread: Spread) -> Figure | None:
        if spread.median is None or spread.ninety is None:
            return None
        show = show_seconds if key == "seconds" else show_hours
        language = self.subject.language
        return self.figure(
            key,
            self.subject.guard.amount(spread.median, spread.count),
            "number",
            text=show(spread.median, language),
            more=self.words["nine_in_ten"].format(time=show(spread.ninety, language)),
            months=True,
        )

    def mean(self, key: str, mean: float | None, whole: int) -> Figure | None:
        if mean is None:
            return None
        text = (show_seconds if key == "seconds" else show_hours)(mean, self.subject.language)
        cell = self.subject.guard.amount(mean, whole)
        return self.figure(f"{key}_mean", cell, "number", text=text, more=self.of(whole))
