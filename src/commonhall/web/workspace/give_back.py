"""Give back: where this council differs from the shared services, and what it proposes to them."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from commonhall.catalogue.giving_back.proposals import (
    NothingToPropose,
    list_offers,
    list_proposed,
    propose,
    withdraw,
)
from commonhall.engine.package import Adopted
from commonhall.engine.staff import Permission
from commonhall.web.workspace.tools import BOTH, HOME, Page, Room, StaffVisit, one

PATH = f"{HOME}/give-back"
STATES = {
    "open": "Waits for the maintainer",
    "taken": "Taken into the shared service",
    "declined": "Declined",
    "withdrawn": "Withdrawn",
}


def pages(room: Room) -> list[Page]:
    """The list with its forms, and taking a proposal back."""
    views = _GiveBack(room)
    return [
        Page("/give-back", views.overview, Permission.CHANGE_SERVICES, BOTH),
        Page("/give-back/{proposal}/withdraw", views.withdraw, Permission.CHANGE_SERVICES, ("POST",)),
    ]


class _GiveBack:
    def __init__(self, room: Room) -> None:
        self.room = room

    async def overview(self, visit: StaffVisit) -> Response:
        """Every difference with a form to propose it; what was proposed before, with what became of it."""
        if visit.request.method == "POST":
            return await self._propose(visit)
        return await self._page(visit)

    async def _page(self, visit: StaffVisit, problem: str | None = None) -> Response:
        desk = self.room.tools.desk
        services = []
        for adopted in visit.site.services:
            choices = adopted.choices.model_dump(mode="json")
            offers = await list_offers(desk.store, visit.council, adopted.service, choices)
            shown = [_shown(adopted, offer.kind, offer.key, offer.language, offer.value) for offer in offers]
            rows = [row | {"proposed": offer.proposed} for row, offer in zip(shown, offers, strict=True)]
            services.append(
                {"name": adopted.texts.need("en", "name"), "id": adopted.service.id, "rows": rows}
            )
        made = [
            {"row": row, "state": STATES[row.state], "value": show_value(row.value)}
            for row in await list_proposed(desk.store, visit.council)
        ]
        return self.room.page(
            visit,
            "workspace/give_back/overview.html",
            "Give back to the shared services",
            services=services,
            made=made,
            errors=[{"text": problem, "href": "#main-content"}] if problem else [],
            status=409 if problem else 200,
        )

    async def _propose(self, visit: StaffVisit) -> Response:
        form = await self.room.read_form(visit)
        adopted = visit.site.service(one(form, "service"))
        if adopted is None:
            return await self._page(visit, "Your council does not run this service any more")
        desk = self.room.tools.desk
        try:
            await propose(
                desk.store,
                visit.council,
                adopted.service,
                adopted.choices.model_dump(mode="json"),
                (one(form, "kind"), one(form, "key"), one(form, "language")),
                reason=one(form, "reason"),
                proposal=desk.chance.token(),
                now=desk.clock(),
                by=visit.actor,
            )
        except NothingToPropose as nothing:
            words = str(nothing)
            return await self._page(visit, f"{words[:1].upper()}{words[1:]}")
        return self.room.done(visit, PATH, "Proposed to the maintainer of the shared service")

    async def withdraw(self, visit: StaffVisit) -> Response:
        """Take a proposal back."""
        await self.room.read_form(visit)
        desk = self.room.tools.desk
        done = await withdraw(
            desk.store, visit.council, visit.params["proposal"], now=desk.clock(), by=visit.actor
        )
        if not done:
            return await self._page(
                visit, "This proposal is not open any more: look at what became of it below"
            )
        return self.room.done(visit, PATH, "Proposal withdrawn")


def _shown(adopted: Adopted, kind: str, key: str, language: str, value: Any) -> dict[str, Any]:
    """One difference in words: what it is, the shared value, and this council's."""
    service = adopted.service
    what, shared = key, ""
    if kind == "setting":
        setting = service.definition.settings[key]
        what, shared = setting.label, show_value(_plain(setting.default))
    elif kind == "wording":
        what, shared = f"Words: {key} ({language})", service.texts[language].get(key, "")
    else:
        what, shared = f"Own question at “{key}”", ""
    return {
        "kind": kind,
        "key": key,
        "language": language,
        "what": what,
        "shared": shared,
        "ours": show_value(value),
    }


def _plain(default: Any) -> Any:
    if isinstance(default, list):
        return [option.model_dump(exclude_none=True) for option in default]
    return default


def show_value(value: Any) -> str:
    """A chosen value as a person reads it."""
    if value is None:
        return "nothing: each council gives its own"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(show_value(one.get("label", one.get("code", ""))) for one in value)
    if isinstance(value, dict):
        words = value.get("en") or (value.get("question") and show_value(value["question"])) or ""
        return str(words)
    return str(value)
