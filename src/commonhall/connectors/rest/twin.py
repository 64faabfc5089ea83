"""Failing twins of back offices with an HTTP interface: what they share, and a plain one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from commonhall.connectors.conformance import Subject
from commonhall.connectors.faults import Book, Faulty, Script, Told, TwinJob
from commonhall.connectors.http import Patience
from commonhall.connectors.rest.connector import RestConnector, RestSecrets, RestSettings

KEY = "a-key-of-the-twin"


class JsonTwin:
    """A small back office that speaks JSON. Its own routes come from who builds on it."""

    path = ""
    label = "commonhall-twin"

    def __init__(
        self,
        clock: Callable[[], datetime],
        routes: Sequence[Route],
        careful: bool,
        spares: Callable[[Scope, bytes], bool] = lambda scope, body: False,
    ) -> None:
        self.book = Book(careful)
        self.script = Script()
        self.clock = clock
        self.files: list[dict[str, Any]] = []
        labelled = _labelled(Starlette(routes=list(routes)), self.label)
        self.app = Faulty(labelled, self.script, spares=spares)

    def messages(self) -> list[tuple[dict[str, str], bytes]]:
        """Nothing is pushed: it is asked."""
        return []

    def known(self, reference: str) -> TwinJob | None:
        """The job of a reference, where it keeps track of them."""
        return (
            next((job for job in self.book.jobs if job.reference == reference), None)
            if self.book.careful
            else None
        )

    def upsert(self, request: Request, reference: str, given: Any) -> tuple[TwinJob, bool]:
        """One job for each reference, where it is careful; whether it is new."""
        job = self.known(reference)
        if job is not None:
            return job, False
        self.book.jobs.append(
            TwinJob(
                f"T{len(self.book.jobs) + 1}", request.headers.get("idempotency-key", ""), reference, given
            )
        )
        return self.book.jobs[-1], True

    def since(self, text: str) -> list[Told]:
        """What was told from a moment on, as it was told."""
        begin = datetime.fromisoformat(text)
        return [told for told in self.book.told if told.at >= begin]


def _labelled(app: ASGIApp, label: str) -> ASGIApp:
    """The same application, whose answers say that they come from no product."""

    async def labelled(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-simulator", label.encode())]
            await send(message)

        await app(scope, receive, sending)

    return labelled


def stamp(moment: datetime) -> str:
    """A moment as most of them write it."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


class RestTwin(JsonTwin):
    """The plainest: POST /jobs under an Idempotency-Key, GET /changes two to a page, a key in a header."""

    def __init__(self, clock: Callable[[], datetime], *, careful: bool = True) -> None:
        routes = [Route("/jobs", self._take, methods=["POST"]), Route("/changes", self._changes)]
        super().__init__(clock, routes, careful)

    async def _take(self, request: Request) -> Response:
        if request.headers.get("x-api-key") != KEY:
            return JSONResponse({"message": "who are you?"}, 401)
        given = await request.json()
        job = self.book.take(request.headers.get("idempotency-key", ""), given["reference"], given)
        return JSONResponse({"id": job.number, "message": "Thank you"}, 201)

    async def _changes(self, request: Request) -> Response:
        page = int(request.query_params.get("page", "1"))
        told = self.since(request.query_params["since"])
        rows = [
            {
                "id": one.id,
                "job": one.job.number,
                "state": one.status,
                "when": stamp(one.at),
                "words": one.note,
            }
            for one in told[2 * page - 2 : 2 * page]
        ]
        return JSONResponse({"changes": rows, "next": page + 1 if len(told) > 2 * page else None})


MAPPING: dict[str, Any] = {
    "deliver": {
        "ask": {
            "path": "jobs",
            "body": {
                "reference": "{{ case.reference }}",
                "what": "{{ table(tables.services, case.service) }}",
                "who": {"email": "{{? case.email }}", "name": "{{? case.name }}"},
                "words": "{{ case.summary }}",
                "...": "{{ fields }}",
            },
        },
        "id": "{{ answer.body.id }}",
        "note": "{{? answer.body.message }}",
    },
    "updates": {
        "ask": {
            "method": "GET",
            "path": "changes",
            "query": {"since": "{{ since }}", "page": "{{ next == null ? 1 : next }}"},
        },
        "items": "{{ answer.body.changes }}",
        "next": "{{? answer.body.next }}",
        "each": {
            "id": "{{ item.id }}",
            "external_id": "{{ item.job }}",
            "status": "{{? table(tables.status, item.state) }}",
            "at": "{{ item.when }}",
            "note": "{{? item.words }}",
        },
    },
}
"""What this twin is sent, and how it is read."""


def connect(
    url: str, http: httpx2.AsyncClient, clock: Callable[[], datetime], patience: Patience
) -> RestConnector:
    """A connector to this twin."""
    same = {name: name for name in ("open", "in_progress", "fixed", "closed")}
    settings = RestSettings.model_validate(
        {
            "base": url,
            "mapping": MAPPING,
            "tables": {"services": {"missed-bin": "BIN", "*": "OTHER"}, "status": same},
            "auth": {"type": "key", "header": "X-API-Key"},
        }
    )
    return RestConnector(settings, RestSecrets(key=KEY), http, clock, allow_private=True, patience=patience)


SUBJECT = Subject("rest", lambda clock, careful: RestTwin(clock, careful=careful), connect)
"""What the kit examines."""
