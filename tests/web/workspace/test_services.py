"""A service owner adopts, changes, sees, upgrades, pauses and orders services; residents meet what she chose."""

from __future__ import annotations

import html
import re

import pytest

from commonhall.catalogue.adopting import know_version
from commonhall.catalogue.upgrades import take_patches
from commonhall.engine.adoption import Adopter
from commonhall.engine.package import Service
from commonhall.engine.reader import read_service
from commonhall.engine.staff import Role
from tests.houses import HOME
from tests.web.wire import Reply, token_in
from tests.web.workspace.office import Office, Staff

PATH = "/workspace/services"
BINS = f"{PATH}/missed-bin"


def revision(reply: Reply) -> tuple[str, str]:
    found = re.search(r'name="revision" value="(\d+)"', reply.text)
    assert found, reply.text[-2000:]
    return "revision", found.group(1)


async def begun(owner: Staff, service: str = "missed-bin", newest: str = "no") -> Reply:
    """The list of tasks of a service that somebody begins to change."""
    await owner.get(PATH)
    return await owner.follow(await owner.post(f"{PATH}/{service}/begin", [("newest", newest)]))


async def next_version(office: Office, version: str, *edits: tuple[str, str]) -> Service:
    """A newer missed-bin, known to the installation."""
    folder = HOME / "services" / "missed-bin"
    files = {path.name: path.read_text("utf-8") for path in folder.iterdir()}
    text = files["service.yaml"].replace("version: 1.0.0", f"version: {version}")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    files |= {"service.yaml": text, "CHANGELOG.md": f"## {version}\n\nBetter.\n\n{files['CHANGELOG.md']}"}
    service = read_service(files, office.house.calendars)
    assert await know_version(office.house.store, service, office.clock())
    return service


async def live(office: Office, owner: Staff, service: str = "missed-bin") -> Reply:
    """Make the draft live; the sites are read again as they would be within a second."""
    page = await owner.get(f"{PATH}/{service}/live")
    done = await owner.follow(await owner.post(f"{PATH}/{service}/live", [revision(page), ("do", "live")]))
    await office.house.sites.refresh()
    return done


async def test_the_list_tells_what_runs_and_what_could(office: Office) -> None:
    owner = await office.staff(Role.SERVICE_OWNER)
    page = await owner.get(PATH)
    for name in ("Report a missed bin collection", "Report fly-tipping"):
        assert name in page.text
    viewer = await office.staff(Role.VIEWER)
    page = await viewer.get(PATH)
    assert "Retire" not in page.text
    await viewer.post(f"{PATH}/missed-bin/begin", status=403)


async def test_settings_are_checked_kept_and_met_by_residents(office: Office) -> None:
    owner = await office.staff(Role.SERVICE_OWNER)
    await begun(owner)
    page = await owner.get(f"{BINS}/settings")
    form = [
        revision(page),
        ("report_within_days", "30"),
        ("return_within_days", "three"),
        ("same_day_reports", "yes"),
        ("crews_out_until-en", "9pm"),
        ("crews_out_until-cy", "9yh"),
        ("out_by-en", "6am"),
        ("out_by-cy", "6am"),
    ]
    wrong = await owner.post(f"{BINS}/settings", form, status=400)
    assert "at most 10 is allowed" in wrong.text
    assert "a whole number" in wrong.text
    assert 'value="three"' in wrong.text, "what was typed stands there again"
    await owner.post(f"{BINS}/live", [revision(wrong), ("do", "live")], status=409)
    form = [revision(wrong), ("report_within_days", "1"), ("return_within_days", "3"), *form[3:]]
    await owner.post(f"{BINS}/settings", form)
    assert "is live" in (await live(office, owner)).text
    site = office.house.sites.of_council("solihull")
    assert site is not None
    running = site.service("missed-bin")
    assert running is not None
    assert running.settings["report_within_days"] == 1
    assert running.texts.need("cy", "pages.too-early.body").count("9yh") == 1
    assert running.choices.settings["out_by"] == "6am", "the same words in both languages are one"
    assert (await office.actions())[:3] == ["service.go-live", "draft.change", "draft.change"]


