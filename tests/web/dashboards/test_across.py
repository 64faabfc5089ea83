"""Councils beside each other on the finder: those that run a service here, and those that sent their figures."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from starlette.testclient import TestClient

from commonhall.casework.sites import Site
from commonhall.directory.directory import Directory
from commonhall.reporting.counts import Counts
from commonhall.reporting.rates import Base, Per, year_counted, year_sent
from commonhall.reporting.sent import Standing
from commonhall.web.assets import Assets
from commonhall.web.charts.artist import Artist
from commonhall.web.dashboards.across import Across
from commonhall.web.dashboards.board import Subject
from commonhall.web.dashboards.dashboards import Dashboards
from commonhall.web.dashboards.guard import PUBLIC
from commonhall.web.dashboards.spans import Span
from commonhall.web.finder.views import FinderTools, finder_app
from tests.reporting.test_rates import months_of
from tests.web.dashboards.counted import reports
from tests.web.rendered import faults_of_html

pytestmark = pytest.mark.network  # the test client's event loop opens a pair of sockets on this machine

TODAY = date(2026, 3, 10)
SENT_MONTHS = months_of(year_sent(TODAY))
PAGE = "/measures/missed-bin"
TABLE = f"{PAGE}/chart/councils"
RATE = f"{PAGE}/chart/across-rate-collections"
LONG_AGO = date(2020, 1, 1)


def counts(sent: int, digital: int = 0) -> Counts:
    """A council with so many cases, of which so many are digital."""
    return Counts(starts=sent + 5, submitted=sent, abandoned=5, sent=sent, sent_digital=digital, score_4=sent)


def elsewhere(sent: int, digital: int = 0, **more: Any) -> Standing:
    """What a council sent that runs the service on another system."""
    of = Counts(sent=sent, sent_digital=digital, score_2=40, score_5=40)
    return Standing(of, sent=True, **{"months": SENT_MONTHS, **more})


Opened = Callable[..., TestClient]


@pytest.fixture
def opened(directory: Directory, sites: list[Site], assets: Assets, artist: Artist) -> Opened:
    """The finder of councils of which this was counted here, and this was sent."""

    def open_for(
        counted: Mapping[str, Counts],
        sent: Mapping[str, Standing] | None,
        began: Mapping[str, date] | None = None,
        year: Mapping[str, Counts] | None = None,
    ) -> TestClient:
        async def across(_service: str, *days: date) -> Mapping[str, Counts]:
            return {**counted, **(year or {})} if days == year_counted(TODAY) else counted

        async def standings(*asked: object) -> Mapping[str, Standing] | None:
            assert asked[:2] == ("missed-bin", 524)
            return sent

        async def since(_service: str) -> Mapping[str, date]:
            return dict.fromkeys({**counted, **(year or {})}, LONG_AGO) if began is None else began

        def base(council: str, per: Per) -> Base:
            return Base(3_000_000, per, "own" if council == "solihull" else "population")

        readings = replace(reports(("missed-bin",)), across=across, sent=standings, began=since)
        tools = FinderTools(
            directory=directory,
            live={site.council: site for site in sites}.get,
            all_sites=lambda: sites,
            site_url=lambda site, path: f"http://{site.council}.localhost{path}",
            assets=assets,
            https=False,
            dashboards=Dashboards(readings, artist, bases=base),
            today=lambda: TODAY,
        )
        return TestClient(finder_app(tools), raise_server_exceptions=False)

    return open_for


def rows(finder: TestClient, address: str) -> dict[str, dict[str, Any]]:
    """A chart's figures, by council."""
    answer = finder.get(f"{address}.json")
    assert answer.status_code == 200
    return {row["council"]: row for row in json.loads(answer.text)["rows"]}


TWO_HERE = {"solihull": counts(600, 300), "kirklees": counts(450, 300)}


@pytest.fixture
def names(directory: Directory) -> dict[str, str]:
    return {council.slug: council.name for council in directory.councils.all}


