"""What a council's services and their pages are called, in a language."""

from __future__ import annotations

from commonhall.casework.counting import CHECK
from commonhall.casework.sites import Site
from commonhall.web.dashboards.words import WORDS

ALL = "all"
"""Stands in an address for all services of a council."""


def names_of_pages(site: Site, service: str, language: str) -> dict[str, str]:
    """The questions of a service's pages by their ids, in their order, as the council asks them today."""
    adopted = next(one for one in site.offered if one.service.id == service)
    names = {
        page.id: adopted.texts.get(language, f"{page.key}.question") or page.id for page in adopted.pages
    }
    return names | {CHECK: WORDS[language]["check_page"]}
