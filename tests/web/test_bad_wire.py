"""What is no proper HTTP, sent to the real server: refused, and the next in line is served as if nothing was."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

from commonhall.connectors.serving import serve
from tests.conftest import SetClock
from tests.web.wire import whole_house

POST = (
    b"POST /case HTTP/1.1\r\nhost: solihull.localhost\r\ncontent-type: application/x-www-form-urlencoded\r\n"
)
CHUNKED = POST + b"transfer-encoding: chunked\r\n\r\n"
LARGE = b"".join(b"400\r\n" + b"x" * 1024 + b"\r\n" for _ in range(300)) + b"0\r\n\r\n"
REFUSED = [
    (b"rubbish\r\n\r\n", {400}),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", {400}),
    (b"GET / HTTP/9.9\r\nhost: solihull.localhost\r\n\r\n", {400}),
    (b"GET /\xff\xfe HTTP/1.1\r\nhost: solihull.localhost\r\n\r\n", {400, 404}),
    (b"GET /?need=\xff HTTP/1.1\r\nhost: solihull.localhost\r\n\r\n", {200, 400}),
    (b"GET / HTTP/1.1\r\nhost: solihull.localhost\r\nx: a\0b\r\n\r\n", {400}),
    (b"GET / HTTP/1.1\r\nhost: a.example\r\nhost: solihull.localhost\r\n\r\n", {400, 404}),
    (b"GET http://solihull.localhost/missed-bin HTTP/1.1\r\nhost: evil.example\r\n\r\n", {400, 404}),
    (b"GET / HTTP/1.0\r\n\r\n", {404}),
    (b"OPTIONS * HTTP/1.1\r\nhost: solihull.localhost\r\n\r\n", {400, 404, 405}),
    (CHUNKED + LARGE, {413}),
    (CHUNKED + b"zz\r\nnot a length\r\n", {400}),
    (CHUNKED + b"5\r\nproof\r\n0\r\n\r\n", {404}),
    (POST + b"content-length: -5\r\n\r\n", {400}),
    (POST + b"content-length: 5\r\ncontent-length: 6\r\n\r\nproof", {400}),
    (POST + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", {400, 404}),
    (POST + b"content-length: 999999999999\r\n\r\n" + b"x" * 300_000, {413}),
    (b"BREW / HTTP/1.1\r\nhost: solihull.localhost\r\n\r\n", {400, 405}),
]


async def spoken(url: str, message: bytes) -> bytes:
    """Send bytes to a server and hear all that it has to say."""
    port = urlsplit(url).port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(message)
        async with asyncio.timeout(10):
            return await reader.read(65_536)
    finally:
        writer.close()


async def test_the_server_outlives_what_is_no_http(
    database_url: str, tmp_path: Path, clock: SetClock
) -> None:
    good = b"GET /missed-bin HTTP/1.1\r\nhost: solihull.localhost\r\nconnection: close\r\n\r\n"
    async with whole_house(database_url, tmp_path, clock) as (house, app), serve(app) as server:
        for message, statuses in REFUSED:
            answer = await spoken(server.url, message)
            status = int(answer.split(b" ", 2)[1])
            assert status in statuses, (message[:80], answer[:200])
            assert b"Traceback" not in answer
        # Whoever goes away in the middle of a form keeps nobody waiting.
        _, writer = await asyncio.open_connection("127.0.0.1", urlsplit(server.url).port)
        writer.write(CHUNKED + b"5\r\npro")
        await writer.drain()
        writer.close()
        assert (await spoken(server.url, good)).startswith(b"HTTP/1.1 200 ")
        sql = "select (select count(*) from journey) + (select count(*) from council_case)"
        assert await house.store.owner.fetchval(sql) == 0
