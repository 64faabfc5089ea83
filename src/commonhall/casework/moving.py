"""A council leaves with everything it has, in a documented open format, and arrives elsewhere as it was.

The format is described in docs/leaving.md.
"""

from __future__ import annotations

import hashlib
import os
import re
import zipfile
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import msgspec

from commonhall.casework.desk import AdoptedUnknown, Desk
from commonhall.casework.moving_extras import README, spreadsheet
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

FORMAT, FORMAT_VERSION = "commonhall-council", 1
MANIFEST = "manifest.json"
LONGEST_LINE = 16 * 1024 * 1024
"""Bytes of one row: many times what a case with every answer has."""
MOST_FOLD, UNSUSPECTED = 200, 64 * 1024 * 1024
"""Text of this kind folds some twenty times; a bigger file that folds more than this was made to do harm."""
BATCH_BYTES = 4 * 1024 * 1024
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")

Progress = Callable[[str, int, int], None]
"""Told a file's name, the rows done and the rows in all."""


class ExportRefused(Exception):  # noqa: N818
    """The export cannot be made, or cannot be taken; the message says why and what to do."""


class FileNote(msgspec.Struct, frozen=True):
    """What the manifest says of a file; `rows` is none for a file that is no table."""

    sha256: str
    bytes: int
    rows: int | None = None


class PackageNote(msgspec.Struct, frozen=True):
    """Where a package's files are; `files` are their names in `folder`."""

    digest: str
    service: str
    version: str
    folder: str
    files: tuple[str, ...]
    added_at: datetime


class Manifest(msgspec.Struct, frozen=True):
    """What an export holds. `enter_again` names the credentials that were left out."""

    format: str
    format_version: int
    council: str
    gss: str
    host: str
    made_at: datetime
    release: str
    enter_again: tuple[str, ...]
    packages: tuple[PackageNote, ...]
    files: dict[str, FileNote]


class Arrived(msgspec.Struct, frozen=True):
    """What an import brought: rows by table, and what has to be looked at."""

    manifest: Manifest
    rows: dict[str, int]
    differences: tuple[str, ...]


class _Hashed:
    """Passes on what is written, counting and hashing it."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target, self._hash, self._bytes = target, hashlib.sha256(), 0

    def write(self, data: bytes) -> None:
        self._hash.update(data)
        self._bytes += len(data)
        self._target.write(data)

    def note(self, rows: int | None) -> FileNote:
        return FileNote(self._hash.hexdigest(), self._bytes, rows)


class _Target:
    """A ZIP or a folder being written, for its owner's eyes alone."""

    def __init__(self, path: Path, *, folder: bool) -> None:
        self._path = path
        self._zip: zipfile.ZipFile | None = None
        if folder:
            path.mkdir(mode=0o700)
            return
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(handle, "w+b")
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED)

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        if self._zip is not None:
            with self._zip.open(name, "w", force_zip64=True) as target:
                yield target
            return
        path = self._path / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            yield target

    def close(self) -> None:
        if self._zip is not None:
            self._zip.close()
            self._file.close()


async def export_council(
    store: Store,
    council: str,
    path: Path,
    *,
    made_at: datetime,
    release: str,
    folder: bool = False,
    progress: Progress = lambda *_: None,
) -> Manifest:
    """Write everything of a council, as it is at one moment, to a ZIP or folder that is not there yet.

    Raises `ExportRefused`; what was begun is removed only where it is a ZIP.
    """
    async with reading(store, council) as source:
        if not await source.count(TABLES[0]):
            raise ExportRefused(f"there is no council '{council}' on this installation")
        try:
            target = _Target(path, folder=folder)
        except OSError as error:
            raise ExportRefused(
                f"{path} cannot be written ({error.strerror}): name another with --to"
            ) from error
        try:
            manifest = await _export(source, target, made_at, release, progress)
        except BaseException:
            target.close()
            if not folder:
                path.unlink()  # noqa: ASYNC240 - one call, when all is over
            raise
        target.close()
        return manifest


async def _export(
    source: Reading, target: _Target, made_at: datetime, release: str, progress: Progress
) -> Manifest:
    files: dict[str, FileNote] = {}
    site: dict[str, Any] = {}
    again: list[str] = []
    for table in TABLES:
        total, done = await source.count(table), 0
        name = f"{table.name}.jsonl"
        with target.open(name) as raw:
            out = _Hashed(raw)
            async for line in source.rows(table):
                out.write(line.encode() + b"\n")
                done += 1
                if table.name == "council":
                    site = msgspec.json.decode(line)
                if table.blank:
                    row = msgspec.json.decode(line)
                    again.append(f"{table.name} {row.get(table.key[0])}: {', '.join(table.blank)}")
                if done % 1000 == 0 or done == total:
                    progress(name, done, total)
            files[name] = out.note(done)
    with target.open("cases.csv") as raw:
        out = _Hashed(raw)
        async for text in spreadsheet(source):
            out.write(text.encode())
        files["cases.csv"] = out.note(None)
    packages = [note async for note in _export_packages(source, target, files)]
    with target.open("README.txt") as raw:
        out = _Hashed(raw)
        out.write(README.format(council=source.council, release=release).encode())
        files["README.txt"] = out.note(None)
    manifest = Manifest(
        FORMAT, FORMAT_VERSION, source.council, site["gss"], site["host"], made_at, release, tuple(again),
        tuple(packages), files,
    )  # fmt: skip
    with target.open(MANIFEST) as raw:
        raw.write(msgspec.json.format(msgspec.json.encode(manifest), indent=2))
    return manifest


