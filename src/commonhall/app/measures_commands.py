"""The commands of the measures: is what is shown what happened, count it anew, and the week in numbers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

import typer

from commonhall.app.settings import Settings, SettingsRefused
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


@measures.command("place")
def place_measures(
    council: Which = None,
) -> None:
    """Put the cases that are kept into wards again: after boundaries or postcodes of wards were imported."""

    async def run(settings: Settings, url: str) -> None:
        from commonhall.app.wiring import open_house  # noqa: PLC0415
        from commonhall.casework.placing import Placed, place_cases  # noqa: PLC0415

        async with open_house(settings, url) as house:
            if not house.directory.wards.known:
                raise SettingsRefused(
                    "there are no ward boundaries: take some into use with commonhall directory wards"
                )
            for name in _which(house, council):
                placed = Placed()
                async for part in place_cases(house.desk, name):
                    placed += part
                out.print(
                    f"{name}: {placed.cases:,} cases, of which {placed.moved:,} came into another ward,"
                    f" and {placed.out:,} out of one"
                )

    with_database(run)


@measures.command("digest")
def send_week(
    council: Annotated[str, typer.Option(help="Such as solihull.")],
    week: Annotated[
        str | None, typer.Option(help="A day of the week, such as 2026-03-02; else the last.")
    ] = None,
    send: Annotated[
        bool, typer.Option("--send", help="Mail it to those who get it, also where they have it.")
    ] = False,
) -> None:
    """Show a council's week in numbers, as service owners get it by mail."""
    try:
        day = date.fromisoformat(week) if week else None
    except ValueError:
        raise SettingsRefused(f"--week is '{week}': give a day, such as 2026-03-02") from None

    async def run(settings: Settings, url: str) -> None:
        from commonhall.app.notices import send_digest, write_digest  # noqa: PLC0415
        from commonhall.app.wiring import open_house  # noqa: PLC0415
        from commonhall.reporting.digest import digest_of, last_week  # noqa: PLC0415
        from commonhall.web.charts.artist import Artist  # noqa: PLC0415

        if send and settings.mail is None:
            raise SettingsRefused("no mail can be sent: set COMMONHALL_SMTP_URL and COMMONHALL_MAIL_FROM")
        async with open_house(settings, url) as house:
            known(house, council)
            site = house.sites.of_council(council)
            assert site is not None
            first = day - timedelta(days=day.weekday()) if day else last_week(house.desk.today())
            digest = await digest_of(house.store, council, first)
            if not send:
                out.print((await write_digest(house, site, digest, None)).text, markup=False)
                return
            artist = Artist()
            try:
                told = await send_digest(house, site, digest, artist, again=True)
            finally:
                artist.close()
            out.print(f"sent to {', '.join(told) or 'nobody'}", markup=False)

    with_database(run)
