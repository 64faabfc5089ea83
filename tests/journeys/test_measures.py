"""Dashboards in a browser: for everybody, at both widths, without scripts, on paper, and while figures change."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import asyncpg
import pytest
from playwright.async_api import Browser, Page, expect

from commonhall.reporting.rolling import roll_up
from commonhall.storage.pool import open_store
from tests.journeys.conftest import Platform
from tests.journeys.people import press
from tests.journeys.test_accessibility import violations

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MEASURED = """
insert into measure (council, service, version, channel, day, started_at, seconds, score, rated_on, sent_on, outcome,
                     closed_on, target_on, wait_hours, fixed, area, street)
select $1, $4, '1.0.0', (array['online', 'online', 'phone', 'api', 'in-person'])[1 + n % 5], d, d, 60 + n,
       case when n % 3 = 0 then 1 + n % 5 end, case when n % 3 = 0 then d end, d,
       case when n % 7 > 0 then 'submitted' else 'abandoned' end,
       case when n % 4 > 0 then d + 1 end, d + n % 3, 24, true, 'B91 ' || n % 3, 'Mill Lane'
from (select n, (now() at time zone 'Europe/London')::date - (n % $3::int) as d from generate_series(1, $2::int) n) numbers
"""
SENT = """
with sets as (
  insert into data_set (council, data_group, data_type, lgsl, raw_queries, max_age, added_at)
  select c, c || '-potholes', kind, 557, true, 1800, now()
  from unnest(array['rochdale', 'barnet']) c, unnest(array['transactions-by-channel', 'customer-satisfaction']) kind
  on conflict do nothing returning *)
insert into data_record (council, data_group, data_type, record, at, updated_at, body)
select council, data_group, data_type, n || channel, date_trunc('month', now(), 'UTC') - n * interval '1 month', now(),
       jsonb_build_object('channel', channel, 'count', 40 + 10 * length(council) + n, 'rating_3', 4, 'rating_5', 9)
