"""A form as any of the systems has it, before it is a package: what each reader makes, and `package` turns into files.

Nothing here knows a format. Words are kept in English and Welsh; a question is known by the key that its form gives it,
and a choice by the value that its form's logic compares.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Words:
    """A text in English, and in Welsh where the form has it."""

    en: str = ""
    cy: str = ""

    def __bool__(self) -> bool:
        return bool(self.en)


@dataclass(frozen=True, slots=True)
class Choice:
    """An option: the value that the form's logic knows, what people read, and the code it is to have, if any."""

    value: str
    label: Words
    hint: Words = Words()
    code: str = ""


@dataclass(frozen=True, slots=True)
class Ago:
    """So many days or years before today; after today where `ahead`."""

    count: int
    unit: Literal["days", "years"]
    ahead: bool = False


Sign = Literal["==", "!=", "<", "<=", ">", ">=", "has", "lacks"]
Value = str | int | float | bool | Ago


@dataclass(frozen=True, slots=True)
class Said:
    """A statement about one answer. `of` says whether the answer is compared or its length in characters.

    `turned` says that it stands for the opposite of what the form said, which held where nothing was answered, too.
    """

    question: str
    sign: Sign
    value: Value
    of: Literal["answer", "length"] = "answer"
    turned: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds; with none, always."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds; with none, never."""

    parts: tuple[Condition, ...]


Condition = Said | AllOf | AnyOf

ALWAYS = AllOf(())
NEVER = AnyOf(())
_OPPOSITE: dict[Sign, Sign] = {
    "==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">", "has": "lacks", "lacks": "has",
}  # fmt: skip


def opposite(condition: Condition) -> Condition:
    """What holds where the condition does not."""
    match condition:
        case Said():
            return replace(condition, sign=_OPPOSITE[condition.sign], turned=not condition.turned)
        case AllOf():
            return any_of(opposite(part) for part in condition.parts)
        case AnyOf():
            return all_of(opposite(part) for part in condition.parts)


def all_of(parts: Iterable[Condition]) -> Condition:
    """That each holds, without what says nothing or stands twice."""
    return _joined(AllOf, AnyOf, parts)


def any_of(parts: Iterable[Condition]) -> Condition:
    """That one holds, without what says nothing or stands twice."""
    return _joined(AnyOf, AllOf, parts)


def _joined(kind: type[AllOf | AnyOf], other: type[AllOf | AnyOf], parts: Iterable[Condition]) -> Condition:
    flat: list[Condition] = []
    for part in parts:
        flat += part.parts if isinstance(part, kind) else (part,)
    kept = tuple(dict.fromkeys(flat))
    if other(()) in kept:
        return other(())
    return kept[0] if len(kept) == 1 else kind(kept)


def simpler(condition: Condition, known: frozenset[Said] = frozenset()) -> Condition:
    """The same in fewer words, where it is known that each of `known` holds."""
    if isinstance(condition, Said):
        decided = {_decides(fact, condition) for fact in known} - {None}
        return (ALWAYS if decided == {True} else NEVER) if decided else condition
    if isinstance(condition, AnyOf):
        return opposite(simpler(opposite(condition), known))
    parts = list(condition.parts)
    while True:
        for i, part in enumerate(parts):
            others = {one for j, one in enumerate(parts) if j != i and isinstance(one, Said)}
            told = simpler(part, known | others)
            if told != part:
                parts[i : i + 1] = told.parts if isinstance(told, AllOf) else (told,)
                break
        else:
            if not _merge(parts):
                return all_of(parts)
        if NEVER in parts:
            return NEVER


def _merge(parts: list[Condition]) -> bool:
    """Make one of two parts that say "a or b" and "a or not b"; False where there are none such."""
    ways = [(i, part.parts) for i, part in enumerate(parts) if isinstance(part, AnyOf)]
    for number, (i, one) in enumerate(ways):
        for j, other in ways[number + 1 :]:
            mine, theirs = set(one) - set(other), set(other) - set(one)
            if len(mine) == len(theirs) == 1 and opposite(next(iter(mine))) == next(iter(theirs)):
                parts[i] = any_of(part for part in one if part in other)
                del parts[j]
                return True
    return False


def _decides(fact: Said, said: Said) -> bool | None:
    """Whether a statement holds where another does; None where that says nothing of it."""
    if (fact.question, fact.of) != (said.question, said.of):
        return None
    if fact == said:
        return True
    if _OPPOSITE[fact.sign] == said.sign and fact.value == said.value:
        return False
    if fact.sign == "==" and said.sign in {"==", "!="}:
        return said.sign == "!="
    return None


def size_of(condition: Condition) -> int:
    """How many statements it is made of."""
    return 1 if isinstance(condition, Said) else sum(size_of(part) for part in condition.parts)


def questions_in(condition: Condition) -> set[str]:
    """The keys of the questions that a condition speaks of."""
    if isinstance(condition, Said):
        return {condition.question}
    return {key for part in condition.parts for key in questions_in(part)}


@dataclass(slots=True)
class Question:
    """One question. `more` holds keys of the service language as they are; `texts` those that people read.

    `columns` are the questions of each row, where it is a list. `counts` is how many options may be chosen, at least and
    at most.
    """

    key: str
    type: str
    label: Words
    place: str
    hint: Words = Words()
    optional: bool = False
    choices: list[Choice] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, Words] = field(default_factory=dict)
    columns: list[Question] = field(default_factory=list)
    counts: tuple[int, int] | None = None


@dataclass(slots=True)
class Step:
    """A page, or (with `exit`) an end. `place` says where in the form it stands, as its author would look for it."""

    title: Words
    place: str
    questions: list[Question] = field(default_factory=list)
    body: Words = Words()
    hint: Words = Words()
    when: Condition = ALWAYS
    exit: bool = False


Outcome = Literal["changed", "left out"]


@dataclass(frozen=True, slots=True)
class Note:
    """Something of the form that is not in the draft as it was: where it stood, and what to do."""

    place: str
    outcome: Outcome
    words: str


@dataclass(slots=True)
class Form:
    """A whole form, and what its reader could not take over."""

    system: str
    name: Words
    steps: list[Step] = field(default_factory=list)
    intro: Words = Words()
    confirmation: Words = Words()
    notes: list[Note] = field(default_factory=list)

    def changed(self, place: str, words: str) -> None:
        """Say what is otherwise than it was."""
        self.notes.append(Note(place, "changed", words))

    def left(self, place: str, words: str) -> None:
        """Say what is not there, and what to do."""
        self.notes.append(Note(place, "left out", words))


MOST_PAGES = 499
"""How many pages a form may have: a service has 500, and may need one for a declaration."""


def must_fit(pages: int) -> None:
    """Raise `FormRefused` where a form has more pages than a service may have."""
    if pages > MOST_PAGES:
        raise FormRefused(f"The form has {pages} pages; a service has at most {MOST_PAGES}. Split it first.")


class FormRefused(Exception):  # noqa: N818
    """A file that cannot be brought in; its words say why, and what to do."""
