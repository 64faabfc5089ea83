"""Peer: Django with django-formtools' session wizard, served by gunicorn."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec

from benchmarks.peers import MISSED_BIN, Absent, Ready, Server, last_weekday
from benchmarks.processes import HOME, free_port
from benchmarks.steps import Script, page_by_page

PACKAGE = "benchmarks.peers.django_wizard"


def make_ready(database: str, workers: int) -> Ready:
    """Make the tables and say how to start it. Raises `Absent` where a package is missing.

    gunicorn's plain workers: threads, granian and uvicorn were tried, and none costs less (see README.md).
    """
    for package in ("django", "formtools", "psycopg", "gunicorn"):
        if find_spec(package) is None:
            raise Absent(f"the package {package} is not installed: run `python3 tools/setup.py bench`")
    env = {"DJANGO_SETTINGS_MODULE": f"{PACKAGE}.settings", "BENCH_DATABASE": database}
    migrate = [sys.executable, "-m", "django", "migrate", "--run-syncdb", "--verbosity", "0"]
    subprocess.run(migrate, cwd=HOME, env=dict(os.environ) | env, check=True)
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", f"{PACKAGE}.wsgi:application", "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", str(workers), "--worker-class", "sync", "--log-level", "error"]
    return Ready((Server(command, env, port),), journey(), "select count(*) from django_wizard_case")


def journey() -> Script:
    """The journey with this peer's field names: formtools prefixes each with its step."""
    day = last_weekday()
    parts = (("day", day.day), ("month", day.month), ("year", day.year))
    pages = [
        (
            "What is the address",
            [(f"address-{name}", value) for name, value in MISSED_BIN] + [("address-line2", "")],
        ),
        ("Which bins", [("containers-containers", "refuse"), ("containers-containers", "food")]),
        ("When should", [(f"missed-on-{name}", str(value)) for name, value in parts]),
        (
            "How can we contact",
            [("contact-name", "Sam Jones"), ("contact-email", "sam{n}@example.org"), ("contact-phone", "")],
        ),
    ]
    steps = page_by_page(
        "/missed-bin", pages, start_sees="Start now", check_sees="Check your answers", done_sees="Report sent"
    )
    return Script("127.0.0.1", r"<strong>([0-9A-F]{10})</strong>", steps)
