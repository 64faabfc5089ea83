"""A council's measures as a browser meets them: figures, charts and files, with small numbers kept back."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from html import unescape

import httpx2
import pytest

from commonhall.reporting.counts import Counts
from commonhall.reporting.measures import PageStep, Place, Point, Spread
from commonhall.reporting.rates import Base, Bases, no_base, year_sent
from commonhall.reporting.sent import Standing
from commonhall.web.assets import Assets
from commonhall.web.charts.artist import Artist
from commonhall.web.dashboards.beside import Like, nobody
from commonhall.web.dashboards.dashboards import Dashboards
from commonhall.web.dashboards.reports import Reports
from tests.reporting.test_rates import months_of
from tests.web.dashboards.counted import reports
from tests.web.rendered import faults_of_html
from tests.web.test_resident_views import URL, Memory, Town, app_of, town

__all__ = ["town"]

COUNTED = reports(("lost-cat",), ("ours", "seen"))
Opened = Callable[..., httpx2.AsyncClient]


@pytest.fixture
def opened(town: Town, assets: Assets, artist: Artist) -> Opened:
    """A browser of a council for which this was counted."""
    both = Town(replace(town.site, languages=("en", "cy")))

    def open_for(
        counted: Reports = COUNTED, like: Like = nobody, by: Artist = artist, bases: Bases = no_base
    ) -> httpx2.AsyncClient:
        app = app_of(both, Memory(), assets, dashboards=Dashboards(counted, by, like, bases))
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


HOMES = Base(90_000, "households", "population")


def with_year(cases: int, began: date, sent: Mapping[str, Standing] | None = None) -> Reports:
    """Readings of a council that had so many cases in each span, the first of them on a day."""

    async def across(*_: object) -> dict[str, Counts]:
        return {"borchester": Counts(starts=cases, sent=cases, sent_digital=cases // 2)}

    async def since(_service: str) -> dict[str, date]:
        return {"borchester": began}

    async def standings(*_: object) -> Mapping[str, Standing] | None:
        return sent or {}

    return replace(COUNTED, across=across, began=since, sent=standings)


async def test_cases_a_year_per_100_000_say_what_they_are_of_and_of_which_year(opened: Opened) -> None:
    http = opened(with_year(450, date(2025, 3, 10)), bases=lambda council, per: HOMES)
    text = unescape((await http.get("/measures/lost-cat")).text)
    figure = text.split('id="figure-rate"')[1].split("</div>")[0]
    for words in (
        "<dt>Cases a year per 100,000 households</dt>",
        ">500.0<",
        ">450 cases. Households: 90,000, estimated from the population<",
        "Per household: 90,000, estimated from the population at 2.4 people each.",
        "Counted: 10 March 2025 to 9 March 2026.",
    ):
        assert words in figure
    told = json.loads((await http.get("/measures/lost-cat/chart/figures.json")).text)["rows"]
    rate = next(row for row in told if row["measure"] == "rate")
    assert (rate["value"], rate["counted"]) == (500.0, "Counted: 10 March 2025 to 9 March 2026.")
    assert "estimated from the population" in rate["about"]
    table = (await http.get("/measures/lost-cat/chart/figures.csv")).text
    assert "\nrate,500.0,500.0," in table
    welsh = unescape((await http.get("/cy/measures/lost-cat")).text)
    assert "Achosion y flwyddyn fesul 100,000 o gartrefi" in welsh
    assert "450 o achosion. Cartrefi: 90,000, amcangyfrif o’r boblogaeth" in welsh


async def test_before_a_year_was_counted_it_is_said_when_there_will_be_a_rate(opened: Opened) -> None:
    http = opened(with_year(450, date(2025, 6, 1)), bases=lambda council, per: HOMES)
    text = unescape((await http.get("/measures/lost-cat")).text)
    assert 'id="figure-rate"' not in text
    said = "Cases a year per 100,000 households: told from 1 June 2026, when a whole year has been counted."
    assert said in text
    assert "i’w gweld o 1 Mehefin 2026" in unescape((await http.get("/cy/measures/lost-cat")).text)


async def test_few_cases_a_year_are_kept_back(opened: Opened) -> None:
    http = opened(with_year(9, date(2020, 1, 1)), bases=lambda council, per: HOMES)
    told = json.loads((await http.get("/measures/lost-cat/chart/figures.json")).text)["rows"]
    rate = next(row for row in told if row["measure"] == "rate")
    assert (rate["value"], rate["text"]) == (None, "[c]")
    assert "9 cases" not in (await http.get("/measures/lost-cat")).text


async def test_a_council_whose_population_nobody_knows_has_no_rate(opened: Opened) -> None:
    text = (await opened(with_year(450, date(2020, 1, 1))).get("/measures/lost-cat")).text
    assert "per 100,000" not in text


async def test_like_councils_that_sent_their_figures_stand_beside_it_and_are_marked(opened: Opened) -> None:
    months = months_of(year_sent(date(2026, 3, 10)))
    sends = Standing(Counts(sent=900, sent_digital=600), sent=True, months=months)
    counted = with_year(450, date(2020, 1, 1), {"walsall": sends, "elsewhere": sends})
    names = {"borchester": "Borchester", "walsall": "Walsall"}
    http = opened(counted, lambda council: names, bases=lambda council, per: HOMES)
    body = json.loads((await http.get("/measures/lost-cat/chart/like-rate-households.json")).text)
    assert [(row["council"], row["rate"], row["source"]) for row in body["rows"]] == [
        ("Borchester", 500.0, "Counted here"),
        ("Walsall", 1000.0, "Reported by the council"),
    ]
    assert all(row["basis"] == "estimated from the population" for row in body["rows"])
    assert "which were not counted here: Walsall." in body["note"]
    assert "this is no ranking" in body["note"]
    take_up = json.loads((await http.get("/measures/lost-cat/chart/like-take-up.json")).text)["rows"]
    assert [row["council"] for row in take_up] == ["Borchester", "Walsall"]
    assert faults_of_html((await http.get("/measures/lost-cat")).text) == []


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


async def test_what_a_contact_costs_does_not_tell_how_few_came_by_a_channel(opened: Opened) -> None:
    page = unescape((await opened(FEW).get("/measures/lost-cat?span=12m")).text)
    told = {
        title: value.strip()
        for title, value in re.findall(
            r"<dt>([^<]*)</dt>\s*<dd class=\"ch-measure__value\"[^>]*>([^<]*)", page
        )
    }
    assert (told["Cost per transaction"], told["Digital take-up"]) == ("[c]", "[c]")
    assert told["Sent"] == "36"
    assert "£" not in re.sub(r"(?s)<details.*?</details>", "", page), (
        "31 online and 5 by phone make one mean alone"
    )


async def test_one_line_alone_is_named(opened: Opened) -> None:
    many = with_counts(
        Counts(starts=500, sent=460),
        {"online": Counts(sent=400), "phone": Counts(sent=4), "post": Counts(sent=56)},
    )
    page = unescape((await opened(many).get("/measures/lost-cat?span=12m")).text)
    assert "The line is Online; the other channels are kept back." in page
