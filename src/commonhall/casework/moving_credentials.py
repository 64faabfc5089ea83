"""Credentials that leave with a council: opened here, locked with a passphrase, and sealed anew where they arrive.

The passphrase's own cipher is handed in, as the installation's seal is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from commonhall.casework.moving_files import ExportRefused, FileNote, Hashed, Source, Target
from commonhall.storage.moving import Reading, Writing

FILE = "credentials.json"


@dataclass(frozen=True, slots=True)
class Credentials:
    """How credentials are opened and closed.

    `open` gives what the installation sealed, or None where it cannot (its secret is another now); `close` seals.
    `lock` and `unlock` do so with the passphrase, for one council; `unlock` gives None where the passphrase is wrong or
    the text was changed.
    """

    open: Callable[[bytes], Mapping[str, Any] | None]
    close: Callable[[Mapping[str, Any]], bytes]
    lock: Callable[[bytes, str], Mapping[str, Any]]
    unlock: Callable[[Mapping[str, Any], str], bytes | None]


class Locked(msgspec.Struct, frozen=True):
    """The file: which credentials it holds, and those, locked (docs/leaving.md says how)."""

    holds: tuple[str, ...]
    locked: dict[str, Any]


class _One(msgspec.Struct, frozen=True):
    table: str
    name: str
    content: dict[str, Any]


async def gather(source: Reading, credentials: Credentials | None) -> tuple[Locked | None, tuple[str, ...]]:
    """The credentials of a council, locked, and the names of those that are left out."""
    held: list[_One] = []
    left: list[str] = []
    holds: list[str] = []
    for row in await source.secrets():
        content = credentials.open(row.sealed) if credentials else None
        words = f"{row.table} {row.name}: {row.column}"
        if content is None:
            left.append(words)
        else:
            held.append(_One(row.table, row.name, dict(content)))
            holds.append(words)
    if credentials is None:
        return None, tuple(left)
    return Locked(tuple(holds), dict(credentials.lock(msgspec.json.encode(held), source.council))), tuple(
        left
    )


def write(target: Target, locked: Locked) -> FileNote:
    """Write the file; answers what the manifest says of it."""
    with target.open(FILE) as raw:
        out = Hashed(raw)
        out.write(msgspec.json.format(msgspec.json.encode(locked), indent=2))
    return out.note(None)


def read(source: Source) -> Locked:
    """Read the file."""
    with source.open(FILE) as raw:
        text = raw.read()
    try:
        return msgspec.json.decode(text, type=Locked)
    except msgspec.MsgspecError as error:
        raise ExportRefused(f"{FILE} is not what an export has: {error}") from error


async def put_back(target: Writing, locked: Locked, council: str, credentials: Credentials) -> None:
    """Seal them for this installation and put them where they belong. Raises `ExportRefused`."""
    opened = credentials.unlock(locked.locked, council)
    if opened is None:
        raise ExportRefused(
            "this passphrase does not open the credentials of this export: give the one that it was made with, or say "
            "--without-secrets and enter them again"
        )
    for one in msgspec.json.decode(opened, type=list[_One]):
        await target.keep_secret(one.table, council, one.name, credentials.close(one.content))
