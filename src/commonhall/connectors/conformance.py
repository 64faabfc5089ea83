"""The conformance kit: a connector against its failing twin, through every fault, told in plain words.

    subject = Subject("open311", make_twin, make_connector)
    for check in await examine(subject, clock): print(check)

The laws: nothing is lost; the same key makes one job, however often it is sent; "no" and "not now" are told
apart; whatever comes back, nothing is raised but `DeliveryFailed` and `UpdateRefused`; an update keeps its id.
It opens sockets on this machine's loopback.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx2

from commonhall.connectors.faults import ANSWERS, RETRY_AFTER, Fault, Twin, TwinMaker
from commonhall.connectors.http import Patience
from commonhall.connectors.serving import Served, serve
from commonhall.engine.back_office import (
    CaseForDelivery,
    CaseLocation,
    CaseStatus,
    Connector,
    Contact,
    DeliveryFailed,
    Receipt,
    StatusUpdate,
    UpdateRefused,
)

ConnectorMaker = Callable[[str, httpx2.AsyncClient, Callable[[], datetime], Patience], Connector]
"""From the twin's address, a client, a clock and its patience to the connector."""

PATIENT = Patience(connect=10.0, answer=30.0, whole=60.0, between=0.01)
IMPATIENT = Patience(connect=10.0, answer=0.5, whole=10.0, between=0.01)
_UNANSWERED = frozenset({Fault.SILENCE, Fault.LATE})
_EITHER = frozenset({Fault.HALF_JSON})
"""Where the protocol may take a 2xx for acceptance, whatever comes with it."""

HOSTILE = (
    "</description><script>alert(1)</script>",
    "a&b=c+d%20e;f\r\nSet-Cookie: g",
    "Ŵŷn ap Siôn 🚲 \u202eright to left\u2028",
    "'; drop table cases; -- \\ \"",
    "{{ 7 * 7 }} ${HOME} \t\x0b\x7f",
)


@dataclass(frozen=True, slots=True)
class Subject:
    """A connector to examine: its name, and how its twin and the connector itself are made."""

    name: str
    twin: TwinMaker
    connector: ConnectorMaker


@dataclass(frozen=True, slots=True)
class Check:
    """One law put to the test. `words` says what was seen where it did not hold."""

    law: str
    held: bool
    words: str = ""

    def __str__(self) -> str:
        return f"{'held  ' if self.held else 'BROKEN'} {self.law}{f': {self.words}' if self.words else ''}"


class _Broken(Exception):  # noqa: N818
    """What was seen against a law."""


@dataclass(frozen=True, slots=True)
class _Bench:
    """A connector and its twin, face to face. `hasty` waits half a second for an answer, `connector` long."""

    twin: Twin
    connector: Connector
    hasty: Connector
    served: Served
    clock: Callable[[], datetime]

    async def deliver(self, case: CaseForDelivery, key: str) -> Receipt:
        """Deliver where all is well."""
        try:
            return await self.connector.deliver(case, key)
        except DeliveryFailed as failure:
            raise _Broken(f"a sound back office was not reached: {failure.reason}") from None

    async def fail(self, connector: Connector, case: CaseForDelivery, key: str) -> DeliveryFailed:
        """Deliver where it must fail."""
        try:
            receipt = await connector.deliver(case, key)
        except DeliveryFailed as failure:
            return failure
        raise _Broken(f"it took {receipt} for acceptance")

    async def hear(self) -> list[StatusUpdate]:
        """Everything that the twin tells, asked for or pushed."""
        heard: list[StatusUpdate] = []
        if "updates" in self.connector.can:
            news = await self.connector.updates(self.clock() - timedelta(days=200))
            heard += [one for one in news if isinstance(one, StatusUpdate)]
        if "receive" in self.connector.can:
            for headers, body in self.twin.messages():
                heard += self.connector.receive(headers, body)
        return heard


Law = Callable[[_Bench], Awaitable[None]]


async def examine(subject: Subject, clock: Callable[[], datetime]) -> tuple[Check, ...]:
    """Put every law to the test, each with a fresh twin. Answers with one check for each, broken ones too."""
    found = []
    sound = subject.twin(clock, True)
    async with serve(sound.app) as served, httpx2.AsyncClient(trust_env=False) as http:
        url = served.url + sound.path
        patient = subject.connector(url, http, clock, PATIENT)
        hasty = subject.connector(url, http, clock, IMPATIENT)
        for law, careful, test in _laws():
            twin = subject.twin(clock, careful)
            served.app = twin.app
            found.append(await _put(law, test, _Bench(twin, patient, hasty, served, clock)))
    return tuple(found)


