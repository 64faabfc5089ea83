"""Open311 as a server: what is asked is what the service asks, what is sent is a case like any other."""

from __future__ import annotations

import io
import re
from typing import Any
from xml.etree import ElementTree

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from commonhall.api.open311.attributes import answers_of
from commonhall.casework.cases import follow_case
from commonhall.casework.systems import another_key, remove_system
from commonhall.engine.access import Scope
from commonhall.engine.journey import contract_answers
from tests.api.conftest import ADA, Outside, client_of
from tests.engine.services import one_page, run_small
from tests.web.workspace.office import COUNCIL
from tests.web.workspace.test_cases import reported

V2 = "/open311/v2"
BINS = {
    "service_code": "missed-bin",
    "first_name": "Wilhelmina",
    "last_name": "Jones",
    "email": "wj@example.com",
    "phone": "",
    "address_string": "14 Mill Lane, Solihull, B91 3QJ",
    "attribute[containers]": "refuse",
    "attribute[missed_on]": "2026-03-09",
    "attribute[placing]": "shared",
    "attribute[bin_store]": "Behind block B",
    "attribute[tag]": "no",
    "attribute[neighbours]": "only-mine",
    "attribute[local.gate]": "no",
}
POTHOLE = {"service_code": "pothole", "lat": "52.4130", "long": "-1.7780", "attribute[danger]": "no"}


async def sent(outside: Outside, key: str, form: dict[str, Any], **more: Any) -> httpx2.Response:
    return await outside.http.post(f"{V2}/requests.json", data={"api_key": key, **form}, **more)


async def made(outside: Outside, key: str, **changes: str) -> str:
    answer = await sent(outside, key, {**BINS, **changes})
    assert answer.status_code == 201, answer.text
    reference: str = answer.json()[0]["service_request_id"]
    return reference


def words(answer: httpx2.Response) -> str:
    """What an error says, in the standard's own shape."""
    [error] = answer.json()
    assert error.keys() == {"code", "description"}
    assert error["code"] == answer.status_code
    return str(error["description"])


# -- what there is -----------------------------------------------------------------------------------------------


async def test_discovery_leads_to_the_interface(outside: Outside) -> None:
    for form in ("json", "xml"):
        answer = await outside.http.get(f"/open311/discovery.{form}")
        assert answer.status_code == 200
        assert "http://solihull.localhost:8000/open311/v2" in answer.text
    [endpoint] = (await outside.http.get("/open311/discovery.json")).json()["endpoints"]
    services = await outside.http.get(f"{endpoint['url']}/services.json")
    assert {one["service_code"] for one in services.json()} >= {"missed-bin", "pothole"}


async def test_services_are_grouped_and_found_by_the_words_of_people(outside: Outside) -> None:
    services = {one["service_code"]: one for one in (await outside.http.get(f"{V2}/services.json")).json()}
    assert services["missed-bin"]["group"] == "Household waste collection"
    words = services["missed-bin"]["keywords"].split(",")
    assert {"bin", "rubbish", "bin heb gasglu", "lgsl:524", "lgil:17"} <= set(words)
    assert services["pothole"]["group"] == "Road maintenance"
    assert all(one["group"] and "lgsl:" in one["keywords"] for one in services.values())


async def test_a_service_s_attributes_are_what_it_asks(outside: Outside) -> None:
    answer = await outside.http.get(f"{V2}/services/missed-bin.json")
    attributes = {one["code"]: one for one in answer.json()["attributes"]}
    assert [one["order"] for one in attributes.values()] == list(range(1, len(attributes) + 1))
    assert attributes["containers"]["datatype"] == "multivaluelist"
    assert {"key": "paper", "name": "Paper bag"} in attributes["containers"]["values"]
    assert attributes["missed_on"]["datatype"] == "datetime"
    assert attributes["missed_on"]["required"]
    assert not attributes["bin_store"]["required"], "it is asked of some people only"
    assert not attributes["property.line1"]["required"], "address_string gives it, too"
    assert attributes["local.gate"]["description"] == "Locked gate"
    root = ElementTree.fromstring((await outside.http.get(f"{V2}/services/missed-bin.xml")).text)
    assert root.tag == "service_definition"
    codes = [one.findtext("code") for one in root.findall("attributes/attribute")]
    assert codes == list(attributes)
    assert root.findtext("attributes/attribute/values/value/key")


# -- a case ------------------------------------------------------------------------------------------------------


