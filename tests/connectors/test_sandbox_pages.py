"""The practice back office in a real browser: no axe-core violation, nothing wider than a phone, no script needed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.async_api import BrowserContext, async_playwright

from commonhall.connectors.samples import sample_case
from tests.connectors.conftest import Sandbox
from tests.journeys.conftest import CHROMIUM, chromium

pytestmark = pytest.mark.browser

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
RUN = "async () => (await axe.run()).violations.map((one) => `${one.id}: ${one.help}`)"


@pytest.fixture
async def phone() -> AsyncIterator[BrowserContext]:
    """A phone 360 pixels wide."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=list(CHROMIUM))
        yield await browser.new_context(viewport={"width": 360, "height": 740})
        await browser.close()


async def test_a_status_is_changed_on_pages_without_fault(sandbox: Sandbox, phone: BrowserContext) -> None:
    page = await phone.new_page()

    async def look() -> None:
        if not await page.evaluate("'axe' in window"):
            await page.evaluate(AXE)
        assert await page.evaluate(RUN) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360

    await page.goto(sandbox.url)
    await look()
    await sandbox.open311().deliver(sample_case("K7M-2XQ-9HD"), "key-1")
    await sandbox.webhook().deliver(sample_case("B4M-2XQ-9HK", hostile=True), "key-2")
    await page.goto(sandbox.url)
    await look()
    async with page.expect_navigation(wait_until="load"):
        await page.get_by_role("link", name="Missed Rubbish").click()
    await look()
    await page.get_by_label("Status").select_option("fixed")
    await page.get_by_label("Note for the resident").fill("Collected\nthis morning")
    async with page.expect_navigation(wait_until="load"):
        await page.get_by_role("button", name="Change status").click()
    assert await page.locator(".history .note").inner_text() == "Collected\nthis morning"
    await look()
    await page.goto(f"{sandbox.url}/jobs/00002")
    assert await page.title() == "Job 00002 – Practice back office"
    await look()
    await page.goto(f"{sandbox.url}/jobs/99999")
    await look()
    assert [job["status"] for job in await sandbox.jobs()] == ["open", "fixed"]


async def test_nothing_needs_a_script(sandbox: Sandbox) -> None:
    await sandbox.open311().deliver(sample_case("R1"), "key-1")
    for path in ("/", "/jobs/00001"):
        answer = await sandbox.http.get(sandbox.url + path)
        assert "<script" not in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
