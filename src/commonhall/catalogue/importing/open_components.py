"""Components of Open Forms (Form.io's, and its own) as questions and texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from commonhall.catalogue.importing.form import Choice, Form, Question, Words
from commonhall.catalogue.importing.patterns import carry_pattern
from commonhall.catalogue.importing.taking import (
    decimal,
    filled_in,
    from_html,
    line,
    mapping,
    maps,
    truth,
    whole,
    word,
)
from commonhall.catalogue.importing.values import YES_NO

TYPES: Mapping[str, str] = {
    "textfield": "text", "textarea": "textarea", "email": "email", "phoneNumber": "phone", "number": "number",
    "currency": "money", "date": "date", "datetime": "text", "time": "text", "radio": "radios", "select": "select",
    "selectboxes": "checkboxes", "checkbox": "radios; declaration where it must be ticked", "postcode": "text",
    "iban": "text", "bsn": "text", "licenseplate": "text", "addressNL": "address", "map": "map-location",
    "editgrid": "list", "file": "", "signature": "", "password": "", "cosign": "", "coSign": "", "npFamilyMembers": "",
    "partners": "", "children": "", "productPrice": "", "customerProfile": "", "softRequiredErrors": "",
}  # fmt: skip
"""Every component that asks, with what it becomes; '' for what is left out."""
HOLDERS = ("fieldset", "columns")
"""Components that hold others."""
CONTENT = ("content",)
"""Components that only say something."""
DEEPEST = 12
MOST_ROWS = 50
_CHANGED = {
    "datetime": "a date with a time is one line of text now: ask for a date and a time",
    "time": "a time is one line of text now",
    "postcode": "a Dutch postcode is one line of text now",
    "iban": "a bank account’s number is one line of text now",
    "bsn": "a Dutch citizen’s number is one line of text now",
    "licenseplate": "a Dutch number plate is one line of text now",
    "addressNL": "a Dutch address is an address in the United Kingdom now",
    "map": "what could be drawn on a map is a single place now",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A component with those that hold it, outermost first."""

    given: Mapping[str, Any]
    holders: tuple[Mapping[str, Any], ...] = ()


def components_of(given: Any, holders: tuple[Mapping[str, Any], ...] = ()) -> Iterator[Found]:
    """The components that ask or say something, in order, out of fieldsets and columns."""
    if len(holders) > DEEPEST:
        return
    for one in maps(given):
        kind = word(one.get("type"))
        if kind == "columns":
            for column in maps(one.get("columns")):
                yield from components_of(column.get("components"), (*holders, one))
        elif kind == "fieldset":
            yield Found({"type": "heading", "key": word(one.get("key")), "label": one.get("label"),
                         "hideHeader": one.get("hideHeader"), "openForms": one.get("openForms")}, (*holders, one))  # fmt: skip
            yield from components_of(one.get("components"), (*holders, one))
        else:
            yield Found(one, holders)


