"""Processes: start a peer's server, wait until it answers, stop it, and know what CPU it has used."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

HOME = Path(__file__).resolve().parent.parent


def cpu_seconds(root: int) -> float:
    """User and system seconds of a process, of all its descendants, and of all those that have finished.

    A finished process's time is added to its parent's `children_*` when the parent has collected it.
    """
    total = 0.0
    parent = psutil.Process(root)
    for process in [parent, *parent.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def running(
    command: Sequence[str], env: Mapping[str, str], port: int, log: Path, patience: float = 60
) -> Iterator[int]:
    """A server while it is needed; gives its process id. Raises RuntimeError with the log's end if it does not start."""
    with log.open("wb") as out:
        started = subprocess.Popen(
            list(command), cwd=HOME, env=dict(os.environ) | dict(env), stdout=out, stderr=subprocess.STDOUT
        )
    try:
        until = time.monotonic() + patience
        while not answers(port):
            if started.poll() is not None or time.monotonic() > until:
                tail = log.read_text(errors="replace")[-2000:]
                raise RuntimeError(f"`{' '.join(command[:4])} …` did not start; the end of its log:\n{tail}")
            time.sleep(0.1)
        yield started.pid
    finally:
        stop(started)


def stop(started: subprocess.Popen[bytes]) -> None:
    """End a server and whatever it started: politely first, then surely."""
    with contextlib.suppress(psutil.NoSuchProcess):
        family = [*psutil.Process(started.pid).children(recursive=True), psutil.Process(started.pid)]
        started.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            started.wait(timeout=10)
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        started.wait(timeout=10)
