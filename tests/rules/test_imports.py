"""Importing any module of the house does nothing: no thread, no socket, no file opened to write, no process."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile

from tests.conftest import HOME
from tests.rules.house import SOURCES, name_of

WATCH = """
import importlib, json, os, sys, threading

found, current = [], ""
OTHERS = {"socket.connect", "socket.bind", "socket.__new__", "subprocess.Popen", "os.system", "os.fork", "os.posix_spawn",
          "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.putenv", "shutil.rmtree"}
# Modules are read to be imported; the rules of British time are a constant that is read with them.
READING = (".py", ".pyc", ".so", ".pyi", ".pth")


def by_us():
    # The nearest frame that is not the import system: a library that reads its own data is its own affair.
    frame = sys._getframe(2)
    while frame is not None and "importlib" in frame.f_code.co_filename:
        frame = frame.f_back
    return frame is not None and HOUSE in frame.f_code.co_filename


def watch(event, args):
    if not current:
        return
    if event == "open":
        path, mode = str(args[0]), str(args[1])
        if any(letter in mode for letter in "wax+") and "__pycache__" not in path:
            found.append((current, f"opens {path} to write"))
        elif by_us() and not path.endswith(READING) and "/zoneinfo/" not in path:
            found.append((current, f"opens {path}"))
    elif event in OTHERS and "__pycache__" not in str(args[:1]):
        found.append((current, event))


HOUSE, names = sys.argv[1], sys.argv[2:]
before = dict(os.environ)
sys.addaudithook(watch)
for current in names:
    importlib.import_module(current)
    if threading.active_count() > 1:
        found.append((current, "starts a thread"))
current = ""
if dict(os.environ) != before:
    found.append(("one of them", "changes the environment"))
print(json.dumps(found))
"""


OF_LIBRARIES = {
    (
        "commonhall.connectors.soap.calling",
        "socket.__new__",
    ): "zeep's own library tries whether the machine has IPv6",
    (
        "commonhall.connectors.soap.calling",
        "socket.bind",
    ): "the same; it is imported where a SOAP connector is made",
    ("commonhall.app.connector_check", "subprocess.Popen"): "asyncssh looks for libraries of the machine",
    (
        "commonhall.app.connector_check",
        f"opens {tempfile.gettempdir()} to write",
    ): "the same, by Python's own way to find them",
    (
        "commonhall.app.connector_check",
        "os.remove",
    ): "the same; it is imported where such a connector or twin is made",
}
"""Effects that a library has when it is imported, and why they are let be."""


def test_importing_has_no_effects() -> None:
    names = [name_of(path) for path in SOURCES if not path.name.startswith("__main__")]
    house = str(HOME / "src" / "commonhall")
    done = subprocess.run(
        [sys.executable, "-B", "-W", "error", "-c", WATCH, house, *names],
        capture_output=True, text=True, check=False, cwd=HOME,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found = {tuple(one) for one in json.loads(done.stdout)}
    assert found - OF_LIBRARIES.keys() == set()
    assert OF_LIBRARIES.keys() - found == set(), "what no library does any more is let be no more"
