"""What a council's web team puts into a page of the council's own website, so that a service can be used there."""

from __future__ import annotations

from starlette.responses import Response

from commonhall.engine.staff import Permission
from commonhall.web.embedding import snippet
from commonhall.web.workspace.services.shared import LANGUAGES, PATH
from commonhall.web.workspace.tools import Page, Room, StaffVisit


def pages(room: Room) -> list[Page]:
    """The page of one service that is live."""
    views = _Website(room)
    return [Page("/services/{service}/website", views.website, Permission.SEE_SERVICES)]


class _Website:
    def __init__(self, room: Room) -> None:
        self.room = room

    async def website(self, visit: StaffVisit) -> Response:
        """The lines to copy, in each language, with what they need."""
        adopted = visit.site.service(visit.params["service"])
        if adopted is None:
            words = "Only a service that residents can use now can stand in your website."
            return self.room.message(visit, 404, "This service is not live", words, link=(PATH, "Services"))
        url = f"http{'s' if self.room.tools.https else ''}://{visit.request.headers['host']}"
        snippets = [
            (code, LANGUAGES[code], snippet(url, adopted.service.id, adopted.texts.need(code, "name"), code))
            for code in adopted.languages
        ]
        return self.room.page(
            visit,
            "workspace/services/website.html",
            "Put it on your website",
            back=PATH,
            name=adopted.texts.need("en", "name"),
            snippets=snippets,
            url=url,
        )
