"""The case API: a back office reads the cases that its key opens, comes for them, and answers them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from commonhall.casework import back_offices
from commonhall.casework.deliveries import deliver_due, list_due, reconcile, replay
from commonhall.engine.access import Scope
from tests.api.conftest import ADA, Outside
from tests.api.test_journey_api import BINS, V1, WHOLE, problem
from tests.api.test_open311_server import photo
from tests.web.workspace.office import COUNCIL

CASES = f"{V1}/cases"


async def made(outside: Outside, key: str, service: str = BINS, **answers: Any) -> str:
    """A case that is made now."""
    body = {"answers": {**WHOLE, **answers}}
    answer = await outside.http.post(f"{service}/cases", json=body, headers={"x-api-key": key})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["reference"])


async def comes_for_bins(outside: Outside, system: str = "crm") -> str:
    """A system that comes for missed bins; its key."""
    key = await outside.key(system)
    house = outside.house
    await back_offices.set_up(
        house.desk, house.offices, COUNCIL, "waste", "pull", {"system": system}, {}, ADA
    )
    return key


def head(key: str, **more: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}", **{name.replace("_", "-"): text for name, text in more.items()}}


async def listed(outside: Outside, key: str, address: str = CASES) -> tuple[list[str], str]:
    """References of a list, and where it goes on."""
    answer = await outside.http.get(address, headers=head(key))
    assert answer.status_code == 200, answer.text
    return [one["reference"] for one in answer.json()["cases"]], answer.json()["links"].get("next", "")


# -- reading -----------------------------------------------------------------------------------------------------


async def test_a_poller_sees_each_case_once_and_again_when_something_is_written_of_it(
    outside: Outside,
) -> None:
    key = await outside.key()
    first, second, third = [await made(outside, key) for _ in range(3)]
    seen, more = await listed(outside, key, f"{CASES}?limit=2")
    assert seen == [first, second]
    seen, more = await listed(outside, key, more)
    assert seen == [third]
    assert (await listed(outside, key, more))[0] == []
    await outside.http.post(f"{CASES}/{first}/updates", json={"status": "fixed"}, headers=head(key))
    seen, more = await listed(outside, key, more)
    assert seen == [first]
    assert (await listed(outside, key, more))[0] == []


async def test_nothing_is_missed_that_is_committed_late(outside: Outside) -> None:
    """A case whose writing began before another's, and ended after a poller had seen that one."""
    key = await outside.key()
    slow = await made(outside, key)
    _, place = await listed(outside, key)
    async with outside.house.store.durable.acquire(COUNCIL) as writing:
        under_way = writing.transaction()
        await under_way.start()
        await writing.execute(
            "insert into case_update (council, reference, sequence, status, note, at, source, update_id)"
            " values ($1, $2, 2, 'fixed', 'late', now(), 'waste', 'u1')", COUNCIL, slow,
        )  # fmt: skip
        quick = await made(outside, key)
        seen, place = await listed(outside, key, place)
        assert seen == [], (
            "what was written since is held back until nobody still writes what comes before it"
        )
        await under_way.commit()
    seen, place = await listed(outside, key, place)
    assert sorted(seen) == sorted([slow, quick])
    assert (await listed(outside, key, place))[0] == []


async def test_a_case_is_whole_and_has_an_etag(outside: Outside) -> None:
    key = await outside.key()
    reference = await made(outside, key)
    answer = await outside.http.get(f"{CASES}/{reference}", headers=head(key))
    case = answer.json()
    assert case["answers"] == WHOLE
    assert {"question": "Locked gate", "answer": "No"} in case["details"]
    assert (case["status"], case["channel"], case["contact"]["email"]) == ("open", "api", "wj@example.com")
    assert case["service"]["lgsl"] == 524
    assert [one["status"] for one in case["history"]] == ["open"]
    assert case["delivery"] is None
    same = await outside.http.get(
        f"{CASES}/{reference}", headers=head(key, if_none_match=answer.headers["etag"])
    )
    assert (same.status_code, same.content) == (304, b"")
    await outside.http.post(f"{CASES}/{reference}/messages", json={"text": "We have it"}, headers=head(key))
    other = await outside.http.get(
        f"{CASES}/{reference}", headers=head(key, if_none_match=answer.headers["etag"])
    )
    assert other.status_code == 200
    assert other.headers["etag"] != answer.headers["etag"]


