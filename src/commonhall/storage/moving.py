"""Whole councils on their way out of and into a database, as the owner, in one transaction each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import asyncpg

from commonhall.storage.pool import Store
from commonhall.storage.queries import councils as councils_q
from commonhall.storage.queries import moving as q
from commonhall.storage.queries.measures import WAIT_TO_ROLL_UP
from commonhall.storage.queries.service_hours import HOLD_SERVICE_HOURS


class Table(NamedTuple):
    """A table of councils' data: the key that orders its rows, and the columns that do not leave with them.

    `computed` columns are made again from the others; `blank` ones leave empty.
    """

    name: str
    key: tuple[str, ...]
    computed: tuple[str, ...] = ()
    blank: tuple[str, ...] = ()


TABLES = (
    Table("council", ("council",)),
    Table("council_image", ("digest",)),
    Table("adopted", ("digest",)),
    Table("adoption", ("service",)),
    Table("connector", ("connector",), blank=("secrets",)),
    Table("identity_provider", ("council",), blank=("secret",)),
    Table("person", ("person",)),
    Table("measure", ("measure",)),
    Table("measure_path", ("path",)),
    Table("service_hour", ("service", "hour")),
    Table("journey", ("journey",)),
    Table("council_case", ("reference",), computed=("search",)),
    Table("case_update", ("reference", "sequence")),
    Table("delivery", ("reference", "connector", "sequence")),
    Table("rating", ("reference",)),
    Table("attachment", ("reference", "attachment")),
    Table("early_update", ("connector", "external_id", "update_id")),
    Table("draft", ("service",)),
    Table("service_draft", ("draft",)),
    Table("proposal", ("proposal",)),
    Table("former_council", ("former",)),
    Table("former_reference", ("former", "reference")),
    Table("api_system", ("system",)),
    Table("api_key", ("digest",)),
    Table("push", ("system",), blank=("secrets",)),
    Table("push_refused", ("system", "reference", "sequence")),
    Table("data_set", ("data_group", "data_type")),
    Table("data_token", ("digest",)),
    Table("data_record", ("data_group", "data_type", "record")),
    Table("alert", ("service", "what", "raised_on")),
    Table("notice", ("person", "about")),
    Table("audit", ("entry",)),
)
"""Every table that leaves with a council, in the order in which rows can be put back."""

LEFT_OUT = {
    "alert_look": "the day on which services were last compared with their past; compared again where they arrive",
    "attempt": "wrong guesses at cases, forgotten after an hour",
    "staff_session": "who is signed in now; staff sign in again",
}
"""Tables of councils' data that do not leave, and why."""

COUNTED = ("measure_change", "measure_day", "measure_month")
"""Tables of councils' data that do not leave, since they are counted again from the measures that do."""

SUMMED = ("data_sum",)
"""Tables of councils' data that do not leave, since the database sums up in them the records that do."""

_NUMBERED = (("measure", "measure"), ("audit", "entry"))


class MovedPackage(NamedTuple):
    """A package with what is known of it; `files` are texts by name."""

    digest: str
    service: str
    version: str
    files: Mapping[str, str]
    added_at: datetime


class SealedRow(NamedTuple):
    """Credentials as the installation sealed them: of which table, of what there, in which column."""

    table: str
    name: str
    column: str
    sealed: bytes


class FormerLead(NamedTuple):
    """A case of a council that became part of this one: the reference that was `given` there, and the one `now`."""

    former: str
    given: str
    now: str


class RowsRefused(Exception):  # noqa: N818
    """The database does not take these rows; the message says which table and why."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One council as it was at one moment."""

    connection: Any
    council: str

    async def count(self, table: Table) -> int:
        """How many rows it has."""
        return int(await self.connection.fetchval(q.count_rows(table.name).sql, self.council))

    async def rows(self, table: Table) -> AsyncIterator[str]:
        """Its rows, each a JSON object in one line, a few at a time in memory."""
        sql = q.read_rows(*table).sql
        async for row in self.connection.cursor(sql, self.council, prefetch=500):
            yield row[0]

    async def secrets(self) -> list[SealedRow]:
        """Its credentials, sealed."""
        return [SealedRow(*row) for row in await self.connection.fetch(q.LIST_SEALED.sql, self.council)]

    async def packages(self) -> AsyncIterator[MovedPackage]:
        """The packages that it stands on."""
        async for row in self.connection.cursor(q.COUNCIL_PACKAGES.sql, self.council, prefetch=1):
            yield MovedPackage(*row)


