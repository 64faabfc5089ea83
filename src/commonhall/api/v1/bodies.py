"""What is read of a request, and how an answer is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from commonhall.api.v1.problems import Problem

MOST_BYTES = 1_048_576


async def read_bytes(request: Request, most: int = MOST_BYTES) -> bytes:
    """The body. Raises `Problem` where it is longer, as soon as that is known, or was not sent to its end."""
    raw = bytearray()
    try:
        async for chunk in request.stream():
            raw += chunk
            if len(raw) > most:
                raise Problem("too-large", f"Send at most {most:,} bytes.")
    except ClientDisconnect:
        raise Problem("bad-request", "It was not sent to its end.") from None
    return bytes(raw)


async def read_object(request: Request, *, empty: bool = False) -> dict[str, Any]:
    """The body as a JSON object; with `empty`, none is an empty one. Raises `Problem`."""
    raw = await read_bytes(request)
    if not raw and empty:
        return {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem("media-type", "Send application/json.")
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Problem("bad-request", "It is not JSON in UTF-8.") from None
    if not isinstance(found, dict):
        raise Problem("bad-request", "Send a JSON object.")
    return found


def answer_json(
    found: Mapping[str, Any], status: int = 200, *, etag: str = "", media_type: str = "application/json"
) -> Response:
    """An answer in JSON; `etag` is without its quotation marks."""
    head = {"etag": f'"{etag}"'} if etag else {}
    return Response(msgspec.json.encode(found), status, headers=head, media_type=media_type)


def answers_in(body: Mapping[str, Any]) -> dict[str, Any]:
    """The answers of a request, in the shapes of the contract. Raises `Problem`."""
    answers = body.get("answers")
    if not isinstance(answers, dict):
        raise Problem("bad-request", "Give the answers as an object called 'answers'.")
    return answers


def typed_in(body: Mapping[str, Any]) -> dict[str, list[str]]:
    """What was typed, by the names of boxes: a text, or several where several can be chosen. Raises `Problem`."""
    typed = body["typed"]
    named = typed.items() if isinstance(typed, dict) else ()
    found = {name: [given] if isinstance(given, str) else given for name, given in named}
    right = all(
        isinstance(texts, list) and all(isinstance(one, str) for one in texts) for texts in found.values()
    )
    if not isinstance(typed, dict) or not right:
        raise Problem(
            "bad-request", "Give 'typed' as an object: each box's name with a text, or a list of texts."
        )
    return found


def rating_in(body: Mapping[str, Any]) -> tuple[int, str]:
    """How satisfied somebody was, from 1 to 5, and what they say of it. Raises `Problem`."""
    score, comment = body.get("score"), body.get("comment", "")
    if isinstance(score, bool) or not isinstance(score, int) or not 1 <= score <= 5:
        raise Problem("bad-request", "Give 'score' as a whole number from 1 to 5.")
    if not isinstance(comment, str):
        raise Problem("bad-request", "Give 'comment' as a text, or leave it out.")
    return score, comment