async def test_a_key_opens_its_own_services_and_scopes_and_nothing_else(outside: Outside) -> None:
    everything = await outside.key()
    reference = await made(outside, everything)
    roads = await outside.key("roads", services=["pothole"])
    reader = await outside.key("reader", may=[Scope.READ])
    assert (await listed(outside, roads))[0] == []
    assert (await listed(outside, reader))[0] == [reference]
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "", {}),
        ("POST", "/claim", {}),
        ("DELETE", "/claim", {}),
        ("POST", "/acknowledge", {}),
        ("POST", "/refuse", {"json": {"reason": "no"}}),
        ("POST", "/updates", {"json": {"status": "fixed"}}),
        ("POST", "/messages", {"json": {"text": "hello"}}),
        ("POST", "/attachments", {"content": photo()}),
        ("GET", "/attachments/x", {}),
    ]
    for method, path, sent in asked:
        address = f"{CASES}/{reference}{path}"
        problem(await outside.http.request(method, address, **sent), "no-key")
        problem(await outside.http.request(method, address, headers=head(roads), **sent), "not-found")
        problem(await outside.http.request(method, f"{CASES}/K7M-2XQ-9HD{path}", headers=head(everything), **sent), "not-found")  # fmt: skip
        if method != "GET":
            problem(await outside.http.request(method, address, headers=head(reader), **sent), "not-allowed")
    [row] = (await outside.http.get(CASES, headers=head(everything))).json()["cases"]
    assert [one["status"] for one in row["history"]] == ["open"]


@pytest.mark.parametrize(
    "query",
    [
        "cursor=x", "cursor=W10", "cursor=WyIyMDI2Il0", "since=yesterday", "limit=0", "limit=101", "limit=ten",
        "status=lost", "waiting=perhaps", "page=2", "since=2026-03-10T09:00:00Z&cursor=x", "cursor=%00",
    ],
)  # fmt: skip
async def test_what_is_no_question_is_said_to_be_none(outside: Outside, query: str) -> None:
    problem(await outside.http.get(f"{CASES}?{query}", headers=head(await outside.key())), "bad-request")


async def test_a_list_is_narrowed_by_service_status_and_time(outside: Outside) -> None:
    key = await outside.key()
    bins = await made(outside, key)
    await outside.http.post(f"{CASES}/{bins}/updates", json={"status": "fixed"}, headers=head(key))
    other = await made(outside, key)
    assert (await listed(outside, key, f"{CASES}?status=fixed"))[0] == [bins]
    assert (await listed(outside, key, f"{CASES}?status=open&status=closed"))[0] == [other]
    assert (await listed(outside, key, f"{CASES}?service=pothole"))[0] == []
    assert (await listed(outside, key, f"{CASES}?since=2999-01-01T00:00:00Z"))[0] == []
    assert (await listed(outside, key, f"{CASES}?since=2001-01-01T00:00:00Z&service=missed-bin"))[0] == [
        bins,
        other,
    ]


# -- coming for a case -------------------------------------------------------------------------------------------


async def test_a_system_comes_for_its_cases_and_the_sum_holds(outside: Outside) -> None:
    key = await comes_for_bins(outside)
    desk = outside.house.desk
    first = await made(outside, key)
    outside.clock.go(seconds=1)
    second = await made(outside, key)
    outside.clock.go(seconds=-1)
    assert await list_due(desk) == [], "no worker is to send what is come for"
    waits, _ = await listed(outside, key, f"{CASES}?waiting=true")
    assert waits == [first, second]
    held = await outside.http.post(f"{CASES}/{first}/claim", json={"seconds": 60}, headers=head(key))
    assert held.json()["delivery"] == {"state": "held", "id": None, "held_by": "crm", "held_until": "2026-03-10T09:01:00Z"}  # fmt: skip
    for again in (False, True):
        taken = await outside.http.post(
            f"{CASES}/{first}/acknowledge", json={"id": "J-77", "note": "In our book"}, headers=head(key)
        )
        assert taken.status_code == 200, again
        assert taken.json()["delivery"]["state"] == "taken"
    assert [one["note"] for one in taken.json()["history"]] == ["", "In our book"]
    assert taken.json()["status"] == "open", "a receipt says nothing of where a case stands"
    problem(await outside.http.post(f"{CASES}/{first}/acknowledge", json={"id": "J-78"}, headers=head(key)), "not-waiting")  # fmt: skip
    problem(await outside.http.post(f"{CASES}/{first}/claim", headers=head(key)), "not-waiting")
    refused = await outside.http.post(f"{CASES}/{second}/refuse", json={"reason": "Not our street"}, headers=head(key))  # fmt: skip
    assert refused.json()["delivery"]["state"] == "refused"
    sums = await reconcile(desk, COUNCIL)
    [balance] = sums.balances
    assert (balance.accepted, balance.delivered, balance.pending, balance.failed) == (2, 1, 0, 1)
    assert sums.holds
    assert await listed(outside, key, f"{CASES}?waiting=true") == ([], "")
    assert await replay(desk, COUNCIL, second) == 1
    assert (await listed(outside, key, f"{CASES}?waiting=true"))[0] == [second]


