"""The Performance Platform's interface, below `/performance` on the finder's host.

`GET /performance/data/{group}/{type}` reads, `POST` sends records, `PUT` of `[]` empties. Errors are
`{"status": "error", "message": ...}`. Reading is for everybody, writing for whoever has the data set's token.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from commonhall.api.performance import shapes
from commonhall.api.performance.bodies import BodyRefused, read_json
from commonhall.api.performance.parsing import parse, wants_csv
from commonhall.reporting import data_sets
from commonhall.reporting.asking import Asked, Counter, QueryRefused
from commonhall.reporting.data_sets import DataSet, Figures
from commonhall.reporting.records import RecordsRefused

ROOT = "/performance"
OPEN = {"access-control-allow-origin": "*"}


@dataclass(frozen=True, slots=True)
class PerformanceTools:
    """What the wiring hands to this interface."""

    figures: Figures
    counter: Counter


class _Refused(Exception):  # noqa: N818
    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


def performance_app(tools: PerformanceTools) -> ASGIApp:
    """The interface for all data sets of this installation."""
    doors = _Doors(tools)
    path = f"{ROOT}/data/{{group}}/{{type}}"
    return Starlette(
        routes=[
            Route(path, _safely(doors.read), methods=["GET"]),
            Route(path, _safely(doors.write), methods=["POST"]),
            Route(path, _safely(doors.empty), methods=["PUT"]),
            Route(path, _may_ask, methods=["OPTIONS"]),
            Route(path, _another_method, methods=["DELETE", "PATCH"]),
            Route(f"{ROOT}/_status", _status),
            Route("/{rest:path}", _nothing, methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
        ]
    )


class _Doors:
    def __init__(self, tools: PerformanceTools) -> None:
        self.figures = tools.figures
        self.counter = tools.counter

    async def read(self, request: Request) -> Response:
        """Answer a question."""
        data_set = await self._data_set(request)
        given = request.query_params.multi_items()
        table = wants_csv(given, request.headers.get("accept", ""))
        asked = parse(given, self.figures.clock(), raw_allowed=data_set.raw)
        # Figures that are sent have a version: whether an answer would be another is known without counting anew.
        mark = repr((data_set.council, data_set.address, data_set.version, asked, table)).encode()
        content: bytes | None = None
        if data_set.measured:
            content = mark = await self._answer(data_set, asked, table=table)
        headers = _headers(data_set, mark)
        if _is_known(request.headers.get("if-none-match", ""), headers["etag"]):
            return Response(status_code=304, headers=headers)
        if content is None:
            content = await self._answer(data_set, asked, table=table)
        kind = "text/csv; charset=utf-8" if table else "application/json"
        return Response(content, headers=headers, media_type=kind)

    async def _answer(self, data_set: DataSet, asked: Asked, *, table: bool) -> bytes:
        write = shapes.as_csv if table else shapes.as_json
        # In a thread: thousands of rows take a while to shape, and others are served meanwhile.
        if asked.is_raw:
            records = await self.counter.records(data_set, asked)
            return await asyncio.to_thread(lambda: write(shapes.records(records)))
        answered, rows = await self.counter.tally(data_set, asked)
        # A table has no rows within rows.
        flat = asked.flatten or table
        return await asyncio.to_thread(lambda: write(shapes.tally(answered, rows, flat=flat)))

    async def write(self, request: Request) -> Response:
        """Keep records."""
        data_set = await self._own(request)
        came, whole = await data_sets.send_records(self.figures, data_set, await read_json(request))
        said = f"{came:,} records were kept; {data_set.address} has {whole:,}"
        return JSONResponse({"status": "ok", "message": said}, headers=OPEN)

    async def empty(self, request: Request) -> Response:
        """Remove all records: the body is an empty list, so that nobody does it by mistake."""
        data_set = await self._own(request)
        if await read_json(request) != []:
            raise _Refused(
                400, "PUT takes an empty list, [], and empties the data set; send records with POST"
            )
        await data_sets.empty(self.figures, data_set)
        return JSONResponse({"status": "ok", "message": f"{data_set.address} has 0 records"}, headers=OPEN)

    async def _own(self, request: Request) -> DataSet:
        """The data set, for whoever has its token."""
        data_set = await self._data_set(request)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not await data_sets.may_write(self.figures, data_set, token.strip()):
            why = "send the data set's token: Authorization: Bearer TOKEN"
            raise _Refused(401, why, **{"www-authenticate": "Bearer"})
        return data_set

    async def _data_set(self, request: Request) -> DataSet:
        group, kind = request.path_params["group"], request.path_params["type"]
        found = await data_sets.find_data_set(self.figures, group, kind)
        if found is None:
            raise _Refused(404, f"there is no data set {group[:100]}/{kind[:100]} here")
        return found


def _safely(view: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    log = structlog.get_logger("api")

    async def answer(request: Request) -> Response:
        try:
            return await view(request)
        except _Refused as refused:
            return _error(refused.status, str(refused), **refused.headers)
        except QueryRefused as refused:
            more = {"retry-after": "5"} if refused.busy else {}
            return _error(503 if refused.busy else 400, str(refused), **more)
        except BodyRefused as refused:
            return _error(refused.status, str(refused))
        except RecordsRefused as refused:
            body = {"status": "error", "message": f"nothing was kept: {refused}"}
            if refused.faults:
                return JSONResponse({**body, "errors": list(refused.faults)}, 400, OPEN)
            return JSONResponse(body, 400, OPEN)
        except Exception:
            log.exception("a question of a data set broke", path=request.url.path)
            return _error(503, "this cannot be answered at the moment: try again in a minute")

    return answer


def _headers(data_set: DataSet, mark: bytes) -> dict[str, str]:
    """What an answer may be kept by; `mark` is another where the answer is."""
    return {
        **OPEN,
        "etag": f'"{hashlib.sha256(mark).hexdigest()[:32]}"',
        "cache-control": f"public, max-age={data_set.max_age}, must-revalidate",
        "vary": "Accept",
    }


def _is_known(header: str, etag: str) -> bool:
    known = [one.strip().removeprefix("W/") for one in header.split(",")]
    return etag in known or known == ["*"]


async def _may_ask(_request: Request) -> Response:
    """What browsers ask before they send a request with headers of their own."""
    headers = {
        **OPEN,
        "allow": "GET, HEAD, POST, PUT, OPTIONS",
        "access-control-allow-methods": "GET, HEAD, OPTIONS",
        "access-control-allow-headers": "cache-control, govuk-request-id, request-id, if-none-match",
        "access-control-max-age": "86400",
    }
    return Response(status_code=200, headers=headers)


async def _another_method(request: Request) -> Response:
    return _error(405, f"{request.method} means nothing here", allow="GET, HEAD, POST, PUT, OPTIONS")


async def _status(_request: Request) -> Response:
    return JSONResponse({"status": "ok"}, headers={"cache-control": "no-cache"})


async def _nothing(_request: Request) -> Response:
    return _error(404, f"there is nothing here; data sets are at {ROOT}/data/GROUP/TYPE")


def _error(status: int, message: str, **headers: str) -> JSONResponse:
    return JSONResponse(
        {"status": "error", "message": message}, status, {**OPEN, "cache-control": "no-store", **headers}
    )
