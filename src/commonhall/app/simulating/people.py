"""Simulated people: who comes on a day, what they mean to do, and the story that comes of it.

Nothing here reads or writes: the same seed tells the same stories, so a simulation can be taken up where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from commonhall.app.simulating.answers import Answers, Maker, Told, somebody
from commonhall.app.simulating.arrivals import channel_of, moment_of, starts_on, usual_starts, weather_of
from commonhall.app.simulating.facts import (
    API,
    IN_PERSON,
    ONLINE,
    PHONE,
    RATED,
    WELSH,
    WRONG_INPUT,
    Facts,
    facts_of,
)
from commonhall.app.simulating.places import Places, Spot
from commonhall.app.simulating.resolution import Course, course_of
from commonhall.casework.desk import london_day, token_of
from commonhall.engine.journey import target
from commonhall.engine.package import Adopted
from commonhall.engine.working_days import Calendar

_SLOWER = {ONLINE: 1.0, API: 0.25, PHONE: 1.25, IN_PERSON: 1.6}
_SCORES = ((5, 46), (4, 28), (3, 11), (2, 6), (1, 9))
_COMMENTS = {
    5: ("Quick and easy.", "Very clear, thank you.", "Done in two minutes on my phone."),
    4: ("Easy enough.", "Good, though I had to look for the postcode.", "Fine."),
    3: ("It was OK.", "Too many questions for such a small thing."),
    2: ("I did not know which option to choose.", "It should find my address by itself."),
    1: ("I have reported this before and nothing happened.", "Nobody ever comes back to me."),
}


@dataclass(frozen=True, slots=True)
class Before:
    """Whose case it was that somebody tells of again, and where."""

    maker: Maker
    spot: Spot


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who comes for a service. `key` names them and all that is theirs; `before` is of an earlier case."""

    key: str
    service: str
    channel: str
    language: str
    starts_at: datetime
    intent: str
    """'submit', 'exit' or 'leave'."""
    before: Before | None = None

    @property
    def journey(self) -> str:
        """The journey's id: the same for the same person, so that it is never started twice."""
        return token_of(f"journey/{self.key}")


@dataclass(frozen=True, slots=True)
class Story:
    """What a person does, to the end. `ending` is 'submitted', 'exit' or 'left'; `pages` are those that they answer.

    `refused` is how many faults were found in what they sent by mistake. `course` is what becomes of their case.
    """

    person: Person
    told: Told
    ending: str
    pages: int
    ends_at: datetime
    refused: int
    score: int | None
    comment: str
    course: Course | None
    again: Person | None
    chance: int


@dataclass(frozen=True, slots=True)
class Cell:
    """One service of one council, with all that its people need."""

    seed: int
    council: str
    adopted: Adopted
    answers: Answers
    facts: Facts
    places: Places
    calendar: Calendar
    usual: float
    first: date

    @property
    def service(self) -> str:
        """The service's id."""
        return self.adopted.service.id


def cell_of(
    seed: int,
    council: str,
    adopted: Adopted,
    places: Places,
    calendar: Calendar,
    population: int,
    scale: float,
    first: date,
) -> Cell:
    """A service as its people meet it."""
    facts = facts_of(adopted.service.id)
    usual = usual_starts(facts, population, scale)
    return Cell(seed, council, adopted, Answers(adopted), facts, places, calendar, usual, first)


def people_of(cell: Cell, day: date) -> Iterator[Person]:
    """Everybody who comes for a service on a day, by chance."""
    name = f"{cell.seed}/{cell.council}/{cell.service}/{day}"
    rng = Random(name)  # noqa: S311 - a simulation must be repeatable
    weather = weather_of(cell.seed, cell.council, cell.service, day)
    years = (day - cell.first).days / 365
    for number in range(starts_on(rng, cell.facts, day, cell.usual, weather)):
        channel = channel_of(rng, cell.facts, years)
        yield _person(rng, cell, f"{name}/{number}", channel, moment_of(rng, channel, day, cell.calendar))