async def test_a_case_that_one_system_holds_is_no_other_s_until_the_hold_runs_out(outside: Outside) -> None:
    key = await comes_for_bins(outside)
    reference = await made(outside, key)
    await outside.house.store.owner.execute(
        "update delivery set held_by = 'other', held_until = $1", datetime(2026, 3, 10, 9, 5, tzinfo=UTC)
    )
    assert (await listed(outside, key, f"{CASES}?waiting=true"))[0] == []
    for path, sent in (("claim", {}), ("acknowledge", {}), ("refuse", {"reason": "no"})):
        answer = await outside.http.post(f"{CASES}/{reference}/{path}", json=sent, headers=head(key))
        assert "another system holds it until" in problem(answer, "held")["detail"].lower()
        assert answer.headers["retry-after"] == "300"
    outside.clock.go(minutes=6)
    assert (await listed(outside, key, f"{CASES}?waiting=true"))[0] == [reference]
    taken = await outside.http.post(f"{CASES}/{reference}/acknowledge", json={"id": "1"}, headers=head(key))
    assert taken.json()["delivery"]["id"] == "1"


async def test_what_is_let_go_waits_again(outside: Outside) -> None:
    key = await comes_for_bins(outside)
    reference = await made(outside, key)
    await outside.http.post(f"{CASES}/{reference}/claim", headers=head(key))
    gone = await outside.http.delete(f"{CASES}/{reference}/claim", headers=head(key))
    assert (gone.status_code, gone.content) == (204, b"")
    case = (await outside.http.get(f"{CASES}/{reference}", headers=head(key))).json()
    assert case["delivery"] == {"state": "waiting", "id": None, "held_by": None, "held_until": None}
    for seconds in (0, -1, 3601, "ten", True, 1.5):
        problem(await outside.http.post(f"{CASES}/{reference}/claim", json={"seconds": seconds}, headers=head(key)), "bad-request")  # fmt: skip


async def test_of_many_that_come_at_once_one_takes_it(outside: Outside) -> None:
    key = await comes_for_bins(outside)
    reference = await made(outside, key)

    async def take(number: int) -> httpx2.Response:
        body = {"id": f"J-{number}"}
        return await outside.http.post(f"{CASES}/{reference}/acknowledge", json=body, headers=head(key))

    answers = await asyncio.gather(*map(take, range(8)))
    assert sorted(one.status_code for one in answers) == [200] + [409] * 7


async def test_a_case_that_is_sent_elsewhere_does_not_wait_for_anybody(outside: Outside) -> None:
    key = await outside.key()
    reference = await made(outside, key)
    said = problem(await outside.http.post(f"{CASES}/{reference}/claim", headers=head(key)), "not-waiting")
    assert "no connector of the kind 'pull'" in said["detail"]
    assert (await listed(outside, key, f"{CASES}?waiting=1"))[0] == []


async def test_a_worker_that_is_asked_all_the_same_sends_nothing(outside: Outside) -> None:
    key = await comes_for_bins(outside)
    await made(outside, key)
    connectors = await outside.house.connectors(COUNCIL)
    done = await deliver_due(outside.house.desk, COUNCIL, "E08000029", "waste", connectors["waste"])
    assert done.delivered == 0
    [row] = await outside.house.store.owner.fetch("select last_error, failed_at from delivery")
    assert "it waits for the system 'crm'" in row["last_error"]
    assert row["failed_at"] is None


# -- answering ---------------------------------------------------------------------------------------------------


async def test_an_update_is_one_entry_however_often_it_is_sent(outside: Outside) -> None:
    key = await outside.key()
    reference = await made(outside, key)
    address = f"{CASES}/{reference}/updates"
    body = {"status": "in_progress", "note": "On our way", "at": "2026-03-10T08:30:00Z"}
    once = head(key, idempotency_key="u1")
    assert (await outside.http.post(address, json=body, headers=once)).status_code == 201
    again = await outside.http.post(address, json=body, headers=once)
    assert (again.status_code, again.json()["again"]) == (200, True)
    by_id = await outside.http.post(address, json={**body, "id": "u1"}, headers=head(key))
    assert by_id.status_code == 200
    problem(await outside.http.post(address, json={**body, "note": "Lost"}, headers=once), "key-used")
    problem(await outside.http.post(address, json={**body, "status": "fixed"}, headers=once), "key-used")
    history = again.json()["history"]
    assert [(one["status"], one["note"], one["source"]) for one in history[1:]] == [("in_progress", "On our way", "system/cms")]  # fmt: skip
    other = await outside.key("other")
    assert (
        await outside.http.post(address, json=body, headers=head(other, idempotency_key="u1"))
    ).status_code == 201


