"""What a back office does with a case: how soon, in how many steps, and whether it has to come again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from commonhall.app.simulating.facts import Facts
from commonhall.casework.desk import LONDON, london_day
from commonhall.engine.back_office import CaseStatus
from commonhall.engine.working_days import Calendar

LATEST = timedelta(days=75)
"""Nothing is closed later than this; then it is never closed."""
AGAIN_WITHIN = timedelta(days=28)
HORIZON = LATEST + AGAIN_WITHIN + timedelta(days=14)
"""Later than this after its submission nothing more comes of a case."""
FORGOTTEN = 0.015
REOPENED = 0.035
CHASED = 0.55
"""Of those who report the same again, how many do it while the first case is open."""

_NOTES = {
    CaseStatus.INVESTIGATING: ("", "We are looking into it.", "An officer has been asked to look at it."),
    CaseStatus.ACTION_SCHEDULED: ("A crew has been booked.", "The work has been ordered."),
    CaseStatus.IN_PROGRESS: ("", "The crew is on its way."),
    CaseStatus.FIXED: ("The work is done.", "Done. Thank you for telling us.", ""),
    CaseStatus.CLOSED: ("We have changed our records.", "Done. You need do nothing more.", ""),
    CaseStatus.NO_FURTHER_ACTION: (
        "We looked and found nothing to do.",
        "It does not meet the level at which we act.",
    ),
    CaseStatus.NOT_COUNCILS_RESPONSIBILITY: ("This is not ours: we have told its owner.",),
    CaseStatus.DUPLICATE: ("Somebody had told us of this already.",),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One word of the back office on a case."""

    at: datetime
    status: CaseStatus
    note: str


@dataclass(frozen=True, slots=True)
class Course:
    """What becomes of a case. `again` is when the same place tells of it once more; `closed_at` the first closing."""

    steps: tuple[Step, ...]
    closed_at: datetime | None
    again: datetime | None


def standing(council: str) -> float:
    """How well a council does against the usual: -0.12 to 0.08, the same for it always. Invented."""
    return Random(f"standing/{council}").uniform(-0.12, 0.08)  # noqa: S311 - the same council must stand the same


def course_of(
    rng: Random, facts: Facts, council: str, submitted: datetime, target: date | None, calendar: Calendar
) -> Course:
    """The course of a case submitted at a moment (UTC), to be closed by a day."""
    day = london_day(submitted)
    due = target or calendar.add_working_days(day, facts.target)
    closed = None if rng.random() < FORGOTTEN else _closing(rng, facts, council, submitted, due, calendar)
    again = _again(rng, facts, submitted, closed)
    first = submitted + timedelta(minutes=rng.uniform(20, 1200))
    steps = [_step(rng, first, CaseStatus.INVESTIGATING)] if rng.random() < 0.6 else []
    if closed is None:
        return Course(tuple(steps), None, again)
    if rng.random() < 0.4:
        between = first + (closed - first) * rng.uniform(0.3, 0.9)
        status = rng.choice((CaseStatus.ACTION_SCHEDULED, CaseStatus.IN_PROGRESS))
        steps.append(_step(rng, between, status))
    steps = [step for step in steps if submitted < step.at < closed]
    steps.append(_step(rng, closed, _final(rng, facts)))
    if rng.random() < REOPENED:
        opened = closed + timedelta(days=rng.uniform(0.3, 9))
        steps.append(_step(rng, opened, CaseStatus.INVESTIGATING))
        done = opened + timedelta(days=rng.lognormvariate(1.0, 0.7))
        steps.append(_step(rng, done, CaseStatus(facts.closes_as)))
    return Course(tuple(steps), closed, again)


def _closing(
    rng: Random, facts: Facts, council: str, submitted: datetime, due: date, calendar: Calendar
) -> datetime | None:
    """When it is closed: in most cases within the target, in the others late, and some of those very late."""
    start = london_day(submitted)
    # In the busy months more is late.
    share = facts.in_time + standing(council) - 0.1 * (facts.months[start.month - 1] - 1)
    if rng.random() < min(0.98, max(0.3, share)):
        worked = max(1, calendar.working_days(start, due))
        day = calendar.add_working_days(start, min(worked, math.ceil(worked * rng.betavariate(2.2, 1.6))))
    else:
        late = min(60, 1 + int(rng.lognormvariate(0.9, 1.0)))
        day = calendar.add_working_days(due, late)
    hour = min(18.0, max(7.2, rng.gauss(12.6, 2.4)))
    at = datetime.combine(day, time(int(hour), int(hour % 1 * 60), rng.randrange(60)), LONDON).astimezone(UTC)
    at = max(at, submitted + timedelta(minutes=rng.uniform(45, 240)))
    return at if at - submitted < LATEST else None


def _again(rng: Random, facts: Facts, submitted: datetime, closed: datetime | None) -> datetime | None:
    """When the same place tells of it again: while it waits, or after it was closed and was not well."""
    waited = min(2.5, max(0.5, ((closed or submitted + LATEST) - submitted).days / max(1, facts.target)))
    if rng.random() >= facts.again * waited:
        return None
    if closed is None or rng.random() < CHASED:
        end = closed or submitted + timedelta(days=30)
        return submitted + (end - submitted) * rng.uniform(0.35, 0.97)
    return closed + timedelta(days=rng.uniform(0.5, AGAIN_WITHIN.days - 2))


def _final(rng: Random, facts: Facts) -> CaseStatus:
    if rng.random() < facts.fixed:
        return CaseStatus(facts.closes_as)
    other = (
        CaseStatus.NO_FURTHER_ACTION,
        CaseStatus.NOT_COUNCILS_RESPONSIBILITY,
        CaseStatus.DUPLICATE,
    )
    return rng.choices(other, (6, 2, 2))[0]


def _step(rng: Random, at: datetime, status: CaseStatus) -> Step:
    return Step(at, status, rng.choice(_NOTES[status]))