def test_a_council_without_a_site_stands_by_what_it_sent_marked_as_such(
    opened: Opened, names: dict[str, str]
) -> None:
    finder = opened(TWO_HERE, {"barnet": elsewhere(900, 720)})
    answer = finder.get(PAGE)
    assert answer.status_code == 200
    assert faults_of_html(answer.text) == []
    told = rows(finder, TABLE)
    barnet = told[names["barnet"]]
    assert (barnet["sent"], barnet["take_up"], barnet["satisfaction"]) == (900, 0.8, 0.62)
    assert (barnet["completion"], barnet["in_time"], barnet["failure"]) == (None, None, None), "not known"
    assert (barnet["rate"], barnet["basis"]) == (30.0, "estimated from the population")
    assert barnet["source"] == "Reported by the council"
    here = [row for name, row in told.items() if name != names["barnet"]]
    assert [row["source"] for row in here] == ["Counted here", "Counted here"]
    text = unescape(answer.text)
    assert f"which were not counted here: {names['barnet']}." in text
    assert "Councils that run the service elsewhere sent their figures here." in text
    assert text.split("<table")[1].count("</th>") == 10 + 3, "ten columns, and three councils"
    assert "Rates are of a whole year" in text.split("<table")[1]
    assert ">1,050</dd>" in text, "the figures above the table are of what was counted here"
    lines = list(csv.DictReader(io.StringIO(finder.get(f"{TABLE}.csv").text)))
    assert {line["council"]: line["source"] for line in lines}[names["barnet"]] == "Reported by the council"


def test_in_charts_too_it_is_marked_in_the_picture_the_table_and_the_note(
    opened: Opened, names: dict[str, str]
) -> None:
    finder = opened(TWO_HERE, {"barnet": elsewhere(900, 720, channels_known=False)})
    for chart in ("satisfaction", "rate-collections"):
        body = json.loads(finder.get(f"{PAGE}/chart/across-{chart}.json").text)
        marked = {row["council"]: row["source"] for row in body["rows"]}
        assert marked[names["barnet"]] == "Reported by the council"
        assert sorted(marked.values()).count("Counted here") == 2
        assert names["barnet"] in body["note"]
    take_up = json.loads(finder.get(f"{PAGE}/chart/across-take-up.json").text)
    assert names["barnet"] not in {row["council"] for row in take_up["rows"]}, "its channels tell nothing"
    assert "sent" not in take_up["note"]
    assert rows(finder, TABLE)[names["barnet"]]["take_up"] is None


def test_a_council_with_both_stands_once_by_the_one_that_knows_of_more(
    opened: Opened, names: dict[str, str]
) -> None:
    trial = opened({**TWO_HERE, "solihull": counts(4)}, {"solihull": elsewhere(900)})
    row = next(row for row in rows(trial, TABLE).values() if row["source"] == "Reported by the council")
    assert (row["sent"], row["in_time"]) == (900, None)
    finder = opened(TWO_HERE, {"solihull": elsewhere(599, 1)})
    assert [row["sent"] for row in rows(finder, TABLE).values()] == [450, 600]
    assert {row["source"] for row in rows(finder, TABLE).values()} == {"Counted here"}
    assert "sent their figures" not in finder.get(PAGE).text


def test_rates_stand_by_name_with_their_interval_and_what_they_are_of(
    opened: Opened, names: dict[str, str]
) -> None:
    finder = opened(TWO_HERE, {"barnet": elsewhere(900)})
    told = rows(finder, RATE)
    assert list(told) == sorted(told, key=str.casefold), "nobody is ranked"
    assert {row["rate"] for row in told.values()} == {15.0, 20.0, 30.0}
    assert all(row["low"] < row["rate"] < row["high"] for row in told.values())
    assert {row["collections"] for row in told.values()} == {3_000_000}
    assert told[names["barnet"]]["basis"] == "estimated from the population"
    assert [row["basis"] for row in told.values()].count("the council’s own figure") == 1
    text = unescape(finder.get(PAGE).text)
    assert "Cases a year per 100,000 collections, council by council" in text
    assert "More is not worse" in text
    assert "twelve months before today" in text
    svg = finder.get(f"{RATE}.svg")
    assert svg.status_code == 200
    assert svg.text.startswith("<svg")


def test_there_is_no_rate_of_less_than_a_year(opened: Opened, names: dict[str, str]) -> None:
    began = {"solihull": year_counted(TODAY)[0], "kirklees": date(2025, 6, 1)}
    finder = opened(TWO_HERE, {"barnet": elsewhere(900, months=frozenset({date(2026, 1, 1)}))}, began)
    told = rows(finder, TABLE)
    assert sorted(row["rate"] or 0 for row in told.values()) == [0, 0, 20.0]
    assert told[names["barnet"]]["sent"] == 900
    assert finder.get(f"{RATE}.json").status_code == 404, "one alone is compared with nobody"


