"""Commands that move whole councils: out of an installation, into one, away from one."""

from __future__ import annotations

import os
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from commonhall.app.settings import Settings, SettingsRefused
from commonhall.app.terminal import err, known, out, with_database

VARIABLE = "COMMONHALL_EXPORT_PASSPHRASE"
LEAST_PASSPHRASE = 12
PassphraseFile = Annotated[
    Path | None, typer.Option("--passphrase-file", help=f"Where the passphrase stands, if not in {VARIABLE}.")
]


def _show(name: str, done: int, total: int) -> None:
    if done == total or done % 50_000 == 0:
        err.print(f"  {name}: {done} of {total}", markup=False)


def export_council(
    name: Annotated[str, typer.Argument(metavar="COUNCIL")],
    to: Annotated[Path, typer.Option(help="The ZIP, or the folder, to be made.")],
    folder: Annotated[bool, typer.Option("--folder", help="A folder of files, not a ZIP.")] = False,
    with_secrets: Annotated[
        bool, typer.Option("--with-secrets", help="With credentials, locked with a passphrase.")
    ] = False,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Write everything of a council in an open format (docs/leaving.md). The file holds personal data."""
    passphrase = _passphrase(passphrase_file, new=True) if with_secrets else None

    async def run(settings: Settings, url: str) -> None:
        from commonhall.app.wiring import open_house  # noqa: PLC0415
        from commonhall.casework.moving import ExportRefused  # noqa: PLC0415
        from commonhall.casework.moving import export_council as export  # noqa: PLC0415

        async with open_house(settings, url) as house:
            known(house, name)
            now, release = house.desk.clock(), version("commonhall")
            try:
                manifest = await export(
                    house.store,
                    name,
                    to,
                    made_at=now,
                    release=release,
                    folder=folder,
                    credentials=_credentials(house, passphrase),
                    progress=_show,
                )
            except ExportRefused as refused:
                raise SettingsRefused(str(refused)) from refused
        out.print(f"{to}: {manifest.files['council_case.jsonl'].rows} cases of {name}", markup=False)
        for secret in manifest.enter_again:
            out.print(f"left out, to be entered again elsewhere: {secret}", markup=False)

    with_database(run)


def import_council(
    path: Annotated[Path, typer.Argument(help="An export: a ZIP or a folder.")],
    without_secrets: Annotated[
        bool, typer.Option("--without-secrets", help="Leave credentials out, to enter them again.")
    ] = False,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Put an exported council into this installation: all of it, or nothing."""

    async def run(settings: Settings, url: str) -> bool:
        from commonhall.app.wiring import open_house  # noqa: PLC0415
        from commonhall.casework.moving import ExportRefused, holds_credentials  # noqa: PLC0415
        from commonhall.casework.moving import import_council as bring  # noqa: PLC0415

        async with open_house(settings, url) as house:
            try:
                asked = not without_secrets and holds_credentials(path)
                passphrase = _passphrase(passphrase_file, new=False) if asked else None
                credentials = _credentials(house, passphrase)
                arrived = await bring(house.desk, path, credentials=credentials, progress=_show)
            except ExportRefused as refused:
                raise SettingsRefused(str(refused)) from refused
        out.print(f"{arrived.manifest.council} is here: {arrived.rows['council_case']} cases", markup=False)
        for secret in arrived.enter_again:
            out.print(f"enter again: {secret}", markup=False)
        for difference in arrived.differences:
            err.print(f"adopted version {difference}", markup=False)
        return not arrived.differences

    if not with_database(run):
        raise typer.Exit(1)


def remove_council(
    name: Annotated[str, typer.Argument(metavar="COUNCIL")],
    even_pending: Annotated[
        bool, typer.Option("--even-pending", help="Even while deliveries are on their way.")
    ] = False,
) -> None:
    """Remove everything of a council from this installation, for good. Export it first."""

    async def run(settings: Settings, url: str) -> dict[str, int]:
        from commonhall.app.wiring import open_house  # noqa: PLC0415
        from commonhall.storage.moving import count_pending  # noqa: PLC0415
        from commonhall.storage.moving import remove_council as remove  # noqa: PLC0415

        async with open_house(settings, url) as house:
            known(house, name)
            pending = await count_pending(house.store, name)
            if pending and not even_pending:
                raise SettingsRefused(
                    f"{pending} deliveries of {name} are still on their way: let a worker deliver them, "
                    "or say --even-pending"
                )
            if typer.prompt(f"Everything of {name} goes, for good. Type its name to confirm") != name:
                raise SettingsRefused("that is not its name; nothing was changed")
            return await remove(house.store, name)

    gone = with_database(run)
    out.print(f"{name} is gone: {gone['council_case']} cases, {sum(gone.values())} rows in all")


def _passphrase(file: Path | None, *, new: bool) -> str:
    """The passphrase of an export: a file's first line, the variable's, or what is typed (twice where it is new)."""
    if file is not None:
        try:
            given = file.read_text("utf-8").partition("\n")[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsRefused(
                f"the passphrase cannot be read from {file} ({error}): name another file"
            ) from error
    else:
        given = os.environ.get(VARIABLE, "") or typer.prompt(
            "Passphrase of the credentials", hide_input=True, confirmation_prompt=new, err=True
        )
    if new and len(given) < LEAST_PASSPHRASE:
        raise SettingsRefused(
            f"the passphrase is shorter than {LEAST_PASSPHRASE} characters: whoever has the file could guess it"
        )
    return given


def _credentials(house: Any, passphrase: str | None) -> Any:
    """How the export's credentials are opened and closed; none without a passphrase."""
    if passphrase is None:
        return None
    from commonhall.app.seal import SealBroken, lock, unlock  # noqa: PLC0415
    from commonhall.casework.moving import Credentials  # noqa: PLC0415

    def unseal(sealed: bytes) -> dict[str, Any] | None:
        try:
            opened: dict[str, Any] = house.seal.open(sealed)
        except SealBroken:
            return None
        return opened

    return Credentials(unseal, house.seal.close, partial(lock, passphrase), partial(unlock, passphrase))
