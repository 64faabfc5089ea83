"""The command that brings in a form of another system."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Column, Table

from commonhall.app.terminal import err, out

form = typer.Typer(
    help="Forms of other systems: GOV.UK Forms, DEFRA forms, Open Forms.", no_args_is_help=True
)


@form.command("import")
def import_form(
    path: Annotated[
        Path,
        typer.Argument(
            help="The JSON of GOV.UK Forms, the JSON or YAML of DEFRA forms, or the ZIP of Open Forms.",
            exists=True,
            dir_okay=False,
        ),
    ],
    lgsl: Annotated[int, typer.Option(help="Which service of the national list it is.", min=0, max=9999)],
    lgil: Annotated[int, typer.Option(help="Which interaction: 0 applying, 17 reporting.", min=0, max=99)],
    to: Annotated[
        Path | None, typer.Option("--out", help="The folder to be made; named after the service if not said.")
    ] = None,
    service: Annotated[
        str, typer.Option("--id", help="The service's id; made of its name if not said.")
    ] = "",
) -> None:
    """Make the draft of a package from a form, and say what could not be carried over."""
    from commonhall.catalogue.importing.form import FormRefused  # noqa: PLC0415
    from commonhall.catalogue.importing.reading import bring_in  # noqa: PLC0415
    from commonhall.engine.working_days import load_calendars  # noqa: PLC0415

    try:
        found = bring_in(
            path.read_bytes(), lambda _form: (lgsl, lgil), load_calendars(), datetime.now(UTC).date(), service
        )
    except FormRefused as refused:
        err.print(f"{path.name}: {refused}", markup=False)
        raise typer.Exit(1) from None
    folder = to or Path(found.service)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        err.print(
            f"nothing was changed: {folder} is there and is not empty; say --out to name another",
            markup=False,
        )
        raise typer.Exit(1)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in found.files.items():
        (folder / name).write_text(text, "utf-8")
    if found.notes:
        table = Table("outcome", Column("where", overflow="fold"), Column("what", overflow="fold"))
        for note in sorted(found.notes, key=lambda note: note.outcome != "left out"):
            table.add_row(note.outcome, escape(note.place), escape(note.words))
        out.print(table)
    out.print(
        f"{folder}: {found.pages} pages with {found.questions} questions, from {found.system}; "
        f"{len(found.notes)} things to look at, also in CHANGELOG.md. Next: commonhall check {folder}",
        markup=False,
    )
