"""Files of cases: what they are is seen by their content, whatever their names say."""

from __future__ import annotations

import asyncio
import hashlib
import io
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from PIL import Image

from commonhall.casework.desk import Desk
from commonhall.storage import attachments as stored
from commonhall.storage.attachments import AttachmentRow, ContentRow

__all__ = ["Attachment", "AttachmentRefused", "AttachmentRow", "ContentRow", "add_files", "files_of", "look_at", "read_file"]  # fmt: skip

MOST_BYTES = 10 * 1024 * 1024
"""Of one file: more than a phone's photo has."""
MOST_FILES = 10
"""Of one case."""
MOST_PIXELS = 60_000_000
"""Of an image: today's phones take up to 50 million."""
_IMAGES = {"JPEG": ("image/jpeg", "jpg"), "PNG": ("image/png", "png"), "WEBP": ("image/webp", "webp"), "GIF": ("image/gif", "gif")}  # fmt: skip
_LONGEST_NAME = 120


class AttachmentRefused(Exception):  # noqa: N818
    """A file cannot be taken; the message tells whoever sent it why, and what to do."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that was looked at: its name as people will see it, and its type by its content."""

    name: str
    media_type: str
    content: bytes

    @property
    def digest(self) -> str:
        """The SHA-256 of its content, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


async def look_at(name: str, content: bytes) -> Attachment:
    """A file as it may be kept: a JPEG, PNG, WebP or GIF image, or a PDF. Raises `AttachmentRefused`.

    It is kept as it is, since it may be evidence; nobody's browser is let run it, since it is sent as a download.
    """
    shown = _tidy(name)
    if len(content) > MOST_BYTES:
        raise AttachmentRefused(f"{shown} is larger than {MOST_BYTES // 1024 // 1024} MB: send a smaller one")
    if not content:
        raise AttachmentRefused(f"{shown} is empty: send it again")
    media_type, suffix = await asyncio.to_thread(_kind, shown, content)
    stem = shown.rpartition(".")[0] or shown
    return Attachment(f"{stem}.{suffix}", media_type, content)


async def add_files(
    desk: Desk, council: str, reference: str, files: list[Attachment], source: str
) -> list[str]:
    """Add files to a case, each once by its content. Answers their ids. Raises `AttachmentRefused` for too many."""
    ids = []
    for new in new_files(files, desk.clock(), source):
        if not await stored.add_attachment(desk.store, council, reference, new, MOST_FILES):
            known = await stored.read_attachment(desk.store, council, reference, new.attachment)
            if known is None:
                raise AttachmentRefused(f"a case can have {MOST_FILES} files, and this one has them")
        ids.append(new.attachment)
    return ids


def new_files(files: Iterable[Attachment], now: datetime, source: str) -> list[stored.NewAttachment]:
    """Files as they are stored, each once: a file's id within its case is made of its content."""
    made = {
        file.digest: stored.NewAttachment(
            file.digest[:32], file.name, file.media_type, file.digest, file.content, now, source
        )
        for file in files
    }
    return list(made.values())


async def files_of(desk: Desk, council: str, references: list[str]) -> dict[str, list[AttachmentRow]]:
    """The files of cases, by reference."""
    found: dict[str, list[AttachmentRow]] = {}
    for row in await stored.list_attachments(desk.store, council, references):
        found.setdefault(row.reference, []).append(row)
    return found


async def read_file(desk: Desk, council: str, reference: str, attachment: str) -> ContentRow | None:
    """One file of a case."""
    return await stored.read_attachment(desk.store, council, reference, attachment)


def _kind(name: str, content: bytes) -> tuple[str, str]:
    if content[:5] == b"%PDF-" and b"%%EOF" in content[-2048:]:
        return "application/pdf", "pdf"
    try:
        with Image.open(io.BytesIO(content), formats=tuple(_IMAGES)) as image:
            wide, high = image.size
            if wide * high > MOST_PIXELS:
                raise AttachmentRefused(f"{name} is {wide} by {high} pixels: send a smaller one")
            kind = str(image.format)
            image.load()
    except (OSError, SyntaxError, ValueError, TypeError, EOFError, *_BOMBS) as broken:
        raise AttachmentRefused(
            f"{name} is no whole JPEG, PNG, WebP or GIF image and no PDF: save it as one and send it again"
        ) from broken
    return _IMAGES[kind]


_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


def _tidy(name: str) -> str:
    """A file's name without a path, and without what a header or a disk minds."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(c for c in last if unicodedata.category(c)[0] not in "CZ" or c == " ")
    return kept.replace('"', "").strip(" .")[:_LONGEST_NAME] or "file"
