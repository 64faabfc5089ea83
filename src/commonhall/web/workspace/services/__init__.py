"""The services of a council: adopted, changed, seen before they are live, put in order, paused and retired."""

from __future__ import annotations

from commonhall.web.workspace.services.choices import pages as choices_pages
from commonhall.web.workspace.services.names import pages as names_pages
from commonhall.web.workspace.services.overview import pages as overview_pages
from commonhall.web.workspace.services.preview import pages as preview_pages
from commonhall.web.workspace.services.questions import pages as questions_pages
from commonhall.web.workspace.services.upgrade import pages as upgrade_pages
from commonhall.web.workspace.services.website import pages as website_pages
from commonhall.web.workspace.services.work import pages as work_pages
from commonhall.web.workspace.tools import Page, Room


def pages(room: Room) -> list[Page]:
    """Every page of this group."""
    groups = (
        overview_pages,
        work_pages,
        choices_pages,
        questions_pages,
        names_pages,
        preview_pages,
        upgrade_pages,
        website_pages,
    )
    return [page for group in groups for page in group(room)]
