"""The list of a council's services, in its order, and of those that it could adopt."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from commonhall.catalogue import drafts
from commonhall.catalogue.drafts import NotReady, Shelf
from commonhall.engine.staff import Permission
from commonhall.web.workspace.services.shared import PATH, path_of
from commonhall.web.workspace.tools import Page, Room, StaffVisit, one, see

STATES = {"live": "Live", "paused": "Paused", "retired": "Retired"}


def pages(room: Room) -> list[Page]:
    """The list, and what can be done to a service as a whole."""
    views = _Overview(room)
    change = Permission.CHANGE_SERVICES
    return [
        Page("/services", views.overview, Permission.SEE_SERVICES),
        Page("/services/order", views.order, change, ("POST",)),
        Page("/services/{service}/begin", views.begin, change, ("POST",)),
        Page("/services/{service}/do", views.do, change, ("POST",)),
        Page("/services/{service}/retire", views.retire, change, ("GET", "POST")),
    ]


class _Overview:
    def __init__(self, room: Room) -> None:
        self.room = room
        self.adopting = room.tools.adopting

    async def overview(self, visit: StaffVisit, problem: str | None = None) -> Response:
        """What runs, what is worked on, what could be adopted."""
        shelf = await drafts.look_around(self.adopting, visit.council)
        rows = [self._row(shelf, state) for state in shelf.states]
        running = {state.service for state in shelf.states}
        offered = [
            {
                "id": name,
                "name": offer.service.definition.name,
                "about": offer.service.definition.start.intro.split("\n\n")[0],
                "version": offer.versions[-1],
                "draft": shelf.drafts.get(name),
            }
            for name, offer in sorted(shelf.offered.items())
            if name not in running
        ]
        return self.room.page(
            visit,
            "workspace/services/overview.html",
            "Services",
            rows=rows,
            offered=offered,
            errors=[{"text": problem, "href": "#main-content"}] if problem else [],
            status=409 if problem else 200,
        )

    def _row(self, shelf: Shelf, state: Any) -> dict[str, Any]:
        offer = shelf.offered.get(state.service)
        return {
            "state": state,
            "name": offer.service.definition.name if offer else state.service,
            "words": STATES[state.state],
            "newer": shelf.update_of(state),
            "draft": shelf.drafts.get(state.service),
        }

    async def order(self, visit: StaffVisit) -> Response:
        """Move one service up or down (`up`, `down`), or give all a new order (`service`, several)."""
        form = await self.room.read_form(visit)
        shelf = await drafts.look_around(self.adopting, visit.council)
        now = [state.service for state in shelf.states]
        wanted = [name for name in form.get("service", []) if name in now]
        if not wanted:
            name, by = (one(form, "up"), -1) if "up" in form else (one(form, "down"), 1)
            if name not in now:
                return await self.overview(visit, "That service is not on the list any more")
            wanted = list(now)
            at = wanted.index(name)
            to = min(max(at + by, 0), len(wanted) - 1)
            wanted.insert(to, wanted.pop(at))
        wanted += [name for name in now if name not in wanted]
        await drafts.set_order(self.adopting, visit.council, wanted, visit.actor)
        return self.room.done(visit, PATH, "The order is changed")

    async def begin(self, visit: StaffVisit) -> Response:
        """Begin to adopt a service, or to change the one that runs."""
        form = await self.room.read_form(visit)
        service = visit.params["service"]
        running = await self._running(visit, service)
        newest = one(form, "newest") == "yes"
        if not await drafts.begin(self.adopting, visit.council, service, visit.actor, running, newest=newest):
            return await self.overview(visit, "There is no such service in the catalogue")
        return see(path_of(service, "upgrade") if newest else path_of(service))

    async def _running(self, visit: StaffVisit, service: str) -> Any:
        shelf = await drafts.look_around(self.adopting, visit.council)
        state = next((state for state in shelf.states if state.service == service), None)
        return await self.room.tools.desk.services.get(visit.council, state.digest) if state else None

    async def do(self, visit: StaffVisit) -> Response:
        """Pause, resume, feature, activate, roll back: one step each."""
        form = await self.room.read_form(visit)
        service, what = visit.params["service"], one(form, "do")
        shelf = await drafts.look_around(self.adopting, visit.council)
        state = next((state for state in shelf.states if state.service == service), None)
        if state is None:
            return await self.overview(visit, "That service is not on the list any more")
        council, by = visit.council, visit.actor
        try:
            if what == "activate":
                await drafts.activate(self.adopting, council, state, by)
                return self.room.done(visit, PATH, f"Version {state.staged_version} is live")
            if what == "roll-back":
                await drafts.roll_back(self.adopting, council, state, by)
                return self.room.done(visit, PATH, f"Version {state.version_before} is live again")
        except NotReady as not_ready:
            return await self.overview(visit, _sentence(str(not_ready)))
        if what in {"pause", "resume"}:
            to = "paused" if what == "pause" else "live"
            await drafts.set_state(self.adopting, council, service, to, by)
            said = (
                "Nobody can start this service now"
                if what == "pause"
                else "Residents can use this service again"
            )
            return self.room.done(visit, PATH, said)
        if what in {"feature", "unfeature"}:
            await drafts.set_featured(self.adopting, council, service, what == "feature", by)
            return self.room.done(visit, PATH, "The home page is changed")
        if what in {"take-patches", "leave-patches"}:
            await drafts.set_take_patches(self.adopting, council, service, what == "take-patches", by)
            return self.room.done(visit, PATH, "Saved")
        return await self.overview(visit, "Nothing was done: that is not one of the buttons")

    async def retire(self, visit: StaffVisit) -> Response:
        """Retire a service for good, after asking."""
        service = visit.params["service"]
        if visit.request.method == "POST":
            await self.room.read_form(visit)
            if not await drafts.set_state(self.adopting, visit.council, service, "retired", visit.actor):
                return await self.overview(visit, "That service is retired already")
            return self.room.done(visit, PATH, "The service is retired")
        return self.room.page(
            visit, "workspace/services/retire.html", "Retire this service?", back=PATH, service=service
        )


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"
