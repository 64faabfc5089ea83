"""Links to councils' own pages, read from the CSV that GOV.UK's editors exchange.

The columns are those of Local Links Manager, in any of the shapes that it has had: with SNAC codes or without, with `New URL`
(which goes before `URL`) or without. What else stands there (descriptions, statuses) is read past.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from commonhall.directory.councils import Councils
from commonhall.directory.services import Services

LONGEST_URL = 2000
LONGEST_TITLE = 300
MOST_BYTES = 64 * 1024 * 1024
_NEEDED = ("GSS", "LGSL", "LGIL", "URL")


@dataclass(frozen=True, slots=True)
class Link:
    """A council's page for one interaction of one service."""

    slug: str
    lgsl: int
    lgil: int
    url: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class LinkProblem:
    """What is wrong in a file, at a line (1-based), and what to do."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class ReadLinks:
    """What a file holds: sound links, what is wrong, and how many rows have no address."""

    links: tuple[Link, ...]
    problems: tuple[LinkProblem, ...]
    without: int


def read_links(
    content: bytes, councils: Councils, services: Services, interactions: Iterable[int]
) -> ReadLinks:
    """Read a file. Whatever is wrong is a problem with its line; a file that is none of these has no link."""
    if len(content) > MOST_BYTES:
        return ReadLinks((), (LinkProblem(1, f"the file is over {MOST_BYTES // 1024 // 1024} MB"),), 0)
    sheet = csv.DictReader(io.StringIO(_text(content), newline=""), strict=True)
    reader = _Reader(councils, services, frozenset(interactions))
    try:
        names = [name.strip() for name in sheet.fieldnames or ()]
        missing = [name for name in _NEEDED if name not in names]
        if missing:
            words = f"the first line names no column {', '.join(missing)}: export the links as CSV, and leave it as it is"
            return ReadLinks((), (LinkProblem(1, words),), 0)
        sheet.fieldnames = names
        for row in sheet:
            reader.take(row, sheet.line_num)
    except csv.Error as error:
        reader.problems.append(LinkProblem(sheet.line_num, f"this is not CSV: {error}"))
    return ReadLinks(tuple(reader.found.values()), tuple(reader.problems), reader.without)


def _text(content: bytes) -> str:
    """UTF-8, or what Excel on Windows makes of it."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


class _Reader:
    def __init__(self, councils: Councils, services: Services, interactions: frozenset[int]) -> None:
        self._councils, self._services, self._interactions = councils, services, interactions
        self.found: dict[tuple[str, int, int], Link] = {}
        self.problems: list[LinkProblem] = []
        self.without = 0

    def take(self, row: Mapping[str, Any], line: int) -> None:
        """One row."""
        cells = {name: (text or "").strip() for name, text in row.items() if isinstance(name, str)}
        url = cells.get("New URL") or cells.get("URL", "")
        faults = list(self._faults(cells, url))
        if row.get(None):  # type: ignore[call-overload]
            faults.append("the line has more cells than the first one has names")
        if faults:
            self.problems += [LinkProblem(line, fault) for fault in faults]
            return
        if not url:
            self.without += 1
            return
        council = self._councils.by_gss(cells["GSS"])
        assert council is not None
        title = (cells.get("New Title") or cells.get("Title", ""))[:LONGEST_TITLE]
        link = Link(council.slug, int(cells["LGSL"]), int(cells["LGIL"]), url, title)
        known = self.found.setdefault((link.slug, link.lgsl, link.lgil), link)
        if known.url != link.url:
            words = f"{council.name} has another address for service {link.lgsl}, interaction {link.lgil} above: keep one"
            self.problems.append(LinkProblem(line, words))

    def _faults(self, cells: Mapping[str, str], url: str) -> Iterator[str]:
        if self._councils.by_gss(cells.get("GSS", "")) is None:
            yield f"no council has the GSS code '{cells.get('GSS', '')[:20]}', nor had"
        lgsl, lgil = cells.get("LGSL", ""), cells.get("LGIL", "")
        if not lgsl.isascii() or not lgsl.isdigit() or self._services.service(int(lgsl[:9])) is None:
            yield f"the national list has no service '{lgsl[:20]}'"
        if not lgil.isascii() or not lgil.isdigit() or int(lgil[:9]) not in self._interactions:
            yield f"the national list has no interaction '{lgil[:20]}'"
        if url and (fault := url_fault(url)):
            yield f"'{url[:80]}' {fault}"


def url_fault(url: str) -> str | None:
    """What is wrong with an address that people are to be sent to; None where it is right."""
    if len(url) > LONGEST_URL:
        return f"is over {LONGEST_URL} characters"
    if any(ord(character) <= 32 or ord(character) == 127 for character in url):
        return "has a space or a line's end in it"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not a web address"
    if parts.scheme.lower() not in {"http", "https"} or not host or "." not in host or "@" in parts.netloc:
        return "is not a web address that begins with https:// or http://"
    return None
