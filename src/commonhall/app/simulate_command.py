"""`commonhall simulate`: a past full of people who do not exist, through the real code."""

from __future__ import annotations

from typing import Annotated

import typer

from commonhall.app.terminal import with_database


def simulate(
    councils: Annotated[str, typer.Option(help="Councils, by comma; all demonstrations if not given.")] = "",
    services: Annotated[
        str, typer.Option(help="Services, by comma; all that a council offers if not given.")
    ] = "",
    scale: Annotated[float, typer.Option(min=0.0001, max=100, help="The share of the true volume.")] = 0.1,
    journeys_per_day: Annotated[
        int | None, typer.Option(min=1, help="Journeys on a usual day in all, instead of --scale.")
    ] = None,
    from_: Annotated[
        str, typer.Option("--from", help="The first day (2026-03-31); a year before the end if not given.")
    ] = "",
    to: Annotated[str, typer.Option("--to", help="The day before which it ends; now if not given.")] = "",
    seed: Annotated[int, typer.Option(help="The same seed gives the same people.")] = 1,
    jobs: Annotated[int, typer.Option(min=1, max=32, help="Councils at the same time.")] = 2,
    measures_only: Annotated[
        bool,
        typer.Option("--measures-only", help="Write figures alone, without cases: for trying out millions."),
    ] = False,
    cases: Annotated[
        int, typer.Option(min=1, help="With --measures-only: about how many cases.")
    ] = 1_000_000,
    lines: Annotated[bool, typer.Option(hidden=True, help="Progress as lines, for a program.")] = False,
) -> None:
    """Fill demonstration councils with simulated journeys and cases; every figure is marked as simulated."""
    from commonhall.app.simulating.telling import Asked, carry_out  # noqa: PLC0415

    asked = Asked(
        councils=_named(councils),
        services=_named(services),
        scale=scale,
        journeys_per_day=journeys_per_day,
        first=from_,
        end=to,
        seed=seed,
        jobs=jobs,
        lines=lines,
        cases=cases if measures_only else None,
    )
    with_database(lambda settings, url: carry_out(settings, url, asked))


def _named(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