async def test_options_are_added_moved_and_removed(office: Office) -> None:
    owner = await office.staff(Role.SERVICE_OWNER)
    await begun(owner)
    path = f"{BINS}/settings/containers"

    def rows(*names: tuple[str, str, str]) -> list[tuple[str, str]]:
        return [
            pair
            for code, english, welsh in names
            for pair in (
                ("code", code),
                ("label-en", english),
                ("label-cy", welsh),
                ("hint-en", ""),
                ("hint-cy", ""),
            )
        ]

    page = await owner.get(path)
    first = rows(("refuse", "Black bin", "Bin du"), ("", "Glass box", ""))
    wrong = await owner.post(path, [revision(page), *first, ("do", "save")], status=400)
    assert "text" in wrong.text
    added = await owner.post(path, [revision(wrong), *first, ("do", "add")], status=200)
    assert added.text.count('name="label-en"') == 3
    whole = rows(("refuse", "Black bin", "Bin du"), ("glass-box", "Glass box", "Blwch gwydr"))
    moved = await owner.post(path, [revision(added), *whole, ("do", "up 1")], status=200)
    assert moved.text.index("Glass box") < moved.text.index("Black bin")
    again = rows(("glass-box", "Glass box", "Blwch gwydr"), ("refuse", "Black bin", "Bin du"))
    await owner.post(path, [revision(moved), *again, ("do", "save")])
    preview = await owner.get(f"{BINS}/preview/cy/containers")
    assert "Blwch gwydr" in preview.text


async def test_own_words_in_every_language_or_in_none(office: Office) -> None:
    owner = await office.staff(Role.SERVICE_OWNER)
    await begun(owner, "fly-tipping")
    path = f"{PATH}/fly-tipping/wording"
    page = await owner.get(path)
    key = re.findall(r'name="en-(pages\.[a-z0-9.-]+)"', page.text)[0]
    await owner.post(path, [revision(page), (f"en-{key}", "In our words {{ settings.nothing }}")], status=400)
    page = await owner.get(path)
    await owner.post(path, [revision(page), (f"en-{key}", "In our words"), (f"cy-{key}", "Yn ein geiriau")])
    tasks = await owner.get(f"{PATH}/fly-tipping")
    assert "1 of" in tasks.text
    page = await owner.get(path)
    await owner.post(path, [revision(page)])
    assert "0 of" in (await owner.get(f"{PATH}/fly-tipping")).text


async def test_an_own_question_is_asked_changed_and_taken_away(office: Office) -> None:
    owner = await office.staff(Role.SERVICE_OWNER)
    await begun(owner)
    page = await owner.get(f"{BINS}/questions/new")
    asked = [("place", "before-contact"), ("type", "radios"), ("question-en", "Is there a gate?")]
    wrong = await owner.post(f"{BINS}/questions/new", [revision(page), *asked], status=400)
    assert "Enter the question in Welsh" in wrong.text
    assert "Enter at least two answers" in wrong.text
    whole = [
        *asked,
        ("question-cy", "Oes giât?"),
        ("options-en", "Yes\r\nNo"),
        ("options-cy", "Oes\r\nNac oes"),
    ]
    await owner.post(f"{BINS}/questions/new", [revision(wrong), *whole])
    listed = await owner.get(f"{BINS}/questions")
    number = re.findall(r"/questions/(\d+)", listed.text)[-1]
    page = await owner.get(f"{BINS}/questions/{number}")
    changed = [(name, "Is there a locked gate?" if name == "question-en" else value) for name, value in whole]
    await owner.post(f"{BINS}/questions/{number}", [revision(page), *changed])
    preview = await owner.get(f"{BINS}/preview/en/local-is-there-a-gate")
    assert "Is there a locked gate?" in preview.text
    page = await owner.get(f"{BINS}/questions")
    await owner.post(f"{BINS}/questions", [revision(page), ("do", f"remove {number}")])
    assert "Is there a locked gate?" not in (await owner.get(f"{BINS}/questions")).text


