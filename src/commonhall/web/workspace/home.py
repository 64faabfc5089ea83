"""The first page of the workspace: where everything is."""

from __future__ import annotations

from starlette.responses import Response

from commonhall.engine.staff import Permission
from commonhall.web.workspace.tools import Page, Room, StaffVisit


def pages(room: Room) -> list[Page]:
    """The first page."""

    async def home(visit: StaffVisit) -> Response:
        return room.page(visit, "workspace/home.html", "Workspace")

    return [Page("", home, Permission.SEE_SERVICES)]
