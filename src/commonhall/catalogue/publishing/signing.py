"""Propose, sign, release: a change of a catalogue waits in `pending/` until enough maintainers have signed it.

The maintainers sign what is published and who may sign (the roles root and targets of The Update Framework). A key on
the machine that publishes signs what says that this is the newest (snapshot and timestamp): it can renew, and hold
back, but it cannot make anybody believe a package.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar

from securesystemslib.signer import CryptoSigner, SSlibKey
from tuf.api.metadata import Key, Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.api.metadata import Role as Keys

from commonhall.catalogue.publishing.folder import Folder, Released, write
from commonhall.catalogue.publishing.keys import name_of
from commonhall.catalogue.publishing.terms import FIELD, Terms, terms_of
from commonhall.catalogue.refusals import CatalogueRefused

MAINTAINED = (Root.type, Targets.type)
ONLINE = (Snapshot.type, Timestamp.type)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The signatures that something pending still needs: of each list, how many and whose could be among them."""

    role: str
    missing: int
    whose: tuple[str, ...]


def create(
    folder: Folder,
    maintainers: Sequence[SSlibKey],
    threshold: int,
    online: SSlibKey,
    terms: Terms,
    now: datetime,
) -> None:
    """Make an empty catalogue that waits for its maintainers' first signatures. Raises `CatalogueRefused`."""
    with folder.locked():
        if folder.newest_root() or folder.waiting():
            raise CatalogueRefused(f"{folder.path} is a catalogue already: name another folder")
        root = Root(expires=terms.until(Root.type, now), unrecognized_fields={FIELD: asdict(terms)})
        _assign(root, maintainers, threshold, online)
        _propose(folder, Metadata(root))
        _propose(folder, Metadata(Targets(expires=terms.until(Targets.type, now))))


def _assign(root: Root, maintainers: Sequence[Key], threshold: int, online: Key) -> None:
    """Say who may sign what. Raises `CatalogueRefused` where that could never hold."""
    ids = {key.keyid for key in maintainers}
    if not 1 <= threshold <= len(ids):
        raise CatalogueRefused(
            f"{threshold} of {len(ids)} maintainers can never sign: give as many keys as signatures are needed"
        )
    if online.keyid in ids:
        raise CatalogueRefused(
            "the key of the publishing machine is a maintainer's, too: make another, since whoever breaks into that "
            "machine could otherwise sign packages"
        )
    names = [name_of(key) for key in maintainers]
    if len(set(names)) < len(names):
        raise CatalogueRefused(
            f"two maintainers have the same name ({', '.join(sorted(names))}): rename one's .pub file, so that people "
            "can tell them apart"
        )
    root.keys.clear()
    for role in MAINTAINED:
        root.roles[role] = Keys([], threshold)
        for key in maintainers:
            root.add_key(key, role)
    for role in ONLINE:
        root.roles[role] = Keys([], 1)
        root.add_key(online, role)


def propose_target(folder: Folder, target: TargetFile, content: bytes, now: datetime) -> None:
    """Propose a new file. What is pending already is kept, and must be signed again together with it."""
    with folder.locked():
        latest = _latest_targets(folder, now)
        latest.signed.targets[target.path] = target
        parent, _, name = target.path.rpartition("/")
        write(folder.pending / "targets" / parent / f"{target.hashes['sha256']}.{name}", content)
        _propose(folder, latest)


def _latest_targets(folder: Folder, now: datetime) -> Metadata[Targets]:
    """The pending list of packages, or the next after the released one; without signatures."""
    waiting = folder.waiting()
    released = folder.released()
    root = waiting.root or (released.root if released else None)
    found = waiting.targets or (released.targets if released else None)
    if root is None or found is None:
        raise CatalogueRefused(f"{folder.path} has no list of packages: make the catalogue anew")
    number = released.targets.signed.version + 1 if released else 1
    terms = terms_of(root.signed)
    return Metadata(
        Targets(version=number, expires=terms.until(Targets.type, now), targets=dict(found.signed.targets))
    )


def propose_root(
    folder: Folder,
    now: datetime,
    *,
    add: Sequence[SSlibKey] = (),
    remove: Sequence[str] = (),
    threshold: int | None = None,
    online: SSlibKey | None = None,
    terms: Terms | None = None,
) -> None:
    """Propose who signs from now on; without any change, the same people for a new term.

    The list of packages is proposed again with it, so that those who stay stand behind all of it.
    Raises `CatalogueRefused`.
    """
    with folder.locked():
        released = folder.released()
        if released is None:
            raise CatalogueRefused("the catalogue's first signatures are still missing: sign it first")
        old = released.root.signed
        people = [old.keys[number] for number in old.roles[Root.type].keyids]
        for name in remove:
            if name not in {name_of(key) for key in people}:
                here = ", ".join(sorted(name_of(key) for key in people))
                raise CatalogueRefused(
                    f"'{name}' is not a maintainer of this catalogue; its maintainers: {here}"
                )
        stay: list[Key] = [key for key in people if name_of(key) not in remove]
        terms = terms or terms_of(old)
        root = Root(
            version=old.version + 1,
            expires=terms.until(Root.type, now),
            unrecognized_fields={FIELD: asdict(terms)},
        )
        _assign(
            root,
            [*stay, *add],
            threshold or old.roles[Root.type].threshold,
            online or old.keys[old.roles[Timestamp.type].keyids[0]],
        )
        _propose(folder, Metadata(root))
        _propose(folder, _latest_targets(folder, now))


