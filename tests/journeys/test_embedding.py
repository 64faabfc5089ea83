"""A council's transaction inside its own website, in a real browser: another origin, another look, a strict policy."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.journeys.conftest import Platform
from tests.journeys.hosting import Embedded, council_website
from tests.journeys.people import answer_page, press, wait_for_job
from tests.journeys.test_accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MISSED = {"tag": "no", "placing": "kerbside", "out_in_time": "yes"}


SECOND_PRESS = """
() => {
  const root = document.querySelector('commonhall-journey').shadowRoot
  let at
  root.addEventListener('click', (event) => { at ??= { clientX: event.clientX, clientY: event.clientY } }, true)
  window.addEventListener('commonhall:page', ({ detail }) => {
    if (detail.page !== 'confirmation') return
    const press = new MouseEvent('click', { ...at, detail: 1, bubbles: true, cancelable: true, composed: true })
    window.pressedAgain = !root.querySelector('[name=score][value="5"]').dispatchEvent(press)
  })
}
"""


@pytest.fixture(scope="module")
def website() -> Iterator[str]:
    with council_website() as address:
        yield address


BOTH_WIDTHS = pytest.mark.parametrize("visitor", [360, 1280], indirect=True)


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Embedded]:
    """Somebody at the council's website: on a phone, if not said."""
    context: BrowserContext = await browser.new_context(
        viewport={"width": getattr(request, "param", 360), "height": 800}
    )
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


async def to_check(visitor: Embedded, given: dict[str, str], last: str = "check") -> list[str]:
    """From the first question to check answers, or another page; what axe-core found on the way, page by page."""
    found: list[str] = []
    here = await visitor.press(".govuk-button--start")
    for _ in range(30):
        found += [f"{here}: {one}" for one in await faults(visitor)]
        if here == last:
            return found
        await answer_page(visitor.page, given)
        here = await visitor.go_on()
    raise AssertionError(f"the journey does not end: {await visitor.events()}")


@BOTH_WIDTHS
async def test_a_missed_bin_is_reported_without_leaving_the_website(
    platform: Platform, website: str, visitor: Embedded
) -> None:
    await visitor.open(website, platform.site("solihull", ""), "missed-bin")
    found = await faults(visitor)
    assert await visitor.press(".govuk-button--start") == "address"
    await expect(visitor.element.locator("legend h2")).to_be_focused()

    assert await visitor.go_on() == "address"
    await expect(visitor.element.locator(".govuk-error-summary")).to_be_focused()
    found += await faults(visitor)
    await visitor.element.get_by_role("link", name="Enter a postcode").click()
    postcode = visitor.element.get_by_label("Postcode")
    await expect(postcode).to_be_focused()
    await expect(postcode).to_have_accessible_description("Error: Enter a postcode")

    await answer_page(visitor.page, {})
    before = len(await visitor.events())
    await postcode.press("Enter")
    assert await visitor.seen(before) == "containers"
    assert await visitor.press(".govuk-back-link") == "address"
    await expect(postcode).to_have_value("B91 3QJ")
    assert await visitor.press(".govuk-back-link") == "start"
    found += await to_check(visitor, MISSED)

    assert await visitor.press(visitor.element.get_by_role("link", name="Change Bins missed")) == "containers"
    await visitor.element.get_by_label("Paper bag").check()
    assert await visitor.go_on() == "check"
    await visitor.page.reload()
    await expect(visitor.element.locator("dl")).to_contain_text("Paper bag")

    before = len(await visitor.events())
    await visitor.element.get_by_role("button", name="Send").dblclick()
    assert await visitor.seen(before) == "confirmation"
    reference = await visitor.element.locator(".ch-reference").inner_text()
    found += await faults(visitor)
    assert found == []
    assert (await wait_for_job(visitor.page, platform.sandbox, reference))["status"] == "open"
    assert (await visitor.events())[-1] == [
        "submitted",
        {"service": "missed-bin", "language": "en", "reference": reference},
    ]
    assert await visitor.go_on() == "confirmation"
    await visitor.element.get_by_role("link", name="Select how satisfied").click()
    await expect(visitor.element.get_by_label("Very satisfied")).to_be_focused()
    assert await faults(visitor) == []
    await visitor.page.keyboard.press("Space")
    await visitor.element.get_by_role("button", name="Send feedback").click()
    await expect(visitor.element.get_by_role("status")).to_be_focused()
    await visitor.page.reload()
    await expect(visitor.element.locator(".ch-reference")).to_have_text(reference)
    assert await visitor.press(visitor.element.get_by_role("link", name="Start again")) == "start"


