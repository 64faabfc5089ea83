"""What the command line asks of a simulation, and what it tells while that runs and after it."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

import structlog
import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from commonhall.app.settings import Settings, SettingsRefused
from commonhall.app.simulating.marks import SPAN, Wanted, usual_day
from commonhall.app.simulating.measures_only import Written, simulate_measures
from commonhall.app.simulating.running import simulate
from commonhall.app.simulating.visits import Counts
from commonhall.app.terminal import err, known, out
from commonhall.app.wiring import House, open_house
from commonhall.casework.desk import LONDON
from commonhall.casework.sites import Site

GENTLY = 10
"""By how much a simulation beside a running site gives way to it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of `commonhall simulate`."""

    councils: Sequence[str]
    services: tuple[str, ...]
    scale: float
    journeys_per_day: int | None
    first: str
    end: str
    seed: int
    jobs: int
    lines: bool
    cases: int | None = None
    """With this, measures only: about so many cases of them in all."""


async def carry_out(settings: Settings, url: str, asked: Asked) -> None:
    """Simulate what was asked for, and tell of it. Raises `SettingsRefused`."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    if asked.lines:
        os.nice(GENTLY)
    until = _midnight(asked.end) if asked.end else datetime.now(UTC).replace(second=0, microsecond=0)
    first = _day(asked.first) if asked.first else None
    async with open_house(settings, url) as house:
        sites = _sites(house, asked.councils)
        scale = asked.scale
        if asked.journeys_per_day or asked.cases:
            usual = usual_day(house, sites, asked.services)
            scale = (asked.journeys_per_day or 0) / usual.starts
            if asked.cases:
                days = (until.date() - first).days if first else SPAN.days
                scale = asked.cases / (usual.cases * max(1, days))
        wanted = Wanted(asked.seed, scale, first, until, asked.services, measures_only=bool(asked.cases))
        started = time.monotonic()
        with _shown([site.council for site in sites], lines=asked.lines) as progress:
            if asked.cases:
                said = written_of(await simulate_measures(house, sites, wanted, asked.jobs, progress))
            else:
                done = await simulate(house, sites, wanted, asked.jobs, progress)
                said = report_of(done, max(time.monotonic() - started, 0.001))
    if not asked.lines:
        out.print(said)


def _sites(house: House, names: Sequence[str]) -> list[Site]:
    """Those named, or all demonstrations; of those that offer something."""
    for name in names:
        known(house, name)
    sites = [site for site in house.sites.all() if (site.council in names if names else site.demonstration)]
    if not sites:
        raise SettingsRefused("no council here is a demonstration: name those to simulate with --councils")
    return [site for site in sites if site.services]


@contextmanager
def _shown(councils: Sequence[str], *, lines: bool) -> Iterator[Callable[[str, float, int], None]]:
    """How far it is, with a bar for each council; or as lines of the share that is done and the journeys."""
    shares = dict.fromkeys(councils, 0.0)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, disable=lines) as bar:
        tasks = {council: bar.add_task(council, total=1.0) for council in councils}

        def progress(council: str, share: float, journeys: int) -> None:
            shares[council] = share
            bar.update(tasks[council], completed=share)
            if lines:
                typer.echo(f"{sum(shares.values()) / len(shares):.4f} {journeys}")

        yield progress


def written_of(done: Written) -> str:
    """What was written, for a person."""
    if not done.rows:
        return "nothing to do: all of it is simulated already"
    return (
        f"{done.rows:,} measures written in {done.writing:.1f} s ({done.rows / max(done.writing, 0.001):,.0f} a second),"
        f" and counted in {done.counting:.1f} s"
    )


def report_of(done: Counts, seconds: float) -> str:
    """What was done, for a person."""
    if not done.journeys:
        return "nothing to do: all of it is simulated already"
    return (
        f"{done.journeys:,} journeys in {seconds:.1f} s ({done.journeys / seconds:,.0f} a second): {done.cases:,} cases"
        f" ({done.again:,} told again), {done.exits:,} ended at an exit, {done.left:,} left;"
        f" {done.refused:,} wrong answers refused; {done.ratings:,} ratings; {done.delivered:,} deliveries,"
        f" {done.updates:,} updates of back offices"
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingsRefused(f"'{text}' is no day: write it as 2026-03-31") from None


def _midnight(text: str) -> datetime:
    day = _day(text)
    until = datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)
    if until > datetime.now(UTC):
        raise SettingsRefused(f"--to {text} is in the future: a simulation is of the past")
    return until