async def test_a_request_is_the_case_that_pages_make_but_for_its_channel(outside: Outside) -> None:
    by_page = await reported(outside.office)
    by_call = await made(outside, await outside.key())
    columns = "service, digest, language, answers, summary, details, contact, location, connectors, target_on, status"
    rows = [
        dict(
            await outside.house.store.owner.fetchrow(
                f"select {columns} from council_case where reference = $1", one
            )
        )
        for one in (by_page, by_call)
    ]
    assert rows[0] == rows[1]
    view = await follow_case(outside.house.desk, COUNCIL, by_call, proof="wj@example.com", client="192.0.2.1")
    assert view.reference == by_call
    for table in ("delivery", "case_update"):
        many = await outside.house.store.owner.fetch(f"select count(*) from {table} group by reference")
        assert [row["count"] for row in many] == [1, 1]


async def test_it_is_read_back_by_id_by_query_and_in_both_forms(outside: Outside) -> None:
    key = await outside.key()
    reference = await made(outside, key)
    head = {"authorization": f"Bearer {key}"}
    for path in (f"requests/{reference}.json", f"requests.json?service_request_id={reference}", "requests.json?status=open&service_code=missed-bin,pothole"):  # fmt: skip
        [row] = (await outside.http.get(f"{V2}/{path}", headers=head)).json()
        assert row["service_request_id"] == reference
        assert (row["status"], row["extended_status"]) == ("open", "open")
        assert row["address"] == "14 Mill Lane, Solihull, B91 3QJ"
        for name in ("requested_datetime", "updated_datetime", "expected_datetime"):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row[name])
    assert (await outside.http.get(f"{V2}/requests.json?status=closed", headers=head)).json() == []
    xml = ElementTree.fromstring(
        (await outside.http.get(f"{V2}/requests/{reference}.xml", headers=head)).text
    )
    assert xml.tag == "service_requests"
    assert xml.findtext("request/service_request_id") == reference
    journey = await outside.house.store.owner.fetchval("select journey from council_case")
    [token] = (await outside.http.get(f"{V2}/tokens/{journey}.json", headers=head)).json()
    assert token == {"service_request_id": reference, "token": journey}


async def test_twice_with_one_key_is_one_case(outside: Outside) -> None:
    key = await outside.key()
    first = await sent(outside, key, BINS, headers={"idempotency-key": "abc"})
    again = await sent(outside, key, BINS, headers={"idempotency-key": "abc"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()[0]["service_request_id"] == again.json()[0]["service_request_id"]
    other = await sent(outside, key, {**BINS, "last_name": "Smith"}, headers={"idempotency-key": "abc"})
    assert other.status_code == 400
    assert "with other answers" in words(other)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"attribute[containers]": "skip"}, "containers: Select one of the answers listed"),
        ({"attribute[missed_on]": "soon"}, "missed_on"),
        ({"attribute[missed_on]": "2026-03-11"}, "missed_on"),
        ({"attribute[tag]": "yes"}, "the service does not take this"),
        ({"email": "nonsense"}, "email: Enter an email address in the correct format"),
        ({"address_string": "14 Mill Lane"}, "property"),
        ({"service_code": "spaceship"}, "service_code 'spaceship' was not found"),
        ({"service_code": ""}, "service_code was not provided"),
    ],
)
async def test_what_pages_refuse_is_refused_in_the_standard_s_shape(
    outside: Outside, changes: dict[str, str], said: str
) -> None:
    answer = await sent(outside, await outside.key(), {**BINS, **changes})
    assert answer.status_code in {400, 404}
    assert said in words(answer)
    xml = await outside.http.post(f"{V2}/requests.xml", data={**BINS, **changes, "api_key": "chk_x"})
    assert ElementTree.fromstring(xml.text).tag == "errors"
    assert await outside.house.store.owner.fetchval("select count(*) from council_case") == 0


async def test_a_place_comes_as_a_point_a_grid_reference_or_words(outside: Outside) -> None:
    key = await outside.key()
    fields = {"attribute[danger]": "no", "description": "Deep, by the kerb"}
    for place in ({"lat": "52.4130", "long": "-1.7780"}, {"attribute[easting]": "415200", "attribute[northing]": "279000"}, {"address_string": "Mill Lane, near 14"}):  # fmt: skip
        given, _ = answers_of(
            outside.house.sites.of_council(COUNCIL).service("pothole"),  # type: ignore[union-attr, arg-type]
            {name: [value] for name, value in {**fields, **place}.items()},
        )
        where = given[
            outside.house.sites.of_council(COUNCIL).service("pothole").service.definition.case.location
        ]  # type: ignore[union-attr]
        assert where.get("description") == "Mill Lane, near 14" or (
            abs(where["lat"] - 52.41) < 0.01 and abs(where["long"] + 1.777) < 0.01
        )
    off = await sent(outside, key, {**POTHOLE, "lat": "", "long": "", "attribute[easting]": "1", "attribute[northing]": "-5"})  # fmt: skip
    assert "British National Grid" in words(off)


