"""Whoever stops the platform stops the embedded database with it; whoever is killed does not keep it up for ever."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.journeys.conftest import free_port, wait_until_up

pytestmark = [pytest.mark.postgres, pytest.mark.network]
COMMAND = [sys.executable, "-c", "from commonhall.app.commands import main; main()"]
Serve = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def data() -> Iterator[Path]:
    """Not under pytest's own folder: as root, PostgreSQL runs as another user, who may not enter that one."""
    folder = Path(tempfile.mkdtemp(prefix="commonhall-stopping-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def environment(data: Path) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("COMMONHALL_")}
    return {**env, "COMMONHALL_DATA": str(data)}


@pytest.fixture
def serve(data: Path) -> Serve:
    """Start `commonhall serve` on the embedded database."""

    def started() -> subprocess.Popen[bytes]:
        port = free_port()
        env = {**environment(data), "COMMONHALL_LISTEN": str(port)}
        with (data / "log").open("ab") as log:
            process = subprocess.Popen([*COMMAND, "serve"], env=env, stdout=log, stderr=log)
        wait_until_up(process, port, str(data / "log"))
        return process

    return started


def runs(data: Path) -> bool:
    """Whether PostgreSQL runs on the data folder."""
    return (data / "postgres" / "postmaster.pid").exists()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_the_database_stops_with_the_last_process_that_uses_it(
    data: Path, serve: Serve, sign: signal.Signals
) -> None:
    process = serve()
    assert runs(data)
    process.send_signal(sign)
    process.wait(30)
    assert not runs(data), (data / "log").read_text()


def test_a_process_that_was_killed_does_not_keep_the_database_up(data: Path, serve: Serve) -> None:
    process = serve()
    process.kill()
    process.wait()
    assert runs(data), "nobody could stop it"
    subprocess.run(
        [*COMMAND, "reconcile", "nowhere"], env=environment(data), capture_output=True, check=False
    )
    for _ in range(100):
        if not runs(data):
            return
        time.sleep(0.1)
    pytest.fail("PostgreSQL still runs after the last command")
