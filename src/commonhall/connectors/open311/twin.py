"""The failing twin of an Open311 back office: GeoReport v2, sound in itself, behind a script of faults."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from urllib.parse import parse_qsl

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from commonhall.connectors.conformance import Subject
from commonhall.connectors.faults import Book, Faulty, Script, TwinJob
from commonhall.connectors.http import Patience
from commonhall.connectors.open311.connector import Open311Connector, Open311Secrets, Open311Settings
from commonhall.connectors.open311.wire import timestamp


class Open311Twin:
    """A GeoReport v2 server for tests.

    `token_after`: how often a token must be asked for before it becomes a number (None: a number at once).
    `has_updates`: whether it knows servicerequestupdates; without it, only the requests' own state can be read.
    """

    path = "/v2"

    def __init__(
        self,
        clock: Callable[[], datetime],
        *,
        careful: bool = True,
        token_after: int | None = None,
        has_updates: bool = True,
    ) -> None:
        self.book = Book(careful)
        self.script = Script()
        self._clock = clock
        self._token_after = token_after
        self._asked: dict[str, int] = {}
        routes = [
            Route("/v2/requests.json", self._post, methods=["POST"]),
            Route("/v2/requests.json", self._requests),
            Route("/v2/tokens/{token:path}.json", self._token),
        ]
        if has_updates:
            routes.append(Route("/v2/servicerequestupdates.json", self._updates))
        self.app = Faulty(Starlette(routes=routes), self.script)

    def messages(self) -> list[tuple[dict[str, str], bytes]]:
        """Nothing is pushed: Open311 is asked."""
        return []

    async def _post(self, request: Request) -> Response:
        pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True)
        form = dict(pairs)
        reference = form.get("attribute[external_id]", "")
        job = self.book.take(request.headers.get("idempotency-key", ""), reference, pairs)
        if self._token_after is None:
            return JSONResponse([{"service_request_id": job.number, "service_notice": "Thank you"}], 201)
        return JSONResponse([{"token": f"t/{job.number}"}], 201)

    async def _token(self, request: Request) -> Response:
        token = request.path_params["token"]
        self._asked[token] = self._asked.get(token, 0) + 1
        if self._asked[token] <= (self._token_after or 0):
            return JSONResponse([{"code": 404, "description": "no number yet"}], 404)
        return JSONResponse([{"service_request_id": token.rpartition("/")[2], "token": token}])

    async def _updates(self, request: Request) -> Response:
        start, end = request.query_params["start_date"], request.query_params["end_date"]
        return JSONResponse(
            [
                {
                    "update_id": told.id,
                    "service_request_id": told.job.number,
                    "status": told.status,
                    "updated_datetime": timestamp(told.at),
                    "description": told.note,
                }
                for told in self.book.told
                if start <= timestamp(told.at) <= end
            ]
        )

    async def _requests(self, request: Request) -> Response:
        start, end = request.query_params["start_date"], request.query_params["end_date"]
        items = [self._state(job) for job in self.book.jobs]
        return JSONResponse([item for item in items if start <= item["updated_datetime"] <= end])

    def _state(self, job: TwinJob) -> dict[str, str]:
        told = max((one for one in self.book.told if one.job is job), key=lambda one: one.at, default=None)
        return {
            "service_request_id": job.number,
            "status": told.status if told else "open",
            "status_notes": told.note if told else "",
            "service_code": dict(job.given).get("service_code", ""),
            "requested_datetime": timestamp(self._clock()),
            "updated_datetime": timestamp(told.at if told else self._clock()),
        }


def connect(
    address: str, http: httpx2.AsyncClient, clock: Callable[[], datetime], patience: Patience
) -> Open311Connector:
    """A connector to the twin at this address."""
    settings = Open311Settings(endpoint=address, service_codes={"missed-bin": "MISSED"})
    return Open311Connector(settings, Open311Secrets(), http, clock, allow_private=True, patience=patience)


SUBJECT = Subject("open311", lambda clock, careful: Open311Twin(clock, careful=careful), connect)
