"""The case API against its document, by schemathesis: whatever is sent, the answer is one that is documented."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from schemathesis import Case

from commonhall.engine.access import Scope
from tests.api.conftest import Outside, office, outside
from tests.api.test_case_api import CASES, comes_for_bins, head, made
from tests.api.test_journey_api import V1
from tests.api.test_open311_server import photo
from tests.conformance.test_journey_api import HOST, fuzz
from tests.conformance.test_open311_server import served

__all__ = ["office", "outside"]


async def document_of(outside: Outside) -> dict[str, Any]:
    """The council's document, with the paths of the case API alone."""
    whole: dict[str, Any] = (await outside.http.get(f"{V1}/openapi.json")).json()
    return {
        **whole,
        "paths": {path: item for path, item in whole["paths"].items() if path.startswith("/cases")},
    }


@pytest.mark.network
async def test_whatever_is_sent_the_answer_is_documented(outside: Outside) -> None:
    key = await comes_for_bins(outside)
    reference = await made(outside, key)
    added = await outside.http.post(f"{CASES}/{reference}/attachments", content=photo(), headers=head(key))
    document = await document_of(outside)

    def prepare(case: Case) -> None:
        case.headers = {**(case.headers or {}), **HOST, "authorization": f"Bearer {key}"}
        parts = {"reference": reference, "attachment": added.json()["id"]}
        if case.operation.definition.raw["operationId"] == "attachFile":
            case.media_type = "application/octet-stream"
        case.path_parameters = {name: parts[name] for name in (case.path_parameters or {}) if name in parts}

    async with served(outside) as port:
        seen = await asyncio.to_thread(fuzz, document, f"http://127.0.0.1:{port}{V1}", prepare)
    operations = {one["operationId"] for item in document["paths"].values() for name, one in item.items() if name != "parameters"}  # fmt: skip
    assert {name for name, _ in seen} == operations
    assert max(status for _, status in seen) < 500


async def test_every_documented_answer_is_given_and_is_as_documented(outside: Outside) -> None:
    """Each status of each operation, once, held to the document by schemathesis."""
    schema = schemathesis.openapi.from_dict(await document_of(outside))
    operations = {
        found.ok().definition.raw["operationId"]: found.ok() for found in schema.get_all_operations()
    }
    seen: set[tuple[str, str]] = set()

    async def ask(name: str, path: str, method: str = "POST", **more: Any) -> dict[str, Any]:
        answer = await outside.http.request(method, f"{CASES}{path}", **more)
        case = operations[name].Case(path_parameters={"reference": "r", "attachment": "a"})
        checks = [
            schemathesis.checks.not_a_server_error,
            schemathesis.checks.status_code_conformance,
            schemathesis.checks.content_type_conformance,
            schemathesis.checks.response_schema_conformance,
        ]
        case.validate_response(answer, checks=checks)
        seen.add((name, str(answer.status_code)))
        return {"etag": answer.headers.get("etag", ""), "answer": answer}

    await give_every_answer(outside, ask)
    documented = {
        (name, status)
        for name, operation in operations.items()
        for status in operation.definition.raw["responses"]
    }
    assert documented - seen == {(name, "429") for name in operations}, "the limit has a test of its own"


async def give_every_answer(outside: Outside, ask: Any) -> None:
    """Ask for every documented answer."""
    key = await comes_for_bins(outside)
    reference, other, third = [await made(outside, key) for _ in range(3)]
    roads = await outside.key("roads", services=["pothole"])
    nothing = await outside.key("nothing", may=[Scope.SUBMIT])
    whole = head(key)
    for name, method, path in (
        ("listCases", "GET", ""),
        ("readCase", "GET", f"/{reference}"),
        ("readFile", "GET", f"/{reference}/attachments/x"),
        ("claimCase", "POST", f"/{reference}/claim"),
        ("letGo", "DELETE", f"/{reference}/claim"),
        ("acknowledgeCase", "POST", f"/{reference}/acknowledge"),
        ("refuseCase", "POST", f"/{reference}/refuse"),
        ("updateCase", "POST", f"/{reference}/updates"),
        ("sendMessage", "POST", f"/{reference}/messages"),
        ("attachFile", "POST", f"/{reference}/attachments"),
    ):
        sent: dict[str, Any] = (
            {"json": {"status": "fixed", "text": "x", "reason": "x"}} if method == "POST" else {}
        )
        if name == "attachFile":
            sent = {"content": photo()}
        await ask(name, path, method, **sent)
        await ask(name, path, method, headers=head(nothing), **sent)
        if path:
            await ask(name, path, method, headers=head(roads), **sent)
        if method == "POST" and name != "attachFile":
            await ask(name, path, json=[], headers=whole)
            await ask(name, path, content=b"x", headers={**whole, "content-type": "text/plain"})
            big = {**whole, "content-type": "application/json"}
            await ask(name, path, content=b" " * 1_100_000, headers=big)
    await ask("listCases", "", "GET", headers=whole)
    await ask("listCases", "?limit=0", "GET", headers=whole)
    read = await ask("readCase", f"/{reference}", "GET", headers=whole)
    await ask("readCase", f"/{reference}", "GET", headers={**whole, "if-none-match": read["etag"]})
    for _ in range(2):
        added = await ask("attachFile", f"/{reference}/attachments", content=photo(), headers=whole)
    await ask("attachFile", f"/{reference}/attachments", content=b"x", headers=whole)
    await ask("attachFile", f"/{reference}/attachments", content=b"x" * 10_600_000, headers=whole)
    await ask("readFile", f"/{reference}/attachments/{added['answer'].json()['id']}", "GET", headers=whole)
    once = {**whole, "idempotency-key": "k"}
    for name, path, one, two in (
        ("updateCase", "updates", {"status": "planned"}, {"status": "fixed"}),
        ("sendMessage", "messages", {"text": "one"}, {"text": "two"}),
    ):
        once["idempotency-key"] = name
        for body in (one, one, two):
            await ask(name, f"/{reference}/{path}", json=body, headers=once)
        await ask(name, f"/{reference}/{path}", json=one, headers={**whole, "if-match": read["etag"]})
    await ask("claimCase", f"/{reference}/claim", headers=whole)
    await ask("letGo", f"/{reference}/claim", "DELETE", headers=whole)
    await outside.house.store.owner.execute(
        "update delivery set held_by = 'other', held_until = $1", datetime(2026, 3, 10, 9, 5, tzinfo=UTC)
    )
    for name, path in (("claimCase", "claim"), ("acknowledgeCase", "acknowledge"), ("refuseCase", "refuse")):
        await ask(name, f"/{reference}/{path}", json={"reason": "no"}, headers=whole)
    await ask("letGo", f"/{reference}/claim", "DELETE", headers=whole)
    outside.clock.go(hours=1)
    await ask("acknowledgeCase", f"/{other}/acknowledge", json={"id": "1"}, headers=whole)
    await ask("refuseCase", f"/{third}/refuse", json={"reason": "no"}, headers=whole)
