"""The journey API: another platform asks a service's pages as its own, and makes the very same case."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from commonhall.api.v1.app import ApiTools, v1_app
from commonhall.api.v1.limits import Limits
from commonhall.api.v1.pages import Prose
from commonhall.engine.access import Scope
from tests.api.conftest import Outside, client_of
from tests.web.workspace.test_cases import reported

V1 = "/api/v1"
BINS = f"{V1}/services/missed-bin"
WHOLE: dict[str, Any] = {
    "property": {"line1": "14 Mill Lane", "town": "Solihull", "postcode": "B91 3QJ"},
    "containers": ["refuse"],
    "missed_on": "2026-03-09",
    "placing": "shared",
    "bin_store": "Behind block B",
    "tag": "no",
    "neighbours": "only-mine",
    "name": "Wilhelmina Jones",
    "email": "wj@example.com",
    "local": {"gate": "no"},
}
COLUMNS = (
    "service, digest, language, answers, summary, details, contact, location, connectors, target_on, status"
)


async def begun(
    outside: Outside, service: str = "missed-bin", **body: Any
) -> tuple[dict[str, Any], dict[str, str]]:
    """A journey's first state, and the header of its secret."""
    answer = await outside.http.post(f"{V1}/services/{service}/journeys", json=body)
    assert answer.status_code == 201, answer.text
    state: dict[str, Any] = answer.json()
    assert answer.headers["location"].endswith(state["journey"])
    return state, {"authorization": f"Bearer {state['secret']}"}


def answers_to(page: dict[str, Any], answers: dict[str, Any]) -> dict[str, Any]:
    """Of all answers those that a page asks."""
    given: dict[str, Any] = {}
    for field in page["fields"]:
        if field["id"].startswith("local."):
            given["local"] = answers.get("local", {})
        elif field["id"] in answers:
            given[field["id"]] = answers[field["id"]]
    return given


