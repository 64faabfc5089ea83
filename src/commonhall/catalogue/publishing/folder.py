"""A catalogue's folder: static files that any web server serves, laid out as The Update Framework lays them out.

`metadata/` and `targets/` are what nodes read. `pending/` is what maintainers have still to sign; no node looks at it.
Files are replaced whole, and what names others is written after them, so that a reader never meets a half of anything.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp

from commonhall.catalogue.refusals import CatalogueRefused

Role = TypeVar("Role", Root, Timestamp, Snapshot, Targets)


@dataclass(frozen=True, slots=True)
class Released:
    """What a catalogue says to the world now."""

    root: Metadata[Root]
    timestamp: Metadata[Timestamp]
    snapshot: Metadata[Snapshot]
    targets: Metadata[Targets]


@dataclass(frozen=True, slots=True)
class Pending:
    """What waits for signatures; None where nothing of that role does."""

    root: Metadata[Root] | None
    targets: Metadata[Targets] | None

    def __bool__(self) -> bool:
        return bool(self.root or self.targets)


@dataclass(frozen=True, slots=True)
class Folder:
    """A catalogue in the folder at `path`."""

    path: Path

    @property
    def metadata(self) -> Path:
        """Where the signed lists are."""
        return self.path / "metadata"

    @property
    def targets(self) -> Path:
        """Where the packages are."""
        return self.path / "targets"

    @property
    def pending(self) -> Path:
        """Where maintainers' unfinished work is."""
        return self.path / "pending"

    def released(self) -> Released | None:
        """What is published; None in a catalogue whose first signatures are still missing.

        Raises `CatalogueRefused` where the folder is no catalogue, or is broken.
        """
        root = self.newest_root()
        if root is None:
            if (self.pending / "root.json").is_file():
                return None
            raise CatalogueRefused(
                f"{self.path} is not a catalogue: make one with `commonhall catalogue init`, or name another folder"
            )
        timestamp = self._signed(Timestamp, "timestamp.json", root.signed)
        number = timestamp.signed.snapshot_meta.version
        snapshot = self._signed(Snapshot, f"{number}.snapshot.json", root.signed)
        listed = snapshot.signed.meta.get("targets.json")
        number = listed.version if listed else 0
        targets = self._signed(Targets, f"{number}.targets.json", root.signed)
        return Released(root, timestamp, snapshot, targets)

    def _signed(self, kind: type[Role], name: str, root: Root) -> Metadata[Role]:
        """A published list, signed by those whom the root names for it."""
        path = self.metadata / name
        found = _read(kind, path)
        try:
            root.verify_delegate(kind.type, found.signed_bytes, found.signatures)
        except RepositoryError:
            raise CatalogueRefused(
                f"{path} is not signed by those who may: somebody changed it; put back the copy that was published"
            ) from None
        return found

    def newest_root(self) -> Metadata[Root] | None:
        """The root with the highest number; None before the first."""
        if not self.metadata.is_dir():
            return None
        numbers = [
            int(path.name.split(".")[0])
            for path in self.metadata.glob("*.root.json")
            if path.name.split(".")[0].isdigit()
        ]
        return _read(Root, self.metadata / f"{max(numbers)}.root.json") if numbers else None

    def waiting(self) -> Pending:
        """What waits for signatures."""
        root, targets = self.pending / "root.json", self.pending / "targets.json"
        return Pending(
            _read(Root, root) if root.is_file() else None,
            _read(Targets, targets) if targets.is_file() else None,
        )

    def file_of(self, target: str, digest: str) -> Path | None:
        """A package's file, published or pending; None where neither is there."""
        parent, _, name = target.rpartition("/")
        places = (folder / parent / f"{digest}.{name}" for folder in (self.targets, self.pending / "targets"))
        return next((path for path in places if path.is_file()), None)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let nobody else on this machine change the catalogue meanwhile (a clock job renews while somebody signs)."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with (self.path / ".lock").open("wb") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield
        except PermissionError as error:
            raise CatalogueRefused(f"{error.filename} cannot be written: {error.strerror}") from None


def write(path: Path, content: bytes) -> None:
    """Write a file whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number, temporary = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), 0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _read(kind: type[Role], path: Path) -> Metadata[Role]:
    try:
        found = Metadata[Role].from_bytes(path.read_bytes())
    except OSError:
        raise CatalogueRefused(
            f"{path} is missing: this catalogue is not whole; put back the copy that was published"
        ) from None
    except RepositoryError:
        found = None
    if found is None or not isinstance(found.signed, kind):
        raise CatalogueRefused(
            f"{path} cannot be read as a list of its kind: put back the copy that was published"
        )
    return found
