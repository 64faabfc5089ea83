"""The resident's site as a browser meets it, with casework kept in memory."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, cast

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp

from commonhall.casework.cases import CaseNotFound, CaseUpdate, CaseView, TooManyTries
from commonhall.casework.journeys import Journey, JourneyGone
from commonhall.casework.sites import Brand, Site
from commonhall.engine.adoption import Adopter, adopt
from commonhall.engine.back_office import CaseStatus
from commonhall.engine.journey import submission, walk
from commonhall.engine.package import Adopted
from commonhall.engine.reader import read_service
from commonhall.engine.working_days import Calendar
from commonhall.web.assets import Assets
from commonhall.web.charts.artist import Artist
from commonhall.web.dashboards.dashboards import Dashboards
from commonhall.web.resident.views import ResidentTools, UseCases, resident_app
from tests.web.dashboards.counted import reports
from tests.web.rendered import faults_of_html

SERVICE = """
id: lost-cat
version: 1.0.0
name: Report a lost cat
lgsl: 432
lgil: 17
start: {intro: Tell us about the cat.}
pages:
  - id: ours
    question: Is it the council’s cat?
    fields: [{id: ours, type: radios, options: [{code: "yes", label: "Yes"}, {code: "no", label: "No"}]}]
  - id: not-ours
    exit: true
    when: answers.ours == 'no'
    question: We only look for the council’s cats
    body: Ask the neighbours.
  - id: seen
    question: When was it last seen?
    fields: [{id: seen, type: date}]
    checks: [{require: answers.seen <= today, message: The day must be today or in the past}]
  - id: people
    question: Who has seen it?
    fields:
      - id: people
        type: list
        item: person
        max: 3
        fields: [{id: name, type: name, label: Name}]
