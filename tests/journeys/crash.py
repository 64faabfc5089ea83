"""Kill web and worker processes at random under load, then prove that nothing was lost and nothing came twice.

Residents complete journeys over HTTP, as a browser without scripts does, and do what people do when nothing answers:
they try again. Meanwhile processes of `commonhall serve` and `commonhall work` are killed with signal 9 and started
again. At the end every reference that anybody was shown is a case, every case is with the practice back office once,
and the sums agree.

`python -m tests.journeys.crash --kills 500` runs it longer (`make crash`).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx2

from commonhall.app.demo import SANDBOX_KEY, SANDBOX_WEBHOOK_SECRET
from commonhall.storage.embedded import embedded_postgres
from tests.casework.conftest import EXAMPLE, SERVICE

COMMAND = [sys.executable, "-c", "from commonhall.app.commands import main; main()"]
COUNCILS = {
    # One by each protocol: Open311 knows a repeated case by its reference, the webhook by its key.
    "solihull": """
  - id: cats
    kind: open311
    settings: {endpoint: "${SANDBOX_URL}/open311/v2", jurisdiction_id: solihull}
    secrets: {api_key: "${KEY}"}""",
    "kirklees": """
  - id: cats
    kind: webhook
    settings: {url: "${SANDBOX_URL}/webhook"}
    secrets: {signing: ["${SECRET}"]}""",
}
FORMS: Mapping[str, Mapping[str, str]] = {
    "ours": {"ours": "yes"},
    "home": {"home-line1": "1 High Street", "home-town": "Solihull", "home-postcode": "B91 3QJ"},
    "contact": {"name": "Sam Jones", "email": "sam@example.com"},
    "check": {},
}
HIDDEN = re.compile(r'<input[^>]*type="?hidden"?[^>]*>')
ATTRIBUTE = re.compile(r'(name|value)="([^"]*)"')
SHOWN = re.compile(r"<strong[^>]*>\s*([0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3})\s*</strong>")
TRIES = 1200


@dataclass
class Findings:
    """What was done and seen. `shown` are (council, reference) as clients saw them."""

    kills: int = 0
    shown: list[tuple[str, str]] = field(default_factory=list)
    answers: int = 0
    cut_off: int = 0
    server_errors: list[str] = field(default_factory=list)
    cases: int = 0
    jobs: int = 0
    repeats: int = 0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {len(self.shown)} references shown, {self.cases} cases, {self.jobs} jobs in the back"
            f" office, {self.repeats} of them sent again, {self.cut_off} requests cut off"
        )


class Installation:
    """Two web processes, two workers, a practice back office; each can be killed and started again."""

    def __init__(self, database_url: str, folder: Path, ports: tuple[int, int, int]) -> None:
        self.webs, self.sandbox_port = ports[:2], ports[2]
        self.folder = folder
        self.env = {
            **os.environ,
            "COMMONHALL_DATABASE_URL": database_url,
            "COMMONHALL_SECRET": "A" * 44,
            "COMMONHALL_DATA": str(folder / "data"),
            "COMMONHALL_ALLOW_PRIVATE_ADDRESSES": "yes",
            "COMMONHALL_TRY_SECONDS": "2",
            "COMMONHALL_LEASE_SECONDS": "3",
        }
        self.commands = {
            f"web-{self.webs[0]}": (["serve"], {"COMMONHALL_LISTEN": str(self.webs[0])}),
            f"web-{self.webs[1]}": (["serve"], {"COMMONHALL_LISTEN": str(self.webs[1])}),
            "worker-1": (["work"], {}),
            "worker-2": (["work"], {}),
        }
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def set_up(self) -> None:
        """Adopt the service for two councils, and start everything."""
        service = self.folder / "services" / "lost-cat"
        service.mkdir(parents=True)
        for name, text in (
            ("service.yaml", SERVICE),
            ("journeys.yaml", EXAMPLE),
            ("CHANGELOG.md", "1.0.0\n"),
        ):
            (service / name).write_text(text)
        councils = self.folder / "councils"
        councils.mkdir()
        for council, connector in COUNCILS.items():
            (councils / f"{council}.yaml").write_text(
                f"council: {council}\nlanguages: [en]\nbrand: {{logo_text: {{en: {council}}}, colour: '#1d4f7c', "
                f"accent: '#ffb81c'}}\ncontact: {{phone: 0121 000 0000}}\nconnectors:{connector}\n"
                "adoptions: [{service: lost-cat, version: 1.0.0, connector: cats}]\n"
            )
        given = {
            "SANDBOX_URL": f"http://127.0.0.1:{self.sandbox_port}",
            "KEY": SANDBOX_KEY,
            "SECRET": SANDBOX_WEBHOOK_SECRET,
        }
        apply = ["council", "apply", str(councils), "--services", str(service.parent)]
        apply += [part for name, value in given.items() for part in ("--set", f"{name}={value}")]
        done = subprocess.run([*COMMAND, *apply], env=self.env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        sandbox = [
            "sandbox",
            "--port",
            str(self.sandbox_port),
            "--journal",
            str(self.folder / "journal.jsonl"),
        ]
        self.running["sandbox"] = self._start("sandbox", sandbox, {})
        for name in self.commands:
            self.start(name)

    def _start(self, name: str, words: list[str], env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{name}.log").open("ab")
        with log:
            return subprocess.Popen([*COMMAND, *words], env={**self.env, **env}, stdout=log, stderr=log)

    def start(self, name: str) -> None:
        """Start a web process or a worker."""
        words, env = self.commands[name]
        self.running[name] = self._start(name, words, env)

    def kill(self, name: str) -> None:
        """Signal 9, and the same anew."""
        process = self.running[name]
        assert process.poll() is None, f"{name} ended by itself: {self.last_words(name)}"
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.start(name)

    def last_words(self, name: str) -> str:
        """The end of what a process wrote."""
        return (self.folder / f"{name}.log").read_text()[-2000:]

    def stop(self) -> None:
        """End everything."""
        for process in self.running.values():
            process.kill()
            process.wait()


class Resident:
    """A person with a browser: cookies, hidden inputs, redirects, and patience."""

    def __init__(
        self, installation: Installation, council: str, findings: Findings, chance: random.Random
    ) -> None:
        self.ports = installation.webs
        self.council = council
        self.findings = findings
        self.chance = chance

    async def complete(self) -> None:
        """One journey to its reference."""
        async with httpx2.AsyncClient(trust_env=False, timeout=10.0) as self.http:
            page, path = await self.ask("GET", "/lost-cat")
            page, path = await self.ask("POST", "/lost-cat", self.hidden(page))
            for _ in range(TRIES):
                shown = SHOWN.search(page)
                if shown:
                    self.findings.shown.append((self.council, shown[1]))
                    return
                form = FORMS.get(path.rsplit("/", 1)[-1])
                if form is None:
                    self.findings.wrong.append(f"a resident was led to {path}")
                    return
                page, path = await self.ask("POST", path, {**self.hidden(page), **form})
            self.findings.wrong.append(f"a journey of {self.council} does not end")

    def hidden(self, page: str) -> dict[str, str]:
        """The hidden inputs of a page."""
        found = (dict(ATTRIBUTE.findall(tag)) for tag in HIDDEN.findall(page))
        return {one["name"]: unescape(one.get("value", "")) for one in found}

    async def ask(self, method: str, path: str, form: Mapping[str, str] | None = None) -> tuple[str, str]:
        """The page that a request leads to, and its path. Where nobody answers, the same is sent again."""
        for _ in range(TRIES):
            port = self.chance.choice(self.ports)
            # A browser tells a site by its name; the process is told by its port.
            headers = {"host": f"{self.council}.localhost", "sec-fetch-site": "same-origin"}
            try:
                answer = await self.http.request(
                    method, f"http://127.0.0.1:{port}{path}", data=form, headers=headers
                )
            except httpx2.TransportError:
                self.findings.cut_off += 1
                await asyncio.sleep(0.1)
                continue
            self.findings.answers += 1
            if answer.status_code >= 500:
                self.findings.server_errors.append(f"{answer.status_code} {method} {path}")
                await asyncio.sleep(0.1)
                continue
            if answer.has_redirect_location:
                return await self.ask("GET", urlsplit(answer.headers["location"]).path)
            return answer.text, path
        raise AssertionError(f"nobody has answered {method} {path} in {TRIES} tries")


async def crash(installation: Installation, kills: int, chance: random.Random, people: int = 6) -> Findings:
    """Load, kill, wait until all is delivered, and count."""
    findings = Findings()
    stop = asyncio.Event()

    async def live(number: int) -> None:
        own = random.Random(chance.random())
        councils = list(COUNCILS)
        while not stop.is_set():
            await Resident(installation, councils[number % len(councils)], findings, own).complete()

    async def strike() -> None:
        # The first kill comes when the first journey is through.
        while not findings.shown:
            await asyncio.sleep(0.05)
        while findings.kills < kills:
            # Between two kills somebody is answered, however slow the machine: every kill falls into living load.
            answered = findings.answers
            await asyncio.sleep(chance.uniform(0.1, 2.0))
            while findings.answers == answered:
                await asyncio.sleep(0.02)
            victim = chance.choice(list(installation.commands))
            if victim.startswith("worker"):
                # The worst moment for a worker: a case is claimed, and perhaps with the back office already.
                await _claimed(connection)
                await asyncio.sleep(chance.uniform(0, 0.02))
            installation.kill(victim)
            findings.kills += 1
        stop.set()

    connection = await asyncpg.connect(installation.env["COMMONHALL_DATABASE_URL"])
    try:
        await asyncio.gather(strike(), *(live(number) for number in range(people)))
        await _drained(connection, installation)
        await _count(connection, installation, findings)
    finally:
        await connection.close()
    return findings


async def _claimed(connection: asyncpg.Connection[Any]) -> None:
    """Wait until a worker holds a case; not for ever, since the workers may be dead."""
    since = await connection.fetchval("select now()")
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        if await connection.fetchval("select count(*) from delivery where claimed_at > $1", since):
            return
        await asyncio.sleep(0.002)


async def _drained(connection: asyncpg.Connection[Any], installation: Installation) -> None:
    deadline = time.monotonic() + 120
    while await connection.fetchval("select count(*) from delivery where delivered_at is null"):
        assert time.monotonic() < deadline, installation.last_words("worker-1")
        await asyncio.sleep(0.2)


async def _count(connection: asyncpg.Connection[Any], installation: Installation, findings: Findings) -> None:
    cases = {
        (row["council"], row["reference"]) for row in await connection.fetch("select * from council_case")
    }
    findings.cases = len(cases)
    async with httpx2.AsyncClient(trust_env=False) as http:
        jobs = (await http.get(f"http://127.0.0.1:{installation.sandbox_port}/jobs.json")).json()
    findings.jobs = len(jobs)
    findings.repeats = sum(job["times"] - 1 for job in jobs)
    held = Counter((job["council"], job["reference"]) for job in jobs)
    found = {
        "shown to somebody, but no case": set(findings.shown) - cases,
        "a case, but not with the back office": cases - held.keys(),
        "with the back office, but no case": held.keys() - cases,
        "with the back office more than once": {key for key, times in held.items() if times > 1},
        "shown twice, to two people": {key for key, times in Counter(findings.shown).items() if times > 1},
    }
    findings.wrong += [f"{what}: {sorted(which)}" for what, which in found.items() if which]
    submitted = await connection.fetchval("select count(*) from measure where outcome = 'submitted'")
    if submitted != len(cases):
        findings.wrong.append(f"{submitted} submissions measured, {len(cases)} cases")
    for council in COUNCILS:
        words = [*COMMAND, "reconcile", council]
        done = subprocess.run(words, env=installation.env, capture_output=True, text=True, check=False)
        if done.returncode:
            findings.wrong.append(f"reconcile {council}: {done.stdout}{done.stderr}")
    findings.wrong += [f"a page broke: {error}" for error in findings.server_errors]


def main() -> int:
    """The long version, on a PostgreSQL of its own."""
    from tests.journeys.conftest import free_port

    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--kills", type=int, default=500)
    asked.add_argument("--people", type=int, default=6)
    asked.add_argument("--seed", type=int, default=int(time.time()))
    options = asked.parse_args()
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="commonhall-crash-") as folder:
        Path(folder).chmod(0o755)
        with embedded_postgres(Path(folder) / "postgres", keep=False) as url:
            installation = Installation(url, Path(folder), (free_port(), free_port(), free_port()))
            try:
                installation.set_up()
                findings = asyncio.run(
                    crash(installation, options.kills, random.Random(options.seed), options.people)
                )
            finally:
                with suppress(ProcessLookupError):
                    installation.stop()
    print(findings)
    print("\n".join(findings.wrong) or "nothing was lost, nothing came twice")
    return 1 if findings.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
