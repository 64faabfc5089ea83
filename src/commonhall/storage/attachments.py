"""Files of cases on disk: in the database, where they are backed up, held apart and moved with everything else.

This module is the whole way to them: a store of files elsewhere would be put behind these three functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from commonhall.storage.pool import Store
from commonhall.storage.queries import attachments as q


@dataclass(frozen=True, slots=True)
class NewAttachment:
    """A file to be added; `attachment` is its id within the case, `digest` the SHA-256 of its content in hexadecimal."""

    attachment: str
    name: str
    media_type: str
    digest: str
    content: bytes
    added_at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class AttachmentRow:
    """What is known of a file of a case; `size` is in bytes."""

    reference: str
    attachment: str
    name: str
    media_type: str
    digest: str
    size: int
    added_at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class ContentRow:
    """A file."""

    name: str
    media_type: str
    digest: str
    content: bytes


async def add_attachment(store: Store, council: str, reference: str, new: NewAttachment, most: int) -> bool:
    """Add a file to a case that has fewer than `most`; False where it was there already, or there are too many."""
    added = await store.durable.fetchval(
        q.ADD_ATTACHMENT.sql, council, reference, new.attachment, new.name, new.media_type, new.digest, new.content,
        new.added_at, new.source, most,
    )  # fmt: skip
    return added is not None


async def list_attachments(store: Store, council: str, references: Sequence[str]) -> list[AttachmentRow]:
    """The files of cases, oldest first within each."""
    rows = await store.durable.fetch(q.LIST_ATTACHMENTS.sql, council, list(references))
    return [AttachmentRow(*row) for row in rows]


async def read_attachment(store: Store, council: str, reference: str, attachment: str) -> ContentRow | None:
    """One file of a case."""
    row = await store.durable.fetchrow(q.READ_ATTACHMENT.sql, council, reference, attachment)
    return ContentRow(*row) if row else None
