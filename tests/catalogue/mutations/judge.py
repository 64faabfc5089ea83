"""What a change really does: journeys and councils' choices are played on both versions, and the outcomes compared.

It knows none of the rules: it only sees what residents, back offices and councils would see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from commonhall.catalogue.comparing import Weight
from commonhall.engine.adoption import Adopter, adopt
from commonhall.engine.contract import service_contract
from commonhall.engine.definition import Example
from commonhall.engine.journey import contract_answers, details, show_text, target, walk
from commonhall.engine.package import Adopted, Service
from commonhall.engine.problems import ServiceRefused
from commonhall.engine.working_days import Calendar

HERE = Adopter("England", ("en",))
Answers = Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """Where a journey led: its pages, its end, what was sent, and what people read of it."""

    path: tuple[str, ...]
    ends: str
    sent: Any
    words: Any


@dataclass
class Played:
    """A council with what its journeys led to."""

    choices: dict[str, Any]
    adopted: Adopted
    outcomes: dict[int, Outcome | None]


class Judge:
    """Knows the original, with every journey of it played in every council; judges changed versions of it."""

    def __init__(
        self, service: Service, examples: Sequence[Example], calendars: Mapping[str, Calendar]
    ) -> None:
        self.service = service
        self.calendars = calendars
        self.journeys = list(journeys_of(service, examples))
        self.contract = service_contract(service)
        self.councils: list[Played] = []
        for number, choices in enumerate(councils_of(service, examples)):
            adopted = adopt(service, choices, HERE, calendars)
            # The council that chose nothing plays them all; the others share them, to save time.
            played = [i for i in range(len(self.journeys)) if number == 0 or i % 2 == number % 2]
            outcomes = {i: outcome_of(adopted, *self.journeys[i]) for i in played}
            submitted = [one for one in outcomes.values() if one is not None and one.ends == "submitted"]
            assert submitted, f"no journey of council {number} is submitted, so nothing of it would be judged"
            self.councils.append(Played(choices, adopted, outcomes))

    def verdict(self, changed: Service) -> tuple[Weight | None, str]:
        """What the change weighs, and what shows it."""
        if (changed.definition.lgsl, changed.definition.lgil) != (
            self.service.definition.lgsl,
            self.service.definition.lgil,
        ):
            return Weight.BREAKING, "another service of the national list"
        broken = self._promises(changed) or let_down(self.contract, service_contract(changed))
        if broken:
            return Weight.BREAKING, broken
        weight: Weight | None = None
        why = "nothing seen"
        new_fields = changed.fields.keys() - self.service.fields.keys()
        new_pages = {page.id for page in changed.pages} - {page.id for page in self.service.pages}
        for council in self.councils:
            try:
                adopted = adopt(
                    changed, {**council.choices, "version": changed.version}, HERE, self.calendars
                )
            except ServiceRefused as refused:
                return Weight.BREAKING, f"choices are refused: {refused.problems[0].message}"
            for name, value in council.adopted.settings.items():
                now = adopted.settings.get(name)
                if now != value and not (isinstance(value, list) and set(value) <= set(now or ())):
                    return (
                        Weight.BREAKING,
                        f"a council that changed nothing has {now} for {name}, not {value}",
                    )
            for i, before in council.outcomes.items():
                answers, today = self.journeys[i]
                after = outcome_of(adopted, {**answers, **dict.fromkeys(new_fields)}, today)
                if before is None:
                    if after is not None and weight is not Weight.ADDITIVE:
                        weight, why = Weight.ADDITIVE, "answers are taken that were refused"
                    continue
                if after is None:
                    return Weight.BREAKING, "answers are refused that were taken"
                path = tuple(page for page in after.path if page not in new_pages)
                if (path, after.ends, after.sent) != (before.path, before.ends, before.sent):
                    return Weight.BREAKING, f"{before.path} {before.ends} became {after.path} {after.ends}"
                if after.path != before.path:
                    weight, why = Weight.ADDITIVE, "a page more, which may be left empty"
                if after.words != before.words and weight is None:
                    weight, why = Weight.WORDING, "words differ"
        return weight, why

    def _promises(self, changed: Service) -> str:
        """What people were told of their data, and does not hold any more."""
        before, after = self.service.definition, changed.definition
        if before.retention_days != after.retention_days:
            return (
                f"a case of {min(before.retention_days, after.retention_days) + 1} days is not where it was"
            )
        return "a journey is gone that could be resumed" if after.journey_hours < before.journey_hours else ""


def let_down(before: Mapping[str, Any], after: Mapping[str, Any], name: str = "the answers") -> str:
    """How who takes the answers is let down: something gone, of another kind, or no longer always there.

    The one who takes them passes over fields and codes that are new, and has room for whatever is longer or more.
    """
    if before.get("type") != after.get("type"):
        return f"'{name}' is of another type"
    for inner, schema in before.get("properties", {}).items():
        if inner not in after.get("properties", {}):
            return f"no '{inner}' in {name}"
        found = let_down(schema, after["properties"][inner], inner)
        if found:
            return found
    gone = set(before.get("required", ())) - set(after.get("required", ()))
    if gone:
        return f"{sorted(gone)} is not always there in {name}"
    return let_down(before["items"], after.get("items", {}), f"{name}'s entries") if "items" in before else ""


def outcome_of(adopted: Adopted, answers: Answers, today: date) -> Outcome | None:
    """Where these answers lead; None where one of them that is asked for is not accepted.

    The council's own questions are left empty: they may be, and their pages are on the path all the same.
    """
    own = {name: None for name in adopted.fields if name.startswith("local.")}
    answers = {**answers, **own}
    path = walk(adopted, answers, today)
    for page in path.pages:
        for part in page.fields:
            if not part.id.startswith("local.") and part.accepts(answers[part.id], today).faults:
                return None
    if path.exit is not None:
        names = (*(page.id for page in path.pages), path.exit.id)
        return Outcome(
            names, f"exit {path.exit.id} {path.exit.counts_as}", contract_answers(path.answers), None
        )
    names = tuple(page.id for page in path.pages)
    if path.current is not None:
        return None
    # As `submission` makes it, without walking a second time.
    case = adopted.service.definition.case
    found = (case.contact.name, case.contact.email, case.contact.phone, case.location)
    reached = tuple(path.answers.get(field) if field else None for field in found)
    sent = contract_answers(path.answers), target(adopted, path.answers, today), reached
    rows = [(row.question, row.lines) for row in details(adopted, path, "en")]
    return Outcome(names, "submitted", sent, (show_text(adopted, "case.summary", path.answers, "en"), rows))


def journeys_of(service: Service, examples: Sequence[Example]) -> list[tuple[dict[str, Any], date]]:
    """The examples' answers, and each with one answer moved to another that its question takes."""
    everything = dict.fromkeys(service.fields)
    found: list[tuple[dict[str, Any], date]] = []
    for example in examples:
        base = {**everything, **example.answers}
        found.append((base, example.today))
    for number, example in enumerate(examples):
        for name, value in example.answers.items():
            part = service.fields.get(name)
            others = _others(part, value) if part else []
            if others:
                other = others[number % len(others)]
                found.append(({**everything, **example.answers, name: other}, example.today))
    return found[:40]


