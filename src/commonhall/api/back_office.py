"""Where a back office pushes its updates: POST /back-office/{connector}/updates on the council's host.

The message is a CloudEvent signed by Standard Webhooks; which secrets it may be signed with is the
connector's to know. 204 when taken (again, too); else a problem (RFC 9457): 401 where nothing proves who sent it,
400 where it is not understood, 404, 405, 413, or 503 where it cannot be taken at the moment.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from commonhall.casework.cases import Taken
from commonhall.engine.back_office import UpdateRefused

MOST_BYTES = 1_000_000

Receive = Callable[[str, str, Mapping[str, str], bytes], Awaitable[Taken | None]]
"""(host, connector, headers, body) to what was taken; None where there is no such council or connector."""


def back_office_routes(receive: Receive) -> list[Route]:
    """The routes of this module."""

    log = structlog.get_logger("api")

    async def updates(request: Request) -> Response:
        host = request.headers.get("host", "").partition(":")[0].lower()
        connector = request.path_params["connector"]
        try:
            body = await _body(request)
            if body is None:
                return problem(413, "The message is too large", f"Send at most {MOST_BYTES:,} bytes.")
            taken = await receive(host, connector, dict(request.headers), body)
        except UpdateRefused as refused:
            return problem(401 if refused.unproved else 400, "The message was not taken", str(refused))
        except ClientDisconnect:
            return problem(400, "The message was not taken", "It was not sent to its end.")
        except Exception:
            log.exception("a message broke", host=host, connector=connector)
            return problem(503, "The message cannot be taken at the moment", "Send it again in a minute.")
        if taken is None:
            return problem(
                404, "There is no such connector here", "Check the host name and the connector's name."
            )
        if taken.unknown and not (taken.added or taken.known):
            return problem(404, "There is no such case", f"Nobody knows {', '.join(taken.unknown)[:200]}.")
        return Response(status_code=204)

    async def another_method(request: Request) -> Response:
        found = problem(405, "Updates are sent by POST", f"{request.method} means nothing here.")
        found.headers["allow"] = "POST"
        return found

    async def nothing(request: Request) -> Response:
        return problem(404, "There is nothing here", "Updates go to /back-office/{connector}/updates.")

    path = "/back-office/{connector}/updates"
    anything = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "POST"]
    return [
        Route(path, updates, methods=["POST"]),
        Route(path, another_method, methods=anything),
        Route("/back-office/{rest:path}", nothing, methods=anything),
    ]


async def _body(request: Request) -> bytes | None:
    """The whole body; None where it is too large, known as soon as it is."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)


def problem(status: int, title: str, detail: str) -> JSONResponse:
    """A problem as RFC 9457 has it."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JSONResponse(body, status, media_type="application/problem+json")
