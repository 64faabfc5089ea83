"""An upgrade: what residents will see change, each conflict by name with the ways to settle it, the examples played."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from commonhall.catalogue import upgrades
from commonhall.catalogue.drafts import Stale, Work
from commonhall.catalogue.upgrading import Conflict, Seen
from commonhall.engine.examples import play_adopted
from commonhall.engine.package import Adopted
from commonhall.engine.staff import Permission
from commonhall.web.workspace.give_back import show_value
from commonhall.web.workspace.services.shared import LANGUAGES, path_of, stale, with_work
from commonhall.web.workspace.tools import BOTH, Page, Room, StaffVisit, one


def pages(room: Room) -> list[Page]:
    """The page of an upgrade."""
    views = _Upgrade(room)
    return [
        Page("/services/{service}/upgrade", with_work(room, views.upgrade), Permission.CHANGE_SERVICES, BOTH)
    ]


class _Upgrade:
    def __init__(self, room: Room) -> None:
        self.room = room
        self.adopting = room.tools.adopting

    async def upgrade(self, visit: StaffVisit, work: Work) -> Response:
        """Settle what clashes; once nothing does, see what residents will see."""
        if work.row.base is None:
            return self.room.missing(visit)
        running = await self.room.tools.desk.services.get(visit.council, work.row.base)
        if visit.request.method == "POST" and upgrades.is_unmerged(work):
            form = await self.room.read_form(visit)
            settled = self._settled(form, work, running, visit.site.languages)
            given = one(form, "revision")
            try:
                work = await upgrades.settle(
                    self.adopting, visit.council, work, running, int(given) if given.isdigit() else -1, settled, visit.actor
                )  # fmt: skip
            except Stale:
                return stale(self.room, visit, work, form)
            if not upgrades.is_unmerged(work):
                return self.room.done(visit, path_of(work.service.id, "upgrade"), "Everything is settled")
        return self._page(visit, work, running, asked=visit.request.method == "POST")

    def _page(self, visit: StaffVisit, work: Work, running: Adopted, *, asked: bool) -> Response:
        conflicts: list[dict[str, Any]] = []
        errors = []
        if upgrades.is_unmerged(work):
            upgrade = upgrades.plan(self.adopting, work, running)
            seen, after = upgrade.seen, upgrade.after
            before = upgrade.before or tuple(play_adopted(running))
            for number, conflict in enumerate(upgrade.conflicts):
                conflicts.append(_shown(conflict, number, work, visit.site.languages))
                if asked and conflict.id in upgrade.unsettled:
                    errors.append({"text": f"Settle this: {conflict.says}", "href": f"#way-{number}"})
        else:
            seen, after = upgrades.what_residents_see(work, running), work.played
            before = tuple(play_adopted(running))
        return self.room.page(
            visit,
            "workspace/services/upgrade.html",
            f"Upgrade: {work.service.definition.name}",
            back=path_of(work.service.id),
            errors=errors,
            status=400 if errors else 200,
            work=work,
            old=running.service.version,
            changelog=work.service.files.get("CHANGELOG.md", ""),
            conflicts=conflicts,
            seen=_by_page(work, running, seen),
            before=sum(1 for played in before if not played.faults),
            of_before=len(before),
            after=sum(1 for played in after if not played.faults),
            of_after=len(after),
            revision=work.row.revision,
            unmerged=upgrades.is_unmerged(work),
        )

    def _settled(
        self, form: dict[str, list[str]], work: Work, running: Adopted, languages: tuple[str, ...]
    ) -> dict[str, dict[str, Any]]:
        """How the form settles each conflict, in the order in which the page showed them."""
        settled: dict[str, dict[str, Any]] = {}
        for number, conflict in enumerate(upgrades.plan(self.adopting, work, running).conflicts):
            way = one(form, f"way-{number}")
            if not way or one(form, f"id-{number}") != conflict.id:
                continue
            value: Any = None
            if conflict.id.startswith("wording:"):
                value = {
                    language: text
                    for language in languages
                    if (text := one(form, f"value-{number}-{language}"))
                }
            else:
                value = _read(conflict, work, one(form, f"value-{number}"))
            settled[conflict.id] = {"way": way, "value": value}
        return settled


def _read(conflict: Conflict, work: Work, text: str) -> Any:
    """A value written anew, in the setting's type; what cannot be read stays words, and is refused as such."""
    setting = work.service.definition.settings.get(conflict.key)
    if setting is None or not text:
        return text or None
    if setting.type == "boolean":
        return {"yes": True, "no": False}.get(text.lower(), text)
    if setting.type in {"integer", "money"} and text.lstrip("-").isdigit():
        return int(text)
    if setting.type == "number":
        try:
            return float(text)
        except ValueError:
            return text
    return text


def _shown(conflict: Conflict, number: int, work: Work, languages: tuple[str, ...]) -> dict[str, Any]:
    chosen = work.row.settled.get(conflict.id) or {}
    wording = conflict.id.startswith("wording:")
    writes = any(way.needs_value for way in conflict.ways)
    boxes = []
    if writes:
        given = chosen.get("value")
        for language in languages if wording else ("",):
            mine = conflict.mine.get(language, "") if wording and conflict.mine else ""
            value = given.get(language, mine) if wording and isinstance(given, dict) else given or mine
            name = f"value-{number}-{language}" if language else f"value-{number}"
            boxes.append(
                {
                    "id": name,
                    "label": f"Anew in {LANGUAGES[language]}" if language else "Anew",
                    "value": value,
                }
            )
    texts = []
    for title, words in (("It was", conflict.was), ("Yours", conflict.mine), ("Shared now", conflict.theirs)):
        if words is None:
            continue
        if wording:
            texts += [(f"{title} ({LANGUAGES[code]})", text or "nothing") for code, text in words.items()]
        else:
            texts.append((title, show_value(words)))
    return {
        "number": number,
        "id": conflict.id,
        "kind": conflict.kind.value,
        "says": conflict.says,
        "texts": texts,
        "ways": [
            {"value": way.id, "text": way.label, "checked": chosen.get("way") == way.id}
            for way in conflict.ways
        ],
        "boxes": boxes,
    }


def _by_page(work: Work, running: Adopted, seen: tuple[Seen, ...]) -> list[tuple[str, list[Seen]]]:
    """The changes, page by page, in the order of the pages."""
    titles: dict[str, str] = {}
    for adopted in (running, work.adopted):
        if adopted is not None:
            titles |= {page.id: adopted.texts.need("en", f"{page.key}.question") for page in adopted.pages}
    names = dict.fromkeys(["", *titles, *(one_change.page for one_change in seen)])
    grouped = [
        (titles.get(name, name) or "The service as a whole", [s for s in seen if s.page == name])
        for name in names
    ]
    return [(title, changes) for title, changes in grouped if changes]
