"""Compare two versions of a service, part by part. What no rule foresees breaks: nothing is passed over in silence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from commonhall.catalogue.comparing.logic import hard_to_read, tokens
from commonhall.catalogue.comparing.rules import RULES, Pair, rule_id
from commonhall.catalogue.comparing.unforeseen import check_names, unclaimed
from commonhall.catalogue.comparing.weights import Change, Difference, For, Weight
from commonhall.engine import definition as d
from commonhall.engine.package import Service

B, A, W = Weight.BREAKING, Weight.ADDITIVE, Weight.WORDING
_GUARD = re.compile(r"\s*settings\.(?P<name>\w+)\s*(?:&&(?P<rest>.*))?", re.DOTALL)
R, C, K = For.RESIDENTS, For.CONTRACT, For.COUNCILS
UNFORESEEN = "changed in a way that no rule foresees"
_ONE_OF = {"radios", "select"}


def compare(old: Service, new: Service) -> Difference:
    """Everything that changes from `old` to `new`, for residents, for the data contract and for councils' choices."""
    pair = Pair(old, new)
    one, other = old.definition, new.definition
    found = [
        *_part(pair, one, other, ""),
        *_settings(pair, one, other),
        *_lookups(pair, one, other),
        *_pages(pair, one, other),
        *_places(pair, one, other),
        *_part(pair, one.start, other.start, "start"),
        *_part(pair, one.case, other.case, "case"),
        *_part(pair, one.case.contact, other.case.contact, "case.contact"),
        *_part(pair, one.confirmation, other.confirmation, "confirmation"),
        *_welsh(old, new),
    ]
    for where in unclaimed(one, other, (change.where for change in found)):
        found.append(Change(B, K, where, UNFORESEEN, "unforeseen"))
    if not found and old.digest != new.digest:
        words = "examples, comments or the changelog changed, and nothing that anybody meets"
        found.append(Change(W, K, "package", words, "package.files"))
    ordered = sorted(set(found), key=lambda one: (-one.weight, one.for_whom, one.where, one.says))
    return Difference(new.id, old.version, new.version, tuple(ordered))


def _part(pair: Pair, old: Any, new: Any, where: str) -> Iterator[Change]:
    """Two parts of the same kind, key by key."""
    rules = RULES.get(type(old), {})
    for key in type(old).model_fields:
        before, after = getattr(old, key), getattr(new, key)
        if before == after:
            continue
        here = f"{where}.{key}" if where else key
        rule = rules.get(key)
        if rule is None:
            yield Change(B, K, here, UNFORESEEN, "unforeseen")
            continue
        for weight, for_whom, says in rule(pair, old, new, before, after):
            yield Change(weight, for_whom, here, says, rule_id(type(old), key))


def _kind(pair: Pair, old: Any, new: Any, where: str) -> Iterator[Change]:
    """Two fields or settings, which may be of different types."""
    if {old.type, new.type} == _ONE_OF:
        # Both take one code of the same choices, and only look different.
        says = f"is answered with {new.type} instead of {old.type}"
        yield Change(W, R, f"{where}.type", says, rule_id(type(old), "type"))
        yield from _part(pair, old, new.model_copy(update={"type": old.type}), where)
        return
    if type(old) is not type(new) or old.type != new.type:
        rule = RULES[type(old)]["type"]
        for weight, for_whom, says in rule(pair, old, new, old.type, new.type):
            yield Change(weight, for_whom, where, says, rule_id(type(old), "type"))
        return
    yield from _part(pair, old, new, where)


def _settings(pair: Pair, old: d.ServiceDefinition, new: d.ServiceDefinition) -> Iterator[Change]:
    for name in [*old.settings, *(name for name in new.settings if name not in old.settings)]:
        where = f"settings.{name}"
        if name not in new.settings:
            words = "is gone: councils that gave a value must take it away"
            yield Change(B, K, where, words, "setting.gone")
        elif name not in old.settings:
            needed = new.settings[name].default is None
            words = "is new, and every council must give a value" if needed else "is new, with a default"
            yield Change(B if needed else A, K, where, words, "setting.new")
        else:
            yield from _kind(pair, old.settings[name], new.settings[name], where)


def _lookups(pair: Pair, old: d.ServiceDefinition, new: d.ServiceDefinition) -> Iterator[Change]:
    for name in [*old.lookups, *(name for name in new.lookups if name not in old.lookups)]:
        where = f"lookups.{name}"
        if name not in new.lookups:
            yield Change(B, K, where, "is not asked any more", "lookup.gone")
        elif name not in old.lookups:
            words = "is new: a back office that can answer it makes the service better, and it works without"
            yield Change(A, K, where, words, "lookup.new")
        else:
            yield from _part(pair, old.lookups[name], new.lookups[name], where)


def _places(pair: Pair, old: d.ServiceDefinition, new: d.ServiceDefinition) -> Iterator[Change]:
    before, after = {one.id: one for one in old.places}, {one.id: one for one in new.places}
    for name in [*before, *(name for name in after if name not in before)]:
        where = f"places.{name}"
        if name not in after:
            yield Change(B, K, where, "is gone: councils' own questions there have no place", "place.gone")
        elif name not in before:
            yield Change(A, K, where, "is new: councils may ask their own questions there", "place.new")
        else:
            yield from _part(pair, before[name], after[name], where)
    if [name for name in before if name in after] != [name for name in after if name in before]:
        yield Change(W, K, "places", "places are named in another order", "place.order")


