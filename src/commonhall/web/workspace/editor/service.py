"""One service being written: its journey drawn, what is wrong, its settings and examples; out as a file."""

from __future__ import annotations

import re
from typing import Any

from starlette.responses import Response

from commonhall.catalogue.editing import parts, starting
from commonhall.catalogue.editing.choices import slug
from commonhall.catalogue.editing.edit import CHANGES, EXAMPLES, Edit, free
from commonhall.catalogue.editing.patching import CannotEdit, Path, drop
from commonhall.catalogue.editing.work import drop_service
from commonhall.engine.staff import Permission
from commonhall.web.workspace.editor.shared import (
    PATH,
    Writing,
    drawing,
    fault_rows,
    keep,
    last,
    part_path,
    with_service,
)
from commonhall.web.workspace.tools import BOTH, Page, Room, StaffVisit


def pages(room: Room) -> list[Page]:
    """The service as a whole."""
    views = _Service(room)
    write = Permission.WRITE_SERVICES
    return [
        Page("/editor/{draft}", with_service(room, views.overview), write, BOTH),
        Page("/editor/{draft}/changes", with_service(room, views.changes), write, BOTH),
        Page("/editor/{draft}/brought", with_service(room, views.brought), write),
        Page("/editor/{draft}/export", with_service(room, views.export), write),
        Page("/editor/{draft}/discard", with_service(room, views.discard), write, BOTH),
    ]


class _Service:
    def __init__(self, room: Room) -> None:
        self.room = room

    async def overview(self, visit: StaffVisit, writing: Writing) -> Response:
        """The journey, with buttons to move, add and take away."""
        problem = None
        if visit.request.method == "POST":
            form = last(await self.room.read_form(visit))
            try:
                to, said = _do(writing.edit, form)
            except (CannotEdit, ValueError, IndexError, KeyError) as refused:
                problem = (
                    str(refused) if isinstance(refused, CannotEdit) else "There is no such part any more."
                )
            else:
                stale = await keep(self.room, visit, writing, writing.edit, form, said)
                where = part_path(writing, to) if to else writing.path
                return stale or self.room.done(visit, where, said)
        edit = writing.edit
        settings = [
            {"href": part_path(writing, ("settings", name)), "name": name, "label": one.get("label", name),
             "type": parts.SETTING_TYPES.get(str(one.get("type")), "")}
            for name, one in (edit.at(("settings",)) or {}).items()
        ]  # fmt: skip
        return self.room.page(
            visit,
            "workspace/editor/service.html",
            writing.name,
            back=PATH,
            errors=[{"text": problem, "href": "#main-content"}] if problem else [],
            status=409 if problem else 200,
            writing=writing,
            steps=drawing(writing, writing.seen),
            faults=fault_rows(writing, writing.seen),
            settings=settings,
            setting_types=list(parts.SETTING_TYPES.items()),
            examples=_examples(writing),
            lookups=bool(edit.at(("lookups",))),
            revision=writing.row.revision,
            changes=edit.files.get(CHANGES, ""),
        )

    async def changes(self, visit: StaffVisit, writing: Writing) -> Response:
        """The list of changes that councils read before they upgrade."""
        if visit.request.method == "POST":
            form = last(await self.room.read_form(visit))
            text = form.get("text", "").replace("\r\n", "\n").rstrip() + "\n"
            if text != writing.edit.files.get(CHANGES):
                writing.edit.files[CHANGES] = text
            stale = await keep(self.room, visit, writing, writing.edit, form, "changed the list of changes")
            return stale or self.room.done(visit, writing.path, "Saved")
        return self.room.page(
            visit,
            "workspace/editor/changes.html",
            "What changed",
            back=writing.path,
            text=writing.edit.files.get(CHANGES, ""),
            version=writing.edit.at(("version",)),
            revision=writing.row.revision,
        )

    async def brought(self, visit: StaffVisit, writing: Writing) -> Response:
        """Where it is from, and what of that is to be looked at."""
        return self.room.page(
            visit,
            "workspace/editor/brought.html",
            "What was brought in",
            back=writing.path,
            text=re.sub(r"\A# .*\n", "", writing.edit.files.get(CHANGES, "")),
            path=writing.path,
        )

    async def export(self, visit: StaffVisit, writing: Writing) -> Response:
        """The package as a ZIP, the very files that a maintainer keeps."""
        name = f"{writing.edit.at(('id',))}-{writing.edit.at(('version',))}.zip"
        headers = {
            "content-disposition": f'attachment; filename="{slug_file(name)}"',
            "cache-control": "no-store",
        }
        return Response(starting.pack(writing.row.files), headers=headers, media_type="application/zip")

    async def discard(self, visit: StaffVisit, writing: Writing) -> Response:
        """Throw it away, once it is said twice."""
        if visit.request.method == "POST":
            await self.room.read_form(visit)
            await drop_service(self.room.tools.adopting, visit.council, writing.row.draft, visit.actor)
            return self.room.done(visit, PATH, "Thrown away. Services that run are as they were")
        return self.room.page(
            visit, "workspace/editor/discard.html", f"Throw away “{writing.name}”?", back=writing.path, path=writing.path
        )  # fmt: skip