async def _put(law: str, test: Law, bench: _Bench) -> Check:
    try:
        await test(bench)
    except _Broken as broken:
        return Check(law, False, str(broken))
    except Exception as error:
        return Check(law, False, f"{type(error).__name__} was raised: {error}")
    return Check(law, True)


def _laws() -> Iterator[tuple[str, bool, Law]]:
    yield "a case arrives whole, with hostile words in it, and the receipt has a number", True, _whole
    yield "the same key sent three times is one job with one number", True, _one_key
    yield "another key is another job", True, _two_keys
    yield "while nobody listens a case waits, and then arrives once", True, _refused_connection
    yield "through a storm of faults every case arrives, once", True, _storm
    yield (
        "at a back office that ignores keys nothing is lost, and the reference shows what is double",
        False,
        _naive,
    )
    for fault in Fault:
        yield f"where the back office {fault}", True, _fault_law(fault)
    yield "an update is heard with its case, status, time and note", True, _heard
    yield "an update told twice, late or out of order is the same update with the same id", True, _again
    yield "where updates cannot be had, nothing is taken for 'nothing new'", True, _deaf
    yield "what is pushed without a good, fresh signature is refused", True, _forged


async def _whole(bench: _Bench) -> None:
    case = sample_case("R1", hostile=True)
    receipt = await bench.deliver(case, "key-1")
    if not receipt.external_id:
        raise _Broken("the receipt has no number")
    given = set(_leaves(bench.twin.book.jobs[0].given))
    missing = [text for text in _leaves(case.answers) if text not in given]
    if missing:
        raise _Broken(f"these answers did not arrive as they were given: {missing}")
    if not all(any(part in text for text in given) for part in (case.reference, "sam@example.com")):
        raise _Broken("the reference or the contact did not arrive")


async def _one_key(bench: _Bench) -> None:
    receipts = [await bench.deliver(sample_case("R1"), "key-1") for _ in range(3)]
    _count(bench, 1)
    if len({receipt.external_id for receipt in receipts}) != 1:
        raise _Broken(f"the receipts differ: {receipts}")


async def _two_keys(bench: _Bench) -> None:
    await bench.deliver(sample_case("R1"), "key-1")
    await bench.deliver(sample_case("R2"), "key-2")
    _count(bench, 2)


async def _refused_connection(bench: _Bench) -> None:
    await bench.served.stop()
    failure = await bench.fail(bench.connector, sample_case("R1"), "key-1")
    await bench.served.start()
    _is_temporary(failure)
    await bench.deliver(sample_case("R1"), "key-1")
    _count(bench, 1)


async def _storm(bench: _Bench) -> None:
    bench.twin.script.play(*(fault for fault in Fault if fault not in _UNANSWERED and not _is_no(fault)))
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


async def _naive(bench: _Bench) -> None:
    bench.twin.script.play(Fault.BROKEN)
    await bench.fail(bench.connector, sample_case("R1"), "key-1")
    await bench.deliver(sample_case("R1"), "key-1")
    _count(bench, 2)
    if {(job.key, job.reference) for job in bench.twin.book.jobs} != {("key-1", "R1")}:
        raise _Broken("the doubled jobs do not carry the same key and reference")


def _fault_law(fault: Fault) -> Law:
    async def test(bench: _Bench) -> None:
        connector = bench.hasty if fault in _UNANSWERED else bench.connector
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
            raise _Broken("it was taken for acceptance")
        if accepted:
            _count(bench, 1)
        await bench.deliver(case, "key-1")
        _count(bench, 1)

    return test


def _is_no(fault: Fault) -> bool:
    return fault in ANSWERS and ANSWERS[fault].permanent


