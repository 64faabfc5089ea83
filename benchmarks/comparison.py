"""The rounds: each peer in turn, again and again, and the medians of what was found."""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.database import Cluster
from benchmarks.peers import Ready
from benchmarks.processes import HOME, running

MakeReady = Callable[[str, int], Ready]


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how many: rounds, seconds measured in each, seconds of warm-up, people at once, web processes."""

    rounds: int = 3
    seconds: float = 8.0
    warm: float = 3.0
    people: int = 32
    workers: int = 2


@dataclass(frozen=True, slots=True)
class Round:
    """One peer, once. `ms` values are CPU milliseconds per journey; `page_bytes` are a page's, on average.

    `journeys` are the requests answered in the window divided by the requests of a journey, so that a journey which
    straddles the window's edge counts by its share in it; `completed` are those whose last page came within it.
    `others_share` is the part of the machine's CPU time (0 to 1) that was taken by anything that is not measured here.
    """

    journeys: float
    completed: int
    requests_per_journey: int
    page_bytes: float
    seconds: float
    journeys_per_second: float
    server_ms: float
    postgres_ms: float
    load_ms: float
    others_share: float
    median_journey_seconds: float
    slowest_journey_seconds: float

    @property
    def platform_ms(self) -> float:
        """What a journey costs: web processes and PostgreSQL together."""
        return self.server_ms + self.postgres_ms


class Invalid(Exception):  # noqa: N818
    """A round whose figures may not be used: answers were wrong, or cases are missing."""


def one_round(name: str, make_ready: MakeReady, cluster: Cluster, plan: Plan, folder: Path) -> Round:
    """Start a peer on an empty database, measure it, stop it. Raises `Invalid`, `Absent` or RuntimeError."""
    database = f"bench_{name}"
    ready = make_ready(cluster.new(database), plan.workers)
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        pids = [
            stack.enter_context(
                running(server.command, server.env, server.port, folder / f"{name}-{number}.log")
            )
            for number, server in enumerate(ready.servers)
        ]
        time.sleep(1.0)
        found = generate(ready, pids, cluster.pid, plan)
        (cases,) = cluster.ask(ready.count_cases, database)[0]
    if found["failures"]:
        raise Invalid(f"{name}: answers were wrong: {found['failures']}")
    if cases != found["references"]:
        raise Invalid(f"{name}: {found['references']} references were shown, but {cases} cases are stored")
    if not found["journeys"]:
        raise Invalid(
            f"{name}: no journey was completed in {plan.seconds} s: the machine is busy, so wait or give --seconds 20"
        )
    return figures(found, len(ready.script.steps))


def generate(ready: Ready, pids: list[int], postgres: int, plan: Plan) -> dict[str, object]:
    """Run the load generator in its own process and give its findings."""
    orders = {
        "script": ready.script.to_json(),
        "address": "127.0.0.1",
        "ports": [server.port for server in ready.servers],
        "people": plan.people,
        "warm": plan.warm,
        "seconds": plan.seconds,
        "server": pids,
        "postgres": [postgres],
    }
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        cwd=HOME,
        input=json.dumps(orders),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=plan.warm + plan.seconds + 120,
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def figures(found: Mapping[str, object], steps: int) -> Round:
    """The findings per second and per journey of so many `steps`."""
    count = {name: int(str(found[name])) for name in ("journeys", "requests", "pages", "page_bytes")}
    machine = found["machine"]
    cpu, lengths, seconds = found["cpu"], found["journey_seconds"], float(str(found["seconds"]))
    assert isinstance(cpu, dict)
    assert isinstance(lengths, list)
    assert isinstance(machine, dict)
    journeys = count["requests"] / steps
    return Round(
        journeys=journeys,
        completed=count["journeys"],
        requests_per_journey=steps,
        page_bytes=count["page_bytes"] / count["pages"],
        seconds=seconds,
        journeys_per_second=journeys / seconds,
        server_ms=1000 * cpu["server"] / journeys,
        postgres_ms=1000 * cpu["postgres"] / journeys,
        load_ms=1000 * cpu["load"] / journeys,
        others_share=max(0.0, (machine["busy"] - sum(cpu.values())) / machine["all"]),
        median_journey_seconds=statistics.median(lengths),
        slowest_journey_seconds=max(lengths),
    )


def medians(rounds: list[Round]) -> dict[str, float]:
    """The median of every figure over a peer's rounds, and the median, least and most of the CPU of a journey."""
    found = {
        name: float(statistics.median(getattr(each, name) for each in rounds)) for name in asdict(rounds[0])
    }
    cpu = [each.platform_ms for each in rounds]
    return found | {"platform_ms": statistics.median(cpu), "least_ms": min(cpu), "most_ms": max(cpu)}
