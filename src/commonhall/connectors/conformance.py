"""The conformance kit: a connector against its failing twin, through every fault, told in plain words.

    subject = Subject("open311", make_twin, make_connector)
    for check in await examine(subject, clock): print(check)

The laws: nothing is lost; the same key makes one job, however often it is sent; "no" and "not now" are told
apart; whatever comes back, nothing is raised but `DeliveryFailed` and `UpdateRefused`; an update keeps its id.

They speak of what a back office does, in no protocol's words. A protocol that is not HTTP brings a host of its own for
its twins, says how they play each fault, and of every fault or law that it cannot have why not: that is reported as "does
not apply", never left out. It opens sockets on this machine's loopback.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import httpx2

from commonhall.connectors.faults import HTTP, Fault, HostMaker, TwinMaker
from commonhall.connectors.http import Patience
from commonhall.connectors.laws import TESTS, Bench, Broken, Law, Test, hold_under
from commonhall.connectors.serving import HttpHost
from commonhall.engine.back_office import Connector

ConnectorMaker = Callable[[str, httpx2.AsyncClient, Callable[[], datetime], Patience], Connector]
"""From the twin's address, a client, a clock and its patience to the connector."""

PATIENT = Patience(connect=10.0, answer=30.0, whole=60.0, between=0.01)
IMPATIENT = Patience(connect=10.0, answer=0.5, whole=10.0, between=0.01)


@dataclass(frozen=True, slots=True)
class Subject:
    """A connector to examine: its name, how its twin and the connector itself are made, and where the twin stands.

    `plays` says how the protocol does each fault, in its own words. `cannot` says of the faults and laws that it cannot
    have why not: each fault must stand in one of the two.
    """

    name: str
    twin: TwinMaker
    connector: ConnectorMaker
    host: HostMaker = HttpHost
    plays: Mapping[Fault, str] = field(default_factory=lambda: HTTP)
    cannot: Mapping[Fault | Law, str] = field(default_factory=dict)
    holds: Callable[[str], str] = str
    """What the protocol can hold of a text: XML has no control characters."""

    def __post_init__(self) -> None:
        unsaid = [fault.name for fault in Fault if fault not in self.plays and fault not in self.cannot]
        if unsaid:
            raise ValueError(f"{self.name} says neither how it plays {', '.join(unsaid)} nor why it cannot")


@dataclass(frozen=True, slots=True)
class Check:
    """One law put to the test. `words` says what was seen where it did not hold, or why it does not apply."""

    law: str
    held: bool
    words: str = ""
    applies: bool = True

    def __str__(self) -> str:
        outcome = ("held  " if self.held else "BROKEN") if self.applies else "n/a   "
        return f"{outcome} {self.law}{f': {self.words}' if self.words else ''}"


async def examine(subject: Subject, clock: Callable[[], datetime]) -> tuple[Check, ...]:
    """Put every law to the test, each with a fresh twin. Answers with one check for each, broken ones too."""
    found = []
    faults = tuple(fault for fault in Fault if fault not in subject.cannot)
    host = subject.host()
    host.put(subject.twin(clock, True))
    await host.start()
    try:
        async with httpx2.AsyncClient(trust_env=False) as http:
            patient = subject.connector(host.address, http, clock, PATIENT)
            hasty = subject.connector(host.address, http, clock, IMPATIENT)
            for law, words, test in _laws(subject, patient):
                if words is not None:
                    found.append(Check(law, True, words, applies=False))
                    continue
                twin = subject.twin(clock, law != Law.NAIVE)
                host.put(twin)
                found.append(
                    await _put(law, test, Bench(twin, patient, hasty, host, clock, faults, subject.holds))
                )
    finally:
        await host.stop()
    return tuple(found)


async def _put(law: str, test: Test, bench: Bench) -> Check:
    try:
        await test(bench)
    except Broken as broken:
        return Check(law, False, str(broken))
    except Exception as error:
        return Check(law, False, f"{type(error).__name__} was raised: {error}")
    return Check(law, True)


def _laws(subject: Subject, connector: Connector) -> Iterator[tuple[str, str | None, Test]]:
    """Each law with why it does not apply, if it does not, and its test."""
    cannot: dict[Fault | Law, str] = dict(subject.cannot)
    if not connector.can & {"updates", "receive"}:
        cannot |= dict.fromkeys((Law.HEARD, Law.AGAIN), "this connector hears nothing back")
    if "updates" not in connector.can:
        cannot.setdefault(Law.DEAF, "this connector does not ask")
    for law, test in TESTS.items():
        yield law, cannot.get(law), test
    for fault in Fault:
        how = f" ({subject.plays[fault]})" if fault in subject.plays else ""
        yield f"where the back office {fault}{how}", cannot.get(fault), partial(hold_under, fault)