@dataclass(slots=True)
class Components:
    """Reads components, and says once of each kind of thing what is otherwise."""

    form: Form
    told: set[str] = field(default_factory=set)

    def words(self, given: Mapping[str, Any]) -> Words | None:
        """What a component says; None for one that asks."""
        kind = word(given.get("type"))
        if kind == "heading":
            label = self.text(given, "label")
            hidden = truth(given.get("hideHeader")) or not label
            return Words() if hidden else Words(f"**{label.en}**", f"**{label.cy}**" if label.cy else "")
        if kind == "content":
            html = given.get("html")
            return from_html(self._in(given, "en", "html") or html, self._in(given, "cy", "html"))
        return Words() if kind in CONTENT else None

    def text(self, given: Mapping[str, Any], name: str) -> Words:
        """A text of a component, in English and Welsh where it is translated."""
        text = self._in(given, "en", name) or given.get(name)
        for hole in filled_in(text):
            self.form.changed(f"“{line(text).en[:80]}”", f"'{hole}' was filled in there: say it in words")
        return line(text, self._in(given, "cy", name))

    def _in(self, given: Mapping[str, Any], language: str, name: str) -> Any:
        translations = mapping(mapping(given.get("openForms")).get("translations"))
        return mapping(translations.get(language)).get(name)

    def question(self, given: Mapping[str, Any], place: str) -> Question | None:
        """A component that asks; None, and told, where a service cannot ask it."""
        kind, label = word(given.get("type")), self.text(given, "label")
        place = f"{place}, “{label.en[:80]}”" if label else f"{place}, {word(given.get('key'))}"
        if not TYPES.get(kind):
            self.form.left(place, f"{kind or 'a component of no type'}: services cannot ask for it yet")
            return None
        validate = mapping(given.get("validate"))
        one = Question(
            word(given.get("key")), TYPES[kind].partition(";")[0], label or Words(word(given.get("key"))), place,
            hint=self._hint(given), optional=not truth(validate.get("required")),
        )  # fmt: skip
        if kind in _CHANGED:
            self.form.changed(place, _CHANGED[kind])
        if (
            one.type in {"radios", "select", "checkboxes"}
            and kind != "checkbox"
            and not self._choices(one, given)
        ):
            return None
        _MORE.get(kind, Components._nothing)(self, one, given, validate)
        self._what_else(one, given, validate)
        return self._several(one, given) if truth(given.get("multiple")) and one.type != "list" else one

    def _hint(self, given: Mapping[str, Any]) -> Words:
        """Its description, or what its tooltip said."""
        description = self.text(given, "description")
        return description or self.text(given, "tooltip")

    def _nothing(self, _one: Question, _given: Mapping[str, Any], _validate: Mapping[str, Any]) -> None:
        pass

    def _words(self, one: Question, _given: Mapping[str, Any], validate: Mapping[str, Any]) -> None:
        carry_pattern(
            self.form,
            one,
            word(validate.get("pattern")),
            whole(validate.get("minLength")),
            whole(validate.get("maxLength")),
        )

    def _number(self, one: Question, given: Mapping[str, Any], validate: Mapping[str, Any]) -> None:
        low, high = decimal(validate.get("min")), decimal(validate.get("max"))
        limits = [(name, value) for name, value in (("min", low), ("max", high)) if value is not None]
        if one.type == "money":
            one.more = {name: round(value * 100) for name, value in limits if value >= 0}
            return
        places = min(max(whole(given.get("decimalLimit")) or 0, 0), 6)
        one.more = {"decimals": places} if places else {}
        one.more |= {name: value if places else int(value) for name, value in limits}
        unit = self.text(given, "suffix")
        if unit:
            one.texts["unit"] = unit

    def _date(self, one: Question, given: Mapping[str, Any], _validate: Mapping[str, Any]) -> None:
        special = mapping(given.get("openForms"))
        low = word(mapping(special.get("minDate")).get("mode"))
        high = word(mapping(special.get("maxDate")).get("mode"))
        if low == "future" and not high:
            one.more = {"future": True}
        elif high == "past" and not low:
            one.more = {"past": True}
        elif low or high:
            self.form.left(one.place, "which days it takes: add a check to its page")

    def _box(self, one: Question, _given: Mapping[str, Any], _validate: Mapping[str, Any]) -> None:
        if one.optional:
            one.choices, one.optional = list(YES_NO), False
            self.form.changed(one.place, "a box to tick is a question with yes and no now")
        else:
            one.type, one.texts = "declaration", {"statement": one.label}

    def _rows(self, one: Question, given: Mapping[str, Any], validate: Mapping[str, Any]) -> None:
        for found in components_of(given.get("components")):
            if self.words(found.given) is not None:
                continue
            column = self.question(found.given, one.place)
            if column is not None:
                one.columns.append(column)
            if mapping(found.given.get("conditional")).get("when"):
                self.form.left(one.place, "a condition inside a list: the same is asked of each")
        high = min(whole(validate.get("maxLength")) or 10, MOST_ROWS)
        low = whole(validate.get("minLength")) or (0 if one.optional else 1)
        one.more, one.optional = {"min": min(max(low, 0), max(high, 1)), "max": max(high, 1)}, False
        item = self.text(given, "groupLabel")
        one.texts = {"item": item or Words("item", "eitem")}

    def _boxes(self, one: Question, _given: Mapping[str, Any], validate: Mapping[str, Any]) -> None:
        low, high = whole(validate.get("minSelectedCount")), whole(validate.get("maxSelectedCount"))
        if low or high:
            one.counts = (low or 0, high or max(len(one.choices), 1))

    def _choices(self, one: Question, given: Mapping[str, Any]) -> bool:
        values = maps(given.get("values")) or maps(mapping(given.get("data")).get("values"))
        for option in values:
            said = option.get("value")
            value = str(said).lower() if isinstance(said, bool) else word(said)
            label = self.text(option, "label")
            if value or label:
                one.choices.append(Choice(value, label or Words(value), self.text(option, "description")))
        if not one.choices:
            self.form.left(
                one.place, "its options are worked out from elsewhere: write them, or make them a setting"
            )
        return bool(one.choices)

    def _what_else(self, one: Question, given: Mapping[str, Any], validate: Mapping[str, Any]) -> None:
        """What a component may have besides, which a service has no words for."""
        if given.get("prefill") and mapping(given.get("prefill")).get("plugin"):
            self.form.left(one.place, "its answer was filled in from a register: add a lookup")
        if given.get("defaultValue") not in (None, "", [], {}, False) and not isinstance(
            given.get("defaultValue"), dict
        ):
            self.form.left(one.place, "an answer given beforehand: people choose for themselves")
        if mapping(validate).get("plugins"):
            self.form.left(one.place, "checks by a plug-in: add a check to its page")
        if mapping(given.get("errors")) and any(mapping(given.get("errors")).values()):
            self.form.left(one.place, "its own messages for faults: the platform has some of its own")

    def _several(self, one: Question, _given: Mapping[str, Any]) -> Question:
        if one.type in {"checkboxes", "declaration"}:
            return one
        if one.type in {"radios", "select"}:
            one.type = "checkboxes"
            self.form.changed(one.place, "of which several can be chosen: checkboxes now")
            return one
        self.form.changed(one.place, "several answers could be given: it is a list now")
        column = Question(
            f"{one.key}/one",
            one.type,
            one.label,
            one.place,
            choices=one.choices,
            more=one.more,
            texts=one.texts,
        )
        return Question(
            one.key, "list", one.label, one.place, hint=one.hint, columns=[column],
            more={"min": 0 if one.optional else 1, "max": 10}, texts={"item": Words("answer", "ateb")},
        )  # fmt: skip


_MORE = {
    "textfield": Components._words,
    "textarea": Components._words,
    "number": Components._number,
    "currency": Components._number,
    "date": Components._date,
    "checkbox": Components._box,
    "editgrid": Components._rows,
    "selectboxes": Components._boxes,
}
