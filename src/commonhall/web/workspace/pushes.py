"""Where a system is told what happens to cases: set it up, see how it goes, tell it again what it refused."""

from __future__ import annotations

import base64

from starlette.responses import Response

from commonhall.casework import pushes
from commonhall.casework.systems import list_systems
from commonhall.engine.access import Scope
from commonhall.engine.staff import Permission
from commonhall.web.workspace.cases import show_time
from commonhall.web.workspace.tools import BOTH, HOME, Page, Room, StaffVisit, one

PATH = f"{HOME}/systems"
MOST_SECRETS = 2
"""While a secret is being changed there are two: both sign."""


def push_pages(room: Room) -> list[Page]:
    """The set-up with its state, another secret, telling again, stopping."""
    views = _Pushes(room)
    change = Permission.CHANGE_CONNECTORS
    return [
        Page("/systems/{system}/push", views.set_up, change, BOTH),
        Page("/systems/{system}/push/secret", views.secret, change, ("POST",)),
        Page("/systems/{system}/push/again", views.again, change, ("POST",)),
        Page("/systems/{system}/push/stop", views.stop, change, ("POST",)),
    ]


class _Pushes:
    def __init__(self, room: Room) -> None:
        self.room = room
        self.desk = room.tools.desk
        self.offices = room.tools.offices

    async def set_up(self, visit: StaffVisit) -> Response:
        """Say where the system is told; the first time its secret is shown."""
        name = await self._name(visit)
        if name is None:
            return self.room.missing(visit)
        system = visit.params["system"]
        state = await pushes.pushing(self.desk, visit.council, system)
        url = state.row.url if state else ""
        wrong: dict[str, str] = {}
        if visit.request.method == "POST":
            form = await self.room.read_form(visit)
            url = one(form, "url")
            wrong = self._faults(url)
            if not wrong:
                secret = None if state and state.row.secrets else self._secret()
                sealed = self.offices.seal({"signing": [secret]}) if secret else None
                await pushes.set_push(self.desk, visit.council, system, url, sealed, visit.actor)
                if secret:
                    return self._shown(visit, name, secret)
                return self.room.done(visit, f"{PATH}/{system}/push", f"{name} is told there from now on")
        return self.room.page(
            visit,
            "workspace/systems/push.html",
            f"Tell {name} what happens",
            back=f"{PATH}/{system}",
            errors=[{"text": text, "href": f"#{part}"} for part, text in wrong.items()],
            status=400 if wrong else 200,
            wrong=wrong,
            system=system,
            url=url,
            state=state,
            told=show_time(state.row.told_at) if state else "",
            next=show_time(state.row.next_at) if state and state.row.attempts else "",
            refused=[{"row": row, "at": show_time(row.at)} for row in (state.refused if state else ())],
        )

    async def secret(self, visit: StaffVisit) -> Response:
        """Another secret, shown once; the one before it signs beside it until there is a third."""
        await self.room.read_form(visit)
        name, system = await self._name(visit), visit.params["system"]
        state = await pushes.pushing(self.desk, visit.council, system)
        if name is None or state is None:
            return self.room.missing(visit)
        held = list(self.offices.unseal(state.row.secrets).get("signing", []))
        secret = self._secret()
        sealed = self.offices.seal({"signing": [secret, *held][:MOST_SECRETS]})
        await pushes.set_push(self.desk, visit.council, system, state.row.url, sealed, visit.actor)
        return self._shown(visit, name, secret)

    async def again(self, visit: StaffVisit) -> Response:
        """Tell it once more what it refused."""
        await self.room.read_form(visit)
        system = visit.params["system"]
        many = await pushes.tell_again(self.desk, visit.council, system, visit.actor)
        return self.room.done(visit, f"{PATH}/{system}/push", f"It is told again: {many}")

    async def stop(self, visit: StaffVisit) -> Response:
        """Tell it nothing any more."""
        await self.room.read_form(visit)
        system = visit.params["system"]
        if not await pushes.drop_push(self.desk, visit.council, system, visit.actor):
            return self.room.missing(visit)
        return self.room.done(visit, f"{PATH}/{system}", "It is told nothing any more")

    async def _name(self, visit: StaffVisit) -> str | None:
        """What a system that may read cases is called."""
        found = await list_systems(self.desk, visit.council)
        row = next((row for row in found if row.system == visit.params["system"]), None)
        return row.name if row and Scope.READ in row.may else None

    def _faults(self, url: str) -> dict[str, str]:
        faults = self.offices.faults("webhook", {"url": url}, {"signing": [self._secret()]})
        return {"url": "Enter an address that begins with https://"} if url == "" or list(faults) else {}

    def _secret(self) -> str:
        words = f"{self.desk.chance.token()}{self.desk.chance.token()}".encode()
        return f"whsec_{base64.b64encode(words).decode()}"

    def _shown(self, visit: StaffVisit, name: str, secret: str) -> Response:
        page = self.room.page(
            visit,
            "workspace/systems/push_secret.html",
            f"The signing secret for {name}",
            back=f"{PATH}/{visit.params['system']}/push",
            secret=secret,
        )
        page.headers["cache-control"] = "no-store"
        return page
