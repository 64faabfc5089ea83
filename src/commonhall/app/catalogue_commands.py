"""Catalogues on the command line: make one and publish in it, or pull from one."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from commonhall.app.settings import Settings, read_settings
from commonhall.app.terminal import err, out, with_database
from commonhall.catalogue.refusals import CatalogueRefused

catalogue = typer.Typer(
    help="Catalogues: make one, sign and publish, or pull from one.", no_args_is_help=True
)

VARIABLE = "COMMONHALL_KEY_PASSPHRASE"
Done = TypeVar("Done", bound=Callable[..., Any])
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The catalogue's folder.")]
Keys = Annotated[list[Path] | None, typer.Option("--key", help="A maintainer's private key; may be given again.")]  # fmt: skip
Online = Annotated[Path | None, typer.Option(help="The publishing machine's private key: releases what is signed.")]  # fmt: skip
Days = Annotated[int | None, typer.Option(min=1, help="Days until it must be renewed.")]


def _plainly(command: Done) -> Done:
    """A refusal is a sentence and an exit code, not a traceback."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except CatalogueRefused as refused:
            err.print(f"commonhall: {refused}", markup=False)
            raise typer.Exit(1) from None

    return run  # type: ignore[return-value]


def _passphrase(path: Path) -> str:
    """A key's passphrase: its own variable's, the common variable's, or what is typed."""
    own = f"{VARIABLE}_{path.stem.upper().replace('-', '_')}"
    given = os.environ.get(own) or os.environ.get(VARIABLE)
    if given:
        return given
    if sys.stdin.isatty():
        typed: str = typer.prompt(f"Passphrase of {path.name}", hide_input=True, err=True)
        return typed
    raise CatalogueRefused(f"the passphrase of {path} is not given: set {own} or {VARIABLE}")


def _signer(path: Path) -> Any:
    from commonhall.catalogue.publishing.keys import load_signer  # noqa: PLC0415 - others start faster without it

    return load_signer(path, _passphrase(path))


def _public(path: Path) -> Any:
    """A public key, or the public half of a private one."""
    from commonhall.catalogue.publishing.keys import load_public  # noqa: PLC0415

    return _signer(path).public_key if path.suffix == ".key" else load_public(path)


def _tools() -> Any:
    from commonhall.app.councils import national_codes  # noqa: PLC0415
    from commonhall.catalogue.publishing.versions import Tools  # noqa: PLC0415
    from commonhall.directory.directory import open_directory  # noqa: PLC0415
    from commonhall.engine.working_days import load_calendars  # noqa: PLC0415

    return Tools(load_calendars(), national_codes(open_directory()))


def _now() -> Any:
    from commonhall.casework.desk import system_clock  # noqa: PLC0415

    return system_clock()


def _sign_and_release(path: Path, keys: list[Path] | None, online: Path | None) -> None:
    """Check what is pending, add these signatures, and release it if they are enough and the machine's key is here."""
    from commonhall.catalogue.publishing import reviewing, signing  # noqa: PLC0415
    from commonhall.catalogue.publishing.folder import Folder as Place  # noqa: PLC0415

    place = Place(path)
    signers = [_signer(key) for key in keys or []]
    if signers:
        for one in reviewing.review(place, _tools(), _now()):
            after = f"after {one.follows}: {one.weight}" if one.follows else "the first version"
            out.print(f"signing {one.service.id} {one.service.version} ({after})", markup=False)
        for line in signing.signers_change(place):
            out.print(line, markup=False)
    for signer in signers:
        signing.sign(place, signer)
    missing = [one for one in signing.wanted(place) if one.missing]
    for need in missing:
        out.print(
            f"{need.role}: {need.missing} more signature{'s' if need.missing > 1 else ''} needed, of "
            f"{', '.join(need.whose)}; they run `commonhall catalogue sign {path} --key …`",
            markup=False,
        )
    if missing:
        return
    if online is None:
        out.print(f"signed by enough; `commonhall catalogue release {path} --online …` publishes it", markup=False)  # fmt: skip
        return
    signing.release(place, _signer(online), _now())
    out.print("published", markup=False)


@catalogue.command("key")
@_plainly
def make_key(
    name: Annotated[str, typer.Argument(help="Whose it is: small letters, digits, hyphens.")],
    folder: Annotated[Path, typer.Option(help="Where to keep it; never in a catalogue.")] = Path(),
) -> None:
    """Make a key pair: NAME.key for its owner alone, encrypted, and NAME.pub to give away."""
    from commonhall.catalogue.publishing.keys import make_key as make  # noqa: PLC0415

    path = make(folder, name, _passphrase(folder / f"{name}.key"))
    out.print(f"{path} is for its owner alone; give {path.with_suffix('.pub')} to the catalogue", markup=False)  # fmt: skip


