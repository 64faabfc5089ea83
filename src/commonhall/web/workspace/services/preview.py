"""Every page of a service as residents will see it, in each language, before it is live."""

from __future__ import annotations

from markupsafe import Markup
from starlette.responses import Response

from commonhall.catalogue.drafts import Work
from commonhall.engine.package import Adopted
from commonhall.engine.staff import Permission
from commonhall.web.responses import page_response
from commonhall.web.workspace.services.shared import LANGUAGES, path_of, with_work
from commonhall.web.workspace.shown import shown
from commonhall.web.workspace.tools import Page, Room, StaffVisit


def pages(room: Room) -> list[Page]:
    """The list of pages, and each of them."""
    views = _Preview(room)
    return [
        Page("/services/{service}/preview", with_work(room, views.overview), Permission.SEE_SERVICES),
        Page(
            "/services/{service}/preview/{language}/{page}",
            with_work(room, views.page),
            Permission.SEE_SERVICES,
        ),
    ]


class _Preview:
    def __init__(self, room: Room) -> None:
        self.room = room

    async def overview(self, visit: StaffVisit, work: Work) -> Response:
        """All pages, in order."""
        back = path_of(work.service.id)
        if work.adopted is None:
            words = "Some choices are missing or wrong: settle them first."
            return self.room.message(
                visit, 409, "Nothing to see yet", words, link=(back, "The list of tasks")
            )
        rows = [
            {"id": name, "title": _title(work.adopted, name), "kind": _kind(work.adopted, name)}
            for name in self.room.tools.preview_names(work.adopted)
        ]
        return self.room.page(
            visit,
            "workspace/services/preview.html",
            "Preview",
            back=back,
            rows=rows,
            languages=[(code, LANGUAGES[code]) for code in visit.site.languages],
            path=path_of(work.service.id, "preview"),
        )

    async def page(self, visit: StaffVisit, work: Work) -> Response:
        """One page, under a band that says what it is; its button leads to the next page and sends nothing."""
        language, name = visit.params["language"], visit.params["page"]
        if work.adopted is None or language not in visit.site.languages:
            return await self.overview(visit, work)
        body = self.room.tools.preview(visit.site, work.adopted, name, language)
        if body is None:
            return self.room.missing(visit)
        names = self.room.tools.preview_names(work.adopted)
        at = names.index(name) if name in names else -1
        path = path_of(work.service.id, "preview")
        following = names[at + 1] if 0 <= at < len(names) - 1 else None
        to = f"{path}/{language}/{following}" if following else path
        words = Markup(
            '<strong>Preview</strong> Page {} of {}. Nothing is sent. <a href="{}">All pages</a> <a href="{}">Next</a>'
        )
        return page_response(visit.request, shown(body, words.format(at + 1, len(names), path, to), to))


def _title(adopted: Adopted, name: str) -> str:
    page = adopted.page(name)
    if page is not None:
        return adopted.texts.need("en", f"{page.key}.question")
    return {"start": "Start page", "check": "Check your answers", "confirmation": "Confirmation"}[name]


def _kind(adopted: Adopted, name: str) -> str:
    page = adopted.page(name)
    if page is None:
        return ""
    if page.exit:
        return "ends the journey"
    own = any(part.id.startswith("local.") for part in page.fields)
    return "your own question" if own else "asked only sometimes" if page.when else ""
