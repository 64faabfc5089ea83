"""Whose figures a board shows, and what the pages of a council's services are called, in a language."""

from __future__ import annotations

from datetime import date

from commonhall.casework.counting import CHECK
from commonhall.casework.sites import Site
from commonhall.engine.package import Adopted
from commonhall.reporting.rates import Per, per_what
from commonhall.web.dashboards.board import Subject
from commonhall.web.dashboards.guard import Guard
from commonhall.web.dashboards.words import WORDS

ALL = "all"
"""Stands in an address for all services of a council."""


def council_subject(site: Site, service: str | None, language: str, guard: Guard, today: date) -> Subject:
    """What a board of one council needs: of a service, or of all of them (None)."""
    adopted = next((one for one in site.offered if one.service.id == service), None)
    return Subject(
        language=language,
        guard=guard,
        today=today,
        names=site.service_names(language),
        pages=names_of_pages(adopted, language) if adopted else {},
        figures=site.figures,
        lgsl=adopted.service.definition.lgsl if adopted else None,
        per=per_of(adopted) if adopted else "households",
    )


def per_of(adopted: Adopted) -> Per:
    """What the cases of a service are told per."""
    definition = adopted.service.definition
    return per_what(definition.lgsl, definition.lgil)


def names_of_pages(adopted: Adopted, language: str) -> dict[str, str]:
    """The questions of a service's pages by their ids, in their order, as the council asks them today."""
    names = {
        page.id: adopted.texts.get(language, f"{page.key}.question") or page.id for page in adopted.pages
    }
    return names | {CHECK: WORDS[language]["check_page"]}
