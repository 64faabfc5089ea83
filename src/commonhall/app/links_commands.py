"""The commands of links to councils' own pages: take GOV.UK's file of them, see whether they work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from commonhall.app.settings import Settings, SettingsRefused
from commonhall.app.terminal import err, out, with_database

links = typer.Typer(help="Links to pages of councils that are not on this platform.", no_args_is_help=True)
MOST_SHOWN = 50


@links.command("import")
def import_links(
    path: Annotated[
        Path, typer.Argument(help="The CSV that GOV.UK's editors export.", exists=True, dir_okay=False)
    ],
    source: Annotated[
        str, typer.Option(help="What these are known as: the next file of it takes their place.")
    ] = "govuk",
    skip_wrong: Annotated[
        bool, typer.Option("--skip-wrong", help="Take the sound lines, whatever the others are.")
    ] = False,
) -> None:
    """Take a file of links into use, in place of the former one of the same source: all of it, or nothing."""
    from commonhall.api.govuk import INTERACTIONS  # noqa: PLC0415
    from commonhall.directory.directory import open_directory  # noqa: PLC0415
    from commonhall.directory.links import read_links  # noqa: PLC0415

    directory = open_directory()
    found = read_links(path.read_bytes(), directory.councils, directory.services, INTERACTIONS)
    for problem in found.problems[:MOST_SHOWN]:
        err.print(f"{path.name}: {problem}", markup=False)
    if len(found.problems) > MOST_SHOWN:
        err.print(f"... and {len(found.problems) - MOST_SHOWN} more problems")
    if (found.problems and not skip_wrong) or not found.links:
        err.print(
            "nothing was changed: mend the file, or say --skip-wrong to take the sound lines"
            if found.links
            else "nothing was changed: the file has no sound link"
        )
        raise typer.Exit(1)

    async def run(settings: Settings, url: str) -> tuple[int, int]:
        from commonhall.app.wiring import open_house  # noqa: PLC0415
        from commonhall.casework.links import keep_links  # noqa: PLC0415

        async with open_house(settings, url) as house:
            return await keep_links(house.desk, source, found.links)

    kept, dropped = with_database(run)
    out.print(
        f"{kept:,} links of {len({link.slug for link in found.links})} councils kept, {dropped:,} of the former file dropped, "
        f"{found.without:,} rows without an address, {len(found.problems):,} wrong"
    )


@links.command("check")
def check_links(
    council: Annotated[str | None, typer.Option(help="Only this council's (its slug).")] = None,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1)] = 2000,
    again: Annotated[bool, typer.Option("--again", help="Also those that were looked at this week.")] = False,
) -> None:
    """See whether links work, politely: one page of a site at a time, as its robots.txt allows."""

    async def run(settings: Settings, url: str) -> None:
        from datetime import timedelta  # noqa: PLC0415

        from commonhall.app.wiring import open_house  # noqa: PLC0415
        from commonhall.casework import links as use  # noqa: PLC0415

        if not settings.contact:
            raise SettingsRefused(
                "say in COMMONHALL_CONTACT whom the owners of those sites may write to (https://... or an address of mail)"
            )
        columns = (
            TextColumn("links"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total}"),
            TimeRemainingColumn(),
        )
        async with open_house(settings, url) as house:
            with Progress(*columns, console=err) as progress:
                task = progress.add_task("links", total=None)
                after = timedelta(0) if again else use.CHECK_AFTER
                found = await use.check_links(
                    house.desk, house.visitor().visit, slug=council, most=limit, after=after,
                    progress=lambda done, whole: progress.update(task, completed=done, total=whole),
                )  # fmt: skip
            out.print(f"{found.ok:,} work, {found.caution:,} want a look, {found.broken:,} are broken")

    with_database(run)
