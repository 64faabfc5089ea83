"""Data sets as the operator keeps them: for councils that are here, and for those that only send figures."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Annotated, Any, TypeVar

import typer
from rich.table import Table

from commonhall.app.settings import Settings, SettingsRefused
from commonhall.app.terminal import out, with_database
from commonhall.reporting import data_sets as use
from commonhall.reporting.data_sets import DataSet, DataSetRefused

data_set = typer.Typer(help="Data sets that figures are sent to.", no_args_is_help=True)
Council = Annotated[
    str, typer.Argument(metavar="COUNCIL", help="The council's slug; it need not run anything here.")
]
Group = Annotated[
    str, typer.Argument(metavar="GROUP", help="Begins with the council's slug, as in surrey-potholes.")
]
Kind = Annotated[str, typer.Argument(metavar="TYPE", help="As in transactions-by-channel.")]
T = TypeVar("T")


@data_set.command("add")
def add(
    council: Council,
    group: Group,
    kind: Kind,
    service: Annotated[
        str | None, typer.Option(help="The service that the figures are of, by its id here.")
    ] = None,
    lgsl: Annotated[int | None, typer.Option(help="The same, by its code in the national list.")] = None,
    raw: Annotated[bool, typer.Option(help="Let anybody read its records one by one.")] = False,
    max_age: Annotated[int | None, typer.Option(help="Seconds for which an answer may be kept.")] = None,
) -> None:
    """Make a data set, and show its token once."""

    async def run(house: Any) -> tuple[str, str]:
        site = house.sites.of_council(council)
        known = {one.service.id: one for one in site.offered} if site else {}
        if service is not None and service not in known:
            raise SettingsRefused(f"{council} runs no service '{service}' here: name the service by --lgsl")
        code = known[service].service.definition.lgsl if service is not None else lgsl
        if code is not None and house.directory.services.service(code) is None:
            raise SettingsRefused(f"the national list has no LGSL {code}")
        token = await use.make_data_set(
            house.figures, council, group, kind, service=service, lgsl=code, raw=raw, max_age=max_age
        )
        return token, house.settings.url(house.settings.finder_host, f"/performance/data/{group}/{kind}")

    token, url = _run(run)
    out.print(f"Figures are sent to {url} with the token\n{token}\nIt is shown this once.", markup=False)


@data_set.command("list")
def list_all(council: Council) -> None:
    """A council's data sets, how many records they have, and the endings of the tokens that hold."""

    async def run(house: Any) -> list[DataSet]:
        return await use.list_data_sets(house.figures, council)

    table = Table("data set", "service", "records", "last written", "tokens", "one by one")
    for found in _run(run):
        service = found.service or f"LGSL {found.lgsl}"
        written = f"{found.written_at:%Y-%m-%d %H:%M}" if found.written_at else "never"
        tokens = ", ".join(f"…{token.ending}" for token in found.tokens)
        table.add_row(
            found.address, service, f"{found.records:,}", written, tokens, "yes" if found.raw else "no"
        )
    out.print(table)


@data_set.command("token")
def token(
    group: Group,
    kind: Kind,
    days: Annotated[
        int, typer.Option(min=0, max=30, help="Days for which the token before it still holds.")
    ] = 7,
) -> None:
    """Give a data set another token, and show it once. The one before it holds for some days, so that nothing stops."""

    async def run(house: Any) -> str:
        found = await _find(house, group, kind)
        return await use.another_token(
            house.figures, found.council, group, kind, other_holds=timedelta(days=days)
        )

    out.print(f"{_run(run)}\nIt is shown this once.", markup=False)


@data_set.command("remove")
def remove(
    group: Group, kind: Kind, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Remove a data set with all its records and tokens."""
    if not yes:
        typer.confirm(f"Remove {group}/{kind} with all its records?", abort=True)

    async def run(house: Any) -> int:
        found = await _find(house, group, kind)
        return await use.remove_data_set(house.figures, found.council, group, kind)

    out.print(f"{group}/{kind} and its {_run(run):,} records are removed", markup=False)


async def _find(house: Any, group: str, kind: str) -> DataSet:
    found = await use.find_data_set(house.figures, group, kind)
    if found is None:
        raise DataSetRefused(f"there is no data set {group}/{kind}")
    return found


def _run(do: Callable[[Any], Coroutine[Any, Any, T]]) -> T:
    async def run(settings: Settings, url: str) -> T:
        from commonhall.app.wiring import open_house  # noqa: PLC0415 - other commands start faster without it

        async with open_house(settings, url) as house:
            return await do(house)

    try:
        return with_database(run)
    except DataSetRefused as refused:
        raise SettingsRefused(str(refused)) from None
