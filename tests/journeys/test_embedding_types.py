"""Every type of question that the language has, in the element: shown with its answer, sent as it was, and with its errors.

The council's host is played by the test, from the same functions as the API, so that one service can ask everything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.async_api import Browser, Route, expect

from commonhall.api.v1.pages import Prose, page_of, start_of
from commonhall.api.v1.problems import told
from commonhall.engine.intake import Wrong, read_typed
from commonhall.engine.journey import parse_page
from commonhall.engine.package import CompiledPage
from commonhall.web.assets import Assets
from commonhall.web.embedding import SCRIPT, words_of
from commonhall.web.pages import Pages, escape_markdown
from tests.journeys.hosting import Embedded, council_website
from tests.journeys.test_accessibility import violations
from tests.web.everything import ANSWERS, everything, site
from tests.web.rendered import TODAY

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SITE = "http://borchester.example"
PROSE = Prose(lambda text: str(Pages().prose(text)), escape_markdown)
OPEN = {"access-control-allow-origin": "*"}


@pytest.fixture(scope="module")
def website() -> Iterator[str]:
    with council_website() as address:
        yield address


@dataclass
class Council:
    """The council's host: it asks every page, one after the other, and keeps what was typed."""

    assets: Assets
    language: str
    pages: list[CompiledPage] = field(
        default_factory=lambda: [one for one in everything().pages if not one.exit]
    )
    typed: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    refuse: bool = False
    hostile: str = ""

    def state(self, number: int) -> dict[str, Any]:
        """Where the journey stands when so many pages are answered."""
        path = [{"page": one.id} for one in self.pages[:number]]
        about = {"journey": "j", "secret": "s", "version": "1.0.0", "path": path}
        if number == len(self.pages):
            return about | {"status": "ready", "check": []}
        page = page_of(everything(), self.pages[number], ANSWERS, self.language, PROSE)
        return about | {"status": "asking", "page": page}

    async def answer(self, route: Route) -> None:
        """Answer as a council's host does."""
        path = route.request.url.removeprefix(SITE).partition("?")[0]
        if path == SCRIPT:
            script = self.assets.serve[self.assets.url("commonhall-journey.js")]
            await route.fulfill(body=script.body, content_type="text/javascript", headers=OPEN)
            return
        status, found = 200, self.json(path, route.request.post_data)
        if "errors" in found:
            status = 422
        await route.fulfill(
            status=status, body=json.dumps(found), content_type="application/json", headers=OPEN
        )

    def json(self, path: str, sent: str | None) -> dict[str, Any]:
        """What a path gives."""
        if path.startswith("/embed/"):
            return words_of(site(everything()), self.language)
        if path.endswith("/services/everything"):
            start = {self.language: start_of(everything(), self.language, PROSE)}
            start[self.language]["intro_html"] = self.hostile or start[self.language]["intro_html"]
            names = dict.fromkeys(("en", "cy"), "Ask everything")
            return {
                "id": "everything",
                "languages": ["en", "cy"],
                "name": names,
                "start": start,
                "minutes": 30,
            }
        if path.endswith("/journeys"):
            return self.state(0)
        page_id = path.rpartition("/")[2]
        number, page = next((n, one) for n, one in enumerate(self.pages) if one.id == page_id)
        self.typed[page.id] = json.loads(sent or "{}")["typed"]
        if self.refuse:
            return {"type": "/api/v1/problems#not-accepted", "errors": told(self.wrong_with(page))}
        return self.state(number + 1)

    def wrong_with(self, page: CompiledPage) -> tuple[Wrong, ...]:
        """What is wrong with a page to which nothing was answered."""
        return read_typed(everything(), page, {}, {}, TODAY, self.language)[1]


@pytest.mark.parametrize(("width", "language"), [(360, "cy"), (1280, "en")])
async def test_every_type_is_shown_as_answered_and_sent_as_it_stands(
    browser: Browser, assets: Assets, website: str, width: int, language: str
) -> None:
    context = await browser.new_context(viewport={"width": width, "height": 800})
    council = Council(assets, language)
    visitor = Embedded(await context.new_page())
    await visitor.page.route(f"{SITE}/**", council.answer)
    await visitor.open(website, SITE, "everything", language)
    await visitor.press(".govuk-button--start")
    wrong: list[str] = []
    for page in council.pages:
        wrong += [f"{page.id}: {one}" for one in await violations(visitor.page)]
        faults = council.wrong_with(page)
        if faults:
            council.refuse = True
            await visitor.go_on()
            council.refuse = False
            wrong += [f"{page.id} with errors: {one}" for one in await violations(visitor.page)]
            await every_fault_leads_to_its_box(visitor, faults)
        # After an error, too, what stands in the boxes is what was typed.
        await visitor.go_on()
        answers = {part.id: ANSWERS[part.id] for part in page.fields}
        assert parse_page(page, council.typed[page.id], TODAY) == (answers, ()), page.id
    await context.close()
    assert wrong == []


async def every_fault_leads_to_its_box(visitor: Embedded, faults: tuple[Wrong, ...]) -> None:
    links = visitor.element.locator(".govuk-error-summary a")
    await expect(links).to_have_text([one.says for one in faults])
    for number, fault in enumerate(faults):
        await links.nth(number).click()
        box = visitor.element.locator(":focus")
        names = {fault.input, f"{fault.input}-day"}
        assert await box.get_attribute("name") in names, fault


HOSTILE = """<div class="ch-prose"><p onclick="bad()">See <a href="/help">help</a>, <a href="javascript:bad()">this</a>
<a href="data:text/html,x">that</a><img src=x onerror="bad()"></p><script>bad()</script><svg onload="bad()"><p>no</p></svg>
<iframe srcdoc="x"></iframe><style>p{}</style><table><tr><td>kept as words</td></tr></table></div>"""


async def test_of_a_text_only_words_lists_and_links_are_made_anew(
    browser: Browser, assets: Assets, website: str
) -> None:
    context = await browser.new_context(viewport={"width": 360, "height": 800})
    council = Council(assets, "en", hostile=HOSTILE)
    visitor = Embedded(await context.new_page())
    await visitor.page.route(f"{SITE}/**", council.answer)
    await visitor.open(website, SITE, "everything")
    prose = visitor.element.locator(".ch-prose")
    await expect(prose).to_contain_text("kept as words")
    await expect(prose).not_to_contain_text("bad")
    await expect(prose.locator("script, img, svg, iframe, style, table, [onclick], [onload]")).to_have_count(
        0
    )
    assert await prose.locator("a").evaluate_all(
        "links => links.map((link) => link.getAttribute('href'))"
    ) == [
        f"{SITE}/help",
        None,
        None,
    ]
    await context.close()
