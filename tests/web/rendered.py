"""Every page that a service can show, rendered, with and without errors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import html5lib

from commonhall.casework.sites import Site
from commonhall.engine.journey import parse_page, walk
from commonhall.engine.package import Adopted
from commonhall.web.resident.compile import Compiler, Place, answer_values

TODAY = date(2026, 3, 10)
JOURNEY = "AAAAAAAAAAAAAAAAAAAAAA"
COMMON = {"journey": JOURNEY.encode(), "token": b"0" * 32, "back": b"/back", "action": b"/action"}


def pages_of(
    compiler: Compiler, site: Site, adopted: Adopted, language: str, *, errors: bool
) -> Iterator[tuple[str, str]]:
    """(name, HTML) of every page of a service."""
    place = Place(site, adopted, language)
    yield "start", compiler.start(place).decode()
    path = walk(adopted, {}, TODAY)
    for page in adopted.pages:
        if page.exit:
            yield page.id, compiler.exit(place, page, path, JOURNEY, "/back").decode()
            continue
        rows = 2 if any(part.fields for part in page.fields) else 0
        yield page.id, compiler.question(place, page, (), rows, COMMON).decode()
        if errors:
            _, faults = parse_page(page, {}, TODAY)
            yield (
                f"{page.id} with errors",
                compiler.question(place, page, faults, max(1, rows), COMMON).decode(),
            )
    for example in adopted.service.examples:
        if example.ends == "submitted":
            own = [part.id for page in adopted.pages for part in page.fields if part.id.startswith("local.")]
            done = walk(adopted, {**example.answers, **dict.fromkeys(own)}, example.today)
            if done.complete:
                yield "check", compiler.check(place, done, COMMON).decode()
                yield (
                    "confirmation",
                    compiler.confirmation(place, done.answers, COMMON, thanks=False).decode(),
                )
                if errors:
                    yield (
                        "confirmation without a score",
                        compiler.confirmation(
                            place, done.answers, COMMON, thanks=False, unrated=True
                        ).decode(),
                    )
                for page in done.pages[:1]:
                    filled = answer_values(page, done.answers) | COMMON
                    yield f"{page.id} filled", compiler.question(place, page, (), 0, filled).decode()
                break


def faults_of_html(text: str) -> list[str]:
    """What is wrong with a page: not HTML by the standard's parser, ids twice, labels that lead nowhere."""
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)
    document = parser.parse(text)
    found = [f"{place}: {code}" for place, code, _ in parser.errors]
    ids = [element.get("id") for element in document.iter() if element.get("id")]
    found += [f"the id {name} stands twice" for name in sorted({name for name in ids if ids.count(name) > 1})]
    known = set(ids)
    for element in document.iter():
        for attribute in ("for", "aria-describedby", "aria-labelledby"):
            found += [
                f"{attribute} names {name}, which is not there"
                for name in (element.get(attribute) or "").split()
                if name not in known
            ]
        href = element.get("href") or ""
        if href.startswith("#") and len(href) > 1 and href[1:] not in known:
            found.append(f"a link leads to {href}, which is not there")
    headings = list(document.iter("h1"))
    if len(headings) != 1:
        found.append(f"there are {len(headings)} main headings")
    if "\ue000" in text or "\ue001" in text:
        found.append("a hole was not filled")
    return found
