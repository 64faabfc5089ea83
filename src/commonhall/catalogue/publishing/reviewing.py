"""What a maintainer's own machine looks at before its key signs what somebody else proposed.

A threshold is worth nothing if the second signature is given unseen. So all that a proposal could smuggle in is looked
for here: a published version changed, a package that is not right, a list that would be believed for too long or with
too high a number, a signer whom nobody was told of.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from tuf.api.metadata import Root, Signed, Snapshot, TargetFile, Targets, Timestamp

from commonhall.catalogue.publishing.folder import Folder
from commonhall.catalogue.publishing.terms import terms_of
from commonhall.catalogue.publishing.versions import (
    Reviewed,
    Tools,
    checked,
    read_target,
    review_one,
    said_of,
    target_of,
)
from commonhall.catalogue.refusals import CatalogueRefused


def review(folder: Folder, tools: Tools, now: datetime) -> list[Reviewed]:
    """Check everything pending; answers the versions that are new in it.

    Raises `CatalogueRefused` for what must not be signed, and `ServiceRefused` for a package with problems.
    """
    waiting, released = folder.waiting(), folder.released()
    current = released.root.signed if released else None
    root = waiting.root.signed if waiting.root else current
    if root is None:
        return []
    if waiting.root:
        _check_root(root)
        _check_number(root, current, root, now)
    if waiting.targets is None:
        return []
    after, before = waiting.targets.signed, released.targets.signed if released else None
    _check_number(after, before, root, now)
    if after.delegations is not None:
        raise _refused("would let others sign packages (a delegation), which no catalogue here does")
    return _review_versions(folder, before.targets if before else {}, after.targets, tools)


def _review_versions(
    folder: Folder, before: Mapping[str, TargetFile], after: Mapping[str, TargetFile], tools: Tools
) -> list[Reviewed]:
    for path, target in before.items():
        if after.get(path) != target:
            raise _refused(f"would change or drop {path}, which is published")
    found: list[Reviewed] = []
    for path in sorted(after.keys() - before.keys()):
        service = checked(read_target(folder, after[path]), Path(path).parent, tools)
        said = said_of(after[path])
        told = (said.get("service"), said.get("version"), said.get("digest"))
        if path != target_of(service.id, service.version) or told != (
            service.id,
            service.version,
            service.digest,
        ):
            raise _refused(f"lists {path} as another version than it holds ({service.id} {service.version})")
        found.append(review_one(service, folder, after, tools))
    return found


def _check_root(root: Root) -> None:
    """Whether the keys that people are told of are all that would count."""
    packages, signers = root.roles[Targets.type], root.roles[Root.type]
    newest, also = root.roles[Timestamp.type], root.roles[Snapshot.type]
    if (set(packages.keyids), packages.threshold) != (set(signers.keyids), signers.threshold) or (
        newest.keyids,
        newest.threshold,
    ) != (also.keyids, also.threshold):
        raise _refused("would let some sign packages, or what is newest, who are not among its signers")
    if not root.consistent_snapshot:
        raise _refused("would let files change under readers (it has no consistent snapshots)")


def _check_number(new: Signed, old: Signed | None, root: Root, now: datetime) -> None:
    """Whether the number follows, and belief ends when the catalogue's terms say."""
    expected = old.version + 1 if old else 1
    if new.version != expected:
        raise _refused(f"has number {new.version} for its {new.type} where {expected} comes next")
    if new.expires > terms_of(root).until(new.type, now):
        raise _refused(f"would have its {new.type} believed until {new.expires:%Y-%m-%d}, beyond its terms")


def _refused(why: str) -> CatalogueRefused:
    return CatalogueRefused(
        f"what is pending {why}: do not sign it; `commonhall catalogue withdraw` drops it"
    )
