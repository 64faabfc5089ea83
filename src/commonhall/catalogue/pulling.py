"""Pull versions of services from catalogues. What was pulled is this installation's own: it works when they are gone.

Each catalogue has a name that the operator gave, and a folder under it: its address, the root that is trusted, and what
was seen. A version belongs to the catalogue it came from first; another one cannot put other content under its number.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import json
import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx2
from tuf.api.exceptions import DownloadError, DownloadHTTPError
from tuf.api.metadata import TargetFile

from commonhall.catalogue.fetching import Fetcher, check_address, open_client
from commonhall.catalogue.publishing.folder import write
from commonhall.catalogue.publishing.versions import files_of, said_of, target_of
from commonhall.catalogue.refusals import CatalogueRefused
from commonhall.catalogue.verifying import TRUSTED_ROOT, Unreachable, believe, read_root
from commonhall.engine.problems import ServiceRefused
from commonhall.engine.reader import read_service
from commonhall.engine.working_days import Calendar
from commonhall.storage.drafts import VersionRow, add_version, list_versions
from commonhall.storage.pool import Store

MOST_ROOTS = 256
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")

Known = Mapping[tuple[str, str], VersionRow]
"""The versions that are here already, by service and version."""


@dataclass(frozen=True, slots=True)
class Source:
    """A catalogue that this installation pulls from. `address` is a web address or a folder's path."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one pull from a catalogue gave.

    `same` counts the versions that were here already. `refused` are sentences, each on a version or on the whole
    catalogue; with `unreachable` it just did not answer. `until` is when what was seen stops being believed.
    """

    source: str
    at: datetime
    added: tuple[tuple[str, str], ...] = ()
    same: int = 0
    refused: tuple[str, ...] = ()
    unreachable: bool = False
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A version that is not here yet, checked, with the files of its package."""

    row: VersionRow
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """What a catalogue offers that is not here yet, checked."""

    new: tuple[NewVersion, ...]
    same: int
    refused: tuple[str, ...]
    unreachable: bool
    until: datetime


def add_source(
    catalogues: Path,
    name: str,
    address: str,
    *,
    root: bytes | None = None,
    root_digest: str | None = None,
    plain_http: bool = False,
    http: httpx2.Client | None = None,
) -> Source:
    """Pull from a catalogue from now on. Raises `CatalogueRefused`.

    Its maintainers give the root, or its SHA-256 in hexadecimal, by a way that is not the catalogue itself: whoever
    can change what is served could otherwise serve their own from the start.
    """
    if not _NAME.fullmatch(name):
        raise CatalogueRefused(
            f"'{name}' cannot name a catalogue: use small letters, digits and hyphens, like national"
        )
    kept = check_address(address, plain_http=plain_http)
    folder = catalogues / name
    if (folder / "source.json").exists():
        raise CatalogueRefused(
            f"there is a catalogue '{name}' here already: remove it first, or give another name"
        )
    if root is None:
        if not root_digest:
            raise CatalogueRefused(
                "say which root to trust: the file that the catalogue's maintainers gave you (--root), or its SHA-256 "
                "(--root-sha256)"
            )
        with http or open_client() as client:
            root = _find_root(Fetcher(kept, client), root_digest)
    elif root_digest and hashlib.sha256(root).hexdigest() != root_digest.lower():
        raise CatalogueRefused("the root that was given does not have the SHA-256 that was given")
    read_root(root)
    write(folder / TRUSTED_ROOT, root)
    write(folder / "source.json", json.dumps({"address": kept}).encode())
    return Source(name, kept)


def _find_root(fetcher: Fetcher, digest: str) -> bytes:
    """The root with this digest among those that a catalogue serves."""
    try:
        for number in range(1, MOST_ROOTS + 1):
            found = fetcher.download_bytes(f"{fetcher.address}/metadata/{number}.root.json", 512_000)
            if hashlib.sha256(found).hexdigest() == digest.strip().lower():
                return found
    except DownloadHTTPError as error:
        if error.status_code not in {403, 404}:
            raise Unreachable(f"{fetcher.address} cannot be read: {error}") from None
    except DownloadError as error:
        raise Unreachable(f"{fetcher.address} cannot be reached: {error}") from None
    raise CatalogueRefused(
        f"none of the roots at {fetcher.address} has this SHA-256: check it with the maintainers; if it is right, "
        "somebody else's catalogue is being served"
    )


def list_sources(catalogues: Path) -> list[Source]:
    """The catalogues that this installation pulls from, by name. Raises `CatalogueRefused` where one is unreadable."""
    found = sorted(catalogues.glob("*/source.json")) if catalogues.is_dir() else []
    return [Source(path.parent.name, _address(path)) for path in found]


def _address(path: Path) -> str:
    try:
        return str(json.loads(path.read_bytes())["address"])
    except (OSError, ValueError, KeyError, TypeError):
        raise CatalogueRefused(
            f"{path} cannot be read: delete its folder, and add the catalogue again"
        ) from None


def remove_source(catalogues: Path, name: str) -> None:
    """Pull from a catalogue no longer; what came from it stays. Raises `CatalogueRefused`."""
    if name not in {source.name for source in list_sources(catalogues)}:
        raise CatalogueRefused(f"there is no catalogue '{name}' here")
    shutil.rmtree(catalogues / name)


@dataclass(frozen=True, slots=True)
class Health:
    """How a catalogue does: its last pull, None before the first, and whether what was seen is believed no longer."""

    source: Source
    last: Pulled | None
    expired: bool