async def test_where_cases_go(office: Office) -> None:
    owner = await office.staff(Role.SERVICE_OWNER)
    await begun(owner)
    page = await owner.get(f"{BINS}/connector")
    await owner.post(f"{BINS}/connector", [revision(page), ("connector", "nowhere")], status=400)
    await owner.post(f"{BINS}/connector", [revision(page), ("connector", "none")])
    assert "No back office" in (await owner.get(BINS)).text


async def test_what_the_back_office_calls_each_answer(office: Office) -> None:
    owner = await office.staff(Role.SERVICE_OWNER)
    tasks = await begun(owner)
    assert "Names at the back office" in tasks.text
    page = await owner.get(f"{BINS}/names")
    for words in ("Address where bins were missed", 'id="name-containers"', 'value="containers"'):
        assert words in page.text
    bad = [revision(page), ("name-containers", "bin type"), ("name-placing", "PLACE")]
    wrong = await owner.post(f"{BINS}/names", bad, status=400)
    assert "without spaces" in wrong.text
    assert 'value="bin type"' in wrong.text
    twice = await owner.post(f"{BINS}/names", [revision(page), ("name-containers", "placing")], status=400)
    assert "both called" in twice.text
    page = await owner.get(f"{BINS}/names")
    good = [revision(page), ("name-containers", "BIN_TYPE"), ("name-placing", "placing")]
    await owner.post(f"{BINS}/names", good)
    assert 'value="BIN_TYPE"' in (await owner.get(f"{BINS}/names")).text
    await live(office, owner)
    site = office.house.sites.of_council("solihull")
    assert site is not None
    [bins] = [one for one in site.services if one.service.id == "missed-bin"]
    assert dict(bins.choices.mapping) == {"containers": "BIN_TYPE"}


async def test_every_page_is_seen_before_it_is_live_and_sends_nothing(office: Office) -> None:
    owner = await office.staff(Role.SERVICE_OWNER)
    await begun(owner)
    page = await owner.get(f"{BINS}/preview")
    links = re.findall(rf'href="({BINS}/preview/(?:en|cy)/[\w-]+)"', page.text)
    assert len(links) > 20
    for link in links:
        shown = await owner.get(link)
        assert "Preview" in shown.text
        assert 'method="post"' not in shown.text.partition("<main")[2]
    assert (await owner.get(f"{BINS}/preview/en/nonsense", status=404)).status == 404
    wrong = await owner.get(f"{BINS}/preview/en/containers-errors")
    assert "There is a problem" in wrong.text


async def test_two_owners_at_once_lose_nothing(office: Office) -> None:
    one, other = await office.staff(Role.SERVICE_OWNER), await office.staff(Role.ADMINISTRATOR)
    await begun(one)
    page = await other.get(f"{BINS}/connector")
    await one.get(f"{BINS}/connector")
    await one.post(f"{BINS}/connector", [revision(page), ("connector", "office")])
    late = await other.post(f"{BINS}/connector", [revision(page), ("connector", "none")], status=409)
    assert "Somebody else has changed this" in late.text
    assert "Sunita" in late.text
    assert "none" in late.text