@catalogue.command("init")
@_plainly
def init(
    folder: Folder,
    maintainer: Annotated[list[Path], typer.Option(help="A maintainer's key (.pub); may be given again.")],
    machine: Annotated[Path, typer.Option(help="The publishing machine's key (.pub).")],
    threshold: Annotated[int, typer.Option(min=1, help="How many maintainers must sign.")] = 2,
    key: Keys = None,
    online: Online = None,
    timestamp_days: Days = None,
    snapshot_days: Days = None,
    targets_days: Days = None,
    root_days: Days = None,
) -> None:
    """Make an empty catalogue, to be signed by its maintainers."""
    from commonhall.catalogue.publishing import signing  # noqa: PLC0415
    from commonhall.catalogue.publishing.folder import Folder as Place  # noqa: PLC0415
    from commonhall.catalogue.publishing.terms import Terms  # noqa: PLC0415

    given = {"timestamp": timestamp_days, "snapshot": snapshot_days, "targets": targets_days, "root": root_days}  # fmt: skip
    terms = replace(Terms(), **{role: days for role, days in given.items() if days})
    people = [_public(path) for path in maintainer]
    signing.create(Place(folder), people, threshold, _public(machine), terms, _now())
    _sign_and_release(folder, key, online)


@_plainly
def publish(
    package: Annotated[list[Path], typer.Argument(help="A service's folder, or a folder of services.")],
    folder: Annotated[Path, typer.Option("--catalogue", help="The catalogue's folder.")],
    key: Keys = None,
    online: Online = None,
) -> None:
    """Put a version of a service in a catalogue: checked, compared with the last, signed, and then never changed."""
    from commonhall.catalogue.packages import find_packages  # noqa: PLC0415
    from commonhall.catalogue.publishing import versions  # noqa: PLC0415
    from commonhall.catalogue.publishing.folder import Folder as Place  # noqa: PLC0415

    place, tools, now = Place(folder), _tools(), _now()
    for path in package:
        found = find_packages(path)
        if not found:
            raise CatalogueRefused(f"{path}: there is no service.yaml here or in a folder below")
        for one in found:
            reviewed = versions.publish(one, place, tools, now)
            if reviewed is None:
                out.print(f"{one.name}: this version is in the catalogue already", markup=False)
            else:
                out.print(f"proposed {reviewed.service.id} {reviewed.service.version}", markup=False)
    if place.waiting():
        _sign_and_release(folder, key, online)


@catalogue.command("sign")
@_plainly
def sign(folder: Folder, key: Keys = None, online: Online = None) -> None:
    """Check what is pending as if one had proposed it oneself, and sign it."""
    _sign_and_release(folder, key, online)


@catalogue.command("release")
@_plainly
def release(folder: Folder, online: Annotated[Path, typer.Option(help="The publishing machine's key.")]) -> None:  # fmt: skip
    """Publish what is pending, if enough maintainers have signed it."""
    from commonhall.catalogue.publishing import signing  # noqa: PLC0415
    from commonhall.catalogue.publishing.folder import Folder as Place  # noqa: PLC0415

    signing.release(Place(folder), _signer(online), _now())
    out.print("published", markup=False)


@catalogue.command("withdraw")
@_plainly
def withdraw(folder: Folder) -> None:
    """Drop what is pending. What is published stays."""
    from commonhall.catalogue.publishing import signing  # noqa: PLC0415
    from commonhall.catalogue.publishing.folder import Folder as Place  # noqa: PLC0415

    out.print("dropped" if signing.withdraw(Place(folder)) else "nothing was pending", markup=False)


@catalogue.command("refresh")
@_plainly
def refresh(folder: Folder, online: Annotated[Path, typer.Option(help="The publishing machine's key.")]) -> None:  # fmt: skip
    """Say for another term that this is the newest. For a clock job, once a day."""
    from commonhall.catalogue.publishing import signing  # noqa: PLC0415
    from commonhall.catalogue.publishing.folder import Folder as Place  # noqa: PLC0415

    signing.refresh(Place(folder), _signer(online), _now())
    status(folder)


@catalogue.command("renew")
@_plainly
def renew(folder: Folder, key: Keys = None, online: Online = None) -> None:
    """Propose the same signers and packages for another term, to be signed by the maintainers."""
    rotate(folder, key=key, online=online)


@catalogue.command("rotate")
@_plainly
def rotate(
    folder: Folder,
    add: Annotated[list[Path] | None, typer.Option(help="The key of another maintainer (.pub).")] = None,
    remove: Annotated[list[str] | None, typer.Option(help="The name of one who signs no more.")] = None,
    threshold: Annotated[int | None, typer.Option(min=1, help="How many must sign from now on.")] = None,
    machine: Annotated[Path | None, typer.Option(help="Another key of the publishing machine (.pub).")] = None,
    key: Keys = None,
    online: Online = None,
) -> None:  # fmt: skip
    """Propose other signers. Enough of the old and enough of the new must sign it."""
    from commonhall.catalogue.publishing import signing  # noqa: PLC0415
    from commonhall.catalogue.publishing.folder import Folder as Place  # noqa: PLC0415

    signing.propose_root(
        Place(folder),
        _now(),
        add=[_public(path) for path in add or []],
        remove=remove or [],
        threshold=threshold,
        online=_public(machine) if machine else None,
    )
    _sign_and_release(folder, key, online)


