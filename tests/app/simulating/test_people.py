"""Simulated people, without a database: what they answer, when they come, and what becomes of their cases."""

from __future__ import annotations

import statistics
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commonhall.app.simulating.answers import somebody
from commonhall.app.simulating.facts import API, IN_PERSON, ONLINE, PHONE, RATED, SERVICES, facts_of
from commonhall.app.simulating.people import Cell, Story, people_of, story_of
from commonhall.app.simulating.places import Places
from commonhall.app.simulating.resolution import HORIZON, course_of
from commonhall.casework.desk import LONDON
from commonhall.directory.directory import Directory, Found
from commonhall.engine.journey import walk

Cells = dict[tuple[str, str], Cell]
DAYS = [date(2025, 3, 1) + timedelta(days=number) for number in range(365)]


@pytest.fixture(scope="module")
def bins(cells: Cells) -> list[Story]:
    """A year of missed bins."""
    cell = cells["solihull", "missed-bin"]
    return [story_of(cell, person) for day in DAYS for person in people_of(cell, day)]


def test_every_service_of_the_demonstration_has_facts_and_says_whence(cells: Cells) -> None:
    assert {service for _, service in cells} <= SERVICES.keys()
    assert all("assumed" in facts.source for facts in SERVICES.values())


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_day_it_is_answers_are_accepted_and_most_reach_the_end(
    cells: Cells, data: st.DataObject
) -> None:
    cell = cells[data.draw(st.sampled_from(sorted(cells)))]
    day = data.draw(st.dates(date(2024, 1, 1), date(2027, 12, 31)))
    rng = Random(data.draw(st.integers(0, 10**6)))
    told = cell.answers.told(rng, somebody(rng, online=True), cell.places.spot(rng), day, to_the_end=True)
    assert told.path == walk(cell.adopted, told.answers, day)
    for page in told.pages:
        for part in page.fields:
            value = told.answers[part.id]
            assert not part.accepts(value, day).faults, (part.id, value)


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_nearly_all_who_mean_to_submit_do(cells: Cells, service: str) -> None:
    for (council, name), cell in cells.items():
        if name != service:
            continue
        stories = [story_of(cell, person) for day in DAYS[::9] for person in people_of(cell, day)]
        meant = [story for story in stories if story.person.intent == "submit"]
        submitted = sum(story.ending == "submitted" for story in meant)
        assert submitted >= 0.85 * len(meant), council
        out = [story for story in stories if story.person.intent == "exit"]
        assert sum(story.ending == "exit" for story in out) >= 0.8 * len(out), council


def test_people_end_as_often_in_each_way_as_the_facts_say(bins: list[Story]) -> None:
    facts = facts_of("missed-bin")
    online = [story for story in bins if story.person.channel == ONLINE]
    digital = sum(story.person.channel in {ONLINE, API} for story in bins) / len(bins)
    assert abs(digital - facts.digital) < 0.04
    assert abs(sum(story.ending == "left" for story in online) / len(online) - facts.leave) < 0.04
    assert abs(sum(story.ending == "exit" for story in online) / len(online) - facts.ineligible) < 0.05
    submitted = [story for story in bins if story.ending == "submitted"]
    rated = [story for story in submitted if story.score]
    asked = [story for story in submitted if story.person.channel == ONLINE]
    assert abs(len(rated) / len(asked) - RATED) < 0.03
    assert 3.5 < statistics.mean(story.score or 0 for story in rated) < 4.3


def test_more_come_in_winter_and_on_weekdays(cells: Cells) -> None:
    cell = cells["solihull", "pothole"]
    counted = {day: sum(1 for _ in people_of(cell, day)) for day in DAYS}
    months = Counter[int]()
    for day, count in counted.items():
        months[day.month] += count
    assert months[2] > 1.6 * months[8]
    weekend = statistics.mean(count for day, count in counted.items() if day.weekday() >= 5)
    weekday = statistics.mean(count for day, count in counted.items() if day.weekday() < 5)
    assert weekend < 0.7 * weekday
    year = sum(counted.values())
    assert 0.8 < year / (facts_of("pothole").per_thousand * 200 / 0.86) < 1.2


