"""How the sandbox reads what is sent to it."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request

MOST_BYTES = 1_048_576


async def read_body(request: Request) -> bytes:
    """The whole body. Raises `HTTPException` 413 where it is longer than `MOST_BYTES`."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(413, f"the message is too large: send at most {MOST_BYTES:,} bytes")
    return bytes(body)
