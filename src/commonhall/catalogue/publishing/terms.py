"""How long what a catalogue says may be believed, and what expires when.

Short for what a machine renews by itself, long for what needs people: a stale copy that somebody keeps serving is
noticed within the timestamp's days, and no maintainer is called from a holiday.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tuf.api.metadata import Root

FIELD = "x-commonhall-days"
"""The root's own field that holds the terms, so that they are signed, too."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Days from the signature to the end of belief, by role."""

    timestamp: int = 7
    snapshot: int = 30
    targets: int = 365
    root: int = 730

    def until(self, role: str, now: datetime) -> datetime:
        """When something of this role that is signed now expires."""
        days: Mapping[str, int] = asdict(self)
        return now.astimezone(UTC).replace(microsecond=0) + timedelta(days=days[role])


def terms_of(root: Root) -> Terms:
    """The terms that a root says; the usual ones where it says none."""
    said: Any = root.unrecognized_fields.get(FIELD)
    if not isinstance(said, dict):
        return Terms()
    known = {role: days for role, days in said.items() if role in asdict(Terms()) and isinstance(days, int)}
    return Terms(**known)
