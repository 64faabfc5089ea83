"""Links to councils' own pages: kept by their source, judged by what a visit found, looked at politely."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from commonhall.casework.desk import Desk
from commonhall.casework.links import LinkIndex, LinkRow, check_links, judge, keep_links
from commonhall.directory.links import Link
from commonhall.engine.visit import Visit
from tests.conftest import SetClock

BINS = Link("exeter", 524, 17, "https://exeter.example/bins", "Missed bins")
TAX = Link("exeter", 57, 8, "https://exeter.example/tax", "Council tax")
HOLES = Link("devon", 557, 17, "https://devon.example/holes", "")
ROW = LinkRow("exeter", 524, 17, BINS.url, "", "govuk", "pending", "", None, None, None)


def page(url: str = BINS.url, status: int = 200, title: str = "Bins", seconds: float = 0.2) -> Visit:
    return Visit("page", url, status, title, seconds=seconds)


async def test_the_newest_file_of_a_source_takes_the_place_of_the_former(desk: Desk, clock: SetClock) -> None:
    assert await keep_links(desk, "govuk", [BINS, TAX]) == (2, 0)
    await keep_links(desk, "ours", [HOLES])
    clock.go(days=1)
    assert await keep_links(desk, "govuk", [replace(BINS, url="https://exeter.example/new")]) == (1, 1)
    index = LinkIndex(desk)
    assert await index.refresh()
    assert not await index.refresh()
    assert [(row.slug, row.url) for row in index.all] == [
        ("devon", HOLES.url),
        ("exeter", "https://exeter.example/new"),
    ]


async def test_people_are_sent_to_what_is_done_before_what_is_read_and_never_to_what_is_broken(
    desk: Desk, clock: SetClock
) -> None:
    reading = replace(BINS, lgil=8, url="https://exeter.example/about")
    await keep_links(desk, "govuk", [reading, BINS])
    index = LinkIndex(desk)
    await index.refresh()
    best = index.best("exeter", 524)
    assert best is not None
    assert best.lgil == 17
    for _ in range(2):
        clock.go(days=1)
        await check_links(desk, visiting({BINS.url: page(status=404)}), after=timedelta(0), sleep=at_once)
    await index.refresh()
    best = index.best("exeter", 524)
    assert best is not None
    assert best.url == reading.url
    assert index.best("exeter", 57) is None


@pytest.mark.parametrize(
    ("visited", "status", "problem"),
    [
        (page(), "ok", ""),
        (page("https://www.exeter.example/bins/"), "ok", ""),
        (page(status=404), "caution", "there is no such page (it answers 404)"),
        (page(status=500), "caution", "it could not be seen (it answers 500)"),
        (page(status=403), "caution", "it could not be seen (it answers 403)"),
        (page(title="Page not found - Exeter"), "caution", "its page says “Page not found - Exeter”"),
        (page("https://exeter.example/"), "caution", "it leads to the home page"),
        (page("https://other.example/bins"), "caution", "it leads to another site, other.example"),
        (page("http://exeter.example/bins"), "caution", "it is not on https"),
        (page(seconds=12.0), "caution", "it took 12 seconds"),
        (Visit("asked_not_to", BINS.url), "caution", "its site asks by robots.txt not to be looked at"),
        (
            Visit("failed", BINS.url, words="no answer in time"),
            "caution",
            "it does not answer: no answer in time",
        ),
    ],
)
def test_a_visit_is_judged(visited: Visit, status: str, problem: str, clock: SetClock) -> None:
    found = judge(ROW, visited, clock())
    assert (found.status, found.problem) == (status, problem)
    assert found.checked_at == clock()


def test_a_link_is_broken_when_it_fails_on_two_days_and_whole_when_it_works_again(clock: SetClock) -> None:
    gone = page(status=410)
    first = judge(ROW, gone, clock())
    same_day = judge(first, gone, clock() + timedelta(hours=3))
    next_day = judge(same_day, gone, clock() + timedelta(days=1))
    assert [first.status, same_day.status, next_day.status] == ["caution", "caution", "broken"]
    assert next_day.failing_since == first.failing_since
    busy = judge(next_day, page(status=503), clock() + timedelta(days=2))
    assert busy.failing_since == first.failing_since, "a site that is busy says nothing for or against a page"
    well = judge(busy, page(), clock() + timedelta(days=3))
    assert (well.status, well.failing_since, well.worked_at) == ("ok", None, well.checked_at)
    private = Visit("failed", BINS.url, words="exeter.example is at the private address 10.0.0.1")
    assert judge(first, private, clock() + timedelta(days=1)).status == "caution"


def visiting(found: dict[str, Visit], seen: list[str] | None = None):
    async def visit(url: str) -> Visit:
        if seen is not None:
            seen.append(url)
        return found.get(url, page(url))

    return visit


async def at_once(seconds: float) -> None:
    """No pause."""


def many(host: str, count: int) -> Iterable[Link]:
    return [Link("exeter", 524, lgil, f"https://{host}/{lgil}") for lgil in range(count)]


async def test_one_page_of_a_site_at_a_time_with_a_pause_between(desk: Desk) -> None:
    await keep_links(desk, "govuk", [*many("exeter.example", 4), HOLES])
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    told: list[tuple[int, int]] = []
    found = await check_links(
        desk, visiting({}), sleep=pause, progress=lambda done, whole: told.append((done, whole))
    )
    assert (found.ok, found.caution, found.broken) == (5, 0, 0)
    assert pauses == [1.0, 1.0, 1.0]
    assert told[-1] == (5, 5)
    assert (await check_links(desk, visiting({}), sleep=pause)).ok == 0, "looked at this week"


async def test_a_site_that_asks_for_rest_has_it(desk: Desk) -> None:
    await keep_links(desk, "govuk", many("exeter.example", 4))
    seen: list[str] = []
    busy = Visit("page", "https://exeter.example/1", 429, wait=600.0)
    await check_links(desk, visiting({"https://exeter.example/1": busy}, seen), sleep=at_once)
    assert seen == ["https://exeter.example/0", "https://exeter.example/1"]
    index = LinkIndex(desk)
    await index.refresh()
    assert [row.status for row in index.all] == ["ok", "caution", "pending", "pending"]
