"""The finder leads people to the right council, and says plainly where a link goes."""

from __future__ import annotations

import html
import re
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from commonhall.casework.sites import Site
from commonhall.directory.directory import Directory
from commonhall.web.assets import Assets
from commonhall.web.finder.views import FinderTools, finder_app
from tests.web.rendered import faults_of_html

pytestmark = pytest.mark.network  # the test client's event loop opens a pair of sockets on this machine


@pytest.fixture(scope="module")
def finder(directory: Directory, sites: list[Site], assets: Assets) -> TestClient:
    by_council = {site.council: site for site in sites}
    tools = FinderTools(
        directory=directory,
        live=by_council.get,
        all_sites=lambda: sites,
        site_url=lambda site, path: f"http://{site.council}.localhost{path}",
        assets=assets,
        https=False,
    )
    return TestClient(finder_app(tools), raise_server_exceptions=False)


def read(finder: TestClient, path: str, status: int = 200) -> str:
    """The page at a path, proved to be valid."""
    answer = finder.get(path)
    assert answer.status_code == status
    assert faults_of_html(answer.text) == []
    return html.unescape(answer.text)


def heading(page: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", page, re.DOTALL)
    assert found
    return found[1].strip()


def test_home_asks_for_a_postcode_and_keeps_a_need(finder: TestClient) -> None:
    assert heading(read(finder, "/")) == "Find your council’s service"
    assert 'value="fix a pothole"' in read(finder, "/?need=fix+a+pothole")
    assert "bin heb ei gasglu" in read(finder, "/cy/")


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/find?postcode=ng15fs", "Your council for NG1 5FS"),
        ("/find?postcode=NG15+9HG", "Your councils for NG15 9HG"),
        ("/cy/find?postcode=NG15+9HG", "Eich cynghorau ar gyfer NG15 9HG"),
        ("/find?postcode=B91+3ZZ", "Which is your council?"),
        ("/find?postcode=B91", "Which is your council?"),
        ("/find?postcode=BT1+1AA", "Choose your council in Northern Ireland"),
        ("/council/solihull", "Solihull Metropolitan Borough Council"),
    ],
)
def test_the_heading_says_what_was_found(finder: TestClient, path: str, title: str) -> None:
    page = read(finder, path)
    assert heading(page) == title
    assert f"<title>{title} - Commonhall</title>" in page


def test_northern_ireland_offers_its_eleven_councils(finder: TestClient) -> None:
    assert len(set(re.findall(r'href="/council/([^"]+)"', read(finder, "/find?postcode=BT1+1AA")))) == 11


@pytest.mark.parametrize(
    ("postcode", "status", "message"),
    [
        ("", 400, "Enter your postcode"),
        ("rubbish", 400, "Enter a full UK postcode"),
        ("ZZ1+1AA", 404, "We do not know this postcode"),
        ("JE2+3AA", 404, "This postcode is in Jersey"),
    ],
)
def test_a_postcode_that_leads_nowhere_is_explained(
    finder: TestClient, postcode: str, status: int, message: str
) -> None:
    page = read(finder, f"/find?postcode={postcode}&need=bins", status)
    assert message in page
    assert "<title>Error: " in page
    assert 'value="bins"' in page


def test_two_tiers_are_explained_in_sentences(finder: TestClient) -> None:
    page = read(finder, "/find?postcode=NG15+9HG")
    assert "Two councils share the work where you live." in page
    assert "It looks after roads" in page
    assert "It looks after bins" in page


def test_potholes_go_to_the_county_and_bins_to_the_district(finder: TestClient, directory: Directory) -> None:
    gedling = directory.councils.council("gedling")
    assert gedling
    potholes = read(finder, "/find?postcode=NG15+9HG&need=pothole").split("Your councils</h2>")[0]
    bins = read(finder, "/find?postcode=NG15+9HG&need=missed+bin").split("Your councils</h2>")[0]
    assert "http://nottinghamshire.localhost/pothole" in potholes
    assert gedling.homepage_url not in potholes
    assert bins.count(f'href="{gedling.homepage_url}"') == 1
    assert "Not on Commonhall yet: " in bins


def test_live_services_come_before_homepages(finder: TestClient) -> None:
    page = read(finder, "/find?postcode=NG1+5FS&need=bin").split("Your council</h2>")[0]
    live = page.index("http://nottingham.localhost/missed-bin")
    assert "Not on Commonhall yet" not in page[:live]


def test_the_list_has_every_council(finder: TestClient) -> None:
    assert len(set(re.findall(r'href="/council/([^"]+)"', read(finder, "/councils")))) == 382
    read(finder, "/cy/councils")


@pytest.mark.parametrize("path", ["/council/atlantis", "/cy/council/atlantis", "/nowhere", "/assets/no.css"])
def test_what_is_not_there_says_so(finder: TestClient, path: str) -> None:
    read(finder, path, 404)


def test_a_hostile_need_is_shown_as_text(finder: TestClient) -> None:
    hostile = quote('"><script>alert(1)</script>{{7*7}}')
    for path in (f"/?need={hostile}", f"/find?postcode=NG1+5FS&need={hostile}", f"/find?postcode={hostile}"):
        assert "<script>alert" not in finder.get(path).text


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(postcode=st.text(max_size=30), need=st.text(max_size=30), slug=st.text(max_size=20))
def test_no_words_break_a_page(finder: TestClient, postcode: str, need: str, slug: str) -> None:
    def coded(text: str) -> str:
        return quote(text, safe="", errors="replace")

    for path in (
        f"/find?postcode={coded(postcode)}&need={coded(need)}",
        f"/council/solihull?need={coded(need)}",
        f"/cy/council/{coded(slug)}",
        f"/x{coded(slug)}",
    ):
        assert finder.get(path).status_code < 500


def test_head_and_security_headers(finder: TestClient) -> None:
    for path in ("/", "/councils", "/find?postcode=NG1+5FS", "/nowhere"):
        answer = finder.head(path)
        assert answer.status_code == (404 if path == "/nowhere" else 200)
        assert answer.content == b""
        assert "content-security-policy" in answer.headers
        assert answer.headers["x-content-type-options"] == "nosniff"
