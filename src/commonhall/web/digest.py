"""A council's week and its alerts in words, for a page of the workspace and for mails to staff. In English."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from commonhall.engine.fields.numbers import show_date
from commonhall.reporting.alerts import AlertRow
from commonhall.reporting.counts import Counts
from commonhall.reporting.digest import Digest, ServiceWeek
from commonhall.reporting.signals import WEEKS
from commonhall.web.charts.specs import stacked

WHAT = {
    "completion": "Fewer people complete",
    "deliveries": "Cases wait to be delivered",
    "satisfaction": "Fewer people are satisfied",
}
SAYS = {
    "completion": "{now} of {counted:,} journeys were completed, where it had been {base}",
    "deliveries": "{now} of {counted:,} deliveries reached the back office within an hour, where it had been {base}",
    "satisfaction": "{now} of {counted:,} scores were 4 or 5, where it had been {base}",
}
"""What an alert says, by what has fallen: of a week, and of the eight weeks before it."""
COLUMNS = (
    "Service",
    "Sent",
    "Usual week",
    "Completed",
    "Before",
    "Satisfaction",
    "Before",
    "In time",
    "Before",
)


@dataclass(frozen=True, slots=True)
class Weeks:
    """What the wiring hands to the workspace: alerts since a day, the week that begins on a Monday, and whether mails are
    sent by this installation."""

    alerts: Callable[[str, date], Awaitable[list[AlertRow]]]
    digest: Callable[[str, date], Awaitable[Digest]]
    sends_mail: bool


@dataclass(frozen=True, slots=True)
class AlertWords:
    """An alert as people read it."""

    title: str
    text: str
    since: str
    ended: str


def alert_words(alert: AlertRow, names: Mapping[str, str]) -> AlertWords:
    """An alert in words. `names` are services' names by id."""
    text = SAYS[alert.what].format(now=percent(alert.rate), counted=alert.counted, base=percent(alert.base))
    return AlertWords(
        f"{WHAT[alert.what]}: {names.get(alert.service, alert.service)}",
        f"{text}.",
        show_date(alert.raised_on, "en"),
        show_date(alert.recovered_on, "en") if alert.recovered_on else "",
    )


def title_of(digest: Digest) -> str:
    """Which week it is."""
    return f"The week from {show_date(digest.first, 'en')} to {show_date(digest.last, 'en')}"


def figures(digest: Digest, names: Mapping[str, str]) -> list[tuple[str, ...]]:
    """The figures by service, under `COLUMNS`; all services together last."""
    used = [one for one in digest.services if one.now != Counts()]
    ordered = sorted(used, key=lambda one: (-one.now.sent, one.service))
    rows = [_row(names.get(one.service, one.service), one) for one in ordered]
    return [*rows, _row("All services", digest.whole)]


def _row(name: str, week: ServiceWeek) -> tuple[str, ...]:
    now, before = week.now, week.before
    return (
        name, f"{now.sent:,}", f"{before.sent / WEEKS:,.0f}",
        percent(now.completion_rate), percent(before.completion_rate),
        percent(now.satisfaction), percent(before.satisfaction),
        percent(now.in_time_rate), percent(before.in_time_rate),
    )  # fmt: skip


def percent(share: float | None) -> str:
    """A share as people read it; a dash where nothing was counted."""
    return "–" if share is None else f"{share:.0%}"


def alt_of(digest: Digest) -> str:
    """What the picture shows, with the same figures."""
    weeks = "; ".join(f"{_short(day)}: {sent:,}" for day, sent in digest.weeks)
    return f"Transactions sent in each of nine weeks, by the Monday of the week. {weeks}."


def _short(day: date) -> str:
    return f"{day.day} {day:%B}"


def picture_spec(digest: Digest) -> dict[str, Any]:
    """The one picture: what was sent in each week, as a Vega-Lite specification."""
    starts = [day for day, _ in digest.weeks]
    sent = [sent for _, sent in digest.weeks]
    drawn = stacked(
        starts, {"Sent": sent}, period="week", unit="Transactions sent", description=alt_of(digest)
    )
    return drawn.narrow