async def walked(outside: Outside, answers: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    state, head = await begun(outside)
    while state["status"] == "asking":
        body = {"answers": answers_to(state["page"], answers)}
        answer = await outside.http.post(state["links"]["answer"], json=body, headers=head)
        assert answer.status_code == 200, answer.text
        state = answer.json()
    return state, head


def problem(answer: httpx2.Response, kind: str) -> dict[str, Any]:
    """A problem as RFC 9457 has it."""
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["type"] == f"/api/v1/problems#{kind}", found
    assert found["status"] == answer.status_code
    assert found["title"]
    assert found["detail"]
    return found


async def test_page_by_page_it_is_the_case_that_the_site_makes(outside: Outside) -> None:
    by_page = await reported(outside.office)
    state, head = await walked(outside, WHOLE)
    assert state["status"] == "ready"
    assert {row["question"] for row in state["check"]} >= {"Bins missed", "Locked gate"}
    done = await outside.http.post(state["links"]["submit"], headers=head)
    assert done.status_code == 201
    again = await outside.http.post(state["links"]["submit"], headers=head)
    assert (again.status_code, again.json()["reference"]) == (200, done.json()["reference"])
    assert "<p>" in done.json()["confirmation"]["body_html"]
    one_call = await outside.http.post(
        f"{BINS}/cases", json={"answers": WHOLE}, headers={"authorization": f"Bearer {await outside.key()}"}
    )
    assert one_call.status_code == 201, one_call.text
    sql = f"select {COLUMNS} from council_case where reference = $1"
    rows = [
        await outside.house.store.owner.fetchrow(sql, reference)
        for reference in (by_page, done.json()["reference"], one_call.json()["reference"])
    ]
    assert rows[0] == rows[1] == rows[2]


async def test_a_page_has_all_that_is_needed_to_ask_it(outside: Outside) -> None:
    state, head = await begun(outside, language="cy")
    assert state["language"] == "cy"
    page = state["page"]
    assert page["question"] == "Beth yw cyfeiriad yr eiddo lle methwyd y biniau?"
    [address] = page["fields"]
    assert address["type"] == "address"
    assert address["schema"]["required"] == ["line1", "town", "postcode"]
    answer = await outside.http.post(state["links"]["answer"], json={"answers": {"property": WHOLE["property"]}}, headers=head)  # fmt: skip
    containers = answer.json()["page"]["fields"][0]
    assert {"code": "refuse", "label": "Bin du", "hint": "Sbwriel"} in containers["options"]
    back = await outside.http.get(answer.json()["links"]["back"], headers=head)
    assert back.json()["fields"][0]["value"] == WHOLE["property"]


async def test_what_was_typed_is_read_as_the_site_reads_its_own_forms(outside: Outside) -> None:
    state, head = await begun(outside)
    boxes = {f"property-{part}": text for part, text in WHOLE["property"].items()}
    answer = await outside.http.post(state["links"]["answer"], json={"typed": boxes}, headers=head)
    bins = {"typed": {"containers": ["recycling", "refuse"]}}
    state = (await outside.http.post(answer.json()["links"]["answer"], json=bins, headers=head)).json()
    assert state["page"]["id"] == "missed-on"
    no_month = {"typed": {"missed_on-day": "9", "missed_on-month": "", "missed_on-year": "2026"}}
    refused = await outside.http.post(state["links"]["answer"], json=no_month, headers=head)
    [wrong] = problem(refused, "not-accepted")["errors"]
    assert wrong["input"] == "missed_on-month"
    assert wrong["detail"].endswith("must include a month")
    in_words = {"typed": {"missed_on-day": "9", "missed_on-month": "March", "missed_on-year": "2026"}}
    state = (await outside.http.post(state["links"]["answer"], json=in_words, headers=head)).json()
    back = (await outside.http.get(state["links"]["back"], headers=head)).json()
    assert back["fields"][0]["value"] == "2026-03-09"
    assert back["typed"] == {"missed_on-day": ["9"], "missed_on-month": ["3"], "missed_on-year": ["2026"]}


@pytest.mark.parametrize("typed", [["property"], {"property-line1": 3}, {"property-line1": [None]}, None])
async def test_what_nobody_can_have_typed_is_told_so(outside: Outside, typed: Any) -> None:
    state, head = await begun(outside)
    answer = await outside.http.post(state["links"]["answer"], json={"typed": typed}, headers=head)
    assert "each box's name" in problem(answer, "bad-request")["detail"]


async def test_a_person_may_change_the_language_on_the_way(outside: Outside) -> None:
    state, head = await begun(outside)
    here = state["links"]["self"]
    welsh = (await outside.http.get(here, params={"language": "cy"}, headers=head)).json()
    assert welsh["page"]["question"] == "Beth yw cyfeiriad yr eiddo lle methwyd y biniau?"
    wrong = await outside.http.post(
        f"{state['links']['answer']}?language=cy", json={"typed": {}}, headers=head
    )
    assert "Rhowch god post" in [one["detail"] for one in problem(wrong, "not-accepted")["errors"]]
    assert (await outside.http.get(here, headers=head)).json()["language"] == "en"
    answer = await outside.http.get(here, params={"language": "fr"}, headers=head)
    assert problem(answer, "bad-request")["detail"] == "The language must be one of en, cy."


async def test_a_service_says_what_its_start_page_says(outside: Outside) -> None:
    about = (await outside.http.get(BINS)).json()
    assert about["start"]["cy"]["need"]
    assert about["start"]["en"]["intro_html"].startswith('<div class="ch-prose"><p>')
    assert about["minutes"] > 0


async def test_an_answer_that_no_longer_does_says_why_it_is_asked_again(outside: Outside) -> None:
    state, head = await walked(outside, WHOLE)
    outside.clock.go(days=-3)
    state = (await outside.http.get(state["links"]["self"], headers=head)).json()
    assert state["page"]["id"] == "missed-on"
    assert state["errors"][0]["input"] == "missed_on-day"


async def test_whoever_gave_a_postcode_is_told_where_to_follow_the_case(outside: Outside) -> None:
    state, head = await walked(outside, WHOLE)
    done = (await outside.http.post(f"{state['links']['submit']}?language=cy", headers=head)).json()
    assert done["follow"] == f"http://solihull.localhost:8000/cy/case/{done['reference']}"
    again = (await outside.http.get(state["links"]["self"], headers=head)).json()
    assert again["follow"] == f"http://solihull.localhost:8000/case/{done['reference']}"


async def test_how_satisfied_somebody_was_is_kept_once(outside: Outside) -> None:
    state, head = await walked(outside, WHOLE)
    there = f"{state['links']['self']}/feedback"
    early = await outside.http.post(there, json={"score": 5}, headers=head)
    assert problem(early, "not-ready")["detail"] == "Submit the journey first."
    await outside.http.post(state["links"]["submit"], headers=head)
    for wrong in ({}, {"score": 6}, {"score": True}, {"score": "5"}, {"score": 5, "comment": 3}):
        problem(await outside.http.post(there, json=wrong, headers=head), "bad-request")
    first = await outside.http.post(there, json={"score": 4, "comment": "Quick"}, headers=head)
    assert first.json() == {"again": False}
    assert (await outside.http.post(there, json={"score": 1}, headers=head)).json() == {"again": True}
    kept = await outside.house.store.owner.fetch("select score, comment from rating")
    assert [tuple(row) for row in kept] == [(4, "Quick")]


async def test_going_back_and_changing_an_answer_leaves_no_stale_one(outside: Outside) -> None:
    state, head = await walked(outside, WHOLE)
    place = next(row["href"] for row in state["check"] if row["field"] == "placing")
    answer = await outside.http.post(place, json={"answers": {"placing": "kerbside"}}, headers=head)
    assert answer.json()["page"]["id"] == "out-in-time"
    early = await outside.http.post(state["links"]["submit"], headers=head)
    problem(early, "not-ready")


async def test_wrong_answers_are_told_with_their_place_and_nothing_is_lost(outside: Outside) -> None:
    state, head = await begun(outside)
    body = {"answers": {"property": {**WHOLE["property"], "postcode": "nonsense"}, "colour": "red"}}
    answer = await outside.http.post(state["links"]["answer"], json=body, headers=head)
    assert problem(answer, "not-accepted")["errors"] == [
        {"pointer": "#/answers/colour", "detail": "The page does not ask 'colour'"},
        {
            "pointer": "#/answers/property/postcode",
            "detail": "Enter a full UK postcode, like AA3 1AB",
            "input": "property-postcode",
        },
    ]
    whole = await outside.http.post(
        f"{BINS}/cases",
        json={"answers": {**WHOLE, "missed_on": "2026-03-11"}},
        headers={"x-api-key": await outside.key()},
    )
    assert problem(whole, "not-accepted")["errors"][0]["pointer"] == "#/answers/missed_on"


async def test_whom_the_service_turns_away_is_shown_why(outside: Outside) -> None:
    state, _ = await walked(outside, {**WHOLE, "tag": "yes"})
    assert state["status"] == "exit"
    assert state["page"]["kind"] == "exit"
    assert state["page"]["body_html"]
    assert "submit" not in state["links"]
    key = await outside.key()
    whole = await outside.http.post(f"{BINS}/cases", json={"answers": {**WHOLE, "tag": "yes"}}, headers={"x-api-key": key})  # fmt: skip
    assert problem(whole, "turned-away")["page"]["question"] == state["page"]["question"]


async def test_one_call_twice_with_a_key_is_one_case(outside: Outside) -> None:
    head = {"x-api-key": await outside.key(), "idempotency-key": "abc"}
    first = await outside.http.post(f"{BINS}/cases", json={"answers": WHOLE}, headers=head)
    again = await outside.http.post(f"{BINS}/cases", json={"answers": WHOLE}, headers=head)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["reference"] == again.json()["reference"]
    other = await outside.http.post(
        f"{BINS}/cases", json={"answers": {**WHOLE, "name": "Alex"}}, headers=head
    )
    problem(other, "key-used")


async def test_who_may_not_is_told(outside: Outside) -> None:
    body = {"answers": WHOLE}
    problem(await outside.http.post(f"{BINS}/cases", json=body), "no-key")
    reader = {"x-api-key": await outside.key("reader", [Scope.READ])}
    problem(await outside.http.post(f"{BINS}/cases", json=body, headers=reader), "not-allowed")
    roads = {"x-api-key": await outside.key("roads", services=["pothole"])}
    problem(await outside.http.post(f"{BINS}/cases", json=body, headers=roads), "not-allowed")
    state, _ = await begun(outside)
    problem(await outside.http.get(state["links"]["self"]), "no-key")
    problem(
        await outside.http.get(state["links"]["self"], headers={"authorization": "Bearer x"}), "not-found"
    )


async def test_two_who_answer_at_once_are_told_apart_by_the_etag(outside: Outside) -> None:
    state, head = await begun(outside)
    read = await outside.http.get(state["links"]["self"], headers=head)
    body = {"answers": {"property": WHOLE["property"]}}
    match = {**head, "if-match": read.headers["etag"]}
    assert (await outside.http.post(state["links"]["answer"], json=body, headers=match)).status_code == 200
    problem(await outside.http.post(state["links"]["answer"], json=body, headers=match), "changed")


async def test_a_journey_that_expired_is_gone(outside: Outside) -> None:
    state, head = await begun(outside)
    outside.clock.go(days=400)
    problem(await outside.http.get(state["links"]["self"], headers=head), "gone")


@pytest.mark.parametrize(
    ("content", "kind", "what"),
    [
        (b"{", "application/json", "bad-request"),
        (b"[]", "application/json", "bad-request"),
        (b'{"answers": 3}', "application/json", "bad-request"),
        (b'{"answers": {}, "language": "fr"}', "application/json", "bad-request"),
        (b"\xff", "application/json", "bad-request"),
        (b"[" * 100_000, "application/json", "bad-request"),
        (b"answers=1", "application/x-www-form-urlencoded", "media-type"),
        (b" " * 1_100_000, "application/json", "too-large"),
    ],
)
async def test_what_is_no_request_is_told_so(outside: Outside, content: bytes, kind: str, what: str) -> None:
    head = {"x-api-key": await outside.key(), "content-type": kind}
    problem(await outside.http.post(f"{BINS}/cases", content=content, headers=head), what)


async def test_what_is_not_there_is_a_problem_too(outside: Outside) -> None:
    for path in ("/nothing", "/services/spaceship", "/services/spaceship/contract"):
        problem(await outside.http.get(V1 + path), "not-found")
    answer = await outside.http.put(f"{BINS}/cases", json={})
    assert problem(answer, "method")["detail"] == "Here it is POST."
    assert answer.headers["allow"] == "POST"


async def test_a_problem_s_type_leads_to_what_it_means(outside: Outside) -> None:
    found = problem(await outside.http.get(f"{V1}/nothing"), "not-found")
    address, _, kind = found["type"].partition("#")
    assert (await outside.http.get(address)).json()[kind] == {"status": 404, "title": found["title"]}


async def test_any_site_s_page_may_ask(outside: Outside) -> None:
    before = await outside.http.request(
        "OPTIONS", f"{BINS}/journeys", headers={"origin": "https://cms.example"}
    )
    assert before.status_code == 204
    assert "authorization" in before.headers["access-control-allow-headers"]
    answer = await outside.http.get(f"{V1}/services")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert "set-cookie" not in answer.headers


async def test_how_often_one_may_ask_is_told_and_held(outside: Outside) -> None:
    answer = await outside.http.get(f"{V1}/services")
    assert answer.headers["ratelimit-policy"] == '"default";q=1200;w=60'
    now = 0.0
    limits = Limits(2, 60, lambda: now)
    assert [limits.take("a").after for _ in range(3)] == [0, 0, 30]
    assert limits.take("b").after == 0
    assert limits.take("a").headers["retry-after"] == "30"
    now = 31.0
    assert limits.take("a").after == 0


async def test_a_key_that_is_made_up_is_no_new_beginning(outside: Outside) -> None:
    house = outside.house
    prose = Prose(str, str)
    limits = Limits(2, 60, lambda: 0.0)
    app = v1_app(ApiTools(house.desk, house.sites.by_host, lambda site: f"http://{site.host}", prose, limits))
    async with client_of(app) as http:
        answers = [
            await http.get(f"{V1}/services", headers={"x-api-key": f"chk_{number}"}) for number in range(3)
        ]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    problem(answers[2], "too-many")
    assert answers[2].headers["retry-after"] == "30"


async def test_the_documents_are_valid_openapi_with_the_exact_contract(outside: Outside) -> None:
    whole = (await outside.http.get(f"{V1}/openapi.json")).json()
    OpenAPIV31SpecValidator(whole).validate()
    for service in (await outside.http.get(f"{V1}/services")).json()["services"]:
        document = (await outside.http.get(service["links"]["openapi"])).json()
        OpenAPIV31SpecValidator(document).validate()
        contract = (await outside.http.get(service["links"]["contract"])).json()
        Draft202012Validator.check_schema(contract)
        assert document["components"]["schemas"]["Answers"]["properties"] == contract["properties"]
    validator = Draft202012Validator((await outside.http.get(f"{BINS}/contract")).json())
    assert list(validator.iter_errors(WHOLE)) == []
