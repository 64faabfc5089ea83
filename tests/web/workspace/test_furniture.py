"""What stands around a council's pages: entered by staff, checked, seen by residents in both languages, taken away again."""

from __future__ import annotations

import gzip

import pytest

from commonhall.engine.staff import Role
from tests.web.workspace.office import Office
from tests.web.workspace.test_logo import LOGO, picture, send
from tests.web.workspace.test_people import TestBrand as _Brand

BRAND, PATH = "/workspace/brand", "/workspace/brand/furniture"
SHEET = "/* ours */\n.govuk-button { border-radius: 8px }"
FORM = (
    ("leads_home", "yes"),
    ("menu-0-label-en", "Bins & recycling"),
    ("menu-0-label-cy", "Biniau"),
    ("menu-0-url-en", "https://www.example.org/bins"),
    ("menu-0-url-cy", "https://www.example.org/cy/biniau"),
    ("crumbs-0-label-en", "Home"),
    ("crumbs-0-label-cy", "Hafan"),
    ("crumbs-0-url-en", "https://www.example.org/"),
    ("footer_text-en", "Council House\n<b>Solihull</b>"),
    ("footer_text-cy", "Tŷ'r Cyngor"),
    ("stylesheet", SHEET.replace("\n", "\r\n")),
)


async def furnished(office: Office, *changed: tuple[str, str]) -> None:
    """The form, sent as it stands above but for what is changed."""
    owner = await office.staff(Role.SERVICE_OWNER)
    await owner.get(PATH)
    form = dict(FORM) | dict(changed)
    await owner.post(PATH, list(form.items()))
    await office.house.sites.refresh()


async def test_residents_see_it_in_both_languages(office: Office) -> None:
    await furnished(office)
    english, welsh = [await office.anybody().get(path) for path in ("/missed-bin", "/cy/missed-bin")]
    assert '<a href="https://www.example.org/bins">Bins &amp; recycling</a>' in english.text
    assert '<a href="https://www.example.org/cy/biniau">Biniau</a>' in welsh.text
    # Without an address of its own, a language has the English page's.
    assert (
        '<li><a href="https://www.example.org/">Hafan</a></li>\n<li><a href="/cy/">Pob gwasanaeth</a></li>'
        in welsh.text
    )
    assert '<span aria-current="page">Report a missed bin collection</span>' in english.text
    assert "<p>&lt;b&gt;Solihull&lt;/b&gt;</p>" in english.text
    assert '<div class="ch-header__name"><a href="https://www.solihull.gov.uk' in english.text
    home = await office.anybody().get("/")
    assert '<span aria-current="page">All services</span>' in home.text
    assert (await office.actions())[0] == "brand.furniture"


async def test_its_style_sheet_is_residents_and_not_staff_s(office: Office) -> None:
    assert 'href="/brand.css"' in (await office.anybody().get("/")).text
    await furnished(office)
    assert 'href="/look.css"' in (await office.anybody().get("/")).text
    look = await office.anybody().get("/look.css")
    assert look.headers[b"content-type"] == b"text/css; charset=utf-8"
    assert look.text.endswith(f"{SHEET}\n")
    assert look.text.startswith(":root{--council-colour:")
    owner = await office.staff(Role.SERVICE_OWNER)
    page = await owner.get(PATH)
    assert 'href="/brand.css"' in page.text
    assert ".govuk-button { border-radius: 8px }" in page.text
    assert "border-radius" not in (await office.anybody().get("/brand.css")).text
    await furnished(office, ("stylesheet", ""))
    assert 'href="/brand.css"' in (await office.anybody().get("/")).text


async def test_it_stays_when_the_logo_or_the_brand_changes(office: Office) -> None:
    await furnished(office)
    owner = await office.staff(Role.SERVICE_OWNER)
    await owner.get(LOGO)
    await send(owner, picture())
    await owner.get(BRAND)
    await owner.post(BRAND, _Brand.FORM)
    await office.house.sites.refresh()
    page = await office.anybody().get("/")
    assert "/logo/" in page.text
    assert "Bins &amp; recycling" in page.text
    assert SHEET in (await office.anybody().get("/look.css")).text
    await furnished(office, ("stylesheet", ".govuk-button { border-radius: 3px }"))
    kept = await office.house.store.owner.fetch("select media_type from council_image order by media_type")
    assert [row["media_type"] for row in kept] == ["image/png", "text/css"]


async def test_a_page_with_all_of_it_arrives_in_the_first_round_trip(office: Office) -> None:
    links = [
        (f"menu-{n}-label-{code}", f"A matter of the council’s, number {n}")
        for n in range(8)
        for code in ("en", "cy")
    ]
    links += [(f"menu-{n}-url-en", f"https://www.example.org/a/rather/long/address/{n}") for n in range(8)]
    await furnished(office, *links, ("footer_text-en", "x" * 600))
    anybody = office.anybody()
    anybody.extra = [(b"accept-encoding", b"gzip")]
    page = await anybody.get("/missed-bin")
    plain = gzip.decompress(page.body).decode()
    style = plain.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    sent = len(page.body) + len((await anybody.get(style)).body)
    assert sent + 2_000 + 200 <= 14 * 1024


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("menu-0-label-cy", "", "Enter what the link says"),
        ("menu-0-label-en", "x" * 61, "60 characters or fewer"),
        ("menu-0-url-en", "http://example.org/", "begins with https://"),
        ("crumbs-0-url-cy", "javascript:alert(1)", "begins with https://"),
        ("footer_text-cy", "x" * 601, "600 characters or fewer"),
        ("stylesheet", "a {}\nb { background: url(https://example.org/x) }", "Line 2: Pages load nothing"),
        ("stylesheet", "a { color: #999; background: #fff }", "has a contrast of 2.8"),
    ],
)
async def test_what_may_not_stand_there_is_told_and_nothing_typed_is_lost(
    office: Office, name: str, value: str, words: str
) -> None:
    owner = await office.staff(Role.SERVICE_OWNER)
    await owner.get(PATH)
    page = await owner.post(PATH, list((dict(FORM) | {name: value}).items()), status=400)
    assert words in page.text
    assert "https://www.example.org/cy/biniau" in page.text
    assert "Council House" in page.text


async def test_who_may_not_change_the_brand_does_not_see_it(office: Office) -> None:
    officer = await office.staff(Role.OFFICER)
    await officer.get(PATH, status=403)
