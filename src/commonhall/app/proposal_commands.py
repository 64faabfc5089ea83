"""The maintainer's side of giving back: how councils vary a service, and what they propose to it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from commonhall.app.settings import Settings, SettingsRefused
from commonhall.app.terminal import out, with_database

proposals = typer.Typer(help="What councils propose to the shared services.", no_args_is_help=True)
OfService = Annotated[str | None, typer.Option("--service", help="Of this service alone.")]


def variation(service: OfService = None) -> None:
    """How much the councils of this installation vary each service, setting, text and place."""

    async def run(settings: Settings, url: str) -> list[Any]:
        from commonhall.app.wiring import open_house  # noqa: PLC0415
        from commonhall.catalogue.giving_back.proposals import list_variation  # noqa: PLC0415

        async with open_house(settings, url) as house:
            return await list_variation(house.store, await packages_of(house), service)

    for found in with_database(run):
        out.print(
            f"{found.service}: {found.councils} councils, variation rate {found.rate:.1%}", markup=False
        )
        table = Table("what", "councils", "share", "most frequent instead")
        for one in found.varied:
            name = f"{one.key} ({one.language})" if one.language else one.key
            share = "needed" if one.needed else f"{one.rate:.0%}"
            value, count = one.values[0]
            table.add_row(f"{one.kind} {name}", str(len(one.councils)), share, f"{count} × {str(value)[:60]}")
        out.print(table)


@proposals.command("list")
def list_all(service: OfService = None, state: Annotated[str, typer.Option(help="open, taken, declined, withdrawn")] = "open") -> None:  # fmt: skip
    """Show proposals, each with how many councils vary the same thing and how many just like it."""

    async def run(settings: Settings, url: str) -> list[Any]:
        from commonhall.app.wiring import open_house  # noqa: PLC0415
        from commonhall.catalogue.giving_back.proposals import weigh  # noqa: PLC0415

        async with open_house(settings, url) as house:
            return await weigh(house.store, await packages_of(house), service=service, state=state)

    table = Table("council", "proposal", "service", "what", "value", "vary it", "just so", "reason")
    for one in with_database(run):
        row = one.proposal
        varied = f"{len(one.varied.councils)} of {one.varied.of}" if one.varied else "none now"
        table.add_row(
            row.council, row.proposal, f"{row.service} {row.version}", f"{row.kind} {row.key} {row.language}",
            str(row.value)[:60], varied, str(one.alike), row.reason,
        )  # fmt: skip
    out.print(table)


@proposals.command("take")
def take_one(
    council: Annotated[str, typer.Argument(metavar="COUNCIL")],
    proposal: Annotated[str, typer.Argument(metavar="PROPOSAL")],
    package: Annotated[Path, typer.Option(help="The folder of the service's package, to be changed.")],
    why: Annotated[str, typer.Option(help="What CHANGELOG.md and the council are told.")],
    by: Annotated[str, typer.Option(help="Who decides.")] = "the maintainer",
) -> None:
    """Make a proposal part of a package: its files are changed, and the council is told."""

    async def run(settings: Settings, url: str) -> str:
        from commonhall.app.wiring import open_house  # noqa: PLC0415
        from commonhall.catalogue.giving_back.proposals import decide, find_open  # noqa: PLC0415
        from commonhall.catalogue.giving_back.taking import CannotTake, take  # noqa: PLC0415
        from commonhall.catalogue.packages import read_folder  # noqa: PLC0415
        from commonhall.engine.reader import read_service  # noqa: PLC0415

        async with open_house(settings, url) as house:
            row = await find_open(house.store, council, proposal)
            if row is None:
                raise SettingsRefused(
                    f"{council} has no open proposal {proposal}: see `commonhall proposals list`"
                )
            service = read_service(read_folder(package), house.calendars, package.name)
            if service.id != row.service:
                raise SettingsRefused(f"{package} is {service.id}, and the proposal is for {row.service}")
            try:
                files = take(service, row.kind, row.key, row.language, row.value, why)
            except CannotTake as cannot:
                raise SettingsRefused(str(cannot)) from None
            taken = read_service(files, house.calendars, package.name)
            for name, text in files.items():
                (package / name).write_text(text, "utf-8")
            await decide(
                house.store, council, proposal, taken=True, now=house.desk.clock(), by=by,
                words=f"{why} (in {taken.version})",
            )  # fmt: skip
            return taken.version

    version = with_database(run)
    out.print(f"{package} is version {version} now: look at it with `commonhall check` and `commonhall diff`")


@proposals.command("decline")
def decline(
    council: Annotated[str, typer.Argument(metavar="COUNCIL")],
    proposal: Annotated[str, typer.Argument(metavar="PROPOSAL")],
    why: Annotated[str, typer.Option(help="What the council is told.")],
    by: Annotated[str, typer.Option(help="Who decides.")] = "the maintainer",
) -> None:
    """Decline a proposal, and tell the council why."""

    async def run(settings: Settings, url: str) -> bool:
        from commonhall.app.wiring import open_house  # noqa: PLC0415
        from commonhall.catalogue.giving_back.proposals import decide  # noqa: PLC0415

        async with open_house(settings, url) as house:
            return await decide(
                house.store, council, proposal, taken=False, now=house.desk.clock(), by=by, words=why
            )

    if not with_database(run):
        raise SettingsRefused(f"{council} has no open proposal {proposal}: see `commonhall proposals list`")
    out.print("declined")


async def packages_of(house: Any) -> Any:
    """How to read a service by its package's digest, for all that councils run now."""
    from commonhall.storage.proposals import list_running  # noqa: PLC0415

    known = {}
    for row in await list_running(house.store):
        if row.package not in known:
            known[row.package] = (await house.desk.services.get(row.council, row.digest)).service
    return known.__getitem__
