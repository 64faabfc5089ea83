"""People: who may sign in, and what their roles let them do."""

from __future__ import annotations

import re

from starlette.responses import Response

from commonhall.casework import staff
from commonhall.engine.staff import MAY, Permission, Role
from commonhall.web.workspace.cases import show_time
from commonhall.web.workspace.tools import BOTH, HOME, Page, Room, StaffVisit, one

PATH = f"{HOME}/people"
NAMES = {
    Role.ADMINISTRATOR: "Administrator",
    Role.SERVICE_OWNER: "Service owner",
    Role.OFFICER: "Officer",
    Role.DEVELOPER: "Integration developer",
    Role.VIEWER: "Viewer",
}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def pages(room: Room) -> list[Page]:
    """The list, inviting somebody, changing roles, removing somebody."""
    views = _People(room)
    manage = Permission.MANAGE_PEOPLE
    return [
        Page("/people", views.overview, manage),
        Page("/people/invite", views.invite, manage, BOTH),
        Page("/people/{person}", views.person, manage, BOTH),
        Page("/people/{person}/remove", views.remove, manage, ("POST",)),
    ]


class _People:
    def __init__(self, room: Room) -> None:
        self.room = room
        self.desk = room.tools.desk

    async def overview(self, visit: StaffVisit) -> Response:
        """Everybody who may sign in."""
        people = [
            {
                "person": person,
                "roles": ", ".join(NAMES[role] for role in sorted(person.roles)),
                "seen": show_time(person.last_seen_at) or "Never",
            }
            for person in await staff.list_people(self.desk, visit.council)
        ]
        return self.room.page(visit, "workspace/people/overview.html", "People", people=people)

    async def invite(self, visit: StaffVisit) -> Response:
        """Let somebody sign in."""
        values = {"email": "", "name": ""}
        chosen: list[Role] = []
        errors: dict[str, str] = {}
        if visit.request.method == "POST":
            form = await self.room.read_form(visit)
            values = {name: one(form, name)[:200] for name in values}
            chosen = _roles(form)
            errors = _faults(chosen)
            if not _EMAIL.fullmatch(values["email"]):
                errors["email"] = "Enter an email address, as the council’s own sign-in knows it"
            if not values["name"]:
                errors["name"] = "Enter their name"
            if not errors:
                added = await staff.invite(
                    self.desk, visit.council, values["email"], values["name"], chosen, visit.actor
                )
                if added:
                    return self.room.done(visit, PATH, f"{values['name']} may sign in")
                errors["email"] = "Somebody with this email address may sign in already"
        return self._form(visit, "Let somebody sign in", errors, chosen, values=values, new=True)

    async def person(self, visit: StaffVisit) -> Response:
        """What somebody may do."""
        people = await staff.list_people(self.desk, visit.council)
        person = next((one_person for one_person in people if one_person.id == visit.params["person"]), None)
        if person is None:
            return self.room.missing(visit)
        chosen, errors = sorted(person.roles), {}
        if visit.request.method == "POST":
            form = await self.room.read_form(visit)
            chosen = _roles(form)
            errors = _faults(chosen)
            if not errors:
                if await staff.change_roles(self.desk, visit.council, person.id, chosen, visit.actor):
                    return self.room.done(visit, PATH, f"The roles of {person.name} are changed")
                errors["roles"] = "Somebody must stay administrator: give that role to another person first"
        return self._form(visit, person.name, errors, chosen, person=person)

    def _form(
        self, visit: StaffVisit, title: str, errors: dict[str, str], chosen: list[Role], **values: object
    ) -> Response:
        roles = [
            {
                "value": role.value,
                "text": NAMES[role],
                "hint": {"text": "May " + ", ".join(sorted(MAY[role]))},
                "checked": role in chosen,
            }
            for role in Role
        ]
        return self.room.page(
            visit,
            "workspace/people/form.html",
            title,
            back=PATH,
            errors=[{"text": text, "href": f"#{name}"} for name, text in errors.items()],
            status=400 if errors else 200,
            wrong=errors,
            roles=roles,
            **values,
        )

    async def remove(self, visit: StaffVisit) -> Response:
        """Let somebody in no more."""
        await self.room.read_form(visit)
        if await staff.remove(self.desk, visit.council, visit.params["person"], visit.actor):
            return self.room.done(visit, PATH, "They cannot sign in any more")
        words = "Somebody must stay administrator: give that role to another person first."
        return self.room.message(visit, 409, "They were not removed", words, link=(PATH, "People"))


def _roles(form: dict[str, list[str]]) -> list[Role]:
    known = {role.value for role in Role}
    return sorted({Role(value) for value in form.get("roles", []) if value in known})


def _faults(chosen: list[Role]) -> dict[str, str]:
    return {} if chosen else {"roles": "Select at least one role"}