def _others(part: Any, value: Any) -> list[Any]:
    """Answers near the edges of what a question takes."""
    definition = part.definition
    if part.type in {"radios", "select"} and part.choices:
        return [choice.code for choice in part.choices if choice.code != value]
    if part.type == "checkboxes" and part.choices:
        return [[choice.code for choice in part.choices], [part.choices[-1].code]]
    if part.type in {"text", "textarea"} and getattr(definition, "pattern", None) is None:
        return ["x" * definition.max_length, "Lower 7"]
    if part.type in {"number", "money"} and value is not None:
        return [edge for edge in (definition.min, definition.max) if edge is not None]
    if definition.optional and value is not None:
        return [None]
    return []


def councils_of(service: Service, examples: Sequence[Example]) -> list[dict[str, Any]]:
    """Councils that chose differently: settings at their edges, every allowed word changed, a question at each place."""
    needed: dict[str, Any] = {}
    for example in examples:
        needed |= {
            name: value for name, value in example.settings.items() if name in service.definition.settings
        }
    for name, setting in service.definition.settings.items():
        if setting.default is not None:
            needed.pop(name, None)
    base = {"service": service.id, "version": service.version, "settings": needed}
    edges: dict[str, Any] = dict(needed)
    for name, setting in service.definition.settings.items():
        if setting.type == "integer":
            edges[name] = setting.max if setting.max is not None else (setting.default or 0) + 1
        elif setting.type == "boolean":
            edges[name] = not setting.default
        elif setting.type == "text" and setting.default is not None:
            edges[name] = "7pm"
    low = dict(needed) | {
        name: setting.min
        for name, setting in service.definition.settings.items()
        if setting.type == "integer" and setting.min is not None
    }
    words = dict.fromkeys(service.definition.wording, "Our own words.")
    questions = [
        {
            "place": place.id,
            "page": {
                "id": f"own-{place.id}",
                "question": "Ours?",
                "fields": [{"id": f"own_{i}", "type": "text", "optional": True}],
            },
        }
        for i, place in enumerate(service.definition.places)
    ]
    return [
        base,
        {**base, "settings": edges},
        {**base, "settings": low, "wording": {"en": words}, "extra_questions": questions},
    ]
