"""What a definition must keep to beyond its shape: names that agree, limits that make sense, texts that can be filled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from commonhall.engine import definition as d
from commonhall.engine.autocomplete import autocomplete_fault
from commonhall.engine.expressions import Pattern
from commonhall.engine.fields.compile import variables_of
from commonhall.engine.fields.words import email_rule, phone_rule
from commonhall.engine.problems import Problem
from commonhall.engine.source import Source, Where, did_you_mean
from commonhall.engine.texts import FILLED_WITH_ANSWERS, KeyedText, holes_in, is_reference

_RESERVED = "as break const continue else false for function if import in let loop null package"
CEL_WORDS = frozenset(f"{_RESERVED} namespace return true var void while".split(" "))
_URL = re.compile(r"https?://[^\s<>\"'{}|\\^`]+")
MOST = 2**53
"""The biggest whole number that JSON, JavaScript and CEL all keep exactly."""


def check_names(definition: d.ServiceDefinition, source: Source, problems: list[Problem]) -> None:
    """Ids that are unique, references that lead somewhere, pages that are whole."""
    pages = [page.id for page in definition.pages]
    unique(pages, "page", ("pages",), source, problems)
    fields = [(part, page, ("pages", i, "fields", j)) for i, page in enumerate(definition.pages)
              for j, part in enumerate(page.fields)]  # fmt: skip
    seen: set[str] = set()
    for part, page, where in fields:
        if part.id in seen:
            problems.append(
                source.problem((*where, "id"), f"the field '{part.id}' stands twice", "rename one")
            )
        seen.add(part.id)
        check_field(definition, part, page, where, source, problems)
    for i, page in enumerate(definition.pages):
        _check_page(page, ("pages", i), source, problems)
    unique([place.id for place in definition.places], "place", ("places",), source, problems)
    for i, place in enumerate(definition.places):
        if place.after not in pages:
            remedy = did_you_mean(place.after, pages)
            problems.append(
                source.problem(("places", i, "after"), f"there is no page '{place.after}'", remedy)
            )
    _check_case(definition, {part.id: part for part, _, _ in fields}, source, problems)
    for name, setting in definition.settings.items():
        _check_setting(name, setting, source, problems)


def _check_setting(name: str, setting: d.Setting, source: Source, problems: list[Problem]) -> None:
    where: Where = ("settings", name)
    if name in CEL_WORDS:
        problems.append(source.problem(where, f"'{name}' is a word of CEL", "rename it", key=True))
    _check_limits(setting, where, source, problems)
    if setting.default is None:
        return
    given = setting.default
    if isinstance(setting, d.OptionsSetting) and isinstance(given, list):
        codes = [option.code for option in given]
        unique(codes, "option", (*where, "default"), source, problems)
    fault = setting_fault(name, setting, given)
    if fault:
        problems.append(source.problem((*where, "default"), *fault))


def _check_limits(part: Any, where: Where, source: Source, problems: list[Problem]) -> None:
    low, high = getattr(part, "min", None), getattr(part, "max", None)
    if low is not None and high is not None and low > high:
        problems.append(
            source.problem((*where, "min"), f"min {low:g} is more than max {high:g}", "swap them")
        )


def setting_fault(name: str, setting: d.Setting, value: Any) -> tuple[str, str] | None:
    """Why a setting may not have this value, and what to do; None where it may."""
    match setting:
        case d.OptionsSetting():
            if not setting.min <= len(value) <= setting.max:
                return (
                    f"'{name}' needs {setting.min} to {setting.max} options, and has {len(value)}",
                    "add or drop some",
                )
            return None
        case d.TextSetting():
            return _text_fault(name, setting, value)
        case d.BooleanSetting():
            right, wanted = isinstance(value, bool), "true or false"
        case d.NumberSetting():
            right, wanted = isinstance(value, int | float) and not isinstance(value, bool), "a number"
        case d.MoneySetting():
            right, wanted = isinstance(value, int) and not isinstance(value, bool), "whole pence"
        case _:
            right, wanted = isinstance(value, int) and not isinstance(value, bool), "a whole number"
    if not right:
        return f"'{name}' must be {wanted}, not {value!r}", f"correct it: {setting.label}"
    low, high = getattr(setting, "min", None), getattr(setting, "max", None)
    if low is not None and value < low:
        return f"'{name}' is {value}, but at least {low} is allowed", "raise it"
    if (high is not None and value > high) or not -MOST <= value <= MOST:
        return f"'{name}' is {value}, but at most {MOST if high is None else high} is allowed", "lower it"
    return None


def _text_fault(name: str, setting: d.TextSetting, value: str) -> tuple[str, str] | None:
    if len(value) > setting.max_length:
        return f"'{name}' is over {setting.max_length} characters", "shorten it"
    if "{{" in value:
        return f"'{name}' names something in double braces", "a setting's own words are taken as they are"
    if setting.type == "email" and email_rule(value)[1]:
        return f"'{name}' must be an email address, not '{value}'", "write it like name@example.com"
    if setting.type == "phone" and phone_rule(value)[1]:
        return f"'{name}' must be a phone number, not '{value}'", "write it like 01632 960 001"
    if setting.type == "url" and not _URL.fullmatch(value):
        return f"'{name}' must be a web address, not '{value}'", "write it like https://example.com/page"
    return None


def _check_page(page: d.Page, where: Where, source: Source, problems: list[Problem]) -> None:
    if page.exit and page.fields:
        problems.append(
            source.problem((*where, "fields"), "an exit page asks nothing", "take the fields away")
        )
    if page.exit and not page.when:
        problems.append(source.problem(where, f"the exit '{page.id}' ends every journey", "say `when`"))
    if page.exit and not page.body:
        problems.append(source.problem(where, f"the exit '{page.id}' gives no next step", "say it in `body`"))
    if not page.exit and not page.fields:
        problems.append(
            source.problem(where, f"the page '{page.id}' asks nothing", "add fields, or `exit: true`")
        )
    checks = [check.id for check in page.checks if check.id]
    unique(checks, "check", (*where, "checks"), source, problems)
    if page.id in {"start", "check", "confirmation", "feedback"} or page.id.startswith("local-"):
        problems.append(
            source.problem((*where, "id"), f"the page id '{page.id}' is the platform's own", "rename it")
        )


def check_field(
    definition: d.ServiceDefinition, part: d.FieldPart, page: d.Page, where: Where, source: Source,
    problems: list[Problem],
) -> None:  # fmt: skip
    """One field: its id, its label, and what stands inside it."""
    if part.id in CEL_WORDS or part.id == "local":
        problems.append(source.problem((*where, "id"), f"'{part.id}' is a reserved word", "rename the field"))
    if len(page.fields) > 1 and part.label is None:
        problems.append(
            source.problem(where, f"'{part.id}' needs a label", "a page with several fields labels each")
        )
    _check_inside(definition, part, where, source, problems)
    if not isinstance(part, d.ListField):
        return
    if any(isinstance(other, d.ListField) for other in page.fields[: page.fields.index(part)]):
        message = f"'{part.id}' is the second list on its page"
        problems.append(source.problem(where, message, "give each list a page of its own"))
    unique([column.id for column in part.fields], "field", (*where, "fields"), source, problems)
    for i, column in enumerate(part.fields):
        place = (*where, "fields", i)
        if column.label is None:
            problems.append(source.problem(place, f"'{column.id}' needs a label", "add one"))
        _check_inside(definition, column, place, source, problems)


def _check_inside(
    definition: d.ServiceDefinition, part: d.FieldPart, where: Where, source: Source, problems: list[Problem]
) -> None:
    """The options, limits, pattern and autocomplete of a field or of a list's column."""
    options = getattr(part, "options", None)
    if isinstance(options, str):
        setting = definition.settings.get(options.removeprefix("settings."))
        if not isinstance(setting, d.OptionsSetting):
            known = [
                f"settings.{n}" for n, s in definition.settings.items() if isinstance(s, d.OptionsSetting)
            ]
            message = f"'{options}' is not a setting of type options"
            problems.append(source.problem((*where, "options"), message, did_you_mean(options, known)))
    elif isinstance(options, list):
        if not options:
            problems.append(source.problem((*where, "options"), "there is no option", "add some"))
        unique([option.code for option in options], "option", (*where, "options"), source, problems)
    _check_limits(part, where, source, problems)
    if isinstance(part, d.TextField) and part.pattern:
        _check_pattern(part, where, source, problems)
    if isinstance(part, d.DateField) and part.past and part.future:
        problems.append(source.problem(where, "no date is both past and future", "keep one"))
    fault = autocomplete_fault(part.autocomplete, getattr(part, "type", "")) if part.autocomplete else None
    if fault:
        problems.append(source.problem((*where, "autocomplete"), *fault))


