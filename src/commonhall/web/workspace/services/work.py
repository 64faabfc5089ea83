"""One service in work: the list of tasks, the connector, the examples, and going live."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from commonhall.catalogue import drafts
from commonhall.catalogue.drafts import NotReady, Stale, Work
from commonhall.catalogue.upgrades import is_unmerged
from commonhall.engine.staff import Permission
from commonhall.web.workspace.services.shared import PATH, in_words, keep, path_of, stale, with_work
from commonhall.web.workspace.tools import BOTH, Page, Room, StaffVisit, one


def pages(room: Room) -> list[Page]:
    """The pages of the draft as a whole."""
    views = _Work(room)
    change = Permission.CHANGE_SERVICES
    return [
        Page("/services/{service}", with_work(room, views.tasks), Permission.SEE_SERVICES),
        Page("/services/{service}/connector", with_work(room, views.connector), change, BOTH),
        Page("/services/{service}/examples", with_work(room, views.examples), Permission.SEE_SERVICES),
        Page("/services/{service}/live", with_work(room, views.live), change, BOTH),
        Page("/services/{service}/discard", with_work(room, views.discard), change, ("POST",)),
    ]


class _Work:
    def __init__(self, room: Room) -> None:
        self.room = room
        self.adopting = room.tools.adopting

    async def tasks(self, visit: StaffVisit, work: Work) -> Response:
        """What there is to do before this goes live, and how far it is."""
        name = work.service.definition.name
        return self.room.page(
            visit,
            "workspace/services/tasks.html",
            f"{'Change' if work.row.base else 'Adopt'}: {name}",
            back=PATH,
            work=work,
            name=name,
            tasks=_tasks(work),
            faults=[in_words(work.service, fault) for fault in work.faults],
            revision=work.row.revision,
        )

    async def connector(self, visit: StaffVisit, work: Work) -> Response:
        """Which back office the cases go to."""
        known = await drafts.connectors_of(self.adopting, visit.council)
        title = "Where do cases go?"
        if visit.request.method == "POST":
            form = await self.room.read_form(visit)
            chosen = one(form, "connector")
            if chosen not in {"none", *(name for name, _ in known)}:
                error = "Select where cases go"
                return self._connector(visit, work, known, title, error)
            choices = {**work.row.choices, "connector": None if chosen == "none" else chosen}
            kept = await keep(self.room, visit, work, form, "connector", choices)
            return (
                kept
                if isinstance(kept, Response)
                else self.room.done(visit, path_of(work.service.id), "Saved")
            )
        return self._connector(visit, work, known, title)

    def _connector(
        self,
        visit: StaffVisit,
        work: Work,
        known: list[tuple[str, str]],
        title: str,
        error: str | None = None,
    ) -> Response:
        chosen = work.row.choices.get("connector")
        items = [
            {"value": name, "text": name, "hint": {"text": f"Kind: {kind}"}, "checked": name == chosen}
            for name, kind in known
        ]
        hint = {"text": "Staff read the cases in the workspace"}
        items.append({"value": "none", "text": "No back office", "hint": hint, "checked": chosen is None})
        return self.room.page(
            visit,
            "workspace/services/connector.html",
            title,
            back=path_of(work.service.id),
            errors=[{"text": error, "href": "#connector"}] if error else [],
            error=error,
            items=items,
            names=path_of(work.service.id, "names") if chosen else None,
            revision=work.row.revision,
            status=400 if error else 200,
        )

    async def examples(self, visit: StaffVisit, work: Work) -> Response:
        """The service's own examples, played with these choices."""
        return self.room.page(
            visit,
            "workspace/services/examples.html",
            "Examples, played with your choices",
            back=path_of(work.service.id),
            work=work,
        )

    async def live(self, visit: StaffVisit, work: Work) -> Response:
        """What will change for residents, and the step itself."""
        problem = None
        if visit.request.method == "POST":
            form = await self.room.read_form(visit)
            given = one(form, "revision")
            revision = int(given) if given.isdigit() else -1
            try:
                if one(form, "do") == "stage":
                    await drafts.stage(self.adopting, visit.council, work, revision, visit.actor)
                    return self.room.done(visit, PATH, f"Version {work.service.version} is staged: activate it when you want")  # fmt: skip
                await drafts.go_live(self.adopting, visit.council, work, revision, visit.actor)
            except Stale:
                return stale(self.room, visit, work, form)
            except NotReady as not_ready:
                words = str(not_ready)
                problem = f"{words[:1].upper()}{words[1:]}"
            else:
                return self.room.done(visit, PATH, f"{work.service.definition.name} is live")
        return self.room.page(
            visit,
            "workspace/services/live.html",
            "Go live",
            back=path_of(work.service.id),
            errors=[{"text": problem, "href": "#main-content"}] if problem else [],
            status=409 if problem else 200,
            work=work,
            chosen=_chosen(work),
            revision=work.row.revision,
        )

    async def discard(self, visit: StaffVisit, work: Work) -> Response:
        """Throw the work away."""
        await self.room.read_form(visit)
        await drafts.discard(self.adopting, visit.council, work.service.id, visit.actor)
        return self.room.done(visit, PATH, "Thrown away. What runs is as it was.")


