"""What happens at one moment of a simulation: a visit, a delivery, a word of the back office. All by the use cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from itertools import islice

from commonhall.app.simulating.facts import API
from commonhall.app.simulating.people import Cell, Story
from commonhall.app.simulating.resolution import Step
from commonhall.casework.cases import take_updates
from commonhall.casework.deliveries import deliver_due
from commonhall.casework.desk import AdoptedServices, Chance, Desk, token_of
from commonhall.casework.direct import NotAccepted, hand_in
from commonhall.casework.journeys import (
    Journey,
    answer_page,
    rate_journey,
    reach_exit,
    start_journey,
    submit_journey,
)
from commonhall.casework.reference import COUNT, reference_from
from commonhall.engine.back_office import CaseForDelivery, News, Receipt, StatusUpdate, UpdateRefused
from commonhall.engine.journey import JourneyIncomplete
from commonhall.engine.package import Adopted

BACK_OFFICE = "simulated"
"""The name of the back office that all simulated cases go to, and of no other."""
SENDER = "system/simulated"
MOST_AT_ONCE = 1000
TAKEN_AFTER = timedelta(minutes=4)


@dataclass(slots=True)
class Counts:
    """What a simulation has done."""

    journeys: int = 0
    cases: int = 0
    exits: int = 0
    left: int = 0
    refused: int = 0
    ratings: int = 0
    delivered: int = 0
    updates: int = 0
    again: int = 0
    expired: int = 0

    def add(self, other: Counts) -> None:
        """Count what another has counted, too."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


class SimulatedServices(AdoptedServices):
    """What councils run, as it is but for the back office: cases go to the simulated one."""

    def __init__(self, real: AdoptedServices) -> None:
        self._real = real
        self._changed: dict[tuple[str, str], Adopted] = {}

    async def get(self, council: str, digest: str) -> Adopted:
        """The compiled service, with the simulated back office."""
        found = self._changed.get((council, digest))
        if found is None:
            real = await self._real.get(council, digest)
            choices = real.choices.model_copy(update={"connector": BACK_OFFICE})
            found = self._changed[council, digest] = replace(real, choices=choices)
        return found


class SimulatedOffice:
    """A back office in this process: it takes every case."""

    kind = "simulated"
    can = frozenset({"deliver"})

    async def deliver(self, case: CaseForDelivery, idempotency_key: str) -> Receipt:
        """Take it."""
        return Receipt(None)

    async def updates(self, since: datetime) -> Sequence[News]:
        """Nothing: what it says is told where it happens."""
        return []

    def receive(self, headers: Mapping[str, str], body: bytes) -> list[StatusUpdate]:
        """Raises `UpdateRefused`."""
        raise UpdateRefused("the simulated back office pushes nothing")


@dataclass(slots=True)
class AtWork:
    """One council's part of a simulation under way; `attempt` changes the references of cases."""

    desk: Desk
    council: str
    gss: str
    counts: Counts
    attempt: int
    waiting: int = 0
    last: datetime | None = None
    hour: datetime | None = None
    office: SimulatedOffice = field(default_factory=SimulatedOffice)

    def at(self, moment: datetime, chance: int = 0) -> Desk:
        """The tools of casework at a moment, with a chance that is the same each time."""
        below = (chance + self.attempt * 7_919) % COUNT
        return replace(
            self.desk,
            clock=lambda: moment,
            chance=Chance(lambda: token_of(f"{moment}/{below}"), lambda most: below % most),
        )


@dataclass(frozen=True, slots=True)
class Said:
    """A word of the back office on the case of a person."""

    key: str
    reference: str
    step: Step


def reference_of(story: Story, attempt: int = 0) -> str:
    """The reference of the case that a story makes."""
    return reference_from((story.chance + attempt * 7_919) % COUNT)


async def visit(work: AtWork, cell: Cell, story: Story) -> None:
    """Let a person do what they do, from the start page to the end of it."""
    counts, person = work.counts, story.person
    counts.journeys += 1
    counts.refused += story.refused
    counts.again += person.before is not None
    if person.channel == API:
        await _hand_in(work, cell, story)
        return
    desk = work.at(person.starts_at)
    await start_journey(
        desk,
        cell.adopted,
        work.council,
        browser=person.key,
        language=person.language,
        channel=person.channel,
        journey=person.journey,
    )
    journey = await _answer(work, cell, story)
    desk = work.at(story.ends_at, story.chance)
    if story.ending == "left" or journey is None:
        counts.left += 1
    elif journey.path.exit is not None:
        await reach_exit(desk, journey)
        counts.exits += 1
    else:
        await _submit(work, desk, story)


async def _answer(work: AtWork, cell: Cell, story: Story) -> Journey | None:
    """Answer the pages one after the other as they would be, saved together; None where nothing was."""
    person, told = story.person, story.told
    answers = {
        part.id: told.answers[part.id] for page in islice(told.pages, story.pages) for part in page.fields
    }
    if not answers:
        return None
    return await answer_page(
        work.at(story.ends_at - timedelta(seconds=5)),
        cell.adopted,
        work.council,
        person.journey,
        browser=person.key,
        answers=answers,
    )


async def _submit(work: AtWork, desk: Desk, story: Story) -> None:
    person, counts = story.person, work.counts
    try:
        await submit_journey(desk, work.council, person.journey, browser=person.key)
    except JourneyIncomplete:
        # The day changed while they answered, and with it what is asked.
        counts.left += 1
        return
    _counted(work, story)
    if story.score is not None:
        counts.ratings += await rate_journey(
            work.at(story.ends_at + timedelta(seconds=25)),
            work.council,
            person.journey,
            browser=person.key,
            score=story.score,
            comment=story.comment,
        )


async def _hand_in(work: AtWork, cell: Cell, story: Story) -> None:
    given = {name: value for name, value in story.told.path.answers.items() if not name.startswith("local.")}
    own = {
        name.removeprefix("local."): value
        for name, value in story.told.path.answers.items()
        if name.startswith("local.")
    }
    try:
        await hand_in(
            work.at(story.ends_at, story.chance),
            work.council,
            cell.adopted,
            {**given, "local": own} if own else given,
            sender=SENDER,
            key=story.person.key,
        )
    except NotAccepted as refused:
        work.counts.exits += refused.exit is not None
        return
    _counted(work, story)


def _counted(work: AtWork, story: Story) -> None:
    work.counts.cases += 1
    work.waiting += 1
    work.last = story.ends_at


async def deliver(work: AtWork) -> None:
    """Let the back office take what waits for it."""
    if work.waiting and work.last is not None:
        desk = work.at(work.last + TAKEN_AFTER)
        done = await deliver_due(desk, work.council, work.gss, BACK_OFFICE, work.office, most=MOST_AT_ONCE)
        work.counts.delivered += done.delivered
        work.waiting -= done.claimed


async def tell(work: AtWork, said: list[Said]) -> None:
    """Let the back office say what happened, and forget what was said."""
    if not said:
        return
    updates = [
        StatusUpdate(
            token_of(f"{one.key}/{one.step.at}"), one.step.status, one.step.at, one.step.note, one.reference
        )
        for one in said
    ]
    taken = await take_updates(work.at(said[-1].step.at), work.council, BACK_OFFICE, updates)
    work.counts.updates += taken.added
    said.clear()
