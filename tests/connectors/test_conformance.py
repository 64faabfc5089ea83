"""Every connector keeps every law of the conformance kit; a careless one is found out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from commonhall.connectors import twins
from commonhall.connectors.conformance import Check, Subject, examine
from commonhall.connectors.email import twin as email
from commonhall.connectors.faults import HTTP, Fault, Twin
from commonhall.connectors.laws import Law
from commonhall.connectors.open311 import twin as open311
from commonhall.connectors.open311.twin import Open311Twin
from commonhall.connectors.registry import KINDS
from commonhall.engine.back_office import CaseForDelivery, Connector, DeliveryFailed, Receipt
from tests.connectors import rest_subjects

pytestmark = pytest.mark.network

Clock = Callable[[], datetime]


def open311_twin(**how: Any) -> Callable[[Clock, bool], Twin]:
    return lambda clock, careful: Open311Twin(clock, careful=careful, **how)


VARIANTS = (
    Subject("open311 with tokens", open311_twin(token_after=1), open311.connect),
    Subject("open311 without updates", open311_twin(has_updates=False), open311.connect),
    replace(email.SUBJECT, name="email with a mailbox", connector=email.connect_with_mailbox),
)
WEBHOOK = twins.SUBJECTS["webhook"]
PRODUCTS = [rest_subjects.subject(name) for name in rest_subjects.SETTINGS]
SUBJECTS = {**twins.SUBJECTS, **{variant.name: variant for variant in (*VARIANTS, *PRODUCTS)}}


def test_every_kind_has_a_twin_or_a_reason_to_have_none() -> None:
    assert twins.SUBJECTS.keys() | twins.WITHOUT.keys() == KINDS.keys()
    assert not twins.SUBJECTS.keys() & twins.WITHOUT.keys()


@pytest.mark.parametrize("name", SUBJECTS)
async def test_a_connector_keeps_every_law(name: str, clock: Clock) -> None:
    checks = await examine(SUBJECTS[name], clock)
    broken = [str(check) for check in checks if not check.held]
    assert broken == []
    assert len(checks) == len(Law) + len(Fault)


class Careless:
    """A connector that believes whatever comes back, and changes its key each time."""

    def __init__(self, connector: Connector) -> None:
        self.kind, self.can = connector.kind, connector.can
        self.updates, self.receive = connector.updates, connector.receive
        self._connector = connector
        self._sent = 0

    async def deliver(self, case: CaseForDelivery, idempotency_key: str) -> Receipt:
        self._sent += 1
        try:
            return await self._connector.deliver(case, f"{idempotency_key}-{self._sent}")
        except DeliveryFailed as failure:
            if "answered 503" in failure.reason:
                return Receipt("surely")
            raise


async def test_the_kit_finds_a_careless_connector_out(clock: Clock) -> None:
    subject = Subject("careless", WEBHOOK.twin, lambda *parts: Careless(WEBHOOK.connector(*parts)))
    broken = {check.law: check.words for check in await examine(subject, clock) if not check.held}
    assert broken["the same key sent three times is one job with one number"].startswith(
        "the back office has 3"
    )
    busy = "where the back office is too busy for now (answers 503 with Retry-After)"
    assert "taken for acceptance" in broken[busy]
    assert "where the back office takes the case and breaks (answers 500)" in broken


def test_a_check_reads_as_a_line() -> None:
    assert str(Check("it is so", True)) == "held   it is so"
    assert str(Check("it is so", False, "it was not")) == "BROKEN it is so: it was not"
    assert str(Check("it is so", True, "nobody asks", applies=False)) == "n/a    it is so: nobody asks"


def test_what_a_protocol_cannot_have_is_said_and_not_left_out() -> None:
    with pytest.raises(ValueError, match="says neither how it plays SILENCE, LATE"):
        Subject("mute", WEBHOOK.twin, WEBHOOK.connector, plays={Fault.CUT: "hangs up"})


async def test_what_does_not_apply_is_reported_with_its_reason(clock: Clock) -> None:
    plays = {fault: how for fault, how in HTTP.items() if fault is not Fault.MOVED}
    cannot: dict[Fault | Law, str] = {Fault.MOVED: "it stays", Law.NUMBER: "it has none"}
    checks = await examine(replace(WEBHOOK, plays=plays, cannot=cannot), clock)
    assert {check.law: check.words for check in checks if not check.applies} == {
        "the receipt has the back office's number": "it has none",
        "where the back office has moved": "it stays",
        "where updates cannot be had, nothing is taken for 'nothing new'": "this connector does not ask",
    }
    assert len(checks) == len(Law) + len(Fault)
