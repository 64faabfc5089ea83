"""Every path of a council's host, asked with another council's identifiers: nothing of theirs is told or touched."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Mount, Route

from commonhall.app.demo import STAFF
from commonhall.casework.staff import invite
from commonhall.engine.staff import Role
from tests.conftest import SetClock
from tests.storage.town import THEIRS, fill_town, rows_of
from tests.web.wire import FORM, whole_house
from tests.web.workspace.office import Office, Staff

OTHER = "nottingham"
SECRET = f"secret of {OTHER}"
VALUES = {
    "reference": f"{THEIRS}-reference",
    "journey": f"{THEIRS}-journey",
    "service": f"{THEIRS}-service",
    "connector": f"{THEIRS}-connector",
    "person": f"{THEIRS}-person",
    "draft": f"{THEIRS}-draft",
    "proposal": f"{THEIRS}-proposal",
    "digest": f"{THEIRS}-digest",
    "page": "address",
    "language": "en",
}
"""What stands for the parts of a path; any other part is a word that nobody uses."""
BOX_NAMES = (
    "reference",
    "proof",
    "person",
    "service",
    "connector",
    "draft",
    "proposal",
    "kind",
    "key",
    "to",
    "note",
    "q",
)


@pytest.fixture
async def office(database_url: str, tmp_path: Path, clock: SetClock) -> AsyncIterator[Office]:
    """Solihull with its staff, and another council with a row in every table on the same installation."""
    async with whole_house(database_url, tmp_path, clock) as (house, app):
        for name, email, role in STAFF:
            await invite(house.desk, "solihull", email, name, [role])
        await fill_town(house.store, OTHER, THEIRS, clock())
        yield Office(house, app, clock)


def routes_of(app: Any, seen: set[int]) -> Iterator[Route]:
    """Every route of the applications that stand behind a door, however they are wrapped."""
    if id(app) in seen:
        return
    seen.add(id(app))
    for route in getattr(app, "routes", ()):
        if isinstance(route, Route):
            yield route
        elif isinstance(route, Mount):
            yield from routes_of(route.app, seen)
    for cell in getattr(app, "__closure__", None) or ():
        yield from routes_of(cell.cell_contents, seen)


def filled(path: str) -> str:
    """A route's path with the other council's identifiers in it."""
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda part: VALUES.get(part.group(1), "nothing"), path)


async def everything(office: Office) -> dict[str, list[str]]:
    return await rows_of(office.house.store, OTHER)


async def test_no_path_tells_or_touches_anything_of_another_council(office: Office) -> None:
    before = await everything(office)
    admin = await office.staff(Role.ADMINISTRATOR)
    paths = [(filled(route.path), sorted(route.methods or ())) for route in routes_of(office.app, set())]
    assert len(paths) > 25
    assert any(path.startswith("/workspace/") for path, _ in paths)
    assert any(path.startswith("/back-office/") for path, _ in paths)
    for path, methods in paths:
        for method in methods:
            if path.endswith("/sign-out"):
                continue
            await asked(admin, path, method)
    assert await everything(office) == before


async def asked(admin: Staff, path: str, method: str) -> None:
    """Ask as an administrator of the one council; forms carry every identifier of the other."""
    pairs = [("token", admin.token), *((name, VALUES.get(name, THEIRS)) for name in BOX_NAMES)]
    body = "&".join(f"{name}={value}" for name, value in pairs).encode()
    reply = await admin.wire.ask(
        path.encode(),
        method=method,
        chunks=(body if method == "POST" else b"",),
        kind=FORM if method == "POST" else None,
    )
    assert reply.status < 500, f"{method} {path}: {reply.text[-2000:]}"
    assert SECRET not in reply.text, f"{method} {path}"
    found = re.search(r'name="token" value="([0-9a-f]{32})"', reply.text)
    if found and path.startswith("/workspace"):
        admin.token = found.group(1)


async def test_one_council_s_session_opens_no_other_s_workspace(office: Office) -> None:
    store = office.house.store
    await store.owner.execute("delete from adoption where council = $1", OTHER)
    await store.owner.execute(
        "update council set config = (select config from council where council = 'solihull') where council = $1",
        OTHER,
    )
    await office.house.sites.refresh()
    admin = await office.staff(Role.ADMINISTRATOR)
    admin.wire.host = f"{OTHER}.localhost".encode()
    reply = await admin.wire.get("/workspace/audit")
    assert (reply.status, reply.location) == (303, "/workspace/sign-in?to=/workspace/audit")
