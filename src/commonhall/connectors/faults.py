"""How back offices go wrong, once for all connectors: a script of faults around a twin that is sound in itself.

A failing twin is a sound little back office (`Book`) that spoils its answers as a `Script` says; where it speaks HTTP,
`Faulty` does the spoiling. The kit in `conformance.py` plays every fault against every connector. The faults are told
in words of what a back office does; each protocol says how it does that (`HTTP`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from commonhall.engine.back_office import CaseStatus

RETRY_AFTER = 7
"""Seconds that the twin asks for when it is busy."""
SAID = "as the script says"
"""The twin's own words when it says no, which staff must get to see."""
HUGE = 3 * 1_048_576
_LONGEST_SILENCE = 60.0


class Fault(StrEnum):
    """One way to go wrong, in plain words that hold for every protocol."""

    SILENCE = "takes the case and never answers"
    LATE = "takes the case and answers when nobody waits any more"
    CUT = "takes the case and hangs up in the middle of its answer"
    AWAY = "hangs up without taking the case"
    BROKEN = "takes the case and breaks"
    BUSY = "is too busy for now"
    LIMIT = "was asked too often"
    TIMEOUT = "says that we were too slow"
    STILL_BUSY = "is still busy with the first attempt"
    UNSIGNED = "does not believe who asks"
    FORBIDDEN = "does not let us do this"
    MISSING = "has nothing at this place"
    MOVED = "has moved"
    PAGE = "is hidden behind something that answers in its stead"
    HALF = "takes the case and gives half an answer"
    HUGE = "takes the case and gives an answer that is far too long"
    REFUSED = "cannot read this case"
    UNPROCESSABLE = "reads this case and says no"

    @property
    def takes(self) -> bool:
        """Whether the case is taken all the same."""
        return self in _TAKES

    @property
    def is_no(self) -> bool:
        """Whether it is a no to this case, which no other try can change."""
        return self in {Fault.REFUSED, Fault.UNPROCESSABLE}

    @property
    def is_silent(self) -> bool:
        """Whether nothing comes while anybody waits."""
        return self in {Fault.SILENCE, Fault.LATE}


_TAKES = frozenset({Fault.SILENCE, Fault.LATE, Fault.CUT, Fault.BROKEN, Fault.HALF, Fault.HUGE})


@dataclass(frozen=True, slots=True)
class Wrong:
    """What a fault of HTTP does: an answer of this status and body."""

    status: int
    body: bytes = f'[{{"code": "no", "description": "{SAID}"}}]'.encode()
    headers: tuple[tuple[bytes, bytes], ...] = ()


_ASKS = ((b"retry-after", str(RETRY_AFTER).encode()),)
ANSWERS: Mapping[Fault, Wrong] = MappingProxyType(
    {
        Fault.BROKEN: Wrong(500),
        Fault.BUSY: Wrong(503, headers=_ASKS),
        Fault.LIMIT: Wrong(429, headers=_ASKS),
        Fault.TIMEOUT: Wrong(408),
        Fault.STILL_BUSY: Wrong(409),
        Fault.UNSIGNED: Wrong(401),
        Fault.FORBIDDEN: Wrong(403),
        Fault.MISSING: Wrong(404),
        Fault.MOVED: Wrong(302, headers=((b"location", b"http://127.0.0.1:9/"),)),
        Fault.PAGE: Wrong(
            200, b"<!DOCTYPE html><title>Sign in</title>", headers=((b"content-type", b"text/html"),)
        ),
        Fault.HALF: Wrong(200, b'[{"service_request_id": "1'),
        Fault.HUGE: Wrong(200, b"[" + b" " * HUGE + b"]"),
        Fault.REFUSED: Wrong(400),
        Fault.UNPROCESSABLE: Wrong(422),
    }
)
"""The faults of HTTP that are an answer. The others are about how, and whether, an answer comes."""

HTTP: Mapping[Fault, str] = MappingProxyType(
    {fault: f"answers {wrong.status}" for fault, wrong in ANSWERS.items()}
    | {
        Fault.SILENCE: "keeps the connection open",
        Fault.LATE: "keeps the connection open",
        Fault.CUT: "sends less than its Content-Length",
        Fault.AWAY: "sends less than its Content-Length",
        Fault.BUSY: "answers 503 with Retry-After",
        Fault.LIMIT: "answers 429 with Retry-After",
        Fault.PAGE: "answers 200 with a web page",
        Fault.HALF: "answers 200 with half a JSON",
        Fault.HUGE: f"answers 200 with {HUGE // 1_048_576} MiB",
    }
)
"""How a twin of HTTP plays each fault. Another protocol has such words of its own, in its twin."""


