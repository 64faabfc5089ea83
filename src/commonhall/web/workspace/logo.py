"""The logo at the head of residents' pages: sent as a file, with the words that stand for it, and removed again."""

from __future__ import annotations

from starlette.responses import Response

from commonhall.casework.logos import (
    LONGEST_ALT,
    MOST_BYTES,
    MOST_PIXELS,
    LogoRefused,
    faults_of_alt,
    put_logo,
    remove_logo,
)
from commonhall.engine.staff import Permission
from commonhall.web.workspace.services.shared import LANGUAGES
from commonhall.web.workspace.tools import BOTH, HOME, Page, Room, StaffVisit, one, see

BRAND = f"{HOME}/brand"
PATH = f"{BRAND}/logo"
_MOST_FORM = 2 * 1024 * 1024
"""Bytes of a form that is read at all: a photograph sent by mistake is told what is wrong with it in its own form."""


def pages(room: Room) -> list[Page]:
    """The form, and removing."""
    views = _Logo(room)
    return [
        Page("/brand/logo", views.logo, Permission.CHANGE_BRAND, BOTH),
        Page("/brand/logo/remove", views.remove, Permission.CHANGE_BRAND, BOTH),
    ]


class _Logo:
    def __init__(self, room: Room) -> None:
        self.room = room

    async def logo(self, visit: StaffVisit) -> Response:
        """The logo as it is shown, and the form for another one or other words."""
        site, logo = visit.site, visit.site.brand.logo
        alt = dict(logo.alt if logo else site.brand.logo_text)
        on_white = bool(logo and logo.on_white)
        errors: dict[str, str] = {}
        if visit.request.method == "POST":
            form, content = await self.room.read_upload(visit, "file", _MOST_FORM)
            alt = {language: one(form, f"alt-{language}") for language in site.languages}
            on_white = one(form, "on") == "white"
            errors = faults_of_alt(alt, site.languages)
            if not errors:
                try:
                    await put_logo(self.room.tools.desk, visit.council, content, alt, on_white, visit.actor)
                except LogoRefused as refused:
                    errors = {"file": str(refused)}
                else:
                    return self.room.done(visit, BRAND, "The pages have this logo from now on")
            elif content:
                errors["file"] = "Choose the file again"
        return self.room.page(
            visit,
            "workspace/brand/logo.html",
            "Logo",
            back=BRAND,
            errors=[{"text": text, "href": f"#{name}"} for name, text in errors.items()],
            status=400 if errors else 200,
            wrong=errors,
            logo=logo,
            alt=alt,
            on_white=on_white,
            languages=[(code, LANGUAGES[code]) for code in site.languages],
            kilobytes=MOST_BYTES // 1024,
            pixels=MOST_PIXELS,
            longest=LONGEST_ALT,
        )

    async def remove(self, visit: StaffVisit) -> Response:
        """Ask, and remove it."""
        if visit.request.method == "POST":
            await self.room.read_form(visit)
            await remove_logo(self.room.tools.desk, visit.council, visit.actor)
            return self.room.done(visit, BRAND, "The logo is removed; the pages have the name in words")
        if visit.site.brand.logo is None:
            return see(PATH)
        return self.room.page(
            visit,
            "workspace/brand/logo_remove.html",
            "Remove the logo",
            back=PATH,
            logo=visit.site.brand.logo,
        )
