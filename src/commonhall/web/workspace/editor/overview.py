"""The services that a council is writing: begin one, copy a shared one, bring one in from a file."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from commonhall.catalogue import drafts
from commonhall.catalogue.editing import work
from commonhall.catalogue.editing.choices import slug
from commonhall.catalogue.editing.patching import CannotEdit
from commonhall.catalogue.editing.starting import MOST_BYTES, must_have_shape, new_service, unpack
from commonhall.catalogue.importing.form import Form, FormRefused
from commonhall.catalogue.importing.reading import bring_in, holds_open_form, is_zip
from commonhall.directory.services import NationalService
from commonhall.engine.staff import Permission
from commonhall.web.workspace.editor.shared import PATH, last, look_at
from commonhall.web.workspace.tools import Page, Room, StaffVisit

_CODE = re.compile(r"[0-9]{1,4}")
_MOST_FOUND = 6
APPLYING, REPORTING = 0, 17
"""Interactions of the national list (LGIL)."""


def pages(room: Room) -> list[Page]:
    """The list, and three ways to begin."""
    views = _Overview(room)
    write = Permission.WRITE_SERVICES
    return [
        Page("/editor", views.overview, write),
        Page("/editor/new", views.new, write, ("POST",)),
        Page("/editor/copy", views.copy, write, ("POST",)),
        Page("/editor/import", views.bring, write, ("POST",)),
    ]


class _Overview:
    def __init__(self, room: Room) -> None:
        self.room = room
        self.adopting = room.tools.adopting

    async def overview(
        self,
        visit: StaffVisit,
        wrong: dict[str, str] | None = None,
        values: dict[str, str] | None = None,
        found: Sequence[NationalService] = (),
    ) -> Response:
        """What is being written, and the forms to begin; `found` are entries of the national list to choose from."""
        rows = await work.list_services(self.adopting, visit.council)
        shelf = await drafts.look_around(self.adopting, visit.council)
        return self.room.page(
            visit,
            "workspace/editor/overview.html",
            "Service editor",
            rows=[self._row(row) for row in rows],
            shared=[
                {"value": name, "text": f"{offer.service.definition.name} {offer.versions[-1]}"}
                for name, offer in sorted(shelf.offered.items())
            ],
            values=values or {},
            wrong=wrong or {},
            found=[
                {
                    "value": str(one.lgsl),
                    "text": one.name,
                    "hint": {"text": f"LGSL {one.lgsl}"},
                    "checked": (values or {}).get("found") == str(one.lgsl),
                }
                for one in found
            ],
            errors=[{"text": text, "href": f"#{name}"} for name, text in (wrong or {}).items()],
            bilingual="cy" in visit.site.languages,
            status=400 if wrong else 200,
        )

    def _row(self, row: work.ServiceDraftRow) -> dict[str, Any]:
        seen = look_at(self.room, row.files)
        return {
            "row": row,
            "name": seen.edit.at(("name",)) or row.draft,
            "version": seen.edit.at(("version",)) or "",
            "faults": len(seen.faults),
        }

    async def new(self, visit: StaffVisit) -> Response:
        """A small service to begin with."""
        form = {name: value.strip() for name, value in last(await self.room.read_form(visit)).items()}
        wrong: dict[str, str] = {}
        name = form.get("name", "")
        if not slug(name):
            wrong["name"] = "Enter what the service is called"
        if form.get("welsh") and not form.get("name-cy"):
            wrong["name-cy"] = "Enter what it is called in Welsh"
        number = form.get("lgsl") or form.get("found") or ""
        nearest = self.room.tools.national.search(name, _MOST_FOUND) if name else []
        if not number and nearest:
            wrong["found"] = "Select the service of the national list that this is, or enter its number"
        elif not _CODE.fullmatch(number):
            wrong["lgsl"] = "Enter the LGSL number, which says which service this is"
        elif problem := self.room.tools.codes(int(number), 0):
            wrong["lgsl"] = f"There is no such service: {problem}"
        if not _CODE.fullmatch(form.get("lgil", "")):
            wrong["lgil"] = "Enter the LGIL number, which says which interaction this is"
        if wrong:
            return await self.overview(visit, wrong, form, nearest)
        short = re.sub(r"^[^a-z]+", "", slug(name)) or "service"
        welsh = form["name-cy"] if form.get("welsh") else ""
        files = new_service(name, short, int(number), int(form["lgil"]), welsh=welsh)
        draft = await work.begin_service(self.adopting, visit.council, short, files, visit.actor, "new")
        return self.room.done(visit, f"{PATH}/{draft}", "Begun. Change it page by page")

    async def copy(self, visit: StaffVisit) -> Response:
        """The next version of a shared service."""
        form = last(await self.room.read_form(visit))
        shelf = await drafts.look_around(self.adopting, visit.council)
        offer = shelf.offered.get(form.get("service", ""))
        if offer is None:
            return await self.overview(visit, {"service": "Select the service to be copied"}, form)
        try:
            files = must_have_shape(offer.service.files)
        except CannotEdit as refused:
            return await self.overview(visit, {"service": str(refused)}, form)
        draft = await work.begin_service(
            self.adopting,
            visit.council,
            offer.service.id,
            files,
            visit.actor,
            f"copy of {offer.versions[-1]}",
        )
        return self.room.done(visit, f"{PATH}/{draft}", "Copied. The shared service is as it was")

    async def bring(self, visit: StaffVisit) -> Response:
        """A package from a ZIP, or a form of another system as the draft of one."""
        _, content = await self.room.read_upload(visit, "package", MOST_BYTES)
        if not content:
            return await self.overview(visit, {"package": "Choose a file"})
        if not is_zip(content) or holds_open_form(content):
            return await self._form(visit, content)
        try:
            files = unpack(content)
        except CannotEdit as refused:
            return await self.overview(visit, {"package": str(refused)})
        seen = look_at(self.room, files)
        name = str(seen.edit.at(("id",)))
        draft = await work.begin_service(
            self.adopting, visit.council, name, files, visit.actor, "from a file"
        )
        return self.room.done(visit, f"{PATH}/{draft}", "Brought in")

    async def _form(self, visit: StaffVisit, content: bytes) -> Response:
        """A form, and then what of it is to be looked at."""
        today = self.adopting.clock().date()
        try:
            found = await asyncio.to_thread(bring_in, content, self._codes, self.adopting.calendars, today)
        except FormRefused as refused:
            return await self.overview(visit, {"package": str(refused)})
        how = f"from a form of {found.system}"
        draft = await work.begin_service(
            self.adopting, visit.council, found.service, found.files, visit.actor, how
        )
        count = len(found.notes)
        said = f"Brought in {how}: {found.pages} pages, {found.questions} questions"
        if not count:
            return self.room.done(visit, f"{PATH}/{draft}", said)
        things = "1 thing" if count == 1 else f"{count} things"
        return self.room.done(visit, f"{PATH}/{draft}/brought", f"{said}, and {things} to look at")

    def _codes(self, form: Form) -> tuple[int, int]:
        """The entry of the national list nearest to a form's name, and the interaction that its first word is about."""
        nearest = self.room.tools.national.search(form.name.en, 1)
        if not nearest:
            raise FormRefused(
                f"No service of the national list is like “{form.name.en}”. Give the form a name that says what it "
                "is for, or begin a new service with its number."
            )
        lgil = REPORTING if form.name.en.lower().startswith(("report", "tell")) else APPLYING
        form.changed(
            "the national list",
            f"it is taken for LGSL {nearest[0].lgsl}, “{nearest[0].name}”, interaction {lgil}: see that it is",
        )
        return nearest[0].lgsl, lgil
