"""Where a back office pushes its updates: POST /back-office/{connector}/updates on the council's host.

The message is a CloudEvent signed by Standard Webhooks; which secrets it may be signed with is the
connector's to know. 204 when taken (again, too), 400 or 401 with a problem (RFC 9457) when not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from commonhall.casework.cases import Taken
from commonhall.engine.back_office import UpdateRefused

MOST_BYTES = 1_000_000

Receive = Callable[[str, str, Mapping[str, str], bytes], Awaitable[Taken | None]]
"""(host, connector, headers, body) to what was taken; None where there is no such council or connector."""


def back_office_routes(receive: Receive) -> list[Route]:
    """The routes of this module."""

    async def updates(request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                return problem(413, "The message is too large", f"Send at most {MOST_BYTES:,} bytes.")
        host = request.headers.get("host", "").partition(":")[0].lower()
        try:
            taken = await receive(host, request.path_params["connector"], dict(request.headers), body)
        except UpdateRefused as refused:
            return problem(
                401 if "signature" in str(refused) else 400, "The message was not taken", str(refused)
            )
        if taken is None:
            return problem(
                404, "There is no such connector here", "Check the host name and the connector's name."
            )
        if taken.unknown and not (taken.added or taken.known):
            return problem(404, "There is no such case", f"Nobody knows {', '.join(taken.unknown)[:200]}.")
        return Response(status_code=204)

    return [Route("/back-office/{connector}/updates", updates, methods=["POST"])]


def problem(status: int, title: str, detail: str) -> JSONResponse:
    """A problem as RFC 9457 has it."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JSONResponse(body, status, media_type="application/problem+json")
