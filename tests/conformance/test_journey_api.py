"""The journey API against its own documents, by schemathesis: whatever is sent, the answer is one that is documented."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case

from tests.api.conftest import Outside, office, outside
from tests.api.test_journey_api import BINS, V1, WHOLE, begun, walked
from tests.conformance.test_open311_server import served

__all__ = ["office", "outside"]
HOST = {"host": "solihull.localhost"}
BEYOND = [schemathesis.checks.ignored_auth, schemathesis.checks.positive_data_acceptance]
"""What cannot hold here: a service has rules that no schema says, and the test sets keys, secrets and journeys itself."""
EXAMPLES = settings(
    max_examples=12, deadline=None, database=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck)
)  # fmt: skip


def fuzz(document: dict[str, Any], base: str, prepare: Callable[[Case], None]) -> set[tuple[str, int]]:
    """Send what schemathesis makes up to every operation and hold each answer to the document; what was answered."""
    seen: set[tuple[str, int]] = set()
    schema = schemathesis.openapi.from_dict(document)
    with requests.Session() as session:
        for found in schema.get_all_operations():
            operation = found.ok()

            @EXAMPLES
            @given(case=operation.as_strategy())
            def sends(case: Case) -> None:
                prepare(case)
                answer = case.call(base_url=base, session=session, timeout=20)
                more = (
                    [schemathesis.checks.negative_data_rejection]
                    if "{journey}" in case.operation.path
                    else []
                )
                case.validate_response(answer, excluded_checks=[*BEYOND, *more])
                seen.add((case.operation.definition.raw["operationId"], answer.status_code))

            sends()
    return seen


@pytest.mark.network
async def test_whatever_is_sent_the_answer_is_documented(outside: Outside) -> None:
    key = await outside.key()
    state, _ = await begun(outside)
    secret = state["secret"]
    document = (await outside.http.get(f"{BINS}/openapi.json")).json()

    def prepare(case: Case) -> None:
        case.headers = {**(case.headers or {}), **HOST}
        name = case.operation.definition.raw["operationId"]
        case.headers["authorization"] = f"Bearer {key if name == 'makeCase' else secret}"
        if "{journey}" in case.operation.path:
            case.path_parameters = {
                "page": "address",
                **(case.path_parameters or {}),
                "journey": state["journey"],
            }

    async with served(outside) as port:
        seen = await asyncio.to_thread(fuzz, document, f"http://127.0.0.1:{port}{V1}", prepare)
    assert {name for name, _ in seen} == {"makeCase", "startJourney", "readJourney", "readPage", "answerPage", "submitJourney", "rateJourney"}  # fmt: skip
    assert max(status for _, status in seen) < 500


async def test_every_documented_answer_is_given_and_is_as_documented(outside: Outside) -> None:
    """Each status of each operation, once, held to the document by schemathesis."""
    document = (await outside.http.get(f"{BINS}/openapi.json")).json()
    schema = schemathesis.openapi.from_dict(document)
    operations = {
        found.ok().definition.raw["operationId"]: found.ok() for found in schema.get_all_operations()
    }
    seen: set[tuple[str, str]] = set()

    async def ask(name: str, path: str, method: str = "POST", **more: Any) -> None:
        answer = await outside.http.request(method, path, **more)
        case = operations[name].Case(path_parameters={"journey": "j", "page": "p"})
        case.validate_response(answer, checks=[schemathesis.checks.not_a_server_error, schemathesis.checks.status_code_conformance, schemathesis.checks.content_type_conformance, schemathesis.checks.response_schema_conformance])  # fmt: skip
        seen.add((name, str(answer.status_code)))

    await give_every_answer(outside, ask)
    documented = {
        (name, status)
        for name, operation in operations.items()
        for status in operation.definition.raw["responses"]
    }
    assert documented - seen == {(name, "429") for name in operations}, "the limit has a test of its own"


async def give_every_answer(outside: Outside, ask: Callable[..., Any]) -> None:
    """Ask for every documented answer."""
    key = {"x-api-key": await outside.key()}
    roads = {"x-api-key": await outside.key("roads", services=["pothole"])}
    whole, cases = {"answers": WHOLE}, f"{BINS}/cases"
    once = {**key, "idempotency-key": "k"}
    await ask("makeCase", cases, json=whole, headers=once)
    await ask("makeCase", cases, json=whole, headers=once)
    await ask("makeCase", cases, json={"answers": {**WHOLE, "name": "Alex"}}, headers=once)
    await ask("makeCase", cases, json={"answers": {}}, headers=key)
    await ask("makeCase", cases, json=[], headers=key)
    await ask("makeCase", cases, content=b"x", headers={**key, "content-type": "text/plain"})
    await ask(
        "makeCase", cases, content=b" " * 1_100_000, headers={**key, "content-type": "application/json"}
    )
    await ask("makeCase", cases, json=whole)
    await ask("makeCase", cases, json=whole, headers=roads)
    await ask("makeCase", f"{V1}/services/spaceship/cases", json=whole, headers=key)
    start = f"{BINS}/journeys"
    await ask("startJourney", start, json={})
    await ask("startJourney", start, json=[])
    await ask("startJourney", start, content=b"x", headers={"content-type": "text/plain"})
    await ask("startJourney", start, content=b" " * 1_100_000, headers={"content-type": "application/json"})
    await ask("startJourney", f"{V1}/services/spaceship/journeys", json={})

    old, old_head = await begun(outside)
    outside.clock.go(days=40)
    state, head = await begun(outside)
    here, page = state["links"]["self"], state["links"]["answer"]
    match = {**head, "if-match": '"1"'}
    body = {"answers": {"property": WHOLE["property"]}}
    for name, there, method in (("readJourney", "", "GET"), ("readPage", "/pages/address", "GET"), ("answerPage", "/pages/address", "POST"), ("submitJourney", "/submit", "POST"), ("rateJourney", "/feedback", "POST")):  # fmt: skip
        sent = {"answerPage": {"json": body}, "rateJourney": {"json": {"score": 5}}}.get(name, {})
        await ask(name, old["links"]["self"] + there, method, headers=old_head, **sent)
        await ask(name, here + there, method, **sent)
        await ask(name, f"{V1}/journeys/nobody{there}", method, headers=head, **sent)
        await ask(name, f"{here}{there}?language=fr", method, headers=head, **sent)
        if name in {"answerPage", "submitJourney"}:
            await ask(name, here + there, method, headers=match, **sent)
    await ask("submitJourney", f"{here}/submit", headers=head)
    await ask("rateJourney", f"{here}/feedback", json={"score": 5}, headers=head)
    await ask("rateJourney", f"{here}/feedback", content=b"x", headers={**head, "content-type": "text/plain"})
    await ask("rateJourney", f"{here}/feedback", content=b" " * 1_100_000, headers={**head, "content-type": "application/json"})  # fmt: skip
    await ask("readJourney", here, "GET", headers=head)
    await ask("readPage", page, "GET", headers=head)
    await ask("answerPage", page, json=[], headers=head)
    await ask("answerPage", page, content=b"x", headers={**head, "content-type": "text/plain"})
    await ask("answerPage", page, content=b" " * 1_100_000, headers={**head, "content-type": "application/json"})  # fmt: skip
    await ask("answerPage", page, json={"answers": {}}, headers=head)
    await ask("answerPage", page, json=body, headers=head)
    outside.clock.go(days=-40)
    state, head = await walked(outside, WHOLE)
    for _ in range(2):
        await ask("submitJourney", state["links"]["submit"], headers=head)
    await ask("answerPage", f"{state['links']['self']}/pages/address", json=body, headers=head)
    await ask("rateJourney", f"{state['links']['self']}/feedback", json={"score": 5}, headers=head)
