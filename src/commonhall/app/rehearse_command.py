"""`commonhall rehearse`: a release candidate, tried with the choices of every council that runs the service."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from commonhall.app.settings import Settings
from commonhall.app.terminal import out, with_database


def rehearse(
    package: Annotated[Path, typer.Argument(help="The folder of the version to come.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Try a new version with every council of this installation that runs the service. Nothing is changed.

    Ends with 1 where a council could not take it whatever it chose.
    """

    async def run(settings: Settings, url: str) -> Any:
        from commonhall.app.wiring import open_house  # noqa: PLC0415
        from commonhall.catalogue.packages import read_folder  # noqa: PLC0415
        from commonhall.catalogue.upgrading import Adoption, rehearse  # noqa: PLC0415
        from commonhall.engine.adoption import Adopter  # noqa: PLC0415
        from commonhall.engine.reader import read_service  # noqa: PLC0415
        from commonhall.storage.proposals import list_running  # noqa: PLC0415

        async with open_house(settings, url) as house:
            new = read_service(read_folder(package), house.calendars, package.name)
            adoptions = [
                Adoption(
                    row.council,
                    await house.desk.services.package(row.package),
                    row.choices,
                    Adopter(row.nation, tuple(row.languages)),
                )
                for row in await list_running(house.store, new.id)
            ]
            return rehearse(new, adoptions, house.calendars)

    found = with_database(run)
    if as_json:
        told = {
            "councils": [asdict(row) for row in found.rows],
            "by_conflict": [
                {"kind": kind, "key": key, "councils": n} for (kind, key), n in found.by_conflict.items()
            ],
        }
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        _print(found)
    if any(row.blocked for row in found.rows):
        raise typer.Exit(1)


def _print(found: Any) -> None:
    table = Table("council", "runs", "to settle", "what", "residents see", "cannot be settled")
    for row in found.rows:
        what = "; ".join(f"{kind}: {key}" for kind, key in row.conflicts)
        seen = f"{row.seen} change{'' if row.seen == 1 else 's'}"
        table.add_row(
            row.council, row.version, str(len(row.conflicts)), what or "nothing", seen, "; ".join(row.blocked)
        )
    out.print(table)
    clean = sum(row.clean for row in found.rows)
    out.print(f"{len(found.rows)} councils: {clean} have nothing to settle")
    for (kind, key), count in found.by_conflict.items():
        out.print(f"  {count} × {kind}: {key}", markup=False)
