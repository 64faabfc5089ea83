"""A back office of one function: no sockets, any answer."""

from __future__ import annotations

from collections.abc import Callable

import httpx2

Answering = Callable[[httpx2.Request], httpx2.Response]


def client(answer: Answering) -> httpx2.AsyncClient:
    """A client whose every call is answered by a function."""
    return httpx2.AsyncClient(transport=httpx2.MockTransport(answer))


def reply(status: int, content: bytes = b"", headers: dict[str, str] | None = None) -> httpx2.Response:
    """An answer that has still to be read, as one from the network has."""
    return httpx2.Response(status, headers=headers, stream=httpx2.ByteStream(content))


def always(status: int, content: bytes = b"", **headers: str) -> Answering:
    """The same answer to everything; underscores in names of headers stand for dashes."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return lambda _request: reply(status, content, named)
