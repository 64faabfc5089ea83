"""Play a service's example journeys: with its defaults, or with a council's own choices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commonhall.engine.adoption import Adopter, adopt, defaults
from commonhall.engine.definition import Example
from commonhall.engine.expressions import BOOL, ExpressionRefused
from commonhall.engine.fields.base import CompiledField
from commonhall.engine.journey import Path, submission, walk
from commonhall.engine.package import Adopted, Service
from commonhall.engine.problems import ServiceRefused
from commonhall.engine.working_days import Calendar


@dataclass(frozen=True, slots=True)
class Played:
    """How one example went; no faults is a pass. `applied` is false where these settings are not its own."""

    example: str
    applied: bool
    faults: tuple[str, ...] = ()


def play_defaults(service: Service, calendars: Mapping[str, Calendar]) -> list[Played]:
    """Play every example with the package's defaults and the settings that the example gives."""
    played = []
    for example in service.examples:
        languages = tuple(service.definition.languages)
        try:
            adopted = adopt(
                service, defaults(service, example.settings), Adopter("England", languages), calendars
            )
        except ServiceRefused as refused:
            played.append(Played(example.name, True, tuple(problem.message for problem in refused.problems)))
            continue
        played.append(play(adopted, example, alone=True))
    return played


def play_adopted(adopted: Adopted) -> list[Played]:
    """Play every example with a council's own choices."""
    return [play(adopted, example, alone=False) for example in adopted.service.examples]


def play(adopted: Adopted, example: Example, *, alone: bool) -> Played:
    """Play one example. Alone, its exact words and target are compared too."""
    if example.applies is not None:
        try:
            applies = adopted.service.dialect.compile(example.applies, (BOOL,))
        except ExpressionRefused as refused:
            return Played(example.name, True, tuple(f"applies: {fault.message}" for fault in refused.faults))
        if not applies.holds(adopted.nation, adopted.bound):
            return Played(example.name, False)
    faults = _wrong_answers(adopted, example)
    if faults:
        return Played(example.name, True, tuple(faults))
    answers = dict(example.answers)
    own = [part.id for page in adopted.pages for part in page.fields if part.id.startswith("local.")]
    path = walk(adopted, {**answers, **dict.fromkeys(own)}, example.today)
    faults += _path_faults(path, example)
    if not faults and example.ends == "submitted" and alone:
        sent = submission(adopted, answers, example.today)
        if example.summary is not None and sent.summary != example.summary:
            faults.append(f"the summary is '{sent.summary}', not '{example.summary}'")
        if example.target_on is not None and sent.target_on != example.target_on:
            faults.append(f"the target is {sent.target_on}, not {example.target_on}")
    return Played(example.name, True, tuple(faults))


def _wrong_answers(adopted: Adopted, example: Example) -> list[str]:
    faults = []
    for name, value in example.answers.items():
        part = adopted.fields.get(name)
        if part is None:
            faults.append(f"there is no question '{name}'")
            continue
        parsed = part.accepts(value, example.today)
        if parsed.faults:
            codes = ", ".join(sorted({fault.code for fault in parsed.faults}))
            faults.append(f"the answer to '{name}' is not accepted ({codes})")
        elif parsed.value != value and not _same_choices(part, parsed.value, value):
            faults.append(
                f"the answer to '{name}' is not in the contract's shape: {parsed.value!r}, not {value!r}"
            )
    return faults


def _same_choices(part: CompiledField, kept: Any, given: Any) -> bool:
    """Whether two answers of checkboxes chose the same; the order is the council's, not the example's."""
    return part.type == "checkboxes" and sorted(kept) == sorted(given)


def _path_faults(path: Path, example: Example) -> list[str]:
    ended = "submitted" if path.complete else path.exit.id if path.exit else f"unfinished at {_current(path)}"
    faults = []
    if ended != example.ends:
        faults.append(f"it ends at '{ended}', not '{example.ends}'")
    walked = [page.id for page in path.pages if not page.id.startswith("local-")]
    walked += [path.exit.id] if path.exit else []
    if example.path is not None and walked != example.path and not faults:
        faults.append(f"the path is {', '.join(walked)}, not {', '.join(example.path)}")
    return faults


def _current(path: Path) -> str:
    if path.current is None:
        return "?"
    codes = ", ".join(fault.code for fault in path.faults)
    return f"{path.current.id}{f' ({codes})' if codes else ''}"
