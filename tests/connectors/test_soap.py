"""The SOAP connector: messages as the WSDL says, faults told apart, products' shapes, and nothing fetched that may not be."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from commonhall.connectors.faults import Fault
from commonhall.connectors.registry import build_connector, connector_problem
from commonhall.connectors.samples import sample_case
from commonhall.connectors.serving import serve
from commonhall.connectors.soap.connector import PRESETS, presets
from commonhall.connectors.soap.simulators.products import (
    DATABASE,
    PASSWORD,
    USER,
    Bartec,
    Confirm,
    Whitespace,
)
from commonhall.connectors.soap.twin import MAPPING, PlainTwin, SoapTwin, fault_xml, wsdl
from commonhall.engine.back_office import CaseStatus, Connector, DeliveryFailed
from tests.conftest import SetClock
from tests.connectors.answers import Answering, client, reply

CONFIRM: dict[str, Any] = {
    "preset": "confirm",
    "username": USER,
    "values": {"database": DATABASE},
    "tables": {
        "service": {"missed-bin": "WASTE", "*": "NONE"},
        "subject": {"*": "MISSED"},
        "attributes": {"containers": "BINS", "local.gate": "GATE"},
        "status": {"IN_PROGRESS": "in_progress", "FIXED": "fixed"},
    },
}
WHITESPACE: dict[str, Any] = {
    "preset": "whitespace", "username": USER, "security": "text", "values": {"service": 7, "item": 3},
    "tables": {"service": {"pothole": 8}},
}  # fmt: skip
BARTEC: dict[str, Any] = {
    "preset": "bartec", "username": USER, "values": {"status": 1}, "tables": {"service": {"missed-bin": 12, "*": 13}}
}  # fmt: skip


@asynccontextmanager
async def facing(
    twin: SoapTwin, clock: SetClock, password: str = PASSWORD, **settings: Any
) -> AsyncIterator[Connector]:
    """A connector to a twin that is served on this machine."""
    async with serve(twin.app) as served, httpx2.AsyncClient(trust_env=False) as http:
        given = {"wsdl": f"{served.url}/service?wsdl", **settings}
        if settings.get("preset") == "bartec":
            given["sign_in_wsdl"] = given["wsdl"]
        yield build_connector("soap", given, {"password": password}, http, clock, allow_private=True)


# -- products ----------------------------------------------------------------------------------------------------


@pytest.mark.network
async def test_confirm_has_an_enquiry_and_tells_what_becomes_of_it(clock: SetClock) -> None:
    twin = Confirm(clock)
    async with facing(twin, clock, **CONFIRM) as connector:
        receipt = await connector.deliver(sample_case("R1"), "k1")
        job = twin.book.jobs[0]
        assert receipt.external_id == job.number
        assert job.given["EnquiryReference"] == "R1"
        assert job.given["EnquiryCustomer"] == {
            "CustomerForename": "Sam", "CustomerSurname": "Jones", "CustomerEmail": "sam@example.com",
            "CustomerPhone": "0121 496 0000",
        }  # fmt: skip
        by_code = sorted(job.given["EnquiryAttribute"], key=lambda one: one["EnqAttribTypeCode"])
        assert by_code == [
            {"EnqAttribTypeCode": "BINS", "EnqAttribStringValue": "refuse, food"},
            {"EnqAttribTypeCode": "GATE", "EnqAttribStringValue": "yes"},
        ]
        assert await connector.updates(clock() - timedelta(days=1)) == []
        summer = clock().replace(month=7, microsecond=0)
        for number, status in enumerate((CaseStatus.IN_PROGRESS, CaseStatus.FIXED)):
            twin.book.tell(job, status, f"note {number}", summer + timedelta(hours=number))
        heard = await connector.updates(clock() - timedelta(days=1))
        assert [(one.external_id, one.status, one.at, one.note) for one in heard] == [
            (job.number, "in_progress", summer, "note 0"),
            (job.number, "fixed", summer + timedelta(hours=1), "note 1"),
        ]


@pytest.mark.network
async def test_confirm_s_own_no_is_a_no_and_a_wrong_password_is_a_setting(clock: SetClock) -> None:
    async with facing(Confirm(clock), clock, **CONFIRM) as connector:
        with pytest.raises(DeliveryFailed, match="Service code is not valid") as failed:
            await connector.deliver(replace(sample_case("R1"), service="pothole"), "k1")
        assert failed.value.permanent
    async with facing(Confirm(clock), clock, "wrong", **CONFIRM) as connector:
        with pytest.raises(DeliveryFailed, match="Logon failed") as failed:
            await connector.deliver(sample_case("R1"), "k1")
        assert not failed.value.permanent
        assert "wrong" not in failed.value.reason


@pytest.mark.network
async def test_whitespace_has_a_worksheet(clock: SetClock) -> None:
    twin = Whitespace(clock)
    async with facing(twin, clock, **WHITESPACE) as connector:
        assert (await connector.deliver(sample_case("R1"), "k1")).external_id == "T1"
        given = twin.book.jobs[0].given
        assert (given["Uprn"], given["ServiceId"], given["WorksheetReference"]) == ("100070000001", "7", "R1")
        assert "updates" not in connector.can
        with pytest.raises(DeliveryFailed, match="No such service") as failed:
            await connector.deliver(replace(sample_case("R2"), service="pothole"), "k2")
        assert failed.value.permanent
    async with facing(twin, clock, **{**WHITESPACE, "username": "stranger"}) as connector:
        with pytest.raises(DeliveryFailed, match="could not be authenticated") as failed:
            await connector.deliver(sample_case("R3"), "k3")
        assert not failed.value.permanent


@pytest.mark.network
async def test_bartec_s_token_is_asked_for_again_when_it_is_refused(clock: SetClock) -> None:
    twin = Bartec(clock)
    async with facing(twin, clock, **BARTEC) as connector:
        assert (await connector.deliver(sample_case("R1"), "k1")).external_id == "T1"
        twin.taken_back += 1
        assert (await connector.deliver(sample_case("R2"), "k2")).external_id == "T2"
        assert [job.given["token"] for job in twin.book.jobs] == ["token-0", "token-1"]
        assert twin.book.jobs[0].given["ServiceRequest_Location"]["Metric"]["Latitude"] == "52.4118"
        with pytest.raises(DeliveryFailed, match="no such service type") as failed:
            await connector.deliver(replace(sample_case("R3"), service="pothole"), "k3")
        assert failed.value.permanent
    async with facing(Bartec(clock), clock, "wrong", **BARTEC) as connector:
        with pytest.raises(DeliveryFailed, match="its sign-in gave no token") as failed:
            await connector.deliver(sample_case("R1"), "k1")
        assert not failed.value.permanent


@pytest.mark.network
@pytest.mark.parametrize(
    ("product", "settings"), [(Confirm, CONFIRM), (Whitespace, WHITESPACE), (Bartec, BARTEC)]
)
async def test_a_case_whose_answer_was_lost_is_sent_again_and_shows_what_is_double(
    product: Callable[[SetClock], SoapTwin], settings: dict[str, Any], clock: SetClock
) -> None:
    twin = product(clock)
    async with facing(twin, clock, **settings) as connector:
        await connector.deliver(sample_case("R0"), "k0")
        twin.script.play(Fault.CUT)
        with pytest.raises(DeliveryFailed) as failed:
            await connector.deliver(sample_case("R1"), "k1")
        assert not failed.value.permanent
        await connector.deliver(sample_case("R1"), "k1")
    assert [job.reference for job in twin.book.jobs] == ["R0", "R1", "R1"]


# -- faults and bad input ----------------------------------------------------------------------------------------


def soap(answer: Answering, clock: SetClock, **settings: Any) -> Connector:
    given = {"wsdl": wsdl("", "twin.wsdl").replace("ADDRESS", "https://jobs.example/service"), "mapping": MAPPING, "tables": {"services": {"*": "B"}, "status": {}}, **settings}  # fmt: skip
    return build_connector("soap", given, {}, client(answer), clock, allow_private=True)


@pytest.mark.parametrize(
    ("code", "words", "permanent"),
    [
        ("Client", "no such street", True),
        ("Client", "The security token has expired", False),
        ("Client", "Session is not valid", False),
        ("Server", "out of memory", False),
        ("Client.Data", "too long", True),
    ],
)
async def test_whose_fault_it_is_decides(code: str, words: str, permanent: bool, clock: SetClock) -> None:
    for status in (200, 500, 400):
        connector = soap(
            lambda _, status=status: reply(status, fault_xml(words, code), {"content-type": "text/xml"}),
            clock,
        )
        with pytest.raises(DeliveryFailed, match=re.escape(words)) as failed:
            await connector.deliver(sample_case("R1"), "k")
        assert failed.value.permanent is permanent


BOMB = b'<!DOCTYPE e [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>&b;</e:Body></e:Envelope>'


@pytest.mark.parametrize(
    "answer",
    [
        reply(200, BOMB, {"content-type": "text/xml"}),
        reply(200, b"<Envelope/>", {"content-type": "text/xml"}),
        reply(200, b"", {"content-type": "text/xml"}),
        reply(200, b"{}", {"content-type": "application/json"}),
        reply(202, b"", {"content-type": "text/xml"}),
    ],
    ids=["bomb", "other xml", "nothing", "json", "accepted without a word"],
)
async def test_what_is_no_answer_is_no_acceptance(answer: httpx2.Response, clock: SetClock) -> None:
    with pytest.raises(DeliveryFailed) as failed:
        await soap(lambda _: answer, clock).deliver(sample_case("R1"), "k")
    assert not failed.value.permanent


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        ({"operation": "Nothing"}, "it has no operation 'Nothing'"),
        (
            {"operation": "NewJob", "arguments": {"Colour": "red"}},
            "does not say what the WSDL asks of NewJob",
        ),
        ({"operation": "NewJob", "arguments": {"Key": "k"}}, "does not say what the WSDL asks of NewJob"),
    ],
)
async def test_a_mapping_that_the_wsdl_does_not_know_says_so(
    ask: dict[str, Any], said: str, clock: SetClock
) -> None:
    sent: list[httpx2.Request] = []
    connector = soap(
        lambda request: sent.append(request) or reply(200), clock, mapping={"deliver": {"ask": ask}}
    )
    with pytest.raises(DeliveryFailed, match=said) as failed:
        await connector.deliver(sample_case("R1"), "k")
    assert not failed.value.permanent
    assert sent == []


EXTERNAL = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    "text",
    [
        "<nonsense",
        "<a/>",
        wsdl("", "twin.wsdl").replace("?>", f"?>{EXTERNAL}", 1),
        wsdl("", "twin.wsdl").replace(
            "<wsdl:types>", '<wsdl:import namespace="urn:x" location="file:///etc/passwd"/><wsdl:types>'
        ),
    ],
    ids=["no xml", "no wsdl", "an entity", "a file"],
)
async def test_a_wsdl_that_cannot_be_used_is_a_setting(text: str, clock: SetClock) -> None:
    connector = soap(lambda _: reply(200), clock, wsdl=text)
    with pytest.raises(
        DeliveryFailed, match=r"WSDL|not an http or https address|could not be reached"
    ) as failed:
        await connector.deliver(sample_case("R1"), "k")
    assert not failed.value.permanent
    assert "root:" not in failed.value.reason


@pytest.mark.network
@pytest.mark.parametrize(
    "place", ["http://127.0.0.1/x?wsdl", "http://169.254.169.254/?wsdl", "http://[::1]/?wsdl"]
)
async def test_nothing_is_fetched_from_a_private_place(place: str, clock: SetClock) -> None:
    called: list[str] = []
    settings = {"wsdl": place, "mapping": MAPPING, "tables": {"services": {"*": "B"}, "status": {}}}
    http = client(lambda request: called.append(str(request.url)) or reply(200))
    connector = build_connector("soap", settings, {}, http, clock)
    with pytest.raises(DeliveryFailed, match="private address"):
        await connector.deliver(sample_case("R1"), "k")
    inside = wsdl("", "twin.wsdl").replace("ADDRESS", place)
    connector = build_connector("soap", {**settings, "wsdl": inside}, {}, http, clock)
    with pytest.raises(DeliveryFailed, match="private address"):
        await connector.deliver(sample_case("R1"), "k")
    assert called == []


@pytest.mark.network
async def test_the_wsdl_is_kept_for_a_day(clock: SetClock) -> None:
    twin = PlainTwin(clock)
    tables = {"services": {"*": "B"}, "status": {}}
    async with facing(
        twin, clock, mapping=MAPPING, tables=tables, security="text", username="council"
    ) as connector:
        for _ in range(3):
            await connector.deliver(sample_case("R1"), "k")
        clock.go(hours=25)
        await connector.deliver(sample_case("R1"), "k")
    assert [one.method for one in twin.script.journal].count("GET") == 2


# -- setting one up ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "secrets", "said"),
    [
        ({"wsdl": "jobs"}, {}, "give the address of a WSDL"),
        ({}, {}, "give a mapping, or the name of a ready-made one"),
        ({"preset": "fax"}, {}, "there is no ready-made mapping 'fax'; there are bartec, confirm, whitespace"),
        ({"preset": "confirm"}, {}, "values.database is missing: DatabaseId of the tenant"),
        ({"mapping": MAPPING, "security": "text"}, {}, "settings.username is missing"),
        ({"mapping": MAPPING, "security": "text", "username": "u"}, {}, "secrets.password is missing"),
        ({"mapping": {**MAPPING, "sign_in": {"ask": {"operation": "E"}, "token": "{{ token }}"}}}, {}, "sign_in: nothing is called 'token'"),
        ({"mapping": {"deliver": {"ask": {"path": "x"}}}}, {}, "deliver.ask.operation: field required"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_when_it_is_set_up(
    settings: dict[str, Any], secrets: dict[str, Any], said: str
) -> None:
    problem = connector_problem("soap", {"wsdl": "https://jobs.example/?wsdl", **settings}, secrets)
    assert problem is not None
    assert said in problem


def test_the_ready_made_mappings_are_those_that_are_offered() -> None:
    assert presets().keys() == {name for name, _ in PRESETS}
    folder = resources.files("commonhall.connectors.soap") / "mappings"
    for name in presets():
        assert (
            "Public\n# facts:" in (text := (folder / f"{name}.yaml").read_text("utf-8"))
            or "Public facts:" in text
        )


def test_the_example_of_the_readme_is_right() -> None:
    readme = Path(str(resources.files("commonhall.connectors.soap") / "README.md")).read_text("utf-8")
    [example] = yaml.safe_load(re.search(r"```yaml\n(.*?)```", readme, re.DOTALL).group(1))  # type: ignore[union-attr]
    assert example["kind"] == "soap"
    assert connector_problem("soap", example["settings"], example["secrets"]) is None
