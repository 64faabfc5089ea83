"""The worker: every council's back office by itself, whatever becomes of another's or of the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
import structlog
from tests.casework.conftest import ANSWERS, EXAMPLE, SERVICE, BackOffice
from tests.connectors import rest_subjects

from commonhall.app.asgi import _refresh
from commonhall.app.settings import SettingsRefused, read_settings
from commonhall.app.wiring import House, open_house
from commonhall.app.worker import Worker
from commonhall.casework.cases import show_case
from commonhall.casework.deliveries import Limits, list_waiting, reconcile, replay
from commonhall.casework.journeys import answer_page, start_journey, submit_journey
from commonhall.connectors.faults import Fault
from commonhall.connectors.serving import serve
from commonhall.engine.adoption import Adopter, adopt
from commonhall.engine.back_office import CaseStatus, Connector, StatusUpdate
from commonhall.engine.reader import read_service
from commonhall.storage.councils import (
    AdoptedRow,
    ConnectorRow,
    NewAdoption,
    save_adoptions,
    save_connector,
    save_council,
)

pytestmark = [pytest.mark.postgres, pytest.mark.network]
COUNCILS = {"cardiff": "W06000015", "kirklees": "E08000034", "solihull": "E08000029"}
SITE = {
    "name": {"en": "A council"},
    "nation": "England",
    "languages": ["en"],
    "logo_text": {"en": "A council"},
    "colour": "#003366",
    "accent": "#003366",
    "phone": "0121 496 0001",
    "homepage_url": "https://example.org",
    "demonstration": True,
}


@dataclass
class Hanging(BackOffice):
    """Takes the call and never answers."""

    busy: int = 0
    on_call: Callable[[], object] = lambda: None

    async def deliver(self, case: Any, idempotency_key: str) -> Any:
        self.times.append(idempotency_key)
        self.busy += 1
        self.on_call()
        try:
            await asyncio.Event().wait()
        finally:
            self.busy -= 1


@dataclass(frozen=True, slots=True)
class Rehearsal(House):
    """A house whose connectors are the test's own, but for those of kind 'webhook'."""

    offices: Mapping[str, Connector]

    def connector(self, council: str, row: ConnectorRow) -> Connector:
        return self.offices[row.connector] if row.kind == "test" else House.connector(self, council, row)


Open = Callable[[Mapping[str, Connector]], Any]


@pytest.fixture
def open_rehearsal(database_url: str, tmp_path: Path) -> Open:
    """A house with three councils, each with a connector of its own name."""
    settings = read_settings({"COMMONHALL_SECRET": "A" * 44, "COMMONHALL_DATA": str(tmp_path)})

    @asynccontextmanager
    async def opened(
        offices: Mapping[str, Connector], kinds: Mapping[str, str] | None = None, pool_size: int = 8
    ) -> AsyncIterator[House]:
        chosen = replace(
            settings, delivery=Limits(longest_try=3.0, lease=6.0), poll_seconds=0, pool_size=pool_size
        )
        async with open_house(chosen, database_url) as house:
            for council, gss in COUNCILS.items():
                await save_council(house.store, council, gss, f"{council}.localhost", SITE)
                kind = (kinds or {}).get(council, "test")
                await save_connector(house.store, council, ConnectorRow(council, kind, {}, None, None))
                await deliver_to(house, council, council)
            parts = {part.name: getattr(house, part.name) for part in fields(house)}
            yield Rehearsal(**parts, offices=offices)

    return opened


async def deliver_to(house: House, council: str, connector: str) -> None:
    """Let a council run the service, with this connector."""
    files = {"service.yaml": SERVICE, "journeys.yaml": EXAMPLE, "CHANGELOG.md": "1.0.0"}
    service = read_service(files, house.calendars)
    choices = {"service": "lost-cat", "version": "1.0.0", "connector": connector}
    adopted = adopt(service, choices, Adopter("England", ("en",)), house.calendars)
    kept = adopted.choices.model_dump(mode="json")
    row = AdoptedRow(adopted.digest, "lost-cat", "1.0.0", service.digest, kept, "England", ("en",))
    now = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
    await save_adoptions(house.store, council, [NewAdoption(row, files, connector)], now)
    await house.sites.refresh()


async def submitted(house: House, council: str) -> str:
    site = house.sites.of_council(council)
    assert site is not None
    adopted = site.services[0]
    journey = await start_journey(house.desk, adopted, council, browser="b", language="en")
    await answer_page(house.desk, adopted, council, journey, browser="b", answers=ANSWERS)
    done = await submit_journey(house.desk, council, journey, browser="b")
    assert done.reference is not None
    return done.reference


@asynccontextmanager
async def at_work(house: House) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(Worker(house).run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def until(true: Callable[[], Any], what: str) -> None:
    """Wait, patiently, until something is so."""
    for _ in range(600):
        found = true()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"never happened: {what}")


