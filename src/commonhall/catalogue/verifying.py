"""Believe a catalogue, or say in a sentence why not: the client of The Update Framework, on what was seen before.

What was seen is kept in a folder of its own for each catalogue: the root that the operator trusts, and the last lists
that were right. So an older state than one seen before is noticed, and an answer needs no server.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from tuf.api.exceptions import (
    BadVersionNumberError,
    DownloadError,
    DownloadHTTPError,
    DownloadLengthMismatchError,
    ExpiredMetadataError,
    LengthOrHashMismatchError,
    RepositoryError,
    SlowRetrievalError,
    UnsignedMetadataError,
)
from tuf.api.metadata import Metadata, Root, Snapshot, TargetFile, Targets, Timestamp

from commonhall.catalogue.fetching import Fetcher
from commonhall.catalogue.refusals import CatalogueRefused

TRUSTED_ROOT = "trusted-root.json"
MOST_BYTES = 8_000_000
"""The longest package: its four files as long as the service language lets each be."""
_LISTS = {
    Root.type: "the list of who may sign",
    Timestamp.type: "its timestamp",
    Snapshot.type: "its snapshot",
    Targets.type: "the list of its packages",
}
_RENEW = {
    Root.type: "commonhall catalogue renew",
    Timestamp.type: "commonhall catalogue refresh",
    Snapshot.type: "commonhall catalogue refresh",
    Targets.type: "commonhall catalogue renew",
}
_OLD_COPY = (
    "it shows an older state than one seen before: somebody serves an old copy, or it was put back from a backup. "
    "Ask whoever runs it; if they did put it back, they must give it higher version numbers"
)


@dataclass(frozen=True, slots=True)
class Believed:
    """A catalogue's packages, as its maintainers signed them, and how to get each. `until` is when belief ends."""

    targets: Mapping[str, TargetFile]
    until: datetime
    get: Callable[[TargetFile], bytes]
    """A target's content. Raises `CatalogueRefused`, and `Unreachable` where nothing more can be had now."""


class Unreachable(CatalogueRefused):
    """The server or folder does not answer. What was pulled before stays in use."""


def believe(name: str, fetcher: Fetcher, seen: Path, now: datetime) -> Believed:
    """Bring what was seen of a catalogue up to date. Blocks. Raises `CatalogueRefused`, saying why.

    `seen` is the catalogue's own folder on this installation. Only one process at a time may use it.
    """
    from tuf.ngclient import Updater, UpdaterConfig  # noqa: PLC0415 - importing it opens a socket

    metadata = seen / "metadata"
    metadata.mkdir(parents=True, exist_ok=True)
    updater = None
    try:
        updater = Updater(
            str(metadata),
            f"{fetcher.address}/metadata/",
            target_base_url=f"{fetcher.address}/targets/",
            fetcher=cast(Any, fetcher),
            config=UpdaterConfig(targets_max_length=20_000_000),
            bootstrap=(seen / TRUSTED_ROOT).read_bytes(),
        )
        # The library reads the machine's clock as it is made; here the clock is handed in.
        updater._trusted_set.reference_time = now
        updater.refresh()
    except OSError as error:
        raise CatalogueRefused(
            f"what was seen of the catalogue '{name}' cannot be used ({error}): add the catalogue again"
        ) from None
    except (RepositoryError, DownloadError) as error:
        raise _explained(name, error, fetcher, updater, now) from None
    lists = updater._trusted_set
    until = min(one.expires for one in (lists.root, lists.timestamp, lists.snapshot, lists.targets))
    return Believed(dict(lists.targets.targets), until, lambda target: _get(updater, fetcher, target))


def read_root(content: bytes) -> Root:
    """A root that signs itself. Raises `CatalogueRefused`."""
    try:
        found = Metadata[Root].from_bytes(content)
        found.signed.verify_delegate(Root.type, found.signed_bytes, found.signatures)
    except (RepositoryError, AttributeError, ValueError):
        raise CatalogueRefused(
            "this is not a catalogue's root: it cannot be read, or it is not signed by the keys that it names; "
            "get it again from the catalogue's maintainers"
        ) from None
    return found.signed


