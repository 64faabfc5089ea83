"""What may be published: a package that is right, a version that is new, a number that tells the truth.

A package is published as one file, `packages/<service>/<version>.json`: its files by name, as JSON. Its own digest
(`engine.reader.digest_of`) is the one under which councils adopt it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tuf.api.exceptions import LengthOrHashMismatchError
from tuf.api.metadata import TargetFile, Targets

from commonhall.catalogue.comparing import compare
from commonhall.catalogue.packages import NationalCodes, changelog_entry, check_files, read_folder
from commonhall.catalogue.publishing.folder import Folder
from commonhall.catalogue.publishing.signing import propose_target
from commonhall.catalogue.refusals import CatalogueRefused
from commonhall.engine.package import Service
from commonhall.engine.problems import ServiceRefused
from commonhall.engine.reader import FILES, read_service
from commonhall.engine.working_days import Calendar

FIRST = "first"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A version that may be published. `weight` is that of its changes: first, none, wording, additive, breaking."""

    service: Service
    follows: str | None
    weight: str
    changelog: str


@dataclass(frozen=True, slots=True)
class Tools:
    """What checking a package needs: the nations' bank holidays and the national service lists."""

    calendars: Mapping[str, Calendar]
    codes: NationalCodes | None = None


def target_of(service: str, version: str) -> str:
    """The path under which a version is published."""
    return f"packages/{service}/{version}.json"


def content_of(files: Mapping[str, str]) -> bytes:
    """A package as one file. The same files give the same bytes."""
    text = json.dumps(dict(files), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8")


def files_of(content: bytes) -> dict[str, str]:
    """The files of a package. Raises ValueError where this is none."""
    found = json.loads(content)
    if (
        not isinstance(found, dict)
        or not found.keys() <= set(FILES)
        or not all(isinstance(text, str) for text in found.values())
    ):
        raise ValueError("this is not a package")
    return found


def said_of(target: TargetFile) -> Mapping[str, str]:
    """What a target says of its version: service, version, digest and more; nothing where it says so wrongly."""
    said: Any = target.custom
    named = ("service", "version", "digest")
    return said if isinstance(said, dict) and all(isinstance(said.get(name), str) for name in named) else {}


def publish(package: Path, folder: Folder, tools: Tools, now: datetime) -> Reviewed | None:
    """Check a package and propose it. Answers None where this very version is published or proposed already.

    Raises `ServiceRefused` with the package's problems, and `CatalogueRefused` where this version cannot be published.
    """
    service = checked(read_folder(package), package, tools)
    there = listed(folder)
    known = there.get(target_of(service.id, service.version))
    if known is not None and said_of(known).get("digest") == service.digest:
        return None
    if known is not None:
        raise CatalogueRefused(
            f"{service.id} {service.version} is published already, with other content: a published version never "
            f"changes; give this package a higher version"
        )
    reviewed = review_one(service, folder, there, tools)
    content = content_of(service.files)
    target = TargetFile.from_data(target_of(service.id, service.version), content, ["sha256"])
    target.unrecognized_fields["custom"] = {
        "service": service.id,
        "version": service.version,
        "digest": service.digest,
        "weight": reviewed.weight,
        "changelog": reviewed.changelog,
        "published_at": now.isoformat(timespec="seconds"),
    }
    propose_target(folder, target, content, now)
    return reviewed


def checked(files: Mapping[str, str], package: Path, tools: Tools) -> Service:
    """A package without problems, whose examples end as they say. Raises `ServiceRefused`."""
    found = check_files(files, package, tools.calendars, tools.codes)
    if found.problems or found.service is None:
        raise ServiceRefused(found.problems)
    return found.service


def listed(folder: Folder) -> dict[str, TargetFile]:
    """Every version that a catalogue has, by its path; proposed ones among them."""
    waiting = folder.waiting()
    released = folder.released()
    lists: list[Targets] = [
        found.signed for found in (released and released.targets, waiting.targets) if found
    ]
    return {path: target for found in lists for path, target in found.targets.items()}


def review_one(service: Service, folder: Folder, there: Mapping[str, TargetFile], tools: Tools) -> Reviewed:
    """Whether a version's number and changelog tell the truth. Raises `CatalogueRefused`."""
    changelog = changelog_entry(service.files.get("CHANGELOG.md", ""), service.version)
    if not changelog:
        raise CatalogueRefused(
            f"CHANGELOG.md does not say what {service.id} {service.version} changes: add a heading "
            f"'## {service.version}' with at least one sentence below it"
        )
    others = [said_of(target) for target in there.values()]
    lower = [
        said["version"]
        for said in others
        if said and said["service"] == service.id and numbers(said["version"]) < numbers(service.version)
    ]
    if not lower:
        return Reviewed(service, None, FIRST, changelog)
    follows = max(lower, key=numbers)
    old = read_service(
        read_target(folder, there[target_of(service.id, follows)]), tools.calendars, accepted=True
    )
    return Reviewed(service, follows, _weight(old, service), changelog)


def _weight(old: Service, new: Service) -> str:
    difference = compare(old, new)
    if difference.understated:
        heaviest = [change for change in difference.changes if change.weight == difference.weight]
        told = "; ".join(f"{change.where}: {change.says} (for {change.for_whom})" for change in heaviest[:5])
        more = f"; and {len(heaviest) - 5} more" if len(heaviest) > 5 else ""
        raise CatalogueRefused(
            f"{new.id} {new.version} says less than it changes since {old.version}: it must be "
            f"{difference.least_version} or higher, for {told}{more}"
        )
    return difference.weight.name.lower() if difference.weight else "none"


def read_target(folder: Folder, target: TargetFile) -> dict[str, str]:
    """The files of a version that the catalogue has. Raises `CatalogueRefused` where it is missing or changed."""
    path = folder.file_of(target.path, target.hashes["sha256"])
    try:
        if path is None:
            raise CatalogueRefused(f"{target.path} is listed, but its file is missing: put it back")
        content = path.read_bytes()
        target.verify_length_and_hashes(content)
        return files_of(content)
    except (LengthOrHashMismatchError, ValueError):
        raise CatalogueRefused(
            f"{path} is not what was listed: somebody changed it; put back the file that was published"
        ) from None


def numbers(version: str) -> tuple[int, ...]:
    """A version by which versions can be ordered."""
    return tuple(int(part) for part in version.split("."))
