"""A council that runs one small service, and a back office that does as it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from commonhall.casework.desk import Desk
from commonhall.engine.adoption import Adopter, adopt
from commonhall.engine.back_office import CaseForDelivery, DeliveryFailed, Receipt, StatusUpdate
from commonhall.engine.package import Adopted
from commonhall.engine.reader import read_service
from commonhall.engine.working_days import Calendar
from commonhall.storage.councils import AdoptedRow, NewAdoption, save_adoptions, save_council

SERVICE = """
id: lost-cat
version: 1.0.0
name: Report a lost cat
lgsl: 432
lgil: 17
start: {intro: Tell us about the cat.}
settings:
  look_days: {type: integer, default: 2, label: Working days in which we look}
pages:
  - id: ours
    question: Is it the council's cat?
    fields: [{id: ours, type: radios, options: [{code: "yes", label: "Yes"}, {code: "no", label: "No"}]}]
  - id: not-ours
    exit: true
    when: answers.ours == 'no'
    question: We only look for the council's cats
    body: Ask the neighbours.
  - id: home
    question: Where does it live?
    fields: [{id: home, type: address}]
  - id: contact
    question: How can we contact you?
    fields:
      - {id: name, type: name, label: Your name}
      - {id: email, type: email, label: Email address, optional: true}
case:
  summary: "Lost cat of {{ answers.home }}"
  target_working_days: settings.look_days
  contact: {name: name, email: email}
  location: home
confirmation: {body: We will look.}
"""
EXAMPLE = "[{name: Ours, today: 2026-03-10, answers: {ours: 'no'}, ends: not-ours}]"
ANSWERS: Mapping[str, Any] = {
    "ours": "yes",
    "home": {"line1": "1 High Street", "town": "Solihull", "postcode": "B91 3QT"},
    "name": "Sam Jones",
    "email": "sam@example.com",
}
COUNCIL = "solihull"


@pytest.fixture
async def lost_cat(desk: Desk, calendars: Mapping[str, Calendar]) -> Adopted:
    """The service as Solihull runs it, with one connector, on the database."""
    files = {"service.yaml": SERVICE, "journeys.yaml": EXAMPLE, "CHANGELOG.md": "1.0.0"}
    service = read_service(files, calendars)
    choices = {"service": "lost-cat", "version": "1.0.0", "connector": "cats"}
    adopted = adopt(service, choices, Adopter("England", ("en",)), calendars)
    for council, gss in ((COUNCIL, "E08000029"), ("kirklees", "E08000034")):
        await save_council(desk.store, council, gss, f"{council}.localhost", {})
        row = AdoptedRow(
            adopted.digest,
            "lost-cat",
            "1.0.0",
            service.digest,
            adopted.choices.model_dump(mode="json"),
            "England",
            ("en",),
        )
        await save_adoptions(desk.store, council, [NewAdoption(row, files, "cats")], desk.clock())
    return adopted


@dataclass
class BackOffice:
    """Accepts what it is given, unless a test says how it fails next."""

    kind: str = "test"
    can: frozenset[str] = frozenset({"deliver", "updates"})
    accepted: dict[str, CaseForDelivery] = field(default_factory=dict)
    times: list[str] = field(default_factory=list)
    faults: list[DeliveryFailed] = field(default_factory=list)
    said: list[StatusUpdate] = field(default_factory=list)
    note: str = ""

    async def deliver(self, case: CaseForDelivery, idempotency_key: str) -> Receipt:
        self.times.append(idempotency_key)
        if self.faults:
            raise self.faults.pop(0)
        self.accepted.setdefault(idempotency_key, case)
        return Receipt(f"job-{len(self.accepted)}", self.note)

    async def updates(self, since: datetime) -> list[StatusUpdate]:
        return list(self.said)

    def receive(self, headers: Mapping[str, str], body: bytes) -> list[StatusUpdate]:
        raise NotImplementedError


@pytest.fixture
def back_office() -> BackOffice:
    """A back office that accepts everything."""
    return BackOffice()
