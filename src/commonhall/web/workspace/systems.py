"""Systems that use the council's interfaces: let one in, say what it may do, change its key, let it in no longer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from starlette.responses import Response

from commonhall.casework import systems
from commonhall.casework.systems import LetIn, SystemRefused
from commonhall.engine.access import Scope
from commonhall.engine.staff import Permission
from commonhall.web.workspace.cases import show_time
from commonhall.web.workspace.pushes import push_pages
from commonhall.web.workspace.tools import BOTH, HOME, Page, Room, StaffVisit, one

PATH = f"{HOME}/systems"
SCOPES = {
    Scope.SUBMIT: (
        "Hand in cases",
        "For residents who use another website, an app or a contact centre’s system",
    ),
    Scope.READ: ("Read cases", "With what residents said of themselves"),
    Scope.WORK: ("Answer cases", "Say where they stand, tell residents, add files"),
}
OVERLAPS = {0: "At once", 1: "In a day", 7: "In a week"}
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")


def pages(room: Room) -> list[Page]:
    """The list, letting a system in, changing it, its key, letting it in no longer."""
    views = _Systems(room)
    change = Permission.CHANGE_CONNECTORS
    return [
        Page("/systems", views.overview, change),
        Page("/systems/new", views.new, change, BOTH),
        Page("/systems/{system}", views.change, change, BOTH),
        Page("/systems/{system}/key", views.key, change, ("POST",)),
        Page("/systems/{system}/remove", views.remove, change, ("POST",)),
        *push_pages(room),
    ]


class _Systems:
    def __init__(self, room: Room) -> None:
        self.room = room
        self.desk = room.tools.desk

    async def overview(self, visit: StaffVisit) -> Response:
        """Every system that is let in, and what it may do."""
        found = await systems.list_systems(self.desk, visit.council)
        rows = [
            {
                "system": row,
                "may": ", ".join(SCOPES[scope][0].lower() for scope in Scope if scope in row.may),
                "services": ", ".join(sorted(row.services)) if row.services is not None else "All services",
                "seen": f"{row.seen_on:%-d %B %Y}" if row.seen_on else "Never",
            }
            for row in found
        ]
        return self.room.page(visit, "workspace/systems/overview.html", "Systems", rows=rows)

    async def new(self, visit: StaffVisit) -> Response:
        """Let a system in, and show its key once."""
        if visit.request.method != "POST":
            return self._form(visit, "Let a system in", {}, "", frozenset(Scope), None)
        form = await self.room.read_form(visit)
        name, may, services = one(form, "name")[:200], _scopes(form), _services(visit, form)
        wrong = _faults(name, may, services)
        if not wrong:
            short = _NOT_IN_A_NAME.sub("-", name.lower()).strip("-0123456789")[: systems.LONGEST_NAME]
            try:
                key = await systems.let_in(
                    self.desk, visit.council, short.strip("-") or "system", name, may, services, visit.actor
                )
            except SystemRefused as refused:
                wrong = {"name": str(refused)}
            else:
                return self._shown(visit, name, key)
        return self._form(visit, "Let a system in", wrong, name, may, services)

    async def change(self, visit: StaffVisit) -> Response:
        """Change what a system may do."""
        row = await self._row(visit)
        if row is None:
            return self.room.missing(visit)
        if visit.request.method != "POST":
            return self._form(visit, row.name, {}, row.name, row.may, row.services, row)
        form = await self.room.read_form(visit)
        name, may, services = one(form, "name")[:200], _scopes(form), _services(visit, form)
        wrong = _faults(name, may, services)
        if not wrong:
            try:
                await systems.change_system(
                    self.desk, visit.council, row.system, name, may, services, visit.actor
                )
            except SystemRefused as refused:
                wrong = {"name": str(refused)}
            else:
                return self.room.done(visit, PATH, f"What {name} may do is changed")
        return self._form(visit, row.name, wrong, name, may, services, row)

    async def key(self, visit: StaffVisit) -> Response:
        """Another key, shown once; the old one holds until it has been put in place."""
        form = await self.room.read_form(visit)
        row = await self._row(visit)
        days = one(form, "days")
        if row is None or days not in map(str, OVERLAPS):
            return self.room.missing(visit)
        try:
            key = await systems.another_key(
                self.desk, visit.council, row.system, visit.actor, others_hold=timedelta(days=int(days))
            )
        except SystemRefused:
            return self.room.missing(visit)
        return self._shown(visit, row.name, key)

    async def remove(self, visit: StaffVisit) -> Response:
        """Let a system in no longer."""
        await self.room.read_form(visit)
        try:
            await systems.remove_system(self.desk, visit.council, visit.params["system"], visit.actor)
        except SystemRefused:
            return self.room.missing(visit)
        return self.room.done(visit, PATH, "It is let in no longer")

    async def _row(self, visit: StaffVisit) -> LetIn | None:
        found = await systems.list_systems(self.desk, visit.council)
        return next((row for row in found if row.system == visit.params["system"]), None)

    def _shown(self, visit: StaffVisit, name: str, key: str) -> Response:
        page = self.room.page(visit, "workspace/systems/key.html", f"The key of {name}", back=PATH, key=key)
        page.headers["cache-control"] = "no-store"
        return page

    def _form(
        self,
        visit: StaffVisit,
        title: str,
        wrong: dict[str, str],
        name: str,
        may: frozenset[Scope],
        services: frozenset[str] | None,
        row: LetIn | None = None,
    ) -> Response:
        scopes = [
            {"value": scope.value, "text": text, "hint": {"text": hint}, "checked": scope in may}
            for scope, (text, hint) in SCOPES.items()
        ]
        offered = [
            {
                "value": adopted.service.id,
                "text": adopted.texts.need("en", "name"),
                "checked": services is not None and adopted.service.id in services,
            }
            for adopted in visit.site.offered
        ]
        return self.room.page(
            visit,
            "workspace/systems/form.html",
            title,
            back=PATH,
            errors=[{"text": text, "href": f"#{part}"} for part, text in wrong.items()],
            status=400 if wrong else 200,
            wrong=wrong,
            name=name,
            scopes=scopes,
            everything=services is None,
            services=offered,
            row=row,
            keys=_keys(row),
            overlaps=[{"value": str(days), "text": text} for days, text in OVERLAPS.items()],
        )


def _keys(row: LetIn | None) -> Sequence[dict[str, Any]]:
    return [
        {"ending": key.ending, "made": show_time(key.made_at), "ends": show_time(key.ends_at) if key.ends_at else None}
        for key in (row.keys if row else ())
    ]  # fmt: skip


def _scopes(form: dict[str, list[str]]) -> frozenset[Scope]:
    known = {scope.value for scope in Scope}
    return frozenset(Scope(value) for value in form.get("may", []) if value in known)


def _services(visit: StaffVisit, form: dict[str, list[str]]) -> frozenset[str] | None:
    if one(form, "which") != "some":
        return None
    known = {adopted.service.id for adopted in visit.site.offered}
    return frozenset(known.intersection(form.get("services", [])))


def _faults(name: str, may: frozenset[Scope], services: frozenset[str] | None) -> dict[str, str]:
    wrong = {}
    if not name or len(name) > systems.LONGEST_NAME:
        wrong["name"] = f"Enter what the system is called, in up to {systems.LONGEST_NAME} characters"
    if not may:
        wrong["may"] = "Select at least one thing that it may do"
    if services is not None and not services:
        wrong["services"] = "Select at least one service"
    return wrong
