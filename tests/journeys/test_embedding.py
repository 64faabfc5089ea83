"""A council's transaction inside its own website, in a real browser: another origin, another look, a strict policy."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.journeys.conftest import Platform
from tests.journeys.hosting import Embedded, council_website
from tests.journeys.people import answer_page, wait_for_job
from tests.journeys.test_accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MISSED = {"tag": "no", "placing": "kerbside", "out_in_time": "yes"}


@pytest.fixture(scope="module")
def website() -> Iterator[str]:
    with council_website() as address:
        yield address


@pytest_asyncio.fixture(loop_scope="session", params=[360, 1280])
async def visitor(browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Embedded]:
    """Somebody at the council's website, on a phone and at a desk."""
    context: BrowserContext = await browser.new_context(viewport={"width": request.param, "height": 800})
    page: Page = await context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda said: broken.append(said.text) if "policy" in said.text.lower() else None)
    yield Embedded(page)
    await context.close()
    assert broken == []


async def faults(visitor: Embedded) -> list[str]:
    """What axe-core finds, and how far the page is too wide."""
    wide = await visitor.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return [*await violations(visitor.page), *([f"{wide} pixels too wide"] if wide > 0 else [])]


async def to_check(visitor: Embedded, given: dict[str, str]) -> list[str]:
    """From the start page to check answers; what axe-core found on the way."""
    found = [f"start: {one}" for one in await faults(visitor)]
    here = await visitor.press(".govuk-button--start")
    for _ in range(30):
        found += [f"{here}: {one}" for one in await faults(visitor)]
        if here == "check":
            return found
        await answer_page(visitor.page, given)
        print(here, len(await visitor.page.query_selector_all("form input")), await visitor.page.locator("form input").count(), [await c.input_value() for c in await visitor.page.locator("form input").all()])
        await visitor.page.screenshot(path=f"/tmp/shot-{here}.png", full_page=True)
        here = await visitor.go_on()
    raise AssertionError(f"the journey does not end: {await visitor.events()}")


async def test_a_missed_bin_is_reported_without_leaving_the_website(platform: Platform, website: str, visitor: Embedded) -> None:
    site = platform.site("solihull", "")
    await visitor.open(website, site, "missed-bin")
    found = await to_check(visitor, MISSED)
    assert found == []
