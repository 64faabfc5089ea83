"""An example journey for a draft: the first way through it that can be answered."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import rstr

from commonhall.engine.adoption import Adopter, adopt, defaults
from commonhall.engine.fields.base import CompiledField
from commonhall.engine.journey import Path, walk
from commonhall.engine.package import Adopted, Service
from commonhall.engine.working_days import Calendar

MOST_TRIES = 400
_SEEDS = 20
_LONGEST_PATTERN = 300
_NESTED = re.compile(r"[*+?}]\)+[*+{]")
"""A repetition of repetitions, of which made words could be endless."""
_SAMPLES: Mapping[str, Any] = {
    "textarea": "Something happened.",
    "email": "sam@example.com",
    "phone": "01632 960001",
    "name": "Sam Jones",
    "address": {"line1": "1 High Street", "town": "Anytown", "postcode": "SW1A 1AA"},
    "national-insurance-number": "AB123456C",
    "vehicle-registration": "AB12CDE",
    "map-location": {"description": "By the bus stop"},
    "declaration": True,
}


def example_of(service: Service, today: date, calendars: Mapping[str, Calendar]) -> dict[str, Any] | None:
    """An example whose answers are accepted, best one that is submitted; None where no such answers were found."""
    languages = tuple(service.definition.languages)
    adopted = adopt(service, defaults(service, {}), Adopter("England", languages), calendars)
    best: tuple[Path, dict[str, Any]] | None = None
    for path, answers in _ways(adopted, today):
        if path.complete:
            return _written("Everything is said", today, path, answers)
        if path.exit and best is None:
            best = path, answers
    return _written("An end is met", today, *best) if best else None


def _written(name: str, today: date, path: Path, answers: Mapping[str, Any]) -> dict[str, Any]:
    ends = path.exit.id if path.exit else "submitted"
    pages = [page.id for page in path.pages] + ([path.exit.id] if path.exit else [])
    return {"name": name, "today": today.isoformat(), "answers": dict(answers), "ends": ends, "path": pages}


def _ways(adopted: Adopted, today: date) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Ways through the pages to an end, trying the options of each question in turn, the last question's first."""
    waiting: list[dict[str, Any]] = [{}]
    for _ in range(MOST_TRIES):
        if not waiting:
            return
        answers = waiting.pop()
        path = walk(adopted, answers, today)
        if path.current is None:
            yield path, answers
            continue
        if all(part.id in answers for part in path.current.fields):
            continue  # a rule of the page is not met
        for given in reversed(_tries(path.current.fields, today)):
            waiting.append({**answers, **given})


def _tries(fields: tuple[CompiledField, ...], today: date) -> list[dict[str, Any]]:
    """Answers to a page's questions: one for each option of its first choosing question, and one for the rest."""
    usual: dict[str, Any] = {}
    for part in fields:
        found = next((one for one in _values(part, today) if not part.accepts(one, today).faults), None)
        if found is None and not part.definition.optional:
            return []
        usual[part.id] = found
    tries = [usual]
    for part in fields:
        tries += [{**usual, part.id: one} for one in _values(part, today)[1:8]
                  if part.type != "text" and not part.accepts(one, today).faults]  # fmt: skip
    return tries[:12]


def _values(part: CompiledField, today: date) -> list[Any]:
    known = part.definition
    match part.type:
        case "text":
            return _words(getattr(known, "pattern", None), getattr(known, "max_length", 200))
        case "radios" | "select":
            return [choice.code for choice in part.choices]
        case "checkboxes":
            each = [[choice.code] for choice in part.choices]
            return [*each, [choice.code for choice in part.choices]]
        case "date":
            past, future = today - timedelta(days=10), today + timedelta(days=10)
            days = [today - timedelta(days=365 * 30), past, future, today]
            return [day.isoformat() for day in days]
        case "number" | "money":
            low, high = getattr(known, "min", None), getattr(known, "max", None)
            guesses = (1 if low is None else low, 0 if high is None else high, 0, 100)
            whole = part.type == "money" or not getattr(known, "decimals", 0)
            return [int(one) if whole else float(one) for one in guesses]
        case "list":
            rows = [_tries(part.fields, today)[:1] for _ in range(max(1, getattr(known, "min", 1)))]
            return [[row[0] for row in rows]] if all(rows) else []
    return [_SAMPLES[part.type]]


def _words(pattern: str | None, longest: int) -> list[str]:
    """Words for a line of text, made by its pattern where it has one."""
    usual = ["Something"[:longest], "A"]
    if pattern is None or len(pattern) > _LONGEST_PATTERN or _NESTED.search(pattern):
        return usual
    made = []
    for seed in range(_SEEDS):
        # The same words each time: it is no secret that they are made for.
        try:
            made.append(rstr.Rstr(random.Random(seed)).xeger(pattern))  # noqa: S311
        except (re.error, ValueError, KeyError, IndexError, OverflowError, NotImplementedError):
            break  # RE2 knows a few forms that Python does not
    return [*usual, *made]
