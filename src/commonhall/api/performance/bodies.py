"""Bodies that are sent: JSON, plain or compressed, each up to a limit that holds before it is read to its end."""

from __future__ import annotations

import asyncio
import zlib

import msgspec
from starlette.requests import ClientDisconnect, Request

MOST_SENT = 5_000_000
MOST_UNPACKED = 20_000_000
"""Bytes of a body as it is sent, and of the JSON in it."""


class BodyRefused(Exception):  # noqa: N818
    """A body cannot be taken; `status` is 400, 413 or 415, the message says why and what to do."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


async def read_json(request: Request) -> object:
    """What a body says. Raises `BodyRefused`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and kind != "application/json" and not kind.endswith("+json"):
        raise BodyRefused(415, "send JSON, with Content-Type: application/json")
    packing = request.headers.get("content-encoding", "").strip().lower()
    if packing not in {"", "identity", "gzip", "x-gzip"}:
        raise BodyRefused(415, "a body may be sent as it is, or with Content-Encoding: gzip")
    raw = await _read(request)
    # Off the event loop: a great body takes a while, and others are served meanwhile.
    return await asyncio.to_thread(_parsed, raw, packed="gzip" in packing)


async def _read(request: Request) -> bytes:
    raw = bytearray()
    try:
        async for chunk in request.stream():
            raw += chunk
            if len(raw) > MOST_SENT:
                raise BodyRefused(413, f"send at most {MOST_SENT:,} bytes at once, in several requests")
    except ClientDisconnect:
        raise BodyRefused(400, "the body was not sent to its end") from None
    return bytes(raw)


def _parsed(raw: bytes, *, packed: bool) -> object:
    if packed:
        raw = _unpacked(raw)
    if not raw.strip():
        raise BodyRefused(400, "the body is empty: send a JSON object, or a list of them")
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        why = f" ({error})" if isinstance(error, msgspec.DecodeError) else ""
        raise BodyRefused(400, f"the body is not JSON in UTF-8{why}") from None


def _unpacked(raw: bytes) -> bytes:
    """All members of a gzip body."""
    found = bytearray()
    while raw:
        unpacker = zlib.decompressobj(wbits=31)
        try:
            found += unpacker.decompress(raw, MOST_UNPACKED + 1 - len(found))
        except zlib.error:
            raise BodyRefused(400, "the body is not gzip, as its Content-Encoding says") from None
        if len(found) > MOST_UNPACKED:
            raise BodyRefused(
                413,
                f"the body is more than {MOST_UNPACKED:,} bytes when it is unpacked: send it in several requests",
            )
        if not unpacker.eof:
            raise BodyRefused(400, "the gzip body is not whole")
        raw = unpacker.unused_data
    return bytes(found)
