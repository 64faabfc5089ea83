"""The form of one part of a service, with the journey drawn beside it and what is wrong told as one types."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from commonhall.catalogue.editing import forms, parts, starting
from commonhall.catalogue.editing.edit import EXAMPLES, Edit
from commonhall.catalogue.editing.looking import Look, title_of
from commonhall.catalogue.editing.patching import CannotEdit, Path
from commonhall.engine.staff import Permission
from commonhall.web.workspace.editor.boxes import boxes_of
from commonhall.web.workspace.editor.service import where_of
from commonhall.web.workspace.editor.shared import (
    Writing,
    box_id,
    drawing,
    fault_rows,
    keep,
    last,
    look_at,
    part_path,
    with_service,
)
from commonhall.web.workspace.tools import BOTH, Page, Room, StaffVisit

_LISTS = {"page": ("fields", "checks"), "field": ("fields",)}


def pages(room: Room) -> list[Page]:
    """The form, and what is wrong with it while somebody types."""
    views = _Part(room)
    write = Permission.WRITE_SERVICES
    return [
        Page("/editor/{draft}/part/{where:path}", with_service(room, views.part), write, BOTH),
        Page("/editor/{draft}/check/{where:path}", with_service(room, views.check), write, ("POST",)),
    ]


class _Part:
    def __init__(self, room: Room) -> None:
        self.room = room

    async def part(self, visit: StaffVisit, writing: Writing) -> Response:
        """The form; sent, the part is changed and kept."""
        where = where_of(visit.params["where"])
        if where not in parts.parts_of(writing.edit):
            return self.room.missing(visit)
        if visit.request.method != "POST":
            return self._form(visit, writing, writing.seen, where, forms.show(writing.edit, where), {})
        form = last(await self.room.read_form(visit))
        do, _, rest = form.get("do", "save").partition(" ")
        if do == "row":
            # A row of options moves or goes: nothing is kept yet, the form comes again.
            return self._form(visit, writing, writing.seen, where, _moved(form, rest), {})
        wrong = forms.apply(writing.edit, where, form)
        to, said = where, "Saved"
        if not wrong and do not in {"save", "again"}:
            try:
                to, said = _act(writing.edit, where, do, rest, form)
            except CannotEdit as refused:
                wrong = {"": str(refused)}
        if wrong:
            seen = look_at(self.room, writing.edit.files)
            return self._form(visit, writing, seen, where, form, wrong)
        what = f"{said.lower()}: {title_of(writing.edit, where)}" if to == where else said.lower()
        stale = await keep(self.room, visit, writing, writing.edit, form, what[:200])
        if to == where and where[0] == "settings":
            to = ("settings", form.get("id", "").strip() or where[1])
        return stale or self.room.done(visit, part_path(writing, to), said)

    async def check(self, visit: StaffVisit, writing: Writing) -> Response:
        """What is wrong if the form were sent now, as JSON for the page's script. Nothing is kept."""
        where = where_of(visit.params["where"])
        if where not in parts.parts_of(writing.edit):
            return self.room.missing(visit)
        form = last(await self.room.read_form(visit))
        wrong = forms.apply(writing.edit, where, form)
        if where[0] == "settings" and "id" not in wrong:
            where = ("settings", form.get("id", "").strip() or where[1])
        seen = look_at(self.room, writing.edit.files)
        said = {**_said(seen, where), **wrong}
        shown: dict[str, Any] = {"writing": writing, "faults": fault_rows(writing, seen, where), "steps": drawing(writing, seen, where)}  # fmt: skip
        render = self.room.pages.fragment
        answer = {
            "boxes": {box_id(name): text for name, text in said.items()},
            "count": len(seen.faults),
            "problems": render("workspace/editor/problems.html", **shown),
            "drawing": render("workspace/editor/drawing.html", **shown),
        }
        return Response(
            json.dumps(answer), media_type="application/json", headers={"cache-control": "no-store"}
        )

    def _form(
        self,
        visit: StaffVisit,
        writing: Writing,
        seen: Look,
        where: Path,
        values: Mapping[str, str],
        wrong: Mapping[str, str],
    ) -> Response:
        edit = seen.edit
        kind = parts.kind_of(where)
        data = edit.at(parts.file_path(where), EXAMPLES if kind == "example" else "service.yaml") or {}
        up = where[:-2] if len(where) > 2 else ()
        return self.room.page(
            visit,
            "workspace/editor/part.html",
            title_of(edit, where),
            back=part_path(writing, up),
            errors=[{"text": text, "href": f"#{box_id(name)}" if name else "#main-content"} for name, text in wrong.items()],
            status=400 if wrong else 200,
            writing=writing,
            kind=kind,
            exits=bool(kind == "page" and data.get("exit")),
            type_name=_type_name(kind, data),
            boxes=boxes_of(edit, where, values, wrong, _said(seen, where)),
            lists=_lists(writing, edit, where, kind, data),
            data=data,
            answers=json.dumps(data.get("answers"), ensure_ascii=False, indent=1) if kind == "example" else "",
            steps=drawing(writing, seen, where, _walked(kind, data)),
            faults=fault_rows(writing, seen, where),
            whole=seen.service is not None,
            preview=_preview(edit, where, kind),
            check=f"{writing.path}/check/{'/'.join(map(str, where))}",
            revision=values.get("revision") or writing.row.revision,
            languages=list(edit.at(("languages",)) or ["en"]),
        )  # fmt: skip