def health(catalogues: Path, now: datetime) -> list[Health]:
    """How every catalogue does. Raises `CatalogueRefused` where one is unreadable. Reads a few small files."""
    pulls = [(source, last_pull(catalogues, source.name)) for source in list_sources(catalogues)]
    return [
        Health(source, last, expired=last is not None and last.until is not None and last.until <= now)
        for source, last in pulls
    ]


def last_pull(catalogues: Path, name: str) -> Pulled | None:
    """What the last pull gave; None before the first."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        said = json.loads((catalogues / name / "last.json").read_bytes())
        return Pulled(
            name,
            datetime.fromisoformat(said["at"]),
            tuple((service, version) for service, version in said["added"]),
            said["same"],
            tuple(said["refused"]),
            said["unreachable"],
            datetime.fromisoformat(said["until"]) if said["until"] else None,
        )
    return None


async def pull(
    store: Store,
    catalogues: Path,
    calendars: Mapping[str, Calendar],
    clock: Callable[[], datetime],
    names: tuple[str, ...] = (),
    http: httpx2.Client | None = None,
) -> list[Pulled]:
    """Pull what is new from these catalogues, or from all. One that is refused does not keep the others from theirs.

    Raises `CatalogueRefused` for a name that no catalogue has.
    """
    sources = list_sources(catalogues)
    for name in names:
        if name not in {source.name for source in sources}:
            raise CatalogueRefused(
                f"there is no catalogue '{name}' here: add it with `commonhall catalogue add`"
            )
    results = []
    with http or open_client() as client:
        for source in sources:
            if not names or source.name in names:
                results.append(await _pull_one(store, catalogues, source, calendars, clock(), client))
    return results


async def _pull_one(
    store: Store,
    catalogues: Path,
    source: Source,
    calendars: Mapping[str, Calendar],
    now: datetime,
    http: httpx2.Client,
) -> Pulled:
    folder = catalogues / source.name
    known = {(row.service, row.version): row for row in await list_versions(store)}
    try:
        found = await asyncio.to_thread(find_new, source, folder, known, calendars, now, http)
    except CatalogueRefused as refused:
        before = last_pull(catalogues, source.name)
        result = Pulled(
            source.name,
            now,
            refused=(str(refused),),
            unreachable=isinstance(refused, Unreachable),
            until=before.until if before else None,
        )
    else:
        # False where another process was quicker with a version: what came first stays.
        taken = [one.row for one in found.new if await add_version(store, one.row, one.files)]
        added = tuple((row.service, row.version) for row in taken)
        result = Pulled(
            source.name,
            now,
            added,
            found.same + len(found.new) - len(added),
            found.refused,
            found.unreachable,
            found.until,
        )
    said = {
        "at": now.isoformat(),
        "added": result.added,
        "same": result.same,
        "refused": result.refused,
        "unreachable": result.unreachable,
        "until": result.until.isoformat() if result.until else None,
    }
    await asyncio.to_thread(write, folder / "last.json", json.dumps(said).encode())
    return result


def find_new(
    source: Source,
    folder: Path,
    known: Known,
    calendars: Mapping[str, Calendar],
    now: datetime,
    http: httpx2.Client,
) -> Found:
    """Read a catalogue and check all that is new in it. Blocks. Raises `CatalogueRefused` for the whole of it."""
    fetcher = Fetcher(source.address, http)
    new: list[NewVersion] = []
    refused: list[str] = []
    same, unreachable = 0, False
    with (folder / ".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        believed = believe(source.name, fetcher, folder, now)
        for path, target in sorted(believed.targets.items()):
            try:
                if _known(source, target, known):
                    same += 1
                else:
                    new.append(_checked(source, path, target, believed.get(target), calendars))
            except Unreachable as gone:
                refused.append(str(gone))
                unreachable = True
                break
            except CatalogueRefused as wrong:
                refused.append(str(wrong))
    return Found(tuple(new), same, tuple(refused), unreachable, believed.until)


def _known(source: Source, target: TargetFile, known: Known) -> bool:
    """Whether this version is here. Raises `CatalogueRefused` where it is, with other content."""
    said = said_of(target)
    row = known.get((said.get("service", ""), said.get("version", "")))
    if row is None or row.package == said.get("digest"):
        return row is not None
    here = (
        f"from the catalogue '{row.catalogue}'"
        if row.catalogue
        else "from the folder beside this installation"
    )
    raise CatalogueRefused(
        f"{row.service} {row.version} is here already, {here}, with other content than '{source.name}' offers: what "
        "came first stays. A published version never changes; ask the maintainers to publish theirs under another number"
    )


def _checked(
    source: Source, path: str, target: TargetFile, content: bytes, calendars: Mapping[str, Calendar]
) -> NewVersion:
    """A version as it may be stored. Raises `CatalogueRefused`."""
    try:
        service = read_service(files_of(content), calendars, accepted=True)
    except ServiceRefused as refused:
        raise CatalogueRefused(
            f"{path} cannot be run by this release of Commonhall ({refused.problems[0]}): bring this installation up "
            "to date, then pull again"
        ) from None
    except ValueError:
        raise CatalogueRefused(f"{path} is not a package; ask the catalogue's maintainers") from None
    said = said_of(target)
    if path != target_of(service.id, service.version) or said.get("digest") != service.digest:
        raise CatalogueRefused(
            f"{path} holds {service.id} {service.version}, or other content than its maintainers say: it is not taken; "
            "ask them"
        )
    try:
        published_at = datetime.fromisoformat(str(said["published_at"]))
    except (KeyError, ValueError):
        raise CatalogueRefused(f"{path} does not say when it was published; ask its maintainers") from None
    row = VersionRow(
        service.id, service.version, service.digest, source.name, str(said.get("changelog", "")), published_at
    )
    return NewVersion(row, dict(service.files))
