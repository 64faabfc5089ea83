"""One council's rows become another's: surveyed first, then moved as the owner, in one transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg

from commonhall.storage.audit import NewEntry, write_entry
from commonhall.storage.moving import COUNTED, LEFT_OUT, SUMMED, TABLES
from commonhall.storage.pool import Store
from commonhall.storage.queries import councils as councils_q
from commonhall.storage.queries import data_sets as data_sets_q
from commonhall.storage.queries import deliveries as deliveries_q
from commonhall.storage.queries import merging as q
from commonhall.storage.queries import merging_measures as measures_q
from commonhall.storage.queries import moving as moving_q
from commonhall.storage.queries.measures import WAIT_TO_ROLL_UP
from commonhall.storage.queries.service_hours import HOLD_SERVICE_HOURS, JOIN_SERVICE_HOURS

KEPT_AS_FORMER = ("former_council", "former_reference")


class MergeBroken(Exception):  # noqa: N818
    """The database does not go along, and nothing was changed; the message says why."""


class Counted(NamedTuple):
    """What a council has."""

    cases: int
    updates: int
    deliveries: int
    pending: int
    failed: int
    ratings: int
    measures: int
    journeys: int
    early_updates: int
    proposals: int
    service_drafts: int
    entries: int
    formers: int
    providers: int


class SiteRow(NamedTuple):
    """A council's site, as much as its successor has to know."""

    gss: str
    host: str
    config: Mapping[str, Any]


class ServiceRow(NamedTuple):
    """A service that a council runs."""

    service: str
    version: str
    state: str


class PersonRow(NamedTuple):
    """Somebody on a council's list; `email` in lower case."""

    person: str
    email: str
    issuer: str | None
    subject: str | None
    roles: Sequence[str]
    removed: bool


class FormerRow(NamedTuple):
    """A council that became part of another; `connectors` are those that have another name now, by their own."""

    former: str
    gss: str
    host: str
    name: Mapping[str, str]
    merged_at: datetime
    connectors: Mapping[str, str]


class FormerHost(NamedTuple):
    """Where a former council's host leads: `council` is the one that it became part of."""

    council: str
    former: str
    host: str
    name: Mapping[str, str]
    connectors: Mapping[str, str]


class NewNames(NamedTuple):
    """What has another name after the move, by its own: `sources` are connectors, and their receipts."""

    sources: Mapping[str, str]
    people: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Survey:
    """What councils have, read at one moment."""

    connection: Any

    async def site(self, council: str) -> SiteRow | None:
        """A council's site."""
        return _site(await self.connection.fetchrow(q.MERGED_SITE.sql, council))

    async def merged_into(self, council: str) -> str | None:
        """Which council one of this name became part of before."""
        found: str | None = await self.connection.fetchval(q.WAS_MERGED.sql, council)
        return found

    async def counted(self, council: str) -> Counted:
        """How much a council has."""
        return Counted(*await self.connection.fetchrow(q.SURVEY.sql, council))

    async def connectors(self, council: str) -> set[str]:
        """Every connector's name that something of a council stands under."""
        return {row[0] for row in await self.connection.fetch(q.CONNECTOR_NAMES.sql, council)}

    async def services(self, council: str) -> list[ServiceRow]:
        """What a council runs."""
        return [ServiceRow(*row) for row in await self.connection.fetch(q.MERGED_SERVICES.sql, council)]

    async def drafts(self, council: str) -> set[str]:
        """The services that a council has a draft for."""
        return {row[0] for row in await self.connection.fetch(q.MERGED_DRAFTS.sql, council)}

    async def people(self, council: str) -> list[PersonRow]:
        """Everybody whom a council has or had."""
        return [PersonRow(*row) for row in await self.connection.fetch(q.MERGED_PEOPLE.sql, council)]

    async def local_answers(self, council: str) -> list[tuple[str, str, int]]:
        """How many cases answer own questions: (service, version, cases)."""
        rows = await self.connection.fetch(q.LOCAL_ANSWERS.sql, council)
        return [(row[0], row[1], row[2]) for row in rows]

    async def same_references(self, council: str, others: Sequence[str]) -> int:
        """How many references one of the others has given, too."""
        return int(await self.connection.fetchval(q.COUNT_SAME_REFERENCES.sql, council, list(others)))

    async def formers(self, council: str) -> list[FormerRow]:
        """The councils that became part of this one."""
        return [FormerRow(*row) for row in await self.connection.fetch(q.LIST_FORMERS_OF.sql, council)]

    async def out_of_balance(self, council: str) -> list[str]:
        """Connectors whose accepted is not delivered + pending + failed, and cases without their delivery."""
        wrong = [
            row[0]
            for row in await self.connection.fetch(deliveries_q.RECONCILE.sql, council)
            if row[1] != sum(row[2:])
        ]
        return wrong + [row[0] for row in await self.connection.fetch(deliveries_q.LOST_CASES.sql, council)]