def _get(updater: Any, fetcher: Fetcher, target: TargetFile) -> bytes:
    if target.length > MOST_BYTES:
        raise CatalogueRefused(f"{target.path} is longer than a package can be ({target.length:,} bytes)")
    with tempfile.TemporaryDirectory(prefix="commonhall-") as folder:
        path = Path(folder) / "package.json"
        try:
            updater.download_target(target, str(path))
            return path.read_bytes()
        except LengthOrHashMismatchError:
            why = "is not what the maintainers signed: the file was changed, on the server or on its way"
        except DownloadLengthMismatchError:
            why = (
                "is longer than what the maintainers signed: the file was changed, and reading it was stopped"
            )
        except SlowRetrievalError as error:
            raise Unreachable(f"{target.path} comes too slowly: {error}; try again later") from None
        except DownloadHTTPError as error:
            why = f"is listed, but cannot be had ({error}): the catalogue is not whole"
        except DownloadError as error:
            raise Unreachable(f"{fetcher.address} cannot be reached ({error}); try again later") from None
    raise CatalogueRefused(f"{target.path} {why}; ask whoever runs the catalogue")


def _explained(
    name: str, error: Exception, fetcher: Fetcher, updater: Any, now: datetime
) -> CatalogueRefused:
    """Why a catalogue is not believed, in a sentence."""
    role = fetcher.asked.rpartition("/")[2].removesuffix(".json").rpartition(".")[2]
    whole = _LISTS.get(role, fetcher.asked)
    kind = CatalogueRefused
    if updater is None:
        why = "the root that was given for it is not one; remove the catalogue and add it with another root"
    elif isinstance(error, ExpiredMetadataError):
        why = _expired(updater, role, now)
    elif isinstance(error, DownloadLengthMismatchError):
        why = f"{fetcher.asked} is longer than it may be; reading it was stopped. Ask whoever runs it"
    elif isinstance(error, DownloadHTTPError) and error.status_code in {403, 404, 410}:
        why = f"{fetcher.asked} is missing there: the address is wrong, or the catalogue is not whole"
    elif isinstance(error, DownloadError):
        kind = Unreachable
        why = f"{fetcher.address} cannot be reached ({error}); try again later"
    else:
        why = _not_believed(error, role, whole, fetcher.asked)
    return kind(f"the catalogue '{name}' was not taken: {why}. What was pulled before stays in use")


def _expired(updater: Any, role: str, now: datetime) -> str:
    """Which list is too old. The library may ask for another one before it minds."""
    lists = updater._trusted_set
    until = ""
    for each in (Root.type, Timestamp.type, Snapshot.type):
        with suppress(KeyError):
            if lists[each].is_expired(now):
                role, until = each, f" on {lists[each].expires:%Y-%m-%d at %H:%M} UTC"
                break
    return (
        f"{_LISTS[role]} expired{until}, so nobody can say that this is the newest. Check this machine's clock, or "
        f"ask whoever runs the catalogue to renew it (`{_RENEW[role]}`)"
    )


def _not_believed(error: Exception, role: str, whole: str, asked: str) -> str:
    if isinstance(error, UnsignedMetadataError):
        if role == Root.type:
            return (
                f"{whole} ({asked}) is not signed by enough of those who are trusted here, so it may be somebody "
                "else's. Get the newest root from the maintainers themselves, and add the catalogue again with it"
            )
        signers = "the maintainers" if role == Targets.type else "the key of its publishing machine"
        return f"{whole} is not signed by {signers} ({error}). Ask whoever runs it; do not trust it meanwhile"
    if isinstance(error, BadVersionNumberError) and role == Root.type:
        return (
            f"{whole} ({asked}) does not follow the one that is trusted here. Get the newest root from the maintainers "
            "themselves, and add the catalogue again with it"
        )
    if isinstance(error, BadVersionNumberError) and role != Targets.type:
        return _OLD_COPY
    if isinstance(error, BadVersionNumberError | LengthOrHashMismatchError):
        return (
            f"{whole} is not the one that belongs to the rest: it was changed, or files of different days were mixed. "
            "Ask whoever runs it"
        )
    if "missing info" in str(error):
        return _OLD_COPY
    return f"{asked} cannot be read: it was changed or cut short. Ask whoever runs it"
