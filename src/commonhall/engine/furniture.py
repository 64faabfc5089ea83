"""The furniture of a council's pages: what of its own website stands around them, and what may stand there.

Structured data and no HTML: decision 10 says why.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from commonhall.engine.stylesheets import sheet_faults

MOST_MENU = 8
MOST_CRUMBS = 4
LONGEST_LABEL = 60
LONGEST_FOOTER = 600
_LINK = re.compile(r"https://[^\s<>\"']{3,500}")


@dataclass(frozen=True, slots=True)
class SiteLink:
    """A link to a page of the council's own website: what it says and where it leads, by language.

    Where no address is given for a language, the English page's is taken.
    """

    label: Mapping[str, str]
    url: Mapping[str, str]

    def to(self, language: str) -> tuple[str, str]:
        """Its address and its words in a language."""
        return self.url.get(language) or self.url["en"], self.label.get(language) or self.label["en"]


@dataclass(frozen=True, slots=True)
class Furniture:
    """What stands around residents' pages, beside name, colours and links that the brand gives.

    `menu` stands under the head, `crumbs` lead to these pages, `footer_text` is by language. With `leads_home` the name at
    the head leads to the council's website. `stylesheet` is the council's own CSS, '' for none.
    """

    menu: tuple[SiteLink, ...] = ()
    crumbs: tuple[SiteLink, ...] = ()
    footer_text: Mapping[str, str] = field(default_factory=dict)
    leads_home: bool = False
    stylesheet: str = ""


def as_kept(given: Furniture) -> dict[str, Any]:
    """As the site's settings keep it: the style sheet by its digest, since it is kept beside the logo."""
    links = {"menu": given.menu, "crumbs": given.crumbs}
    kept: dict[str, Any] = {
        part: [{"label": dict(link.label), "url": dict(link.url)} for link in found]
        for part, found in links.items()
    }
    kept["footer_text"] = {language: words for language, words in given.footer_text.items() if words}
    digest = hashlib.sha256(given.stylesheet.encode()).hexdigest() if given.stylesheet else ""
    return {**kept, "leads_home": given.leads_home, "stylesheet": digest}


def furniture_faults(given: Furniture, languages: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """What is wrong with it: which part (`menu-0-label-en`, `stylesheet`), and what to do."""
    for part, links, most in (("menu", given.menu, MOST_MENU), ("crumbs", given.crumbs, MOST_CRUMBS)):
        if len(links) > most:
            yield f"{part}-{most}-label-en", f"There can be {most} links at most"
        for number, link in enumerate(links):
            yield from _link_faults(f"{part}-{number}", link, languages)
    for language, words in given.footer_text.items():
        if len(words) > LONGEST_FOOTER:
            yield f"footer_text-{language}", f"This must be {LONGEST_FOOTER} characters or fewer"
    for fault in sheet_faults(given.stylesheet):
        yield "stylesheet", f"Line {fault.line}: {fault.message}"


def _link_faults(part: str, link: SiteLink, languages: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for language in languages:
        words = link.label.get(language, "")
        if not words:
            yield f"{part}-label-{language}", "Enter what the link says"
        elif len(words) > LONGEST_LABEL:
            yield f"{part}-label-{language}", f"This must be {LONGEST_LABEL} characters or fewer"
        address = link.url.get(language, "")
        if (address or language == "en") and not _LINK.fullmatch(address):
            yield f"{part}-url-{language}", "Enter an address that begins with https://"