def slug_file(name: str) -> str:
    """A file's name with nothing in it that a header or a disk minds."""
    return "".join(char if (char.isalnum() and char.isascii()) or char in "-." else "-" for char in name)


def _examples(writing: Writing) -> list[dict[str, Any]]:
    """The examples with how they went."""
    played = writing.seen.played
    rows = []
    for i, one in enumerate(writing.edit.data(EXAMPLES) or () if EXAMPLES in writing.edit.files else ()):
        done = played[i] if i < len(played) else None
        rows.append({
            "name": one.get("name") if isinstance(one, dict) else "?",
            "href": part_path(writing, ("examples", i)),
            "at": i,
            "played": done is not None,
            "faults": done.faults if done else (),
        })  # fmt: skip
    return rows


def where_of(text: str) -> Path:
    """The path of a part as a form or an address gives it: `pages/3/fields/0`."""
    steps = text.strip("/").split("/") if text else []
    named = steps[:1] == ["settings"]
    return tuple(int(step) if step.isdigit() and len(step) < 6 and not (named and i == 1) else step
                 for i, step in enumerate(steps))  # fmt: skip


def _do(edit: Edit, form: dict[str, str]) -> tuple[Path, str]:
    """Do what a button of the drawing says; answers the part to go on to, and what was done."""
    do, _, at = form.get("do", "").partition(" ")
    where = where_of(at)
    if do in {"page", "exit"}:
        index = int(where[1]) + 1 if len(where) > 1 else 0
        edit.insert(("pages",), index, starting.new_page(edit, exits=do == "exit"))
        return ("pages", index), "Page added" if do == "page" else "End added: say for whom"
    if do in {"up", "down"} and parts.kind_of(where) == "page":
        edit.move(("pages",), int(where[1]), int(where[1]) + (-1 if do == "up" else 1))
        return (), "Moved"
    if do == "setting":
        kind, label = form.get("type", ""), form.get("label", "").strip()
        name = slug(label, "_").lstrip("0123456789_")
        if kind not in parts.SETTING_TYPES or not name:
            raise CannotEdit("Say what the council decides, and choose what kind of value it is.")
        name = free(name, set(edit.at(("settings",)) or {}), "_")
        edit.put(("settings", name), starting.new_setting(kind, label))
        return ("settings", name), "Setting added"
    if do == "useless" and where[:1] in {("wording",), ("places",)}:
        edit.drop(where)
        return (), "Taken away"
    if do == "remove" and parts.kind_of(where) == "example":
        if len(edit.data(EXAMPLES)) == 1:
            raise CannotEdit("A package has at least one example. Play the journey and keep another first.")
        edit.files[EXAMPLES] = drop(edit.files[EXAMPLES], (where[1],))
        return (), "Example taken away"
    if do == "remove" and parts.kind_of(where) in {"page", "setting"}:
        if where[0] == "pages" and len(edit.pages) == 1:
            raise CannotEdit("A service has at least one page. Add another first.")
        edit.remove(where)
        return (), "Taken away"
    raise CannotEdit("There is no such button. Load the page again.")
