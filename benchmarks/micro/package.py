"""A service package of any size, to read and to adopt: as lawful as a real one, and as dull as it must be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CONDITIONS_PER_PAGE = 2.5
NATIONS = ("England", "Wales", "Scotland", "Northern Ireland")


def package(pages: int) -> Mapping[str, str]:
    """The files of a service with so many pages and two and a half times as many conditions and checks."""
    import yaml

    conditions = int(pages * CONDITIONS_PER_PAGE)
    definition = {
        "id": "many-pages",
        "version": "1.0.0",
        "name": "A service of many pages",
        "lgsl": 524,
        "lgil": 17,
        "languages": ["en"],
        "start": {"intro": "A made-up service, to measure with.", "need": ["nothing"], "time": 60},
        "settings": settings(),
        "pages": [page(number, checks_of(number, pages, conditions)) for number in range(pages)],
        "places": [{"id": "at-the-end", "after": f"page-{pages - 1}"}],
        "wording": ["start.intro", "pages.page-0.question", "confirmation.body"],
        "case": {"summary": "{{ answers.field_0 }} asked", "target_working_days": "settings.days"},
        "confirmation": {"body": "We will answer within {{ settings.days }} working days."},
    }
    return {
        "service.yaml": yaml.safe_dump(definition, sort_keys=False),
        "journeys.yaml": yaml.safe_dump([example()], sort_keys=False),
        "CHANGELOG.md": "# Changes\n\n## 1.0.0\n\n- First.\n",
    }


def example() -> dict[str, Any]:
    """The one example that a package must have; it is read here and never played."""
    return {
        "name": "Somebody stops",
        "today": "2026-03-10",
        "answers": {"field_0": "stop"},
        "ends": "submitted",
    }


def checks_of(number: int, pages: int, conditions: int) -> int:
    """How many checks a page has, so that `when`s (every page but the first) and checks make up the conditions."""
    checks = conditions - (pages - 1)
    return checks // pages + (1 if number < checks % pages else 0)


def settings() -> dict[str, Any]:
    """The settings that the conditions name and the councils decide."""
    option = [{"code": f"kind-{number}", "label": f"Kind {number}"} for number in range(4)]
    return {
        "days": {"type": "integer", "label": "Days to answer", "min": 1, "max": 20, "default": 5},
        "limit": {"type": "integer", "label": "The most of anything", "min": 1, "max": 1000, "default": 100},
        "kinds": {"type": "options", "label": "Kinds", "default": option},
    }


def page(number: int, checks: int) -> dict[str, Any]:
    """One page with one question; the types take turns, and each condition looks back at earlier answers."""
    field = f"field_{number}"
    kinds: list[dict[str, Any]] = [
        {"type": "text"},
        {"type": "number", "min": 0, "max": 100000},
        {"type": "date"},
        {"type": "radios", "options": "settings.kinds"},
        {"type": "radios", "options": [{"code": "yes-it-is", "label": "Yes"}, {"code": "no", "label": "No"}]},
    ]
    rules = [
        f"answers.{field} != 'nothing'",
        f"answers.{field} <= settings.limit",
        f"answers.{field} <= today",
        f"answers.{field} != 'kind-9'",
        f"answers.{field} in ['yes-it-is', 'no']",
    ]
    made: dict[str, Any] = {
        "id": f"page-{number}",
        "question": f"What is the answer to question {number}?",
        "hint": "Any answer will do.",
        "fields": [{"id": field, **kinds[number % 5]}],
        "checks": [
            {
                "id": f"check-{each}",
                "require": rules[number % 5],
                "message": f"Answer {number} is not right ({each})",
            }
            for each in range(checks)
        ],
    }
    if number:
        made["when"] = f"answers.field_{(number - 1) // 5 * 5} != 'stop' && settings.limit > {number % 7}"
    return made


def choices(council: int) -> dict[str, Any]:
    """What one of many councils decides, each a little differently."""
    kinds = [
        {"code": f"kind-{each}", "label": {"en": f"Kind {each} here"}} for each in range(2 + council % 3)
    ]
    question = {
        "id": "own",
        "question": {"en": f"What else does council {council} need to know?"},
        "fields": [{"id": "own", "type": "text", "optional": True}],
    }
    return {
        "service": "many-pages",
        "version": "1.0.0",
        "settings": {"days": 1 + council % 20, "limit": 10 + council, "kinds": kinds},
        "wording": {"en": {"start.intro": f"This is what council {council} says."}},
        "extra_questions": [{"place": "at-the-end", "page": question}],
    }


def nation(council: int) -> str:
    """The nation of one of many councils."""
    return NATIONS[council % len(NATIONS)]
