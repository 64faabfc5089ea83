"""A form of another system brought in by a service owner in the browser: told what it lacks, drawn, and played."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from tests.catalogue.importing.samples import FORMS
from tests.journeys.conftest import Platform
from tests.journeys.people import press
from tests.journeys.test_service_writers import looked_at

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize(("width", "scripts"), [(360, False), (360, True), (1280, True)])
async def test_a_service_owner_brings_in_a_form(
    platform: Platform, browser: Browser, width: int, scripts: bool
) -> None:
    context = await browser.new_context(viewport={"width": width, "height": 800}, java_script_enabled=scripts)
    page = await context.new_page()
    try:
        await page.goto(platform.site("nottingham", "/workspace"))
        await press(page, "text=Sign in as Sunita")
        await page.goto(platform.site("nottingham", "/workspace/editor"))
        await page.set_input_files("input[type=file]", FORMS / "skip-permit.govuk-forms.json")
        await press(page, "button:text-is('Bring in')")
        text = await page.inner_text("main")
        assert "16 pages, 17 questions, and" in text
        assert "question 14 “Upload a plan”: it asks for a file" in text
        if scripts:
            await looked_at(page, f"brought-{width}")
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        await press(page, "text=Go on to the draft")
        assert "Nothing is wrong" in await page.inner_text("main")
        assert "You cannot apply" in await page.inner_text("main")
        if scripts:
            await looked_at(page, f"brought-drawn-{width}")
    finally:
        await context.close()
