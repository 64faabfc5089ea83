"""A minor release of every service, planned for every council: time, memory, and whether each conflict was found.

Four hundred councils run twelve services with differing choices; where these clash with the releases is planted, so it
is known. What is compared is adopting the new versions alone, in the same process.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time

import psutil

from benchmarks.micro import Row
from benchmarks.processes import HOME

COUNCILS = 400
SERVICES = 12


def measure(quick: bool) -> list[Row]:
    """Plan all upgrades once, in a process of its own."""
    councils, services = (20, 6) if quick else (COUNCILS, SERVICES)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.micro.upgrades", str(councils), str(services)],
        cwd=HOME,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip()[-600:])
    found: dict[str, float] = json.loads(done.stdout)
    what = f"upgrading {services} services for {councils} councils"
    return [
        Row(what, found["seconds"], "CPU s"),
        Row(f"{what}: each", 1000 * found["seconds"] / found["upgrades"], "CPU ms"),
        Row(f"{what}: times adopting and playing alone", found["seconds"] / found["alone"], "times"),
        Row(f"{what}: memory", found["bytes"] / 2**20, "MiB"),
        Row(f"{what}: conflicts planted", found["planted"], "conflicts"),
        Row(f"{what}: missed, or found elsewhere", found["wrong"], "upgrades", "0"),
    ]


def plan_all(councils: int, services: int) -> dict[str, float]:
    """Plan every upgrade and compare the conflicts with those planted."""
    from tests.catalogue import overlays

    from commonhall.catalogue.upgrading import Release, plan_upgrade
    from commonhall.engine.adoption import adopt
    from commonhall.engine.examples import play_adopted
    from commonhall.engine.working_days import load_calendars

    calendars = load_calendars()
    planted = overlays.releases(calendars, services)
    work = list(overlays.councils(planted, councils))
    gc.collect()
    before, begun = psutil.Process().memory_info().rss, time.process_time()
    compared = {one.new.digest: Release.of(one.old, one.new) for one in planted}
    kept = []
    wrong = conflicts = 0
    for release, adoption, expected in work:
        upgrade = plan_upgrade(compared[release.new.digest], adoption.choices, adoption.adopter, calendars)
        kept.append(upgrade)
        conflicts += len(expected)
        wrong += {conflict.id for conflict in upgrade.conflicts} != expected
    seconds, size = time.process_time() - begun, psutil.Process().memory_info().rss - before
    begun = time.process_time()
    for upgrade, (_, adoption, _) in zip(kept, work, strict=True):
        if upgrade.adopted is not None and not upgrade.conflicts:
            play_adopted(adopt(upgrade.new, upgrade.choices, adoption.adopter, calendars))
    clean = sum(1 for upgrade in kept if upgrade.adopted is not None and not upgrade.conflicts)
    alone = (time.process_time() - begun) * len(kept) / clean
    return {
        "seconds": seconds,
        "bytes": size,
        "alone": alone,
        "upgrades": len(kept),
        "planted": conflicts,
        "wrong": wrong,
    }


if __name__ == "__main__":
    print(json.dumps(plan_all(int(sys.argv[1]), int(sys.argv[2]))))
