"""The service language: time and memory to read a large package, and to adopt it for many councils.

Each size runs in a process of its own, so that memory is what that size needs and nothing else's rest. Memory is the
growth of the process's resident set, and time is CPU time, so that a busy machine changes little: the expressions live outside Python, where tracemalloc does not look.
"""

from __future__ import annotations

import gc
import json
import statistics
import subprocess
import sys
import time

import psutil

from benchmarks.micro import Row
from benchmarks.micro.package import CONDITIONS_PER_PAGE, choices, nation, package
from benchmarks.processes import HOME

PAGES = 200
COUNCILS = 400
SIZES = (1, 2, 4)


def measure(quick: bool) -> list[Row]:
    """Read a quarter, a half and the whole of the pages; adopt the whole for a quarter, a half and all councils."""
    share = 4 if quick else 1
    pages, councils = PAGES // share, COUNCILS // share
    rows = []
    reading = [in_own_process("read", pages * size // SIZES[-1], 0) for size in SIZES]
    for size, found in zip(SIZES, reading, strict=True):
        count = pages * size // SIZES[-1]
        what = f"reading {count} pages, {int(count * CONDITIONS_PER_PAGE)} conditions"
        rows += [
            Row(what, 1000 * found["seconds"], "CPU ms"),
            Row(f"{what}: memory", found["bytes"] / 2**20, "MiB"),
        ]
    rows.append(growth("reading 4 times the pages takes", reading))
    adopting = [in_own_process("adopt", pages, councils * size // SIZES[-1]) for size in SIZES]
    for size, found in zip(SIZES, adopting, strict=True):
        what = f"adopting the {pages} pages for {councils * size // SIZES[-1]} councils"
        rows += [Row(what, found["seconds"], "CPU s"), Row(f"{what}: memory", found["bytes"] / 2**20, "MiB")]
    rows.append(growth("adopting for 4 times the councils takes", adopting))
    return rows


def growth(what: str, found: list[dict[str, float]]) -> Row:
    """How many times the smallest size's time the largest took; in line is 4."""
    return Row(what, found[-1]["seconds"] / found[0]["seconds"], "times as long", "about 4 (in line)")


def in_own_process(kind: str, pages: int, councils: int) -> dict[str, float]:
    """Run one size in three processes, one after another, and give the medians of its seconds and bytes."""
    found = [one_process(kind, pages, councils) for _ in range(3)]
    return {name: statistics.median(each[name] for each in found) for name in found[0]}


def one_process(kind: str, pages: int, councils: int) -> dict[str, float]:
    """Run one size once."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.micro.language", kind, str(pages), str(councils)],
        cwd=HOME,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"`{kind}` of {pages} pages, {councils} councils: {done.stderr.strip()[-600:]}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


def one_size(kind: str, pages: int, councils: int) -> dict[str, float]:
    """Read, or adopt, in this process."""
    from commonhall.engine.adoption import Adopter, adopt
    from commonhall.engine.reader import read_service
    from commonhall.engine.working_days import load_calendars

    calendars = load_calendars()
    # What is made only once for a process, whatever the size, is made before the clock starts.
    read_service(package(5), calendars)
    files = package(pages)
    gc.collect()
    before, begun = psutil.Process().memory_info().rss, time.process_time()
    service = read_service(files, calendars)
    kept: list[object] = []
    if kind == "adopt":
        gc.collect()
        before, begun = psutil.Process().memory_info().rss, time.process_time()
        kept = [
            adopt(service, choices(each), Adopter(nation(each), ("en",)), calendars)
            for each in range(councils)
        ]
    seconds = time.process_time() - begun
    gc.collect()
    found = {"seconds": seconds, "bytes": float(psutil.Process().memory_info().rss - before)}
    del kept
    return found


if __name__ == "__main__":
    print(json.dumps(one_size(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
