"""`python -m benchmarks`: everything that is measured, in one run."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks import report
from benchmarks.comparison import Invalid, MakeReady, Plan, Round, medians, one_round
from benchmarks.database import Cluster, cluster
from benchmarks.machine import facts
from benchmarks.micro import Row, catalogue, first_page, language, measures, postcodes, upgrades
from benchmarks.peers import Absent, commonhall, django, limit
from benchmarks.processes import HOME

BUILD = HOME / ".build"
PEERS: dict[str, MakeReady] = {
    "commonhall": commonhall.make_ready,
    "packed": commonhall.make_ready_packed,
    "django": django.make_ready,
    "limit": limit.make_ready,
}


@dataclass
class Findings:
    """Everything found in this run; `absent` names what was not, with the reason."""

    plan: Plan
    machine: dict[str, str] = field(default_factory=dict)
    rounds: dict[str, list[Round]] = field(default_factory=dict)
    small: dict[str, list[Row]] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    def medians(self) -> dict[str, dict[str, float]]:
        """Of each peer that was measured in every round."""
        return {
            name: medians(rounds)
            for name, rounds in self.rounds.items()
            if name not in self.absent and rounds
        }

    def write(self, path: Path) -> None:
        """All of it as JSON."""
        found = self.medians()
        data = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "plan": asdict(self.plan),
            "machine": self.machine,
            "ratios": [
                {"what": what, "ratio": ratio, "target": to} for what, ratio, to in report.ratios(found)
            ],
            "medians": found,
            "rounds": {name: [asdict(each) for each in rounds] for name, rounds in self.rounds.items()},
            "small": {name: [asdict(row) for row in rows] for name, rows in self.small.items()},
            "absent": self.absent,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(data, indent=2) + "\n")


def compare(found: Findings, postgres: Cluster, names: list[str], console: Console) -> None:
    """Alternate the peers, round by round; one that fails is named and left out of the rounds that follow."""
    for number in range(found.plan.rounds):
        for name in names:
            if name in found.absent:
                continue
            with console.status(f"round {number + 1} of {found.plan.rounds}: {report.TITLES[name]}"):
                try:
                    one = one_round(name, PEERS[name], postgres, found.plan, BUILD / "bench")
                except (Absent, Invalid, RuntimeError, OSError) as error:
                    found.absent[name] = f"round {number + 1}: {error}"
                    console.print(f"round {number + 1}  {report.TITLES[name]}: {error}", markup=False)
                    continue
            found.rounds.setdefault(name, []).append(one)
            console.print(
                f"round {number + 1}  {report.TITLES[name]:<30} {one.journeys_per_second:7.1f} journeys/s "
                f"{one.platform_ms:7.2f} CPU ms a journey (load generator {one.load_ms:.2f}, others {100 * one.others_share:.0f}%)"
            )


def measure_small(found: Findings, name: str, measure: Callable[[], list[Row]], console: Console) -> None:
    """One of the small benches; whatever stops it is named."""
    with console.status(name):
        try:
            found.small[name] = measure()
        except Exception as error:
            found.absent[name] = f"{type(error).__name__}: {error}"


def main(
    rounds: Annotated[int, typer.Option(min=1, help="How often each peer has its turn.")] = 3,
    seconds: Annotated[float, typer.Option(min=1, help="Seconds measured in each turn.")] = 8.0,
    people: Annotated[int, typer.Option(min=1, help="People at once.")] = 32,
    workers: Annotated[int, typer.Option(min=1, help="Web processes of each peer.")] = 2,
    quick: Annotated[
        bool, typer.Option(help="One short round: to see that it runs, not for figures.")
    ] = False,
    only: Annotated[str, typer.Option(help="Peers to compare, by comma; empty for none.")] = ",".join(PEERS),
) -> None:
    """Compare whole journeys, then the small benches; writes .build/bench.json."""
    warnings.simplefilter("ignore")
    console = Console()
    plan = Plan(1, 2.0, 2.0, people, workers) if quick else Plan(rounds, seconds, 3.0, people, workers)
    names = [name.strip() for name in only.split(",") if name.strip()]
    if strange := [name for name in names if name not in PEERS]:
        raise typer.BadParameter(f"{', '.join(strange)}: the peers are {', '.join(PEERS)}")
    found = Findings(plan)
    with cluster() as postgres:
        found.machine = facts(postgres.version)
        compare(found, postgres, names, console)
        measure_small(found, "First page", lambda: first_page.measure(postgres, BUILD / "bench"), console)
    measure_small(found, "Postcodes", lambda: postcodes.measure(quick), console)
    measure_small(found, "Service language", lambda: language.measure(quick), console)
    measure_small(found, "Catalogue", lambda: catalogue.measure(quick), console)
    measure_small(found, "Upgrades", lambda: upgrades.measure(quick), console)
    measure_small(found, "Measures", lambda: measures.measure(quick), console)
    medians_found = found.medians()
    if medians_found:
        report.print_ratios(console, medians_found)
        report.print_medians(console, medians_found, plan)
    for name, rows in found.small.items():
        report.print_rows(console, name, rows)
    report.print_facts(console, found.machine)
    report.print_absent(console, found.absent)
    found.write(BUILD / "bench.json")
    console.print(f"all figures: {(BUILD / 'bench.json').relative_to(HOME)}")
    if quick:
        console.print(
            "This was --quick: it shows that everything runs; its figures say nothing.", style="bold"
        )
    if found.absent:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
