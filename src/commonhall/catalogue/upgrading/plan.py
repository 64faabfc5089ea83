"""The three-way plan of an upgrade. Nothing of a council's choices is lost in silence, nothing of the new version hidden."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from commonhall.catalogue.upgrading.conflicts import (
    Conflict,
    Kind,
    Merging,
    drop_question,
    keep_asked,
    merge_mapping,
    merge_questions,
    merge_settings,
    merge_wording,
    other_conflicts,
)
from commonhall.catalogue.upgrading.seen import Seen, changed_pages, changed_texts, seen_by_residents
from commonhall.engine.adoption import Adopter, adopt
from commonhall.engine.examples import Played, play_adopted
from commonhall.engine.package import Adopted, Service
from commonhall.engine.problems import Problem, ServiceRefused
from commonhall.engine.source import Source
from commonhall.engine.working_days import Calendar

MOST_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What an upgrade would be for one council.

    `choices` are the council's, brought to the new version as far as conflicts are settled; `unsettled` are the ids of
    those that are not. `adopted` is what would run, where nothing is unsettled and nothing wrong. `seen` is what
    residents will see change. `after` are the examples of the new version, played; `before` those of the old one, where one
    of `after` fails. `unused` are settlements that fit no conflict any more.
    """

    old: Service
    new: Service
    choices: Mapping[str, Any]
    conflicts: tuple[Conflict, ...]
    unsettled: tuple[str, ...]
    problems: tuple[Problem, ...]
    before: tuple[Played, ...]
    after: tuple[Played, ...]
    seen: tuple[Seen, ...]
    adopted: Adopted | None
    unused: tuple[str, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether it may be staged."""
        return (
            self.adopted is not None
            and not self.unsettled
            and not any(played.faults for played in self.after)
        )


@dataclass(frozen=True, slots=True)
class Release:
    """Two versions of a service, compared once for all councils that go from one to the other."""

    old: Service
    new: Service
    texts: dict[str, frozenset[str]] = field(default_factory=dict)
    pages: list[Seen] = field(default_factory=list)

    @classmethod
    def of(cls, old: Service, new: Service) -> Release:
        """Compare two versions."""
        return cls(old, new, changed_texts(old, new), changed_pages(old, new))


def plan_upgrade(
    release: Release,
    choices: Mapping[str, Any],
    adopter: Adopter,
    calendars: Mapping[str, Calendar],
    settled: Mapping[str, Mapping[str, Any]] | None = None,
    running: Adopted | None = None,
) -> Upgrade:
    """Bring a council's choices to a new version. `settled` has {"way", "value"} by a conflict's id.

    `running` is what the old version and the choices make, where that is at hand.
    """
    old, new = release.old, release.new
    settled = settled or {}
    work = Merging(
        old, new, adopter, settled, deepcopy({**choices, "service": new.id, "version": new.version})
    )
    for conflict in other_conflicts(work):
        work.way(conflict)
    merge_settings(work)
    merge_wording(work)
    merge_questions(work)
    merge_mapping(work)
    adopted, problems = _adopted(work, calendars)
    running = running or adopt(old, {**choices, "version": old.version}, adopter, calendars, accepted=True)
    after = tuple(play_adopted(adopted)) if adopted else ()
    # Only where one fails does it matter how it went before; playing is most of the work.
    before = tuple(play_adopted(running)) if any(played.faults for played in after) else ()
    work.conflicts += _failing(before, after)
    unsettled = [*work.open, *(one.id for one in work.conflicts if one.kind is Kind.EXAMPLE_FAILS)]
    return Upgrade(
        old=old,
        new=new,
        choices=work.choices,
        conflicts=tuple(work.conflicts),
        unsettled=tuple(unsettled),
        problems=problems,
        before=before,
        after=after,
        seen=seen_by_residents(running, adopted, release.texts, release.pages) if adopted else (),
        adopted=adopted,
        unused=tuple(sorted(settled.keys() - work.used)),
    )


def _adopted(work: Merging, calendars: Mapping[str, Calendar]) -> tuple[Adopted | None, tuple[Problem, ...]]:
    """What the merged choices make. An own question that the new version refuses becomes a conflict of its own; while
    something is unsettled, the rest is adopted as if it were let go, so that one sees how far it reaches."""
    for _ in range(MOST_ROUNDS):
        trial = _without_open(work)
        source = _numbered(trial)
        try:
            return adopt(work.new, trial, work.adopter, calendars, source), ()
        except ServiceRefused as refused:
            number = next((one.line - 2 for one in refused.problems if one.line >= 2), None)
            known = {conflict.id for conflict in work.conflicts}
            questions = work.choices["extra_questions"]
            index = questions.index(trial["extra_questions"][number]) if number is not None else None
            if index is None or f"question:{questions[index]['page'].get('id')}" in known:
                return None, refused.problems
            why = next(one.message for one in refused.problems if one.line - 2 == number)
            drop_question(work, index, why)
    return None, ()


def _without_open(work: Merging) -> dict[str, Any]:
    """The merged choices without what is still in conflict."""
    open_ids = set(work.open)
    settings = {k: v for k, v in work.choices["settings"].items() if f"setting:{k}" not in open_ids}
    wording = {
        language: {
            k: v for k, v in texts.items() if f"wording:{k}" not in open_ids or _both(work, f"wording:{k}")
        }
        for language, texts in work.choices["wording"].items()
    }
    questions = [
        one for one in work.choices["extra_questions"] if f"question:{one['page'].get('id')}" not in open_ids
    ]
    mapping = {k: v for k, v in work.choices.get("mapping", {}).items() if f"mapping:{k}" not in open_ids}
    parts = {"settings": settings, "wording": wording, "extra_questions": questions, "mapping": mapping}
    trial = {**work.choices, **parts}
    keep_asked(trial)
    return trial


def _both(work: Merging, name: str) -> bool:
    """Whether the words stay until somebody decides: changed on both sides, and still allowed."""
    return any(one.id == name and one.kind is Kind.WORDING_BOTH for one in work.conflicts)


def _numbered(choices: Mapping[str, Any]) -> Source:
    """The choices as if all stood on the first line, and each own question on one of its own after it."""
    marks: dict[tuple[str | int, ...], tuple[int, int]] = {(): (1, 1)}
    for i, _ in enumerate(choices["extra_questions"]):
        marks["extra_questions", i] = (i + 2, 1)
    return Source("choices", dict(choices), marks, marks)


def _failing(before: tuple[Played, ...], after: tuple[Played, ...]) -> list[Conflict]:
    """Examples that fail after the upgrade; those that failed before as well stay named, too."""
    failed_before = {played.example for played in before if played.faults}
    return [
        Conflict(
            f"example:{played.example}",
            Kind.EXAMPLE_FAILS,
            played.example,
            f"The example “{played.example}” fails with your choices: {'; '.join(played.faults)}."
            + (" It fails today, too." if played.example in failed_before else ""),
            (),
        )
        for played in after
        if played.faults
    ]


def takes_itself(upgrade: Upgrade) -> bool:
    """Whether a council that takes patch releases by themselves may take this one: only the last number is higher, there
    is no conflict, and all examples pass."""
    old, new = (version.split(".") for version in (upgrade.old.version, upgrade.new.version))
    patch = old[:2] == new[:2] and int(new[2]) > int(old[2])
    return patch and not upgrade.conflicts and upgrade.ready