async def test_the_second_half_of_a_double_press_chooses_nothing_on_the_page_that_came_between(
    platform: Platform, website: str, visitor: Embedded
) -> None:
    await visitor.open(website, platform.site("solihull", ""), "missed-bin")
    assert await to_check(visitor, MISSED) == []
    await visitor.page.evaluate(SECOND_PRESS)
    await visitor.press(visitor.element.get_by_role("button", name="Send"))
    satisfied = visitor.element.get_by_label("Very satisfied")
    assert await visitor.page.evaluate("() => window.pressedAgain")
    await expect(satisfied).not_to_be_checked()
    await satisfied.click()
    await expect(satisfied).to_be_checked()


async def test_it_is_the_same_in_welsh(platform: Platform, website: str, visitor: Embedded) -> None:
    await visitor.open(website, platform.site("cardiff", ""), "missed-bin", "cy")
    assert await to_check(visitor, MISSED) == []
    await expect(visitor.element.get_by_role("heading", level=2)).to_have_text(
        "Gwiriwch eich atebion cyn eu hanfon"
    )
    assert await visitor.press(visitor.element.get_by_role("button", name="Anfon")) == "confirmation"
    follow = visitor.element.get_by_role("link", name="Dilynwch ei hynt")
    reference = await visitor.element.locator(".ch-reference").inner_text()
    await expect(follow).to_have_attribute("href", platform.site("cardiff", f"/cy/case/{reference}"))


async def test_whoever_changes_the_language_keeps_what_they_typed(
    platform: Platform, website: str, visitor: Embedded
) -> None:
    await visitor.open(website, platform.site("solihull", ""), "missed-bin")
    await visitor.press(".govuk-button--start")
    await visitor.element.get_by_label("Town or city").fill("Knowle")
    await visitor.page.evaluate("document.querySelector('commonhall-journey').lang = 'cy'")
    await expect(visitor.element.get_by_label("Tref neu ddinas")).to_have_value("Knowle")
    assert await visitor.element.locator(".ch-journey").get_attribute("lang") == "cy"


@BOTH_WIDTHS
async def test_rows_are_added_and_removed_and_whom_it_is_not_for_is_told(
    platform: Platform, website: str, visitor: Embedded
) -> None:
    await visitor.open(website, platform.site("solihull", ""), "council-tax-move")
    found = await to_check(visitor, {"role": "mover", "move": "in"}, "adults")
    name = visitor.element.get_by_label("Full name")
    await name.fill("Ann")
    await visitor.element.get_by_role("button", name="Add another").click()
    await expect(name.nth(1)).to_be_focused()
    await name.nth(1).fill("Bob")
    await visitor.element.get_by_role("button", name="Add another").click()
    await name.nth(2).fill("Col")
    await visitor.element.get_by_role("button", name="Remove person 2").click()
    await expect(name.nth(1)).to_have_value("Col")
    await visitor.element.get_by_label("Day").nth(1).fill("1")
    assert await visitor.go_on() == "adults"
    summary = visitor.element.locator(".govuk-error-summary li")
    await expect(summary).to_have_text(["Person 2: Date of birth must include a month"])
    found += await faults(visitor)
    await visitor.element.get_by_label("Day").nth(1).fill("")
    assert await visitor.go_on() == "not-counted"
    while await visitor.press(".govuk-back-link") != "start":
        pass
    await visitor.press(".govuk-button--start")
    while await visitor.press(".govuk-back-link") != "role":
        pass
    await visitor.element.get_by_role("radio").last.check()
    assert await visitor.go_on() == "bereavement"
    found += await faults(visitor)
    assert found == []
    assert (await visitor.events())[-1][1]["countsAs"] == "elsewhere"