async def test_what_no_question_takes_is_kept_for_staff(outside: Outside) -> None:
    reference = await made(
        outside, await outside.key(), description="The lid is blue", **{"attribute[mood]": "cross"}
    )
    note = await outside.house.store.owner.fetchval(
        "select note from case_update where reference = $1 and internal", reference
    )
    assert note == "description: The lid is blue\nmood: cross"


# -- keys --------------------------------------------------------------------------------------------------------


async def test_without_a_key_nothing_of_a_case_is_seen_or_made(outside: Outside) -> None:
    reference = await made(outside, await outside.key())
    for path in (
        "requests.json",
        f"requests/{reference}.json",
        "servicerequestupdates.json",
        "tokens/x.json",
    ):
        answer = await outside.http.get(f"{V2}/{path}")
        assert answer.status_code == 403
        assert "a key is needed" in words(answer)
    assert (await sent(outside, "chk_" + "x" * 22, BINS)).status_code == 403
    other = await outside.key("reader", [Scope.READ])
    assert "lacks the scope 'submit'" in words(await sent(outside, other, BINS))


async def test_a_key_opens_its_services_alone(outside: Outside) -> None:
    reference = await made(outside, await outside.key())
    key = await outside.key("roads", services=["pothole"])
    assert "does not open the service 'missed-bin'" in words(await sent(outside, key, BINS))
    head = {"x-api-key": key}
    assert (await outside.http.get(f"{V2}/requests.json", headers=head)).json() == []
    assert (await outside.http.get(f"{V2}/requests/{reference}.json", headers=head)).status_code == 404
    assert (await outside.http.get(f"{V2}/servicerequestupdates.json", headers=head)).json() == []
    form = {"service_request_id": reference, "status": "fixed"}
    update = await outside.http.post(f"{V2}/servicerequestupdates.json", data=form, headers=head)
    assert update.status_code == 404


async def test_a_key_is_changed_while_both_hold_and_ends_when_it_is_removed(outside: Outside) -> None:
    from datetime import timedelta

    old, desk = await outside.key(), outside.house.desk
    new = await another_key(desk, COUNCIL, "cms", ADA, others_hold=timedelta(days=1))
    assert [(await sent(outside, key, BINS)).status_code for key in (old, new)] == [201, 201]
    outside.clock.go(days=1)
    assert [(await sent(outside, key, {**BINS, "attribute[missed_on]": "2026-03-10"})).status_code for key in (old, new)] == [403, 201]  # fmt: skip
    await remove_system(desk, COUNCIL, "cms", ADA)
    assert (await sent(outside, new, BINS)).status_code == 403
    stored = await outside.house.store.owner.fetch("select digest from api_key")
    assert all(new.encode() not in row["digest"] for row in stored)
    assert (await outside.office.actions())[:2] == ["system.remove", "system.key"]


# -- updates -----------------------------------------------------------------------------------------------------


async def test_a_back_office_answers_and_others_hear_it_once(outside: Outside) -> None:
    key = await outside.key()
    reference = await made(outside, key)
    form = {"api_key": key, "service_request_id": reference, "update_id": "u1", "status": "FIXED", "description": "Collected"}  # fmt: skip
    outside.clock.go(hours=1)
    for _ in range(2):
        answer = await outside.http.post(f"{V2}/servicerequestupdates.json", data=form)
        assert answer.status_code == 200, answer.text
    updates = (await outside.http.get(f"{V2}/servicerequestupdates.json?api_key={key}")).json()
    assert [(one["status"], one["description"]) for one in updates] == [("open", ""), ("fixed", "Collected")]
    assert all(re.fullmatch(r"[\w-]+", one["update_id"]) for one in updates)
    [row] = (await outside.http.get(f"{V2}/requests/{reference}.json?api_key={key}")).json()
    assert (row["status"], row["extended_status"], row["status_notes"]) == ("closed", "fixed", "Collected")
    wrong = await outside.http.post(f"{V2}/servicerequestupdates.json", data={**form, "status": "gone"})
    assert "status 'gone' is not known" in words(wrong)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("start_date=yesterday", "start_date is not a date and time"),
        ("start_date=2026-03-01T00:00:00.123Z", "start_date is not a date and time"),
        ("start_date=2026-03-09T00:00:00Z&end_date=2026-03-01T00:00:00Z", "end_date is before start_date"),
        ("start_date=2025-01-01T00:00:00Z&end_date=2026-03-01T00:00:00Z", "more than 90 days"),
    ],
)
async def test_times_are_read_strictly(outside: Outside, query: str, said: str) -> None:
    key = await outside.key()
    for path in ("requests", "servicerequestupdates"):
        assert said in words(await outside.http.get(f"{V2}/{path}.json?api_key={key}&{query}"))
    for good in ("2026-03-01T00:00:00Z", "2026-03-01T00:00:00+01:00", "2026-03-01T00:00:00", ""):
        found = await outside.http.get(f"{V2}/requests.json?api_key={key}&start_date={good}")
        assert found.status_code == 200


