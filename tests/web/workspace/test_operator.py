"""The operator sees how everything does, and no case: the database would refuse."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx2
import pytest
from starlette.types import ASGIApp

from commonhall.app.asgi import house_app
from commonhall.app.settings import OperatorDoor, read_settings
from commonhall.app.wiring import House, open_house
from commonhall.casework.links import LinkRow
from commonhall.catalogue.pulling import Health, health
from commonhall.engine.sign_in import Going, Vouched
from commonhall.web.assets import Assets
from commonhall.web.workspace.operator import OperatorTools, operator_app, show_bytes
from tests.conftest import SetClock
from tests.web.rendered import faults_of_html
from tests.web.workspace.office import Office
from tests.web.workspace.test_cases import reported

FINDER = b"localhost"


class Provider:
    """Vouches for whomever the test says."""

    def __init__(self, email: str, *, verified: bool = True) -> None:
        self.vouched = Vouched("s", email, verified, "token", "/workspace")

    async def begin(self, to: str) -> Going:
        return Going(f"https://login.example/auth?to={to}", "held")

    async def finish(self, held: str, query: dict[str, str]) -> Vouched:
        assert held == "held"
        return self.vouched


def none_yet(_now: datetime) -> list[Health]:
    return []


def door(
    office: Office,
    assets: Assets,
    provider: Provider | None,
    *,
    local: bool = False,
    catalogues: Callable[[datetime], list[Health]] = none_yet,
    links: Sequence[LinkRow] = (),
) -> ASGIApp:
    return operator_app(
        OperatorTools(
            office.house.desk,
            assets,
            b"k" * 32,
            False,
            local,
            frozenset({"op@example.com"}),
            provider.begin if provider else None,
            provider.finish if provider else None,
            catalogues,
            links=lambda: links,
            council_name=str.title,
        )
    )


def browser_of(app: ASGIApp) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://localhost:8000")


async def signed_in(browser: httpx2.AsyncClient) -> httpx2.Response:
    await browser.get("/workspace/sign-in/begin")
    return await browser.get("/workspace/sign-in/back?code=c&state=s")


async def test_an_operator_sees_health_versions_and_storage_and_no_case(
    office: Office, assets: Assets
) -> None:
    reference = await reported(office)
    await office.house.store.owner.execute("update delivery set failed_at = now()")
    async with browser_of(door(office, assets, Provider("Op@Example.com"))) as browser:
        assert (await browser.get("/workspace")).status_code == 303
        assert (await signed_in(browser)).headers["location"] == "/workspace"
        page = await browser.get("/workspace")
    assert faults_of_html(page.text) == []
    for words in ("solihull.localhost", "missed-bin", "1.0.0: 1", "council_case"):
        assert words in page.text
    row = page.text.partition("solihull.localhost")[2].partition("</tr>")[0]
    numbers = re.findall(r">(\d+)<", row)
    assert numbers == ["6", "0", "1", "1", "1"], "live services, waiting, given up, cases, lately"
    for secret in (reference, "Jones", "Mill Lane"):
        assert secret not in page.text


async def test_an_operator_sees_which_links_are_broken(office: Office, assets: Assets) -> None:
    at = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
    well = LinkRow("exeter", 524, 17, "https://exeter.example/bins", "", "govuk", "ok", "", at, at, None)
    gone = replace(
        well, lgsl=57, url="https://exeter.example/tax", status="broken", problem="there is no such page"
    )
    app = door(office, assets, None, local=True, links=[well, gone])
    async with browser_of(app) as browser:
        asked = await browser.get("/workspace/sign-in")
        [token] = re.findall(r'name="token" value="([^"]+)"', asked.text)
        await browser.post("/workspace/sign-in", data={"token": token})
        page = (await browser.get("/workspace")).text
    assert faults_of_html(page) == []
    for words in ("Work: 1", "Broken: 1", "Exeter", "https://exeter.example/tax", "there is no such page"):
        assert words in page
    assert "https://exeter.example/bins" not in page


async def test_an_operator_sees_how_catalogues_do(office: Office, assets: Assets, tmp_path: Path) -> None:
    at = {"at": "2026-03-01T08:00:00+00:00", "added": [["missed-bin", "1.1.0"]], "same": 6}
    lasts = {
        "calm": {**at, "refused": [], "unreachable": False, "until": "2099-01-01T00:00:00+00:00"},
        "late": {
            **at,
            "refused": ["it is <old>"],
            "unreachable": False,
            "until": "2026-03-02T00:00:00+00:00",
        },
        "mute": {**at, "refused": [], "unreachable": True, "until": None},
        "new": None,
    }
    for name, last in lasts.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "source.json").write_text(json.dumps({"address": f"https://{name}.example"}))
        if last:
            (tmp_path / name / "last.json").write_text(json.dumps(last))
    app = door(office, assets, Provider("op@example.com"), catalogues=partial(health, tmp_path))
    async with browser_of(app) as browser:
        await signed_in(browser)
        page = await browser.get("/workspace")
        assert faults_of_html(page.text) == []
        rows = {
            name: page.text.partition(f"https://{name}.example")[2].partition("</tr>")[0] for name in lasts
        }
        assert "1 new, 6 known" in rows["calm"]
        assert "Expired" not in rows["calm"]
        assert "it is &lt;old&gt;" in rows["late"]
        assert "Expired" in rows["late"]
        assert "Did not answer" in rows["mute"]
        assert "Never" in rows["new"]
        (tmp_path / "new" / "source.json").write_text("{")
        assert "add the catalogue again" in (await browser.get("/workspace")).text


@pytest.mark.parametrize(
    ("provider", "why"),
    [
        (Provider("other@example.com"), "not on the list"),
        (Provider("op@example.com", verified=False), "not on the list"),
    ],
    ids=["a stranger", "an unchecked address"],
)
async def test_others_stay_out(office: Office, assets: Assets, provider: Provider, why: str) -> None:
    async with browser_of(door(office, assets, provider)) as browser:
        back = await signed_in(browser)
        assert (back.status_code, why in back.text) == (403, True)
        assert (await browser.get("/workspace")).status_code == 303


async def test_local_accounts_are_off_unless_turned_on(office: Office, assets: Assets) -> None:
    async with browser_of(door(office, assets, None)) as browser:
        page = await browser.get("/workspace/sign-in")
        assert "No way to sign in is set up" in page.text
        token = re.findall(r'name="token" value="([^"]+)"', page.text)
        await browser.post("/workspace/sign-in", data={"token": token[0] if token else ""})
        assert (await browser.get("/workspace")).status_code == 303
    async with browser_of(door(office, assets, None, local=True)) as browser:
        page = await browser.get("/workspace/sign-in")
        [token] = re.findall(r'name="token" value="([^"]+)"', page.text)
        await browser.post("/workspace/sign-in", data={"token": "wrong"})
        assert (await browser.get("/workspace")).status_code == 303
        await browser.post("/workspace/sign-in", data={"token": token})
        assert (await browser.get("/workspace")).status_code == 200
        await browser.post("/workspace/sign-out", data={"token": token})
        assert (await browser.get("/workspace")).status_code == 303


@pytest.fixture
async def house(database_url: str, tmp_path: Path, clock: SetClock) -> AsyncIterator[House]:
    env = {"COMMONHALL_SECRET": "A" * 44, "COMMONHALL_DATA": str(tmp_path)}
    settings = replace(
        read_settings(env), operator=OperatorDoor("https://login.example", "c", "s", frozenset())
    )
    async with open_house(settings, database_url, clock=clock) as opened:
        yield opened


async def test_the_view_stands_on_the_finder_s_host_alone(house: House) -> None:
    app = house_app(house)
    async with browser_of(app) as browser:
        assert (await browser.get("/workspace/sign-in")).text.count("Sign in as an operator") >= 1
        assert "Sign in as an operator" not in (await browser.get("/")).text


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (2_590_000_000, "2.6 GB")]
)
def test_sizes_are_read_by_people(size: int, words: str) -> None:
    assert show_bytes(size) == words
