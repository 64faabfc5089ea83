"""Answers kept for a few seconds, so that a page and its charts, and all who look at once, are one reading."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """Makes an answer at most once in `seconds` for each key; whoever asks meanwhile waits for the same one."""

    def __init__(self, seconds: float, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._most = most
        self._clock = clock
        self._found: OrderedDict[Hashable, tuple[float, asyncio.Task[T]]] = OrderedDict()

    def forget(self, key: Hashable) -> None:
        """Make the answer anew for the next one who asks."""
        self._found.pop(key, None)

    async def get(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """The answer for a key. One that could not be made is not kept."""
        now = self._clock()
        until, task = self._found.get(key, (0.0, None))
        if task is None or (
            task.done() and (until <= now or task.cancelled() or task.exception() is not None)
        ):

            async def making() -> T:
                return await make()

            task = asyncio.get_running_loop().create_task(making())
            self._found[key] = (now + self._seconds, task)
            self._found.move_to_end(key)
            while len(self._found) > self._most:
                self._found.popitem(last=False)
        # Whoever goes away does not take the answer from the others who wait for it.
        return await asyncio.shield(task)