async def test_what_is_not_there_is_told_in_the_standard_s_shape(outside: Outside) -> None:
    key = await outside.key()
    for path in (f"{V2}/services/spaceship.json", f"{V2}/requests/ABC.json?api_key={key}", f"{V2}/tokens/x.json?api_key={key}", f"{V2}/services.json?jurisdiction_id=mars", f"{V2}/services.yaml", "/open311/nothing"):  # fmt: skip
        answer = await outside.http.get(path)
        assert answer.status_code == 404
        words(answer)
    async with client_of(outside.office.app, "nobody.localhost") as http:
        assert (await http.get(f"{V2}/services.json")).status_code == 404


# -- photos ------------------------------------------------------------------------------------------------------


def photo(kind: str = "JPEG") -> bytes:
    """A small image."""
    made = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(made, kind)
    return made.getvalue()


async def test_photos_come_along_and_are_fetched_by_a_signed_address(outside: Outside) -> None:
    key = await outside.key()
    files = [
        ("media", ("one.txt", photo(), "text/plain")),
        ("media", ("../two.png", photo("PNG"), "image/png")),
    ]
    answer = await sent(outside, key, BINS, files=files)
    assert answer.status_code == 201, answer.text
    reference = answer.json()[0]["service_request_id"]
    [row] = (await outside.http.get(f"{V2}/requests/{reference}.json?api_key={key}")).json()
    assert len(row["media_urls"]) == 2
    fetched = await outside.http.get(row["media_url"])
    assert fetched.content in {photo(), photo("PNG")}
    assert fetched.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert fetched.headers["content-type"] in {"image/jpeg", "image/png"}, "by its content, not by its name"
    spoiled = row["media_url"][:-1] + ("0" if row["media_url"][-1] != "0" else "1")
    assert (await outside.http.get(spoiled)).status_code == 404


async def test_a_file_that_is_no_photo_makes_no_case(outside: Outside) -> None:
    answer = await sent(
        outside, await outside.key(), BINS, files=[("media", ("a.jpg", b"<script>", "image/jpeg"))]
    )
    assert answer.status_code == 400
    assert "a.jpg is no whole JPEG" in words(answer)
    assert await outside.house.store.owner.fetchval("select count(*) from council_case") == 0


async def test_a_photo_that_cannot_be_fetched_loses_no_case(outside: Outside) -> None:
    reference = await made(outside, await outside.key(), media_url="http://127.0.0.1:1/a.jpg")
    note = await outside.house.store.owner.fetchval(
        "select note from case_update where reference = $1 and internal", reference
    )
    assert "A photo at http://127.0.0.1:1/a.jpg could not be fetched" in note
    assert "private address" in note


# -- laws --------------------------------------------------------------------------------------------------------

EVERY = run_small(
    one_page(
        "[{id: t, type: text, label: T}, {id: n, type: number, label: N}, {id: d, type: date, label: D},"
        " {id: a, type: address, label: A}, {id: p, type: map-location, label: P},"
        " {id: c, type: checkboxes, label: C, options: [{code: x, label: X}, {code: y, label: Y}]},"
        " {id: l, type: list, label: L, item: I, min: 1, max: 3, fields: [{id: w, type: text, label: W}]}]"
    )
)
CODES = ["t", "n", "d", "a.line1", "a.town", "a.postcode", "p.description", "p.lat", "p.long", "c", "l", "uprn", "easting"]  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from(
            [f"attribute[{code}]" for code in CODES] + ["attribute[c][]", "lat", "address_string"]
        ),
        st.lists(st.text(max_size=12), min_size=1, max_size=3),
    )
)
def test_any_form_becomes_answers_or_a_refusal(form: dict[str, list[str]]) -> None:
    from commonhall.api.open311.wire import Refused

    try:
        answers, rest = answers_of(EVERY, form)
    except Refused:
        return
    contract_answers(answers)
    assert all(isinstance(text, str) for _, text in rest)
