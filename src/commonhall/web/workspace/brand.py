"""How the council's site looks: names, colours with their contrast, links, a notice."""

from __future__ import annotations

from starlette.responses import Response

from commonhall.casework.branding import MOST_LINKS, WHITE, Look, faults_of, restyle
from commonhall.engine.colours import LEAST_CONTRAST, contrast
from commonhall.engine.staff import Permission
from commonhall.web.workspace.services.shared import LANGUAGES
from commonhall.web.workspace.tools import BOTH, HOME, Page, Room, StaffVisit, one

PATH = f"{HOME}/brand"


def pages(room: Room) -> list[Page]:
    """The form."""
    views = _Brand(room)
    return [Page("/brand", views.brand, Permission.CHANGE_BRAND, BOTH)]


class _Brand:
    def __init__(self, room: Room) -> None:
        self.room = room

    async def brand(self, visit: StaffVisit) -> Response:
        """The look as it is, or as it was just entered with what is wrong."""
        site = visit.site
        look = Look(
            site.name,
            site.brand.logo_text,
            site.brand.colour,
            site.brand.accent,
            site.phone,
            site.homepage_url,
            tuple((link.label, link.url) for link in site.footer),
            site.notice,
        )
        errors: dict[str, str] = {}
        if visit.request.method == "POST":
            form = await self.room.read_form(visit)
            look = _given(form, site.languages)
            errors = faults_of(look, site.languages)
            if not errors:
                await restyle(self.room.tools.desk, visit.council, look, visit.actor)
                return self.room.done(visit, PATH, "The site looks like this from now on")
        ratio = (
            contrast(look.colour, WHITE) if "colour" not in errors or "contrast" in errors["colour"] else None
        )
        links = [*look.footer, *[({}, "")] * 2][:MOST_LINKS]
        return self.room.page(
            visit,
            "workspace/brand/form.html",
            "Brand",
            errors=[{"text": text, "href": f"#{name}"} for name, text in errors.items()],
            status=400 if errors else 200,
            wrong=errors,
            look=look,
            links=links,
            languages=[(code, LANGUAGES[code]) for code in site.languages],
            ratio=f"{ratio:.1f}" if ratio else None,
            least=LEAST_CONTRAST,
        )


def _given(form: dict[str, list[str]], languages: tuple[str, ...]) -> Look:
    def texts(part: str) -> dict[str, str]:
        return {language: words for language in languages if (words := one(form, f"{part}-{language}"))}

    links = []
    for number in range(MOST_LINKS):
        label, url = texts(f"footer-{number}-label"), one(form, f"footer-{number}")
        if label or url:
            links.append((label, url))
    return Look(
        texts("name"),
        texts("logo_text"),
        one(form, "colour"),
        one(form, "accent"),
        one(form, "phone")[:60],
        one(form, "homepage_url"),
        tuple(links),
        texts("notice"),
    )
