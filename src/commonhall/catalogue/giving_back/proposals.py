"""A council's change proposals to a shared service, and what its maintainer decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from commonhall.catalogue.giving_back.variation import Running, Variation, Varied, choices_of, variation
from commonhall.engine.package import Service
from commonhall.engine.staff import Actor
from commonhall.storage import proposals as stored
from commonhall.storage.audit import NewEntry
from commonhall.storage.pool import Store
from commonhall.storage.proposals import ProposalRow, RunningRow

LONGEST_REASON = 2000
ReadPackage = Callable[[str], Service]
"""A service by its package's digest."""


class NothingToPropose(Exception):  # noqa: N818
    """The council does not vary this (any more), or has proposed it already; the message says which."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A choice of a council that it could propose."""

    kind: str
    key: str
    language: str
    value: Any
    proposed: bool


@dataclass(frozen=True, slots=True)
class Weighed:
    """A proposal as its maintainer sees it: how many councils vary the same thing, and how many just like this."""

    proposal: ProposalRow
    varied: Varied | None
    alike: int


async def list_offers(
    store: Store, council: str, service: Service, choices: Mapping[str, Any]
) -> list[Offer]:
    """Where this council differs from the shared service, and what of it is proposed already."""
    open_now = {
        (row.service, row.kind, row.key, row.language)
        for row in await stored.list_proposals(store, council)
        if row.state == "open"
    }
    return [
        Offer(kind, key, language, value, (service.id, kind, key, language) in open_now)
        for kind, key, language, value in choices_of(service, choices)
    ]


async def propose(
    store: Store,
    council: str,
    service: Service,
    choices: Mapping[str, Any],
    offer: tuple[str, str, str],
    *,
    reason: str,
    proposal: str,
    now: datetime,
    by: Actor,
) -> None:
    """Propose a choice to the shared service. `offer` is its (kind, key, language). Raises `NothingToPropose`."""
    kind, key, language = offer
    value = next((v for *what, v in choices_of(service, choices) if tuple(what) == offer), None)
    if value is None:
        raise NothingToPropose(
            "your council runs this as the shared service has it: there is nothing to propose"
        )
    new = stored.NewProposal(
        proposal,
        service.id,
        service.version,
        kind,
        key,
        language,
        value,
        reason[:LONGEST_REASON],
        now,
        by.name,
    )
    details = {"service": service.id, "kind": kind, "key": key}
    entry = NewEntry(now, by.person, by.name, "proposal.make", service.id, details)
    if not await stored.add_proposal(store, council, new, entry):
        raise NothingToPropose("this is proposed already, and not decided yet")


async def list_proposed(store: Store, council: str) -> list[ProposalRow]:
    """What a council has proposed, latest first."""
    return await stored.list_proposals(store, council)


async def withdraw(store: Store, council: str, proposal: str, *, now: datetime, by: Actor) -> bool:
    """Take a proposal back; False where it is not open."""
    entry = NewEntry(now, by.person, by.name, "proposal.withdraw", proposal)
    return await stored.withdraw_proposal(store, council, proposal, entry)


async def weigh(
    store: Store, read: ReadPackage, *, service: str | None = None, state: str | None = "open"
) -> list[Weighed]:
    """What all councils have proposed, each with how many vary the same thing. For the maintainer."""
    rows = await stored.all_proposals(store, service, state)
    running = [running_of(row, read) for row in await stored.list_running(store, service)]
    found = {(one.service, v.kind, v.key, v.language): v for one in variation(running) for v in one.varied}
    weighed = []
    for row in rows:
        varied = found.get((row.service, row.kind, row.key, row.language))
        alike = next((count for value, count in varied.values if value == row.value), 0) if varied else 0
        weighed.append(Weighed(row, varied, alike))
    return weighed


def running_of(row: RunningRow, read: ReadPackage) -> Running:
    """What a council runs, with its service read."""
    return Running(row.council, read(row.package), row.choices)


async def decide(
    store: Store, council: str, proposal: str, *, taken: bool, now: datetime, by: str, words: str
) -> bool:
    """The maintainer takes or declines a proposal, and says why; False where it is not open."""
    state = "taken" if taken else "declined"
    return await stored.decide_proposal(store, council, proposal, state, now, by, words)


async def find_open(store: Store, council: str, proposal: str) -> ProposalRow | None:
    """An open proposal of a council."""
    rows = await stored.all_proposals(store, None, "open")
    return next((row for row in rows if (row.council, row.proposal) == (council, proposal)), None)


async def list_variation(store: Store, read: ReadPackage, service: str | None = None) -> list[Variation]:
    """How much the councils of this installation vary each service."""
    return variation(running_of(row, read) for row in await stored.list_running(store, service))
