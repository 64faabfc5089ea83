"""`commonhall diff`: what changes from one version of a service to another, and the number that it needs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Column, Table

from commonhall.app.terminal import out


def diff(
    old: Annotated[Path, typer.Argument(help="The folder of the version that councils run.")],
    new: Annotated[Path, typer.Argument(help="The folder of the version to come.")],
    check: Annotated[
        bool, typer.Option("--check", help="End with 1 where the new number promises too little.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Weigh every change between two versions: breaking, additive or wording; for residents, contract and councils."""
    from commonhall.catalogue.comparing import compare  # noqa: PLC0415
    from commonhall.catalogue.packages import read_folder  # noqa: PLC0415
    from commonhall.engine.reader import read_service  # noqa: PLC0415
    from commonhall.engine.working_days import load_calendars  # noqa: PLC0415

    calendars = load_calendars()
    one, other = (read_service(read_folder(path), calendars, str(path)) for path in (old, new))
    found = compare(one, other)
    if as_json:
        told = {
            "service": found.service,
            "old": found.old,
            "new": found.new,
            "weight": found.weight.name.lower() if found.weight else None,
            "least_version": found.least_version,
            "understated": found.understated,
            "changes": [asdict(change) | {"weight": change.weight.name.lower()} for change in found.changes],
        }
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        count = len(found.changes)
        if found.changes:
            out.print(_table(found.changes))
        out.print(
            f"{found.service} {found.old} to {found.new}: {count} change{'' if count == 1 else 's'}; "
            f"the least version number is {found.least_version}",
            markup=False,
        )
        if found.understated:
            out.print(
                f"{found.new} promises too little: councils would take it for less than it is", markup=False
            )
    if check and found.understated:
        raise typer.Exit(1)


def _table(changes: Sequence[Any]) -> Table:
    """The changes by who notices them, the heaviest first."""
    from commonhall.catalogue.comparing import For  # noqa: PLC0415

    table = Table("for", "weight", Column("where", overflow="fold"), Column("what", overflow="fold"))
    for whom in For:
        mine = [change for change in changes if change.for_whom is whom]
        for number, change in enumerate(mine):
            # Definitions and councils' words may hold square brackets, which the terminal would take for styles.
            table.add_row(
                "" if number else whom.value,
                change.weight.name.lower(),
                escape(change.where),
                escape(change.says),
                end_section=number == len(mine) - 1,
            )
    return table
