"""Components of DEFRA's forms as questions and texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commonhall.catalogue.importing.form import Choice, Form, Question, Words
from commonhall.catalogue.importing.patterns import carry_pattern
from commonhall.catalogue.importing.taking import decimal, from_html, line, lines, mapping, maps, whole, word
from commonhall.catalogue.importing.values import YES_NO

TYPES: Mapping[str, str] = {
    "TextField": "text", "MultilineTextField": "textarea", "EmailAddressField": "email",
    "TelephoneNumberField": "phone", "UkAddressField": "address", "NumberField": "number; money where £ stands before it",
    "DatePartsField": "date", "DateField": "date", "MonthYearField": "text", "TimeField": "text",
    "DateTimeField": "text", "DateTimePartsField": "text", "WebsiteField": "text", "YesNoField": "radios",
    "RadiosField": "radios", "SelectField": "select", "AutocompleteField": "select", "CheckboxesField": "checkboxes",
    "DeclarationField": "declaration", "EastingNorthingField": "map-location", "OsGridRefField": "map-location",
    "NationalGridFieldNumberField": "map-location", "LatLongField": "map-location", "GeospatialField": "map-location",
    "FileUploadField": "", "HiddenField": "", "PaymentField": "",
}  # fmt: skip
"""Every component that asks, with what it becomes; '' for what is left out."""
CONTENT = ("Html", "Markdown", "InsetText", "Details", "List", "NotificationBanner", "Para", "FlashCard")
"""Every component that only says something: the words at the top of its page."""
_CHANGED = {
    "MonthYearField": "a month and year are one line of text now",
    "TimeField": "a time is one line of text now",
    "DateTimeField": "a date with a time is one line of text now: ask for a date and a time",
    "DateTimePartsField": "a date with a time is one line of text now: ask for a date and a time",
    "WebsiteField": "a web address is one line of text now",
    "EastingNorthingField": "a place by its coordinates is a place on the map, or in words, now",
    "OsGridRefField": "a place by its grid reference is a place on the map, or in words, now",
    "NationalGridFieldNumberField": "a field by its number is a place on the map, or in words, now",
    "LatLongField": "a place by its coordinates is a place on the map, or in words, now",
    "GeospatialField": "a shape on the map is a single place now",
}


@dataclass(frozen=True, slots=True)
class Components:
    """Reads components; `lists` are the form's lists of options by name and by id."""

    form: Form
    lists: Mapping[str, Mapping[str, Any]]

    def content(self, given: Mapping[str, Any]) -> Words:
        """The words of a component that only says something."""
        kind = word(given.get("type"))
        if kind == "List":
            items = self._items(given)
            words = "\n".join(f"- {line(item.get('text')).en}" for item in items)
            title = line(given.get("title")).en
            return lines(f"**{title}**\n\n{words}" if title else words)
        text = given.get("content")
        body = lines(text) if kind == "Markdown" else from_html(text)
        if kind == "Details" and line(given.get("title")):
            return lines(f"**{line(given.get('title')).en}**\n\n{body.en}")
        return body

    def question(self, given: Mapping[str, Any], place: str) -> Question | None:
        """A component that asks; None, and told, where a service cannot ask it."""
        kind = word(given.get("type"))
        label = line(given.get("title")) or line(given.get("shortDescription"))
        place = f"{place}, “{label.en[:80]}”" if label else place
        if not TYPES.get(kind):
            self.form.left(place, f"{kind or 'a component of no type'}: services cannot ask for it yet")
            return None
        options, schema = mapping(given.get("options")), mapping(given.get("schema"))
        one = Question(
            word(given.get("name")) or word(given.get("id")), TYPES[kind].partition(";")[0], label, place,
            hint=line(given.get("hint")), optional=options.get("required") is False,
        )  # fmt: skip
        if kind in _CHANGED:
            self.form.changed(place, _CHANGED[kind])
        self._limits(one, kind, options, schema)
        if kind == "YesNoField":
            one.choices = list(YES_NO)
        elif one.type in {"radios", "select", "checkboxes"}:
            self._choices(one, given)
            if not one.choices:
                self.form.left(place, "its list of options is empty or is not there")
                return None
        if one.type == "declaration":
            one.texts = {"statement": lines(given.get("content")) or label}
            one.label = label or Words("Declaration", "Datganiad")
        return one

    def _limits(
        self, one: Question, kind: str, options: Mapping[str, Any], schema: Mapping[str, Any]
    ) -> None:
        low, high, length = whole(schema.get("min")), whole(schema.get("max")), whole(schema.get("length"))
        if one.type in {"text", "textarea"} and kind in {"TextField", "MultilineTextField", "WebsiteField"}:
            carry_pattern(self.form, one, word(schema.get("regex")), length or low, length or high)
            if whole(options.get("maxWords")):
                self.form.left(
                    one.place, f"at most {whole(options.get('maxWords'))} words: characters are counted"
                )
        if kind == "NumberField":
            self._number(one, options, schema)
        if one.type == "date":
            self._days(one, options)
        if one.type == "checkboxes" and (low or high or length):
            one.counts = (length or low or 0, length or high or 100)
        for key in ("customValidationMessage", "customValidationMessages"):
            if options.get(key):
                self.form.left(one.place, "its own messages for faults: the platform has some of its own")

    def _number(self, one: Question, options: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
        low, high = decimal(schema.get("min")), decimal(schema.get("max"))
        before, after = line(options.get("prefix")), line(options.get("suffix"))
        if before.en == "£":
            one.type = "money"
            limits = {"min": low, "max": high}
            one.more = {
                name: round(value * 100) for name, value in limits.items() if value is not None and value >= 0
            }
            return
        places = min(max(whole(schema.get("precision")) or 0, 0), 6)
        one.more = {"decimals": places} if places else {}
        one.more |= {
            name: value if places else int(value)
            for name, value in (("min", low), ("max", high))
            if value is not None
        }
        if after:
            one.texts["unit"] = after
        if before:
            self.form.left(one.place, f"“{before.en}” before the number: say it in the hint")

    def _days(self, one: Question, options: Mapping[str, Any]) -> None:
        past, future = whole(options.get("maxDaysInPast")), whole(options.get("maxDaysInFuture"))
        if future == 0 and past != 0:
            one.more = {"past": True}
            self.form.changed(
                one.place, "days up to today were taken; now days before today: see that it fits"
            )
        elif past or future:
            self.form.left(one.place, "how far away the day may be: add a check to its page")

    def _items(self, given: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        return maps(self.lists.get(word(given.get("list")), {}).get("items"))

    def _choices(self, one: Question, given: Mapping[str, Any]) -> None:
        for item in self._items(given):
            hint = line(mapping(item.get("hint")).get("text")) or line(item.get("description"))
            value = item.get("value")
            said = str(value).lower() if isinstance(value, bool) else word(value)
            one.choices.append(Choice(said, line(item.get("text")) or Words(said), hint))
            if word(item.get("condition")):
                self.form.left(
                    one.place,
                    f"the option “{one.choices[-1].label.en}” had a condition: it is always offered",
                )

    def inside_options(self, given: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
        """What is asked of those who choose an option: (the option's value, the component)."""
        return [
            (word(item.get("value")), one)
            for item in self._items(given)
            for one in maps(mapping(item.get("conditional")).get("components"))
        ]


def is_content(given: Mapping[str, Any]) -> bool:
    """Whether a component only says something."""
    return word(given.get("type")) in CONTENT


def has_condition(given: Mapping[str, Any]) -> str:
    """The name of a component's own condition; '' if none."""
    return word(mapping(given.get("options")).get("condition"))
