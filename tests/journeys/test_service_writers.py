"""A service written from nothing by somebody who does not code: in the browser, out as a package that checks."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from commonhall.catalogue.packages import check_folder
from commonhall.engine.working_days import load_calendars
from tests.journeys.conftest import Platform
from tests.journeys.people import press
from tests.journeys.test_accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
SHOTS = os.environ.get("COMMONHALL_SCREENSHOTS")


async def looked_at(page: Page, name: str) -> None:
    """What axe-core finds on a page is a failure; a picture is kept where COMMONHALL_SCREENSHOTS names a folder."""
    assert await violations(page) == [], name
    if SHOTS:
        await page.screenshot(path=str(Path(SHOTS) / f"writer-{name}.png"), full_page=True)


async def test_a_service_owner_writes_a_service(  # noqa: PLR0915 - one walk, told as it goes
    platform: Platform, browser: Browser, tmp_path: Path
) -> None:
    context = await browser.new_context(viewport={"width": 1100, "height": 800}, accept_downloads=True)
    page = await context.new_page()
    try:
        await page.goto(platform.site("nottingham", "/workspace"))
        await press(page, "text=Sign in as Sunita")
        await press(page, "nav >> text=Service editor")

        await page.fill("input[name=name]", "Report a broken bench")
        await page.fill("input[name=lgil]", "17")
        await press(page, "button:text-is('Begin')")
        assert "Select the service of the national list" in await page.inner_text(".govuk-error-summary")
        await looked_at(page, "1-national-list")
        await page.locator("input[name=found]").first.check()
        await press(page, "button:text-is('Begin')")
        whole = page.url.split("?")[0]
        await looked_at(page, "2-begun")

        await press(page, "main >> a:text-is('What do you want to tell us?')")
        await page.fill("#box-question", "What is wrong with the bench?")
        await page.fill("#box-hint", "It is in {{ settings.nobody }}.")
        await page.wait_for_selector("#problems >> text=settings.nobody")
        assert "settings.nobody" in await page.inner_text("#box-hint-error")
        assert "What is wrong with the bench?" in await page.inner_text("#drawing")
        await looked_at(page, "3-told-while-typing")
        await page.fill("#box-hint", "Say where it stands, too.")
        await page.wait_for_selector("#problems >> text=Nothing is wrong")
        await page.select_option("select[name='add.type']", "radios")
        await press(page, "text=Add a question")
        await page.fill("#box-label", "Is it dangerous?")
        await page.fill("#box-missing", "Select yes if it is dangerous")
        await looked_at(page, "4-question")
        await press(page, "button:text-is('Save'):not(.ch-first-button)")

        await page.goto(whole)
        await press(page, "button:has-text('Add an end after What is wrong with the bench?')")
        await page.fill("#box-question", "Ring us now")
        await page.fill("#box-body", "Ring 0115 496 0000, so that nobody is hurt.")
        await page.select_option("select[name='when.0.said']", label="Is it dangerous? is “Yes”")
        assert await page.is_hidden("input[name='when.0.value']"), "this line takes no number"
        await page.wait_for_selector("#drawing >> text=Ends here if “Is it dangerous?” is “Yes”")
        await looked_at(page, "5-condition")
        await press(page, "button:text-is('Save'):not(.ch-first-button)")

        await kept_example(page, whole, "A dangerous bench", "yes")
        await kept_example(page, whole, "A bench that is only broken", "no")
        await press(page, "button:has-text('Take away Everything is said')")
        assert "Nothing is wrong" in await page.inner_text("main")
        await looked_at(page, "7-done")

        async with page.expect_download() as download:
            await page.click("text=Export the package")
        exported = tmp_path / "package.zip"
        await (await download.value).save_as(exported)
        with zipfile.ZipFile(exported) as archive:
            archive.extractall(tmp_path)
        [folder] = [found for found in tmp_path.iterdir() if found.is_dir()]
        checked = check_folder(folder, load_calendars())
        assert checked.problems == ()
        assert checked.service is not None
        assert [one.id for one in checked.service.pages if one.exit] == ["stop"]

        await page.set_viewport_size({"width": 360, "height": 740})
        for path in ("", "/part/pages/0", "/part/pages/1", "/part/pages/0/fields/1", "/play", "/changes"):
            await page.goto(whole + path)
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            await looked_at(page, f"8-phone{path.replace('/', '-')}")
        await page.goto(f"{whole}/discard")
        await press(page, "button:has-text('Throw')")
    finally:
        await context.close()


async def kept_example(page: Page, whole: str, name: str, danger: str) -> None:
    """Play the journey and keep the walk."""
    await page.goto(f"{whole}/play")
    await press(page, "button:text-is('Start')")
    await page.fill("textarea", "A slat is broken")
    await page.check(f"input[type=radio][value={danger}]")
    await press(page, "main form button.govuk-button")
    if danger == "no":
        await page.fill("input[name=name]", "Sam Jones")
        await press(page, "main form button.govuk-button")
        assert "The form would be sent now" in await page.inner_text("main")
        await looked_at(page, "6-played")
    else:
        assert "Ring us now" in await page.inner_text("main")
    await page.fill("input[name=name]", name)
    await press(page, "button:text-is('Keep as an example')")
    assert name in await page.inner_text("main")
