"""Residents complete real transactions in a real browser, and the back office has them."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.journeys.conftest import Platform
from tests.journeys.people import answer_page, complete, go_on, press, reference_on, wait_for_job

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MISSED = {"tag": "no", "placing": "kerbside", "out_in_time": "yes"}


async def report_missed_bin(page: Page, platform: Platform, council: str, language: str = "") -> str:
    seen = await complete(page, platform.site(council, f"{language}/missed-bin"), MISSED)
    assert seen[-1] == "check", f"the journey ended at {seen[-1]}: {await page.inner_text('main')}"
    await go_on(page)
    return await reference_on(page)


@pytest.mark.parametrize("scripts", [True, False])
async def test_from_a_postcode_to_the_back_office_and_back(
    platform: Platform, phone: BrowserContext, plain_phone: BrowserContext, scripts: bool
) -> None:
    page = await (phone if scripts else plain_phone).new_page()
    await page.goto(platform.finder)
    await page.fill("#postcode", "B91 3QJ")
    await page.fill("#need", "my bin was not emptied")
    await press(page, "main form button")
    if "Solihull" not in await page.inner_text("h2.govuk-heading-m >> nth=-1 >> xpath=.."):
        await press(page, "text=Solihull")
    await press(page, "text=Report a missed bin collection")
    assert page.url == platform.site("solihull", "/missed-bin")
    reference = await report_missed_bin(page, platform, "solihull")
    job = await wait_for_job(page, platform.sandbox, reference)
    assert job["status"] == "open"

    await page.goto(f"{platform.sandbox}/jobs/{job['id']}")
    await page.select_option("#status", "fixed")
    await page.fill("#note", "Collected this morning")
    await press(page, "main form button")

    for _ in range(160):
        await page.goto(platform.site("solihull", f"/case/{reference}"))
        await page.fill("#proof", "b91 3qj")
        await press(page, "main form button")
        if "It has been fixed" in await page.inner_text(".ch-status"):
            break
        await page.wait_for_timeout(250)
    await expect(page.locator(".ch-status__now")).to_have_text("It has been fixed")
    await expect(page.locator(".ch-timeline__item").first).to_contain_text("Collected this morning")

    await page.goto(platform.site("solihull", "/measures"))
    await expect(page.locator("main")).to_contain_text("Report a missed bin collection")


@pytest.mark.parametrize(
    ("council", "service"),
    [
        ("nottingham", "missed-bin"),
        ("kirklees", "pothole"),
        ("surrey", "street-light"),
        ("east-riding-of-yorkshire", "fly-tipping"),
        ("cardiff", "council-tax-move"),
        ("warwickshire", "bus-pass-renewal"),
        ("nottinghamshire", "pothole"),
    ],
)
async def test_every_council_s_case_reaches_its_own_back_office(
    platform: Platform, plain_phone: BrowserContext, council: str, service: str
) -> None:
    page = await plain_phone.new_page()
    given = {**MISSED, **GIVEN.get(service, {})}
    seen = await complete(page, platform.site(council, f"/{service}"), given)
    assert seen[-1] == "check", f"the journey ended at {seen[-1]}: {await page.inner_text('main')}"
    await go_on(page)
    reference = await reference_on(page)
    job = await wait_for_job(page, platform.sandbox, reference)
    assert job["times"] == 1


GIVEN: dict[str, dict[str, str]] = {
    "pothole": {"danger": "no"},
    "street-light": {"danger": "no", "night": "all-night", "column": "12"},
    "fly-tipping": {"danger": "no", "witnessed": "no", "land": "public"},
    "council-tax-move": {"account": ""},
    "bus-pass-renewal": {"born_on-year": "1940", "pass_number": "633597000000000001", "nino": ""},
}


async def test_in_welsh_from_start_to_end(platform: Platform, plain_phone: BrowserContext) -> None:
    page = await plain_phone.new_page()
    await page.goto(platform.site("cardiff", "/missed-bin"))
    await press(page, "text=Cymraeg")
    assert page.url == platform.site("cardiff", "/cy/missed-bin")
    await report_missed_bin(page, platform, "cardiff", "/cy")
    await expect(page.locator(".govuk-panel")).to_contain_text("Eich cyfeirnod yw")
    assert await page.get_attribute("html", "lang") == "cy"


async def test_errors_are_told_beside_the_question_and_nothing_is_lost(
    platform: Platform, plain_phone: BrowserContext
) -> None:
    page = await plain_phone.new_page()
    await page.goto(platform.site("solihull", "/missed-bin"))
    await press(page, "main form button")
    await page.fill("[name=property-line1]", "<b>1 High Street</b>")
    await page.fill("[name=property-postcode]", "nonsense")
    await go_on(page)
    assert (await page.title()).startswith("Error: ")
    await expect(page.locator(".govuk-error-summary")).to_contain_text("Enter a full UK postcode")
    assert await page.input_value("[name=property-line1]") == "<b>1 High Street</b>"
    await page.click(".govuk-error-summary a >> text=postcode")
    assert page.url.endswith("#property-postcode")


async def test_going_back_and_changing_an_answer_leaves_no_stale_one(
    platform: Platform, plain_phone: BrowserContext
) -> None:
    page = await plain_phone.new_page()
    seen = await complete(page, platform.site("solihull", "/missed-bin"), MISSED)
    assert "out-in-time" in seen
    row = page.locator(".govuk-summary-list__row", has_text="How bins are collected")
    async with page.expect_navigation():
        await row.locator("a").click()
    await page.check("[name=placing][value=assisted]")
    await go_on(page)
    assert page.url.endswith("/check")
    assert "Out by" not in await page.inner_text("main")
    await go_on(page)
    reference = await reference_on(page)
    connection = await asyncpg.connect(platform.database_url)
    answers = await connection.fetchval(
        "select answers::text from council_case where reference = $1", reference
    )
    await connection.close()
    assert '"assisted"' in answers
    assert "out_in_time" not in answers


async def test_back_button_reload_and_double_submit_make_one_case(
    platform: Platform, plain_phone: BrowserContext
) -> None:
    page = await plain_phone.new_page()
    await complete(page, platform.site("kirklees", "/missed-bin"), MISSED)
    check = page.url
    second = await plain_phone.new_page()
    await second.goto(check)
    await asyncio.gather(go_on(page), go_on(second))
    reference = await reference_on(page)
    assert await reference_on(second) == reference
    await page.go_back()
    await page.reload()
    assert await reference_on(page) == reference
    await page.goto(check.replace("/check", "/address"))
    assert await reference_on(page) == reference


async def test_two_tabs_are_two_journeys(platform: Platform, plain_phone: BrowserContext) -> None:
    one, two = await plain_phone.new_page(), await plain_phone.new_page()
    for tab in (one, two):
        await tab.goto(platform.site("solihull", "/missed-bin"))
        await press(tab, "main form button")
    assert one.url != two.url
    await one.fill("[name=property-line1]", "1 High Street")
    await one.fill("[name=property-town]", "Solihull")
    await one.fill("[name=property-postcode]", "B91 3QJ")
    await go_on(one)
    await two.reload()
    assert await two.input_value("[name=property-line1]") == ""
    await one.go_back()
    await one.reload()
    assert await one.input_value("[name=property-line1]") == "1 High Street"


async def test_a_page_that_is_not_reached_yet_leads_to_the_one_that_is(
    platform: Platform, plain_phone: BrowserContext
) -> None:
    page = await plain_phone.new_page()
    await page.goto(platform.site("solihull", "/missed-bin"))
    await press(page, "main form button")
    await page.goto(page.url.replace("/address", "/contact"))
    assert page.url.endswith("/address")
    await page.goto(page.url.replace("/address", "/check"))
    assert page.url.endswith("/address")


async def test_an_expired_journey_says_so_kindly(platform: Platform, plain_phone: BrowserContext) -> None:
    page = await plain_phone.new_page()
    await page.goto(platform.site("solihull", "/missed-bin"))
    await press(page, "main form button")
    journey = page.url.split("/")[-2]
    connection = await asyncpg.connect(platform.database_url)
    await connection.execute(
        "update journey set expires_at = now() - interval '1 second' where journey = $1", journey
    )
    await connection.close()
    await answer_page(page, {})
    await go_on(page)
    await expect(page.locator("h1")).to_have_text("Your answers have been deleted")
    await press(page, "text=Start again")
    assert page.url == platform.site("solihull", "/missed-bin")


async def test_another_browser_cannot_open_a_journey(
    platform: Platform, phone: BrowserContext, plain_phone: BrowserContext
) -> None:
    page, thief = await phone.new_page(), await plain_phone.new_page()
    await page.goto(platform.site("solihull", "/missed-bin"))
    await press(page, "main form button")
    answer = await thief.goto(page.url)
    assert answer is not None
    assert answer.status == 404


async def test_a_list_of_people_grows_and_shrinks_without_scripts(
    platform: Platform, plain_phone: BrowserContext
) -> None:
    page = await plain_phone.new_page()
    await page.goto(platform.site("solihull", "/council-tax-move"))
    await press(page, "main form button")
    for _ in range(30):
        if await page.query_selector("button[name=_action]"):
            break
        await answer_page(page, {})
        await go_on(page)
    else:
        pytest.fail("no page with a list was reached")
    first = page.locator("fieldset.ch-row input").first
    await first.fill("Ada")
    await press(page, "button[value^=add]")
    assert await page.locator("fieldset.ch-row").count() == 2
    assert await page.locator("fieldset.ch-row input").first.input_value() == "Ada"
    await press(page, "button[value^=remove] >> nth=0")
    assert await page.locator("fieldset.ch-row").count() == 1
    assert await page.locator("fieldset.ch-row input").first.input_value() != "Ada"
