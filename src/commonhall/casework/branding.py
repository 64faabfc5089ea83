"""Use cases of a council's look: its names, colours, links and notice. What cannot be read is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commonhall.casework.desk import Desk
from commonhall.casework.staff import entry_of
from commonhall.engine.colours import LEAST_CONTRAST, contrast
from commonhall.engine.staff import Actor
from commonhall.storage.councils import change_council, own_config

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_LINK = re.compile(r"https://[^\s<>\"']{3,500}")
LONGEST = 200
MOST_LINKS = 8
WHITE = "#ffffff"


@dataclass(frozen=True, slots=True)
class Look:
    """How a council's pages look. Texts are by language; links are (label by language, address)."""

    name: Mapping[str, str]
    logo_text: Mapping[str, str]
    colour: str
    accent: str
    phone: str
    homepage_url: str
    footer: tuple[tuple[Mapping[str, str], str], ...]
    notice: Mapping[str, str]


def faults_of(look: Look, languages: tuple[str, ...]) -> dict[str, str]:
    """What is wrong with a look, by the part of it (`colour`, `name-en`, `footer-0`)."""
    found = {}
    for part, texts in (("name", look.name), ("logo_text", look.logo_text)):
        for language in languages:
            if not texts.get(language):
                found[f"{part}-{language}"] = "Enter the council’s name"
            elif len(texts[language]) > LONGEST:
                found[f"{part}-{language}"] = f"This must be {LONGEST} characters or fewer"
    for part, colour in (("colour", look.colour), ("accent", look.accent)):
        if not _COLOUR.fullmatch(colour):
            found[part] = "Enter a colour as # and six digits or letters a to f, such as #00447c"
    if "colour" not in found and contrast(look.colour, WHITE) < LEAST_CONTRAST:
        ratio = f"{contrast(look.colour, WHITE):.1f}"
        found["colour"] = (
            f"White words on this colour have a contrast of {ratio}, and need {LEAST_CONTRAST}: choose a darker one"
        )
    if look.homepage_url and not _LINK.fullmatch(look.homepage_url):
        found["homepage_url"] = "Enter an address that begins with https://"
    for number, (label, url) in enumerate(look.footer):
        if not label.get("en"):
            found[f"footer-{number}"] = "Enter what the link says"
        elif not _LINK.fullmatch(url):
            found[f"footer-{number}"] = "Enter an address that begins with https://"
    if len(look.footer) > MOST_LINKS:
        found["footer-0"] = f"There can be {MOST_LINKS} links at most"
    for language, words in look.notice.items():
        if len(words) > LONGEST * 2:
            found[f"notice-{language}"] = f"This must be {LONGEST * 2} characters or fewer"
    return found


async def restyle(desk: Desk, council: str, look: Look, by: Actor) -> None:
    """Keep a look that has no faults; the council's pages have it within a second."""
    config: dict[str, Any] = {
        **await own_config(desk.store, council),
        "name": dict(look.name),
        "logo_text": dict(look.logo_text),
        "colour": look.colour,
        "accent": look.accent,
        "phone": look.phone,
        "homepage_url": look.homepage_url,
        "footer": [{"label": dict(label), "url": url} for label, url in look.footer],
        "notice": {language: words for language, words in look.notice.items() if words},
    }
    await change_council(desk.store, council, config, entry_of(desk, by, "brand.change", council))
