"""The laws that every connector keeps, each with the test that finds out. `conformance.py` plays them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from commonhall.connectors.faults import RETRY_AFTER, SAID, Fault, Host, Twin
from commonhall.connectors.samples import sample_case
from commonhall.engine.back_office import (
    CaseForDelivery,
    CaseStatus,
    Connector,
    DeliveryFailed,
    News,
    Receipt,
    StatusUpdate,
    UpdateRefused,
)

_EITHER = frozenset({Fault.HALF})
"""Where a protocol may take what came for acceptance."""


class Law(StrEnum):
    """What must hold, besides what must hold under each `Fault`."""

    WHOLE = "a case arrives whole, with hostile words in it"
    NUMBER = "the receipt has the back office's number"
    ONE_KEY = "the same key sent three times is one job with one number"
    AT_ONCE = "the same key sent three times at the same moment is one job"
    TWO_KEYS = "another key is another job"
    GONE = "while nobody listens a case waits, and then arrives once"
    STORM = "through a storm of faults every case arrives, once"
    NAIVE = "at a back office that ignores keys nothing is lost, and the reference shows what is double"
    WISH = "a back office's wish to be left alone for a while is heard"
    HEARD = "an update is heard with its case, status, time and note"
    AGAIN = "an update told twice, late or out of order is the same update with the same id"
    DEAF = "where updates cannot be had, nothing is taken for 'nothing new'"
    FORGED = "what is pushed without a good, fresh signature is refused"


class Broken(Exception):  # noqa: N818
    """What was seen against a law."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A connector and its twin, face to face. `hasty` waits half a second for an answer, `connector` long;
    `faults` are those that the protocol can have."""

    twin: Twin
    connector: Connector
    hasty: Connector
    host: Host
    clock: Callable[[], datetime]
    faults: tuple[Fault, ...]
    holds: Callable[[str], str] = str

    async def deliver(self, case: CaseForDelivery, key: str) -> Receipt:
        """Deliver where all is well."""
        try:
            return await self.connector.deliver(case, key)
        except DeliveryFailed as failure:
            raise Broken(f"a sound back office was not reached: {failure.reason}") from None

    async def fail(self, connector: Connector, case: CaseForDelivery, key: str) -> DeliveryFailed:
        """Deliver where it must fail."""
        try:
            receipt = await connector.deliver(case, key)
        except DeliveryFailed as failure:
            return failure
        raise Broken(f"it took {receipt} for acceptance")

    async def hear(self) -> list[News]:
        """Everything that the twin tells, asked for or pushed."""
        heard: list[News] = []
        if "updates" in self.connector.can:
            heard += await self.connector.updates(self.clock() - timedelta(days=200))
        if "receive" in self.connector.can:
            for headers, body in self.twin.messages():
                heard += self.connector.receive(headers, body)
        return heard


Test = Callable[[Bench], Awaitable[None]]


async def _whole(bench: Bench) -> None:
    case = sample_case("R1", hostile=True)
    await bench.deliver(case, "key-1")
    given = set(_leaves(bench.twin.book.jobs[0].given))
    missing = [text for text in _leaves(case.answers) if bench.holds(text) not in given]
    if missing:
        raise Broken(f"these answers did not arrive as they were given: {missing}")
    if not all(any(part in text for text in given) for part in (case.reference, "sam@example.com")):
        raise Broken("the reference or the contact did not arrive")


async def _number(bench: Bench) -> None:
    receipt = await bench.deliver(sample_case("R1"), "key-1")
    if not receipt.external_id:
        raise Broken("the receipt has no number")


async def _one_key(bench: Bench) -> None:
    receipts = [await bench.deliver(sample_case("R1"), "key-1") for _ in range(3)]
    _count(bench, 1)
    if len({receipt.external_id for receipt in receipts}) != 1:
        raise Broken(f"the receipts differ: {receipts}")


async def _at_once(bench: Bench) -> None:
    receipts = await asyncio.gather(*(bench.deliver(sample_case("R1"), "key-1") for _ in range(3)))
    _count(bench, 1)
    if len({receipt.external_id for receipt in receipts}) != 1:
        raise Broken(f"the receipts differ: {receipts}")


async def _two_keys(bench: Bench) -> None:
    await bench.deliver(sample_case("R1"), "key-1")
    await bench.deliver(sample_case("R2"), "key-2")
    _count(bench, 2)


async def _gone(bench: Bench) -> None:
    await bench.host.stop()
    failure = await bench.fail(bench.connector, sample_case("R1"), "key-1")
    await bench.host.start()
    _is_temporary(failure)
    await bench.deliver(sample_case("R1"), "key-1")
    _count(bench, 1)


async def _storm(bench: Bench) -> None:
    bench.twin.script.play(*(fault for fault in bench.faults if not (fault.is_silent or fault.is_no)))
    for number in range(5):
        for _ in Fault:
            try:
                await bench.connector.deliver(sample_case(f"R{number}"), f"key-{number}")
            except DeliveryFailed as failure:
                _is_temporary(failure)
                continue
            break
    bench.twin.script.heal()
    for number in range(5):
        await bench.deliver(sample_case(f"R{number}"), f"key-{number}")
    _count(bench, 5)


async def _naive(bench: Bench) -> None:
    bench.twin.script.play(next(fault for fault in bench.faults if fault.takes and not fault.is_silent))
    await bench.fail(bench.connector, sample_case("R1"), "key-1")
    await bench.deliver(sample_case("R1"), "key-1")
    _count(bench, 2)
    if {(job.key, job.reference) for job in bench.twin.book.jobs} != {("key-1", "R1")}:
        raise Broken("the doubled jobs do not carry the same key and reference")


async def _wish(bench: Bench) -> None:
    for fault in (Fault.BUSY, Fault.LIMIT):
        bench.twin.script.play(fault)
        failure = await bench.fail(bench.connector, sample_case("R1"), "key-1")
        if failure.retry_after != RETRY_AFTER:
            raise Broken(f"it asked for {RETRY_AFTER} seconds, but was heard as {failure.retry_after}")


async def hold_under(fault: Fault, bench: Bench) -> None:
    """Under this fault nothing is lost, and a no is told from a not now."""
    connector = bench.hasty if fault.is_silent else bench.connector
    case = sample_case("R1")
    bench.twin.script.always = fault
    try:
        await connector.deliver(case, "key-1")
        accepted = True
    except DeliveryFailed as failure:
        accepted = False
        _is_right(fault, failure)
    bench.twin.script.heal()
    if accepted and fault not in _EITHER:
        raise Broken("it was taken for acceptance")
    if accepted:
        _count(bench, 1)
    await bench.deliver(case, "key-1")
    _count(bench, 1)


def _is_right(fault: Fault, failure: DeliveryFailed) -> None:
    if not failure.reason:
        raise Broken("the failure gives no reason")
    if not fault.is_no:
        _is_temporary(failure)
    elif not failure.permanent:
        raise Broken("a refusal of this case was taken for 'not now'")
    elif SAID not in failure.reason:
        raise Broken(f"the back office's own words are missing from: {failure.reason}")


def _is_temporary(failure: DeliveryFailed) -> None:
    if failure.permanent:
        raise Broken(f"'not now' was taken for a refusal: {failure.reason}")


def _count(bench: Bench, jobs: int) -> None:
    if len(bench.twin.book.jobs) != jobs:
        raise Broken(f"the back office has {len(bench.twin.book.jobs)} jobs instead of {jobs}")


async def _tell_three(bench: Bench) -> None:
    for number in range(3):
        await bench.deliver(sample_case(f"R{number}"), f"key-{number}")
        job = bench.twin.book.jobs[number]
        at = bench.clock().replace(microsecond=0) - timedelta(days=100 - 10 * number)
        bench.twin.book.tell(job, CaseStatus.IN_PROGRESS, f"note {number} & <ŵ>", at)


def _as_told(bench: Bench) -> set[tuple[str, str, datetime, str]]:
    return {(told.job.number, told.status, told.at, told.note) for told in bench.twin.book.told}


async def _heard(bench: Bench) -> None:
    await _tell_three(bench)
    heard = {
        (one.external_id, one.status.value, one.at, one.note)
        for one in await bench.hear()
        if isinstance(one, StatusUpdate)
    }
    if heard != _as_told(bench):
        raise Broken(f"told {_as_told(bench)}, but heard {heard}")


async def _again(bench: Bench) -> None:
    await _tell_three(bench)
    before = {one.update_id: one for one in await bench.hear()}
    bench.twin.book.told = [*reversed(bench.twin.book.told), *bench.twin.book.told]
    after = await bench.hear()
    if {one.update_id: one for one in after} != before:
        raise Broken(f"heard {before} first, and {after} then")
    if len(before) != 3:
        raise Broken(f"three updates have {len(before)} ids")


async def _deaf(bench: Bench) -> None:
    await _tell_three(bench)
    for fault in bench.faults:
        bench.twin.script.always = fault
        try:
            heard = await (bench.hasty if fault.is_silent else bench.connector).updates(bench.clock())
        except DeliveryFailed:
            continue
        raise Broken(f"where the back office {fault}, it heard {heard}")
    bench.twin.script.heal()
    if len(await bench.hear()) != 3:
        raise Broken("not everything was heard once all was well")


async def _forged(bench: Bench) -> None:
    forged: list[tuple[dict[str, str], bytes]] = [
        ({}, b"{}"),
        ({"webhook-id": "1", "webhook-timestamp": "x", "webhook-signature": "v1,"}, b"\xff"),
    ]
    if "receive" in bench.connector.can:
        await _tell_three(bench)
        for headers, body in bench.twin.messages():
            forged.append((headers, body.replace(b"in_progress", b"fixed")))
            names = [name for name in headers if name.startswith("webhook-")]
            forged += [({**headers, name: text}, body) for name in names for text in ("", "1", "v1,AAAA")]
    for headers, body in forged:
        try:
            heard = bench.connector.receive(headers, body)
        except UpdateRefused:
            continue
        raise Broken(f"it took {heard} from {headers}")


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _leaves(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _leaves(part)
    elif value is not None:
        yield ("true" if value else "false") if isinstance(value, bool) else str(value)


TESTS: Mapping[Law, Test] = {
    Law.WHOLE: _whole,
    Law.NUMBER: _number,
    Law.ONE_KEY: _one_key,
    Law.AT_ONCE: _at_once,
    Law.TWO_KEYS: _two_keys,
    Law.GONE: _gone,
    Law.STORM: _storm,
    Law.NAIVE: _naive,
    Law.WISH: _wish,
    Law.HEARD: _heard,
    Law.AGAIN: _again,
    Law.DEAF: _deaf,
    Law.FORGED: _forged,
}