@catalogue.command("status")
@_plainly
def status(folder: Folder) -> None:
    """Who signs, what expires when, and what is pending."""
    from commonhall.catalogue.publishing import signing  # noqa: PLC0415
    from commonhall.catalogue.publishing.folder import Folder as Place  # noqa: PLC0415

    place, now = Place(folder), _now()
    for line in signing.signers(place):
        out.print(line, markup=False)
    for one in signing.expiries(place):
        left = (one.expires - now).days
        word = "EXPIRED" if one.expires <= now else f"{left} days left"
        soon = f"; renew it with {one.remedy}" if left < one.warn_days else ""
        out.print(f"{one.role} {one.version}: until {one.expires:%Y-%m-%d %H:%M} UTC, {word}{soon}", markup=False)  # fmt: skip
    for wanted in signing.wanted(place):
        whose = f"{wanted.missing} more, of {', '.join(wanted.whose)}" if wanted.missing else "none: it can be released"  # fmt: skip
        out.print(f"pending {wanted.role}: signatures needed: {whose}", markup=False)


def _catalogues(settings: Settings) -> Path:
    return settings.data / "catalogues"


@catalogue.command("add")
@_plainly
def add_source(
    name: Annotated[str, typer.Argument(help="What to call it here.")],
    address: Annotated[str, typer.Argument(help="https://…, or a folder.")],
    root: Annotated[Path | None, typer.Option(help="The root.json that its maintainers gave you.")] = None,
    root_sha256: Annotated[str | None, typer.Option(help="Or the SHA-256 of it, in hexadecimal.")] = None,
    plain_http: Annotated[bool, typer.Option("--plain-http", help="Allow http:// there.")] = False,
) -> None:
    """Pull from a catalogue from now on."""
    from commonhall.catalogue import pulling  # noqa: PLC0415

    try:
        content = root.read_bytes() if root else None
    except OSError as error:
        raise CatalogueRefused(f"{root} cannot be read: {error.strerror}") from None
    folder = _catalogues(read_settings())
    pulling.add_source(folder, name, address, root=content, root_digest=root_sha256, plain_http=plain_http)
    out.print(f"added; `commonhall catalogue pull {name}` takes what it has", markup=False)


@catalogue.command("remove")
@_plainly
def remove_source(name: str) -> None:
    """Pull from a catalogue no longer. What came from it stays."""
    from commonhall.catalogue import pulling  # noqa: PLC0415

    pulling.remove_source(_catalogues(read_settings()), name)


@catalogue.command("list")
@_plainly
def list_sources() -> None:
    """The catalogues that this installation pulls from, and how the last pull went."""
    from commonhall.catalogue import pulling  # noqa: PLC0415

    folder = _catalogues(read_settings())
    sources = pulling.list_sources(folder)
    for source in sources:
        out.print(f"{source.name}  {source.address}", markup=False)
        last = pulling.last_pull(folder, source.name)
        if last is None:
            out.print("  never pulled")
            continue
        until = f"; what was seen is good until {last.until:%Y-%m-%d %H:%M} UTC" if last.until else ""
        out.print(f"  pulled {last.at:%Y-%m-%d %H:%M} UTC: {len(last.added)} new, {last.same} known{until}")
        for why in last.refused:
            out.print(f"  {why}", markup=False)
    if not sources:
        out.print("none yet; `commonhall catalogue add` adds one")


@catalogue.command("pull")
@_plainly
def pull(names: Annotated[list[str] | None, typer.Argument(help="Which; all if not given.")] = None) -> None:
    """Take what is new from the catalogues. Ends with 1 where something was refused or a server did not answer."""

    async def run(settings: Settings, url: str) -> list[Any]:
        from commonhall.app.wiring import open_house  # noqa: PLC0415
        from commonhall.catalogue.pulling import pull as take  # noqa: PLC0415

        async with open_house(settings, url) as house:
            clock, where = house.desk.clock, _catalogues(settings)
            return await take(house.store, where, house.calendars, clock, tuple(names or ()))

    results = with_database(run)
    for result in results:
        for service, version in result.added:
            out.print(f"{result.source}: {service} {version}", markup=False)
        out.print(f"{result.source}: {len(result.added)} new, {result.same} known", markup=False)
        for why in result.refused:
            err.print(f"{result.source}: {why}", markup=False)
    if any(result.refused for result in results):
        raise typer.Exit(1)
