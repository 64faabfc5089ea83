"""Trying a connector at a real back office, which nobody can make go wrong: as much of the kit as can be had there.

The faults are played by the twins (`conformance.py`). Here the questions are those that a supplier and a council ask of
each other: is it reached, does it take a case, does the same key make one job, what does it say to nonsense.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from commonhall.connectors.conformance import Check
from commonhall.connectors.places import allowed_addresses
from commonhall.connectors.samples import HOSTILE, sample_case
from commonhall.engine.back_office import (
    CaseForDelivery,
    Connector,
    Contact,
    DeliveryFailed,
    News,
    Receipt,
    StatusUpdate,
    UpdateRefused,
)

PORTS = {"http": 80, "https": 443, "amqp": 5672, "amqps": 5671}
ENCRYPTED = frozenset({"https", "amqps"})
LOOK_BACK = timedelta(days=30)
LONGEST_CONNECT = 10.0
_LABEL = "TEST, please ignore"


@dataclass(frozen=True, slots=True)
class Timed:
    """A check and how many seconds it took."""

    check: Check
    seconds: float


@dataclass(frozen=True, slots=True)
class Trial:
    """A connector and how it is tried. `run` makes the references of this trial its own."""

    connector: Connector
    settings: Mapping[str, Any]
    secrets: Mapping[str, Any]
    clock: Callable[[], datetime]
    run: str
    service: str
    allow_private: bool

    def case(self, number: int, *, hostile: bool = False) -> CaseForDelivery:
        """A case that says plainly that it is none."""
        case = sample_case(f"TEST-{self.run}-{number}", hostile=hostile)
        return replace(
            case,
            service=self.service,
            submitted_at=self.clock(),
            target_on=None,
            summary=f"{_LABEL}: {case.summary}",
            details=((_LABEL, "Sent by commonhall connector check"), *case.details),
            contact=Contact(_LABEL, "test@example.com"),
        )

    def key(self, number: int) -> str:
        """The idempotency key of a case."""
        return f"check-{self.run}-{number}"


class _NotHere(Exception):  # noqa: N818
    """Why a question cannot be asked here."""


class _Broken(Exception):  # noqa: N818
    """What was seen against it."""


_Step = Callable[[Trial], Awaitable[str]]


async def try_out(trial: Trial, *, deliver: bool) -> tuple[Timed, ...]:
    """Ask everything that can be asked; cases are sent only where `deliver`."""
    found = []
    vain = ""
    for question, step, sends in _STEPS:
        begun = time.monotonic()
        if vain:
            check = Check(question, True, vain, applies=False)
        elif sends and not deliver:
            check = Check(question, True, "no case was sent", applies=False)
        else:
            check = await _ask(question, step, trial)
        found.append(Timed(check, time.monotonic() - begun))
        if not check.held and step in _IN_VAIN:
            vain = _IN_VAIN[step]
    return tuple(found)


async def _ask(question: str, step: _Step, trial: Trial) -> Check:
    try:
        return Check(question, True, await step(trial))
    except _NotHere as reason:
        return Check(question, True, str(reason), applies=False)
    except (_Broken, DeliveryFailed) as broken:
        return Check(question, False, str(broken))
    except Exception as error:
        return Check(question, False, f"{type(error).__name__} was raised: {error}")


def place_of(settings: Mapping[str, Any]) -> tuple[str, int, bool] | None:
    """Host, port and whether it is encrypted from the first word, of the place that a configuration names."""
    for name in ("url", "endpoint", "base", "wsdl"):
        text = settings.get(name)
        if isinstance(text, str) and "://" in text:
            parts = urlsplit(text)
            port = parts.port or PORTS.get(parts.scheme)
            return (parts.hostname, port, parts.scheme in ENCRYPTED) if parts.hostname and port else None
    host, port = settings.get("host"), settings.get("port")
    return (host, port, False) if isinstance(host, str) and isinstance(port, int) else None


async def _reached(trial: Trial) -> str:
    place = place_of(trial.settings)
    if place is None:
        raise _NotHere("the configuration names no host with a port: sending tells")
    host, port, encrypted = place
    addresses = await asyncio.to_thread(allowed_addresses, host, port, trial.allow_private)
    authority = trial.secrets.get("authority")
    tls = ssl.create_default_context(cadata=authority or None) if encrypted else None
    try:
        async with asyncio.timeout(LONGEST_CONNECT):
            _, writer = await asyncio.open_connection(
                addresses[0], port, ssl=tls, server_hostname=host if tls else None
            )
    except (OSError, TimeoutError) as error:
        raise _Broken(f"{host} at {addresses[0]}, port {port}: {error or 'no answer in time'}") from None
    version = writer.get_extra_info("ssl_object").version() if tls else ""
    writer.close()
    return f"{addresses[0]}, port {port}{f', {version}' if version else ''}"


async def _asked(trial: Trial) -> str:
    if "updates" not in trial.connector.can:
        raise _NotHere("this connector does not ask")
    first = await _news(trial)
    second = await _news(trial)
    if gone := first.keys() - second.keys():
        raise _Broken(f"told once and not again: {', '.join(sorted(gone)[:5])}")
    if changed := [name for name in first if first[name] != second[name]]:
        raise _Broken(f"told otherwise the second time: {changed[0]}")
    return f"{len(first)} updates of the last {LOOK_BACK.days} days"


async def _news(trial: Trial) -> dict[str, News]:
    heard = await trial.connector.updates(trial.clock() - LOOK_BACK)
    return {one.update_id: one for one in heard}


async def _taken(trial: Trial) -> str:
    receipt = await trial.connector.deliver(trial.case(1), trial.key(1))
    return f"{trial.case(1).reference} is {_number(receipt)} there"


async def _one_key(trial: Trial) -> str:
    receipts = [await trial.connector.deliver(trial.case(1), trial.key(1)) for _ in range(2)]
    return _same(receipts)


async def _at_once(trial: Trial) -> str:
    sent = (trial.connector.deliver(trial.case(2), trial.key(2)) for _ in range(3))
    return _same(list(await asyncio.gather(*sent)))


def _same(receipts: list[Receipt]) -> str:
    numbers = {receipt.external_id for receipt in receipts}
    if numbers == {None}:
        raise _NotHere("it gives no number to tell by: look whether the case is there once")
    if len(numbers) > 1:
        raise _Broken(f"one case became several: {', '.join(map(str, numbers))}")
    return f"always {_number(receipts[0])}"


async def _two_keys(trial: Trial) -> str:
    first = await trial.connector.deliver(trial.case(1), trial.key(1))
    second = await trial.connector.deliver(trial.case(3), trial.key(3))
    if first.external_id is None:
        raise _NotHere("it gives no number to tell by")
    if first.external_id == second.external_id:
        raise _Broken(f"two cases became one: {_number(first)}")
    return f"{_number(first)} and {_number(second)}"


async def _hostile(trial: Trial) -> str:
    case = trial.case(4, hostile=True)
    receipt = await trial.connector.deliver(case, trial.key(4))
    echoes = [receipt.note]
    if "updates" in trial.connector.can:
        echoes += [
            _words(one) for one in (await _news(trial)).values() if one.external_id == receipt.external_id
        ]
    echoed = [words for words in HOSTILE if any(words in echo for echo in echoes)]
    if echoed:
        return f"{len(echoed)} of {len(HOSTILE)} came back whole"
    return f"taken; nothing that comes back shows the words: look at {_number(receipt)} there"


def _words(news: News) -> str:
    return news.note if isinstance(news, StatusUpdate) else news.reason


async def _nonsense(trial: Trial) -> str:
    case = replace(trial.case(5), service="no-such-service", answers={}, details=())
    try:
        receipt = await trial.connector.deliver(case, trial.key(5))
    except DeliveryFailed as failure:
        if failure.permanent:
            return failure.reason
        raise _Broken(
            f"'not now' to what it will never take, which is sent again for a week: {failure.reason}"
        ) from None
    raise _NotHere(f"it takes whatever comes, as {_number(receipt)}: somebody there must say no")


async def _forged(trial: Trial) -> str:
    if "receive" not in trial.connector.can:
        raise _NotHere("nothing can be pushed to this connector")
    now = str(int(trial.clock().timestamp()))
    signature = {"webhook-id": "1", "webhook-timestamp": now, "webhook-signature": "v1,AAAA"}
    for headers in ({}, signature):
        try:
            trial.connector.receive(headers, b"{}")
        except UpdateRefused:
            continue
        raise _Broken("it took a message that nobody signed")
    return "refused"


def _number(receipt: Receipt) -> str:
    return f"number {receipt.external_id}" if receipt.external_id else "without a number"


_STEPS: tuple[tuple[str, _Step, bool], ...] = (
    ("the place is allowed, reached, and its certificate believed", _reached, False),
    ("it can be asked for progress, and tells the same when asked twice", _asked, False),
    ("what is pushed without a good signature is refused", _forged, False),
    ("it takes a case", _taken, True),
    ("the same key again is the same job", _one_key, True),
    ("the same key three times at once is one job", _at_once, True),
    ("another key is another job", _two_keys, True),
    ("a case with hostile words in it is taken", _hostile, True),
    ("it says no to a case that it cannot take", _nonsense, True),
    ("once it has cases, it can still be asked, and tells the same twice", _asked, True),
)
_IN_VAIN: Mapping[_Step, str] = {
    _reached: "not asked: it is not reached",
    _taken: "not asked: it takes no case",
}
"""After which steps that failed the rest would say the same."""
