"""No statement reaches another council's rows: not by what it asks, and not by what it forgets to ask."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from commonhall import storage
from commonhall.storage.audit import NewEntry
from commonhall.storage.pool import OPERATOR, TENANT, Store
from tests.storage.town import THEIRS, fill_town, rows_of, tenant_tables

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
OURS = "nottingham"


@pytest.fixture
async def towns(store: Store) -> Store:
    """Two councils with rows in every table; the other one's texts carry a mark."""
    await fill_town(store, "solihull", THEIRS, NOW)
    await fill_town(store, OURS, "ours", NOW)
    return store


# -- the database's own rule ---------------------------------------------------------------------------------


async def test_every_table_with_a_council_is_held_to_it(store: Store) -> None:
    tables = await tenant_tables(store)
    held = await store.owner.fetch(
        """
        select c.relname, c.relrowsecurity, (
          select count(*) from pg_policies p where p.tablename = c.relname and p.policyname = 'own_council') as rules
        from pg_class c where c.relname = any($1)
        """,
        tables,
    )
    assert {row["relname"] for row in held} == set(tables)
    assert [row["relname"] for row in held if not (row["relrowsecurity"] and row["rules"] == 1)] == []


async def test_nobody_who_serves_pages_may_pass_the_rule(store: Store) -> None:
    roles = await store.owner.fetch(
        "select rolname, rolsuper, rolbypassrls, rolcanlogin from pg_roles where rolname = any($1)",
        [TENANT, OPERATOR],
    )
    assert {tuple(row) for row in roles} == {(TENANT, False, False, False), (OPERATOR, False, False, False)}
    owned = await store.owner.fetchval(
        "select count(*) from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname = any($1)",
        [TENANT, OPERATOR],
    )
    assert owned == 0
    assert await store.durable.fetchval("select current_user where $1 <> ''", OURS) == TENANT


async def test_a_query_that_forgets_its_council_sees_its_own_rows_alone(towns: Store) -> None:
    for table in await tenant_tables(towns):
        rows = await towns.durable.fetch(f"select * from {table} where $1 <> ''", OURS)
        assert rows, f"the test has no row of {table}"
        assert {row["council"] for row in rows} == {OURS}, table


async def test_a_change_that_forgets_its_council_changes_its_own_rows_alone(towns: Store) -> None:
    before = await rows_of(towns, "solihull")
    tables = await tenant_tables(towns)
    async with towns.durable.acquire(OURS) as connection:
        for table in tables:
            for change in (f"update {table} set council = council", f"delete from {table}"):
                attempt = connection.transaction()
                await attempt.start()
                try:
                    await connection.execute(change)
                except (asyncpg.InsufficientPrivilegeError, asyncpg.IntegrityConstraintViolationError):
                    pass
                finally:
                    await attempt.rollback()
    assert await rows_of(towns, "solihull") == before


async def test_nobody_writes_in_another_s_name(towns: Store) -> None:
    async with towns.durable.acquire(OURS) as connection:
        for table in await tenant_tables(towns):
            attempt = connection.transaction()
            await attempt.start()
            try:
                # The adopted version's own guard may speak before the rule does.
                with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.ForeignKeyViolationError)):
                    await connection.execute(f"update {table} set council = 'solihull'")
            finally:
                await attempt.rollback()


async def test_a_connection_that_speaks_for_nobody_sees_nothing(towns: Store) -> None:
    async with towns.owner.acquire() as connection, connection.transaction():
        await connection.execute(f"set local role {TENANT}")
        for table in await tenant_tables(towns):
            assert await connection.fetch(f"select * from {table}") == []


