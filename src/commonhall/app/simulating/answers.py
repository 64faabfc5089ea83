"""What people answer: the service's own example journeys, moved to another day and place; the rest is made up by type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from commonhall.app.simulating.places import Spot
from commonhall.engine.definition import Example
from commonhall.engine.expressions import BOOL, ExpressionRefused
from commonhall.engine.fields.base import CompiledField
from commonhall.engine.journey import Path, parse_page, walk
from commonhall.engine.package import Adopted, CompiledPage

MOST_TRIES = 6

_GIVEN = [
    "Aisha",
    "Alan",
    "Alex",
    "Amy",
    "Anil",
    "Beth",
    "Bryn",
    "Carys",
    "Chen",
    "Chloe",
    "Daniel",
    "Dewi",
    "Emma",
    "Farah",
    "Gareth",
    "Grace",
    "Hannah",
    "Imran",
    "Jack",
    "Jo",
    "Kemi",
    "Layla",
    "Leon",
    "Lucy",
    "Maria",
    "Mei",
    "Mohammed",
    "Nia",
    "Noah",
    "Olu",
    "Owen",
    "Priya",
    "Rhys",
    "Ruth",
    "Sam",
    "Sara",
    "Sian",
    "Tom",
    "Yusuf",
    "Zoe",
]
_FAMILY = [
    "Adams",
    "Ahmed",
    "Ali",
    "Bailey",
    "Baker",
    "Begum",
    "Brown",
    "Carter",
    "Chapman",
    "Clarke",
    "Cooper",
    "Davies",
    "Edwards",
    "Evans",
    "Green",
    "Griffiths",
    "Hall",
    "Harris",
    "Hughes",
    "Hussain",
    "Jones",
    "Kaur",
    "Khan",
    "Lee",
    "Lewis",
    "Morgan",
    "Morris",
    "Patel",
    "Price",
    "Roberts",
    "Shah",
    "Singh",
    "Smith",
    "Taylor",
    "Thomas",
    "Walker",
    "Williams",
    "Wilson",
    "Wood",
    "Wright",
]
_SENTENCES = (
    "It has been like this for a few days.",
    "Please call before you come.",
    "It is by the bus stop.",
    "The gate is on the left.",
    "It is worse after rain.",
    "Same as last time.",
)


@dataclass(frozen=True, slots=True)
class Maker:
    """Who makes a case: nobody real. E-mail addresses and numbers are of those kept for examples and drama."""

    name: str
    email: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody answers, all of it, and the path that these answers take on that day."""

    answers: Mapping[str, Any]
    path: Path
    pages: tuple[CompiledPage, ...]


def somebody(rng: Random, *, online: bool) -> Maker:
    """A person who does not exist."""
    given, family = rng.choice(_GIVEN), rng.choice(_FAMILY)
    email = f"{given}.{family}{rng.randrange(100)}@example.com".lower()
    phone = f"01632 960{rng.randrange(1000):03}"
    has_email = rng.random() < (0.9 if online else 0.45)
    return Maker(
        f"{given} {family}",
        email if has_email else None,
        phone if not has_email or rng.random() < 0.5 else None,
    )