def _tasks(work: Work) -> list[dict[str, Any]]:
    """The tasks with their states: done, to do, or with something wrong."""
    definition, choices, service = work.service.definition, work.row.choices, work.service.id

    def task(text: str, hint: str, step: str, *parts: str, note: str = "Ready") -> dict[str, Any]:
        wrong = sum(len(work.faults_at(part)) for part in parts)
        status = f"{wrong} to settle" if wrong else note
        return {
            "text": text,
            "hint": hint,
            "href": path_of(service, step),
            "status": status,
            "wrong": bool(wrong),
        }

    own = choices.get("settings") or {}
    words = choices.get("wording") or {}
    questions = choices.get("extra_questions") or []
    tasks = []
    if is_unmerged(work):
        upgrade = task("Upgrade", "What clashes with your choices, and what residents will see", "upgrade")
        tasks.append(upgrade | {"status": "To settle", "wrong": True})
    elif work.row.base:
        tasks.append(task("What changes", "What residents will see change", "upgrade", note="See it"))
    if definition.settings:
        note = f"{len(own)} of {len(definition.settings)} your own"
        tasks.append(task("Settings", "Times, bins, telephone numbers: what each council decides", "settings", "settings", note=note))  # fmt: skip
    if definition.wording:
        note = (
            f"{len({key for texts in words.values() for key in texts})} of {len(definition.wording)} your own"
        )
        tasks.append(
            task("Wording", "Texts that you may say in your own words", "wording", "wording", note=note)
        )
    if definition.places:
        note = f"{len(questions)} asked" if questions else "None"
        tasks.append(task("Your own questions", "Pages at the places that the service keeps for them", "questions", "extra_questions", note=note))  # fmt: skip
    note = choices.get("connector") or "No back office"
    tasks.append(task("Connector", "Where cases go", "connector", "connector", note=note))
    if choices.get("connector"):
        note = f"{len(choices.get('mapping') or {})} your own"
        tasks.append(task("Names at the back office", "What it calls each answer", "names", "mapping", note=note))  # fmt: skip
    if work.adopted:
        failing = len(work.failing)
        tasks.append(task("Preview", "Every page as residents will see it", "preview", note="See it"))
        examples = task(
            "Examples", "Journeys of the service, played with your choices", "examples", note="All pass"
        )
        if failing:
            examples |= {"status": f"{failing} fail", "wrong": True}
        tasks.append(examples)
    return tasks


def _chosen(work: Work) -> list[tuple[str, str]]:
    """The council's choices in short."""
    choices, definition = work.row.choices, work.service.definition
    rows = [
        (definition.settings[name].label, _short(value))
        for name, value in (choices.get("settings") or {}).items()
        if name in definition.settings
    ]
    words = {key for texts in (choices.get("wording") or {}).values() for key in texts}
    rows.append(("Own words", str(len(words))))
    rows.append(("Own questions", str(len(choices.get("extra_questions") or []))))
    rows.append(
        ("Cases go to", choices.get("connector") or "no back office: staff read them in the workspace")
    )
    if choices.get("mapping"):
        named = ", ".join(f"{ours} as {theirs}" for ours, theirs in choices["mapping"].items())
        rows.append(("Answers that it calls otherwise", named))
    return rows


def _short(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(_short(option.get("label", "")) for option in value)
    if isinstance(value, dict):
        return str(value.get("en", ""))
    return str(value)
