"""The files of an export: a ZIP or a folder, written with its hashes, and read only as its manifest says.

The format is described in docs/leaving.md.
"""

from __future__ import annotations

import hashlib
import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

import msgspec

from commonhall.storage.moving import TABLES

FORMAT, FORMAT_VERSION = "commonhall-council", 1
MANIFEST = "manifest.json"
MOST_FOLD, UNSUSPECTED = 200, 64 * 1024 * 1024
"""Text of this kind folds some twenty times; a bigger file that folds more than this was made to do harm."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")


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


class Hashed:
    """Passes on what is written, counting and hashing it."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target, self._hash, self._bytes = target, hashlib.sha256(), 0

    def write(self, data: bytes) -> None:
        """Pass on, count and hash."""
        self._hash.update(data)
        self._bytes += len(data)
        self._target.write(data)

    def note(self, rows: int | None) -> FileNote:
        """What the manifest says of what was written."""
        return FileNote(self._hash.hexdigest(), self._bytes, rows)


class Target:
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
        """A file to be written."""
        if self._zip is not None:
            with self._zip.open(name, "w", force_zip64=True) as target:
                yield target
            return
        path = self._path / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            yield target

    def close(self) -> None:
        """Finish the ZIP."""
        if self._zip is not None:
            self._zip.close()
            self._file.close()


class Source:
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
        """Every file that is there."""
        if self._zip is not None:
            return self._zip.namelist()
        return [p.relative_to(self._path).as_posix() for p in self._path.rglob("*") if not p.is_dir()]

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """A file to be read."""
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
        """What the export says that it holds."""
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
