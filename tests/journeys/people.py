"""How a person fills in pages: by what they see, not by what the code calls it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from playwright.async_api import Page

MOST_PAGES = 40


async def answer_page(page: Page, given: dict[str, Any]) -> None:
    """Answer what the page asks: `given` by input name, and something sensible for the rest."""
    yesterday = date.today() - timedelta(days=1)  # noqa: DTZ011 - a person's own calendar
    defaults = {"day": str(yesterday.day), "month": str(yesterday.month), "year": str(yesterday.year)}
    chosen: set[str] = set()
    for control in await page.query_selector_all("form input:not([type=hidden]), form textarea, form select"):
        name = await control.get_attribute("name") or ""
        kind = await control.get_attribute("type") or ""
        if kind in {"radio", "checkbox"}:
            value = await control.get_attribute("value")
            if name not in chosen and given.get(name, value) == value:
                await control.check()
                chosen.add(name)
            continue
        if await control.evaluate("control => control.tagName") == "SELECT":
            await control.select_option(index=1)
            continue
        last = name.rsplit("-", 1)[-1]
        guess = {
            **defaults,
            "postcode": "B91 3QJ",
            "email": "sam@example.com",
            "phone": "0121 496 0001",
            "town": "Solihull",
            "line2": "",
        }
        await control.fill(given.get(name, guess.get(last, guess.get(name, "1 High Street"))))


async def press(page: Page, what: str) -> None:
    """Press a button or a link, and wait for the page that it leads to.

    A click alone comes back before the form is even sent: what is read next might be the old page, and a page
    opened next would cut the form off.
    """
    async with page.expect_navigation():
        await page.click(what)


async def go_on(page: Page) -> None:
    """Press the page's own button (not add or remove)."""
    await press(page, "main form button.govuk-button:not([name])")


async def complete(page: Page, start: str, given: dict[str, Any]) -> list[str]:
    """From a service's start page to check answers; answers the pages that were seen."""
    await page.goto(start)
    await press(page, "main form button")
    seen = []
    for _ in range(MOST_PAGES):
        here = page.url.split("?")[0].rsplit("/", 1)[-1]
        seen.append(here)
        if here == "check" or not await page.query_selector("main form"):
            return seen
        await answer_page(page, given)
        await go_on(page)
    raise AssertionError(f"the journey does not end: {seen}")


async def reference_on(page: Page) -> str:
    """The reference that a confirmation page shows."""
    return (await page.inner_text(".govuk-panel strong")).strip()


async def wait_for_job(page: Page, sandbox: str, reference: str) -> dict[str, Any]:
    """The job that the practice back office has for a reference, once it has come."""
    for _ in range(100):
        jobs: list[dict[str, Any]] = await (await page.request.get(f"{sandbox}/jobs.json")).json()
        found = [job for job in jobs if job["reference"] == reference]
        if found:
            return found[0]
        await page.wait_for_timeout(100)
    raise AssertionError(f"the practice back office never got {reference}")
