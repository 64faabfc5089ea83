"""What of the council's own website stands around residents' pages: menu, way back, words at the foot, style sheet."""

from __future__ import annotations

from starlette.responses import Response

from commonhall.casework.furniture import furnish
from commonhall.engine.furniture import (
    LONGEST_FOOTER,
    MOST_CRUMBS,
    MOST_MENU,
    Furniture,
    SiteLink,
    furniture_faults,
)
from commonhall.engine.staff import Permission
from commonhall.engine.stylesheets import MOST_SENT
from commonhall.web.workspace.services.shared import LANGUAGES
from commonhall.web.workspace.tools import BOTH, HOME, Page, Room, StaffVisit, one

BRAND = f"{HOME}/brand"
_SPARE = 2
"""Empty links on the form after those there are."""


def pages(room: Room) -> list[Page]:
    """The form."""
    views = _Furniture(room)
    return [Page("/brand/furniture", views.furniture, Permission.CHANGE_BRAND, BOTH)]


class _Furniture:
    def __init__(self, room: Room) -> None:
        self.room = room

    async def furniture(self, visit: StaffVisit) -> Response:
        """What stands there now, or what was just entered with what is wrong."""
        site, given = visit.site, visit.site.furniture
        errors: dict[str, str] = {}
        if visit.request.method == "POST":
            given = _given(await self.room.read_form(visit), site.languages)
            for name, text in furniture_faults(given, site.languages):
                errors[name] = f"{errors[name]}\n{text}" if name in errors else text
            if given.leads_home and not site.homepage_url:
                errors["leads_home"] = "Say under Brand where the council’s own website is"
            if not errors:
                await furnish(self.room.tools.desk, visit.council, given, visit.actor)
                return self.room.done(visit, BRAND, "The pages have this around them from now on")
        return self.room.page(
            visit,
            "workspace/brand/furniture.html",
            "Around the pages",
            back=BRAND,
            errors=[
                {"text": line, "href": f"#{name}"}
                for name, text in errors.items()
                for line in text.split("\n")
            ],
            status=400 if errors else 200,
            wrong=errors,
            given=given,
            menu_links=_with_spare(given.menu, MOST_MENU),
            crumbs=_with_spare(given.crumbs, MOST_CRUMBS),
            languages=[(code, LANGUAGES[code]) for code in site.languages],
            longest=LONGEST_FOOTER,
            most_sent=MOST_SENT,
        )


def _with_spare(links: tuple[SiteLink, ...], most: int) -> list[SiteLink]:
    return [*links, *[SiteLink({}, {})] * _SPARE][: max(most, len(links))]


def _given(form: dict[str, list[str]], languages: tuple[str, ...]) -> Furniture:
    def texts(part: str) -> dict[str, str]:
        return {language: words for language in languages if (words := one(form, f"{part}-{language}"))}

    def links(part: str, most: int) -> tuple[SiteLink, ...]:
        found = (SiteLink(texts(f"{part}-{n}-label"), texts(f"{part}-{n}-url")) for n in range(most))
        return tuple(link for link in found if link.label or link.url)

    return Furniture(
        links("menu", MOST_MENU),
        links("crumbs", MOST_CRUMBS),
        texts("footer_text"),
        one(form, "leads_home") == "yes",
        one(form, "stylesheet").replace("\r\n", "\n"),
    )
