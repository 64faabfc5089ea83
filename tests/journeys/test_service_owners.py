"""From signing in to a live service of one's own: settings, words, a question, a connector; never a line of YAML."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.journeys.conftest import Platform
from tests.journeys.people import answer_page, go_on, press, reference_on, wait_for_job

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
SHOTS = os.environ.get("COMMONHALL_SCREENSHOTS")


async def shoot(page: Page, name: str) -> None:
    """Keep a picture, where COMMONHALL_SCREENSHOTS names a folder for them."""
    if SHOTS:
        await page.screenshot(path=str(Path(SHOTS) / f"owner-{name}.png"), full_page=True)


async def sign_in(page: Page, platform: Platform, council: str, who: str) -> None:
    await page.goto(platform.site(council, "/workspace"))
    await press(page, f"text=Sign in as {who}")


async def test_a_service_owner_makes_missed_bin_her_council_s_own(  # noqa: PLR0915 - one walk, told as it goes
    platform: Platform, browser: Browser
) -> None:
    context = await browser.new_context(viewport={"width": 1100, "height": 800})
    page = await context.new_page()
    try:
        await sign_in(page, platform, "surrey", "Sunita")
        await press(page, "nav >> text=Services")
        await shoot(page, "1-services")
        await press(page, "text=Adopt: Report a missed bin collection")
        await shoot(page, "2-tasks")
        await press(page, "main >> a:text-is('Settings')")
        await page.fill("input[name=report_within_days]", "30")
        await press(page, "text=Save settings")
        assert "at most 10" in await page.inner_text(".govuk-error-summary")
        await shoot(page, "3-settings-wrong")
        await page.fill("input[name=report_within_days]", "4")
        await press(page, "text=Save settings")
        await press(page, "main >> a:text-is('Settings')")
        await press(page, "main >> a:has-text('Change')")
        await page.locator("input[name=label-en]").first.fill("Grey bin")
        await press(page, "text=Add another")
        await page.locator("input[name=label-en]").last.fill("Glass box")
        await page.locator("input[name=label-cy]").first.fill("Bin llwyd")
        await page.locator("input[name=label-cy]").last.fill("Blwch gwydr")
        await shoot(page, "4-options")
        await press(page, "button:text-is('Save'):not(.govuk-visually-hidden)")
        await page.goto(platform.site("surrey", "/workspace/services/missed-bin"))
        await press(page, "main >> a:text-is('Wording')")
        await page.locator("textarea[name='en-pages.contact.hint']").fill("We only write about this bin.")
        await shoot(page, "5-wording")
        await press(page, "text=Save wording")
        await press(page, "main >> a:text-is('Your own questions')")
        await press(page, "text=Add a question")
        await page.locator("input[name=place]").last.check()
        await page.fill("input[name=question-en]", "Is there a locked gate?")
        await page.fill("input[name=question-cy]", "Oes giât dan glo?")
        await page.locator("input[name=type][value=radios]").check()
        await page.fill("textarea[name=options-en]", "Yes\nNo")
        await page.fill("textarea[name=options-cy]", "Oes\nNac oes")
        await shoot(page, "6-question")
        await press(page, "text=Save question")
        await page.goto(platform.site("surrey", "/workspace/services/missed-bin"))
        await press(page, "main >> a:text-is('Connector')")
        await page.locator("input[name=connector]").first.check()
        await press(page, "main >> text=Save")
        await press(page, "main >> a:text-is('Preview')")
        await shoot(page, "7-preview")
        await press(page, "tr:has-text('Which bins did we miss') >> a")
        assert "Grey bin" in await page.inner_text("main")
        await shoot(page, "8-previewed")
        await page.goto(platform.site("surrey", "/workspace/services/missed-bin"))
        await shoot(page, "9-ready")
        await press(page, "text=Go live")
        await shoot(page, "10-live")
        await press(page, "text=Go live now")
        assert "is live" in await page.inner_text(".govuk-notification-banner")
        await a_resident_uses_it(page, platform)
    finally:
        await context.close()


async def a_resident_uses_it(page: Page, platform: Platform) -> None:
    """A resident of the council finds what the owner chose, and the case arrives at the back office."""
    start = platform.site("surrey", "/missed-bin")
    for _ in range(50):
        answer = await page.goto(start)
        if answer is not None and answer.ok:
            break
        await page.wait_for_timeout(100)
    await press(page, "main form button")
    seen = []
    for _ in range(20):
        here = page.url.split("?")[0].rsplit("/", 1)[-1]
        if here == "check":
            break
        seen.append(await page.inner_text("main"))
        await answer_page(page, {"placing": "shared", "tag": "no"})
        await go_on(page)
    told = "\n".join(seen)
    assert "Grey bin" in told
    assert "Glass box" in told
    assert "Is there a locked gate?" in told
    assert "We only write about this bin." in told
    await go_on(page)
    reference = await reference_on(page)
    job = await wait_for_job(page, platform.sandbox, reference)
    assert job["reference"] == reference
