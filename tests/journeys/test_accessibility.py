"""axe-core finds nothing on any page: every service, every demo council, both languages, with and without errors.

The pages are the compiler's own; Chromium gets them, with the built assets, from the test instead of a server, so
that pages which only some answers reach are looked at too.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import axe_playwright_python
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Route

from commonhall.casework.sites import Site
from commonhall.web.assets import Assets
from commonhall.web.resident.compile import Compiler
from tests.houses import COUNCILS
from tests.html import html_faults
from tests.journeys.conftest import Platform
from tests.journeys.people import press
from tests.web.rendered import pages_of

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "resultTypes": ["violations"],
}


AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
SHOW = """
([text]) => {
  const page = new DOMParser().parseFromString(text, "text/html");
  document.documentElement.lang = page.documentElement.lang;
  document.title = page.title;
  document.body.replaceWith(document.adoptNode(page.body));
}
"""
RUN = """
async (options) => (await axe.run(document, options)).violations.map(
  (one) => `${one.id}: ${one.help} (${one.nodes.slice(0, 3).map((node) => node.target).join(", ")})`
)
"""


async def violations(page: Page) -> list[str]:
    """What axe-core finds on the page as it stands."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE)
    found: list[str] = await page.evaluate(RUN, RULES)
    return found


@pytest_asyncio.fixture(loop_scope="session")
async def desktop(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    await context.close()


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize("council", COUNCILS)
async def test_every_page_of_every_service(
    desktop: BrowserContext,
    compiler: Compiler,
    assets: Assets,
    sites: list[Site],
    council: str,
    language: str,
) -> None:
    site = next(site for site in sites if site.council == council)
    brand = f":root{{--council-colour:{site.brand.colour};--council-accent:{site.brand.accent}}}"

    async def serve(route: Route) -> None:
        path = route.request.url.partition(".localhost")[2]
        if path in {"/brand.css", "/look.css"}:
            await route.fulfill(body=f"{brand}{site.furniture.stylesheet}", content_type="text/css")
        elif path in assets.serve:
            asset = assets.serve[path]
            await route.fulfill(body=asset.body, content_type=asset.content_type)
        else:
            await route.fulfill(body=first, content_type="text/html; charset=utf-8")

    page = await desktop.new_page()
    await page.route("**/*", serve)
    # Errors look the same in every council; two councils' are enough.
    errors = council in {"solihull", "cardiff"}
    first, wrong, seen = "", [], 0
    for adopted in site.services:
        for name, text in pages_of(compiler, site, adopted, language, errors=errors):
            if not first:
                first = text
                await page.goto("http://page.localhost/page")
            # The style sheet and axe stay; only the page within them changes, which is ten times as fast.
            await page.evaluate(SHOW, [text])
            seen += 1
            wrong += [f"{adopted.service.id} {name}: {fault}" for fault in await violations(page)]
    assert wrong == []
    assert seen > 30


@pytest.mark.parametrize("width", [360, 1280])
async def test_the_pages_around(platform: Platform, browser: Browser, width: int) -> None:
    context = await browser.new_context(viewport={"width": width, "height": 800})
    page = await context.new_page()
    wrong: list[str] = []
    texts: dict[str, str] = {}
    around: Mapping[str, list[str]] = {
        platform.finder: [
            "/",
            "/cy/",
            "/find?postcode=NG1+5FS&need=bin",
            "/find?postcode=NG15+9HG",
            "/find?postcode=x",
        ],
        f"{platform.finder} ": [
            "/find?postcode=BT1+1AA",
            "/find?postcode=B91+3ZZ",
            "/councils",
            "/cy/councils",
            "/nowhere",
        ],
        platform.site("solihull", ""): ["/", "/case", "/measures", "/privacy", "/accessibility", "/cookies"],
        platform.site("cardiff", ""): ["/cy/", "/cy/case/K7M-2XQ-9HD", "/cy/measures", "/cy/nowhere"],
        platform.sandbox: ["/", "/jobs/none"],
    }
    for host, paths in around.items():
        for path in paths:
            answer = await page.goto(host.strip().rstrip("/") + path)
            assert answer is not None
            texts[f"{host}{path}"] = await answer.text()
            wrong += [f"{host}{path}: {fault}" for fault in await violations(page)]
            wide = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            if wide > 0:
                wrong.append(f"{host}{path}: {wide} pixels too wide for {width}")
    await context.close()
    assert wrong == []
    if width == 360:
        assert html_faults(texts) == []


@pytest.mark.parametrize("width", [360, 1280])
async def test_the_workspace(platform: Platform, browser: Browser, width: int) -> None:
    context = await browser.new_context(viewport={"width": width, "height": 800})
    page = await context.new_page()
    wrong: list[str] = []
    texts: dict[str, str] = {}

    async def look(path: str) -> None:
        answer = await page.goto(platform.site("kirklees", path))
        assert answer is not None
        texts[path] = await answer.text()
        wrong.extend([f"{path}: {fault}" for fault in await violations(page)])
        wide = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if wide > 0:
            wrong.append(f"{path}: {wide} pixels too wide for {width}")

    await look("/workspace/sign-in")
    await press(page, "text=Sign in as Ada")
    groups = (
        "",
        "/services",
        "/cases",
        "/connectors",
        "/give-back",
        "/costs",
        "/people",
        "/brand",
        "/audit",
        "/nowhere",
    )
    for group in groups:
        await look(f"/workspace{group}")
    for path in (
        "/cases/for-a-caller",
        "/connectors/new/open311",
        "/connectors/new/webhook",
        "/people/invite",
        "/services/missed-bin/website",
        "/brand/furniture",
        "/data-sets/new",
    ):
        await look(f"/workspace{path}")
    await press(page, "main >> text=Make it, and show its token")
    wrong.extend([f"a data set with errors: {fault}" for fault in await violations(page)])
    await page.fill("#group", f"kirklees-{width}-pixels-wide")
    await page.fill("#type", "transactions-by-channel")
    await page.check("input[name=service][value=missed-bin]")
    await press(page, "main >> text=Make it, and show its token")
    wrong.extend([f"a token: {fault}" for fault in await violations(page)])
    for path in (
        "",
        *(f"/kirklees-{width}-pixels-wide/transactions-by-channel{end}" for end in ("", "/remove")),
    ):
        await look(f"/workspace/data-sets{path}")
    await page.goto(platform.site("kirklees", "/workspace/services"))
    if await page.query_selector("li[data-service=missed-bin] >> text=Change"):
        await press(page, "li[data-service=missed-bin] >> text=Change")
    steps = (
        "",
        "/settings",
        "/settings/containers",
        "/wording",
        "/questions",
        "/questions/new",
        "/connector",
    )
    for step in (*steps, "/preview", "/examples", "/live", "/upgrade", "/retire"):
        await look(f"/workspace/services/missed-bin{step}")
    await page.goto(platform.site("kirklees", "/workspace/services/missed-bin/questions/new"))
    await press(page, "main >> text=Save question")
    wrong.extend([f"a question with errors: {fault}" for fault in await violations(page)])
    await context.close()
    assert wrong == []
    if width == 360:
        assert html_faults(texts) == []
