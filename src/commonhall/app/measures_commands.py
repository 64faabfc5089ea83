"""The commands of the measures: is what is shown what happened, and count it anew."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from commonhall.app.settings import Settings
from commonhall.app.terminal import err, known, out, with_database

measures = typer.Typer(help="The measures of services.", no_args_is_help=True)
MOST_SHOWN = 20
Which = Annotated[
    str | None, typer.Argument(metavar="COUNCIL", help="Such as solihull; all councils, if not said.")
]


def _which(house: Any, council: str | None) -> list[str]:
    if council is None:
        return [site.council for site in house.sites.all()]
    known(house, council)
    return [council]


@measures.command("check")
def check_measures(
    council: Which = None,
) -> None:
    """Compare every count that is shown with what counting all journeys gives. Changes nothing."""

    async def run(settings: Settings, url: str) -> int:
        from commonhall.app.wiring import open_house  # noqa: PLC0415
        from commonhall.reporting import rolling  # noqa: PLC0415

        wrong = 0
        async with open_house(settings, url) as house:
            for name in _which(house, council):
                found = await rolling.check(house.store, name)
                wrong += len(found)
                out.print(
                    f"{name}: {'every count is right' if not found else f'{len(found)} counts are wrong'}"
                )
                for service, day in found[:MOST_SHOWN]:
                    err.print(f"  {service}, {day}", markup=False)
        return wrong

    if with_database(run):
        err.print("count them anew with: commonhall measures rebuild")
        raise typer.Exit(1)


@measures.command("rebuild")
def rebuild_measures(
    council: Which = None,
) -> None:
    """Count all journeys anew, one council after the other. What is shown stays there until the new counts are."""

    async def run(settings: Settings, url: str) -> None:
        from commonhall.app.wiring import open_house  # noqa: PLC0415
        from commonhall.reporting import rolling  # noqa: PLC0415

        async with open_house(settings, url) as house:
            for name in _which(house, council):
                await rolling.rebuild(house.store, name)
                out.print(f"{name}: counted anew")

    with_database(run)
