"""Files that are dear to make, kept for a while: made once for all who ask at the same time, and bounded in bytes."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

MOST_BYTES = 64 * 1024 * 1024
"""Of all that is kept in one process."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file, the day on which it was made, and until when it is fresh enough."""

    body: bytes
    etag: str
    day: date
    until: datetime


class Shelf:
    """The files of one process, by whose they are and their name."""

    def __init__(self, clock: Callable[[], datetime], most_bytes: int = MOST_BYTES) -> None:
        self._clock = clock
        self._most = most_bytes
        self._kept: OrderedDict[tuple[str, str], Kept] = OrderedDict()
        self._making: dict[tuple[str, str], asyncio.Lock] = {}

    async def get(
        self, whose: str, name: str, day: date, fresh_for: timedelta, make: Callable[[], Awaitable[bytes]]
    ) -> Kept:
        """The file as it is kept, or as `make` makes it now. Never one of another day: its month may be over since."""
        key = (whose, name)
        lock = self._making.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                kept = self._kept.get(key)
                if kept is None or kept.day != day or kept.until <= self._clock():
                    body = await make()
                    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
                    kept = Kept(body, etag, day, self._clock() + fresh_for)
                self._keep(key, kept)
                return kept
        finally:
            # Whoever waits holds the lock itself; the next who comes makes another.
            if not lock.locked() and self._making.get(key) is lock:
                del self._making[key]

    def _keep(self, key: tuple[str, str], kept: Kept) -> None:
        self._kept[key] = kept
        self._kept.move_to_end(key)
        while sum(len(one.body) for one in self._kept.values()) > self._most and self._kept:
            self._kept.popitem(last=False)
