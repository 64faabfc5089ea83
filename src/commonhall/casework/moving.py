"""A council leaves with everything it has, in a documented open format, and arrives elsewhere as it was.

The format is described in docs/leaving.md.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from commonhall.casework import moving_credentials
from commonhall.casework.desk import AdoptedUnknown, Desk
from commonhall.casework.moving_credentials import Credentials
from commonhall.casework.moving_extras import README, spreadsheet
from commonhall.casework.moving_files import (
    FORMAT,
    FORMAT_VERSION,
    MANIFEST,
    ExportRefused,
    FileNote,
    Hashed,
    Manifest,
    PackageNote,
    Source,
    Target,
)
from commonhall.engine.problems import ServiceRefused
from commonhall.engine.reader import digest_of
from commonhall.storage.moving import (
    TABLES,
    MovedPackage,
    Reading,
    RowsRefused,
    Table,
    Writing,
    reading,
    writing,
)
from commonhall.storage.pool import Store

__all__ = ["Arrived", "Credentials", "ExportRefused", "export_council", "holds_credentials", "import_council"]
LONGEST_LINE = 16 * 1024 * 1024
"""Bytes of one row: many times what a case with every answer has."""
BATCH_BYTES = 4 * 1024 * 1024

Progress = Callable[[str, int, int], None]
"""Told a file's name, the rows done and the rows in all."""


class Arrived(msgspec.Struct, frozen=True):
    """What an import brought: rows by table, and what has to be looked at, and entered again."""

    manifest: Manifest
    rows: dict[str, int]
    differences: tuple[str, ...]
    enter_again: tuple[str, ...]


async def export_council(
    store: Store,
    council: str,
    path: Path,
    *,
    made_at: datetime,
    release: str,
    folder: bool = False,
    credentials: Credentials | None = None,
    progress: Progress = lambda *_: None,
) -> Manifest:
    """Write everything of a council, as it is at one moment, to a ZIP or folder that is not there yet.

    Credentials are in it only where it is said how. Raises `ExportRefused`; what was begun is removed only where it is a ZIP.
    """
    async with reading(store, council) as source:
        if not await source.count(TABLES[0]):
            raise ExportRefused(f"there is no council '{council}' on this installation")
        try:
            target = Target(path, folder=folder)
        except OSError as error:
            raise ExportRefused(
                f"{path} cannot be written ({error.strerror}): name another with --to"
            ) from error
        try:
            manifest = await _export(source, target, made_at, release, credentials, progress)
        except BaseException:
            target.close()
            if not folder:
                path.unlink()  # noqa: ASYNC240 - one call, when all is over
            raise
        target.close()
        return manifest


async def _export(
    source: Reading,
    target: Target,
    made_at: datetime,
    release: str,
    credentials: Credentials | None,
    progress: Progress,
) -> Manifest:
    files: dict[str, FileNote] = {}
    site: dict[str, Any] = {}
    for table in TABLES:
        name = f"{table.name}.jsonl"
        files[name], last = await _export_table(source, target, table, progress)
        site = site or msgspec.json.decode(last)
    with target.open("cases.csv") as raw:
        out = Hashed(raw)
        async for text in spreadsheet(source):
            out.write(text.encode())
        files["cases.csv"] = out.note(None)
    packages = [note async for note in _export_packages(source, target, files)]
    locked, left_out = await moving_credentials.gather(source, credentials)
    if locked is not None:
        files[moving_credentials.FILE] = moving_credentials.write(target, locked)
    with target.open("README.txt") as raw:
        out = Hashed(raw)
        out.write(README.format(council=source.council, release=release).encode())
        files["README.txt"] = out.note(None)
    manifest = Manifest(
        FORMAT, FORMAT_VERSION, source.council, site["gss"], site["host"], made_at, release, left_out,
        tuple(packages), files,
    )  # fmt: skip
    with target.open(MANIFEST) as raw:
        raw.write(msgspec.json.format(msgspec.json.encode(manifest), indent=2))
    return manifest


async def _export_table(
    source: Reading, target: Target, table: Table, progress: Progress
) -> tuple[FileNote, str]:
    """What was written of a table, and its last row."""
    total, done, line = await source.count(table), 0, ""
    name = f"{table.name}.jsonl"
    with target.open(name) as raw:
        out = Hashed(raw)
        async for line in source.rows(table):
            out.write(line.encode() + b"\n")
            done += 1
            if done % 1000 == 0 or done == total:
                progress(name, done, total)
    return out.note(done), line


