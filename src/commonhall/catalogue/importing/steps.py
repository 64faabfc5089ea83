"""Pages as the service language has them, out of pages as forms have them.

In a service a condition stands on a page, a page asks something, and holds one list at most. So a page of a form whose
parts have conditions of their own becomes several, and a page of words alone goes to the top of the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from commonhall.catalogue.importing.form import (
    ALWAYS,
    Condition,
    Form,
    Question,
    Step,
    Words,
    all_of,
)
from commonhall.catalogue.importing.taking import joined


@dataclass(frozen=True, slots=True)
class Item:
    """A question or a text of a form's page, and when it is shown."""

    part: Question | Words
    when: Condition = ALWAYS


def split(form: Form, page: Step, items: Sequence[Item]) -> list[Step]:
    """A form's page with these parts, as pages of a service. `page` has its title, place, texts and condition."""
    made: list[Step] = []
    whens: list[Condition] = []
    for item in items:
        if not made or whens[-1] != item.when or _is_full(made[-1], item.part):
            first = not made
            made.append(
                Step(page.title, page.place, hint=page.hint if first else Words(),
                     body=page.body if first else Words(), when=all_of([page.when, item.when]))
            )  # fmt: skip
            whens.append(item.when)
        _add(made[-1], item.part)
    if not made:
        return [page]
    asking = [step for step in made if step.questions]
    if len(asking) > 1:
        form.changed(
            page.place, f"it is {len(asking)} pages now, as parts of it have conditions or lists of their own"
        )
    return [_titled(step, alone=len(made) == 1) for step in made]


def _is_full(step: Step, part: Question | Words) -> bool:
    """Whether a part needs a page of its own beside what the page has."""
    if isinstance(part, Words):
        return False
    lists = any(one.type == "list" for one in step.questions)
    return bool(step.questions) and (lists or part.type == "list")


def _add(step: Step, part: Question | Words) -> None:
    if isinstance(part, Words):
        step.body = joined(step.body, part)
    else:
        step.questions.append(part)


def _titled(step: Step, *, alone: bool) -> Step:
    """A page that was part of one and asks one thing is called after it."""
    if not alone and len(step.questions) == 1:
        return replace(step, title=step.questions[0].label or step.title)
    return step


def settle(form: Form) -> None:
    """Give texts that stand on a page of their own to the page that follows; what cannot be kept is told."""
    kept: list[Step] = []
    waiting: list[Step] = []
    for step in form.steps:
        if step.exit:
            kept.append(step)
            continue
        if not step.questions:
            if step.body or step.hint:
                waiting.append(step)
            continue
        for one in waiting:
            _carry(form, one, step)
        waiting = []
        kept.append(step)
    for one in waiting:
        form.left(one.place, f"a page of words alone at the end; say them elsewhere: {_begin(one)}")
    form.steps = kept


def _carry(form: Form, words: Step, step: Step) -> None:
    if words.when not in {ALWAYS, step.when}:
        form.left(words.place, f"words that some people only see; give them a page: {_begin(words)}")
        return
    step.body = joined(words.body, step.body) if words.body else step.body
    if words.place != step.place:
        form.changed(words.place, f"its words stand at the top of the page “{step.title.en}” now")


def _begin(step: Step) -> str:
    words = " ".join((step.body.en or step.hint.en or step.title.en).split())
    return words if len(words) <= 120 else f"{words[:120]}…"