def _check_pattern(part: d.TextField, where: Where, source: Source, problems: list[Problem]) -> None:
    try:
        Pattern(part.pattern or "")
    except ValueError as error:
        remedy = "write it in RE2's syntax, which has no look-ahead and no back references"
        problems.append(source.problem((*where, "pattern"), f"not a regular expression: {error}", remedy))
    if part.pattern_message is None:
        problems.append(source.problem(where, f"'{part.id}' has a pattern but no pattern_message", "add one"))


def _check_case(
    definition: d.ServiceDefinition,
    fields: Mapping[str, d.FieldPart],
    source: Source,
    problems: list[Problem],
) -> None:
    wanted = {
        ("case", "contact", "name"): (definition.case.contact.name, ("name", "text")),
        ("case", "contact", "email"): (definition.case.contact.email, ("email",)),
        ("case", "contact", "phone"): (definition.case.contact.phone, ("phone",)),
        ("case", "location"): (definition.case.location, ("address", "map-location")),
    }
    for where, (name, types) in wanted.items():
        if name is None:
            continue
        part = fields.get(name)
        if part is None:
            problems.append(source.problem(where, f"there is no field '{name}'", did_you_mean(name, fields)))
        elif getattr(part, "type", "") not in types:
            message = f"the field '{name}' is of type {getattr(part, 'type', '?')}, not {' or '.join(types)}"
            problems.append(source.problem(where, message, "name another field"))