def test_offices_are_open_on_working_days_and_people_at_home_in_the_evening(
    bins: list[Story], cells: Cells
) -> None:
    calendar = cells["solihull", "missed-bin"].calendar
    for story in bins:
        local = story.person.starts_at.astimezone(LONDON)
        if story.person.channel in {PHONE, IN_PERSON}:
            assert calendar.is_working_day(local.date())
            assert 8 <= local.hour < 18
    evening = [
        s for s in bins if s.person.channel == ONLINE and s.person.starts_at.astimezone(LONDON).hour >= 18
    ]
    assert len(evening) > 0.15 * len(bins)


def test_most_cases_are_closed_in_time_and_some_are_not(cells: Cells) -> None:
    calendar = cells["solihull", "missed-bin"].calendar
    facts = facts_of("pothole")
    rng = Random(1)
    late = opened_again = unclosed = 0
    for number in range(4000):
        at = datetime(2025, 5, 6, 10, tzinfo=UTC) + timedelta(hours=number % 900)
        due = calendar.add_working_days(at.date(), 5)
        course = course_of(rng, facts, "solihull", at, due, calendar)
        times = [step.at for step in course.steps]
        assert times == sorted(times)
        assert all(at < one <= at + HORIZON for one in times)
        assert course.again is None or at < course.again <= at + HORIZON
        unclosed += course.closed_at is None
        late += course.closed_at is not None and course.closed_at.date() > due
        opened_again += sum(step.status.is_final for step in course.steps) > 1
    assert 0.1 < late / 4000 < 0.45
    assert 0.015 < opened_again / 4000 < 0.06
    assert 0.005 < unclosed / 4000 < 0.06


def test_who_tells_again_tells_of_the_same_place_and_only_once(bins: list[Story], cells: Cells) -> None:
    cell = cells["solihull", "missed-bin"]
    first = [story for story in bins if story.again is not None]
    assert 0.03 < len(first) / len(bins) < 0.15
    for story in first[:50]:
        assert story.again is not None
        second = story_of(cell, story.again)
        assert second.again is None
        assert second.told.answers["property"] == story.told.answers["property"]
        assert second.person.starts_at > story.ends_at


def test_the_same_person_tells_the_same_story(cells: Cells) -> None:
    cell = cells["cardiff", "council-tax-move"]
    people = list(people_of(cell, date(2026, 2, 3)))
    assert people == list(people_of(cell, date(2026, 2, 3)))
    assert [story_of(cell, person) for person in people] == [story_of(cell, person) for person in people]
    assert len({person.journey for person in people}) == len(people) > 1


def test_wales_has_journeys_in_welsh(cells: Cells) -> None:
    def share(council: str) -> float:
        people = [person for day in DAYS[::4] for person in people_of(cells[council, "missed-bin"], day)]
        return sum(person.language == "cy" for person in people) / len(people)

    assert share("cardiff") > 0.025 > share("solihull")


def test_places_are_real_postcodes_of_the_council_and_streets_of_nobody(directory: Directory) -> None:
    for slug in ("solihull", "surrey"):
        council = directory.councils.council(slug)
        assert council is not None
        places = Places(council, directory)
        assert len({street.name for street in places.streets}) == len(places.streets) >= 50
        for street in places.streets:
            found = directory.find(street.postcode)
            assert isinstance(found, Found)
            assert council in found.councils
        rng = Random(3)
        spots = Counter(places.spot(rng).street.name for _ in range(3000))
        assert spots.most_common(1)[0][1] > 4 * 3000 / len(places.streets), (
            "some streets have far more than others"
        )


def test_every_live_postcode_is_read_once(directory: Directory) -> None:
    codes = directory.postcodes.codes
    assert sum(1 for _ in directory.postcodes.live_in(codes)) == directory.postcodes.postcodes
    own = list(directory.postcodes.live_in(["E08000029"]))
    assert len(set(own)) == len(own) > 4000
    assert list(directory.postcodes.live_in(["E99999999"])) == []