async def test_journeys_under_way_finish_on_the_version_that_they_began_with(office: Office) -> None:
    owner = await office.staff(Role.SERVICE_OWNER)
    resident = office.anybody()
    first = await resident.post("/missed-bin")
    await begun(owner)
    page = await owner.get(f"{BINS}/wording")
    await owner.post(f"{BINS}/wording", [revision(page), ("en-name", "Bins!"), ("cy-name", "Biniau!")])
    await live(office, owner)
    asked = await resident.get(first.location)
    assert "Bins!" not in asked.text
    assert "Bins!" in (await office.anybody().get("/missed-bin")).text
    place = [
        ("property-line1", "1 High Street"),
        ("property-town", "Solihull"),
        ("property-postcode", "B91 3QJ"),
    ]
    after = await resident.post(first.location, [("_token", token_in(asked)), *place])
    assert "Bins!" not in (await resident.get(after.location)).text
    page = await owner.get(PATH)
    await owner.post(f"{BINS}/do", [("do", "roll-back")])
    await office.house.sites.refresh()
    assert "Bins!" not in (await office.anybody().get("/missed-bin")).text
    assert (await office.actions())[0] == "service.roll-back"


async def test_pause_resume_retire(office: Office) -> None:
    owner = await office.staff(Role.SERVICE_OWNER)
    resident = office.anybody()
    begun_before = await resident.post("/missed-bin")
    await owner.get(PATH)
    await owner.post(f"{BINS}/do", [("do", "pause")])
    await office.house.sites.refresh()
    paused = await office.anybody().get("/missed-bin")
    assert (paused.status, "at the moment" in paused.text) == (503, True)
    assert "missed-bin" not in (await office.anybody().get("/")).text
    assert (await resident.get(begun_before.location)).status == 200, "what was begun can be finished"
    await owner.post(f"{BINS}/do", [("do", "resume")])
    await office.house.sites.refresh()
    assert (await office.anybody().get("/missed-bin")).status == 200
    page = await owner.get(f"{BINS}/retire")
    assert "Whoever has begun can finish" in page.text
    await owner.post(f"{BINS}/retire")
    await office.house.sites.refresh()
    assert (await office.anybody().get("/missed-bin")).status == 404
    assert "Retired" in (await owner.get(PATH)).text


async def test_order_by_buttons_by_dragging_and_what_stands_first(office: Office) -> None:
    owner = await office.staff(Role.SERVICE_OWNER)

    async def shown() -> list[str]:
        await office.house.sites.refresh()
        return re.findall(r'<h2 class="ch-list__title"><a class="govuk-link" href="/([\w-]+)"', (await office.anybody().get("/")).text)  # fmt: skip

    await owner.get(PATH)
    before = await shown()
    await owner.post(f"{PATH}/order", [("down", before[0])])
    moved = [before[1], before[0], *before[2:]]
    assert await shown() == moved
    await owner.post(f"{PATH}/order", [("service", name) for name in reversed(before)])
    assert await shown() == before[::-1]
    await owner.post(f"{PATH}/{before[1]}/do", [("do", "feature")])
    assert (await shown())[0] == before[1]


async def test_an_upgrade_is_settled_staged_activated_and_rolled_back(office: Office) -> None:
    owner = await office.staff(Role.SERVICE_OWNER)
    await begun(owner)
    page = await owner.get(f"{BINS}/wording")
    ours = [("en-pages.tag.hint", "Our hint."), ("cy-pages.tag.hint", "Ein hawgrym.")]
    await owner.post(f"{BINS}/wording", [revision(page), *ours])
    await live(office, owner)
    hint = "hint: Crews do this when a bin holds the wrong things or is too heavy to lift safely."
    await next_version(
        office, "1.1.0", (hint, "hint: Crews do this for reasons."), ("    max: 15\n", "    max: 20\n")
    )
    assert "version 1.1.0 is available" in (await owner.get(PATH)).text
    page = await begun(owner, newest="yes")
    assert "words changed on both sides" in page.text
    for words in ("Our hint.", "Crews do this for reasons.", "too heavy to lift safely"):
        assert words in page.text
    unsettled = await owner.post(f"{BINS}/upgrade", [revision(page)], status=400)
    assert "Settle this" in unsettled.text
    tasks = await owner.get(BINS)
    assert "To settle" in tasks.text
    refused = await owner.post(f"{BINS}/live", [revision(unsettled), ("do", "live")], status=409)
    assert "something to settle" in refused.text
    way = [("id-0", "wording:pages.tag.hint"), ("way-0", "take")]
    settled = await owner.follow(await owner.post(f"{BINS}/upgrade", [revision(unsettled), *way]))
    assert "Everything is settled" in settled.text
    assert "Crews do this for reasons." in settled.text
    page = await owner.get(f"{BINS}/live")
    staged = await owner.follow(await owner.post(f"{BINS}/live", [revision(page), ("do", "stage")]))
    assert "Version 1.1.0 staged" in staged.text

    def version() -> str:
        site = office.house.sites.of_council("solihull")
        assert site is not None
        running = site.service("missed-bin")
        assert running is not None
        return running.service.version

    await office.house.sites.refresh()
    assert version() == "1.0.0", "staged is not live"
    await owner.post(f"{BINS}/do", [("do", "activate")])
    await office.house.sites.refresh()
    assert version() == "1.1.0"
    await owner.post(f"{BINS}/do", [("do", "roll-back")])
    await office.house.sites.refresh()
    assert version() == "1.0.0"
    assert (await office.actions())[:3] == ["service.roll-back", "service.activate", "service.stage"]


