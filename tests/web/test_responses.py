"""How a form comes in, and how a page goes out: in an encoding that the browser takes, and in no other."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from starlette.requests import Request
from starlette.types import Message

from commonhall.web.responses import best_encoding, read_form


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("GZIP;q=1.0, Br;q=0.5", "br"),
        ("gzip, br;q=0", "gzip"),
        ("gzip;q=0.000, br; q=0.0", None),
        ("brotli, gzipped", None),
        ("identity", None),
        ("", None),
        (" , ;q=0,gzip;q", "gzip"),
    ],
)
def test_an_encoding_is_used_only_where_the_browser_takes_it(accepted: str, encoding: str | None) -> None:
    assert best_encoding(accepted) == encoding


@pytest.mark.parametrize(
    "form",
    [
        [("text", "\N{GRINNING FACE}" * 20_000)],
        [
            (f"people-{row}-address{column}-{part}", "1")
            for row in range(50)
            for column in range(8)
            for part in range(6)
        ],
    ],
    ids=["the longest text", "the longest list"],
)
async def test_the_longest_forms_that_the_language_allows_are_read(form: list[tuple[str, str]]) -> None:
    body = urlencode(form).encode()

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", b"application/x-www-form-urlencoded")]
    request = Request({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive)
    assert {name: texts[0] for name, texts in (await read_form(request)).items()} == dict(form)
