"""The process that draws: begun when it is needed, given up when it fails, and never in the way."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from commonhall.web.charts.artist import MOST_WAITING, Artist, DrawingFailed
from commonhall.web.charts.specs import bars

SPEC = bars(["High Street"], [15], form="count", unit="Sent", description="Sent").wide


def python(code: str) -> tuple[str, ...]:
    """A process that answers in some way of its own."""
    return (sys.executable, "-c", f"import sys, time\n{code}")


ECHO = """
from commonhall.web.charts.drawing import read_message, write_message
n = 0
while (message := read_message(sys.stdin.buffer)) is not None:
    n += 1
    write_message(sys.stdout.buffer, b"+" + str(n).encode())
"""


@pytest.fixture
def made() -> Iterator[list[Artist]]:
    artists: list[Artist] = []
    yield artists
    for artist in artists:
        artist.close()


async def test_a_picture_is_drawn_once_for_all_who_ask(made: list[Artist]) -> None:
    artist = Artist()
    made.append(artist)
    pictures = await asyncio.gather(*(artist.picture("a", SPEC, "svg", {}) for _ in range(5)))
    assert set(pictures) == {pictures[0]}
    assert pictures[0].startswith(b"<svg")
    assert b"Sent: 15; name: High Street" in pictures[0]


async def test_the_same_content_is_kept(made: list[Artist]) -> None:
    artist = Artist(python(ECHO))
    made.append(artist)
    assert [await artist.picture(key, SPEC, "svg", {}) for key in "abab"] == [b"1", b"2", b"1", b"2"]


async def test_what_cannot_be_drawn_is_told_and_harms_no_other(made: list[Artist]) -> None:
    artist = Artist()
    made.append(artist)
    broken: dict[str, Any] = {"mark": "no such mark"}
    with pytest.raises(DrawingFailed, match="cannot be drawn"):
        await artist.picture("broken", broken, "svg", {})
    assert (await artist.picture("whole", SPEC, "svg", {})).startswith(b"<svg")


async def test_a_process_that_ends_is_begun_anew(made: list[Artist]) -> None:
    artist = Artist(python("sys.stdin.buffer.read(1)"))
    made.append(artist)
    for key in "ab":
        with pytest.raises(DrawingFailed, match="ended"):
            await artist.picture(key, SPEC, "svg", {})


async def test_a_process_that_hangs_is_ended(made: list[Artist]) -> None:
    artist = Artist(python("time.sleep(600)"), longest=0.2)
    made.append(artist)
    with pytest.raises(DrawingFailed, match="took too long"):
        await artist.picture("a", SPEC, "svg", {})


async def test_too_many_at_once_are_asked_to_come_again(made: list[Artist]) -> None:
    artist = Artist(python("time.sleep(600)"), longest=0.5)
    made.append(artist)
    waiting = [
        asyncio.create_task(artist.picture(str(number), SPEC, "svg", {})) for number in range(MOST_WAITING)
    ]
    await asyncio.sleep(0)
    with pytest.raises(DrawingFailed) as told:
        await artist.picture("one more", SPEC, "svg", {})
    assert told.value.busy
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_the_process_goes_when_nobody_looks_and_comes_back(made: list[Artist]) -> None:
    artist = Artist(python(ECHO), idle=0.1)
    made.append(artist)
    assert await artist.picture("a", SPEC, "svg", {}) == b"1"
    process = artist._process
    for _ in range(200):
        if process._running is None:
            break
        await asyncio.sleep(0.05)
    assert process._running is None
    assert await artist.picture("b", SPEC, "svg", {}) == b"1", "another process, which counts from one"


async def test_pages_are_answered_while_charts_are_drawn(made: list[Artist]) -> None:
    artist = Artist(python("time.sleep(600)"), longest=0.5)
    made.append(artist)
    drawing = asyncio.create_task(artist.picture("a", SPEC, "svg", {}))
    for _ in range(1000):
        await asyncio.sleep(0)
    assert not drawing.done(), "the loop went on beside it"
    with pytest.raises(DrawingFailed):
        await drawing