async def test_nothing_is_lost_where_the_council_cannot_be_reached(
    platform: Platform, website: str, visitor: Embedded
) -> None:
    await visitor.open(website, platform.site("solihull", ""), "missed-bin")
    await visitor.press(".govuk-button--start")
    await answer_page(visitor.page, {})
    await visitor.page.context.set_offline(True)
    await visitor.element.locator("form > button").click()
    await expect(visitor.element.get_by_role("alert")).to_contain_text("What you have typed is still here")
    assert await faults(visitor) == []
    await expect(visitor.element.get_by_label("Postcode")).to_have_value("B91 3QJ")
    before = len(await visitor.events())
    await visitor.page.context.set_offline(False)
    assert await visitor.seen(before) == "containers"


async def test_where_the_council_is_away_or_the_service_is_not_there_the_link_stays(
    platform: Platform, website: str, visitor: Embedded
) -> None:
    for service in ("spaceship", "missed-bin"):
        if service == "missed-bin":
            await visitor.page.route("**/api/v1/**", lambda route: route.abort())
        site = platform.site("solihull", "")
        async with visitor.page.expect_request("**/api/v1/services/*"):
            await visitor.page.goto(f"{website}/?site={site}&service={service}")
        await expect(visitor.page.get_by_role("link", name="Go to the form")).to_be_visible()


async def test_answers_that_were_deleted_are_told_of(
    platform: Platform, website: str, visitor: Embedded
) -> None:
    await visitor.open(website, platform.site("solihull", ""), "missed-bin")
    await visitor.press(".govuk-button--start")
    await visitor.page.evaluate(
        'for (const key of Object.keys(sessionStorage)) sessionStorage[key] = sessionStorage[key].replace(/secret.*/, \'secret":"x"}\')'
    )
    await visitor.page.reload()
    await expect(visitor.element.get_by_role("heading", level=2)).to_have_text(
        "Your answers have been deleted"
    )
    assert await faults(visitor) == []
    assert await visitor.press(visitor.element.get_by_role("button", name="Start again")) == "start"


async def test_it_looks_as_the_website_says(platform: Platform, website: str, visitor: Embedded) -> None:
    site = platform.site("solihull", "")
    await visitor.open(website, site, "missed-bin")
    button = visitor.element.get_by_role("button")
    await expect(button).to_have_css("background-color", "rgb(0, 90, 78)")
    await expect(button).to_have_css("border-radius", "6px")
    await expect(button).to_have_css("letter-spacing", "1px")
    await expect(button).to_have_css("font-family", "Georgia, serif")
    await visitor.page.goto(f"{website}/?site={site}&service=missed-bin&own=1")
    await expect(button).to_have_css("background-color", "rgb(10, 80, 30)")
    await expect(visitor.element.get_by_role("heading", level=3)).to_have_text(
        "Report a missed bin collection"
    )
    assert await visitor.element.evaluate("element => element.shadowRoot.adoptedStyleSheets.length") == 1


async def test_without_scripts_the_link_leads_to_the_council(
    platform: Platform, website: str, plain_phone: BrowserContext
) -> None:
    page = await plain_phone.new_page()
    await page.goto(f"{website}/?site={platform.site('solihull', '')}&service=missed-bin")
    await press(page, "text=Go to the form")
    assert page.url == platform.site("solihull", "/missed-bin")
