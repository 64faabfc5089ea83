"""A year of simulated traffic for the demonstration: prepared by a process beside it, while the sites answer."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from commonhall.app.settings import Settings
from commonhall.casework.sites import Site

SCALE, SEED = 0.08, 1
COMMAND = (sys.executable, "-c", "from commonhall.app.commands import main; main()", "simulate", "--lines")
PATIENCE = 10.0
"""Seconds that it may take to stop."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """How far the preparation is: the share that is done, 0.0 to 1.0, and how many journeys there are; or why it broke."""

    share: float
    journeys: int
    broken: str = ""


def traffic_wanted(sites: Sequence[Site]) -> tuple[str, ...]:
    """The councils whose year is not simulated, or not to its end."""
    return tuple(
        site.council for site in sites if not site.simulated or site.simulated.done < site.simulated.until
    )


async def prepare_traffic(
    settings: Settings, url: str, councils: Sequence[str] | None, told: Callable[[Traffic], None]
) -> None:
    """Simulate the year of these councils, gently. Cancelled, it stops where it is; a later start goes on from there."""
    if not councils:
        return
    options = ("--scale", f"{SCALE}", "--seed", f"{SEED}", "--councils", ",".join(councils))
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *options,
        env=_environment(settings, url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        # A Ctrl-C is for this process; this one ends the other.
        start_new_session=True,
    )
    journeys = 0
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        async for line in process.stdout:
            share, journeys = float(line.split()[0]), int(line.split()[1])
            told(Traffic(min(share, 0.999), journeys))
        said = (await process.stderr.read()).decode(errors="replace").strip()
        broken = said if await process.wait() else ""
        told(Traffic(1.0, journeys, broken))
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), PATIENCE)
            except TimeoutError:
                process.kill()
                await process.wait()


def _environment(settings: Settings, url: str) -> Mapping[str, str]:
    secret = base64.urlsafe_b64encode(settings.secret).decode()
    own = {"DATABASE_URL": url, "SECRET": secret, "DATA": str(settings.data), "HOST": settings.finder_host}
    return os.environ | {f"COMMONHALL_{name}": value for name, value in own.items()}


@contextmanager
def traffic_shown(console: Console) -> Iterator[Callable[[Traffic], None]]:
    """A bar in the terminal, from when it is first told of until it is done."""
    columns = (
        TextColumn("Simulating a year of traffic"),
        BarColumn(),
        TextColumn("{task.fields[journeys]:,} journeys"),
        TimeElapsedColumn(),
    )
    progress = Progress(*columns, console=console, transient=True)
    task = progress.add_task("", total=1.0, journeys=0)

    def stop() -> None:
        # What was never started would leave an empty line.
        if progress.live.is_started:
            progress.stop()

    def told(traffic: Traffic) -> None:
        if traffic.share < 1.0:
            progress.start()
            progress.update(task, completed=traffic.share, journeys=traffic.journeys)
            return
        stop()
        if traffic.broken:
            console.print(f"The simulated traffic is not whole: {traffic.broken[-500:]}", markup=False)
        else:
            console.print(
                f"A year of simulated traffic is ready, {traffic.journeys:,} journeys of it new. All of it is marked as simulated."
            )

    try:
        yield told
    finally:
        stop()