async def test_an_answer_to_a_case_that_has_changed_is_refused_where_it_is_asked_for(
    outside: Outside,
) -> None:
    key = await outside.key()
    reference = await made(outside, key)
    etag = (await outside.http.get(f"{CASES}/{reference}", headers=head(key))).headers["etag"]
    address = f"{CASES}/{reference}/updates"

    async def say(note: str) -> httpx2.Response:
        sent = {"status": "planned", "note": note}
        return await outside.http.post(
            address, json=sent, headers=head(key, if_match=etag, idempotency_key=note)
        )

    answers = await asyncio.gather(*map(say, "abcdef"))
    assert sorted(one.status_code for one in answers) == [201] + [412] * 5
    first = next(note for note, answer in zip("abcdef", answers, strict=True) if answer.status_code == 201)
    assert (await say(first)).status_code == 200, "sent again it is the same, whatever has been said since"
    problem(await outside.http.post(address, json={"status": "fixed"}, headers=head(key, if_match="nonsense")), "changed")  # fmt: skip
    assert (await outside.http.post(address, json={"status": "fixed"}, headers=head(key, if_match="*"))).status_code == 201  # fmt: skip


async def test_a_message_is_for_the_resident_and_a_note_for_staff_alone(outside: Outside) -> None:
    key = await outside.key()
    reference = await made(outside, key)
    await outside.http.post(f"{CASES}/{reference}/updates", json={"status": "planned"}, headers=head(key))
    address = f"{CASES}/{reference}/messages"
    told = await outside.http.post(address, json={"text": "We come\u0000 on Friday"}, headers=head(key))
    assert told.status_code == 201
    note = await outside.http.post(
        address, json={"text": "Beware of the dog", "internal": True}, headers=head(key, idempotency_key="n1")
    )
    assert note.json()["status"] == "planned"
    assert [one["note"] for one in note.json()["history"]] == ["", "", "We come on Friday"]
    assert (await outside.http.post(address, json={"text": "Beware of the dog", "internal": True}, headers=head(key, idempotency_key="n1"))).status_code == 200  # fmt: skip
    problem(await outside.http.post(address, json={"text": "Beware of the dog"}, headers=head(key, idempotency_key="n1")), "key-used")  # fmt: skip
    rows = await outside.house.store.owner.fetch("select note from case_update where internal")
    assert [row["note"] for row in rows] == ["Beware of the dog"]
    for wrong in ({}, {"text": ""}, {"text": 7}, {"text": "x", "internal": "yes"}, {"text": "x" * 4001}):
        problem(await outside.http.post(address, json=wrong, headers=head(key)), "bad-request")


async def test_a_file_is_added_once_and_fetched_as_a_download(outside: Outside) -> None:
    key = await outside.key()
    reference = await made(outside, key)
    address = f"{CASES}/{reference}/attachments"
    named = head(
        key, content_type="image/jpeg", content_disposition="attachment; filename*=UTF-8''y%20bin.jpg"
    )
    added = await outside.http.post(address, content=photo(), headers=named)
    assert added.status_code == 201, added.text
    assert added.json()["name"] == "y bin.jpg"
    again = await outside.http.post(address, content=photo(), headers=named)
    assert (again.status_code, again.json()["again"], again.json()["id"]) == (200, True, added.json()["id"])
    fetched = await outside.http.get(added.headers["location"], headers=head(key))
    assert fetched.content == photo()
    assert fetched.headers["content-disposition"] == "attachment; filename*=UTF-8''y%20bin.jpg"
    assert fetched.headers["content-type"] == "image/jpeg"
    [listed_one] = (await outside.http.get(f"{CASES}/{reference}", headers=head(key))).json()["attachments"]
    assert listed_one["href"] == added.json()["href"]
    problem(await outside.http.post(address, content=b"<script>", headers=named), "no-file")
    problem(await outside.http.post(address, content=b"", headers=named), "no-file")
    problem(await outside.http.post(address, content=b"x" * 10_500_000, headers=named), "too-large")
    for number in range(2, 11):
        assert (
            await outside.http.post(address, content=photo() + b"%d" % number, headers=head(key))
        ).status_code == 201
    full = problem(await outside.http.post(address, content=photo() + b"!", headers=head(key)), "no-file")
    assert "10 files" in full["detail"]


async def test_a_case_that_was_redacted_is_not_there(outside: Outside) -> None:
    key = await outside.key()
    reference = await made(outside, key)
    await outside.house.store.owner.execute("update council_case set redacted_at = now()")
    assert (await listed(outside, key))[0] == []
    problem(await outside.http.get(f"{CASES}/{reference}", headers=head(key)), "not-found")
