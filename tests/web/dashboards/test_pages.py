"""A council's measures as a browser meets them: figures, charts and files, with small numbers kept back."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from html import unescape

import httpx2
import pytest

from commonhall.reporting.counts import Counts
from commonhall.reporting.measures import PageStep, Place, Point, Spread
from commonhall.web.assets import Assets
from commonhall.web.charts.artist import Artist
from commonhall.web.dashboards.beside import Like, nobody
from commonhall.web.dashboards.dashboards import Dashboards
from commonhall.web.dashboards.reports import Reports
from tests.web.dashboards.counted import reports
from tests.web.rendered import faults_of_html
from tests.web.test_resident_views import URL, Memory, Town, app_of, town

__all__ = ["town"]

COUNTED = reports(("lost-cat",), ("ours", "seen"))
Opened = Callable[..., httpx2.AsyncClient]


@pytest.fixture(scope="module")
def artist() -> Iterator[Artist]:
    made = Artist()
    yield made
    made.close()


@pytest.fixture
def opened(town: Town, assets: Assets, artist: Artist) -> Opened:
    """A browser of a council for which this was counted."""
    both = Town(replace(town.site, languages=("en", "cy")))

    def open_for(counted: Reports = COUNTED, like: Like = nobody, by: Artist = artist) -> httpx2.AsyncClient:
        app = app_of(both, Memory(), assets, dashboards=Dashboards(counted, by, like))
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url=URL)

    return open_for


def with_counts(counts: Counts, by_channel: Mapping[str, Counts]) -> Reports:
    """Readings in which everything happened on one day."""

    async def series(*asked: object) -> list[Point]:
        return [Point(date(2026, 3, 1), counts, by_channel)]

    async def pages(*asked: object) -> list[PageStep]:
        return [PageStep("ours", 40, 7), PageStep("seen", 33, 3)]

    async def spread(*asked: object) -> Spread:
        return Spread(77.0, 88.0, 6)

    async def places(*asked: object) -> list[Place]:
        return [Place("B91 1", 31), Place("B91 2", 5)]

    return replace(COUNTED, series=series, pages=pages, spread=spread, places=places)


FEW = with_counts(
    Counts(
        starts=43, submitted=36, sent=36, sent_digital=31, score_5=4, closed=8, in_time=6, late=2, abandoned=7
    ),
    {"online": Counts(sent=31), "phone": Counts(sent=5)},
)


async def test_a_service_has_figures_definitions_charts_and_tables(opened: Opened) -> None:
    page = await opened().get("/measures/lost-cat?span=12m")
    assert page.status_code == 200
    assert faults_of_html(page.text) == []
    text = unescape(page.text)
    assert "1 April 2025 to 10 March 2026, by month" in text
    for title in (
        "Digital take-up",
        "Completion rate",
        "Satisfaction",
        "Cost per transaction",
        "Failure demand",
    ):
        assert f"<dt>{title}</dt>" in text
    figures = re.findall(r'<div class="ch-measure"', text)
    assert len(figures) == text.count("What is counted<span") >= 12
    charts = re.findall(
        r'<img class="ch-chart__picture" src="([^"]+)" alt="([^"]+)" width="\d+" height="\d+"', text
    )
    assert len(charts) == text.count("Table of these figures<span") >= 9
    assert all(len(alt) > 40 for _, alt in charts)
    assert "Online: " in charts[0][1]
    assert "These figures are not real" in text
    assert 'data-ch-measures="/measures/lost-cat?span=12m&period=month&part=live"' in text


async def test_pictures_tables_and_files_say_the_same(opened: Opened) -> None:
    http = opened()
    query = "?span=12m&period=month"
    svg = (await http.get(f"/measures/lost-cat/chart/channels.svg{query}")).text
    rows = list(
        csv.DictReader(io.StringIO((await http.get(f"/measures/lost-cat/chart/channels.csv{query}")).text))
    )
    told = json.loads((await http.get(f"/measures/lost-cat/chart/channels.json{query}")).text)
    assert [row["from"] for row in told["rows"]] == [row["from"] for row in rows]
    assert len(rows) == 12
    page = unescape((await http.get(f"/measures/lost-cat{query}")).text)
    for row in rows:
        online = f"{int(row['online']):,}"
        assert f"Sent: {online}; name: Online" in unescape(svg)
        assert f">{online}</td>" in page
    figures = json.loads((await http.get(f"/measures/lost-cat/chart/figures.json{query}")).text)
    sent = next(row for row in figures["rows"] if row["measure"] == "sent")
    assert sent["value"] == sum(
        int(row[name]) for row in rows for name in ("online", "phone", "in-person", "api")
    )


async def test_small_numbers_are_nowhere_in_what_the_public_gets(opened: Opened) -> None:
    http = opened(FEW)
    page = await http.get("/measures/lost-cat?span=12m")
    assert "kept back" in page.text
    told = unescape(re.sub(r"<[^>]*>", " ", page.text))
    for figure in (r"\b5\b", r"\b7\b", r"\b3\b", r"\b4 responses", r"\b6\b", r"\b2\b", r"77 sec"):
        # Days and definitions have small numbers of their own.
        shown = re.findall(r"<(?:dd class=\"ch-measure__(?:value|more)\"|td[^>]*)>([^<]*)", page.text)
        assert not any(re.fullmatch(figure, cell.strip()) for cell in shown), figure
    assert "[c]" in told
    for name in ("channels", "satisfaction", "pages", "areas", "in-time", "figures"):
        found = await http.get(f"/measures/lost-cat/chart/{name}.json?span=12m")
        assert found.status_code == 200, name
        body = json.loads(found.text)
        counts = [column["key"] for column in body["columns"] if column["kind"] == "count"]
        assert all(row[key] is None or row[key] >= 10 for row in body["rows"] for key in counts), name
    channels = (await http.get("/measures/lost-cat/chart/channels.csv?span=12m")).text
    assert "2026-03-01,[c],[c]" in channels, "of two parts of a known whole, one alone tells the other"
    alts = " ".join(re.findall(r'alt="([^"]*)"', page.text))
    assert "Phone: 5" not in alts
    areas = (await http.get("/measures/lost-cat/chart/areas.csv?span=12m")).text
    assert areas.splitlines()[1:] == ["All other areas,36"], (
        "nor that there was anything at all in one of them"
    )
    assert (await http.get("/measures/lost-cat/chart/streets.svg")).status_code == 404


async def test_where_nothing_was_counted_it_says_so(opened: Opened) -> None:
    page = await opened(with_counts(Counts(), {})).get("/measures/lost-cat")
    assert "Nothing has been counted in these dates." in page.text
    assert "<img" not in page.text


@pytest.mark.parametrize(
    ("path", "media", "begins"),
    [
        ("channels.svg", "image/svg+xml", b"<svg"),
        ("channels.png", "image/png", b"\x89PNG"),
        ("channels.csv", "text/csv", b"from,online"),
        ("channels.json", "application/json", b'{"name":"channels"'),
        ("services.svg", "image/svg+xml", b"<svg"),
    ],
)
async def test_a_chart_is_known_by_its_content(opened: Opened, path: str, media: str, begins: bytes) -> None:
    http = opened()
    found = await http.get(f"/measures/all/chart/{path}")
    assert found.headers["content-type"].startswith(media)
    assert found.content.startswith(begins)
    assert found.headers["cache-control"] == "public, no-cache"
    again = await http.get(f"/measures/all/chart/{path}", headers={"if-none-match": found.headers["etag"]})
    assert again.status_code == 304
    digest = found.headers["etag"].strip('"').partition("-")[0]
    kept = await http.get(f"/measures/all/chart/{path}?v={digest}")
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    narrow = await http.get(f"/measures/all/chart/{path}?size=narrow")
    if path.endswith(".svg"):
        assert b'width="330"' in narrow.content
        assert "style-src 'self'" in narrow.headers["content-security-policy"]
        assert b"style=" not in found.content


@pytest.mark.parametrize(
    "path",
    [
        "/measures/nothing",
        "/measures/all",
        "/measures/nothing/chart/channels.svg",
        "/measures/lost-cat/chart/channels.gif",
        "/measures/lost-cat/chart/nothing.svg",
        "/measures/lost-cat/chart/figures.svg",
        "/measures/lost-cat/chart/../channels.svg",
        "/measures/lost-cat/chart/%2e%2e%2fx.svg",
    ],
)
async def test_what_is_not_there_is_not_found(opened: Opened, path: str) -> None:
    found = await opened().get(path)
    assert found.status_code == 404


async def test_days_that_are_none_are_told_at_their_inputs(opened: Opened) -> None:
    http = opened()
    page = await http.get("/measures/lost-cat?span=own&from=%22%3E%3Cb%3E&to=2026-02-30")
    assert page.status_code == 400
    assert faults_of_html(page.text) == []
    assert "<title>" in page.text
    for field in ("from", "to"):
        assert f'<a href="#{field}">' in page.text
        assert f'aria-describedby="{field}-error"' in page.text
    assert "<b>" not in page.text
    chart = await http.get("/measures/lost-cat/chart/channels.svg?span=own&from=x&to=y")
    assert chart.status_code == 400
    assert "first day as a date" in chart.text


async def test_a_welsh_page_is_welsh(opened: Opened) -> None:
    page = await opened().get("/cy/measures/lost-cat?span=12m")
    text = unescape(page.text)
    assert '<html lang="cy"' in text
    assert "1 Ebrill 2025 hyd at 10 Mawrth 2026, fesul mis" in text
    assert "Siart llinell, Ebrill 2025 hyd at Mawrth 2026. Ar-lein:" in text
    english = ("What is counted", "Table of these", "Sent by", "Download", "Last 12", "responses")
    assert [words for words in english if words in text] == []
    svg = (await opened().get("/cy/measures/lost-cat/chart/channels.svg?span=12m")).text
    assert "Rhag 2025" in svg
    assert (await opened().get("/measures/lost-cat?span=12m")).text.count(
        'href="/cy/measures/lost-cat?span=12m'
    ) == 1


async def test_a_script_is_given_the_part_that_changes_and_only_when_it_has(opened: Opened) -> None:
    http = opened()
    part = await http.get("/measures/lost-cat?part=live")
    assert "<html" not in part.text
    assert part.text.count("data-ch-live") > 15
    etag = part.headers["etag"]
    again = await http.get("/measures/lost-cat?part=live", headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")
    other = await opened(FEW).get("/measures/lost-cat?part=live", headers={"if-none-match": etag})
    assert other.status_code == 200
    assert "aria-live" not in part.text


async def test_beside_councils_like_it_each_has_its_interval_and_none_its_rank(opened: Opened) -> None:
    names = {"borchester": "Borchester", "walsall": "Walsall", "coventry": "Coventry", "dudley": "Dudley"}

    async def across(*asked: object) -> dict[str, Counts]:
        return {
            "walsall": Counts(sent=90, sent_digital=40),
            "borchester": Counts(sent=60, sent_digital=50),
            "dudley": Counts(sent=29, sent_digital=29),
            "elsewhere": Counts(sent=900, sent_digital=1),
        }

    http = opened(replace(COUNTED, across=across), lambda council: names)
    rows = json.loads((await http.get("/measures/lost-cat/chart/like-take-up.json")).text)["rows"]
    assert [row["council"] for row in rows] == ["Borchester", "Walsall"], "by name; Dudley has too few"
    assert all(row["low"] < row["share"] < row["high"] for row in rows)
    assert (await http.get("/measures/lost-cat/chart/like-in-time.svg")).status_code == 404
    page = unescape((await http.get("/measures/lost-cat")).text)
    assert "this is no ranking" in page


async def test_a_page_is_whole_when_charts_cannot_be_drawn(opened: Opened) -> None:
    broken = Artist((sys.executable, "-c", "pass"))
    http = opened(COUNTED, nobody, broken)
    assert (await http.get("/measures/lost-cat")).status_code == 200
    picture = await http.get("/measures/lost-cat/chart/channels.svg")
    assert picture.status_code == 503
    assert picture.headers["retry-after"] == "5"
    assert "its figures are in the table" in picture.text
    assert (await http.get("/measures/lost-cat/chart/channels.csv")).status_code == 200
    broken.close()


async def test_measures_arrive_in_the_first_round_trip(opened: Opened) -> None:
    page = await opened().get("/measures/lost-cat", headers={"accept-encoding": "gzip"})
    assert int(page.headers["content-length"]) < 14 * 1024