def test_a_rate_of_another_source_than_its_row_is_not_told_in_it(opened: Opened) -> None:
    finder = opened(TWO_HERE, {"cardiff": elsewhere(900)}, year={"cardiff": counts(900)})
    name, row = next(
        item for item in rows(finder, TABLE).items() if item[1]["source"] == "Reported by the council"
    )
    assert (row["sent"], row["rate"], row["basis"]) == (900, None, None)
    assert rows(finder, RATE)[name]["source"] == "Counted here"


def test_no_rate_tells_a_count_that_is_kept_back(opened: Opened) -> None:
    finder = opened(
        {"solihull": counts(4), "kirklees": counts(35), "cardiff": counts(800), "nottingham": counts(900)}, {}
    )
    told = rows(finder, TABLE)
    hidden = [name for name, row in told.items() if row["sent"] is None]
    assert len(hidden) == 2, "of two parts of a known whole, one alone tells the other"
    assert [told[name]["rate"] for name in hidden] == [None, None]
    assert not set(hidden) & set(rows(finder, RATE))
    page = finder.get(PAGE).text
    assert "[c]" in page


@pytest.mark.parametrize("chart", ["take-up", "completion", "satisfaction"])
def test_no_width_of_an_interval_tells_a_number_that_is_kept_back(opened: Opened, chart: str) -> None:
    few = {"solihull": counts(4, 4), "kirklees": counts(35, 35)}
    many = {"cardiff": counts(800, 400), "nottingham": counts(900, 500)}
    shown = rows(opened({**few, **many}, {}), f"{PAGE}/chart/across-{chart}")
    assert len(shown) == 2, "whoever takes these and one more from the total would know the fourth"
    enough = {slug: counts(35, 15) for slug in few}
    assert len(rows(opened({**enough, **many}, {}), f"{PAGE}/chart/across-{chart}")) == 4


def test_a_take_up_does_not_tell_how_few_came_another_way(opened: Opened, names: dict[str, str]) -> None:
    finder = opened(
        {"solihull": counts(400, 396), "kirklees": counts(4000, 3996), "cardiff": counts(800, 400)}, {}
    )
    told = {name: row["take_up"] for name, row in rows(finder, TABLE).items()}
    assert sorted(share or 0 for share in told.values()) == [0, 0.5, 1.0]
    assert told[names["cardiff"]] == 0.5
    assert finder.get(f"{PAGE}/chart/across-take-up.json").status_code == 404, "three digits would tell both"


def test_few_that_were_sent_are_kept_back_and_hide_nobody_else(opened: Opened, names: dict[str, str]) -> None:
    finder = opened(TWO_HERE, {"barnet": elsewhere(9)})
    told = rows(finder, TABLE)
    barnet = told.pop(names["barnet"])
    assert (barnet["sent"], barnet["take_up"], barnet["rate"]) == (None, None, None)
    assert all(row["sent"] and row["rate"] for row in told.values())
    assert names["barnet"] not in rows(finder, RATE)


def test_a_council_that_sent_satisfaction_alone_has_no_cases(opened: Opened, names: dict[str, str]) -> None:
    finder = opened(TWO_HERE, {"barnet": elsewhere(0, months=frozenset())})
    text = finder.get(f"{TABLE}.csv").text
    line = next(line for line in text.splitlines() if line.startswith(names["barnet"]))
    assert line.split(",")[1:6] == ["Reported by the council", "[x]", "[x]", "[x]", "0.62"]


def test_many_councils_stand_in_a_funnel_around_the_rate_of_all(
    opened: Opened, names: dict[str, str]
) -> None:
    many = {slug: elsewhere(900 + n, 400) for n, slug in enumerate(sorted(names)[:40])}
    finder = opened(TWO_HERE, many)
    body = json.loads(finder.get(f"{RATE}.json").text)
    assert len(body["rows"]) == 42
    assert all(row["low"] < row["high"] for row in body["rows"])
    assert "40 councils, named in the table" in body["note"]
    assert "Between the broken lines" in body["note"]
    assert {row["source"] for row in body["rows"]} == {"Counted here", "Reported by the council"}
    assert finder.get(f"{RATE}.svg").text.startswith("<svg")
    page = finder.get(PAGE)
    assert faults_of_html(page.text) == []
    alt = next(alt for alt in re.findall(r'alt="([^"]*)"', page.text) if "per 100,000" in alt)
    assert "Funnel of 42 councils around 30." in alt


