"""The worker: every council's back office by itself, whatever becomes of another's or of the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from tests.casework.conftest import ANSWERS, EXAMPLE, SERVICE, BackOffice

from commonhall.app.settings import SettingsRefused, read_settings
from commonhall.app.wiring import House, open_house
from commonhall.app.worker import Worker
from commonhall.casework.cases import show_case
from commonhall.casework.deliveries import Limits, list_waiting, reconcile
from commonhall.casework.journeys import answer_page, start_journey, submit_journey
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


class Hanging(BackOffice):
    """Takes the call and never answers."""

    async def deliver(self, case: Any, idempotency_key: str) -> Any:
        self.times.append(idempotency_key)
        await asyncio.Event().wait()


@dataclass(frozen=True, slots=True)
class Rehearsal(House):
    """A house whose connectors are the test's own, but for those of kind 'webhook'."""

    offices: Mapping[str, Connector]

    def connector(self, row: ConnectorRow) -> Connector:
        return self.offices[row.connector] if row.kind == "test" else House.connector(self, row)


Open = Callable[[Mapping[str, Connector]], Any]


@pytest.fixture
def open_rehearsal(database_url: str, tmp_path: Path) -> Open:
    """A house with three councils, each with a connector of its own name."""
    settings = read_settings({"COMMONHALL_SECRET": "A" * 44, "COMMONHALL_DATA": str(tmp_path)})

    @asynccontextmanager
    async def opened(
        offices: Mapping[str, Connector], kinds: Mapping[str, str] | None = None
    ) -> AsyncIterator[House]:
        now = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
        async with open_house(
            replace(settings, delivery=Limits(longest_try=3.0, lease=6.0), poll_seconds=0), database_url
        ) as house:
            service = read_service(
                {"service.yaml": SERVICE, "journeys.yaml": EXAMPLE, "CHANGELOG.md": "1.0.0"}, house.calendars
            )
            files = {"service.yaml": SERVICE, "journeys.yaml": EXAMPLE, "CHANGELOG.md": "1.0.0"}
            for council, gss in COUNCILS.items():
                choices = {"service": "lost-cat", "version": "1.0.0", "connector": council}
                adopted = adopt(service, choices, Adopter("England", ("en",)), house.calendars)
                kept = adopted.choices.model_dump(mode="json")
                row = AdoptedRow(
                    adopted.digest, "lost-cat", "1.0.0", service.digest, kept, "England", ("en",)
                )
                await save_council(house.store, council, gss, f"{council}.localhost", SITE)
                kind = (kinds or {}).get(council, "test")
                await save_connector(house.store, council, ConnectorRow(council, kind, {}, None, None))
                await save_adoptions(house.store, council, [NewAdoption(row, files, council)], now)
            await house.sites.refresh()
            parts = {part.name: getattr(house, part.name) for part in fields(house)}
            yield Rehearsal(**parts, offices=offices)

    return opened


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
    async with open_rehearsal({"cardiff": hanging, "kirklees": well, "solihull": other}) as house:
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


async def test_the_worker_outlives_its_database_connections(open_rehearsal: Open, database_url: str) -> None:
    well = BackOffice()
    async with open_rehearsal(dict.fromkeys(COUNCILS, well)) as house, at_work(house):
        admin = await asyncpg.connect(database_url)
        for _ in range(3):
            await admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
            await asyncio.sleep(0.3)
        await admin.close()

        async def taken() -> bool:
            try:
                await submitted(house, "solihull")
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                return False
            return True

        await until(taken, "the sites take cases again")
        await until(lambda: well.accepted, "the worker delivers again")

        async def nothing_waits() -> bool:
            return (await reconcile(house.desk, "solihull")).holds and not await list_waiting(
                house.desk, "solihull"
            )

        await until(nothing_waits, "everything is settled")


def test_a_lease_must_outlive_a_try() -> None:
    with pytest.raises(SettingsRefused, match="must be more than COMMONHALL_TRY_SECONDS"):
        read_settings({"COMMONHALL_SECRET": "A" * 44, "COMMONHALL_LEASE_SECONDS": "60"})
