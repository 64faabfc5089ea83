"""Answers kept for a while: one reading for all who look, and no fault that stays."""

from __future__ import annotations

import asyncio
from itertools import count

import pytest

from commonhall.web.dashboards.kept import Kept


async def test_who_asks_at_once_shares_one_reading_until_it_is_old() -> None:
    now = 0.0
    numbers = count(1)
    kept: Kept[int] = Kept(8, 10, lambda: now)

    async def read() -> int:
        await asyncio.sleep(0)
        return next(numbers)

    assert await asyncio.gather(*(kept.get("a", read) for _ in range(3))) == [1, 1, 1]
    assert await kept.get("b", read) == 2
    now = 7.9
    assert await kept.get("a", read) == 1
    now = 8.0
    assert await kept.get("a", read) == 3


async def test_a_reading_that_failed_is_tried_again() -> None:
    kept: Kept[int] = Kept(8, 10, lambda: 0.0)
    tries = count()

    async def read() -> int:
        if next(tries) == 0:
            raise ConnectionError("away")
        return 5

    with pytest.raises(ConnectionError):
        await kept.get("a", read)
    assert await kept.get("a", read) == 5


async def test_who_goes_away_takes_nothing_from_the_others() -> None:
    kept: Kept[int] = Kept(8, 10, lambda: 0.0)
    ready = asyncio.Event()

    async def read() -> int:
        await ready.wait()
        return 5

    one, other = (asyncio.create_task(kept.get("a", read)) for _ in range(2))
    await asyncio.sleep(0)
    one.cancel()
    await asyncio.sleep(0)
    ready.set()
    assert await other == 5


async def test_no_more_are_kept_than_there_is_room_for() -> None:
    kept: Kept[int] = Kept(8, 2, lambda: 0.0)
    numbers = count(1)

    async def read() -> int:
        return next(numbers)

    assert [await kept.get(key, read) for key in "abcbca"] == [1, 2, 3, 2, 3, 4]