@asynccontextmanager
async def reading(store: Store, council: str) -> AsyncIterator[Reading]:
    """Read one council as it is at this moment, however long reading takes."""
    async with (
        store.owner.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        await connection.execute(q.UNBOUNDED)
        yield Reading(connection, council)


_KEEP_SECRETS = {
    "connector": q.KEEP_CONNECTOR_SECRETS,
    "identity_provider": q.KEEP_PROVIDER_SECRET,
    "push": q.KEEP_PUSH_SECRETS,
}


@dataclass(frozen=True, slots=True)
class Writing:
    """A council being put into the database; nobody sees it before all of it is there."""

    connection: Any

    async def here(self, council: str, gss: str, host: str) -> str | None:
        """Which council has one of these already."""
        found: str | None = await self.connection.fetchval(q.COUNCIL_HERE.sql, council, gss, host)
        return found

    async def columns(self, table: Table) -> list[str]:
        """The columns that a row of this table has here."""
        rows = await self.connection.fetch(q.COUNCIL_COLUMNS.sql, table.name)
        return [row[0] for row in rows if row[0] not in table.computed]

    async def add_package(self, package: MovedPackage) -> None:
        """Keep a package; one that is here already stays."""
        await self.connection.execute(councils_q.ADD_PACKAGE.sql, *package)

    async def add(self, table: Table, columns: list[str], lines: Sequence[str]) -> None:
        """Add rows, each a JSON object. Raises `RowsRefused`."""
        try:
            await self.connection.execute(q.write_rows(table.name, columns).sql, f"[{','.join(lines)}]")
        except asyncpg.PostgresError as error:
            raise RowsRefused(f"{table.name}: {error}") from error

    async def keep_secret(self, table: str, council: str, name: str, sealed: bytes) -> None:
        """Put back credentials of a row that is there."""
        query = _KEEP_SECRETS[table]
        await self.connection.execute(query.sql, council, name, sealed)

    async def finish(self) -> None:
        """Let numbering go on after what came."""
        for table, column in _NUMBERED:
            await self.connection.execute(q.go_on_after(table, column).sql)


@asynccontextmanager
async def writing(store: Store) -> AsyncIterator[Writing]:
    """Put a council in: all of it when the block ends, nothing of it when it raises."""
    async with store.owner.acquire() as connection, connection.transaction():
        await connection.execute(q.UNBOUNDED)
        yield Writing(connection)


async def list_former_leads(store: Store, council: str, reference: str) -> list[FormerLead]:
    """Which cases a reference may mean to residents of former councils, by what they were given or have now."""
    rows = await store.durable.fetch(q.LIST_FORMER_LEADS.sql, council, reference)
    return [FormerLead(*row) for row in rows]


async def count_pending(store: Store, council: str) -> int:
    """How many deliveries of a council are still on their way."""
    return int(await store.owner.fetchval(q.COUNCIL_PENDING.sql, council))


async def remove_council(store: Store, council: str) -> dict[str, int]:
    """Remove everything of a council; answers how many rows of each table went. Packages stay: they are shared.

    The audit trail is append-only for everybody. A whole council's goes with it because its owner takes the guard off
    inside this transaction, which nobody but the owner of the tables may; until it ends, nobody else writes to the trail.
    """
    gone = {}
    async with store.owner.acquire() as connection, connection.transaction():
        await connection.execute(q.UNBOUNDED)
        await connection.execute(HOLD_SERVICE_HOURS)
        await connection.execute(q.LET_AUDIT_GO)
        await connection.fetchval(WAIT_TO_ROLL_UP.sql, council)
        # The counts last: a measure that goes is noted as a change, and a record taken from its sum.
        for name in (*LEFT_OUT, *(table.name for table in reversed(TABLES)), *COUNTED, *SUMMED):
            done = await connection.execute(q.remove_rows(name).sql, council)
            gone[name] = int(done.rpartition(" ")[2])
        await connection.execute(q.KEEP_AUDIT)
    return gone