def _said(seen: Look, where: Path) -> dict[str, str]:
    """What the checker says of a part, by box; the first of each."""
    said: dict[str, str] = {}
    for fault in seen.faults_of(where):
        remedy = f" ({fault.remedy})" if fault.remedy else ""
        said.setdefault(fault.box, f"{fault.message}{remedy}")
    return said


def _preview(edit: Edit, where: Path, kind: str) -> str:
    """The resident's page on which a part stands; '' for none."""
    if where[0] == "pages":
        return edit.page_id(int(where[1]))
    return {"start": "start", "end": "confirmation"}.get(kind, "")


def _walked(kind: str, data: Mapping[str, Any]) -> tuple[str, ...]:
    if kind != "example":
        return ()
    return (*map(str, data.get("path") or ()), str(data.get("ends")))


def _type_name(kind: str, data: Mapping[str, Any]) -> str:
    known = parts.SETTING_TYPES if kind == "setting" else parts.TYPES
    return known.get(str(data.get("type")), "") if kind in {"setting", "field", "column"} else ""


def _lists(
    writing: Writing, edit: Edit, where: Path, kind: str, data: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The questions and checks inside a part."""
    if kind == "page" and data.get("exit"):
        return []
    names = {"fields": ("Questions", "question"), "checks": ("Checks", "check")}
    found = []
    for name in _LISTS.get(kind, ()):
        if kind == "field" and data.get("type") != "list":
            continue
        items = [
            {"text": title_of(edit, (*where, name, i)), "at": i, "href": part_path(writing, (*where, name, i)),
             "type": parts.TYPES.get(str(one.get("type")), "")}
            for i, one in enumerate(data.get(name) or ())
        ]  # fmt: skip
        types = [] if name == "checks" else [
            (code, text) for code, text in parts.TYPES.items() if kind == "page" or code in parts.IN_LISTS
        ]  # fmt: skip
        title, single = names[name]
        title = "Asked of each" if kind == "field" else title
        found.append({"name": name, "title": title, "single": single, "rows": items, "types": types})
    return found


def _act(edit: Edit, where: Path, do: str, rest: str, form: Mapping[str, str]) -> tuple[Path, str]:
    """Do what a button of the form says, once the form is taken; answers the part to go on to, and what was done."""
    name, _, at = rest.partition(" ")
    inside: Path = (*where, name)
    if name not in {"fields", "checks"} or name not in _LISTS.get(parts.kind_of(where), ()):
        raise CannotEdit("There is no such button. Load the page again.")
    items = edit.at(inside) or []
    if do == "add":
        if name == "checks":
            new = starting.new_check(edit, int(where[1]))
        else:
            kind = form.get("add.type", "")
            if kind not in parts.TYPES:
                raise CannotEdit("Choose how the question is answered.")
            new = starting.new_field(edit, kind, inside=where if len(where) > 2 else None)
        edit.insert(inside, len(items), new)
        return (*inside, len(items)), "Question added" if name == "fields" else "Check added"
    index = int(at) if at.isdigit() else -1
    if not 0 <= index < len(items):
        raise CannotEdit("There is no such part any more. Load the page again.")
    if do == "remove":
        if name == "fields" and len(items) == 1:
            raise CannotEdit("A page asks at least one question. Add another first, or take the page away.")
        edit.remove((*inside, index))
        return where, "Taken away"
    edit.move(inside, index, index + (-1 if do == "up" else 1))
    return where, "Moved"


def _moved(form: dict[str, str], rest: str) -> dict[str, str]:
    """The form with a row of options in another place, or emptied: `up options 2`."""
    verb, _, which = rest.partition(" ")
    name, _, number = which.rpartition(" ")
    if not number.isdigit():
        return form
    at = int(number)
    other = {"up": at - 1, "down": at + 1}.get(verb)
    mine = {key: value for key, value in form.items() if key.startswith(f"{name}.{at}.")}
    kept = {key: value for key, value in form.items() if key not in mine}
    if other is None or other < 0:
        return kept if other is None else form
    theirs = {key: value for key, value in kept.items() if key.startswith(f"{name}.{other}.")}
    kept = {key: value for key, value in kept.items() if key not in theirs}
    kept |= {key.replace(f"{name}.{at}.", f"{name}.{other}.", 1): value for key, value in mine.items()}
    return kept | {
        key.replace(f"{name}.{other}.", f"{name}.{at}.", 1): value for key, value in theirs.items()
    }
