"""Measures by the GDS rules, on a real database: exact, per council, service, channel and day."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonhall.casework.desk import Desk
from commonhall.casework.journeys import (
    answer_page,
    expire_journeys,
    load_journey,
    rate_journey,
    reach_exit,
    start_journey,
    submit_journey,
)
from commonhall.engine.adoption import Adopter, adopt
from commonhall.engine.package import Adopted
from commonhall.engine.reader import read_service
from commonhall.engine.working_days import Calendar
from commonhall.reporting import measures, rolling
from commonhall.reporting.counts import Counts
from commonhall.storage.councils import AdoptedRow, NewAdoption, save_adoptions
from tests.casework.conftest import ANSWERS, COUNCIL, EXAMPLE, SERVICE
from tests.conftest import SetClock

BROWSER = "this-browser"


async def begin(desk: Desk, adopted: Adopted, council: str = COUNCIL, channel: str = "online") -> str:
    return await start_journey(desk, adopted, council, browser=BROWSER, language="en", channel=channel)


async def answer(desk: Desk, adopted: Adopted, journey: str, ours: str, council: str = COUNCIL) -> None:
    answers = {**ANSWERS, "ours": ours}
    await answer_page(desk, adopted, council, journey, browser=BROWSER, answers=answers)


async def leave_by_exit(desk: Desk, adopted: Adopted, journey: str, council: str = COUNCIL) -> None:
    await answer(desk, adopted, journey, "no", council)
    await reach_exit(desk, await load_journey(desk, council, journey, browser=BROWSER))


async def submit(desk: Desk, adopted: Adopted, journey: str, council: str = COUNCIL) -> None:
    await answer(desk, adopted, journey, "yes", council)
    await submit_journey(desk, council, journey, browser=BROWSER)


async def rate(desk: Desk, journey: str, score: int) -> bool:
    return await rate_journey(desk, COUNCIL, journey, browser=BROWSER, score=score, comment="")


async def counted(desk: Desk, first: date, last: date, council: str = COUNCIL) -> dict[str, Counts]:
    """What has been rolled up by now, by service; it is what counting all anew gives."""
    await rolling.roll_up(desk.store, council)
    assert await rolling.check(desk.store, council) == []
    return await measures.by_service(desk.store, council, first, last)


async def today(desk: Desk, council: str = COUNCIL) -> Counts:
    [one] = (await counted(desk, desk.today(), desk.today(), council)).values()
    return one


async def seconds_to_complete(desk: Desk) -> float | None:
    await rolling.roll_up(desk.store, COUNCIL)
    today = desk.today()
    return (await measures.spread(desk.store, COUNCIL, "lost-cat", today, today, "seconds")).median


async def sent_by_channel(desk: Desk) -> dict[str, int]:
    await rolling.roll_up(desk.store, COUNCIL)
    [one] = await measures.series(desk.store, COUNCIL, "lost-cat", desk.today(), desk.today(), "day")
    return one.sent_by_channel


async def test_nothing_is_measured_before_anybody_begins(desk: Desk, lost_cat: Adopted) -> None:
    assert await counted(desk, desk.today(), desk.today()) == {}
    await begin(desk, lost_cat)
    one = await today(desk)
    assert (one.starts, one.open, one.completions, one.completion_rate) == (1, 1, 0, None)
    assert (one.satisfaction, one.digital_take_up, one.mean_seconds) == (None, None, None)
    assert (await seconds_to_complete(desk), await sent_by_channel(desk)) == (None, {})


async def test_somebody_who_is_not_eligible_has_completed(desk: Desk, lost_cat: Adopted) -> None:
    journey = await begin(desk, lost_cat)
    for _ in range(3):
        await leave_by_exit(desk, lost_cat, journey)
    one = await today(desk)
    assert (one.starts, one.submitted, one.ineligible, one.completions) == (1, 0, 1, 1)
    assert one.completion_rate == 1.0
    assert one.sent == 0, "nothing was sent"


async def test_somebody_who_belongs_with_another_body_has_not_completed(
    desk: Desk, lost_cat: Adopted, calendars: Mapping[str, Calendar]
) -> None:
    text = SERVICE.replace("    exit: true", "    exit: true\n    counts_as: elsewhere")
    other = await adopted_as(desk, calendars, text)
    await leave_by_exit(desk, other, await begin(desk, other))
    one = await today(desk)
    assert (one.starts, one.elsewhere, one.completions, one.completion_rate) == (1, 1, 0, 0.0)


async def test_coming_back_is_no_new_start_and_an_exit_left_again_counts_once(
    desk: Desk, lost_cat: Adopted, clock: SetClock
) -> None:
    journey = await begin(desk, lost_cat)
    await leave_by_exit(desk, lost_cat, journey)
    for _ in range(4):
        clock.go(hours=1)
        await load_journey(desk, COUNCIL, journey, browser=BROWSER)
    await submit(desk, lost_cat, journey)
    await submit_journey(desk, COUNCIL, journey, browser=BROWSER)
    one = await today(desk)
    assert (one.starts, one.submitted, one.ineligible) == (1, 1, 0)
    assert one.completion_rate == 1.0


async def test_the_time_to_complete_is_the_median_of_what_was_sent_within_a_twentieth(
    desk: Desk, lost_cat: Adopted, clock: SetClock
) -> None:
    for seconds in (12, 30, 90, 3600, 4000):
        journey = await begin(desk, lost_cat)
        clock.go(seconds=seconds)
        await submit(desk, lost_cat, journey)
    exited = await begin(desk, lost_cat)
    clock.go(seconds=5)
    await leave_by_exit(desk, lost_cat, exited)
    assert await seconds_to_complete(desk) == pytest.approx(90, rel=0.05)
    one = await today(desk)
    assert one.mean_seconds == (12 + 30 + 90 + 3600 + 4000) / 5


@given(st.lists(st.integers(0, 10_000_000), min_size=1, max_size=60))
def test_a_spread_of_buckets_is_within_a_twentieth(durations: list[int]) -> None:
    buckets: dict[int, int] = {}
    for seconds in durations:
        bucket = seconds if seconds < 20 else 20 + math.floor(math.log(seconds / 20) / math.log(1.05))
        buckets[bucket] = buckets.get(bucket, 0) + 1
    found = measures.spread_of(buckets)
    durations.sort()
    assert found.count == len(durations)
    assert found.median == pytest.approx(durations[(len(durations) - 1) // 2], rel=0.05)
    assert found.ninety == pytest.approx(durations[math.ceil(len(durations) * 0.9) - 1], rel=0.05)


async def test_satisfaction_is_the_mean_on_the_way_from_worst_to_best(desk: Desk, lost_cat: Adopted) -> None:
    given_once = []
    for score in (5, 5, 4, 1):
        journey = await begin(desk, lost_cat)
        await submit(desk, lost_cat, journey)
        given_once.append(await rate(desk, journey, score))
        assert not await rate(desk, journey, 1), "a second score changes nothing"
    await submit(desk, lost_cat, await begin(desk, lost_cat))
    one = await today(desk)
    assert given_once == [True] * 4
    assert one.responses == 4
    # (100% + 100% + 75% + 0%) / 4
    assert one.satisfaction == pytest.approx(0.6875)


async def test_what_is_sent_is_told_by_channel(desk: Desk, lost_cat: Adopted) -> None:
    for channel in ("online", "online", "phone", "api"):
        await submit(desk, lost_cat, await begin(desk, lost_cat, channel=channel))
    await begin(desk, lost_cat, channel="phone")
    assert await sent_by_channel(desk) == {"online": 2, "phone": 1, "api": 1}
    one = await today(desk)
    assert (one.sent, one.digital_take_up) == (4, 0.75)
    found = await measures.by_channel(desk.store, COUNCIL, "lost-cat", desk.today(), desk.today())
    assert {channel: counts.starts for channel, counts in found.items()} == {
        "online": 2,
        "phone": 2,
        "api": 1,
    }


async def test_each_council_is_measured_by_itself(desk: Desk, lost_cat: Adopted) -> None:
    await submit(desk, lost_cat, await begin(desk, lost_cat))
    await begin(desk, lost_cat, "kirklees")
    assert (await today(desk)).completion_rate == 1.0
    assert (await today(desk, "kirklees")).starts == 1
    assert await counted(desk, desk.today(), desk.today(), "surrey") == {}
    found = await measures.across(desk.store, "lost-cat", desk.today(), desk.today())
    assert {council: (one.starts, one.sent) for council, one in found.items()} == {
        COUNCIL: (1, 1),
        "kirklees": (1, 0),
    }
    assert await measures.services(desk.store, desk.today(), desk.today()) == ["lost-cat"]


async def test_each_service_is_measured_by_itself_whatever_its_version(
    desk: Desk, lost_cat: Adopted, calendars: Mapping[str, Calendar]
) -> None:
    newer = await adopted_as(desk, calendars, SERVICE.replace("1.0.0", "1.1.0"), "1.1.0")
    dogs = await adopted_as(desk, calendars, SERVICE.replace("lost-cat", "lost-dog"))
    await submit(desk, lost_cat, await begin(desk, lost_cat))
    await begin(desk, newer)
    await begin(desk, dogs)
    found = await counted(desk, desk.today(), desk.today())
    assert {name: (one.starts, one.completions) for name, one in found.items()} == {
        "lost-cat": (2, 1),
        "lost-dog": (1, 0),
    }


async def test_a_day_is_londons_and_a_journey_belongs_to_the_day_it_began(
    desk: Desk, lost_cat: Adopted, clock: SetClock
) -> None:
    clock.now = datetime(2026, 6, 30, 22, 59, tzinfo=UTC)
    before = await begin(desk, lost_cat)
    clock.go(minutes=2)
    await begin(desk, lost_cat)
    clock.go(hours=2)
    await submit(desk, lost_cat, before)
    june = (await counted(desk, date(2026, 6, 1), date(2026, 6, 30)))["lost-cat"]
    july = (await counted(desk, date(2026, 7, 1), date(2026, 7, 1)))["lost-cat"]
    both = (await counted(desk, date(2026, 6, 30), date(2026, 7, 1)))["lost-cat"]
    assert (june.starts, june.completions, june.completion_rate) == (1, 1, 1.0)
    assert (july.starts, july.completions, july.completion_rate) == (1, 0, None)
    assert (june.sent, july.sent) == (0, 1), "it was sent on the next day"
    assert both == june + july
    assert await counted(desk, date(2026, 7, 2), date(2026, 12, 31)) == {}


async def test_what_is_not_gone_on_with_has_failed_after_its_deadline(
    desk: Desk, lost_cat: Adopted, clock: SetClock
) -> None:
    day = desk.today()
    waiting = await begin(desk, lost_cat)
    await submit(desk, lost_cat, await begin(desk, lost_cat))
    assert (await today(desk)).completion_rate == 1.0, "it may still be gone on with"
    await answer_page(desk, lost_cat, COUNCIL, waiting, browser=BROWSER, answers={"ours": "yes"})
    for _ in range(3):
        clock.go(days=2)
        await expire_journeys(desk, COUNCIL)
    one = (await counted(desk, day, day))["lost-cat"]
    assert (one.starts, one.completions, one.abandoned, one.completion_rate) == (2, 1, 1, 0.5)
    steps = await measures.pages(desk.store, COUNCIL, "lost-cat", day, day)
    assert {step.page: (step.reached, step.left) for step in steps} == {
        "ours": (2, 0),
        "home": (2, 1),
        "contact": (1, 0),
        "check-answers": (1, 0),
    }


STEPS = st.lists(st.sampled_from(["load", "exit", "yes", "submit", "rate"]), max_size=6)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEPS, min_size=1, max_size=4))
async def test_whatever_people_do_completion_never_passes_all(
    desk: Desk, lost_cat: Adopted, clock: SetClock, journeys: list[list[str]]
) -> None:
    clock.go(days=1)  # a day for each try, since they share a database
    sent = left = rated = 0
    for steps in journeys:
        journey = await begin(desk, lost_cat)
        exited = submitted = scored = False
        for step in steps:
            if step == "load":
                await load_journey(desk, COUNCIL, journey, browser=BROWSER)
            elif step == "exit" and not submitted:
                await leave_by_exit(desk, lost_cat, journey)
                exited = True
            elif step == "yes":
                await answer(desk, lost_cat, journey, "yes")
            elif step == "submit":
                await submit(desk, lost_cat, journey)
                submitted = True
            elif step == "rate" and submitted:
                scored |= await rate(desk, journey, 3)
        sent, left, rated = sent + submitted, left + (exited and not submitted), rated + scored
    one = await today(desk)
    assert (one.starts, one.submitted, one.ineligible) == (len(journeys), sent, left)
    assert one.completion_rate == (1 if sent + left else None)
    assert one.open == len(journeys) - sent - left
    assert (one.responses, one.satisfaction) == (rated, 0.5 if rated else None)


@given(st.lists(st.integers(1, 5)))
def test_satisfaction_is_a_share(scores: list[int]) -> None:
    one = Counts(**{f"score_{score}": scores.count(score) for score in range(1, 6)})
    expected = (sum(scores) / len(scores) - 1) / 4 if scores else None
    assert one.satisfaction == (pytest.approx(expected) if scores else None)
    assert one.responses == len(scores)
    assert one.completion_rate is None, "nothing was started, so there is no rate"


async def adopted_as(
    desk: Desk,
    calendars: Mapping[str, Calendar],
    text: str,
    version: str = "1.0.0",
    connector: str | None = None,
) -> Adopted:
    """Another service, or another version, that the council runs too."""
    files = {"service.yaml": text, "journeys.yaml": EXAMPLE, "CHANGELOG.md": version}
    service = read_service(files, calendars)
    choices = {"service": service.id, "version": version} | ({"connector": connector} if connector else {})
    adopted = adopt(service, choices, Adopter("England", ("en",)), calendars)
    row = AdoptedRow(
        adopted.digest,
        service.id,
        version,
        service.digest,
        adopted.choices.model_dump(mode="json"),
        "England",
        ("en",),
    )
    new = NewAdoption(row, files, connector)
    await save_adoptions(desk.store, COUNCIL, [new], desk.clock() - timedelta(days=1))
    return adopted
