"""A mail that came back, the whole way: shown as failed, sent again by a person, and heard once."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest

from commonhall.casework.deliveries import deliver_due, list_waiting, poll_updates, reconcile, replay
from commonhall.casework.desk import Desk
from commonhall.connectors.conformance import PATIENT
from commonhall.connectors.email.twin import MailHost, MailTwin, connect_with_mailbox
from commonhall.engine.package import Adopted
from commonhall.storage.councils import ConnectorRow, save_connector
from tests.casework.conftest import COUNCIL
from tests.casework.test_journeys import submitted
from tests.conftest import SetClock

pytestmark = pytest.mark.network
GSS = "E08000029"


async def test_a_mail_that_came_back_needs_a_person_and_is_heard_once(
    desk: Desk, lost_cat: Adopted, clock: SetClock
) -> None:
    twin, host = MailTwin(clock), MailHost()
    host.put(twin)
    await host.start()
    try:
        async with httpx2.AsyncClient() as http:
            connector = connect_with_mailbox(host.address, http, clock, PATIENT)
            await save_connector(desk.store, COUNCIL, ConnectorRow("cats", "email", {}, None, None))

            async def look() -> tuple[int, int]:
                clock.go(minutes=5)
                taken = await poll_updates(desk, COUNCIL, "cats", connector, clock() - timedelta(hours=1))
                return taken.added, taken.known

            async def balance() -> tuple[int, int, int, int]:
                found = await reconcile(desk, COUNCIL)
                assert found.holds
                [one] = found.balances
                return one.accepted, one.delivered, one.pending, one.failed

            first, second = await submitted(desk, lost_cat), await submitted(desk, lost_cat)
            await deliver_due(desk, COUNCIL, GSS, "cats", connector)
            assert await look() == (0, 0)
            assert await balance() == (2, 2, 0, 0)

            job = next(job for job in twin.book.jobs if job.reference == first.reference)
            twin.book.tell(job, "came back", "there is no office any more", clock())
            assert await look() == (1, 0)
            [row] = await list_waiting(desk, COUNCIL, failed=True)
            assert row.reference == first.reference
            assert row.last_error is not None
            assert "there is no office any more" in row.last_error
            assert await balance() == (2, 1, 0, 1)
            assert await look() == (0, 1), "it needs a person until one comes"
            assert await balance() == (2, 1, 0, 1)

            assert await replay(desk, COUNCIL, first.reference) == 1
            await deliver_due(desk, COUNCIL, GSS, "cats", connector)
            assert await balance() == (2, 2, 0, 0)
            assert await look() == (0, 1), "the same report says nothing of the second sending"
            assert await balance() == (2, 2, 0, 0)

            twin.book.tell(job, "came back", "nor was there one", clock())
            assert await look() == (1, 1)
            assert await balance() == (2, 1, 0, 1)
            assert second.reference not in {row.reference for row in await list_waiting(desk, COUNCIL)}
    finally:
        await host.stop()