def _pages(pair: Pair, old: d.ServiceDefinition, new: d.ServiceDefinition) -> Iterator[Change]:
    before, after = {page.id: page for page in old.pages}, {page.id: page for page in new.pages}
    kept = [name for name in before if name in after]
    if kept != [name for name in after if name in before]:
        yield Change(B, R, "pages", "pages come in another order", "page.order")
    for name in [*before, *(name for name in after if name not in before)]:
        where = f"pages.{name}"
        if name not in after:
            page = before[name]
            words = "is gone: journeys that ended here go on" if page.exit else "is gone, with its questions"
            yield Change(B, R if page.exit else C, where, words, "page.gone")
        elif name not in before:
            yield _new_page(pair, after[name], where)
        else:
            one, other = before[name], after[name]
            yield from _part(pair, one, other, where)
            yield from _fields(pair, one.fields, other.fields, where)
            yield from _checks(pair, one.checks, other.checks, where)


def _new_page(pair: Pair, page: d.Page, where: str) -> Change:
    if page.exit:
        return Change(B, R, where, "is new: some journeys end here that went on before", "page.new")
    if _turned_on(pair, page.when):
        words = "is new, and asked only where a council turns it on"
        return Change(A, R, where, words, "page.new")
    needed = [part.id for part in page.fields if not part.optional]
    if needed:
        words = f"is new, and {', '.join(needed)} must be answered"
        return Change(B, C, where, words, "page.new")
    if page.checks:
        return Change(B, R, where, "is new, and checks what is answered, or left empty, there", "page.new")
    return Change(A, R, where, "is new, and may be left empty", "page.new")


def _turned_on(pair: Pair, when: str | None) -> bool:
    """Whether a page is asked only where a new setting is true, which it is nowhere by default."""
    guard = _GUARD.fullmatch(when or "")
    if guard is None or hard_to_read(when or "") or _has_open_or(guard["rest"] or ""):
        return False
    name = guard["name"]
    setting = pair.new.definition.settings.get(name)
    new = name not in pair.old.definition.settings
    return new and isinstance(setting, d.BooleanSetting) and setting.default is False


def _has_open_or(text: str) -> bool:
    """Whether an «or» stands outside all brackets: it would let the page be asked whatever the setting says."""
    depth = 0
    for token in tokens(text):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(token, 0)
        # A conditional expression (a ? b : c) binds as weakly.
        if depth == 0 and token in {"|", "?"}:
            return True
    return False


def _fields(pair: Pair, old: Sequence[Any], new: Sequence[Any], where: str) -> Iterator[Change]:
    before, after = {part.id: part for part in old}, {part.id: part for part in new}
    kept = [name for name in before if name in after]
    if kept != [name for name in after if name in before]:
        yield Change(W, R, f"{where}.fields", "questions stand in another order", "field.order")
    for name in [*before, *(name for name in after if name not in before)]:
        here = f"{where}.fields.{name}"
        if name not in after:
            yield Change(B, C, here, "is not asked here any more", "field.gone")
        elif name not in before:
            may = after[name].optional
            words = "is new, and may be left empty" if may else "is new, and must be answered"
            yield Change(A if may else B, C, here, words, "field.new")
        else:
            one, other = before[name], after[name]
            yield from _kind(pair, one, other, here)
            if isinstance(one, d.ListField) and isinstance(other, d.ListField):
                yield from _fields(pair, one.fields, other.fields, here)


def _checks(pair: Pair, old: Sequence[d.Check], new: Sequence[d.Check], where: str) -> Iterator[Change]:
    """A check is known by its id, or by what it requires."""
    before, after = _named(old), _named(new)
    for name in [*before, *(name for name in after if name not in before)]:
        here = f"{where}.checks.{name}"
        if name not in after:
            yield Change(A, C, here, "is not checked any more", "check.gone")
        elif name not in before:
            yield Change(B, C, here, "is checked now: answers that were taken may be refused", "check.new")
        else:
            yield from _part(pair, before[name], after[name], here)
    if [name for name in before if name in after] != [name for name in after if name in before]:
        yield Change(W, R, f"{where}.checks", "checks come in another order", "check.order")


def _named(checks: Sequence[d.Check]) -> Mapping[str, d.Check]:
    return {name: check for check, name in zip(checks, check_names(checks), strict=True)}


def _welsh(old: Service, new: Service) -> Iterator[Change]:
    before, after = old.texts.get("cy", {}), new.texts.get("cy", {})
    changed = [key for key in before.keys() & after.keys() if before[key] != after[key]]
    for key in sorted(changed):
        # What people agree to weighs the same in both languages.
        if key.endswith(".statement"):
            yield Change(A, R, f"cy.{key}", "people agree to other words in Welsh", "cy.texts")
        else:
            yield Change(W, R, f"cy.{key}", "reads differently in Welsh", "cy.texts")