@asynccontextmanager
async def surveying(store: Store) -> AsyncIterator[Survey]:
    """Read several councils as they are at this moment."""
    async with (
        store.owner.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        await connection.execute(moving_q.UNBOUNDED)
        yield Survey(connection)


@dataclass(frozen=True, slots=True)
class Merge(Survey):
    """A merge under way. Every step is for one council (`old`) that becomes part of another (`new`)."""

    async def hold(self, olds: Sequence[str], new: str) -> None:
        """Let nobody else move these, and nobody begin anything at those that go."""
        await self.connection.fetchrow(q.HOLD_SUCCESSOR.sql, new)
        for old in sorted(olds):
            await self.connection.fetchrow(q.HOLD_COUNCIL.sql, old)
            await self.connection.execute(q.HOLD_JOURNEYS.sql, old)
            # A system of a council that goes is let in anew, and told from then on.
            for table in ("push_refused", "push"):
                await self.connection.execute(moving_q.remove_rows(table).sql, old)

    async def move_services(self, old: str, new: str, names: NewNames, now: datetime) -> None:
        """Adopted versions, drafts, what runs, and the ways to back offices."""
        run = self.connection.execute
        await run(q.COPY_ADOPTED.sql, old, new)
        await run(q.MOVE_DRAFTS.sql, old, new, dict(names.people))
        await run(q.MOVE_ADOPTIONS.sql, old, new, dict(names.sources), now)
        await run(q.MOVE_CONNECTORS.sql, old, new, dict(names.sources))
        for table in ("draft", "adoption"):
            await run(moving_q.remove_rows(table).sql, old)

    async def move_measures(self, old: str, new: str) -> tuple[int, int]:
        """Measures; answers by how much their numbers grew, so that no two are the same, and how many they were."""
        by = 0
        if await self.connection.fetchval(measures_q.SAME_MEASURES.sql, old, new):
            least, span = await self.connection.fetchrow(measures_q.SPAN_OF_MEASURES.sql, old)
            reserve = q.reserve("measure", "measure").sql
            by = int(await self.connection.fetchval(reserve, span + 1)) + 1 - least
        for council in sorted((old, new)):
            await self.connection.fetchval(WAIT_TO_ROLL_UP.sql, council)
        await self.connection.execute(councils_q.CARRY_SIMULATED.sql, old, new)
        await self.connection.execute(measures_q.COPY_PATHS.sql, old, new)
        moved = _many(await self.connection.execute(measures_q.MOVE_MEASURES.sql, old, new, by))
        return by, moved

    async def batch(self, old: str, new: str, after: str, most: int) -> list[tuple[str, bool]]:
        """The next references, and whether the successor gave the same one."""
        rows = await self.connection.fetch(q.BATCH_OF_CASES.sql, old, new, after, most)
        return [(row[0], row[1]) for row in rows]

    async def taken(self, old: str, new: str, reference: str) -> bool:
        """Whether a reference means a case of either already."""
        return bool(await self.connection.fetchval(q.REFERENCE_TAKEN.sql, old, new, reference))

    async def move_cases(
        self, old: str, new: str, references: Sequence[tuple[str, str]], names: NewNames, by: int
    ) -> tuple[int, int]:
        """Cases with histories, deliveries, ratings and attachments: (reference, what it is now). Answers cases and deliveries."""
        before, now = [one[0] for one in references], [one[1] for one in references]
        sources, people = dict(names.sources), dict(names.people)
        done = await self.connection.fetchrow(q.MOVE_CASES.sql, old, new, before, now, sources, people, by)
        changed = [(new, old, was, became) for was, became in references if was != became]
        if changed:
            await self.connection.executemany(q.KEEP_FORMER_REFERENCE.sql, changed)
        return done[0], done[1]

    async def move_rest_of_casework(self, old: str, new: str, names: NewNames, by: int) -> None:
        """Forms under way, and updates of cases that are not known yet. After the cases."""
        await self.connection.execute(q.MOVE_JOURNEYS.sql, old, new, by)
        await self.connection.execute(q.MOVE_EARLY_UPDATES.sql, old, new, dict(names.sources))
        await self.connection.execute(data_sets_q.MOVE_DATA_SETS.sql, old, new)

    async def move_people(
        self,
        old: str,
        new: str,
        names: NewNames,
        same: Mapping[str, Sequence[str]],
        now: datetime,
        *,
        keep_roles: bool,
    ) -> None:
        """Staff and what they work on. `same` are those whom the successor has already, with their roles at the old."""
        run = self.connection.execute
        await run(moving_q.remove_rows("staff_session").sql, old)
        if keep_roles:
            for person, roles in same.items():
                await run(q.ADD_ROLES.sql, new, names.people[person], list(roles))
        await run(q.DROP_SAME_PEOPLE.sql, old, list(same))
        await run(q.MOVE_PEOPLE.sql, old, new, dict(names.people), keep_roles, now)
        await run(moving_q.remove_rows("identity_provider").sql, old)
        await run(q.MOVE_SERVICE_DRAFTS.sql, old, new, dict(names.people))
        await run(q.MOVE_PROPOSALS.sql, old, new)

    async def keep_formers(self, old: str, new: str, formers: Sequence[FormerRow]) -> None:
        """Write down where the old council's addresses lead from now on, and those of its own formers."""
        await self.connection.execute(moving_q.remove_rows("former_council").sql, old)
        await self.connection.executemany(q.KEEP_FORMER.sql, [(new, *row) for row in formers])

    async def end(self, old: str, new: str, names: NewNames, entry: NewEntry) -> None:
        """How services ran, and the audit trail, last: until the end nobody else writes to them. Then nothing of the old
        council is left.

        The guard of the trail is taken off for this as for a council's removal. Raises `MergeBroken`.
        """
        run = self.connection.execute
        await run(moving_q.LET_AUDIT_GO)
        await run(q.MARK_AUDIT.sql, old, dict(names.people))
        if await self.connection.fetchval(q.TRAILS_CROSS.sql, old, new):
            many = await self.connection.fetchval(q.COUNT_TRAILS.sql, old, new)
            base = await self.connection.fetchval(q.reserve("audit", "entry").sql, many)
            await run(q.NUMBER_AUDIT.sql, old, new, base)
        else:
            await run(q.MOVE_AUDIT.sql, old, new)
        await run(moving_q.KEEP_AUDIT)
        # Web processes and workers add to hours at any moment: those that come now wait, and then find the council gone.
        await run(HOLD_SERVICE_HOURS)
        await run(JOIN_SERVICE_HOURS.sql, old, new)
        for table in (
            "attempt",
            "adopted",
            "council_image",
            "api_key",
            "api_system",
            "measure_path",
            "service_hour",
            "alert",
            "alert_look",
            "notice",
            *COUNTED,
            *SUMMED,
        ):
            await run(moving_q.remove_rows(table).sql, old)
        for table in (*LEFT_OUT, *(one.name for one in TABLES if one.name != "council")):
            left = await self.connection.fetchval(moving_q.count_rows(table).sql, old)
            if left:
                raise MergeBroken(f"{left} rows of {table} would be left at {old}")
        await run(moving_q.remove_rows("council").sql, old)
        await run(councils_q.TOUCH_COUNCIL.sql, new)
        await write_entry(self.connection, new, entry)


@asynccontextmanager
async def merging(store: Store) -> AsyncIterator[Merge]:
    """Merge: all of it when the block ends, nothing of it when it raises. Raises `MergeBroken`."""
    try:
        async with store.owner.acquire() as connection, connection.transaction():
            await connection.execute(moving_q.UNBOUNDED)
            yield Merge(connection)
    except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError) as error:
        raise MergeBroken("somebody was at work there at the same moment: try again") from error
    except asyncpg.PostgresError as error:
        raise MergeBroken(f"{type(error).__name__}: {error}") from error


async def list_former_hosts(store: Store) -> list[FormerHost]:
    """Where every former council's host leads, those that were merged first before the others."""
    return [FormerHost(*row) for row in await store.operator.fetch(q.LIST_FORMER_COUNCILS.sql)]


def _site(row: Any) -> SiteRow | None:
    return SiteRow(*row) if row else None


def _many(done: str) -> int:
    return int(done.rpartition(" ")[2])
