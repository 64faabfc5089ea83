"""Conditions of DEFRA's forms, of schema 1 (by the names of fields) and 2 (by the ids of components), as conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from commonhall.catalogue.importing.form import (
    Ago,
    Condition,
    Form,
    Question,
    Said,
    Sign,
    all_of,
    any_of,
)
from commonhall.catalogue.importing.taking import mapping, maps, whole, word
from commonhall.catalogue.importing.values import Unreadable, value_for

COMPARED: Mapping[str, Sign] = {
    "is": "==", "is not": "!=", "contains": "has", "does not contain": "lacks", "is at least": ">=",
    "is at most": "<=", "is less than": "<", "is more than": ">", "is before": "<", "is after": ">",
}  # fmt: skip
LENGTHS: Mapping[str, Sign] = {"is longer than": ">", "is shorter than": "<", "has length": "=="}
OPERATORS = (*COMPARED, *LENGTHS)
"""Every operator that the system has."""
DEEPEST = 12


@dataclass(slots=True)
class Conditions:
    """The conditions of a form by name and by id, read when they are needed; questions by name and by id."""

    form: Form
    given: Mapping[str, Mapping[str, Any]]
    questions: Mapping[str, Question]
    lists: Mapping[str, Mapping[str, Any]]
    _told: set[tuple[str, str]] = field(default_factory=set)

    def named(self, name: Any, place: str) -> Condition | None:
        """A condition by its name or id; None, and told, where it cannot be read."""
        try:
            return self._named(word(name), 0)
        except Unreadable as why:
            if (place, str(why)) not in self._told:
                self._told.add((place, str(why)))
                self.form.left(place, f"its condition: {why}; say when it is asked")
            return None

    def _named(self, name: str, depth: int) -> Condition:
        if name not in self.given:
            raise Unreadable(f"there is no condition '{name[:60]}'")
        if depth > DEEPEST:
            raise Unreadable(f"the condition '{name[:60]}' leads back to itself")
        one = self.given[name]
        if isinstance(one.get("items"), list):
            parts = [self._item(item, depth) for item in maps(one["items"])]
            if not parts:
                raise Unreadable(f"the condition '{name[:60]}' says nothing")
            return any_of(parts) if word(one.get("coordinator")) == "or" else all_of(parts)
        value = one.get("value")
        if not isinstance(value, Mapping):
            raise Unreadable(f"'{word(value)[:200]}' is written by hand")
        return self._group(value, depth)

    def _group(self, given: Mapping[str, Any], depth: int) -> Condition:
        """Schema 1: each part but the first says how it is joined to those before; "and" binds first."""
        ways: list[list[Condition]] = []
        for part in maps(given.get("conditions")):
            read = self._part(part, depth + 1)
            if ways and _joiner(part) != "or":
                ways[-1].append(read)
            else:
                ways.append([read])
        if not ways:
            raise Unreadable("a group of conditions says nothing")
        return any_of(all_of(way) for way in ways)

    def _part(self, part: Mapping[str, Any], depth: int) -> Condition:
        if depth > DEEPEST:
            raise Unreadable("its groups stand too deep in one another")
        if "conditions" in part:
            return self._group(part, depth)
        if "conditionName" in part:
            return self._named(word(part["conditionName"]), depth)
        about = self._question(mapping(part.get("field")).get("name"))
        value = mapping(part.get("value"))
        if word(value.get("type")) == "RelativeDate":
            return self._relative(about, word(part.get("operator")), value)
        return self._said(about, word(part.get("operator")), value.get("value"))

    def _item(self, item: Mapping[str, Any], depth: int) -> Condition:
        """Schema 2."""
        if "conditionId" in item:
            return self._named(word(item["conditionId"]), depth + 1)
        about = self._question(item.get("componentId"))
        operator, value = word(item.get("operator")), item.get("value")
        if word(item.get("type")) == "RelativeDate":
            return self._relative(about, operator, mapping(value))
        if word(item.get("type")) == "ListItemRef":
            value = self._list_value(mapping(value))
        return self._said(about, operator, value)

    def _list_value(self, reference: Mapping[str, Any]) -> Any:
        found = self.lists.get(word(reference.get("listId")), {})
        for item in maps(found.get("items")):
            if word(item.get("id")) == word(reference.get("itemId")):
                return item.get("value")
        raise Unreadable("it speaks of an option that is not there")

    def _question(self, name: Any) -> Question:
        found = self.questions.get(word(name))
        if found is None:
            raise Unreadable(f"it speaks of '{word(name)[:60]}', which is not asked")
        return found

    def _said(self, about: Question, operator: str, value: Any) -> Condition:
        if operator in LENGTHS:
            length = whole(value)
            if length is None:
                raise Unreadable(f"'{operator}' is compared with no number")
            return Said(about.key, LENGTHS[operator], length, "length")
        if operator not in COMPARED:
            raise Unreadable(f"'{operator}' is not known")
        sign = COMPARED[operator]
        if about.type == "checkboxes" and operator in {"is", "is not"}:
            sign = "has" if operator == "is" else "lacks"
        return Said(about.key, sign, value_for(about, value))

    def _relative(self, about: Question, operator: str, value: Mapping[str, Any]) -> Condition:
        period, unit = whole(value.get("period")), word(value.get("unit"))
        if unit not in {"days", "years"} or period is None or operator not in COMPARED:
            raise Unreadable(f"a span in {unit or 'no unit'} cannot be counted")
        ahead = "future" in word(value.get("direction"))
        return Said(about.key, COMPARED[operator], Ago(period, "years" if unit == "years" else "days", ahead))


def _joiner(part: Mapping[str, Any], depth: int = 0) -> str:
    """How a part is joined to those before it; a group says so in its first part."""
    inside = maps(part.get("conditions"))
    if inside and "coordinator" not in part and depth < DEEPEST:
        return _joiner(inside[0], depth + 1)
    return word(part.get("coordinator"))