def test_where_nobody_runs_it_in_these_dates_those_who_sent_figures_still_stand(
    opened: Opened, names: dict[str, str]
) -> None:
    finder = opened({}, {"barnet": elsewhere(900, 720), "surrey-heath": elsewhere(700, 300)})
    page = finder.get(PAGE)
    assert faults_of_html(page.text) == []
    assert set(rows(finder, TABLE)) == {names["barnet"], names["surrey-heath"]}
    assert "ch-measure__value" not in page.text


async def test_what_was_late_is_read_again_by_the_next_who_asks() -> None:
    read: list[tuple[date, date]] = []

    async def sent(
        _service: str, _lgsl: int | None, first: date, last: date
    ) -> Mapping[str, Standing] | None:
        read.append((first, last))
        return None if len(read) < 3 else {"barnet": elsewhere(900)}

    async def across(*_: object) -> Mapping[str, Counts]:
        return TWO_HERE

    async def began(_service: str) -> Mapping[str, date]:
        return {}

    readings = replace(reports(("missed-bin",)), across=across, sent=sent, began=began)
    every = Across(readings, lambda _council, per: Base(3_000_000, per, "own"))
    subject = Subject("en", PUBLIC, TODAY, lgsl=524, per="collections")
    span = Span("12m", date(2025, 4, 1), TODAY, "month")
    first = await every.everybody("missed-bin", subject, span, lambda *_: True)
    assert (first.late, "barnet" in first.standings, "barnet" in first.rates) == (True, False, False)
    second = await every.everybody("missed-bin", subject, span, lambda *_: True)
    assert (second.late, "barnet" in second.standings, "barnet" in second.rates) == (False, True, True)


async def test_nobody_waits_long_for_the_turns_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commonhall.web.dashboards.across.TURN_SECONDS", 0.01)
    under_way, let_go = asyncio.Event(), asyncio.Event()

    async def sent(
        _service: str, _lgsl: int | None, first: date, _last: date
    ) -> Mapping[str, Standing] | None:
        if first == TODAY:
            under_way.set()
            await let_go.wait()
        return {}

    every = Across(replace(reports(("missed-bin",)), sent=sent), lambda *_: None)
    slow = asyncio.create_task(every.sent("missed-bin", 524, TODAY, TODAY, every.spans))
    await under_way.wait()
    day = TODAY - timedelta(days=1)
    assert await every.sent("missed-bin", 524, day, day, every.spans) is None
    assert await every.sent("missed-bin", 524, day, day, every.rates) == {}, "a year's turn is another"
    let_go.set()
    assert await slow == {}
    assert await every.sent("missed-bin", 524, day, TODAY - timedelta(days=1), every.spans) == {}


def test_a_page_is_whole_when_what_was_sent_cannot_be_read_in_time(opened: Opened) -> None:
    page = opened(TWO_HERE, None).get(PAGE)
    assert page.status_code == 200
    assert "Figures that councils sent are left out for the moment" in page.text
    nothing = opened({}, None).get(PAGE)
    assert "Figures that councils sent are left out for the moment" in nothing.text


def test_a_council_that_is_nowhere_in_the_directory_is_not_shown(opened: Opened) -> None:
    finder = opened({**TWO_HERE, "atlantis": counts(5000)}, {"lyonesse": elsewhere(900)})
    assert len(rows(finder, TABLE)) == 2


def test_the_welsh_page_says_all_of_it_in_welsh(opened: Opened, names: dict[str, str]) -> None:
    finder = opened(TWO_HERE, {"barnet": elsewhere(900, 720)})
    page = finder.get(f"/cy{PAGE}")
    assert faults_of_html(page.text) == []
    text = unescape(page.text)
    for words in (
        "Adroddwyd gan y cyngor",
        "Cyfrifwyd yma",
        "Achosion y flwyddyn fesul 100,000 o gasgliadau, fesul cyngor",
        "amcangyfrif o’r boblogaeth",
    ):
        assert words in text
    for english in ("Sent by", "Counted here", "per 100,000", "estimated", "Squares", "elsewhere"):
        assert english not in text