async def test_a_back_office_that_hangs_holds_up_no_other_council(open_rehearsal: Open) -> None:
    hanging, well, other = Hanging(), BackOffice(), BackOffice()
    offices = {"cardiff": hanging, "kirklees": well, "solihull": other}
    # One connection to the database: it would be taken if anybody kept it while waiting for a back office.
    async with open_rehearsal(offices, pool_size=1) as house:
        for council in COUNCILS:
            await submitted(house, council)
        async with at_work(house):
            await until(lambda: hanging.times, "Cardiff's is asked")
            await until(lambda: well.accepted and other.accepted, "the others have theirs")
            await submitted(house, "kirklees")
            await until(lambda: len(well.accepted) == 2, "a later case has arrived, too")
            asked = list(hanging.times)

            async def said() -> bool:
                [row] = await list_waiting(house.desk, "cardiff")
                return row.last_error == "no answer in 3 seconds"

            await until(said, "the operator can see why Cardiff's waits")
        assert len(set(asked)) == 1, "always the same key"


async def test_those_who_hang_do_not_take_every_place_that_they_free(
    open_rehearsal: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commonhall.app.worker.MOST_AT_ONCE", 1)
    asked_before: list[int] = []
    hanging = Hanging()

    class Noting(BackOffice):
        async def deliver(self, case: Any, idempotency_key: str) -> Any:
            asked_before.append(len(hanging.times))
            return await super().deliver(case, idempotency_key)

    async with open_rehearsal({"cardiff": hanging, "kirklees": Noting(), "solihull": Noting()}) as house:
        for _ in range(12):
            await submitted(house, "cardiff")
        await submitted(house, "kirklees")
        async with at_work(house):
            await until(lambda: asked_before, "Kirklees has its case")
        assert asked_before == [10], "after one round of Cardiff's, whose others had to wait their turn"


async def test_a_supplier_s_bad_day_leaves_room_for_others(
    open_rehearsal: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commonhall.app.worker.MOST_AT_ONCE", 2)
    monkeypatch.setattr("commonhall.app.worker.FAILING_AT_ONCE", 1)
    one, other, well = Hanging(), Hanging(), BackOffice()
    together: list[bool] = []

    def note() -> None:
        again = [office for office in (one, other) if office.busy and len(office.times) > 10]
        together.append(len(again) == 2)

    one.on_call = other.on_call = note
    async with open_rehearsal({"cardiff": one, "kirklees": well, "solihull": other}) as house:
        for council in ("cardiff", "solihull"):
            for _ in range(12):
                await submitted(house, council)
        async with at_work(house):
            await until(lambda: len(one.times) > 10 and len(other.times) > 10, "both are asked again")
            await submitted(house, "kirklees")
            await until(lambda: well.accepted, "Kirklees has its case")
        assert not any(together), "once they have failed, they wait for each other, not others for them"


async def test_a_council_s_other_connectors_work_while_one_is_set_up_wrongly(open_rehearsal: Open) -> None:
    well = BackOffice()
    async with open_rehearsal(dict.fromkeys(COUNCILS, well)) as house:
        await save_connector(house.store, "cardiff", ConnectorRow("broken", "no-such-kind", {}, None, None))
        waiting = await submitted(house, "cardiff")
        await deliver_to(house, "cardiff", "broken")
        stuck = await submitted(house, "cardiff")

        async def said() -> bool:
            rows = await list_waiting(house.desk, "cardiff")
            return [
                row.reference for row in rows if "there is no kind 'no-such-kind'" in (row.last_error or "")
            ] == [stuck]

        async with at_work(house):
            await until(said, "the operator reads what to mend")
            await until(lambda: well.accepted, "the other connector has its case")
            await deliver_to(house, "cardiff", "cardiff")
            later = await submitted(house, "cardiff")
            await until(lambda: len(well.accepted) == 2, "and takes later ones")
        assert {case.reference for case in well.accepted.values()} == {waiting, later}


async def test_a_connector_that_is_set_up_wrongly_says_what_to_mend_and_stops_nobody(
    open_rehearsal: Open,
) -> None:
    well = BackOffice()
    async with open_rehearsal({"kirklees": well, "solihull": well}, {"cardiff": "webhook"}) as house:
        for council in ("cardiff", "kirklees"):
            await submitted(house, council)

        async def said() -> bool:
            [row] = await list_waiting(house.desk, "cardiff")
            return "'cardiff' is not set up rightly: settings.url is missing" in (row.last_error or "")

        async with at_work(house):
            await until(lambda: well.accepted, "Kirklees has its case")
            await until(said, "Cardiff's operator reads what to mend")


async def test_credentials_of_another_secret_are_said_to_be_unreadable(open_rehearsal: Open) -> None:
    async with open_rehearsal({}) as house:
        row = ConnectorRow("cardiff", "webhook", {}, b"sealed with something else", None)
        await save_connector(house.store, "cardiff", row)
        await submitted(house, "cardiff")

        async def said() -> bool:
            [row] = await list_waiting(house.desk, "cardiff")
            return "another COMMONHALL_SECRET" in (row.last_error or "")

        async with at_work(house):
            await until(said, "the operator reads why")


async def test_updates_are_asked_for_while_another_council_s_hang(open_rehearsal: Open) -> None:
    hanging, well = Hanging(), BackOffice()
    async with open_rehearsal({"cardiff": hanging, "kirklees": well, "solihull": BackOffice()}) as house:
        await submitted(house, "cardiff")
        reference = await submitted(house, "kirklees")
        now = datetime.now(UTC)
        well.said = [StatusUpdate("u1", CaseStatus.FIXED, now, "Found her", reference=reference)]

        async def fixed() -> bool:
            updates = (await show_case(house.desk, "kirklees", reference)).updates
            return "Found her" in {one.note for one in updates}

        async with at_work(house):
            await until(fixed, "the resident sees that it is fixed")


@asynccontextmanager
async def database_away(database_url: str, postgres_url: str) -> AsyncIterator[None]:
    """Nobody is connected to the database, and nobody can connect."""
    admin = await asyncpg.connect(postgres_url)
    name = await admin.fetchval("select quote_ident($1)", urlsplit(database_url).path.lstrip("/"))
    await admin.execute(f"alter database {name} allow_connections false")
    await admin.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where quote_ident(datname) = $1", name
    )
    try:
        yield
    finally:
        await admin.execute(f"alter database {name} allow_connections true")
        await admin.close()


async def test_worker_and_sites_outlive_a_database_that_goes_away(
    open_rehearsal: Open, database_url: str, postgres_url: str
) -> None:
    well = BackOffice()
    stop = asyncio.Event()
    async with open_rehearsal(dict.fromkeys(COUNCILS, well)) as house:
        refreshing = asyncio.create_task(_refresh(house, stop))
        with structlog.testing.capture_logs() as told:
            async with at_work(house):
                await submitted(house, "solihull")
                async with database_away(database_url, postgres_url):
                    for words in ("sites were not read again", "a job of the worker broke"):
                        await until(partial(said_again, told, words), f"'{words}' is in the log, twice")

                async def taken() -> bool:
                    try:
                        await submitted(house, "solihull")
                    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                        return False
                    return True

                await until(taken, "the sites take cases again")
                await until(lambda: len(well.accepted) == 2, "the worker delivers again")

                async def nothing_waits() -> bool:
                    held = (await reconcile(house.desk, "solihull")).holds
                    return held and not await list_waiting(house.desk, "solihull")

                await until(nothing_waits, "everything is settled")
        await save_council(house.store, "solihull", COUNCILS["solihull"], "new.localhost", SITE)
        await until(lambda: house.sites.by_host("new.localhost"), "the web reads news again")
        stop.set()
        await refreshing


def said_again(told: list[Any], words: str) -> bool:
    return len([entry for entry in told if entry["event"] == words]) > 1


def test_a_lease_must_outlive_a_try() -> None:
    with pytest.raises(SettingsRefused, match="must be more than COMMONHALL_TRY_SECONDS"):
        read_settings({"COMMONHALL_SECRET": "A" * 44, "COMMONHALL_LEASE_SECONDS": "60"})


async def test_a_case_reaches_an_office_by_a_ready_made_mapping_and_its_news_come_back(
    open_rehearsal: Open,
) -> None:
    twin = rest_subjects.twin_of("dynamics", lambda: datetime.now(UTC), True)
    # At first it breaks after it has made the incident.
    twin.script.always = Fault.BROKEN
    async with serve(twin.app) as served, open_rehearsal(dict.fromkeys(COUNCILS, BackOffice())) as opened:
        settings = rest_subjects.SETTINGS["dynamics"](served.url + twin.path)
        settings["mapping"]["deliver"]["ask"]["body"]["emailaddress"] = "{{? case.email }}"
        house = replace(opened, settings=replace(opened.settings, allow_private=True))
        sealed = house.seal.close(rest_subjects.secrets_of("dynamics"))
        await save_connector(house.store, "solihull", ConnectorRow("crm", "rest", settings, sealed, None))
        await deliver_to(house, "solihull", "crm")
        reference = await submitted(house, "solihull")

        async def failed() -> bool:
            rows = await list_waiting(house.desk, "solihull")
            return any("answered 500" in (row.last_error or "") for row in rows)

        async def fixed() -> bool:
            updates = (await show_case(house.desk, "solihull", reference)).updates
            return ("Found her", CaseStatus.FIXED) in {(one.note, one.status) for one in updates}

        async with at_work(house):
            await until(failed, "the lost answer is seen")
            twin.script.heal()
            await replay(house.desk, "solihull", reference)
            await until(lambda: _is_delivered(house), "the case is delivered")
            twin.book.tell(twin.book.jobs[0], CaseStatus.FIXED, "Found her", datetime.now(UTC))
            await until(fixed, "the resident sees what the office says")
    assert [job.reference for job in twin.book.jobs] == [reference]


async def _is_delivered(house: House) -> bool:
    return not await list_waiting(house.desk, "solihull")