def sign(folder: Folder, signer: CryptoSigner) -> None:
    """Add a maintainer's signature to everything pending. Raises `CatalogueRefused` where it would count nowhere.

    Whoever signs should have looked first: `versions.review` does.
    """
    with folder.locked():
        waiting, current = folder.waiting(), folder.newest_root()
        if not waiting:
            raise CatalogueRefused("nothing waits for a signature in this catalogue")
        counted = False
        next_root = waiting.root or current
        number = signer.public_key.keyid
        if waiting.root:
            roots = [found for found in (waiting.root, current) if found]
            if any(number in found.signed.roles[Root.type].keyids for found in roots):
                _sign_one(folder, waiting.root, signer)
                counted = True
        if waiting.targets and next_root and number in next_root.signed.roles[Targets.type].keyids:
            _sign_one(folder, waiting.targets, signer)
            counted = True
        if not counted:
            raise CatalogueRefused(
                f"the key '{name_of(signer.public_key)}' is no maintainer's of this catalogue: its signature counts for "
                "nothing; use a maintainer's key, or have this one added with `commonhall catalogue rotate`"
            )


Signed = TypeVar("Signed", Root, Targets)


def _sign_one(folder: Folder, metadata: Metadata[Signed], signer: CryptoSigner) -> None:
    metadata.sign(signer, append=True)
    _propose(folder, metadata)


def _propose(folder: Folder, metadata: Metadata[Signed]) -> None:
    write(folder.pending / f"{metadata.signed.type}.json", metadata.to_bytes())


def wanted(folder: Folder) -> list[Wanted]:
    """What pending lists still need before they can be released."""
    waiting, current = folder.waiting(), folder.newest_root()
    found: list[Wanted] = []
    if waiting.root:
        both = waiting.root.signed.get_root_verification_result(
            current.signed if current else None, waiting.root.signed_bytes, waiting.root.signatures
        )
        missing = max(both.first.missing, both.second.missing)
        found.append(Wanted(Root.type, missing, _names(both.unsigned)))
    root = waiting.root or current
    if waiting.targets and root:
        result = root.signed.get_verification_result(
            Targets.type, waiting.targets.signed_bytes, waiting.targets.signatures
        )
        found.append(Wanted(Targets.type, result.missing, _names(result.unsigned)))
    return found


def _names(keys: dict[str, Key]) -> tuple[str, ...]:
    return tuple(sorted(name_of(key) for key in keys.values()))


def signers(folder: Folder) -> list[str]:
    """In sentences, who signs what. Raises `CatalogueRefused` where the folder is no catalogue."""
    root = folder.newest_root() or folder.waiting().root
    if root is None:
        folder.released()
        return []
    return list(_summary(root.signed))


def signers_change(folder: Folder) -> list[str]:
    """In sentences, who would sign and for how long from now on, where that is pending and another than now."""
    waiting, current = folder.waiting().root, folder.newest_root()
    if waiting is None or current is None:
        return []
    said, before = _summary(waiting.signed), _summary(current.signed)
    return [f"from now on {one}" for one, old in zip(said, before, strict=True) if one != old]


def _summary(root: Root) -> tuple[str, str, str]:
    days = ", ".join(f"{role} {days}" for role, days in asdict(terms_of(root)).items())
    return _people(root), f"the publishing machine: {_machine(root)}", f"days of belief: {days}"


def _people(root: Root) -> str:
    role = root.roles[Root.type]
    return f"{role.threshold} of {', '.join(sorted(_whole_name(root.keys[key]) for key in role.keyids))}"


def _machine(root: Root) -> str:
    return ", ".join(_whole_name(root.keys[key]) for key in root.roles[Timestamp.type].keyids)


def _whole_name(key: Key) -> str:
    # The name is what somebody wrote in the file; the digest is what cannot be borrowed.
    return f"{name_of(key)} ({key.keyid[:8]})"