case: {summary: Lost cat}
confirmation: {body: We will look.}
"""
TODAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
HOST = "borchester.example"
URL = f"http://{HOST}"


def adopted_service(calendars: Mapping[str, Calendar], text: str = SERVICE) -> Adopted:
    example = "[{name: No, today: 2026-03-10, answers: {ours: 'no'}, ends: not-ours}]"
    service = read_service(
        {"service.yaml": text, "journeys.yaml": example, "CHANGELOG.md": "1.0.0"}, calendars
    )
    choices = {"service": "lost-cat", "version": service.version}
    return adopt(service, choices, Adopter("England", ("en",)), calendars)


@dataclass
class Memory:
    """Casework without a database: journeys by id."""

    journeys: dict[str, tuple[str, Journey]] = field(default_factory=dict)
    submitted: int = 0
    exits: int = 0
    scores: list[int] = field(default_factory=list)
    expired: bool = False

    async def start(
        self, desk: Any, adopted: Adopted, council: str, *, browser: str, language: str, **_: Any
    ) -> str:
        name = f"journey-{len(self.journeys)}"
        path = walk(adopted, {}, TODAY)
        journey = Journey(council, name, adopted, language, "online", {}, NOW, NOW, TODAY, path)
        self.journeys[name] = (browser, journey)
        return name

    async def load(self, desk: Any, council: str, journey_id: str, *, browser: str) -> Journey:
        owner, journey = self.journeys.get(journey_id, ("", None))
        if journey is None or owner != browser or journey.council != council:
            raise JourneyGone
        if self.expired and journey.reference is None:
            raise JourneyGone(expired=True)
        return journey

    async def answer(
        self,
        desk: Any,
        adopted: Adopted,
        council: str,
        journey_id: str,
        *,
        browser: str,
        answers: Mapping[str, Any],
    ) -> Journey:
        journey = await self.load(desk, council, journey_id, browser=browser)
        if journey.reference is not None or journey.adopted.digest != adopted.digest:
            return journey
        every = {**journey.answers, **answers}
        changed = replace(journey, answers=every, path=walk(adopted, every, TODAY))
        self.journeys[journey_id] = (browser, changed)
        return changed

    async def submit(self, desk: Any, council: str, journey_id: str, *, browser: str) -> Journey:
        journey = await self.load(desk, council, journey_id, browser=browser)
        if journey.reference is None:
            submission(journey.adopted, journey.answers, TODAY)
            self.submitted += 1
            journey = replace(journey, reference="K7M-2XQ-9HD")
            self.journeys[journey_id] = (browser, journey)
        return journey

    async def exit(self, desk: Any, journey: Journey) -> None:
        self.exits += 1

    async def rate(self, desk: Any, council: str, journey_id: str, *, score: int, **_: Any) -> bool:
        self.scores.append(score)
        return True

    async def follow(self, desk: Any, council: str, reference: str, *, proof: str, **more: Any) -> CaseView:
        if proof == "often":
            raise TooManyTries(600)
        if proof != "B91 3QT":
            raise CaseNotFound
        adopted = next(iter(self.journeys.values()))[1].adopted if self.journeys else cast(Adopted, None)
        updates = (
            CaseUpdate(CaseStatus.OPEN, "", NOW),
            CaseUpdate(CaseStatus.IN_PROGRESS, "<b>On our way</b>", NOW),
        )
        return CaseView(council, reference, adopted, "Lost cat", NOW, date(2026, 3, 12), updates)

    def use(self) -> UseCases:
        return UseCases(self.start, self.load, self.answer, self.submit, self.exit, self.rate, self.follow)


@dataclass
class Town:
    """A site whose adopted service a test may change."""

    site: Site

    def by_host(self, host: str) -> Site | None:
        return self.site if host == HOST else None


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def town(calendars: Mapping[str, Calendar]) -> Town:
    name = {"en": "Borchester Council", "cy": "Cyngor Borchester"}
    site = Site(
        council="borchester",
        gss="E08000029",
        name=name,
        nation="England",
        host=HOST,
        languages=("en",),
        brand=Brand(name, "#123456", "#abcdef"),
        phone="01632 960 001",
        homepage_url="https://www.borchester.example",
        services=(adopted_service(calendars),),
        demonstration=True,
        revision=1,
    )
    return Town(site)


@pytest.fixture
def browser(town: Town, memory: Memory, assets: Assets) -> httpx2.AsyncClient:
    return open_browser(town, memory, assets)


def app_of(
    town: Town, memory: Memory, assets: Assets, *, https: bool = False, dashboards: Dashboards | None = None
) -> ASGIApp:
    tokens = iter(f"{number:022d}" for number in range(99))
    desk = SimpleNamespace(today=lambda: TODAY, chance=SimpleNamespace(token=lambda: next(tokens)))
    tools = ResidentTools(
        desk=cast(Any, desk),
        sites=cast(Any, town),
        assets=assets,
        secret=b"k" * 32,
        dashboards=dashboards or Dashboards(reports(("lost-cat",), ("ours", "seen")), Artist()),
        finder_url="http://localhost/",
        https=https,
        use=memory.use(),
    )
    return resident_app(tools)


def open_browser(town: Town, memory: Memory, assets: Assets, *, https: bool = False) -> httpx2.AsyncClient:
    url = URL.replace("http:", "https:") if https else URL
    transport = httpx2.ASGITransport(app_of(town, memory, assets, https=https))
    return httpx2.AsyncClient(transport=transport, base_url=url)


def token_in(text: str) -> str:
    found = re.search(r'name="_token" value="([^"]+)"', text)
    assert found
    return found.group(1)


async def begin(browser: httpx2.AsyncClient) -> str:
    started = await browser.post("/lost-cat")
    assert started.status_code == 303
    return str(started.headers["location"]).rpartition("/")[0]


async def send(browser: httpx2.AsyncClient, url: str, **data: str) -> httpx2.Response:
    page = await browser.get(url)
    return await browser.post(url, data={"_token": token_in(page.text), **data})


SEEN = {"seen-day": "9", "seen-month": "3", "seen-year": "2026"}


async def answer_all(browser: httpx2.AsyncClient) -> str:
    journey = await begin(browser)
    await send(browser, f"{journey}/ours", ours="yes")
    await send(browser, f"{journey}/seen", **SEEN)
    done = await send(browser, f"{journey}/people", **{"people-0-name": "Sam <Jones>"})
    assert done.headers["location"] == f"{journey}/check"
    return journey


async def test_a_journey_from_start_to_confirmation(browser: httpx2.AsyncClient, memory: Memory) -> None:
    journey = await answer_all(browser)
    check = await browser.get(f"{journey}/check")
    assert "Sam &lt;Jones&gt;" in check.text
    assert faults_of_html(check.text) == []
    for _ in range(2):
        sent = await browser.post(f"{journey}/check", data={"_token": token_in(check.text)})
        assert sent.headers["location"] == f"{journey}/confirmation"
    assert memory.submitted == 1
    shown = await browser.get(f"{journey}/confirmation")
    assert "K7M-2XQ-9HD" in shown.text
    assert faults_of_html(shown.text) == []
    for page in ("ours", "check"):
        again = await browser.get(f"{journey}/{page}")
        assert again.headers["location"] == f"{journey}/confirmation"
    rated = await browser.post(
        f"{journey}/feedback", data={"_token": token_in(shown.text), "score": "5", "comment": ""}
    )
    assert rated.status_code == 303
    assert memory.scores == [5]


@pytest.mark.parametrize("score", ["", "0", "6", "five", "5\0"])
async def test_feedback_without_a_score_says_so_and_keeps_the_comment(
    browser: httpx2.AsyncClient, memory: Memory, score: str
) -> None:
    journey = await answer_all(browser)
    await send(browser, f"{journey}/check")
    page = await browser.get(f"{journey}/confirmation")
    form = {"_token": token_in(page.text), "score": score, "comment": "<b>Fine</b>\nbut slow"}
    refused = await browser.post(f"{journey}/feedback", data=form)
    assert refused.status_code == 422
    assert "<title>Error: " in refused.text
    assert '<a href="#score">Select how satisfied you were with this service</a>' in refused.text
    assert "&lt;b&gt;Fine&lt;/b&gt;\nbut slow</textarea>" in refused.text
    assert "K7M-2XQ-9HD" in refused.text
    assert faults_of_html(refused.text) == []
    assert memory.scores == []
    rated = await browser.post(f"{journey}/feedback", data={**form, "score": "2"})
    assert rated.headers["location"] == f"{journey}/confirmation?thanks=1"
    assert memory.scores == [2]


async def test_feedback_waits_until_there_is_something_to_rate(
    browser: httpx2.AsyncClient, memory: Memory
) -> None:
    journey = await begin(browser)
    page = await browser.get(f"{journey}/ours")
    sent = await browser.post(f"{journey}/feedback", data={"_token": token_in(page.text)})
    assert sent.headers["location"] == f"{journey}/ours"
    assert memory.scores == []


async def test_a_fault_keeps_what_was_typed_and_says_where(browser: httpx2.AsyncClient) -> None:
    journey = await begin(browser)
    await send(browser, f"{journey}/ours", ours="yes")
    refused = await send(
        browser, f"{journey}/seen", **{"seen-day": "99", "seen-month": "3", "seen-year": "2026"}
    )
    assert refused.status_code == 422
    assert "<title>Error: When was it last seen?" in refused.text
    assert 'value="99"' in refused.text
    assert 'href="#seen-day"' in refused.text
    assert faults_of_html(refused.text) == []


async def test_a_rule_of_the_service_that_fails_is_said_beside_its_question(
    browser: httpx2.AsyncClient,
) -> None:
    journey = await begin(browser)
    await send(browser, f"{journey}/ours", ours="yes")
    refused = await send(
        browser, f"{journey}/seen", **{"seen-day": "11", "seen-month": "3", "seen-year": "2026"}
    )
    assert refused.status_code == 422
    assert refused.text.count("The day must be today or in the past") == 2


async def test_nobody_gets_ahead_of_the_questions(browser: httpx2.AsyncClient) -> None:
    journey = await begin(browser)
    for page in ("seen", "people", "check", "confirmation", "not-ours"):
        sent = await browser.get(f"{journey}/{page}")
        assert sent.headers["location"] == f"{journey}/ours"
    assert (await browser.get(f"{journey}/nonsense")).status_code == 404


async def test_an_exit_is_counted_and_leads_back(browser: httpx2.AsyncClient, memory: Memory) -> None:
    journey = await begin(browser)
    ended = await send(browser, f"{journey}/ours", ours="no")
    assert ended.headers["location"] == f"{journey}/not-ours"
    page = await browser.get(f"{journey}/not-ours")
    assert "Ask the neighbours." in page.text
    assert f'href="{journey}/ours"' in page.text
    assert memory.exits == 1


async def test_changing_an_answer_goes_back_to_check_or_to_the_first_gap(browser: httpx2.AsyncClient) -> None:
    journey = await answer_all(browser)
    assert (await send(browser, f"{journey}/seen?change=1", **SEEN)).headers["location"] == f"{journey}/check"
    changed = await send(browser, f"{journey}/ours?change=1", ours="no")
    assert changed.headers["location"] == f"{journey}/not-ours"


async def test_rows_are_added_and_removed_without_scripts(browser: httpx2.AsyncClient) -> None:
    journey = await begin(browser)
    await send(browser, f"{journey}/ours", ours="yes")
    await send(browser, f"{journey}/seen", **SEEN)
    people = f"{journey}/people"
    more = await send(browser, people, **{"people-0-name": "Ann", "_action": "add:people"})
    assert more.status_code == 200
    assert 'value="Ann"' in more.text
    assert 'name="people-1-name"' in more.text
    assert faults_of_html(more.text) == []
    first_button = re.search(r'<button type="submit"[^>]*>', more.text)
    assert first_button
    assert "remove" not in first_button.group(0), "Enter must not remove a row"
    less = await send(
        browser,
        people,
        **{"people-0-name": "Ann", "people-1-name": "Bob", "_action": "remove:people:0"},
    )
    assert 'value="Bob"' in less.text
    assert "Ann" not in less.text
    assert 'name="people-1-name"' not in less.text


async def test_a_form_with_too_many_rows_does_not_make_a_long_page(browser: httpx2.AsyncClient) -> None:
    journey = await begin(browser)
    await send(browser, f"{journey}/ours", ours="yes")
    await send(browser, f"{journey}/seen", **SEEN)
    rows = {f"people-{number}-name": "x" * 200 for number in range(300)}
    refused = await send(browser, f"{journey}/people", **rows)
    assert refused.status_code == 422
    assert 'name="people-3-name"' not in refused.text
    assert faults_of_html(refused.text) == []


async def test_a_form_without_its_token_changes_nothing(browser: httpx2.AsyncClient, memory: Memory) -> None:
    journey = await begin(browser)
    page = await browser.get(f"{journey}/ours")
    for data in ({"ours": "yes"}, {"ours": "yes", "_token": "0" * 32}, {"_token": "\u2603"}):
        refused = await browser.post(f"{journey}/ours", data=data)
        assert refused.status_code == 403
        assert f'href="{journey}/ours"' in refused.text
    good = {"ours": "yes", "_token": token_in(page.text)}
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {"origin": "null"}):
        assert (await browser.post(f"{journey}/ours", data=good, headers=headers)).status_code == 403
    assert memory.journeys["journey-0"][1].answers == {}


async def test_another_browser_sees_nothing(
    browser: httpx2.AsyncClient, town: Town, memory: Memory, assets: Assets
) -> None:
    journey = await begin(browser)
    stranger = open_browser(town, memory, assets)
    assert (await stranger.get(f"{journey}/ours")).status_code == 404
    stranger.cookies.set("ch_browser", "x" * 22)
    assert (await stranger.get(f"{journey}/ours")).status_code == 404


async def test_an_expired_journey_says_so_kindly(browser: httpx2.AsyncClient, memory: Memory) -> None:
    journey = await begin(browser)
    memory.expired = True
    gone = await browser.get(f"{journey}/ours")
    assert gone.status_code == 410
    assert "Start again" in gone.text


async def test_a_journey_keeps_the_version_it_began_with(
    browser: httpx2.AsyncClient, town: Town, calendars: Mapping[str, Calendar]
) -> None:
    journey = await begin(browser)
    page = await browser.get(f"{journey}/ours")
    newer = SERVICE.replace("1.0.0", "1.1.0").replace("id: ours", "id: whose").replace(".ours", ".whose")
    text = newer.replace("- id: whose\n    question", "- id: ours\n    question")
    files = {
        "service.yaml": text,
        "journeys.yaml": "[{name: No, today: 2026-03-10, answers: {whose: 'no'}, ends: not-ours}]",
        "CHANGELOG.md": "1.1.0",
    }
    service = read_service(files, calendars)
    adopted = adopt(
        service, {"service": "lost-cat", "version": "1.1.0"}, Adopter("England", ("en",)), calendars
    )
    town.site = replace(town.site, services=(adopted,), revision=2)
    sent = await browser.post(f"{journey}/ours", data={"_token": token_in(page.text), "ours": "yes"})
    assert sent.headers["location"] == f"{journey}/seen"


async def test_whoever_has_begun_a_service_that_is_withdrawn_may_finish(
    browser: httpx2.AsyncClient, town: Town, memory: Memory
) -> None:
    journey = await answer_all(browser)
    town.site = replace(town.site, services=(), revision=2)
    assert (await browser.get("/lost-cat")).status_code == 404
    for page in ("ours?change=1", "seen", "check"):
        shown = (await browser.get(f"{journey}/{page}")).text
        assert 'href="/lost-cat"' not in shown, "nothing may lead to a page that is gone"
        assert '<p><a href="/">Report a lost cat</a></p>' in shown
    assert (await browser.get(f"{journey}x/check")).status_code == 404
    sent = await send(browser, f"{journey}/check")
    assert sent.headers["location"] == f"{journey}/confirmation"
    assert "K7M-2XQ-9HD" in (await browser.get(f"{journey}/confirmation")).text
    assert memory.submitted == 1
    assert (await browser.get(journey.replace("lost-cat", "found-cat") + "/check")).status_code == 404


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"a=1", "text/plain", 415),
        (b"a=" + b"x" * 270_000, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"a=1" for _ in range(3001)), "application/x-www-form-urlencoded", 400),
        (b"a=%ff", "application/x-www-form-urlencoded", 400),
        (b"a=\xff", "application/x-www-form-urlencoded", 400),
    ],
)
async def test_bodies_that_are_no_form_are_refused_plainly(
    browser: httpx2.AsyncClient, body: bytes, kind: str, status: int
) -> None:
    journey = await begin(browser)
    sent = await browser.post(f"{journey}/ours", content=body, headers={"content-type": kind})
    assert sent.status_code == status
    assert "Nothing was changed" in sent.text


async def test_strange_addresses(browser: httpx2.AsyncClient) -> None:
    await begin(browser)
    slash = await browser.get("/lost-cat/")
    assert slash.headers["location"] == "/lost-cat"
    for path in ("//evil.example/", "/cy//evil.example", "/cy/%5Cevil.example/x"):
        sent = await browser.get(f"{URL}{path}")
        assert sent.status_code in {302, 308, 404}
        assert not sent.headers.get("location", "/").startswith(("//", "/\\", "http"))
    assert (await browser.get("/lost-cat/%00/ours")).status_code == 404
    assert (await browser.head("/lost-cat")).status_code == 200
    assert (await browser.get("/", headers={"host": "elsewhere.example"})).status_code == 404


async def test_every_answer_carries_the_security_headers(
    town: Town, memory: Memory, assets: Assets, browser: httpx2.AsyncClient
) -> None:
    for path in ("/", "/lost-cat", "/nothing/here", assets.url("resident.css"), "/brand.css"):
        headers = (await browser.get(path)).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
    secure = open_browser(town, memory, assets, https=True)
    started = await secure.post("/lost-cat")
    assert "max-age" in started.headers["strict-transport-security"]
    cookie = started.headers["set-cookie"]
    assert cookie.startswith("__Host-ch_browser=")
    for part in ("HttpOnly", "SameSite=lax", "Secure", "Path=/"):
        assert part in cookie


async def test_the_cookies_page_names_the_cookie_that_is_set(
    town: Town, memory: Memory, assets: Assets
) -> None:
    town.site = replace(town.site, languages=("en", "cy"))
    for https in (False, True):
        browser = open_browser(town, memory, assets, https=https)
        set_cookie = (await browser.post("/lost-cat")).headers["set-cookie"]
        name = set_cookie.partition("=")[0]
        for path in ("/cookies", "/cy/cookies"):
            assert f" {name}, " in (await browser.get(path)).text


async def test_assets_come_compressed_and_are_kept(browser: httpx2.AsyncClient, assets: Assets) -> None:
    path = assets.url("resident.css")
    for encoding in ("br", "gzip"):
        got = await browser.get(path, headers={"accept-encoding": encoding})
        assert got.headers["content-encoding"] == encoding
        assert "immutable" in got.headers["cache-control"]
    again = await browser.get(path, headers={"if-none-match": got.headers["etag"]})
    assert again.status_code == 304
    brand = await browser.get("/brand.css")
    assert "#123456" in brand.text
    assert (
        await browser.get("/brand.css", headers={"if-none-match": brand.headers["etag"]})
    ).status_code == 304


async def test_pages_are_compressed_only_where_that_is_asked_for(browser: httpx2.AsyncClient) -> None:
    bare = await browser.get("/lost-cat", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in bare.headers
    for encoding in ("br", "gzip"):
        packed = await browser.get("/lost-cat", headers={"accept-encoding": encoding})
        assert packed.headers["content-encoding"] == encoding
        assert packed.text == bare.text


async def test_a_case_is_followed_by_reference_and_proof(browser: httpx2.AsyncClient) -> None:
    form = await browser.get("/case/K7M-2XQ-9HD")
    assert 'value="K7M-2XQ-9HD"' in form.text
    data = {"reference": "K7M-2XQ-9HD", "proof": "B91 3QT"}
    shown = await browser.post("/case", data=data)
    assert "We are working on it" in shown.text
    assert "12 March 2026" in shown.text
    assert "&lt;b&gt;On our way" in shown.text
    wrong = await browser.post("/case", data={**data, "proof": '"><b>'})
    assert wrong.status_code == 404
    assert 'value="&#34;&gt;&lt;b&gt;"' in wrong.text
    often = await browser.post("/case", data={**data, "proof": "often"})
    assert often.status_code == 429
    assert often.headers["retry-after"] == "600"
    odd = await browser.get("/case/%00%1b%22x")
    assert 'value="&#34;x"' in odd.text
    for page in (form, shown, wrong, often, odd):
        assert faults_of_html(page.text) == []


async def test_the_other_language_of_a_case_asks_for_its_proof_again(
    browser: httpx2.AsyncClient, town: Town
) -> None:
    town.site = replace(town.site, languages=("en", "cy"))
    for page in (
        await browser.get("/case/K7M-2XQ-9HD"),
        await browser.post("/case", data={"reference": "K7M-2XQ-9HD", "proof": "B91 3QT"}),
    ):
        assert 'href="/cy/case/K7M-2XQ-9HD" lang="cy"' in page.text
    welsh = await browser.get("/cy/case/K7M-2XQ-9HD")
    assert 'value="K7M-2XQ-9HD"' in welsh.text
    assert '<html lang="cy"' in welsh.text


async def test_the_other_pages_are_whole(browser: httpx2.AsyncClient) -> None:
    for path in ("/", "/measures", "/privacy", "/cookies", "/accessibility", "/case", "/nothing"):
        page = await browser.get(path)
        assert faults_of_html(page.text) == [], path
    assert "Completion rate" in (await browser.get("/measures")).text


NAMES = [
    "ours",
    "seen-day",
    "seen-month",
    "seen-year",
    "people-0-name",
    "people-999-name",
    "_action",
    "score",
]
TEXTS = st.text(max_size=30) | st.sampled_from(
    ["yes", "9", "remove:people:0", "add:people", "add:ours", "\0", "'; drop table x", "<script>"]
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    page=st.sampled_from(["ours", "not-ours", "seen", "people", "check", "confirmation", "feedback", "x"]),
    data=st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), TEXTS, max_size=6),
)
async def test_no_form_breaks_a_page(browser: httpx2.AsyncClient, page: str, data: dict[str, str]) -> None:
    journey = await begin(browser)
    token = token_in((await browser.get(f"{journey}/ours")).text)
    sent = await browser.post(f"{journey}/{page}", data={**data, "_token": token})
    assert sent.status_code < 500
    assert "<script>" not in sent.text


async def test_whoever_leaves_in_the_middle_of_a_form_is_no_fault_of_ours(
    town: Town, memory: Memory, assets: Assets, browser: httpx2.AsyncClient
) -> None:
    journey = await begin(browser)
    app = app_of(town, memory, assets)
    headers = [
        (b"host", HOST.encode()),
        (b"content-type", b"application/x-www-form-urlencoded"),
        (b"cookie", f"ch_browser={browser.cookies['ch_browser']}".encode()),
    ]
    scope = {
        "type": "http",
        "method": "POST",
        "path": f"{journey}/ours",
        "query_string": b"",
        "headers": headers,
        "scheme": "http",
    }
    arriving = iter(
        [{"type": "http.request", "body": b"_tok", "more_body": True}, {"type": "http.disconnect"}]
    )
    sent: list[Any] = []

    async def receive() -> Any:
        return next(arriving)

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    assert sent[0]["status"] == 400
    assert memory.journeys[journey.rpartition("/")[2]][1].answers == {}