async def _export_packages(
    source: Reading, target: Target, files: dict[str, FileNote]
) -> AsyncIterator[PackageNote]:
    taken: set[str] = set()
    async for package in source.packages():
        folder = f"packages/{package.service}/{package.version}"
        if folder in taken:
            # Two contents under one version: neither was published, both were run.
            folder += f"-{package.digest[:12]}"
        taken.add(folder)
        for name, text in sorted(package.files.items()):
            with target.open(f"{folder}/{name}") as raw:
                out = Hashed(raw)
                out.write(text.encode("utf-8", "surrogatepass"))
                files[f"{folder}/{name}"] = out.note(None)
        names = tuple(sorted(package.files))
        yield PackageNote(package.digest, package.service, package.version, folder, names, package.added_at)


def holds_credentials(path: Path) -> bool:
    """Whether an export has credentials, which only its passphrase opens. Raises `ExportRefused`."""
    return moving_credentials.FILE in Source(path).manifest().files


async def import_council(
    desk: Desk,
    path: Path,
    *,
    credentials: Credentials | None = None,
    progress: Progress = lambda *_: None,
) -> Arrived:
    """Put an exported council into this installation: all of it, or nothing. Raises `ExportRefused`.

    Credentials come along only where it is said how to open them. `differences` of the answer names adopted versions
    that this release compiles to something else than what the council ran.
    """
    source = Source(path)
    manifest = source.manifest()
    source.check(manifest)
    locked = moving_credentials.read(source) if moving_credentials.FILE in manifest.files else None
    again = manifest.enter_again
    rows: dict[str, int] = {}
    digests: list[str] = []
    try:
        async with writing(desk.store) as target:
            found = await target.here(manifest.council, manifest.gss, manifest.host)
            if found is not None:
                raise ExportRefused(
                    f"'{found}' is on this installation already, with the same name, GSS code or host as "
                    f"'{manifest.council}': an import adds a council and replaces none"
                )
            for note in manifest.packages:
                await target.add_package(_package(source, note))
            for table in TABLES:
                rows[table.name] = await _import_table(source, target, table, manifest, digests, progress)
            if locked is not None and credentials is not None:
                await moving_credentials.put_back(target, locked, manifest.council, credentials)
            elif locked is not None:
                again += locked.holds
            await target.finish()
    except RowsRefused as error:
        raise ExportRefused(f"the database does not take it, and nothing was changed: {error}") from error
    told = [await _compare(desk, manifest.council, one) for one in digests]
    return Arrived(manifest, rows, tuple(one for one in told if one), again)


def _package(source: Source, note: PackageNote) -> MovedPackage:
    files = {}
    for name in note.files:
        with source.open(f"{note.folder}/{name}") as raw:
            files[name] = raw.read().decode("utf-8", "surrogatepass")
    if digest_of(files) != note.digest:
        raise ExportRefused(f"{note.folder} is not the package {note.digest}: its content is another")
    return MovedPackage(note.digest, note.service, note.version, files, note.added_at)


async def _import_table(
    source: Source, target: Writing, table: Table, manifest: Manifest, digests: list[str], progress: Progress
) -> int:
    name = f"{table.name}.jsonl"
    columns = await target.columns(table)
    total = manifest.files[name].rows or 0
    done, size = 0, 0
    batch: list[str] = []
    with source.open(name) as raw:
        while line := raw.readline(LONGEST_LINE):
            done += 1
            row = _row(line, columns, manifest.council, f"{name}, line {done}")
            if table.name == "adopted":
                digests.append(row["digest"])
            batch.append(line.decode())
            size += len(line)
            if size > BATCH_BYTES:
                await target.add(table, columns, batch)
                batch, size = [], 0
                progress(name, done, total)
    if batch:
        await target.add(table, columns, batch)
    if done != manifest.files[name].rows:
        raise ExportRefused(f"{name} has {done} rows, {MANIFEST} says {manifest.files[name].rows}")
    progress(name, done, total)
    return done


def _row(line: bytes, columns: list[str], council: str, where: str) -> dict[str, Any]:
    try:
        row = msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ExportRefused(f"{where}: this is no row: {error}") from error
    if set(row) != set(columns):
        odd = ", ".join(sorted(set(row) ^ set(columns)))
        raise ExportRefused(f"{where}: its columns are not those of this release: {odd}")
    if row["council"] != council:
        raise ExportRefused(f"{where}: this row is of another council than '{council}'")
    return row


async def _compare(desk: Desk, council: str, digest: str) -> str:
    try:
        compiled = (await desk.services.get(council, digest)).digest
    except (ServiceRefused, AdoptedUnknown) as refused:
        return f"{digest}: this release does not read it: {refused}"
    return "" if compiled == digest else f"{digest}: this release makes {compiled} of it"
