"""The practice back office: what comes in is one job each, survives, is shown, and is told on."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from commonhall.connectors.samples import HOSTILE, sample_case
from commonhall.connectors.sandbox.jobs import Jobs, JournalBroken
from commonhall.connectors.serving import serve
from commonhall.connectors.webhook.signing import signed
from commonhall.engine.back_office import CaseStatus, DeliveryFailed, StatusUpdate
from tests.conftest import SetClock
from tests.connectors.conftest import KEY, SECRET, OpenSandbox, Sandbox

pytestmark = pytest.mark.network


@pytest.mark.parametrize("protocol", ["open311", "webhook"])
async def test_a_case_sent_twice_is_one_job_with_its_answers(sandbox: Sandbox, protocol: str) -> None:
    connector = sandbox.open311() if protocol == "open311" else sandbox.webhook()
    case = sample_case("K7M-2XQ-9HD")
    first, second = await connector.deliver(case, "key-1"), await connector.deliver(case, "key-1")
    [job] = await sandbox.jobs()
    assert first.external_id == second.external_id == job["id"]
    assert (job["reference"], job["protocol"], job["status"]) == (case.reference, protocol, "open")
    assert (job["keys"], job["times"]) == (["key-1"], 2)
    page = (await sandbox.http.get(f"{sandbox.url}/jobs/{job['id']}")).text
    assert case.summary in page
    assert "practice" in page.lower()
    assert f"by {protocol}, 2 times" in page


async def test_two_bodies_with_the_same_reference_have_a_job_each(sandbox: Sandbox) -> None:
    case = sample_case("K7M-2XQ-9HD")
    await sandbox.open311(jurisdiction_id="solihull").deliver(case, "key-1")
    await sandbox.open311(jurisdiction_id="warwickshire").deliver(case, "key-1")
    await sandbox.open311(jurisdiction_id="warwickshire").deliver(case, "key-2")
    assert [job["keys"] for job in await sandbox.jobs()] == [["key-2"], ["key-1"], ["key-1"]]


async def test_without_a_key_the_reference_makes_one_job(sandbox: Sandbox) -> None:
    form = {"api_key": KEY, "service_code": "x", "address_string": "here", "attribute[external_id]": "R1"}
    for _ in range(2):
        await sandbox.http.post(f"{sandbox.url}/open311/v2/requests.json", data=form)
    [job] = await sandbox.jobs()
    assert (job["times"], job["keys"]) == (2, [])


async def test_hostile_words_are_shown_as_words(sandbox: Sandbox) -> None:
    case = sample_case("R1", hostile=True)
    await sandbox.open311().deliver(case, "key-1")
    await sandbox.webhook().deliver(case, "key-1")
    for job in await sandbox.jobs():
        page = (await sandbox.http.get(f"{sandbox.url}/jobs/{job['id']}")).text
        assert "<script>" not in page
        assert "&lt;script&gt;alert(1)" in page
        for path in ("requests.xml", f"requests/{job['id']}.xml", "services.xml"):
            assert (await sandbox.http.get(f"{sandbox.url}/open311/v2/{path}")).status_code in {200, 404}
    assert HOSTILE[2] in [text for _, text in (await sandbox.jobs())[1]["details"]]


async def test_a_change_of_status_is_offered_to_those_who_ask(sandbox: Sandbox, clock: SetClock) -> None:
    connector = sandbox.open311()
    receipt = await connector.deliver(sample_case("R1"), "key-1")
    since = clock()
    clock.go(hours=1)
    await sandbox.change(str(receipt.external_id), "action_scheduled", "On Friday")
    clock.go(hours=1)
    await sandbox.change(str(receipt.external_id), "fixed")
    heard = await connector.updates(since)
    assert [(one.status, one.note) for one in heard] == [("action_scheduled", "On Friday"), ("fixed", "")]
    assert {one.external_id for one in heard} == {receipt.external_id}
    assert await connector.updates(since + timedelta(minutes=90)) == heard[1:]


async def test_a_change_of_status_is_pushed_in_order_until_it_is_taken(
    sandbox: Sandbox, clock: SetClock
) -> None:
    connector = sandbox.webhook()
    heard: list[StatusUpdate] = []
    answers = iter([503, 302, 204, 204, 404])
    done = asyncio.Event()

    async def take(request: Request) -> Response:
        status = next(answers)
        if status == 204:
            heard.extend(connector.receive(dict(request.headers), await request.body()))
        if status == 404:
            done.set()
        return Response(status_code=status)

    async with serve(Starlette(routes=[Route("/updates", take, methods=["POST"])])) as site:
        sending = sandbox.webhook(updates_url=f"{site.url}/updates")
        receipt = await sending.deliver(sample_case("R1"), "key-1")
        for status in ("investigating", "planned", "closed"):
            await sandbox.change(str(receipt.external_id), status, f"now {status}")
        await asyncio.wait_for(done.wait(), 60)
        await asyncio.sleep(0.05)
    assert [one.status for one in heard] == [CaseStatus.INVESTIGATING, CaseStatus.PLANNED]
    assert {(one.reference, one.external_id) for one in heard} == {("R1", receipt.external_id)}
    page = (await sandbox.http.get(f"{sandbox.url}/jobs/{receipt.external_id}")).text
    assert page.count("The council’s site has it.") == 2
    assert "The council’s site refused it (404)." in page


async def test_jobs_survive_a_restart_and_a_line_cut_short(open_sandbox: OpenSandbox, tmp_path: Path) -> None:
    async with open_sandbox() as first:
        await first.webhook().deliver(sample_case("R1", hostile=True), "key-1")
        await first.open311().deliver(sample_case("R2"), "key-2")
        await first.change("00001", "fixed", "line\u2028separator")
        before = await first.jobs()
    journal = tmp_path / "sandbox.jsonl"
    with journal.open("ab") as file:
        file.write(b'{"do": "accept", "reference": "never ackno')
    async with open_sandbox() as second:
        assert await second.jobs() == before
        await second.webhook().deliver(sample_case("R3"), "key-3")
        await second.webhook().deliver(sample_case("R1", hostile=True), "key-1")
    async with open_sandbox() as third:
        assert [(job["reference"], job["times"]) for job in await third.jobs()] == [
            ("R3", 1),
            ("R2", 1),
            ("R1", 2),
        ]


def test_a_file_that_is_no_journal_is_refused_by_line(tmp_path: Path, clock: SetClock) -> None:
    journal = tmp_path / "notes.txt"
    journal.write_text('{"do": "pushed", "job": "1"}\nshopping\n', "utf-8")
    with pytest.raises(JournalBroken, match=r"notes\.txt line 1 is not an entry"):
        Jobs(journal, clock)


GOOD = {"api_key": KEY, "service_code": "x", "address_string": "here", "attribute[external_id]": "R1"}


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"api_key": "wrong"}, 403, "api_key is missing or wrong"),
        ({"service_code": ""}, 400, "service_code was not provided"),
        ({"address_string": ""}, 400, "no location"),
        ({"lat": "52"}, 400, "lat and long go together"),
        ({"lat": "nan", "long": "1"}, 400, "lat is not a number"),
        ({"lat": "52", "long": "1000"}, 400, "long is not a number"),
        ({"attribute[external_id]": ""}, 400, "names this request"),
        ({"attribute[external_id]": "R" * 201}, 400, "longer than 200"),
        ({"description": "x" * 1_100_000}, 413, "too large"),
    ],
)
async def test_a_bad_open311_request_gets_the_standards_error(
    sandbox: Sandbox, change: dict[str, str], status: int, words: str
) -> None:
    for form in ("json", "xml"):
        answer = await sandbox.http.post(f"{sandbox.url}/open311/v2/requests.{form}", data={**GOOD, **change})
        assert answer.status_code == status
        assert words in answer.text
    assert await sandbox.jobs() == []


async def test_a_wrong_key_is_a_setting_to_be_put_right(sandbox: Sandbox) -> None:
    with pytest.raises(DeliveryFailed, match="answered 403: the api_key is missing or wrong") as failed:
        await sandbox.open311(key="wrong").deliver(sample_case("R1"), "key-1")
    assert not failed.value.permanent


async def test_bad_input_gets_a_plain_answer(sandbox: Sandbox, clock: SetClock) -> None:
    http, url = sandbox.http, sandbox.url
    await sandbox.open311().deliver(sample_case("R1"), "key-1")

    async def sent(body: bytes) -> int:
        headers = signed([Webhook(SECRET)], "id-1", clock(), body)
        return (await http.post(f"{url}/webhook", content=body, headers=headers)).status_code

    bodies = [b"{}", b"[]", b"null", b'{"type": "uk.commonhall.case.submitted", "data": 1}', b"[" * 100_000]
    assert {await sent(body) for body in bodies} == {400}
    event = {"type": "uk.commonhall.case.submitted", "data": {"reference": 1}}
    assert await sent(json.dumps(event).encode()) == 400
    assert (await http.post(f"{url}/webhook", content=b"{}")).status_code == 401
    assert (await http.post(f"{url}/webhook", content=b"x" * 1_100_000)).status_code == 413
    assert (await sandbox.change("00001", "mended")).status_code == 400
    assert (await sandbox.change("00001", "fixed", "x" * 2001)).status_code == 400
    assert (await sandbox.change("99999", "fixed")).status_code == 404
    assert (await http.post(f"{url}/jobs/00001", content=b"&=%ff" * 9)).status_code == 400
    crossed = await http.post(f"{url}/jobs/00001", headers={"sec-fetch-site": "cross-site"})
    assert crossed.status_code == 403
    for path in ("/jobs/%00", "/nothing", "/open311/v2/requests/99.xml", "/open311/v2/services.pdf"):
        assert (await http.get(url + path)).status_code == 404
    for wrong in ("yesterday", "0001-01-01T00:00:00%2B14:00"):
        for path in ("requests", "servicerequestupdates"):
            answer = await http.get(f"{url}/open311/v2/{path}.json?start_date={wrong}")
            assert answer.status_code == 400
            assert "write YYYY-MM-DDThh:mm:ssZ" in answer.text
    assert [job["status"] for job in await sandbox.jobs()] == ["open"]


async def test_a_site_under_localhost_is_told_by_its_name(sandbox: Sandbox) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def take(request: Request) -> Response:
        heard.put_nowait(request.headers["host"])
        return Response(status_code=204)

    async with serve(Starlette(routes=[Route("/updates", take, methods=["POST"])])) as site:
        port = site.url.rpartition(":")[2]
        broken = sandbox.webhook(updates_url="http://[::1:80/updates")
        await broken.deliver(sample_case("R1"), "key-1")
        sending = sandbox.webhook(updates_url=f"http://solihull.localhost:{port}/updates")
        await sending.deliver(sample_case("R2"), "key-2")
        for job in ("00001", "00002"):
            await sandbox.change(job, "fixed")
        assert await asyncio.wait_for(heard.get(), 60) == f"solihull.localhost:{port}"
