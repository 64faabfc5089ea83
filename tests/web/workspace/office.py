"""A council's office: the platform as it is wired, with one person of each role, and browsers for them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.types import ASGIApp

from commonhall.app.wiring import House
from commonhall.casework.staff import list_people, open_session
from commonhall.engine.staff import Role
from tests.conftest import SetClock
from tests.web.rendered import faults_of_html
from tests.web.wire import Reply, Wire

COUNCIL = "solihull"


@dataclass
class Staff:
    """Somebody's browser in the workspace: signed in, remembering the token of the last page's forms."""

    wire: Wire
    token: str = ""

    async def get(self, path: str, *, status: int = 200) -> Reply:
        """A page of the workspace (`path` from the root), valid and as expected."""
        return self._seen(await self.wire.get(path), status)

    async def post(
        self, path: str, form: Sequence[tuple[str, str]] = (), *, status: int = 303, token: str | None = None
    ) -> Reply:
        """Send a form with the token of the last page."""
        pairs = [("token", self.token if token is None else token), *form]
        return self._seen(await self.wire.post(path, pairs), status)

    async def send_file(
        self, path: str, name: str, filename: str, content: bytes, *, status: int = 303
    ) -> Reply:
        """Send a form with a file and the token of the last page."""
        mark = b"----a-boundary-of-the-tests"
        parts = [
            b'Content-Disposition: form-data; name="token"\r\n\r\n' + self.token.encode(),
            f'Content-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n".encode()
            + content,
        ]
        body = b"".join(b"--" + mark + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + mark + b"--\r\n"
        kind = b"multipart/form-data; boundary=" + mark
        return self._seen(
            await self.wire.ask(path.encode(), method="POST", chunks=(body,), kind=kind), status
        )

    async def follow(self, reply: Reply) -> Reply:
        """Where a reply leads."""
        return await self.get(reply.location)

    def _seen(self, reply: Reply, status: int) -> Reply:
        assert reply.status == status, f"{reply.status} {reply.headers.get(b'location')} {reply.text[-3000:]}"
        if reply.headers.get(b"content-type", b"").startswith(b"text/html") and reply.body:
            assert faults_of_html(reply.text) == []
            found = re.search(r'name="token" value="([0-9a-f]{32})"', reply.text)
            self.token = found.group(1) if found else self.token
        return reply


@dataclass
class Office:
    """The platform with one council (solihull) and somebody of each role."""

    house: House
    app: ASGIApp
    clock: SetClock

    async def staff(self, role: Role, council: str = COUNCIL) -> Staff:
        """A browser in which somebody of this role is signed in."""
        people = await list_people(self.house.desk, council)
        person = next(person for person in people if role in person.roles)
        session = await open_session(self.house.desk, council, person)
        host = f"{council}.localhost".encode()
        staff = Staff(Wire(self.app, host, cookie=f"ch_staff={session}".encode()))
        await staff.get("/workspace")
        return staff

    def anybody(self, host: bytes = b"solihull.localhost") -> Wire:
        """A browser in which nobody is signed in."""
        return Wire(self.app, host)

    async def actions(self, council: str = COUNCIL) -> list[str]:
        """What the audit trail says was done, latest first, but for signing in."""
        rows = await self.house.store.owner.fetch(
            "select action from audit where council = $1 order by entry desc", council
        )
        return [row["action"] for row in rows if not row["action"].startswith(("session.", "person.invite"))]
