"""The look from outside: each live service once a minute, by one worker, and what is not known stays not known."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import SetClock
from tests.web.wire import whole_house

from commonhall.app.asgi import house_app
from commonhall.app.counting import RequestCounter
from commonhall.app.settings import read_settings
from commonhall.app.watching import (
    FIRST_LOOK_AFTER,
    GIVEN_UP_AFTER,
    PAGES_AT_ONCE,
    Watch,
    look_at_council,
    look_at_pages,
    reachable,
)
from commonhall.app.wiring import House
from commonhall.connectors.serving import serve
from commonhall.reporting.uptime import uptime_by_service

COUNCIL = "solihull"
DAY = date(2026, 3, 10)


@pytest.fixture
async def house(database_url: str, tmp_path: Path, clock: SetClock) -> AsyncIterator[House]:
    async with whole_house(database_url, tmp_path, clock) as (opened, _):
        yield opened


async def minutes(house: House) -> dict[str, tuple[int, int]]:
    found = await uptime_by_service(house.store, COUNCIL, DAY, DAY)
    return {service: (one.up, one.down) for service, one in found.items()}


@pytest.mark.postgres
@pytest.mark.network
async def test_a_site_is_seen_through_its_public_address_and_not_when_it_is_away(
    house: House, clock: SetClock
) -> None:
    counter = RequestCounter(house.sites.by_host, clock, house.settings.look_key.encode())
    services = {one.service.id for one in house.sites.all()[0].services}
    async with serve(house_app(house, counter)) as served:
        there = replace(house, settings=replace(house.settings, port=int(served.url.rpartition(":")[2])))
        await asyncio.gather(*(look_at_council(there, COUNCIL) for _ in range(3)))
        assert await minutes(house) == dict.fromkeys(services, (1, 0))
        clock.go(minutes=1)
        await look_at_council(there, COUNCIL)
    clock.go(minutes=5)
    await look_at_council(there, COUNCIL)
    assert await minutes(house) == dict.fromkeys(services, (2, 1))
    # No look is a resident's request, nor the start of a journey.
    assert counter.take() == []
    assert await house.store.owner.fetchval("select count(*) from measure") == 0


@pytest.mark.postgres
async def test_a_paused_service_is_not_looked_at(house: House) -> None:
    await house.store.owner.execute("update adoption set state = 'paused'")
    await house.store.owner.execute("update council set revision = revision + 1")
    await house.sites.refresh()
    await look_at_council(house, COUNCIL)
    assert await minutes(house) == {}


async def test_a_site_that_does_not_answer_is_not_asked_for_every_page() -> None:
    asked: list[str] = []

    async def look(service: str) -> bool | None:
        asked.append(service)
        await asyncio.sleep(0)
        return None

    services = [f"s{n}" for n in range(100)]
    assert await look_at_pages(services, look) == dict.fromkeys(services, False)
    assert len(asked) < GIVEN_UP_AFTER + PAGES_AT_ONCE


@given(st.lists(st.sampled_from([True, False]), max_size=30))
def test_pages_that_answer_are_told_as_they_are(answers: list[bool]) -> None:
    async def look(service: str) -> bool | None:
        await asyncio.sleep(0)
        return answers[int(service)]

    names = [str(n) for n in range(len(answers))]
    assert asyncio.run(look_at_pages(names, look)) == dict(zip(names, answers, strict=True))


@given(st.lists(st.text("abcde-", min_size=1), unique=True), st.integers(0, 59))
def test_each_council_has_one_turn_in_each_minute(councils: list[str], begins: int) -> None:
    ticked = 0.0
    watch = Watch(lambda: ticked)
    now = datetime(2026, 3, 10, 9, 0, begins, tzinfo=UTC)
    assert watch.due(councils, now) == [], "web processes that start with the worker are not there yet"
    ticked = FIRST_LOOK_AFTER
    turns: dict[str, list[int]] = {council: [] for council in councils}
    for n in range(360):
        moment = now + timedelta(seconds=n / 2)
        for council in watch.due(councils, moment):
            watch.begin(council, moment)
            turns[council].append(moment.minute)
    for seen in turns.values():
        assert seen == sorted(set(seen))
        assert {1, 2} <= set(seen)


def test_names_under_localhost_are_this_machine() -> None:
    assert reachable("http://solihull.localhost:8000/pothole") == (
        "http://127.0.0.1:8000/pothole",
        {"host": "solihull.localhost:8000"},
    )
    assert reachable("https://solihull.example/pothole") == ("https://solihull.example/pothole", {})


def test_the_look_from_outside_can_be_switched_off() -> None:
    env = {"COMMONHALL_SECRET": "A" * 44}
    assert read_settings(env).watch
    assert not read_settings({**env, "COMMONHALL_WATCH": "no"}).watch
