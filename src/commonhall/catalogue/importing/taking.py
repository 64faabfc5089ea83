"""Take parts out of what a file holds, whatever shape it has: a wrong one is as good as none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bs4 import BeautifulSoup
from markdownify import MarkdownConverter

from commonhall.catalogue.importing.form import Words
from commonhall.engine.fields.base import clean, clean_lines

LONGEST_TEXT = 7000
_HEADING = re.compile(r"^ {0,3}#{1,6} +(.*?) *#* *$", re.M)
_BRACES = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_TAGS = ["a", "b", "br", "em", "i", "li", "ol", "p", "strong", "ul"]
_UNSEEN = ["script", "style", "template", "iframe", "object", "svg", "head"]


def mapping(given: Any) -> Mapping[str, Any]:
    """The map, or an empty one."""
    return given if isinstance(given, Mapping) else {}


def maps(given: Any) -> list[Mapping[str, Any]]:
    """The maps of a list, in order."""
    return [one for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []


def word(given: Any) -> str:
    """A text or a number as one line; '' for anything else."""
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        return ""
    return clean(str(given))[:LONGEST_TEXT]


def truth(given: Any) -> bool:
    """Whether it says yes, in any of the ways in which forms say it."""
    return given is True or word(given).lower() in {"true", "1", "yes"}


def whole(given: Any) -> int | None:
    """A whole number, also where it is written as words."""
    number = decimal(given)
    return int(number) if number is not None and number == int(number) else None


def decimal(given: Any) -> float | None:
    """A number that every computer keeps exactly, also where it is written as words."""
    try:
        found = float(word(given))
    except ValueError:
        return None
    return found if abs(found) < 10**15 else None


def line(given: Any, welsh: Any = None) -> Words:
    """One line of words that people read, in one language or as a map of languages."""
    if isinstance(given, Mapping):
        given, welsh = given.get("en"), given.get("cy")
    return Words(_shown(_plain(given)), _shown(_plain(welsh)))


def _plain(given: Any) -> str:
    text = word(given)
    if "<" in text or "&" in text:
        text = clean(BeautifulSoup(text, "html.parser").get_text(" "))
    return text


def lines(given: Any, welsh: Any = None) -> Words:
    """Several lines of Markdown; headings become bold, as the pages of a service have headings of their own."""
    if isinstance(given, Mapping):
        given, welsh = given.get("en"), given.get("cy")
    return Words(*(_bold(_several(one)) for one in (given, welsh)))


def _several(given: Any) -> str:
    return _shown(clean_lines(given)[:LONGEST_TEXT]) if isinstance(given, str) else ""


def _bold(text: str) -> str:
    return _HEADING.sub(lambda found: f"**{found[1]}**" if found[1] else "", text).strip()


def from_html(given: Any, welsh: Any = None) -> Words:
    """HTML as Markdown: paragraphs, lists, links and bold; nothing else of it passes."""
    if isinstance(given, Mapping):
        given, welsh = given.get("en"), given.get("cy")
    return Words(*(_bold(_several(_converted(one))) for one in (given, welsh)))


def _converted(html: Any) -> str:
    if not isinstance(html, str) or not html.strip():
        return ""
    soup = BeautifulSoup(html[: 10 * LONGEST_TEXT], "html.parser")
    for hidden in soup(_UNSEEN):
        hidden.decompose()
    for heading in soup([f"h{level}" for level in range(1, 7)]):
        heading.name = "p"
        inside = heading.get_text(" ")
        heading.clear()
        bold = soup.new_tag("b")
        bold.string = clean(inside)
        heading.append(bold)
    text = MarkdownConverter(convert=_TAGS, bullets="-").convert_soup(soup)
    return re.sub(r"\n{3,}", "\n\n", str(text))


def _shown(text: str) -> str:
    """Words in which nothing is filled in: what stood in double braces stands in square ones."""
    return _BRACES.sub(r"[\1]", text).replace("{{", "{ {")


def filled_in(given: Any) -> Iterator[str]:
    """What a text would have had filled in."""
    if isinstance(given, Mapping):
        given = given.get("en")
    if isinstance(given, str):
        yield from _BRACES.findall(given)


def joined(*parts: Words) -> Words:
    """Several texts, one after another; Welsh only where each has it."""
    said = [part for part in parts if part]
    welsh = [part.cy for part in said] if all(part.cy for part in said) else []
    return Words(
        "\n\n".join(part.en for part in said)[: LONGEST_TEXT + 900], "\n\n".join(welsh)[: LONGEST_TEXT + 900]
    )