def check_texts(
    definition: d.ServiceDefinition, keyed: list[KeyedText], source: Source, problems: list[Problem]
) -> None:
    """Wording keys that exist, and holes in texts that can be filled where they stand."""
    keys = {text.key: text for text in keyed}
    for i, key in enumerate(definition.wording):
        if key not in keys:
            message = f"'{key}' names no text of the service"
            problems.append(source.problem(("wording", i), message, did_you_mean(key, keys)))
    shown = Shown(definition)
    for text in keyed:
        for hole in holes_in(text.text):
            fault = shown.fault(hole, text.key)
            if fault:
                problems.append(source.problem(text.where, *fault))


class Shown:
    """What the texts of a service may show: settings everywhere, answers only where all are given."""

    def __init__(self, definition: d.ServiceDefinition) -> None:
        self.answers = {
            name
            for page in definition.pages
            for part in page.fields
            for name in (f"answers.{part.id}", *variables_of(part.id, part))
        }
        self.settings = {f"settings.{name}" for name in definition.settings}
        self.exits = {page.id for page in definition.pages if page.exit}

    def fault(self, hole: str, key: str) -> tuple[str, str] | None:
        """Why the text with this key may not name this, and what to do; None where it may."""
        if not is_reference(hole):
            return (
                f"'{{{{ {hole} }}}}' is not a plain name",
                "texts hold no logic: name a setting or an answer",
            )
        if key.startswith("settings."):
            return f"'{key}' cannot show anything else", "a setting's own words are taken as they are"
        if hole.startswith("settings."):
            if hole in self.settings:
                return None
            return f"nothing is called '{hole}'", did_you_mean(hole, self.settings)
        if hole not in self.answers:
            return f"nothing is called '{hole}'", did_you_mean(hole, self.answers)
        page = key.split(".")[1] if key.startswith("pages.") else None
        if FILLED_WITH_ANSWERS.fullmatch(key) and (page is None or page in self.exits):
            return None
        return f"'{key}' cannot show an answer", "only case.summary, confirmation.body and exit pages can"


def unique(names: list[str], what: str, where: Where, source: Source, problems: list[Problem]) -> None:
    """Say of every name that stands a second time where it does."""
    seen: set[str] = set()
    for i, name in enumerate(names):
        if name in seen:
            problems.append(
                source.problem((*where, i), f"the {what} '{name}' stands twice", "rename one of them")
            )
        seen.add(name)