async def test_the_audit_trail_only_grows(towns: Store) -> None:
    for change in ("update audit set actor = 'nobody'", "delete from audit", "truncate audit"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
            await towns.owner.execute(change)


async def test_the_operator_sees_no_case(towns: Store) -> None:
    counted = await towns.operator.fetch("select council, count(*) from council_case group by council")
    assert {row["council"] for row in counted} == {"solihull", OURS}
    for column in ("answers", "contact", "summary", "location", "details", "reference", "proofs", "search"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await towns.operator.fetch(f"select {column} from council_case")
    for table in ("case_update", "rating", "person", "staff_session", "audit", "early_update", "attempt"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await towns.operator.fetch(f"select council from {table}")


# -- every function of the room ------------------------------------------------------------------------------

Function = Callable[..., Awaitable[Any]]
NOT_OF_A_COUNCIL = {"pool", "migrations", "embedded", "queries", "moving"}
"""The way in, the schema, and what moves whole councils as the owner (tests/storage/test_moving.py)."""


def functions() -> dict[str, Function]:
    """Every use of the database that is for one council."""
    found: dict[str, Function] = {}
    for module in pkgutil.iter_modules(storage.__path__):
        if module.name in NOT_OF_A_COUNCIL:
            continue
        loaded = importlib.import_module(f"{storage.__name__}.{module.name}")
        for name, value in vars(loaded).items():
            if inspect.iscoroutinefunction(value) and value.__module__ == loaded.__name__:
                wants = list(inspect.signature(value).parameters)
                if wants[:2] == ["store", "council"] and not name.startswith("_"):
                    found[f"{module.name}.{name}"] = value
    return found


def known_types() -> dict[str, Any]:
    """Every name of the room's modules: what a parameter's type may be."""
    found: dict[str, Any] = {}
    for module in pkgutil.iter_modules(storage.__path__):
        found |= vars(importlib.import_module(f"{storage.__name__}.{module.name}"))
    return found


def theirs(name: str, kind: str, types: dict[str, Any]) -> Any:
    """A value for a parameter: the other council's identifier where it names one, else something of the type."""
    known = {
        "reference": f"{THEIRS}-reference",
        "journey": f"{THEIRS}-journey",
        "browser": THEIRS.encode(),
        "digest": f"{THEIRS}-digest",
        "service": f"{THEIRS}-service",
        "connector": f"{THEIRS}-connector",
        "external_id": f"{THEIRS}-external",
        "session": THEIRS.encode(),
        "person": f"{THEIRS}-person",
        "email": f"{THEIRS}@example.com",
        "draft": f"{THEIRS}-draft",
        "proposal": f"{THEIRS}-proposal",
        "client": f"{THEIRS}-client",
        "package": f"{THEIRS}-package",
        "issuer": "https://issuer.example",
        "subject": f"{THEIRS}-subject",
        "key": (f"{THEIRS}-reference", f"{THEIRS}-connector", 1),
        "idle_since": NOW - timedelta(days=1),
        "most": 50,
        "host": "elsewhere.example",
        "gss": "E00000000",
        "outcome": "ineligible",
        "roles": ["viewer"],
        "channel": "online",
        "language": "en",
        "group": f"{THEIRS}-group-solihull",
        "kind": f"{THEIRS}-type",
        "by": "day",
        "order": "",
        "source": "",
        "period": "day",
    }
    if name in known:
        return known[name]
    plain = kind.replace(" | None", "")
    if plain in types and dataclasses.is_dataclass(types[plain]):
        made = types[plain]
        return made(
            **{
                part.name: theirs(part.name, str(part.type), types)
                for part in dataclasses.fields(made)
                if part.default is dataclasses.MISSING and part.default_factory is dataclasses.MISSING
            }
        )
    if name in {"ids", "moments", "bodies", "keys", "fields"}:
        return {"moments": [NOW], "bodies": ["{}"]}.get(name, [THEIRS])
    if plain == "Pages":
        return [THEIRS]
    if plain.startswith("Sequence[tuple[str, Pages"):
        return [(THEIRS, [THEIRS])]
    if plain in {"Iterable[Sequence[str]]", "Iterable[bytes]"}:
        return []
    if plain.startswith(("Sequence[", "list[")):
        inner = plain[plain.index("[") + 1 : -1]
        return [theirs("", inner, types)] if inner in types else [THEIRS]
    if plain.startswith(("Mapping[", "dict[")):
        return {}
    simple = {
        "str": THEIRS,
        "int": 1,
        "bool": True,
        "float": 0.5,
        "datetime": NOW,
        "date": date(2026, 3, 10),
        "bytes": THEIRS.encode(),
        "NewEntry": NewEntry(NOW, None, "somebody", "test.call", "nothing"),
        "Key": known["key"],
        "Any": {},
    }
    assert plain in simple, f"say in this test what stands for a parameter '{name}: {kind}'"
    return simple[plain]


@pytest.mark.parametrize("name", functions())
async def test_a_function_called_with_another_council_s_identifiers(towns: Store, name: str) -> None:
    function = functions()[name]
    types = known_types()
    parameters = list(inspect.signature(function).parameters.values())[2:]
    given = {one.name: theirs(one.name, str(one.annotation), types) for one in parameters}
    before = await rows_of(towns, "solihull")
    try:
        answered = await function(towns, OURS, **given)
    except asyncpg.PostgresError as error:
        # Refusing is right, too; what counts is that nothing of theirs is told or touched.
        answered = error
    assert "secret of solihull" not in repr(answered)
    assert await rows_of(towns, "solihull") == before
