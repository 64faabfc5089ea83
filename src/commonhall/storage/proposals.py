"""Change proposals on disk, and what all councils run, for who maintains the services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from commonhall.storage.audit import NewEntry, write_entry
from commonhall.storage.pool import Store, transaction
from commonhall.storage.queries import proposals as q
from commonhall.storage.queries.councils import LIST_RUNNING


@dataclass(frozen=True, slots=True)
class RunningRow:
    """What one council runs of one service: its choices are configuration, no resident's data."""

    council: str
    service: str
    version: str
    package: str
    digest: str
    choices: Mapping[str, Any]
    nation: str
    languages: Sequence[str]


@dataclass(frozen=True, slots=True)
class NewProposal:
    """What a council offers: `key` is the setting's, the text's or the place's name; `language` only of a text."""

    proposal: str
    service: str
    version: str
    kind: str
    key: str
    language: str
    value: Any
    reason: str
    made_at: datetime
    made_by: str


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A proposal as stored."""

    council: str
    proposal: str
    service: str
    version: str
    kind: str
    key: str
    language: str
    value: Any
    reason: str
    made_at: datetime
    made_by: str
    state: str
    decided_at: datetime | None
    decided_by: str | None
    decision: str


async def list_running(store: Store, service: str | None = None) -> list[RunningRow]:
    """What all councils of this installation run now, of one service or of all."""
    return [RunningRow(*row) for row in await store.operator.fetch(LIST_RUNNING.sql, service)]


async def add_proposal(store: Store, council: str, new: NewProposal, entry: NewEntry) -> bool:
    """Keep a proposal; False where the same is open already."""
    async with transaction(store, council) as connection:
        added = await connection.fetchval(
            q.ADD_PROPOSAL.sql,
            council,
            new.proposal,
            new.service,
            new.version,
            new.kind,
            new.key,
            new.language,
            new.value,
            new.reason,
            new.made_at,
            new.made_by,
        )
        if added is not None:
            await write_entry(connection, council, entry)
    return added is not None


async def list_proposals(store: Store, council: str) -> list[ProposalRow]:
    """What a council has proposed, latest first."""
    return [ProposalRow(*row) for row in await store.durable.fetch(q.LIST_PROPOSALS.sql, council)]


async def withdraw_proposal(store: Store, council: str, proposal: str, entry: NewEntry) -> bool:
    """Take a proposal back; False where it is not open."""
    async with transaction(store, council) as connection:
        done = await connection.fetchval(q.WITHDRAW_PROPOSAL.sql, council, proposal, entry.at, entry.actor)
        if done is not None:
            await write_entry(connection, council, entry)
    return done is not None


async def all_proposals(store: Store, service: str | None, state: str | None) -> list[ProposalRow]:
    """What all councils have proposed, of one service and state or of all."""
    return [ProposalRow(*row) for row in await store.operator.fetch(q.ALL_PROPOSALS.sql, service, state)]


async def decide_proposal(
    store: Store, council: str, proposal: str, state: str, now: datetime, by: str, decision: str
) -> bool:
    """Take (`taken`) or decline (`declined`) a proposal; False where it is not open."""
    done = await store.operator.fetchval(q.DECIDE_PROPOSAL.sql, council, proposal, state, now, by, decision)
    return done is not None
