"""The bytes of a resident's first page, compressed, with all it needs to be read: the page and its style sheets.

Pictures, icons and scripts are not counted: the page can be read without them. What the server sends is counted as it
comes over the wire, heads included; a body that comes uncompressed is counted as it is, and named.
"""

from __future__ import annotations

import http.client
import re
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from benchmarks.database import Cluster
from benchmarks.micro import Row
from benchmarks.processes import running

FIRST_ROUND_TRIP = 14 * 1024
LINK = re.compile(rb"<link\b[^>]*\brel=[\"']?stylesheet\b[^>]*>")
HREF = re.compile(rb"\bhref=[\"']?([^\"'\s>]+)")


def measure(cluster: Cluster, folder: Path) -> list[Row]:
    """Start Commonhall and fetch its first page with what it links. Raises `Absent` or RuntimeError without it."""
    from benchmarks.peers import commonhall

    ready = commonhall.make_ready(cluster.new("bench_first_page"), 1)
    server = ready.servers[0]
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(running(server.command, server.env, server.port, folder / "first-page.log"))
        path = ready.script.steps[0].path
        page, wire, packed = fetch(server.port, ready.script.host, path)
        rows = [Row(f"the first page itself ({packed})", wire / 1024, "KiB")]
        total = wire
        for sheet in style_sheets(page, path):
            _, wire, packed = fetch(server.port, ready.script.host, sheet)
            rows.append(Row(f"{sheet.rsplit('/', 1)[-1]} ({packed})", wire / 1024, "KiB"))
            total += wire
    verdict = "at most 14" if total <= FIRST_ROUND_TRIP else "at most 14: NOT REACHED"
    return [*rows, Row("the first page with all it needs to be read", total / 1024, "KiB", verdict)]


def fetch(port: int, host: str, path: str) -> tuple[bytes, int, str]:
    """A page as text, the bytes that came for it, and how they were packed."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(
            "GET", path, headers={"Host": host, "Accept-Encoding": "br, gzip", "Accept": "*/*"}
        )
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"GET {path} gave status {answer.status}")
        head = sum(len(name) + len(value) + 4 for name, value in answer.getheaders()) + len(
            "HTTP/1.1 200 OK\r\n\r\n"
        )
        packed = answer.getheader("Content-Encoding") or "not compressed"
        return unpack(body, packed), len(body) + head, packed
    finally:
        connection.close()


def unpack(body: bytes, packed: str) -> bytes:
    """A body as it was before it was compressed."""
    if packed == "br":
        import brotli

        return bytes(brotli.decompress(body))
    if packed == "gzip":
        import gzip

        return gzip.decompress(body)
    return body


def style_sheets(page: bytes, here: str) -> list[str]:
    """The paths of the style sheets that a page links, in order."""
    found = [HREF.search(tag) for tag in LINK.findall(page)]
    return [urlsplit(urljoin(here, each.group(1).decode())).path for each in found if each]
