"""What each key of the language weighs when it changes. Every key has a rule here; a test sees to it.

Answers are read both by those who send them and by those who take them. Who takes them must pass over fields and
option codes that they do not know (docs/versions.md), so what only adds to what may be answered is additive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from commonhall.catalogue.comparing.logic import same_logic
from commonhall.catalogue.comparing.weights import For, Weight
from commonhall.engine import definition as d
from commonhall.engine.expressions import names_in
from commonhall.engine.package import Service

B, A, W = Weight.BREAKING, Weight.ADDITIVE, Weight.WORDING
R, C, K = For.RESIDENTS, For.CONTRACT, For.COUNCILS


class Found(NamedTuple):
    """What a rule says of a change."""

    weight: Weight
    for_whom: For
    says: str


@dataclass(frozen=True, slots=True)
class Pair:
    """The two services, for rules that must look further than their own key."""

    old: Service
    new: Service

    def in_logic(self, name: str) -> bool:
        """Whether a condition, check or target of either version asks for this."""
        return any(
            name in names_in(text)
            for service in (self.old, self.new)
            for text in expressions(service.definition)
        )


Rule = Callable[[Pair, Any, Any, Any, Any], Iterator[Found]]
"""(services, the old part, the new part, the old value, the new value) to what it weighs."""


def expressions(definition: d.ServiceDefinition) -> Iterator[str]:
    """Every CEL expression of a service."""
    for page in definition.pages:
        if page.when:
            yield page.when
        yield from (check.require for check in page.checks)
    if isinstance(definition.case.target_working_days, str):
        yield definition.case.target_working_days


# -- kinds of rules ------------------------------------------------------------------------------------------


def always(weight: Weight, for_whom: For, says: str) -> Rule:
    """Whatever the change, it weighs the same. `{old}` and `{new}` stand for the values."""

    def rule(_pair: Pair, _one: Any, _other: Any, old: Any, new: Any) -> Iterator[Found]:
        yield Found(weight, for_whom, says.format(old=_short(old), new=_short(new)))

    return rule


def bound(lower: bool, what: str, for_whom: For = C) -> Rule:
    """A limit of what may be answered or set: tighter breaks what was right, wider adds."""

    def rule(_pair: Pair, _one: Any, _other: Any, old: Any, new: Any) -> Iterator[Found]:
        infinite = float("-inf") if lower else float("inf")
        before, after = (infinite if value is None else value for value in (old, new))
        tighter = after > before if lower else after < before
        says = f"{what} was {_short(old)} and is {_short(new)}: {'less' if tighter else 'more'} is allowed"
        yield Found(B if tighter else A, for_whom, says)

    return rule


def logic(what: str, for_whom: For = R) -> Rule:
    """A condition: what it does to journeys cannot be known from its words, so a change breaks."""

    def rule(_pair: Pair, _one: Any, _other: Any, old: Any, new: Any) -> Iterator[Found]:
        if same_logic(old, new):
            yield Found(W, for_whom, f"{what} is written differently and means the same")
        else:
            yield Found(B, for_whom, f"{what} changed: {_short(old)} became {_short(new)}")

    return rule


def flag(narrows: bool, says_on: str, says_off: str) -> Rule:
    """A switch that narrows (or widens) what may be answered when it is on."""

    def rule(_pair: Pair, _one: Any, _other: Any, _old: Any, new: Any) -> Iterator[Found]:
        tighter = bool(new) is narrows
        yield Found(B if tighter else A, C, says_on if new else says_off)

    return rule


def nested(_pair: Pair, _one: Any, _other: Any, _old: Any, _new: Any) -> Iterator[Found]:
    """The parts inside are compared one by one (`differences.py`), so the whole weighs nothing itself."""
    yield from ()


def pattern(_pair: Pair, _one: Any, _other: Any, old: Any, new: Any) -> Iterator[Found]:
    """The form that words must have."""
    if new is None:
        yield Found(A, C, "words need no particular form any more")
    else:
        yield Found(B, C, f"words need another form: {_short(old)} became {_short(new)}")


def options(_pair: Pair, _one: Any, _other: Any, old: Any, new: Any) -> Iterator[Found]:
    """The choices of a question; logic and contract know their codes, people their labels."""
    if isinstance(old, str) or isinstance(new, str):
        if old != new:
            yield Found(B, C, "the choices come from elsewhere now")
        return
    before, after = {one.code: one for one in old}, {one.code: one for one in new}
    for code in before.keys() - after.keys():
        yield Found(B, C, f"the choice '{code}' is gone")
    for code in after.keys() - before.keys():
        yield Found(A, C, f"the choice '{code}' is new")
    if any(before[code] != after[code] for code in before.keys() & after.keys()):
        yield Found(W, R, "choices are worded differently")
    if [code for code in before if code in after] != [code for code in after if code in before]:
        yield Found(W, R, "choices stand in another order")


def setting_default(pair: Pair, one: Any, _other: Any, old: Any, new: Any) -> Iterator[Found]:
    """What applies in councils that chose nothing themselves."""
    name = next((key for key, setting in pair.old.definition.settings.items() if setting is one), "")
    if old is None:
        yield Found(A, K, f"has a default now: {_short(new)}")
    elif new is None:
        yield Found(B, K, "has no default any more: every council must give a value")
    elif isinstance(old, list):
        yield from options(pair, None, None, old, new)
        codes = [[option.code for option in value] for value in (old, new)]
        if codes[0] != codes[1] and pair.in_logic(f"settings.{name}"):
            yield Found(B, K, "the default choices changed, and conditions ask for them")
    else:
        says = f"the default {_short(old)} became {_short(new)}: it now holds in councils that gave no value"
        yield Found(B, K, says)


def optional(_pair: Pair, _one: Any, _other: Any, _old: Any, new: Any) -> Iterator[Found]:
    """Whether a question may be left empty: who takes answers may rely on one, who gives them on being let off."""
    yield Found(B, C, "may be left empty now" if new else "must be answered now")


def languages(_pair: Pair, _one: Any, _other: Any, old: Any, new: Any) -> Iterator[Found]:
    """The languages that a council can offer the service in."""
    for language in sorted(set(old) - set(new)):
        yield Found(B, K, f"is not written in '{language}' any more: councils that offer it cannot run it")
    for language in sorted(set(new) - set(old)):
        yield Found(A, K, f"is written in '{language}' now")
    if set(old) == set(new):
        yield Found(W, K, "names its languages in another order")


def wording_marks(_pair: Pair, _one: Any, _other: Any, old: Any, new: Any) -> Iterator[Found]:
    """Which texts councils may change."""
    for key in sorted(set(old) - set(new)):
        yield Found(B, K, f"councils may not change the words of '{key}' any more")
    for key in sorted(set(new) - set(old)):
        yield Found(A, K, f"councils may change the words of '{key}' now")
    if set(old) == set(new):
        yield Found(W, K, "lists its wording in another order")


def retention(_pair: Pair, _one: Any, _other: Any, old: Any, new: Any) -> Iterator[Found]:
    """How long cases are kept: councils have promised it in their privacy notices, so longer breaks it too."""
    says = f"cases are kept {'shorter' if new < old else 'longer'}: {old} days became {new}"
    yield Found(B, K, says)


def journey_hours(_pair: Pair, _one: Any, _other: Any, old: Any, new: Any) -> Iterator[Found]:
    """How long a person may take to come back: who had until tomorrow must not find it gone tonight."""
    says = f"unfinished journeys can be resumed for {new} hours instead of {old}"
    yield Found(B if new < old else A, R, says)


def list_order(_pair: Pair, _one: Any, _other: Any, _old: Any, _new: Any) -> Iterator[Found]:
    """Words of a list, say what to have at hand."""
    yield Found(W, R, "reads differently")


def _short(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, list):
        return f"{len(value)} entries"
    if isinstance(value, int | float):
        return str(value).lower()
    text = str(value)
    return f"'{text[:60]}…'" if len(text) > 60 else f"'{text}'"


READS = always(W, R, "reads differently")
LOOKS = always(W, R, "looks different")
TOLD = always(W, K, "is explained differently to councils")

_FIELD: dict[str, Rule] = {
    "id": nested,
    "type": always(B, C, "is another type of answer: {old} became {new}"),
    "label": READS,
    "hint": READS,
    "missing": READS,
    "optional": optional,
    "autocomplete": LOOKS,
}
_SETTING: dict[str, Rule] = {
    "label": TOLD,
    "hint": TOLD,
    "type": always(B, K, "is another type of setting: {old} became {new}"),
    "default": setting_default,
    "min": bound(True, "the lowest value", K),
    "max": bound(False, "the highest value", K),
}

RULES: dict[type, dict[str, Rule]] = {
    d.ServiceDefinition: {
        "id": always(B, K, "is another service: {old} became {new}"),
        "version": nested,
        "name": READS,
        "lgsl": always(B, K, "is another service of the national list: {old} became {new}"),
        "lgil": always(B, K, "is another interaction of the national list: {old} became {new}"),
        "languages": languages,
        "retention_days": retention,
        "journey_hours": journey_hours,
        "start": nested,
        "settings": nested,
        "lookups": nested,
        "pages": nested,
        "places": nested,
        "wording": wording_marks,
        "case": nested,
        "confirmation": nested,
    },
    d.Start: {"intro": READS, "need": list_order, "time": READS},
    d.Confirmation: {"body": READS},
    d.CasePart: {
        "summary": READS,
        "target_working_days": logic("the target", K),
        "contact": nested,
        "location": always(B, C, "another answer says where it is: {old} became {new}"),
    },
    d.ContactFields: {
        name: always(B, C, f"another answer is the {name}: {{old}} became {{new}}")
        for name in ("name", "email", "phone")
    },
    d.Place: {"id": nested, "after": always(B, K, "is after another page: {old} became {new}")},
    d.Lookup: {
        "needs": always(B, K, "asks the back office with something else"),
        "gives": always(B, K, "expects something else of the back office"),
    },
    d.Page: {
        "id": nested,
        "question": READS,
        "hint": READS,
        "body": READS,
        "fields": nested,
        "when": logic("who sees this page"),
        "checks": nested,
        "exit": always(B, R, "whether journeys end here changed"),
        "counts_as": always(B, K, "counts differently in the measures: {old} became {new}"),
    },
    d.Check: {
        "id": nested,
        "require": logic("what is checked", C),
        "message": READS,
        "field": always(W, R, "the message stands beside another answer"),
    },
    d.TextField: _FIELD
    | {
        "max_length": bound(False, "the longest answer"),
        "pattern": pattern,
        "pattern_message": READS,
        "width": LOOKS,
    },
    d.TextareaField: _FIELD | {"max_length": bound(False, "the longest answer"), "rows": LOOKS},
    d.EmailField: _FIELD,
    d.PhoneField: _FIELD,
    d.NameField: _FIELD,
    d.AddressField: _FIELD,
    d.DateField: _FIELD
    | {
        "past": flag(True, "only days before today now", "any day now, not only those before today"),
        "future": flag(True, "only days after today now", "any day now, not only those after today"),
    },
    d.NumberField: _FIELD
    | {
        "min": bound(True, "the lowest answer"),
        "max": bound(False, "the highest answer"),
        "decimals": bound(False, "how many decimals an answer may have"),
        "unit": always(B, C, "is counted in something else: {old} became {new}"),
    },
    d.MoneyField: _FIELD
    | {"min": bound(True, "the lowest answer"), "max": bound(False, "the highest answer")},
    d.NationalInsuranceField: _FIELD,
    d.VehicleRegistrationField: _FIELD,
    d.RadiosField: _FIELD | {"options": options},
    d.SelectField: _FIELD | {"options": options},
    d.CheckboxesField: _FIELD | {"options": options},
    d.MapLocationField: _FIELD,
    d.DeclarationField: _FIELD | {"statement": always(A, R, "people agree to other words")},
    d.ListField: _FIELD
    | {
        "fields": nested,
        "item": READS,
        "min": bound(True, "the fewest entries"),
        "max": bound(False, "the most entries"),
    },
    d.IntegerSetting: _SETTING,
    d.NumberSetting: _SETTING,
    d.MoneySetting: _SETTING,
    d.BooleanSetting: {key: _SETTING[key] for key in ("label", "hint", "type", "default")},
    d.TextSetting: {key: _SETTING[key] for key in ("label", "hint", "type", "default")}
    | {"max_length": bound(False, "the longest value", K)},
    d.OptionsSetting: {key: rule for key, rule in _SETTING.items() if key not in {"min", "max"}}
    | {"min": bound(True, "the fewest choices", K), "max": bound(False, "the most choices", K)},
}
"""The rule of every key of every part of the language (`engine/definition.py`)."""

_KINDS: dict[type, str] = {
    d.ServiceDefinition: "service",
    d.Start: "start",
    d.Confirmation: "confirmation",
    d.CasePart: "case",
    d.ContactFields: "contact",
    d.Place: "place",
    d.Lookup: "lookup",
    d.Page: "page",
    d.Check: "check",
}
_COMES_AND_GOES = ("setting", "lookup", "place", "page", "field", "check")
_MOVES = ("place", "page", "field", "check")


def rule_id(part: type, key: str) -> str:
    """How the rule of a key is called, as docs/versions.md names it: `field.max_length`, `page.when`."""
    if issubclass(part, d.FieldPart):
        return f"field.{key}"
    return f"setting.{key}" if issubclass(part, d.SettingPart) else f"{_KINDS[part]}.{key}"


def rule_ids() -> frozenset[str]:
    """Every rule that can weigh a change."""
    keys = {rule_id(part, key) for part, rules in RULES.items() for key in rules if rules[key] is not nested}
    whole = {f"{kind}.{what}" for kind in _COMES_AND_GOES for what in ("gone", "new")}
    order = {f"{kind}.order" for kind in _MOVES}
    return frozenset(keys | whole | order | {"cy.texts", "package.files", "unforeseen"})
