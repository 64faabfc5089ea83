"""`commonhall simulate`: a past full of people who do not exist, through the real code."""

from __future__ import annotations

import logging
import time
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import structlog
import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from commonhall.app.settings import Settings, SettingsRefused
from commonhall.app.terminal import err, known, out, with_database

YEAR = timedelta(days=365)


def simulate(
    councils: Annotated[str, typer.Option(help="Councils, by comma; all demonstrations if not given.")] = "",
    services: Annotated[
        str, typer.Option(help="Services, by comma; all that a council offers if not given.")
    ] = "",
    scale: Annotated[float, typer.Option(min=0.0001, max=100, help="The share of the true volume.")] = 0.1,
    journeys_per_day: Annotated[
        int | None, typer.Option(min=1, help="Journeys a day in all, instead of --scale.")
    ] = None,
    from_: Annotated[
        str, typer.Option("--from", help="The first day (YYYY-MM-DD); a year ago if not given.")
    ] = "",
    to: Annotated[str, typer.Option("--to", help="The day before which it ends; now if not given.")] = "",
    seed: Annotated[int, typer.Option(help="The same seed gives the same people.")] = 1,
    jobs: Annotated[int, typer.Option(min=1, max=32, help="Councils at the same time.")] = 2,
) -> None:
    """Fill demonstration councils with simulated journeys and cases; every figure is marked as simulated."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))

    async def run(settings: Settings, url: str) -> None:
        from commonhall.app.simulating.running import Wanted, usual_day  # noqa: PLC0415
        from commonhall.app.simulating.running import simulate as play  # noqa: PLC0415
        from commonhall.app.simulating.visits import Counts  # noqa: PLC0415
        from commonhall.app.wiring import open_house  # noqa: PLC0415

        until = _moment(to) if to else datetime.now(UTC).replace(second=0, microsecond=0)
        first = _day(from_) if from_ else (until - YEAR).date()
        async with open_house(settings, url) as house:
            names = [name.strip() for name in councils.split(",") if name.strip()]
            for name in names:
                known(house, name)
            sites = [
                site
                for site in house.sites.all()
                if (site.council in names if names else site.demonstration) and site.services
            ]
            if not sites:
                raise SettingsRefused(
                    "no council here is a demonstration: name those to simulate with --councils"
                )
            wanted = tuple(name.strip() for name in services.split(",") if name.strip())
            share = journeys_per_day / usual_day(house, sites, wanted) if journeys_per_day else scale
            columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
            started = time.monotonic()
            with Progress(*columns, console=err) as bar:
                tasks = {
                    site.council: bar.add_task(site.council, total=(until.date() - first).days or 1)
                    for site in sites
                }

                def progress(council: str, at: datetime, _counts: Counts) -> None:
                    bar.update(tasks[council], completed=(at.date() - first).days)

                done = await play(house, sites, Wanted(seed, share, first, until, wanted), jobs, progress)
        seconds = max(time.monotonic() - started, 0.001)
        out.print(report_of(done, seconds))

    with_database(run)


def report_of(done: object, seconds: float) -> str:
    """What was done, for a person."""
    from commonhall.app.simulating.visits import Counts  # noqa: PLC0415

    assert isinstance(done, Counts)
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


def _moment(text: str) -> datetime:
    from datetime import time as clock  # noqa: PLC0415

    from commonhall.casework.desk import LONDON  # noqa: PLC0415

    until = datetime.combine(_day(text), clock(), LONDON).astimezone(UTC)
    if until > datetime.now(UTC):
        raise SettingsRefused(f"--to {text} is in the future: a simulation is of the past")
    return until
