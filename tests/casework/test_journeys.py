"""A journey on a real database: started, answered, left, resumed, submitted once."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest

from commonhall.casework.cases import CaseNotFound, TooManyTries, expire_attempts, follow_case
from commonhall.casework.desk import Desk
from commonhall.casework.journeys import (
    Journey,
    JourneyGone,
    answer_page,
    expire_journeys,
    load_journey,
    rate_journey,
    reach_exit,
    start_journey,
    submit_journey,
)
from commonhall.engine.journey import JourneyIncomplete
from commonhall.engine.package import Adopted
from commonhall.reporting import measures, rolling
from commonhall.reporting.counts import Counts
from commonhall.storage.cases import count_cases
from tests.casework.conftest import ANSWERS, COUNCIL
from tests.conftest import SetClock

BROWSER = "this-browser"


async def begin(desk: Desk, adopted: Adopted, **answers: Any) -> str:
    journey = await start_journey(desk, adopted, COUNCIL, browser=BROWSER, language="en")
    if answers:
        await answer_page(desk, adopted, COUNCIL, journey, browser=BROWSER, answers=answers)
    return journey


async def submitted(desk: Desk, adopted: Adopted) -> Journey:
    journey = await begin(desk, adopted, **ANSWERS)
    return await submit_journey(desk, COUNCIL, journey, browser=BROWSER)


async def test_answers_page_by_page_lead_to_a_case(desk: Desk, lost_cat: Adopted) -> None:
    journey = await begin(desk, lost_cat)
    for page in lost_cat.pages:
        answers = {part.id: ANSWERS[part.id] for part in page.fields}
        if answers:
            state = await answer_page(desk, lost_cat, COUNCIL, journey, browser=BROWSER, answers=answers)
    assert state.path.complete
    done = await submit_journey(desk, COUNCIL, journey, browser=BROWSER)
    assert done.reference is not None
    view = await follow_case(desk, COUNCIL, done.reference, proof="b913qt", client="a")
    assert view.summary == "Lost cat of 1 High Street, Solihull, B91 3QT"
    assert str(view.target_on) == "2026-03-12"
    assert [update.status for update in view.updates] == ["open"]


async def test_another_browser_cannot_see_or_answer_a_journey(desk: Desk, lost_cat: Adopted) -> None:
    journey = await begin(desk, lost_cat, ours="yes")
    with pytest.raises(JourneyGone):
        await load_journey(desk, COUNCIL, journey, browser="another")
    with pytest.raises(JourneyGone):
        await answer_page(desk, lost_cat, COUNCIL, journey, browser="another", answers={"ours": "no"})
    with pytest.raises(JourneyGone):
        await submit_journey(desk, COUNCIL, journey, browser="another")
    with pytest.raises(JourneyGone):
        await load_journey(desk, "kirklees", journey, browser=BROWSER)
    assert (await load_journey(desk, COUNCIL, journey, browser=BROWSER)).answers == {"ours": "yes"}


async def test_an_incomplete_journey_is_not_submitted(desk: Desk, lost_cat: Adopted) -> None:
    journey = await begin(desk, lost_cat, ours="yes")
    with pytest.raises(JourneyIncomplete) as refused:
        await submit_journey(desk, COUNCIL, journey, browser=BROWSER)
    assert refused.value.path.current is not None
    assert refused.value.path.current.id == "home"
    assert await count_cases(desk.store, COUNCIL) == 0


async def test_submitting_twice_at_once_makes_one_case(desk: Desk, lost_cat: Adopted) -> None:
    journey = await begin(desk, lost_cat, **ANSWERS)
    twice = await asyncio.gather(*(submit_journey(desk, COUNCIL, journey, browser=BROWSER) for _ in range(8)))
    assert len({one.reference for one in twice}) == 1
    assert await count_cases(desk.store, COUNCIL) == 1


async def test_a_reference_that_is_taken_is_made_again(desk: Desk, lost_cat: Adopted) -> None:
    numbers = iter([5, 5, 6])
    fixed = Desk(
        desk.store, desk.services, desk.clock, type(desk.chance)(desk.chance.token, lambda _: next(numbers))
    )
    first, second = await submitted(fixed, lost_cat), await submitted(fixed, lost_cat)
    assert first.reference != second.reference


async def test_an_answer_changed_to_an_exit_is_never_submitted(desk: Desk, lost_cat: Adopted) -> None:
    journey = await begin(desk, lost_cat, **ANSWERS)
    state = await answer_page(desk, lost_cat, COUNCIL, journey, browser=BROWSER, answers={"ours": "no"})
    assert state.path.exit is not None
    assert state.path.answers == {"ours": "no"}
    with pytest.raises(JourneyIncomplete):
        await submit_journey(desk, COUNCIL, journey, browser=BROWSER)


async def test_a_submitted_journey_takes_no_more_answers(desk: Desk, lost_cat: Adopted) -> None:
    done = await submitted(desk, lost_cat)
    after = await answer_page(desk, lost_cat, COUNCIL, done.id, browser=BROWSER, answers={"name": "Eve"})
    assert after.reference == done.reference
    assert after.answers["name"] == "Sam Jones"


async def test_a_journey_expires_and_stays_counted_as_started(
    desk: Desk, lost_cat: Adopted, clock: SetClock
) -> None:
    journey = await begin(desk, lost_cat, ours="yes")
    day = desk.today()
    clock.go(hours=25)
    with pytest.raises(JourneyGone) as gone:
        await answer_page(desk, lost_cat, COUNCIL, journey, browser=BROWSER, answers={"ours": "no"})
    assert gone.value.expired
    assert await expire_journeys(desk, COUNCIL) == 1
    assert await desk.store.owner.fetchval("select answers from journey") == {}
    with pytest.raises(JourneyGone) as still:
        await load_journey(desk, COUNCIL, journey, browser=BROWSER)
    assert still.value.expired
    assert await expire_journeys(desk, COUNCIL) == 0
    clock.go(hours=24)
    assert await expire_journeys(desk, COUNCIL) == 1
    with pytest.raises(JourneyGone) as never:
        await load_journey(desk, COUNCIL, journey, browser=BROWSER)
    assert not never.value.expired
    one = await counted(desk, day)
    assert (one.starts, one.completions, one.abandoned) == (1, 0, 1)


async def counted(desk: Desk, day: date) -> Counts:
    await rolling.roll_up(desk.store, COUNCIL)
    [one] = (await measures.by_service(desk.store, COUNCIL, day, day)).values()
    return one


async def test_measures_by_the_gds_rules(desk: Desk, lost_cat: Adopted, clock: SetClock) -> None:
    left = await begin(desk, lost_cat, ours="yes")
    await load_journey(desk, COUNCIL, left, browser=BROWSER)
    exited = await begin(desk, lost_cat, ours="no")
    for _ in range(3):
        await reach_exit(desk, await load_journey(desk, COUNCIL, exited, browser=BROWSER))
    changed = await begin(desk, lost_cat, **{**ANSWERS, "ours": "no"})
    await reach_exit(desk, await load_journey(desk, COUNCIL, changed, browser=BROWSER))
    await answer_page(desk, lost_cat, COUNCIL, changed, browser=BROWSER, answers={"ours": "yes"})
    clock.go(seconds=90)
    await submit_journey(desk, COUNCIL, changed, browser=BROWSER)
    assert await rate_journey(desk, COUNCIL, changed, browser=BROWSER, score=5, comment="Quick")
    assert not await rate_journey(desk, COUNCIL, changed, browser=BROWSER, score=1, comment="Again")
    one = await counted(desk, desk.today())
    assert one.starts == 3, "coming back is not a new start"
    assert one.submitted == 1
    assert one.ineligible == 1, "a journey that went on from its exit is counted once, as submitted"
    assert (one.completion_rate, one.open) == (1.0, 1), "one is not over"
    assert (one.sent, one.digital_take_up) == (1, 1.0)
    assert one.mean_seconds == 90
    assert (one.satisfaction, one.responses) == (1.0, 1)


@pytest.mark.parametrize("proof", ["B91 3QT", "b91-3qt", " SAM@example.com "])
async def test_a_case_is_shown_to_whoever_knows_its_email_or_postcode(
    desk: Desk, lost_cat: Adopted, proof: str
) -> None:
    done = await submitted(desk, lost_cat)
    assert done.reference is not None
    typed = done.reference.replace("-", " ").lower()
    assert (await follow_case(desk, COUNCIL, typed, proof=proof, client="a")).reference == done.reference


async def test_guessing_is_stopped(desk: Desk, lost_cat: Adopted, clock: SetClock) -> None:
    done = await submitted(desk, lost_cat)
    assert done.reference is not None
    for _ in range(8):
        with pytest.raises(CaseNotFound):
            await follow_case(desk, COUNCIL, done.reference, proof="B91 3QQ", client="thief")
    with pytest.raises(TooManyTries) as stopped:
        await follow_case(desk, COUNCIL, done.reference, proof="B91 3QT", client="thief")
    assert 0 < stopped.value.retry_after <= 900
    await follow_case(desk, COUNCIL, done.reference, proof="B91 3QT", client="owner")
    clock.go(minutes=16)
    await follow_case(desk, COUNCIL, done.reference, proof="B91 3QT", client="thief")


async def test_a_case_of_one_s_own_is_no_licence_to_guess_at_others(desk: Desk, lost_cat: Adopted) -> None:
    own, other = await submitted(desk, lost_cat), await submitted(desk, lost_cat)
    assert own.reference
    assert other.reference
    for number in range(8):
        await follow_case(desk, COUNCIL, own.reference, proof="B91 3QT", client="thief")
        with pytest.raises(CaseNotFound):
            await follow_case(desk, COUNCIL, other.reference, proof=f"B9{number} 3QQ", client="thief")
    with pytest.raises(TooManyTries):
        await follow_case(desk, COUNCIL, other.reference, proof="B91 3QT", client="thief")


async def test_looking_at_one_s_own_case_is_no_guess(desk: Desk, lost_cat: Adopted) -> None:
    own = await submitted(desk, lost_cat)
    assert own.reference
    for _ in range(40):
        await follow_case(desk, COUNCIL, own.reference, proof="B91 3QT", client="owner")


async def test_many_addresses_cannot_run_through_the_postcodes_of_one_case(
    desk: Desk, lost_cat: Adopted, clock: SetClock
) -> None:
    done = await submitted(desk, lost_cat)
    assert done.reference
    for number in range(20):
        with pytest.raises(CaseNotFound):
            await follow_case(desk, COUNCIL, done.reference, proof="B91 3QQ", client=f"203.0.113.{number}")
    with pytest.raises(TooManyTries) as stopped:
        await follow_case(desk, COUNCIL, done.reference, proof="B91 3QQ", client="203.0.113.99")
    assert stopped.value.retry_after <= 3600
    clock.go(minutes=61)
    assert (await follow_case(desk, COUNCIL, done.reference, proof="B91 3QT", client="owner")).reference


async def test_all_addresses_of_an_ipv6_network_are_one_client(desk: Desk, lost_cat: Adopted) -> None:
    done = await submitted(desk, lost_cat)
    assert done.reference
    for number in range(8):
        with pytest.raises(CaseNotFound):
            await follow_case(desk, COUNCIL, "K7M-2XQ-9HD", proof="x", client=f"2001:db8:1:2::{number:x}")
    with pytest.raises(TooManyTries):
        await follow_case(desk, COUNCIL, "K7M-2XQ-9HD", proof="x", client="2001:db8:1:2:ffff::1")


async def test_ipv4_addresses_written_as_ipv6_are_not_one_network(desk: Desk, lost_cat: Adopted) -> None:
    done = await submitted(desk, lost_cat)
    assert done.reference
    for _ in range(8):
        with pytest.raises(CaseNotFound):
            await follow_case(desk, COUNCIL, "K7M-2XQ-9HD", proof="x", client="::ffff:203.0.113.1")
    with pytest.raises(TooManyTries):
        await follow_case(desk, COUNCIL, "K7M-2XQ-9HD", proof="x", client="203.0.113.1")
    await follow_case(desk, COUNCIL, done.reference, proof="B91 3QT", client="::ffff:203.0.113.2")


async def test_who_guessed_is_forgotten(desk: Desk, lost_cat: Adopted, clock: SetClock) -> None:
    with pytest.raises(CaseNotFound):
        await follow_case(desk, COUNCIL, "K7M-2XQ-9HD", proof="x", client="203.0.113.9")
    count = "select count(*) from attempt where council = $1"
    await expire_attempts(desk, COUNCIL)
    assert await desk.store.owner.fetchval(count, COUNCIL) > 0
    clock.go(hours=2)
    await expire_attempts(desk, COUNCIL)
    assert await desk.store.owner.fetchval(count, COUNCIL) == 0


async def test_more_journeys_than_one_sweep_takes_are_all_removed(
    desk: Desk, lost_cat: Adopted, clock: SetClock
) -> None:
    await begin(desk, lost_cat)
    await desk.store.owner.execute(
        """insert into journey (council, journey, browser, service, digest, language, channel, started_at, expires_at,
                                measure)
           select council, journey || n, browser, service, digest, language, channel, started_at, expires_at, measure
           from journey, generate_series(1, 1600) n"""
    )
    clock.go(days=60)
    assert await expire_journeys(desk, COUNCIL) == 2 * 1601, "each is counted as abandoned, then removed"
    assert await desk.store.owner.fetchval("select count(*) from journey") == 0


async def test_an_answer_changed_in_another_tab_while_it_is_sent_is_the_one_that_counts(
    desk: Desk, lost_cat: Adopted, monkeypatch: pytest.MonkeyPatch
) -> None:
    from commonhall.casework import journeys

    journey = await begin(desk, lost_cat, **ANSWERS)
    stored = journeys.submit_case
    times = iter(range(10))

    async def submit(store: Any, council: str, new: Any) -> bool:
        """Another tab saves an answer between the reading and the writing."""
        if next(times) == 0:
            await answer_page(
                desk, lost_cat, COUNCIL, journey, browser=BROWSER, answers={"name": "Alex Jones"}
            )
        return await stored(store, council, new)

    monkeypatch.setattr(journeys, "submit_case", submit)
    done = await submit_journey(desk, COUNCIL, journey, browser=BROWSER)
    assert done.answers["name"] == "Alex Jones"
    stored_answers = await desk.store.owner.fetchval("select answers from council_case")
    assert stored_answers["name"] == "Alex Jones"


async def test_whoever_is_led_elsewhere_and_then_found_not_eligible_has_completed(
    desk: Desk, lost_cat: Adopted
) -> None:
    from commonhall.storage.journeys import exit_journey

    journey = await begin(desk, lost_cat)
    outcome = "select outcome from measure"
    for reached, counted in (
        ("elsewhere", "elsewhere"),
        ("ineligible", "ineligible"),
        ("elsewhere", "ineligible"),
    ):
        await exit_journey(desk.store, COUNCIL, journey, desk.clock(), reached, ["ours"])
        assert await desk.store.owner.fetchval(outcome) == counted
