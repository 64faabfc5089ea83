"""The findings as tables: ratios first, because the machine is shared and its speed changes."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from benchmarks.comparison import Plan
from benchmarks.micro import Row

TITLES = {
    "commonhall": "Commonhall",
    "packed": "Commonhall, compressing (br)",
    "django": "Django, session wizard",
    "limit": "the limit",
}
DISTURBED = 0.1
TARGETS = {
    "django": ("CPU of Django : CPU of Commonhall", 4.4, "at least 4.4"),
    "limit": ("CPU of the limit : CPU of Commonhall", 0.46, "at least 0.46"),
}
CPU_TARGET = 10.0


def ratios(found: Mapping[str, Mapping[str, float]]) -> list[tuple[str, float, str]]:
    """What is compared, the ratio of medians, and what is to be reached (empty where nothing is)."""
    rows: list[tuple[str, float, str]] = []
    ours = found.get("commonhall")
    for peer, (title, least, target) in TARGETS.items():
        if ours and peer in found:
            ratio = found[peer]["platform_ms"] / ours["platform_ms"]
            rows.append((title, ratio, target + ("" if ratio >= least else ": NOT REACHED")))
            speed = ours["journeys_per_second"] / found[peer]["journeys_per_second"]
            rows.append((f"journeys/s of Commonhall : {TITLES[peer]}", speed, ""))
    if ours:
        reached = ours["platform_ms"] <= CPU_TARGET
        target = "at most 10, on the machine of the design" + ("" if reached else ": NOT REACHED")
        rows.append(("CPU milliseconds of a journey of Commonhall", ours["platform_ms"], target))
    if "django" in found and "limit" in found:
        ratio = found["django"]["platform_ms"] / found["limit"]["platform_ms"]
        rows.append(("CPU of Django : CPU of the limit", ratio, "(9.6 when the targets were set)"))
    return rows


def print_ratios(console: Console, found: Mapping[str, Mapping[str, float]]) -> None:
    """The table that matters."""
    table = Table(title="Ratios (of medians, this run)", title_justify="left")
    table.add_column("what")
    table.add_column("ratio", justify="right")
    table.add_column("to reach")
    for what, ratio, target in ratios(found):
        table.add_row(what, f"{ratio:.2f}", target)
    console.print(table)


def print_medians(console: Console, found: Mapping[str, Mapping[str, float]], plan: Plan) -> None:
    """Each peer's medians, with what PostgreSQL and the load generator took of the CPU."""
    title = f"Whole journeys, {plan.people} people at once, {plan.workers} web processes; medians, rounds: {plan.rounds}"
    table = Table(title=title, title_justify="left")
    table.add_column("")
    columns = ("journeys/s", "CPU ms", "spread", "web", "PostgreSQL", "load generator", "others", "requests")
    for column in (*columns, "page bytes", "s a journey"):
        table.add_column(column, justify="right")
    for name, peer in found.items():
        share = 100 * peer["load_ms"] / (peer["load_ms"] + peer["platform_ms"])
        table.add_row(
            TITLES[name],
            f"{peer['journeys_per_second']:.1f}",
            f"{peer['platform_ms']:.2f}",
            f"{peer['least_ms']:.1f}-{peer['most_ms']:.1f}",
            f"{peer['server_ms']:.2f}",
            f"{peer['postgres_ms']:.2f} ({100 * peer['postgres_ms'] / peer['platform_ms']:.0f}%)",
            f"{peer['load_ms']:.2f} ({share:.0f}%)",
            f"{100 * peer['others_share']:.0f}%",
            f"{peer['requests_per_journey']:.0f}",
            f"{peer['page_bytes']:.0f}",
            f"{peer['median_journey_seconds']:.2f}",
        )
    console.print(table)
    console.print(
        "CPU ms: user and system milliseconds a journey of the web processes and of every PostgreSQL process, finished\n"
        "ones too; spread: the least and the most of the rounds. The load generator's CPU is not in it; its share (%) is\n"
        "of that CPU and its own. Others: the part of the machine that something else used meanwhile.",
        style="dim",
    )
    if any(peer["others_share"] > DISTURBED for peer in found.values()):
        console.print("The machine was busy with other things: run it again when it is quiet.", style="bold")


def print_rows(console: Console, title: str, rows: list[Row]) -> None:
    """One small bench's figures."""
    table = Table(title=title, title_justify="left")
    table.add_column("what")
    table.add_column("found", justify="right")
    table.add_column("unit")
    table.add_column("to reach")
    for row in rows:
        places = 0 if row.value >= 1000 else 1 if row.value >= 10 else 2
        table.add_row(row.what, f"{row.value:,.{places}f}", row.unit, row.target)
    console.print(table)


def print_facts(console: Console, facts: Mapping[str, str]) -> None:
    """What it was measured on."""
    table = Table(title="Measured on", title_justify="left", show_header=False)
    for name, value in facts.items():
        table.add_row(name, value)
    console.print(table)


def print_absent(console: Console, absent: Mapping[str, str]) -> None:
    """What could not be measured, and why: never left out in silence."""
    for name, why in absent.items():
        console.print(f"[bold red]not measured: {name}[/] - ", end="")
        console.print(why, markup=False)