def release(folder: Folder, online: CryptoSigner, now: datetime) -> None:
    """Publish what is pending and signed by enough. Raises `CatalogueRefused` where signatures are missing."""
    with folder.locked():
        waiting = folder.waiting()
        if not waiting:
            raise CatalogueRefused("nothing is pending in this catalogue: there is nothing to release")
        for one in wanted(folder):
            if one.missing:
                raise CatalogueRefused(
                    f"{one.missing} more signature{'s' if one.missing > 1 else ''} needed, of {', '.join(one.whose)}: "
                    "they sign with `commonhall catalogue sign`"
                )
        before = folder.released()
        root = waiting.root or (before.root if before else None)
        targets = waiting.targets or (before.targets if before else None)
        if root is None or targets is None:
            raise CatalogueRefused(f"{folder.path} has no first list of packages: make the catalogue anew")
        _check_online(root.signed, online)
        waiting_files = folder.pending / "targets"
        for path in sorted(waiting_files.rglob("*.json")) if waiting_files.is_dir() else []:
            write(folder.targets / path.relative_to(waiting_files), path.read_bytes())
        write(folder.metadata / f"{targets.signed.version}.targets.json", targets.to_bytes())
        _say_newest(folder, root, targets, before, online, now, new_snapshot=True)
        shutil.rmtree(folder.pending)


def refresh(folder: Folder, online: CryptoSigner, now: datetime) -> None:
    """Say again that this is the newest, for another term. For a clock job: daily is right for the usual terms.

    The snapshot is renewed when half of its term is over. Raises `CatalogueRefused`.
    """
    with folder.locked():
        released = folder.released()
        if released is None:
            raise CatalogueRefused("the catalogue's first signatures are still missing: sign it first")
        root = released.root
        _check_online(root.signed, online)
        half = (terms_of(root.signed).until(Snapshot.type, now) - now) / 2
        old = released.snapshot.signed.expires - now < half
        _say_newest(folder, root, released.targets, released, online, now, new_snapshot=old)


def _check_online(root: Root, online: CryptoSigner) -> None:
    if online.public_key.keyid not in root.roles[Timestamp.type].keyids:
        raise CatalogueRefused(
            f"the key '{name_of(online.public_key)}' is not the publishing machine's of this catalogue: give that one "
            "with --online, or have this one made it with `commonhall catalogue rotate`"
        )


def _say_newest(
    folder: Folder,
    root: Metadata[Root],
    targets: Metadata[Targets],
    before: Released | None,
    online: CryptoSigner,
    now: datetime,
    *,
    new_snapshot: bool,
) -> None:
    """Write what changed, the timestamp last: from that moment readers see the new state.

    A new root is written just before it, since those who read it believe no timestamp of another key.
    """
    terms = terms_of(root.signed)
    snapshot = before.snapshot if before else None
    if snapshot is None or new_snapshot:
        path = folder.metadata / f"{targets.signed.version}.targets.json"
        snapshot = Metadata(
            Snapshot(
                version=snapshot.signed.version + 1 if snapshot else 1,
                expires=terms.until(Snapshot.type, now),
                meta={"targets.json": _meta(targets.signed.version, path.read_bytes())},
            )
        )
        snapshot.sign(online)
        write(folder.metadata / f"{snapshot.signed.version}.snapshot.json", snapshot.to_bytes())
    path = folder.metadata / f"{snapshot.signed.version}.snapshot.json"
    timestamp = Metadata(
        Timestamp(
            version=before.timestamp.signed.version + 1 if before else 1,
            expires=terms.until(Timestamp.type, now),
            snapshot_meta=_meta(snapshot.signed.version, path.read_bytes()),
        )
    )
    timestamp.sign(online)
    if before is None or before.root.signed.version != root.signed.version:
        write(folder.metadata / f"{root.signed.version}.root.json", root.to_bytes())
    write(folder.metadata / "timestamp.json", timestamp.to_bytes())


def _meta(version: int, content: bytes) -> MetaFile:
    return MetaFile.from_data(version, content, ["sha256"])


@dataclass(frozen=True, slots=True)
class Expiry:
    """When a list of a catalogue stops being believed, how it is renewed, and how many days before is high time."""

    role: str
    version: int
    expires: datetime
    remedy: str
    warn_days: int


def expiries(folder: Folder) -> list[Expiry]:
    """When each list expires, the soonest first. Raises `CatalogueRefused`."""
    released = folder.released()
    if released is None:
        return []
    machine, people = (
        "`commonhall catalogue refresh`",
        "`commonhall catalogue renew`, signed by the maintainers",
    )
    lists: list[tuple[Any, str, int]] = [
        (released.timestamp, machine, 2),
        (released.snapshot, machine, 5),
        (released.targets, people, 60),
        (released.root, people, 60),
    ]
    found = [
        Expiry(one.signed.type, one.signed.version, one.signed.expires, how, warn) for one, how, warn in lists
    ]
    return sorted(found, key=lambda one: one.expires)


def withdraw(folder: Folder) -> bool:
    """Drop what is pending. Answers whether there was anything; a catalogue not yet released is kept."""
    with folder.locked():
        if not folder.waiting() or folder.newest_root() is None:
            return False
        shutil.rmtree(folder.pending)
        return True
