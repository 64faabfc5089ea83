"""A system is told what happens to cases: in order, signed, whatever becomes of it in between."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook
from starlette.requests import Request
from starlette.responses import Response

from commonhall.app.pushing import teller
from commonhall.casework import pushes
from commonhall.casework.exchange import WholeCase
from commonhall.casework.systems import change_system
from commonhall.connectors.serving import serve
from commonhall.engine.access import Scope
from commonhall.engine.back_office import DeliveryFailed
from commonhall.engine.staff import Role
from commonhall.storage.exchange import RecordedRow
from commonhall.storage.pushing import PushRow
from tests.api.conftest import ADA, Outside
from tests.api.test_case_api import CASES, head, made
from tests.web.workspace.office import COUNCIL

SEALED = b"sealed"


@dataclass
class Listener:
    """A system that is told, and fails as a test says."""

    heard: list[tuple[str, int]] = field(default_factory=list)
    faults: list[DeliveryFailed | None] = field(default_factory=list)

    async def __call__(self, row: PushRow, entry: RecordedRow, case: WholeCase) -> None:
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        assert case.row.reference == entry.reference
        self.heard.append((entry.reference, entry.sequence))


async def told(outside: Outside, system: str = "cms") -> None:
    """Let a system be told from now on."""
    assert await pushes.set_push(outside.house.desk, COUNCIL, system, "https://cms.example/hook", SEALED, ADA)


async def round_of(outside: Outside, listener: Listener, system: str = "cms") -> int:
    return await pushes.push(outside.house.desk, COUNCIL, system, listener)


async def test_every_entry_is_told_once_and_in_order(outside: Outside) -> None:
    key = await outside.key()
    before = await made(outside, key)
    await told(outside)
    first, second = await made(outside, key), await made(outside, key)
    other = await outside.key("other")
    await outside.http.post(f"{CASES}/{before}/updates", json={"status": "fixed"}, headers=head(other))
    await outside.http.post(
        f"{CASES}/{first}/messages", json={"text": "Hush", "internal": True}, headers=head(other)
    )
    await outside.http.post(f"{CASES}/{first}/updates", json={"status": "fixed"}, headers=head(key))
    listener = Listener()
    assert await round_of(outside, listener) == 3
    assert listener.heard == [(first, 1), (second, 1), (before, 2)], (
        "its own words are no news, nor are notes for staff"
    )
    assert await round_of(outside, listener) == 0


async def test_what_cannot_be_told_waits_and_keeps_its_order(outside: Outside) -> None:
    key = await outside.key()
    await told(outside)
    first, second, third = [await made(outside, key) for _ in range(3)]
    listener = Listener(faults=[None, DeliveryFailed("away"), None])
    assert await round_of(outside, listener) == 1
    assert await round_of(outside, listener) == 0, "it is to wait a little"
    state = await pushes.pushing(outside.house.desk, COUNCIL, "cms")
    assert state is not None
    assert (state.row.attempts, state.row.last_error) == (1, "away")
    assert await pushes.due(outside.house.desk) == []
    outside.clock.go(seconds=5)
    assert await pushes.due(outside.house.desk) == [(COUNCIL, "cms")]
    assert await round_of(outside, listener) == 2
    assert [one[0] for one in listener.heard] == [first, second, third]


async def test_a_day_away_loses_nothing(outside: Outside) -> None:
    key = await outside.key()
    await told(outside)
    listener = Listener(faults=[DeliveryFailed("away")] * 15)
    references = []
    for hour in range(60):
        if hour < 5:
            references.append(await made(outside, key))
        await round_of(outside, listener)
        outside.clock.go(hours=1)
    assert [one[0] for one in listener.heard] == references


async def test_what_is_refused_stays_visible_and_the_rest_goes_on(outside: Outside) -> None:
    key = await outside.key()
    await told(outside)
    first, second = await made(outside, key), await made(outside, key)
    listener = Listener(faults=[DeliveryFailed("no such ward", permanent=True)])
    assert await round_of(outside, listener) == 1
    assert listener.heard == [(second, 1)]
    state = await pushes.pushing(outside.house.desk, COUNCIL, "cms")
    assert state is not None
    assert [(one.reference, one.reason) for one in state.refused] == [(first, "no such ward")]
    assert await pushes.tell_again(outside.house.desk, COUNCIL, "cms", ADA) == 1
    listener.faults = [DeliveryFailed("still not", permanent=True)]
    await round_of(outside, listener)
    assert await round_of(outside, listener) == 0, "it is asked for again, not told for ever"
    await pushes.tell_again(outside.house.desk, COUNCIL, "cms", ADA)
    assert await round_of(outside, listener) == 1
    assert listener.heard[-1] == (first, 1)
    state = await pushes.pushing(outside.house.desk, COUNCIL, "cms")
    assert state is not None
    assert state.refused == ()


async def test_a_worker_that_is_lost_in_between_tells_again_and_leaves_nothing_out(outside: Outside) -> None:
    key = await outside.key()
    await told(outside)
    first, second = await made(outside, key), await made(outside, key)

    class Killed(BaseException):
        """As by SIGKILL: nothing is put right after it."""

    heard = []

    async def dies(row: PushRow, entry: RecordedRow, case: WholeCase) -> None:
        heard.append(entry.reference)
        if len(heard) == 2:
            raise Killed

    with pytest.raises(Killed):
        await pushes.push(outside.house.desk, COUNCIL, "cms", dies)
    listener = Listener()
    assert await round_of(outside, listener) == 0, "its claim holds"
    outside.clock.go(minutes=6)
    assert await round_of(outside, listener) == 1
    assert heard == [first, second]
    assert listener.heard == [(second, 1)]


async def test_it_is_told_of_what_its_key_opens_and_no_more(outside: Outside) -> None:
    key = await outside.key()
    await outside.key("roads", services=["pothole"])
    await outside.key("shop", may=[Scope.SUBMIT])
    for system in ("roads", "shop"):
        await told(outside, system)
    await made(outside, key)
    listener = Listener()
    assert [await round_of(outside, listener, system) for system in ("roads", "shop", "nobody")] == [0, 0, 0]
    await change_system(outside.house.desk, COUNCIL, "roads", "Roads", [Scope.READ], ["missed-bin"], ADA)
    assert await round_of(outside, listener, "roads") == 1


@pytest.mark.network
async def test_a_developer_sets_it_up_and_the_system_checks_the_signature(outside: Outside) -> None:
    heard: list[tuple[dict[str, str], bytes]] = []

    async def hook(scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        heard.append((dict(request.headers), await request.body()))
        await Response(status_code=202 if len(heard) != 1 else 503)(scope, receive, send)

    key = await outside.key()
    developer = await outside.office.staff(Role.DEVELOPER)
    path = "/workspace/systems/cms/push"
    await developer.get(path)
    assert "begins with https://" in (await developer.post(path, [("url", "ftp://x")], status=400)).text
    async with serve(hook) as served:
        shown = await developer.post(path, [("url", f"{served.url}/hook")], status=200)
        assert b"no-store" in shown.headers[b"cache-control"]
        secret = shown.text.partition('<code class="ch-words">')[2].partition("<")[0]
        assert secret.startswith("whsec_")
        state = await pushes.pushing(outside.house.desk, COUNCIL, "cms")
        assert state is not None
        assert state.row.secrets is not None
        assert secret.encode() not in state.row.secrets
        reference = await made(outside, key)
        desk, house = outside.house.desk, outside.house
        assert await pushes.push(desk, COUNCIL, "cms", teller(house, COUNCIL)) == 0
        assert "private address" in (await developer.get(path)).text, (
            "no message goes where the operator does not let it"
        )
        assert heard == []
        house = replace(house, settings=replace(house.settings, allow_private=True))
        for many, said in ((0, "answered 503"), (1, "Knows everything until")):
            outside.clock.go(minutes=1)
            assert await pushes.push(desk, COUNCIL, "cms", teller(house, COUNCIL)) == many
            assert said in (await developer.get(path)).text
    headers, body = heard[-1]
    assert headers["webhook-signature"] == Webhook(secret).sign(
        headers["webhook-id"], outside.clock.now, body.decode()
    )
    event = json.loads(body)
    assert (event["specversion"], event["type"], event["subject"]) == (
        "1.0",
        "uk.commonhall.case.submitted",
        reference,
    )
    assert event["id"] == f"{reference}-1"
    assert event["source"] == "urn:gss:E08000029"
    whole = (await outside.http.get(f"{CASES}/{reference}", headers=head(key))).json()
    assert event["data"]["case"] == whole, "it is told what it would read"
    assert event["data"]["entry"] == whole["history"][0]


async def test_secrets_are_changed_without_a_stop_and_telling_is_stopped(outside: Outside) -> None:
    await outside.key()
    developer = await outside.office.staff(Role.DEVELOPER)
    path = "/workspace/systems/cms/push"
    await developer.get(path)
    await developer.post(path, [("url", "https://cms.example/hook")], status=200)
    for _ in range(2):
        await developer.post(f"{path}/secret", status=200)
    row = await outside.house.store.owner.fetchval("select secrets from push")
    assert len(outside.house.seal.open(row)["signing"]) == 2
    done = await developer.follow(await developer.post(path, [("url", "https://cms.example/other")]))
    assert "is told there from now on" in done.text
    assert await outside.house.store.owner.fetchval("select secrets from push") == row
    await developer.follow(await developer.post(f"{path}/again"))
    await developer.follow(await developer.post(f"{path}/stop"))
    assert await outside.house.store.owner.fetchval("select count(*) from push") == 0
    await developer.post(f"{path}/stop", status=404)
    await developer.get("/workspace/systems/nobody/push", status=404)
    actions = [one for one in await outside.office.actions() if one.startswith("system.push")]
    assert sorted(actions) == ["system.push"] * 4 + ["system.push-again", "system.push-off"]
    viewer = await outside.office.staff(Role.VIEWER)
    await viewer.get(path, status=403)
