"""What the pages of a service share: the draft that somebody works on, and how a change of it is kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.responses import Response

from commonhall.catalogue import drafts
from commonhall.catalogue.drafts import Fault, Stale, Work
from commonhall.engine.adoption import Adopter
from commonhall.engine.package import Service
from commonhall.web.workspace.tools import HOME, Room, StaffVisit, one

PATH = f"{HOME}/services"
WorkView = Callable[[StaffVisit, Work], Awaitable[Response]]
LANGUAGES = {"en": "English", "cy": "Welsh"}


def path_of(service: str, *steps: str) -> str:
    """The path of a page of a service's draft."""
    return "/".join((PATH, service, *steps))


def adopter_of(visit: StaffVisit) -> Adopter:
    """Whose choices they are: the council's nation and languages."""
    return Adopter(visit.site.nation, visit.site.languages)


def with_work(room: Room, view: WorkView) -> Callable[[StaffVisit], Awaitable[Response]]:
    """A view of the draft that the path names; without one, back to the service."""

    async def found(visit: StaffVisit) -> Response:
        service = visit.params["service"]
        work = await drafts.look(room.tools.adopting, visit.council, service, adopter_of(visit))
        if work is None:
            return room.message(
                visit, 404, "Nobody works on this service", "It is live already, or was thrown away.",
                link=(PATH, "Services"),
            )  # fmt: skip
        return await view(visit, work)

    return found


async def keep(
    room: Room,
    visit: StaffVisit,
    work: Work,
    form: Mapping[str, list[str]],
    part: str,
    choices: Mapping[str, Any],
) -> Work | Response:
    """Keep changed choices; where somebody else was quicker, a page that says so and shows what was typed."""
    given = one(form, "revision")
    try:
        revision = int(given) if given.isdigit() else -1
        return await drafts.change(
            room.tools.adopting, visit.council, work, revision, part, choices, visit.actor
        )
    except Stale:
        return stale(room, visit, work, form)


def stale(room: Room, visit: StaffVisit, work: Work, form: Mapping[str, list[str]]) -> Response:
    """Somebody else has changed the same choices: nothing typed is thrown away, it stands on this page."""
    typed = [
        (name, value)
        for name, values in form.items()
        for value in values
        if value and name not in {"revision", "do"}
    ]
    return room.page(
        visit,
        "workspace/services/stale.html",
        "Somebody else has changed this",
        status=409,
        typed=typed,
        who=work.row.updated_by,
        link=path_of(work.service.id),
    )


def in_words(service: Service, fault: Fault) -> str:
    """A fault as a service owner reads it: settings by their labels, places by their pages."""
    message = fault.message
    for name, setting in service.definition.settings.items():
        message = message.replace(f"'{name}'", f"“{setting.label}”")
    remedy = f" ({fault.remedy})" if fault.remedy else ""
    return f"{message[:1].upper()}{message[1:]}{remedy}"