@pytest.mark.parametrize(("version", "taken"), [("1.0.1", ["missed-bin 1.0.1"]), ("1.1.0", [])])
async def test_patches_are_taken_by_themselves_where_a_council_lets_them(
    office: Office, version: str, taken: list[str]
) -> None:
    owner = await office.staff(Role.SERVICE_OWNER)
    await owner.get(PATH)
    await next_version(office, version, ("question: Which bins did we miss?", "question: Which bins?"))
    desk = office.house.desk
    site = office.house.sites.of_council("solihull")
    assert site is not None
    adopter = Adopter(site.nation, site.languages)

    async def running(digest: str) -> object:
        return await desk.services.get("solihull", digest)

    assert await take_patches(office.house.adopting, "solihull", adopter, running) == []  # type: ignore[arg-type]
    await owner.post(f"{BINS}/do", [("do", "take-patches")])
    assert await take_patches(office.house.adopting, "solihull", adopter, running) == taken  # type: ignore[arg-type]
    await office.house.sites.refresh()
    title = "Which bins?" if taken else "Which bins did we miss?"
    resident = office.anybody()
    site = office.house.sites.of_council("solihull")
    assert site is not None
    found = site.service("missed-bin")
    assert found is not None
    assert found.texts.need("en", "pages.containers.question") == title
    assert (await resident.get("/missed-bin")).status == 200
    assert "In work" not in (await owner.get(PATH)).text


async def test_a_draft_is_thrown_away_and_what_runs_stays(office: Office) -> None:
    owner = await office.staff(Role.SERVICE_OWNER)
    await begun(owner)
    await owner.post(f"{BINS}/discard")
    await owner.get(BINS, status=404)
    assert (await office.anybody().get("/missed-bin")).status == 200


async def test_a_web_team_copies_what_puts_a_service_on_the_council_s_website(office: Office) -> None:
    officer = await office.staff(Role.OFFICER)
    assert f'href="{BINS}/website">Put it on your website' in (await officer.get(PATH)).text
    page = await officer.get(f"{BINS}/website")
    lines = [
        html.unescape(text) for text in re.findall(r"<pre[^>]*><code>(.*?)</code>", page.text, re.DOTALL)
    ]
    assert len(lines) == 2
    assert 'site="http://solihull.localhost" service="missed-bin" lang="cy"' in lines[1]
    assert '<a href="http://solihull.localhost/cy/missed-bin">Rhoi gwybod' in lines[1]
    script = re.search(r'src="http://solihull.localhost([^"]+)"', lines[0])
    assert script
    assert (await office.anybody().get(script.group(1))).status == 200
    await officer.get(f"{PATH}/spaceship/website", status=404)
