"""The load generator: so many people at once, each walking a script again and again, every answer checked.

Run as its own process by `benchmarks.comparison`, with its orders as JSON on standard input and its findings as JSON
on standard output. Raw asyncio and a hand parser keep its own share of the CPU small; the share is reported.
Each person keeps one connection; each journey begins with an empty cookie jar, as a new person's would.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import cast

import brotli
import psutil

from benchmarks.processes import cpu_seconds
from benchmarks.steps import Script, Step, cookie_header, encode, form_target, hidden_inputs, path_of

PATIENCE = 30.0
"""Seconds after which an answer that has not come counts as a failure."""


class Wrong(Exception):  # noqa: N818
    """An answer that is not what the script says."""


@dataclass(slots=True)
class Answer:
    """One response: status, where it redirects to, the cookies it sets, body."""

    status: int
    location: str
    cookies: list[tuple[str, str]]
    body: bytes


class Wire(asyncio.Protocol):
    """One keep-alive connection, one request at a time."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.waiting: asyncio.Future[Answer] | None = None
        self.transport: asyncio.Transport | None = None
        self.closed = True
        self.body_from = 0
        self.body_to = -1
        self.head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport, self.closed = cast(asyncio.Transport, transport), False

    def connection_lost(self, exc: Exception | None) -> None:
        """A body without a length ends here; anything else that waits has failed."""
        self.closed = True
        if self.waiting is not None and not self.waiting.done():
            if self.head and self.body_to == -1 and b"chunked" not in self.head:
                self.body_to = len(self.buffer)
                self.finish(bytes(self.buffer[self.body_from :]))
            else:
                self.waiting.set_exception(
                    Wrong(f"the connection was closed before the answer was whole ({exc})")
                )

    def send(self, request: bytes) -> asyncio.Future[Answer]:
        """Send a request; its answer comes through the future."""
        assert self.transport is not None
        self.waiting = asyncio.get_running_loop().create_future()
        self.buffer.clear()
        self.head, self.body_to = b"", -1
        self.transport.write(request)
        return self.waiting

    def data_received(self, data: bytes) -> None:
        """Gather the head, then the body by its length or its chunks."""
        self.buffer += data
        if not self.head:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            self.head, self.body_from = bytes(self.buffer[: end + 2]), end + 4
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", self.head)
            self.body_to = self.body_from + int(length.group(1)) if length else -1
        if self.body_to >= 0:
            if len(self.buffer) >= self.body_to:
                self.finish(bytes(self.buffer[self.body_from : self.body_to]))
        elif b"chunked" in self.head and self.buffer.endswith(b"0\r\n\r\n"):
            self.finish(unchunk(self.buffer, self.body_from))

    def finish(self, body: bytes) -> None:
        """Hand the answer over."""
        location, cookies = "", []
        for line in self.head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            match name.lower():
                case b"location":
                    location = value.strip().decode()
                case b"set-cookie":
                    key, _, rest = value.strip().partition(b"=")
                    cookies.append((key.decode(), rest.partition(b";")[0].decode()))
                case b"content-encoding":
                    body = unpack(body, value.strip())
                case b"connection" if value.strip().lower() == b"close" and self.transport is not None:
                    self.closed = True
                    self.transport.close()
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result(Answer(int(self.head[9:12]), location, cookies, body))


def unpack(body: bytes, packed: bytes) -> bytes:
    """A body as it was before it was compressed; only brotli is ever asked for."""
    if packed != b"br":
        raise Wrong(f"the answer is packed as {packed!r}, which was not asked for")
    return cast(bytes, brotli.decompress(body))


def unchunk(buffer: bytearray, at: int) -> bytes:
    """The body of a chunked answer that is whole."""
    parts = []
    while True:
        end = buffer.index(b"\r\n", at)
        size = int(bytes(buffer[at:end]).split(b";")[0], 16)
        if size == 0:
            return b"".join(parts)
        parts.append(bytes(buffer[end + 2 : end + 2 + size]))
        at = end + 2 + size + 2


@dataclass(slots=True)
class Tally:
    """What has happened so far, over all people."""

    journeys: int = 0
    requests: int = 0
    pages: int = 0
    page_bytes: int = 0
    started: int = 0
    references: set[str] = field(default_factory=set)
    journey_seconds: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)