@dataclass(frozen=True, slots=True)
class Received:
    """One request that reached the twin, and what it met there."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    fault: Fault | None


@dataclass(slots=True)
class Script:
    """What goes wrong next: one fault for each request, then `always`, where it is set, until it is cleared."""

    faults: deque[Fault] = field(default_factory=deque)
    always: Fault | None = None
    journal: list[Received] = field(default_factory=list)

    def play(self, *faults: Fault) -> None:
        """Let the next requests meet these faults, one each."""
        self.faults.extend(faults)

    def heal(self) -> None:
        """From now on all is well."""
        self.faults.clear()
        self.always = None

    def next(self) -> Fault | None:
        """The fault that the next request meets."""
        return self.faults.popleft() if self.faults else self.always


class Faulty:
    """An ASGI application that hands requests to a sound one and spoils its answers by a script.

    `answers` is for a protocol over HTTP that says no in ways of its own; `spares` says which requests meet no fault: a
    question that is asked before the case is sent.
    """

    def __init__(
        self,
        app: ASGIApp,
        script: Script,
        answers: Mapping[Fault, Wrong] = ANSWERS,
        spares: Callable[[Scope, bytes], bool] = lambda scope, body: False,
    ) -> None:
        self._app = app
        self._script = script
        self._answers = answers
        self._spares = spares

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request."""
        body = await _whole(receive)
        fault = None if self._spares(scope, body) else self._script.next()
        headers = {name.decode("latin-1").lower(): text.decode("latin-1") for name, text in scope["headers"]}
        self._script.journal.append(Received(scope["method"], scope["path"], headers, body, fault))
        kept: list[Message] = []

        async def keep(message: Message) -> None:
            kept.append(message)

        if fault is None or fault.takes:
            await self._app(scope, _again(body), keep)
        if fault is not None and fault.is_silent:
            await _wait_until_gone(receive)
        if fault is None or fault is Fault.LATE:
            for message in kept:
                await send(message)
        elif fault in self._answers:
            await _answer(self._answers[fault], send)
        elif fault in {Fault.CUT, Fault.AWAY}:
            # A server hangs up on an answer that promises more than comes.
            await send(_start(200, ((b"content-length", b"999"),)))
            await send({"type": "http.response.body", "body": b"[", "more_body": True})


async def _whole(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)


def _again(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _wait_until_gone(receive: Receive) -> None:
    try:
        async with asyncio.timeout(_LONGEST_SILENCE):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return


def _start(status: int, headers: tuple[tuple[bytes, bytes], ...]) -> Message:
    return {"type": "http.response.start", "status": status, "headers": list(headers)}


async def _answer(wrong: Wrong, send: Send) -> None:
    await send(_start(wrong.status, (*wrong.headers, (b"content-length", str(len(wrong.body)).encode()))))
    await send({"type": "http.response.body", "body": wrong.body})


@dataclass(slots=True)
class TwinJob:
    """One job of a twin: its number, the key and reference that it came with, and all that was given."""

    number: str
    key: str
    reference: str
    given: Any


@dataclass(frozen=True, slots=True)
class Told:
    """One change of a job's status, as the twin tells it."""

    id: str
    job: TwinJob
    status: str
    note: str
    at: datetime


@dataclass(slots=True)
class Book:
    """A twin's jobs. A `careful` back office makes one job of what comes under one key; a naive one does not.

    `told` is told as it stands: put an entry in twice, or in another order, and that is what is heard.
    """

    careful: bool = True
    jobs: list[TwinJob] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)

    def take(self, key: str, reference: str, given: Any) -> TwinJob:
        """Take a case, and answer with its job."""
        for job in self.jobs if self.careful and key else ():
            if job.key == key:
                return job
        self.jobs.append(TwinJob(f"T{len(self.jobs) + 1}", key, reference, given))
        return self.jobs[-1]

    def tell(self, job: TwinJob, status: CaseStatus | str, note: str, at: datetime) -> Told:
        """Change a job's status. A word that is no `CaseStatus` is told as it is."""
        self.told.append(Told(f"{job.number}-{len(self.told) + 1}", job, str(status), note, at))
        return self.told[-1]


class Twin(Protocol):
    """A failing twin: its script and its book."""

    @property
    def script(self) -> Script:
        """What goes wrong next."""
        ...

    @property
    def book(self) -> Book:
        """What it has taken and tells."""
        ...

    def messages(self) -> list[tuple[dict[str, str], bytes]]:
        """What is pushed, as (headers, body), for `book.told`; nothing for a back office that is asked."""
        ...


class HttpTwin(Twin, Protocol):
    """A twin that speaks HTTP. `path` is what follows the server's address in the connector's settings."""

    path: str
    app: ASGIApp


TwinMaker = Callable[[Callable[[], datetime], bool], Twin]
"""From a clock and whether it is careful to a twin."""


class Host(Protocol):
    """Where twins of a protocol stand, one at a time, on this machine's loopback.

    `put` changes the twin; `stop` and `start` keep the address, which is what a connector's settings say of the place.
    """

    @property
    def address(self) -> str:
        """The place, once it was started."""
        ...

    def put(self, twin: Any) -> None:
        """Let this twin answer from now on."""
        ...

    async def start(self) -> None:
        """Listen."""
        ...

    async def stop(self) -> None:
        """Close the port: connections are refused from now on, and those that are open end."""
        ...


HostMaker = Callable[[], Host]
