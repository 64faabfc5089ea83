"""A back office that goes away for a day, takes without answering, answers late, repeats and reorders: for every kind.

The whole way: cases handed in as residents do, delivered as the worker does by a clock that is moved, over the kind's real
protocol to its failing twin, and its progress heard again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

import httpx2
import pytest

from commonhall.casework.cases import show_case
from commonhall.casework.collecting import acknowledge, hold, waiting
from commonhall.casework.deliveries import (
    deliver_due,
    list_due,
    list_waiting,
    poll_updates,
    receive_updates,
    reconcile,
)
from commonhall.casework.desk import Desk
from commonhall.connectors.conformance import IMPATIENT, Subject
from commonhall.connectors.faults import Fault, Host, Twin
from commonhall.connectors.registry import KINDS
from commonhall.connectors.twins import SUBJECTS
from commonhall.engine.access import Caller, Scope
from commonhall.engine.back_office import CaseStatus, Connector, DeliveryFailed
from commonhall.engine.package import Adopted
from commonhall.storage.councils import ConnectorRow, list_connectors, save_connector
from tests.casework.conftest import COUNCIL
from tests.casework.test_journeys import submitted
from tests.conftest import SetClock

pytestmark = pytest.mark.network

GSS = "E08000029"
AS_IT_GOES = (
    Fault.CUT, Fault.AWAY, Fault.BROKEN, Fault.BUSY, Fault.LIMIT, Fault.TIMEOUT, Fault.STILL_BUSY, Fault.UNSIGNED,
    Fault.FORBIDDEN, Fault.MISSING, Fault.MOVED, Fault.PAGE, Fault.HALF, Fault.HUGE,
)  # fmt: skip


@dataclass
class Office:
    """A council, its connector, and the back office at the other end."""

    desk: Desk
    adopted: Adopted
    clock: SetClock
    host: Host
    twin: Twin
    connector: Connector
    subject: Subject
    references: list[str] = field(default_factory=list)

    async def hand_in(self, count: int) -> None:
        """Residents hand in cases."""
        for _ in range(count):
            done = await submitted(self.desk, self.adopted)
            assert done.reference is not None
            self.references.append(done.reference)

    async def work(self) -> None:
        """One round of the worker: deliver what is due, and ask what is new. At every moment the sum is right."""
        await deliver_due(self.desk, COUNCIL, GSS, "cats", self.connector)
        with suppress(DeliveryFailed):
            # Where it is away it is asked again in the next round.
            await self.hear()
        found = await reconcile(self.desk, COUNCIL)
        [balance] = found.balances
        assert found.holds
        assert (balance.accepted, balance.failed) == (len(self.references), 0)

    async def hear(self) -> None:
        """What it has to tell, asked for or pushed."""
        if "updates" in self.connector.can:
            [row] = await list_connectors(self.desk.store, COUNCIL)
            await poll_updates(self.desk, COUNCIL, "cats", self.connector, row.updates_until)
        if "receive" in self.connector.can:
            for headers, body in self.twin.messages():
                await receive_updates(self.desk, COUNCIL, "cats", self.connector, headers, body)

    def tell(self, status: CaseStatus) -> None:
        """The back office changes every job that it has."""
        for job in self.twin.book.jobs:
            self.twin.book.tell(job, status, f"{status} of {job.reference} & <ŵ>", self.clock())

    def can_have(self, *faults: Fault) -> list[Fault]:
        """Those of the faults that the protocol can have."""
        return [fault for fault in faults if fault not in self.subject.cannot]


@pytest.fixture(params=sorted(SUBJECTS))
async def office(
    request: pytest.FixtureRequest, desk: Desk, lost_cat: Adopted, clock: SetClock
) -> AsyncIterator[Office]:
    """The council with a connector of each kind."""
    subject = SUBJECTS[request.param]
    twin, host = subject.twin(clock, True), subject.host()
    host.put(twin)
    await host.start()
    await save_connector(desk.store, COUNCIL, ConnectorRow("cats", subject.name, {}, b"", None))
    async with httpx2.AsyncClient(trust_env=False) as http:
        connector = subject.connector(host.address, http, clock, IMPATIENT)
        yield Office(desk, lost_cat, clock, host, twin, connector, subject)
    await host.stop()


async def day_away(office: Office) -> None:
    """Twenty-four hours in which nothing is answered as it should be, and cases go on coming in."""
    office.twin.script.play(*office.can_have(Fault.SILENCE, Fault.LATE))
    await office.hand_in(2)
    await office.work()
    await office.host.stop()
    await office.hand_in(2)
    for _ in range(12):
        office.clock.go(hours=1)
        await office.work()
    assert len(await list_waiting(office.desk, COUNCIL)) >= 2, (
        "what came in meanwhile waits, for everybody to see"
    )
    await office.host.start()
    faults = office.can_have(*AS_IT_GOES)
    for hour in range(12):
        office.twin.script.always = faults[hour % len(faults)]
        office.clock.go(hours=1)
        await office.work()
    office.twin.script.heal()


async def until_nothing_waits(office: Office) -> None:
    """Rounds of the worker, an hour apart, once all is well."""
    for _ in range(12):
        office.clock.go(hours=1)
        await office.work()
        if not await list_waiting(office.desk, COUNCIL):
            return
    pytest.fail("after twelve hours in which all was well something still waits")


async def test_after_a_day_away_every_case_is_there_once(office: Office) -> None:
    await day_away(office)
    await until_nothing_waits(office)
    keys = [(job.key, job.reference) for job in office.twin.book.jobs]
    assert sorted(keys) == sorted((f"{COUNCIL}-{one}-cats", one) for one in office.references)
    found = await reconcile(office.desk, COUNCIL)
    assert [(b.accepted, b.delivered, b.pending, b.failed) for b in found.balances] == [(4, 4, 0, 0)]


async def test_what_is_told_meanwhile_again_and_out_of_order_stands_once_and_in_order(office: Office) -> None:
    if not office.connector.can & {"updates", "receive"}:
        pytest.skip(f"{office.subject.name} hears nothing back")
    await office.hand_in(2)
    # It takes a case, and its answer is lost: what it then says of it comes before we know that it has it.
    office.twin.script.play(next(iter(office.can_have(Fault.CUT, Fault.BROKEN, Fault.SILENCE))))
    await office.work()
    office.clock.go(minutes=1)
    office.tell(CaseStatus.OPEN)
    await day_away(office)
    await until_nothing_waits(office)
    for status in (CaseStatus.IN_PROGRESS, CaseStatus.FIXED):
        office.clock.go(minutes=3)
        office.tell(status)
    told = list(office.twin.book.told)
    again = told * 2
    Random(7).shuffle(again)
    office.twin.book.told = again
    for _ in range(2):
        office.clock.go(minutes=1)
        await office.hear()
    for reference in office.references:
        view = await show_case(office.desk, COUNCIL, reference)
        history = [(one.status, one.note, one.at) for one in view.updates[1:] if not one.receipt]
        assert history == [(one.status, one.note, one.at) for one in told if one.job.reference == reference]
        assert view.status is CaseStatus.FIXED
    assert len(told) > 2 * len(office.references)


async def test_a_system_that_comes_for_its_cases_may_stay_away_for_a_day(
    desk: Desk, lost_cat: Adopted, clock: SetClock
) -> None:
    await save_connector(desk.store, COUNCIL, ConnectorRow("cats", "pull", {"system": "crm"}, b"", None))
    crm = Caller(COUNCIL, "crm", "A CRM", frozenset({Scope.READ, Scope.WORK}))
    references = []
    for _ in range(3):
        references.append((await submitted(desk, lost_cat)).reference or "")
        clock.go(minutes=1)
    # It holds one, makes a job of it, and is gone before it says so.
    await hold(desk, crm, references[0])
    for _ in range(24):
        clock.go(hours=1)
        assert await list_due(desk) == [], "no worker sends what is come for"
        found = await reconcile(desk, COUNCIL)
        assert (found.holds, found.balances[0].pending) == (True, 3)
    assert await waiting(desk, crm, 10) == references, "all of them, in the order in which they came in"
    for number, reference in enumerate([*references[::-1], *references]):
        is_new = await acknowledge(desk, crm, reference, f"job-{reference}")
        assert is_new is (number < 3), "what is said again changes nothing"
    assert await waiting(desk, crm, 10) == []
    [balance] = (await reconcile(desk, COUNCIL)).balances
    assert (balance.accepted, balance.delivered) == (3, 3)


def test_no_kind_is_left_out_of_the_day_away() -> None:
    assert SUBJECTS.keys() | {"pull"} == KINDS.keys()
