"""Commonhall itself: `commonhall serve`, with a council that adopts the short missed-bin service of this folder.

The service has the four question pages that the other two have, so that all three walk 13 requests; the shipped
missed-bin service asks more. No worker runs, because neither of the others delivers anything either.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.peers import MISSED_BIN, Absent, Ready, Server, last_weekday
from benchmarks.processes import HOME, free_port
from benchmarks.steps import Script, page_by_page

HERE = Path(__file__).resolve().parent
HOST = "solihull.localhost:8000"
COMMAND = (sys.executable, "-c", "from commonhall.app.commands import main; main()")


def make_ready(database: str, workers: int) -> Ready:
    """Bring the schema, the service and the council into the database, and say how to start it.

    Each web process is a node of its own on a port of its own; people are spread over them. Raises `Absent` with the
    end of what the command said where the platform cannot be set up.
    """
    env = environment(database)
    command = [*COMMAND, "council", "apply", str(HERE / "council.yaml"), "--services", str(HERE / "services")]
    done = subprocess.run(
        command,
        cwd=HOME,
        env=dict(os.environ) | env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())[-300:]
        raise Absent(f"`commonhall council apply` ended with {done.returncode}: {said}")
    servers = tuple(
        Server((*COMMAND, "serve"), env | {"COMMONHALL_LISTEN": str(port)}, port)
        for port in (free_port() for _ in range(workers))
    )
    return Ready(servers, journey(), "select count(*) from council_case")


def make_ready_packed(database: str, workers: int) -> Ready:
    """The same, asked as browsers ask: for pages compressed with brotli. The others never compress."""
    ready = make_ready(database, workers)
    return replace(ready, script=replace(ready.script, headers=(("Accept-Encoding", "br"),)))


def environment(database: str) -> Mapping[str, str]:
    """What every process of this installation is told."""
    return {
        "COMMONHALL_DATABASE_URL": database,
        "COMMONHALL_SECRET": base64.urlsafe_b64encode(b"only for measuring, never for use").decode(),
        "COMMONHALL_DATA": str(Path(tempfile.gettempdir()) / "commonhall-bench-data"),
        "COMMONHALL_HOST": "localhost",
        "COMMONHALL_PORT": "8000",
    }


def journey() -> Script:
    """The journey with this platform's input names."""
    day = last_weekday()
    parts = (("day", day.day), ("month", day.month), ("year", day.year))
    pages = [
        (
            "What is the address",
            [(f"property-{name}", value) for name, value in MISSED_BIN] + [("property-line2", "")],
        ),
        ("Which bins", [("containers", "refuse"), ("containers", "food")]),
        ("When should", [(f"missed_on-{name}", str(value)) for name, value in parts]),
        ("How can we contact", [("name", "Sam Jones"), ("email", "sam{n}@example.org"), ("phone", "")]),
    ]
    steps = page_by_page(
        "/missed-bin",
        pages,
        start_sees="Report a missed bin collection",
        check_sees="Check your answers",
        done_sees="reference",
    )
    # Letters, figures and a check character, set apart in the confirmation's panel.
    return Script(HOST, r"<strong[^>]*>\s*([0-9A-Z][0-9A-Z-]{6,19})\s*</strong>", steps)