async def _export_packages(
    source: Reading, target: _Target, files: dict[str, FileNote]
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
                out = _Hashed(raw)
                out.write(text.encode("utf-8", "surrogatepass"))
                files[f"{folder}/{name}"] = out.note(None)
        names = tuple(sorted(package.files))
        yield PackageNote(package.digest, package.service, package.version, folder, names, package.added_at)


class _Source:
    """An export being read. Nothing of it is believed before its manifest and hashes are checked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._zip: zipfile.ZipFile | None = None
        try:
            if not path.is_dir():
                self._zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise ExportRefused(f"{path} cannot be read as a ZIP ({error}): was it copied whole?") from error

    def names(self) -> list[str]:
        if self._zip is not None:
            return self._zip.namelist()
        return [p.relative_to(self._path).as_posix() for p in self._path.rglob("*") if not p.is_dir()]

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        try:
            if self._zip is None:
                with (self._path / name).open("rb") as source:
                    yield source
                return
            entry = self._zip.getinfo(name)
            if entry.file_size > max(UNSUSPECTED, MOST_FOLD * entry.compress_size):
                raise ExportRefused(f"{name} would unfold to {entry.file_size} bytes: this is no export")
            with self._zip.open(entry) as source:
                yield source
        except (OSError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
            raise ExportRefused(f"{name} cannot be read ({error}): was the export copied whole?") from error

    def manifest(self) -> Manifest:
        with self.open(MANIFEST) as source:
            text = source.read(UNSUSPECTED)
        try:
            manifest = msgspec.json.decode(text, type=Manifest)
        except msgspec.MsgspecError as error:
            raise ExportRefused(f"{MANIFEST} is not what an export has: {error}") from error
        if (manifest.format, manifest.format_version) != (FORMAT, FORMAT_VERSION):
            raise ExportRefused(
                f"{MANIFEST} says {manifest.format} {manifest.format_version}; this release reads "
                f"{FORMAT} {FORMAT_VERSION}: use the release that it names, {manifest.release}"
            )
        return manifest

    def check(self, manifest: Manifest) -> None:
        """Every file there once, none besides, each as the manifest says."""
        names = self.names()
        for name in names:
            if not _NAME.fullmatch(name):
                raise ExportRefused(f"'{name}' is no name of a file in an export")
        wanted = {*manifest.files, MANIFEST}
        if sorted(names) != sorted(wanted):
            odd = ", ".join(sorted(set(names) ^ wanted)) or "a file twice"
            raise ExportRefused(f"the files are not those of {MANIFEST}: {odd}")
        missing = {f"{table.name}.jsonl" for table in TABLES} - wanted
        if missing:
            raise ExportRefused(f"{', '.join(sorted(missing))} is missing from {MANIFEST}")
        for name, note in manifest.files.items():
            found, size = hashlib.sha256(), 0
            with self.open(name) as source:
                while size <= note.bytes and (part := source.read(1 << 20)):
                    found.update(part)
                    size += len(part)
            if (found.hexdigest(), size) != (note.sha256, note.bytes):
                raise ExportRefused(f"{name} was changed after the export: its hash is another")


async def import_council(desk: Desk, path: Path, *, progress: Progress = lambda *_: None) -> Arrived:
    """Put an exported council into this installation: all of it, or nothing. Raises `ExportRefused`.

    `differences` of the answer names adopted versions that this release compiles to something else than what the
    council ran.
    """
    source = _Source(path)
    manifest = source.manifest()
    source.check(manifest)
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
            await target.finish()
    except RowsRefused as error:
        raise ExportRefused(f"the database does not take it, and nothing was changed: {error}") from error
    told = [await _compare(desk, manifest.council, one) for one in digests]
    return Arrived(manifest, rows, tuple(one for one in told if one))


def _package(source: _Source, note: PackageNote) -> MovedPackage:
    files = {}
    for name in note.files:
        with source.open(f"{note.folder}/{name}") as raw:
            files[name] = raw.read().decode("utf-8", "surrogatepass")
    if digest_of(files) != note.digest:
        raise ExportRefused(f"{note.folder} is not the package {note.digest}: its content is another")
    return MovedPackage(note.digest, note.service, note.version, files, note.added_at)


async def _import_table(
    source: _Source, target: Writing, table: Table, manifest: Manifest, digests: list[str], progress: Progress
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
