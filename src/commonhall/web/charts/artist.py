"""Who has charts drawn: one process, started when somebody looks, gone when nobody does; pictures kept by content."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec

from commonhall.web.charts.drawing import Wanted, read_message, write_message

COMMAND = (sys.executable, "-m", "commonhall.web.charts.drawing")
LONGEST = 20.0
"""Seconds that a picture may take, the start of the process with it."""
IDLE = 300.0
"""Seconds without a picture after which the process ends and its memory is given back."""
MOST_WAITING = 60
MOST_BYTES = 16 * 1024 * 1024


class DrawingFailed(Exception):  # noqa: N818
    """No picture came. `busy` where too many wait for theirs, so that one may ask again soon."""

    def __init__(self, words: str, *, busy: bool = False) -> None:
        super().__init__(words)
        self.busy = busy


class Artist:
    """Draws charts without holding anybody up. Pictures are kept by the digest of what they show, the oldest let go."""

    def __init__(
        self, command: Sequence[str] = COMMAND, *, longest: float = LONGEST, idle: float = IDLE
    ) -> None:
        self._process = _Process(command, longest, idle)
        # One thread: it only waits for the process, which draws one picture at a time anyway.
        self._hand = ThreadPoolExecutor(1, "charts")
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._coming: dict[str, asyncio.Task[bytes]] = {}
        weakref.finalize(self, _let_go, self._process, self._hand)

    async def picture(self, key: str, spec: Mapping[str, Any], form: str, locale: Mapping[str, Any]) -> bytes:
        """The picture of a specification as svg or png. `key` names its content: the same key is drawn once.

        Raises `DrawingFailed`.
        """
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
            return found
        coming = self._coming.get(key)
        if coming is None:
            if len(self._coming) >= MOST_WAITING:
                raise DrawingFailed("too many charts are being drawn; ask again in a moment", busy=True)
            coming = asyncio.get_running_loop().create_task(
                self._draw(key, Wanted(dict(spec), form, dict(locale)))
            )
            self._coming[key] = coming
        # Whoever goes away does not take the picture from the others who wait for it.
        return await asyncio.shield(coming)

    async def _draw(self, key: str, wanted: Wanted) -> bytes:
        try:
            loop = asyncio.get_running_loop()
            picture = await loop.run_in_executor(self._hand, self._process.draw, msgspec.json.encode(wanted))
        finally:
            self._coming.pop(key, None)
        self._kept[key] = picture
        self._size += len(picture)
        while self._size > MOST_BYTES:
            self._size -= len(self._kept.popitem(last=False)[1])
        return picture

    def close(self) -> None:
        """End the process. A later picture starts another."""
        self._process.stop()


class _Process:
    """The process that draws, begun anew when it is gone. One thread at a time asks it."""

    def __init__(self, command: Sequence[str], longest: float, idle: float) -> None:
        self._command = list(command)
        self._longest = longest
        self._idle = idle
        self._running: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._used = 0.0
        self._watch: threading.Timer | None = None

    def draw(self, message: bytes) -> bytes:
        with self._lock:
            running = self._started()
            clock = threading.Timer(self._longest, running.kill)
            clock.daemon = True
            clock.start()
            try:
                assert running.stdin is not None
                assert running.stdout is not None
                write_message(running.stdin, message)
                answer = read_message(running.stdout)
            except OSError:
                answer = None
            finally:
                clock.cancel()
            self._used = time.monotonic()
            if answer is None:
                self._end()
                raise DrawingFailed("the process that draws charts ended, or took too long")
        if not answer.startswith(b"+"):
            raise DrawingFailed(f"this chart cannot be drawn: {answer[1:].decode('utf-8', 'replace')}")
        return answer[1:]

    def stop(self) -> None:
        with self._lock:
            self._end()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._running is None or self._running.poll() is not None:
            self._end()
            self._running = subprocess.Popen(  # noqa: S603 - our own module
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            self._look_later(self._idle)
        return self._running

    def _look_later(self, seconds: float) -> None:
        self._watch = threading.Timer(seconds, self._rest)
        self._watch.daemon = True
        self._watch.start()

    def _rest(self) -> None:
        with self._lock:
            left = self._used + self._idle - time.monotonic()
            if self._running is not None and left > 0:
                self._look_later(left)
            else:
                self._end()

    def _end(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        running, self._running = self._running, None
        if running is not None:
            running.kill()
            running.communicate()


def _let_go(process: _Process, hand: ThreadPoolExecutor) -> None:
    hand.shutdown(wait=True, cancel_futures=True)
    process.stop()