def _is_right(fault: Fault, failure: DeliveryFailed) -> None:
    if not failure.reason:
        raise _Broken("the failure gives no reason")
    if not _is_no(fault):
        _is_temporary(failure)
    elif not failure.permanent:
        raise _Broken("a refusal of this case was taken for 'not now'")
    elif "as the script says" not in failure.reason:
        raise _Broken(f"the back office's own words are missing from: {failure.reason}")
    if fault in {Fault.BUSY, Fault.LIMIT} and failure.retry_after != RETRY_AFTER:
        raise _Broken(f"Retry-After was {RETRY_AFTER}, but was heard as {failure.retry_after}")


def _is_temporary(failure: DeliveryFailed) -> None:
    if failure.permanent:
        raise _Broken(f"'not now' was taken for a refusal: {failure.reason}")


def _count(bench: _Bench, jobs: int) -> None:
    if len(bench.twin.book.jobs) != jobs:
        raise _Broken(f"the back office has {len(bench.twin.book.jobs)} jobs instead of {jobs}")


async def _tell_three(bench: _Bench) -> None:
    for number in range(3):
        await bench.deliver(sample_case(f"R{number}"), f"key-{number}")
        job = bench.twin.book.jobs[number]
        at = bench.clock().replace(microsecond=0) - timedelta(days=100 - 10 * number)
        bench.twin.book.tell(job, CaseStatus.IN_PROGRESS, f"note {number} & <ŵ>", at)


def _as_told(bench: _Bench) -> set[tuple[str, str, datetime, str]]:
    return {(told.job.number, told.status, told.at, told.note) for told in bench.twin.book.told}


async def _heard(bench: _Bench) -> None:
    await _tell_three(bench)
    heard = {(one.external_id, one.status.value, one.at, one.note) for one in await bench.hear()}
    if heard != _as_told(bench):
        raise _Broken(f"told {_as_told(bench)}, but heard {heard}")


async def _again(bench: _Bench) -> None:
    await _tell_three(bench)
    before = {one.update_id: one for one in await bench.hear()}
    bench.twin.book.told = [*reversed(bench.twin.book.told), *bench.twin.book.told]
    after = await bench.hear()
    if {one.update_id: one for one in after} != before:
        raise _Broken(f"heard {before} first, and {after} then")
    if len(before) != 3:
        raise _Broken(f"three updates have {len(before)} ids")


async def _deaf(bench: _Bench) -> None:
    if "updates" not in bench.connector.can:
        return
    await _tell_three(bench)
    wrong = [fault for fault in Fault if fault is not Fault.MISSING]
    for fault in wrong:
        bench.twin.script.always = fault
        try:
            heard = await (bench.hasty if fault in _UNANSWERED else bench.connector).updates(bench.clock())
        except DeliveryFailed:
            continue
        raise _Broken(f"where the back office {fault}, it heard {heard}")
    bench.twin.script.heal()
    if len(await bench.hear()) != 3:
        raise _Broken("not everything was heard once all was well")


async def _forged(bench: _Bench) -> None:
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
        raise _Broken(f"it took {heard} from {headers}")


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _leaves(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _leaves(part)
    elif value is not None:
        yield ("true" if value else "false") if isinstance(value, bool) else str(value)


_CASE = CaseForDelivery(
    council="solihull",
    council_gss="E08000029",
    reference="",
    service="missed-bin",
    service_name="Report a missed bin collection",
    version="1.0.0",
    lgsl=524,
    lgil=17,
    channel="web",
    language="en",
    submitted_at=datetime(2026, 3, 10, 9, 0, tzinfo=UTC),
    target_on=date(2026, 3, 12),
    summary="Missed Rubbish at 1 High Street",
    answers={"containers": ["refuse", "food"], "clear": True, "count": 2, "local": {"gate": "yes"}},
    details=(("Which bins were missed?", "Rubbish and Food waste"),),
    contact=Contact("Sam Jones", "sam@example.com", "0121 496 0000"),
    location=CaseLocation("1 High Street, Solihull", "B91 3QT", "100070000001", 52.4118, -1.7776),
)


def sample_case(reference: str, *, hostile: bool = False) -> CaseForDelivery:
    """A case to deliver; a hostile one has words that break careless software, among its answers."""
    if not hostile:
        return replace(_CASE, reference=reference)
    words = {f"words_{number}": text for number, text in enumerate(HOSTILE)}
    answers = {**_CASE.answers, **words, "home": {"line1": HOSTILE[0]}, "external_id": HOSTILE[1]}
    return replace(_CASE, reference=reference, summary=" ".join(HOSTILE), answers=answers)
