"""`commonhall connector check`: a supplier's or a council's own try of a connector, before anybody depends on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

connector = typer.Typer(
    help="Ways to back offices, tried before anybody depends on them.", no_args_is_help=True
)


@connector.callback()
def group() -> None:
    """Ways to back offices, tried before anybody depends on them."""


@connector.command()
def check(
    kind: Annotated[str, typer.Argument(help="What it speaks: open311, webhook …")],
    settings: Annotated[
        Path | None, typer.Option(help="YAML with settings and secrets; ${NAME} stands for a variable.")
    ] = None,
    secrets_from: Annotated[
        Path | None, typer.Option(help="YAML with the secrets alone, instead of those beside the settings.")
    ] = None,
    deliver: Annotated[bool, typer.Option(help="Send test cases without asking first.")] = False,
    service: Annotated[str, typer.Option(help="The service that the test cases are of.")] = "missed-bin",
    twin: Annotated[bool, typer.Option(help="Play every fault at the kind's own failing twin.")] = False,
    report: Annotated[Path | None, typer.Option("--json", help="Write what was found to this file.")] = None,
) -> None:
    """Try a connector at a real back office, or with `--twin` through every fault at a failing twin of it.

    Nothing is stored. Before test cases are sent to a real back office it asks. Ends with 1 where something does not hold.
    """
    from commonhall.app.connector_check import check_connector  # noqa: PLC0415 - other commands start faster

    if not check_connector(
        kind, settings, secrets_from, deliver=deliver, service=service, twin=twin, report=report
    ):
        raise typer.Exit(1)
