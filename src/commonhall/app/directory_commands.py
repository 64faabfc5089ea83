"""The commands of the directory: newer postcodes, and boundaries of wards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from commonhall.app.settings import read_settings
from commonhall.app.terminal import err, out

LEAST_KNOWN = 0.8
"""Of the wards that postcodes name, those that must have boundaries for the two to be of one year."""
directory = typer.Typer(
    help="Councils, postcodes, wards and the national service lists.", no_args_is_help=True
)


@directory.command("import")
def import_directory(
    path: Annotated[Path, typer.Argument(help="An ONS Postcode Directory, CSV or ZIP.")],
) -> None:
    """Take a newer ONS Postcode Directory into use. The former one stays until the new one is whole."""
    from commonhall.directory.directory import open_directory  # noqa: PLC0415
    from commonhall.directory.onspd import ImportRefused, import_onspd  # noqa: PLC0415

    settings = read_settings()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err) as progress:
        task = progress.add_task(path.name, total=None)
        try:
            report = import_onspd(
                path,
                settings.data / "directory",
                open_directory().councils,
                lambda done, total: progress.update(task, completed=done, total=total),
            )
        except ImportRefused as refused:
            progress.stop()
            err.print(f"commonhall: {refused}", markup=False)
            raise typer.Exit(1) from None
    out.print(f"{report.live:,} live postcodes in {report.size:,} bytes, of {report.rows:,} rows")
    out.print(
        f"left out: {report.terminated:,} terminated, {report.northern_ireland:,} of Northern Ireland (their licence), "
        f"{report.no_council:,} without a council, {report.unknown_count:,} with a council that nobody knows"
    )
    for line, postcode, code in report.unknown:
        out.print(f"  line {line}: {postcode} has {code}", markup=False)
    if report.in_wards:
        out.print(f"{report.in_wards:,} of them name their ward")
    else:
        out.print("it does not say which ward a postcode is in: what was known of that stays in use")
    _tell_of_wards(settings.data / "directory")
    out.print("web processes and workers use it from their next start")


@directory.command("wards")
def import_wards(
    path: Annotated[Path, typer.Argument(help="Ward boundaries as GeoJSON, such as ONS's.")],
    attribution: Annotated[
        str | None, typer.Option(help="How their licence wants them named; ONS's own words, if not said.")
    ] = None,
) -> None:
    """Take ward boundaries into use, for maps of cases. The former ones stay until the new ones are whole."""
    from commonhall.directory.boundaries import BoundariesRefused, import_boundaries  # noqa: PLC0415
    from commonhall.directory.directory import open_directory  # noqa: PLC0415

    settings = read_settings()
    try:
        with err.status(f"reading {path.name}"):
            report = import_boundaries(
                path, settings.data / "directory", open_directory().councils, attribution
            )
    except BoundariesRefused as refused:
        err.print(f"commonhall: {refused}", markup=False)
        raise typer.Exit(1) from None
    out.print(f"{report.wards:,} wards of {report.councils:,} councils in {report.size:,} bytes")
    out.print(f"under every map: {report.attribution['en']}", markup=False)
    if report.left_out_count:
        out.print(f"left out: {report.left_out_count:,}")
    for place, ward, why in report.left_out:
        out.print(f"  feature {place} ({ward or 'no name'}): {why}", markup=False)
    _tell_of_wards(settings.data / "directory")
    out.print("web processes and workers use them from their next start; then, for cases from before:")
    out.print("commonhall measures place")


def _tell_of_wards(folder: Path) -> None:
    """Whether boundaries and postcodes go together: else most postcodes are in no ward."""
    from commonhall.directory.directory import open_directory  # noqa: PLC0415

    wards = open_directory(folder).wards
    known, named = wards.named_by_postcodes
    if wards.known and not named:
        err.print(
            "no postcode has a ward: take ONS's Postcode Directory into use (commonhall directory import)"
        )
    elif wards.known:
        out.print(f"{known:,} of the {named:,} wards that postcodes name have boundaries")
        if known < LEAST_KNOWN * named:
            err.print("boundaries and postcodes are not of one year: get both of the same")