class Answers:
    """The answers to one council's service."""

    def __init__(self, adopted: Adopted) -> None:
        self._adopted = adopted
        self._submitting: list[Example] = []
        self._ending: list[Example] = []
        for example in adopted.service.examples:
            if _applies(adopted, example):
                (self._submitting if example.ends == "submitted" else self._ending).append(example)

    def told(self, rng: Random, maker: Maker, spot: Spot, today: date, *, to_the_end: bool) -> Told:
        """What somebody answers who means to submit, or who will be told that they cannot.

        Examples are written for one day, and on some days theirs ends otherwise: then another is tried, and at last
        what is made up by type alone, which ends as it may.
        """
        examples = self._submitting if to_the_end else self._ending
        for example in rng.sample(examples, min(len(examples), MOST_TRIES)):
            told = self._told(rng, self._moved(example, today), maker, spot, today)
            if told.path.complete if to_the_end else told.path.exit is not None:
                return told
        return self._told(rng, {}, maker, spot, today)

    def _told(self, rng: Random, answers: dict[str, Any], maker: Maker, spot: Spot, today: date) -> Told:
        """These answers as this person gives them, and what is still asked."""
        self._own(answers, maker, spot)
        path = walk(self._adopted, answers, today)
        while path.current is not None:
            asked = [part for part in path.current.fields if part.id not in answers]
            made = {part.id: invented(part, rng, maker, spot, today) for part in asked}
            if not asked or any(made[part.id] is None and not part.definition.optional for part in asked):
                # Nobody here knows what to say: this person gets no further.
                break
            answers |= made
            path = walk(self._adopted, answers, today)
        return Told(answers, path, path.pages)

    def refused(self, rng: Random, told: Told, today: date) -> int:
        """How many faults the service finds in a page that was sent empty by mistake."""
        asked = [page for page in told.pages if any(not part.definition.optional for part in page.fields)]
        return len(parse_page(rng.choice(asked), {}, today)[1]) if asked else 0

    def _moved(self, example: Example, today: date) -> dict[str, Any]:
        days = today - example.today
        fields = self._adopted.fields
        return {
            name: _moved(fields[name], value, days)
            for name, value in example.answers.items()
            if name in fields
        }

    def _own(self, answers: dict[str, Any], maker: Maker, spot: Spot) -> None:
        """The person's own name, ways to reach them and place, where the example gives one."""
        case = self._adopted.service.definition.case
        own = {
            case.contact.name: maker.name,
            case.contact.email: maker.email,
            case.contact.phone: maker.phone,
        }
        for name, value in own.items():
            # A number that was not given stays so where an answer is needed: checks may want one or the other.
            if name and answers.get(name) is not None and value is not None:
                answers[name] = value
        if case.location and answers.get(case.location):
            answers[case.location] = _at(self._adopted.fields[case.location], spot)


def _at(part: CompiledField, spot: Spot) -> dict[str, Any]:
    return dict(spot.address()) if part.type == "address" else spot.location()


def _applies(adopted: Adopted, example: Example) -> bool:
    if example.applies is None:
        return True
    try:
        return adopted.service.dialect.compile(example.applies, (BOOL,)).holds(adopted.nation, adopted.bound)
    except ExpressionRefused:
        return False


def _moved(part: CompiledField, value: Any, days: timedelta) -> Any:
    """An answer so many days later: dates move, and what is in a list with them."""
    if part.type == "date" and isinstance(value, str):
        return (date.fromisoformat(value) + days).isoformat()
    if part.type == "list" and isinstance(value, list):
        columns = {column.id: column for column in part.fields}
        return [
            {name: _moved(columns[name], answer, days) for name, answer in row.items() if name in columns}
            for row in value
        ]
    return value


def invented(part: CompiledField, rng: Random, maker: Maker, spot: Spot, today: date) -> Any:
    """An answer to a question that no example answers, by its type; None where it may be left empty."""
    if part.definition.optional and rng.random() < 0.6:
        return None
    for _ in range(MOST_TRIES):
        value = _by_type(part, rng, maker, spot, today)
        if not part.accepts(value, today).faults:
            return value
    return None


def _by_type(part: CompiledField, rng: Random, maker: Maker, spot: Spot, today: date) -> Any:
    kinds: dict[str, Callable[[], Any]] = {
        "name": lambda: maker.name,
        "email": lambda: maker.email or "someone@example.com",
        "phone": lambda: maker.phone or "01632 960001",
        "address": lambda: dict(spot.address()),
        "map-location": spot.location,
        "date": (today + timedelta(days=rng.choice((-9, -2, -1, 0, 1, 5, 14)))).isoformat,
        "number": lambda: round(getattr(part.definition, "min", None) or 0) + rng.randrange(1, 5),
        "money": lambda: (getattr(part.definition, "min", None) or 0) + 100 * rng.randrange(1, 50),
        "national-insurance-number": lambda: f"AB{rng.randrange(10**6):06}C",
        "vehicle-registration": lambda: f"AB{rng.randrange(52, 74)}CDE",
        "declaration": lambda: True,
        "radios": lambda: rng.choice(part.choices).code,
        "select": lambda: rng.choice(part.choices).code,
        "checkboxes": lambda: [rng.choice(part.choices).code],
        "list": lambda: [
            {
                column.id: answer
                for column in part.fields
                if (answer := invented(column, rng, maker, spot, today)) is not None
            }
        ],
    }
    words = rng.choice(_SENTENCES)[: getattr(part.definition, "max_length", 200)]
    return kinds.get(part.type, lambda: words)()
