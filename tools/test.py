"""Every check and every test, in the order in which a fault is cheapest to hear of."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

QUICK: list[tuple[str, list[str]]] = [
    ("format", ["ruff", "format", "--check", "."]),
    ("lint", ["ruff", "check", "."]),
    ("arrows", ["lint-imports", "--no-cache"]),
    ("types", ["mypy"]),
]


def main() -> int:
    """Run the checks, then the tests; the first failing check ends the run."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--quick", action="store_true", help="only style, arrows and types")
    asked.add_argument("rest", nargs="*", help="handed to pytest")
    options = asked.parse_args()
    os.chdir(HOME)
    for name, command in QUICK:
        started = time.monotonic()
        done = subprocess.run(
            [str(BIN / command[0]), *command[1:]], check=False, capture_output=True, text=True
        )
        print(
            f"{name:8} {'passed' if done.returncode == 0 else 'FAILED'} in {time.monotonic() - started:.1f} s",
            flush=True,
        )
        if done.returncode:
            print(done.stdout, done.stderr, sep="\n")
            return done.returncode
    if options.quick:
        return 0
    workers = os.environ.get("COMMONHALL_TEST_WORKERS", str(os.cpu_count() or 2))
    tests = [str(BIN / "python"), "-m", "pytest", "-n", workers, "--dist", "worksteal", *options.rest]
    return subprocess.run(tests, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
