"""The texts that people read: one key each, in every language, with the few places that are filled in.

A text may name a setting or an answer as `{{ settings.x }}`. It holds no logic: logic is CEL's alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from commonhall.engine.definition import (
    FieldPart,
    ListField,
    OptionsSetting,
    Page,
    ServiceDefinition,
    TextSetting,
)
from commonhall.engine.source import Where

_HOLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_REFERENCE = re.compile(r"(settings|answers|local)(\.[a-z][a-z0-9_]*){1,2}")

FILLED_WITH_ANSWERS = re.compile(r"case\.summary|confirmation\.body|pages\.[a-z0-9-]+\.(body|question)")
"""The keys whose texts may carry `{{ answers.x }}`; of pages, exit pages only (the reader sees to it)."""


@dataclass(frozen=True, slots=True)
class KeyedText:
    """One English text of a definition: its key, its words, and where in the file it stands."""

    key: str
    text: str
    where: Where


def texts_of(definition: ServiceDefinition) -> list[KeyedText]:
    """Every text of a service that people read, in the order in which the file has them."""
    found = [
        KeyedText("name", definition.name, ("name",)),
        KeyedText("start.intro", definition.start.intro, ("start", "intro")),
    ]
    found += [
        KeyedText(f"start.need.{i}", text, ("start", "need", i))
        for i, text in enumerate(definition.start.need)
    ]
    for name, setting in definition.settings.items():
        where: Where = ("settings", name, "default")
        if isinstance(setting, OptionsSetting):
            for i, option in enumerate(setting.default or ()):
                found += _option(f"settings.{name}.options.{option.code}", option, (*where, i))
        elif isinstance(setting, TextSetting) and setting.type == "text" and setting.default:
            found.append(KeyedText(f"settings.{name}.default", setting.default, where))
    for i, page in enumerate(definition.pages):
        found += page_texts(page, f"pages.{page.id}", ("pages", i))
    found.append(KeyedText("case.summary", definition.case.summary, ("case", "summary")))
    found.append(KeyedText("confirmation.body", definition.confirmation.body, ("confirmation", "body")))
    return found


def page_texts(page: Page, key: str, where: Where) -> list[KeyedText]:
    """The texts of one page."""
    found = [
        KeyedText(f"{key}.{name}", text, (*where, name))
        for name in ("question", "hint", "body")
        if (text := getattr(page, name)) is not None
    ]
    for i, part in enumerate(page.fields):
        found += _field(f"{key}.fields.{part.id}", part, (*where, "fields", i))
    found += [
        KeyedText(f"{key}.checks.{check.id or i}.message", check.message, (*where, "checks", i, "message"))
        for i, check in enumerate(page.checks)
    ]
    return found


def _field(key: str, part: FieldPart, where: Where) -> Iterator[KeyedText]:
    for name in ("label", "hint", "missing", "pattern_message", "statement", "unit", "item"):
        text = getattr(part, name, None)
        if text is not None:
            yield KeyedText(f"{key}.{name}", text, (*where, name))
    options = getattr(part, "options", None)
    if isinstance(options, list):
        for i, option in enumerate(options):
            yield from _option(f"{key}.options.{option.code}", option, (*where, "options", i))
    if isinstance(part, ListField):
        for i, sub in enumerate(part.fields):
            yield from _field(f"{key}.fields.{sub.id}", sub, (*where, "fields", i))


def _option(key: str, option: Any, where: Where) -> list[KeyedText]:
    found = [KeyedText(key, option.label, (*where, "label"))]
    if option.hint:
        found.append(KeyedText(f"{key}.hint", option.hint, (*where, "hint")))
    return found


def flatten(tree: Any, where: Where = ()) -> Iterator[tuple[str, Any, Where]]:
    """A translation file's tree as (key, value, place); an option may be its label or `{label, hint}`."""
    if isinstance(tree, dict):
        for name, value in tree.items():
            yield from flatten(value, (*where, name))
    elif isinstance(tree, list):
        for i, value in enumerate(tree):
            yield from flatten(value, (*where, i))
    else:
        path = where
        if len(where) >= 3 and where[-1] == "label" and where[-3] == "options":
            path = where[:-1]
        yield ".".join(str(step) for step in path), tree, where


def holes_in(text: str) -> list[str]:
    """What a text names between double braces, in order."""
    return _HOLE.findall(text)


def is_reference(hole: str) -> bool:
    """Whether a hole is a plain `settings.x`, `answers.x`, `answers.x.part` or `local.x`."""
    return bool(_REFERENCE.fullmatch(hole))


def fill(text: str, value_of: Callable[[str], str | None]) -> str:
    """Fill the holes for which `value_of` has words; the others stay as they are."""
    if "{{" not in text:
        return text

    def replace(match: re.Match[str]) -> str:
        words = value_of(match.group(1))
        return match.group(0) if words is None else words

    return _HOLE.sub(replace, text)


@dataclass(frozen=True, slots=True)
class Texts:
    """All texts of an adopted service: a council's own over the service's."""

    shared: Mapping[str, Mapping[str, str]]
    own: Mapping[str, Mapping[str, str]]

    def get(self, language: str, key: str) -> str | None:
        """The text for a key: in the language, or in English where the language has none."""
        for tongue in (language, "en"):
            for texts in (self.own, self.shared):
                found = texts.get(tongue, {}).get(key)
                if found is not None:
                    return found
        return None

    def need(self, language: str, key: str) -> str:
        """The text for a key that is known to be there. Raises `KeyError` if it is not."""
        text = self.get(language, key)
        if text is None:
            raise KeyError(key)
        return text
