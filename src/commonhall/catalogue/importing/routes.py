"""Routes ("after this page go to that one") as conditions ("this page is asked where ...").

A form with routes jumps forward over pages. A page is asked unless somebody who was asked an earlier page jumped over
it, so its condition is that none of those jumps was taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from commonhall.catalogue.importing.form import (
    ALWAYS,
    AllOf,
    Condition,
    Form,
    Said,
    Step,
    all_of,
    opposite,
    questions_in,
    simpler,
    size_of,
)


@dataclass(frozen=True, slots=True)
class Jump:
    """From the page at one index to the page at a later one (the number of pages: to the end), where `when` holds."""

    start: int
    to: int
    when: Condition


MOST_STATEMENTS = 60
"""How many statements a condition may be made of, which is more than CEL's limit of characters has room for."""


def follow(form: Form, steps: Sequence[Step], jumps: Sequence[Jump]) -> None:
    """Add to each page's condition that no jump over it was taken; pages are in the order in which they are met."""
    for index, step in enumerate(steps):
        when = step.when
        for jump in jumps:
            if jump.start < index < jump.to:
                when = simpler(all_of([when, opposite(_taken(steps, jump))]))
                if size_of(when) > MOST_STATEMENTS:
                    form.left(
                        step.place, "its condition is too long to be written by itself: say when it is asked"
                    )
                    when = ALWAYS
                    break
        step.when = when


def exit_after(steps: Sequence[Step], start: int, when: Condition) -> Condition:
    """When an end that follows the page at this index is met."""
    return _taken(steps, Jump(start, start + 1, when))


def _taken(steps: Sequence[Step], jump: Jump) -> Condition:
    """That the page was asked, and answered so. An answer that it was given says by itself that it was asked."""
    asked = steps[jump.start]
    if asked.when == ALWAYS or _speaks_of(jump.when, {question.key for question in asked.questions}):
        return jump.when
    return all_of([asked.when, jump.when])


def _speaks_of(condition: Condition, keys: set[str]) -> bool:
    """Whether it can only hold where one of these questions was answered."""
    if isinstance(condition, Said):
        positive = condition.sign in {"==", "has"} and condition.value != ""
        return positive and condition.question in keys
    if condition == ALWAYS:
        return False
    if isinstance(condition, AllOf):
        return any(_speaks_of(part, keys) for part in condition.parts)
    return bool(questions_in(condition)) and all(_speaks_of(part, keys) for part in condition.parts)


def first_that_fits(routes: Sequence[tuple[Condition, int]]) -> list[tuple[Condition, int]]:
    """Routes of which the first that fits is taken, as routes of which only one ever fits."""
    found: list[tuple[Condition, int]] = []
    before: list[Condition] = []
    for when, to in routes:
        found.append((all_of([when, *(opposite(one) for one in before)]), to))
        before.append(when)
    return found
