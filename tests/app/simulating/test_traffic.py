"""The traffic of the demonstration: prepared by another process, told of, stopped where it is."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest
from rich.console import Console

from commonhall.app import traffic
from commonhall.app.settings import read_settings
from commonhall.app.simulating.telling import report_of
from commonhall.app.simulating.visits import Counts
from commonhall.app.traffic import Traffic, prepare_traffic, traffic_shown
from commonhall.app.wiring import House

from .conftest import measures

pytestmark = pytest.mark.network


def shown(*steps: Traffic) -> str:
    console = Console(file=io.StringIO(), width=120)
    with traffic_shown(console) as told:
        for step in steps:
            told(step)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


async def test_it_is_prepared_beside_and_stops_where_it_is(
    house: House, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traffic, "SCALE", 0.3)
    settings = read_settings({"COMMONHALL_SECRET": "A" * 44, "COMMONHALL_DATA": str(tmp_path)})
    begun = asyncio.Event()
    heard: list[Traffic] = []

    def told(step: Traffic) -> None:
        heard.append(step)
        begun.set()

    task = asyncio.create_task(prepare_traffic(settings, database_url, ("solihull",), told))
    await asyncio.wait(
        [task, asyncio.create_task(begun.wait())], return_when=asyncio.FIRST_COMPLETED, timeout=90
    )
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert heard
    assert not heard[-1].broken
    assert 0 < heard[-1].share < 1
    await house.sites.refresh()
    [site] = house.sites.all()
    assert site.simulated is not None
    assert site.simulated.first < site.simulated.done.date() < site.simulated.until.date()
    assert len(await measures(house)) >= heard[-1].journeys


async def test_nothing_is_started_where_there_is_nothing_to_do(tmp_path: Path) -> None:
    settings = read_settings({"COMMONHALL_SECRET": "A" * 44, "COMMONHALL_DATA": str(tmp_path)})
    heard: list[Traffic] = []
    await prepare_traffic(settings, "postgresql://nowhere/", (), heard.append)
    assert heard == []


async def test_why_it_broke_is_told(database_url: str, tmp_path: Path) -> None:
    settings = read_settings({"COMMONHALL_SECRET": "A" * 44, "COMMONHALL_DATA": str(tmp_path)})
    heard: list[Traffic] = []
    await prepare_traffic(settings, database_url, ("nowhere",), heard.append)
    assert "there is no council 'nowhere'" in heard[-1].broken
    assert "is not whole: commonhall: there is no council" in shown(heard[-1])


def test_what_was_done_is_told() -> None:
    assert "A year of simulated traffic is ready, 31,000 journeys of it new" in shown(
        Traffic(0.5, 15_000), Traffic(1.0, 31_000)
    )
    assert shown(Traffic(1.0, 31_000)).count("\n") == 1
    assert report_of(Counts(), 1.0) == "nothing to do: all of it is simulated already"
    assert report_of(Counts(journeys=1200, cases=1000), 4.0).startswith(
        "1,200 journeys in 4.0 s (300 a second): 1,000"
    )