from sets, generate_series(0, 15) n, unnest(array['digital', 'phone']) channel
"""
SHOTS = os.environ.get("COMMONHALL_SHOTS")


async def count(
    platform: Platform, council: str, many: int, days: int = 28, service: str = "missed-bin"
) -> None:
    """Have so many journeys counted at a council, on the last so many days."""
    connection = await asyncpg.connect(platform.database_url)
    await connection.execute(MEASURED, council, many, days, service)
    await connection.close()
    store = await open_store(platform.database_url, size=2)
    await roll_up(store, council)
    await store.close()


async def look(page: Page, address: str, name: str) -> list[str]:
    """What is wrong with a page as it stands, every picture seen; a picture of it, if somebody wants to look."""
    answer = await page.goto(address)
    assert answer is not None
    assert answer.status == 200
    for picture in await page.locator("img.ch-chart__picture").all():
        await picture.scroll_into_view_if_needed()
        await expect(picture).to_have_js_property("complete", True)
        # A picture that could not be loaded has no size of its own.
        assert await picture.evaluate("image => image.naturalWidth") > 0, await picture.get_attribute("src")
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)
    wrong = [f"{name}: {fault}" for fault in await violations(page)]
    wide = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return wrong + ([f"{name}: {wide} pixels too wide"] if wide > 0 else [])


@pytest.mark.parametrize("width", [360, 1280])
async def test_every_dashboard_can_be_read_by_everybody(
    platform: Platform, browser: Browser, width: int
) -> None:
    for council in ("solihull", "cardiff", "kirklees"):
        await count(platform, council, 400)
    context = await browser.new_context(viewport={"width": width, "height": 900})
    page = await context.new_page()
    wrong: list[str] = []
    await page.goto(platform.site("solihull", "/workspace/sign-in"))
    await press(page, "text=Sign in as Vera")
    for name, address in {
        "council": platform.site("solihull", "/measures"),
        "service": platform.site("solihull", "/measures/missed-bin?span=12m"),
        "welsh": platform.site("cardiff", "/cy/measures/missed-bin"),
        "staff": platform.site("solihull", "/workspace/measures"),
        "staff-service": platform.site("solihull", "/workspace/measures/missed-bin"),
        "across": f"{platform.finder}/measures",
        "across-service": f"{platform.finder}/cy/measures/missed-bin?span=12m",
    }.items():
        wrong += await look(page, address, f"{name}-{width}")
    await page.goto(platform.site("solihull", "/measures/missed-bin?span=12m"))
    for summary in await page.locator("summary").all():
        await summary.click()
    wrong += [f"opened: {fault}" for fault in await violations(page)]
    answer = await page.goto(platform.site("solihull", "/measures?span=own&from=x&to=y"))
    assert answer is not None
    assert answer.status == 400
    wrong += [f"refused: {fault}" for fault in await violations(page)]
    assert wrong == []
    await context.close()


@pytest.mark.parametrize("width", [360, 1280])
async def test_councils_that_run_a_service_elsewhere_stand_beside_those_that_run_it_here(
    platform: Platform, browser: Browser, width: int
) -> None:
    # A service that no other test looks at: what was sent is kept for ten minutes.
    for council in ("solihull", "kirklees", "cardiff"):
        await count(platform, council, 2000, 400, "pothole")
    connection = await asyncpg.connect(platform.database_url)
    await connection.execute(SENT)
    await connection.close()
    context = await browser.new_context(viewport={"width": width, "height": 900})
    page = await context.new_page()
    wrong = await look(page, f"{platform.finder}/measures/pothole?span=12m", f"sent-across-{width}")
    row = page.locator("#chart-councils tr", has_text="Rochdale")
    await expect(row).to_contain_text("Reported by the council")
    await expect(row).to_contain_text("estimated from the population")
    rates = page.locator("#chart-across-rate-households")
    await expect(rates).to_contain_text("which were not counted here: London Borough of Barnet")
    await expect(rates.locator("img")).to_have_attribute("alt", re.compile("Rochdale.*: .* between"))
    address = platform.site("solihull", "/measures/pothole?span=12m")
    wrong += await look(page, address, f"sent-like-{width}")
    await expect(page.locator("#figure-rate")).to_contain_text("estimated from the population")
    await expect(page.locator("#chart-like-rate-households")).to_contain_text("not counted here: Rochdale")
    wrong += await look(
        page, platform.site("cardiff", "/cy/measures/pothole?span=12m"), f"rate-welsh-{width}"
    )
    assert wrong == []
    await context.close()


async def test_without_scripts_other_days_are_asked_for_and_tables_opened(
    platform: Platform, browser: Browser
) -> None:
    await count(platform, "solihull", 400)
    context = await browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    page = await context.new_page()
    await page.goto(platform.site("solihull", "/measures"))
    await page.click("text=Report a missed bin collection")
    await page.select_option("#span", "12m")
    await page.select_option("#period", "month")
    await press(page, "text=Show")
    assert "span=12m" in page.url
    await expect(page.locator(".ch-span__shown")).to_contain_text("by month")
    # Without scripts the picture of a narrow screen is chosen by its own element.
    picture = page.locator("#chart-take-up img")
    await picture.scroll_into_view_if_needed()
    await expect(picture).to_be_visible()
    await page.click("#chart-take-up summary")
    await expect(page.locator("#chart-take-up table")).to_be_visible()
    assert await page.locator(".ch-live").count() == 0
    await context.close()


async def test_figures_and_charts_change_while_one_looks_and_stop_when_told(
    platform: Platform, browser: Browser
) -> None:
    await count(platform, "kirklees", 1500)
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    await page.clock.install()
    # A span that no other test asks for: a reading is kept, and shared by all who ask for the same.
    await page.goto(platform.site("kirklees", "/measures/missed-bin?period=week"))
    figure, picture = page.locator("#figure-starts .ch-measure__value"), page.locator("#chart-channels img")
    await page.click("#figure-starts summary")
    # What has the focus is left alone.
    await page.click("h1")
    before, drawn = await figure.inner_text(), await picture.get_attribute("src")
    await count(platform, "kirklees", 500)
    # The server keeps a reading for eight seconds; the browser's clock is the test's.
    await asyncio.sleep(8.5)
    await page.clock.run_for(10_500)
    now = int(before.replace(",", "")) + 500
    await expect(figure).to_have_text(f"{now:,}")
    await expect(picture).not_to_have_attribute("src", drawn or "")
    await expect(page.locator("#figure-starts details")).to_have_attribute("open", "")
    assert await page.locator("[aria-live]").count() == 0

    await page.click(".ch-live button")
    await expect(page.locator(".ch-live")).to_contain_text("Not updating")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.clock.run_for(60_000)
    assert [url for url in asked if "part=live" in url] == []
    await page.click(".ch-live button")
    await page.clock.run_for(500)
    await expect(page.locator(".ch-live")).to_contain_text(re.compile("Updated .*:"))
    await context.close()


async def test_a_screen_left_alone_stops_asking(platform: Platform, browser: Browser) -> None:
    await count(platform, "kirklees", 20)
    context = await browser.new_context()
    page = await context.new_page()
    await page.clock.install()
    await page.goto(platform.site("kirklees", "/measures/missed-bin"))
    await page.clock.fast_forward(31 * 60 * 1000)
    await page.clock.run_for(20_000)
    await expect(page.locator(".ch-live")).to_contain_text("Not updating")
    await context.close()


async def test_on_paper_there_are_charts_and_tables_and_nothing_to_press(
    platform: Platform, browser: Browser
) -> None:
    await count(platform, "solihull", 400)
    context = await browser.new_context(viewport={"width": 900, "height": 1200})
    page = await context.new_page()
    await look(page, platform.site("solihull", "/measures/missed-bin"), "before-paper")
    await page.emulate_media(media="print")
    for hidden in (".ch-span", ".ch-live", ".ch-chart__files >> nth=0", ".ch-footer"):
        await expect(page.locator(hidden)).to_be_hidden()
    await expect(page.locator("#chart-take-up img")).to_be_visible()
    if SHOTS:
        await page.pdf(path=Path(SHOTS) / "paper.pdf")
        await page.screenshot(path=Path(SHOTS) / "paper.png", full_page=True)
    await context.close()
