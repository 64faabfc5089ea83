"""Compiled files: a kind, a checksum of all that follows, a JSON header, and records that are mapped into memory.

Layout, little endian: 8 bytes magic (the kind and the format's number), 32 bytes SHA-256 of all that follows, 4 bytes
length of the header, the header, the records. The whole file is compared with its checksum when it is opened, so
readers of it need check nothing.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import struct
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HEAD = struct.Struct("<8s32sI")


class FileRefused(Exception):  # noqa: N818
    """A compiled file is not of the kind that is wanted, is damaged, or is of another format; the message says which."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a compiled file is: `magic` is eight bytes, its format's number among them; `remedy` is what to do if one is
    not right."""

    magic: bytes
    name: str
    remedy: str


def sealed(kind: Kind, header: Mapping[str, Any], records: bytes | bytearray) -> bytes:
    """A file's bytes."""
    head = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    rest = struct.pack("<I", len(head)) + head + records
    return kind.magic + hashlib.sha256(rest).digest() + rest


def open_sealed(path: Path, kind: Kind) -> tuple[mmap.mmap, Mapping[str, Any], int]:
    """Map a file into memory: its bytes, its header, and where its records begin. Raises `FileRefused`."""
    try:
        with path.open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise FileRefused(f"{path} cannot be read ({error}): {kind.remedy}") from error
    try:
        header, start = _checked(data, kind)
    except ValueError as error:
        data.close()
        raise FileRefused(f"{path} {error}: {kind.remedy}") from None
    return data, header, start


def _checked(data: mmap.mmap, kind: Kind) -> tuple[Mapping[str, Any], int]:
    if data[:6] != kind.magic[:6]:
        raise ValueError(f"is not a {kind.name} file")
    if len(data) < _HEAD.size:
        raise ValueError("is damaged or cut short")
    magic, digest, length = _HEAD.unpack_from(data)
    if magic != kind.magic:
        raise ValueError(f"is a {kind.name} file of another release's format")
    with memoryview(data) as view, view[_HEAD.size - 4 :] as rest:
        if hashlib.sha256(rest).digest() != digest:
            raise ValueError("is damaged or cut short: it does not match its checksum")
    start = _HEAD.size + length
    header: Mapping[str, Any] = json.loads(data[_HEAD.size : start])
    return header, start


def put(compiled: bytes, target: Path, kind: Kind) -> None:
    """Write beside the target, read it back, then take its place: a reader sees the old file or the new one.

    Raises `FileRefused`; the former file is then still there.
    """
    fresh: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, suffix=".new", delete=False) as file:
            fresh = Path(file.name)
            file.write(compiled)
            file.flush()
            os.fsync(file.fileno())
        # The worker may run as another user than whoever imports.
        fresh.chmod(0o644)
        open_sealed(fresh, kind)[0].close()
        fresh.replace(target)
    except (OSError, FileRefused) as error:
        if fresh is not None:
            fresh.unlink(missing_ok=True)
        raise FileRefused(
            f"{target} cannot be written ({error}): is there room, and may you write?"
        ) from error