def _person(
    rng: Random, cell: Cell, key: str, channel: str, at: datetime, before: Before | None = None
) -> Person:
    share = WELSH.get(cell.adopted.nation, 0.002)
    welsh = channel == ONLINE and "cy" in cell.adopted.languages and rng.random() < share
    return Person(
        key, cell.service, channel, "cy" if welsh else "en", at, intent_of(rng, cell.facts, channel), before
    )


def intent_of(rng: Random, facts: Facts, channel: str) -> str:
    """What somebody will do. Officers know whom they need not ask; programs hand in what is whole."""
    at = rng.random()
    if channel == ONLINE:
        return (
            "exit" if at < facts.ineligible else "leave" if at < facts.ineligible + facts.leave else "submit"
        )
    few = 0.02 if channel != API else 0.01
    return "exit" if at < few else "leave" if at < 2 * few and channel != API else "submit"


def story_of(cell: Cell, person: Person) -> Story:
    """All that comes of a person, by chance that is theirs alone."""
    rng = Random(person.key)  # noqa: S311 - a simulation must be repeatable
    facts, day = cell.facts, london_day(person.starts_at)
    before = person.before or Before(
        somebody(rng, online=person.channel in {ONLINE, API}), cell.places.spot(rng)
    )
    maker, spot = before.maker, before.spot
    told = cell.answers.told(rng, maker, spot, day, to_the_end=person.intent != "exit")
    seconds = seconds_of(rng, facts, person.channel)
    refused = 0
    if person.channel == ONLINE and rng.random() < WRONG_INPUT:
        refused = cell.answers.refused(rng, told, day)
        seconds += rng.uniform(8, 45)
    ending, pages = _ending(rng, person, told)
    if ending == "left":
        seconds *= (pages + 1) / (len(told.pages) + 1)
    ends_at = person.starts_at + timedelta(seconds=round(seconds))
    score, comment, course, again = None, "", None, None
    if ending == "submitted":
        course = course_of(
            rng, facts, cell.council, ends_at, target(cell.adopted, told.path.answers, day), cell.calendar
        )
        score, comment = rating_of(rng, person.channel)
        again = _again(rng, cell, person, before, course)
    return Story(
        person, told, ending, pages, ends_at, refused, score, comment, course, again, rng.getrandbits(62)
    )


def _ending(rng: Random, person: Person, told: Told) -> tuple[str, int]:
    """How a journey ends, and after how many pages; answers decide, whatever was meant."""
    pages = len(told.pages)
    if person.intent == "leave" or (told.path.current is not None and person.channel != API):
        # Most leave soon; the others where something must be looked for.
        return "left", min(pages, int(pages * rng.betavariate(0.8, 1.3))) if pages else 0
    return ("exit" if told.path.exit else "submitted"), pages


def seconds_of(rng: Random, facts: Facts, channel: str) -> float:
    """How long a whole journey takes."""
    middle = facts.minutes * 60 * _SLOWER[channel]
    return min(3 * 3600.0, max(15.0, middle * rng.lognormvariate(0.0, 0.45)))


def rating_of(rng: Random, channel: str) -> tuple[int | None, str]:
    """A score and what is said beside it, of those who give one."""
    if channel != ONLINE or rng.random() >= RATED:
        return None, ""
    [score] = rng.choices([one for one, _ in _SCORES], [share for _, share in _SCORES])
    return score, rng.choice(_COMMENTS[score]) if rng.random() < 0.3 else ""


def _again(rng: Random, cell: Cell, person: Person, before: Before, course: Course) -> Person | None:
    """The person who tells of the same place again; of them nobody comes a third time."""
    if course.again is None or person.before is not None:
        return None
    channel = ONLINE if rng.random() < 0.6 else PHONE
    at = course.again
    if channel == PHONE:
        at = moment_of(rng, channel, london_day(at), cell.calendar)
        at = max(at, course.again)
    return Person(f"{person.key}/again", person.service, channel, "en", at, "submit", before)
