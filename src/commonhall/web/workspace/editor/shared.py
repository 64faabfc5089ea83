"""What the pages of the editor share: the service that somebody writes, as it stands, and how a change is kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from commonhall.catalogue.drafts import Stale
from commonhall.catalogue.editing.edit import Edit
from commonhall.catalogue.editing.looking import Fault, Look, draw, look, title_of
from commonhall.catalogue.editing.patching import Path
from commonhall.catalogue.editing.work import ServiceDraftRow, change_service, open_service
from commonhall.web.workspace.tools import HOME, Room, StaffVisit, one

PATH = f"{HOME}/editor"
LANGUAGES = {"en": "English", "cy": "Welsh"}


@dataclass(frozen=True, slots=True)
class Writing:
    """A service being written, and what is wrong with it."""

    row: ServiceDraftRow
    seen: Look

    @property
    def edit(self) -> Edit:
        """Its files, to be changed and then kept."""
        return self.seen.edit

    @property
    def path(self) -> str:
        """Where its pages are."""
        return f"{PATH}/{self.row.draft}"

    @property
    def name(self) -> str:
        """What it is called."""
        return str(self.edit.at(("name",)) or self.row.draft)


View = Callable[[StaffVisit, Writing], Awaitable[Response]]


def with_service(room: Room, view: View) -> Callable[[StaffVisit], Awaitable[Response]]:
    """A view of the service that the path names; without one, back to the list."""

    async def found(visit: StaffVisit) -> Response:
        row = await open_service(room.tools.adopting, visit.council, visit.params["draft"])
        if row is None:
            text = "It was thrown away, or never was."
            return room.message(visit, 404, "Nobody writes this service", text, link=(PATH, "Service editor"))
        return await view(visit, Writing(row, look_at(room, row.files)))

    return found


def look_at(room: Room, files: Mapping[str, str]) -> Look:
    """The files of a service, checked as `commonhall check` does."""
    return look(files, room.tools.adopting.calendars, room.tools.codes)


async def keep(
    room: Room, visit: StaffVisit, writing: Writing, edit: Edit, form: Mapping[str, str], what: str
) -> Response | None:
    """Keep what was changed; where somebody else was quicker, a page that says so and shows what was typed."""
    given = form.get("revision", "")
    try:
        await change_service(
            room.tools.adopting, visit.council, writing.row, int(given) if given.isdigit() else -1, edit.files,
            visit.actor, what,
        )  # fmt: skip
    except Stale:
        typed = [
            (name, value)
            for name, value in form.items()
            if value and name not in {"revision", "do"} and not name.endswith((".was", ".how"))
        ]
        return room.page(
            visit,
            "workspace/services/stale.html",
            "Somebody else has changed this",
            status=409,
            typed=typed,
            who=writing.row.updated_by,
            link=writing.path,
        )
    return None


def last(form: Mapping[str, list[str]]) -> dict[str, str]:
    """A form with one value for each box."""
    return {name: values[-1] for name, values in form.items() if values}


def part_path(writing: Writing, part: Path) -> str:
    """Where a part's form is; the service itself for what has none."""
    return f"{writing.path}/part/{'/'.join(map(str, part))}" if part else writing.path


def box_id(name: str) -> str:
    """The HTML id of a box."""
    return "box-" + name.replace(".", "-")


def fault_rows(writing: Writing, seen: Look, here: Path | None = None) -> list[dict[str, Any]]:
    """What is wrong, with where it can be mended; what is wrong `here` comes first."""

    def row(fault: Fault) -> dict[str, Any]:
        at = f"#{box_id(fault.box)}" if fault.box else ""
        remedy = f" ({fault.remedy})" if fault.remedy else ""
        return {
            "text": f"{fault.message}{remedy}",
            "where": title_of(seen.edit, fault.part) if fault.part and fault.part != here else "",
            "href": at if fault.part == here and at else f"{part_path(writing, fault.part)}{at}",
            "useless": "/".join(map(str, fault.useless)),
        }

    ordered = sorted(seen.faults, key=lambda fault: fault.part != here)
    return [row(fault) for fault in ordered]


def drawing(
    writing: Writing, seen: Look, here: Path = (), walked: tuple[str, ...] = ()
) -> list[dict[str, Any]]:
    """The journey as the template draws it."""
    return [
        {
            "step": step,
            "href": part_path(writing, step.part),
            "here": here == step.part,
            "within": here[:2] == step.part and len(here) > 2,
            "asks": [(part_path(writing, part), text, part == here[:4]) for part, text in step.asks],
        }
        for step in draw(seen, walked)
    ]


__all__ = ["PATH", "Path", "Writing", "box_id", "drawing", "fault_rows", "keep", "last", "look_at", "one", "part_path", "with_service"]  # fmt: skip