class Person:
    """One person at a time on one connection, journey after journey."""

    def __init__(self, script: Script, address: tuple[str, int], tally: Tally) -> None:
        self.script, self.address, self.tally = script, address, tally
        self.reference = re.compile(script.reference.encode())
        self.wire = Wire()
        extra = "".join(f"{name}: {value}\r\n" for name, value in script.headers)
        self.fixed = f" HTTP/1.1\r\nHost: {script.host}\r\nAccept: text/html\r\n{extra}".encode()

    async def ask(self, method: bytes, path: str, jar: dict[str, str], body: bytes = b"") -> Answer:
        """One request and its answer; opens the connection anew where the server closed it."""
        if self.wire.closed:
            self.wire = Wire()
            await asyncio.get_running_loop().create_connection(lambda: self.wire, *self.address)
        head = method + b" " + path.encode() + self.fixed + cookie_header(jar)
        if method == b"POST":
            kind = b"Content-Type: application/x-www-form-urlencoded\r\n"
            origin = f"Origin: http://{self.script.host}\r\n".encode()
            head += kind + origin + b"Content-Length: " + str(len(body)).encode() + b"\r\n"
        answer = await asyncio.wait_for(self.wire.send(head + b"\r\n" + body), PATIENCE)
        self.tally.requests += 1
        if answer.status == 200:
            self.tally.pages += 1
            self.tally.page_bytes += len(answer.body)
        for name, value in answer.cookies:
            jar[name] = value
        return answer

    async def journey(self, number: int) -> None:
        """Walk the whole script once; raises `Wrong` at the first answer that is not as it should be."""
        jar: dict[str, str] = {}
        here, answer = "/", Answer(0, "", [], b"")
        for place, step in enumerate(self.script.steps):
            if step.method == "POST":
                target = step.path or form_target(answer.body, here)
                body = encode(step.form, hidden_inputs(answer.body), number)
                answer = await self.ask(b"POST", target, jar, body)
                here = target
            else:
                here = step.path if step.method == "GET" else path_of(answer.location, here)
                answer = await self.ask(b"GET", here, jar)
            check(step, answer, f"step {place + 1} ({step.method} {here})")
        found = self.reference.search(answer.body)
        if found is None:
            raise Wrong("the last page shows no reference")
        reference = found.group(1).decode()
        if reference in self.tally.references:
            raise Wrong("a reference was given twice")
        self.tally.references.add(reference)

    async def live(self, wait: float, until: float) -> None:
        """Journey after journey until the clock says stop; a failure is counted by its words."""
        await asyncio.sleep(wait)
        while (begun := time.monotonic()) < until:
            self.tally.started += 1
            try:
                await self.journey(self.tally.started)
            except (Wrong, OSError, TimeoutError) as error:
                self.tally.failures[f"{type(error).__name__}: {error}"] += 1
                self.wire.closed = True
                await asyncio.sleep(0.05)
            else:
                self.tally.journeys += 1
                self.tally.journey_seconds.append(time.monotonic() - begun)


def check(step: Step, answer: Answer, where: str) -> None:
    """Hold the answer against the step."""
    if answer.status not in step.status:
        raise Wrong(f"{where}: status {answer.status}, not {step.status}")
    if answer.status == 200 and step.sees.encode() not in answer.body:
        raise Wrong(f"{where}: the page does not show '{step.sees}'")


async def measure(orders: dict[str, object]) -> dict[str, object]:
    """Warm up, then measure for the seconds ordered: journeys, CPU of server, PostgreSQL and this process."""
    script = Script.from_json(str(orders["script"]))
    warm, seconds, people = (
        float(str(orders["warm"])),
        float(str(orders["seconds"])),
        int(str(orders["people"])),
    )
    host, ports = str(orders["address"]), cast(list[int], orders["ports"])
    roots = {name: cast(list[int], orders[name]) for name in ("server", "postgres")}
    tally, dice = Tally(), random.Random(1)
    begun = time.monotonic()
    until = begun + warm + seconds
    # People start one by one through the warm-up, so that they do not all send their last page together.
    walks = []
    for number in range(people):
        person = Person(script, (host, ports[number % len(ports)]), tally)
        walks.append(asyncio.create_task(person.live(dice.uniform(0, warm * 0.7), until)))
    await asyncio.sleep(warm)
    before = sample(roots) | {"at": time.monotonic()}
    counted = (tally.journeys, tally.requests, tally.pages, tally.page_bytes)
    await asyncio.sleep(max(0.0, until - time.monotonic()))
    after = sample(roots) | {"at": time.monotonic()}
    journeys, requests, pages, page_bytes = counted
    found: dict[str, object] = {
        "journeys": tally.journeys - journeys,
        "requests": tally.requests - requests,
        "pages": tally.pages - pages,
        "page_bytes": tally.page_bytes - page_bytes,
        "seconds": after["at"] - before["at"],
        "cpu": {name: after[name] - before[name] for name in ("server", "postgres", "load")},
        "machine": {name: after[name] - before[name] for name in ("busy", "all")},
        "journey_seconds": sorted(tally.journey_seconds[journeys:]),
    }
    await asyncio.gather(*walks)
    # What ended after the window is in the database too, so it belongs to the count that is compared with the rows.
    return found | {"references": len(tally.references), "failures": dict(tally.failures)}


def sample(roots: dict[str, list[int]]) -> dict[str, float]:
    """CPU seconds used so far by each tree of processes and by this process."""
    own, machine = psutil.Process().cpu_times(), psutil.cpu_times()
    # Guests' time is in user's already; stolen time is what other machines on the same hardware took.
    idle = machine.idle + getattr(machine, "iowait", 0.0)
    busy = (
        machine.user
        + machine.nice
        + machine.system
        + sum(getattr(machine, name, 0.0) for name in ("irq", "softirq", "steal"))
    )
    return (
        {"busy": busy, "all": busy + idle}
        | {name: sum(map(cpu_seconds, pids)) for name, pids in roots.items()}
        | {"load": own.user + own.system}
    )


def main() -> None:
    """Read the orders, measure, print the findings."""
    import uvloop

    orders = json.loads(sys.stdin.read())
    print(json.dumps(uvloop.run(measure(orders))))


if __name__ == "__main__":
    main()
