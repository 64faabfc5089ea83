"""Reading the measures of a year: at sixty thousand cases, and at many more; size on disk, and how fast changes are counted.

`python -m benchmarks.micro.measures --cases 60000000` is the whole of it; `make bench` writes a hundredth.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

import typer

from benchmarks.database import Cluster, cluster
from benchmarks.micro import Row
from benchmarks.processes import HOME

SMALL, USUAL, QUICK = 60_000, 600_000, 6_000
READ_TIMES = 30
COUNCIL, SERVICE = "solihull", "missed-bin"
COUNCILS = HOME / "demo" / "councils"
CHANGES = 50_000
"""Journeys whose rows are changed, to see how fast changes are counted."""


def measure(quick: bool, cases: int = USUAL) -> list[Row]:
    """Write two years of measures, the smaller of 60,000 cases, and read both by every query of the dashboards."""
    small, large = (QUICK, 2 * QUICK) if quick else (SMALL, cases)
    with cluster() as postgres:
        one = asyncio.run(_year(postgres, small, counting=False))
        other = asyncio.run(_year(postgres, large, counting=True))
    rows = [
        Row(f"{large:,} cases' measures written", other.facts["written"], "rows a second"),
        Row("journeys, of which so many became cases", other.facts["journeys"], "rows"),
        Row("all counted anew", other.facts["rebuilt"], "rows a second"),
        Row("changes counted as they come", other.facts["changes"], "a second"),
        Row("one measure on disk, with its index", other.facts["row bytes"], "bytes"),
        Row("all measures on disk", other.facts["row bytes"] * other.facts["journeys"] / 1e9, "GB"),
        Row("roll-ups on disk", other.facts["roll-up bytes"] / 1e6, "MB"),
        Row(f"roll-ups on disk at {small:,} cases", one.facts["roll-up bytes"] / 1e6, "MB"),
    ]
    for name, took in other.reads.items():
        rows.append(Row(f"a year: {name}", 1000 * took, "ms"))
        rows.append(
            Row(f"  of what it takes at {small:,} cases", took / one.reads[name], "times", "the same")
        )
    return rows


class Year:
    """What was found of one database."""

    def __init__(self) -> None:
        self.facts: dict[str, float] = {}
        self.reads: dict[str, float] = {}


async def _year(postgres: Cluster, cases: int, *, counting: bool) -> Year:
    from commonhall.app.simulating.marks import Wanted, usual_day
    from commonhall.app.simulating.measures_only import simulate_measures
    from commonhall.app.simulating.wards import make_up_wards
    from commonhall.app.wiring import open_house
    from commonhall.directory.directory import open_directory

    found = Year()
    url = postgres.new(f"measures_{cases}")
    until = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first = (until - timedelta(days=365)).date()
    settings = _settings()
    folder, directory = settings.data / "directory", open_directory()
    make_up_wards(folder, [path.stem for path in COUNCILS.glob("*.yaml")], directory)
    async with open_house(settings, url) as house:
        await _councils(house)
        sites = [site for site in house.sites.all() if site.services]
        scale = cases / (usual_day(house, sites, ()).cases * 365)
        wanted = Wanted(1, scale, first, until, measures_only=True)
        done = await simulate_measures(house, sites, wanted, 2, lambda *_: None)
        found.facts["journeys"] = done.rows
        found.facts["written"] = done.rows / done.writing
        found.facts["rebuilt"] = done.rows / done.counting
        await house.store.owner.execute("vacuum analyze measure_day, measure_month")
        size = "select pg_total_relation_size($1::text::regclass)"
        found.facts["row bytes"] = await house.store.owner.fetchval(size, "measure") / done.rows
        found.facts["roll-up bytes"] = sum(
            [await house.store.owner.fetchval(size, name) for name in ("measure_day", "measure_month")]
        )
        for name, read in _reads(house.store, first, until.date()).items():
            found.reads[name] = await _median(read)
        if counting:
            found.facts["changes"] = await _changes(house.store)
    return found


def _settings() -> Any:
    from commonhall.app.settings import read_settings

    data = HOME / ".build" / "bench" / "measures"
    return read_settings({"COMMONHALL_SECRET": "A" * 44, "COMMONHALL_DATA": str(data)})


async def _councils(house: Any) -> None:
    from commonhall.app.councils import Sources, apply_councils
    from commonhall.app.demo import demo_variables

    variables = demo_variables(house.settings, "http://localhost:8001")
    where = Sources(HOME / "services", COUNCILS, variables)
    await apply_councils(house, where, lambda _: None, demonstration=True)


def _reads(store: Any, first: date, last: date) -> Mapping[str, Callable[[], Awaitable[Any]]]:
    from commonhall.reporting import measures

    one = (store, COUNCIL, SERVICE, first, last)
    return {
        "all services of a council": lambda: measures.by_service(store, COUNCIL, first, last),
        "one service by day": lambda: measures.series(*one, "day"),
        "one service by week": lambda: measures.series(*one, "week"),
        "one service by month": lambda: measures.series(*one, "month"),
        "one service by channel": lambda: measures.by_channel(*one),
        "where people leave": lambda: measures.pages(*one),
        "how long it takes": lambda: measures.spread(*one, "seconds"),
        "areas": lambda: measures.places(*one, "area"),
        "streets": lambda: measures.places(*one, "street"),
        "wards": lambda: measures.places(*one, "ward"),
        "one service at all councils": lambda: measures.across(store, SERVICE, first, last),
    }


async def _median(read: Callable[[], Awaitable[Any]]) -> float:
    took = []
    for _ in range(READ_TIMES):
        begun = time.perf_counter()
        found = await read()
        took.append(time.perf_counter() - begun)
    assert found, "nothing was read"
    return statistics.median(took[3:])


async def _changes(store: Any) -> float:
    """Change some rows, and count what changed: two changes for each, as it was and as it became."""
    from commonhall.reporting import rolling

    await store.owner.execute(
        "update measure set score = 5, rated_on = day where council = $1 and measure in ("
        " select measure from measure where council = $1 order by measure limit $2)",
        COUNCIL,
        CHANGES,
    )
    begun = time.perf_counter()
    changes = await rolling.roll_up(store, COUNCIL)
    took = time.perf_counter() - begun
    assert changes > 0
    return changes / took


def main(
    cases: Annotated[int, typer.Option(min=1000, help="How many cases the larger year has.")] = USUAL,
) -> None:
    """Measure, and print."""
    from rich.console import Console

    from benchmarks import report

    report.print_rows(Console(), "Measures", measure(quick=False, cases=cases))


if __name__ == "__main__":
    typer.run(main)
