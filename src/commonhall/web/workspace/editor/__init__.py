"""The visual editor: a service is written by forms, and comes out as the package that a maintainer keeps in git."""

from __future__ import annotations

from commonhall.web.workspace.editor.overview import pages as overview_pages
from commonhall.web.workspace.editor.part import pages as part_pages
from commonhall.web.workspace.editor.play import pages as play_pages
from commonhall.web.workspace.editor.service import pages as service_pages
from commonhall.web.workspace.tools import Page, Room


def pages(room: Room) -> list[Page]:
    """Every page of this group."""
    groups = (overview_pages, service_pages, part_pages, play_pages)
    return [page for group in groups for page in group(room)]
