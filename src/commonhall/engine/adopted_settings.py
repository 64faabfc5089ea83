"""What a council decides: the value of every setting, checked, and the options that it offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from commonhall.engine import definition as d
from commonhall.engine.checks import setting_fault
from commonhall.engine.choosing import LANGUAGES, Choosing
from commonhall.engine.fields.base import Choice
from commonhall.engine.fields.numbers import show_money, show_number
from commonhall.engine.source import Where, did_you_mean


@dataclass(frozen=True, slots=True)
class Settings:
    """`values` by name, as conditions see them (options as their codes); `options` of those that hold options."""

    values: Mapping[str, Any]
    options: Mapping[str, tuple[Choice, ...]]


def read_settings(work: Choosing) -> Settings:
    """The value of every setting: the council's, or the service's default. Problems go to `work`."""
    known = work.service.definition.settings
    for name in work.choices.settings.keys() - known.keys():
        work.say(("settings", name), f"there is no setting '{name}'", did_you_mean(name, known), key=True)
    values: dict[str, Any] = {}
    options: dict[str, tuple[Choice, ...]] = {}
    for name, setting in known.items():
        given = work.choices.settings.get(name)
        if given is None and setting.default is None:
            work.say(("settings",), f"the setting '{name}' has no default", f"give a value: {setting.label}")
        if isinstance(setting, d.OptionsSetting):
            options[name] = _options(work, name, setting, given)
            values[name] = [choice.code for choice in options[name]]
        elif given is None:
            values[name] = setting.default
        elif isinstance(setting, d.TextSetting):
            values[name] = _words(work, name, setting, given)
        else:
            values[name] = _value(work, name, setting, given)
    return Settings(values, options)


def _value(work: Choosing, name: str, setting: d.Setting, given: Any) -> Any:
    fault = setting_fault(name, setting, given)
    if fault:
        work.say(("settings", name), *fault)
        return None
    # CEL keeps whole numbers and numbers apart, so `2` for a number is 2.0.
    return float(given) if isinstance(setting, d.NumberSetting) else given


def _words(work: Choosing, name: str, setting: d.TextSetting, given: Any) -> str:
    words = work.local(given, ("settings", name))
    for text in words.values():
        fault = setting_fault(name, setting, text)
        if fault:
            work.say(("settings", name), *fault)
    for language in work.own:
        # Plain words are the same in every language: a time, a telephone number, a name.
        text = words.get(language) or words.get("en", "")
        if setting.type == "text":
            work.own[language][f"settings.{name}.default"] = text
    return words.get("en", "")


def _options(work: Choosing, name: str, setting: d.OptionsSetting, given: Any) -> tuple[Choice, ...]:
    where: Where = ("settings", name)
    if given is None:
        return tuple(_shared(work, f"settings.{name}.options", option) for option in setting.default or ())
    if not isinstance(given, list) or not all(isinstance(option, dict) for option in given):
        work.say(where, f"'{name}' must be a list of options", "write - {code: …, label: …}")
        return ()
    fault = setting_fault(name, setting, given)
    if fault:
        work.say(where, *fault)
    return local_options(work, given, where)


def _shared(work: Choosing, key: str, option: d.Option) -> Choice:
    code = f"{key}.{option.code}"
    return Choice(
        option.code,
        {language: work.word(language, code) or option.label for language in LANGUAGES},
        {language: work.word(language, f"{code}.hint") or "" for language in LANGUAGES},
    )


def local_options(work: Choosing, given: list[dict[str, Any]], where: Where) -> tuple[Choice, ...]:
    """Options written by a council, with texts in its languages."""
    made: list[Choice] = []
    for i, raw in enumerate(given):
        place: Where = (*where, i)
        if "code" not in raw:
            work.say(place, "the option has no code", "an option has code, label, hint")
            continue
        try:
            code = d.Option(code=raw["code"], label="-").code
        except ValidationError:
            work.say(place, f"the option code {raw['code']!r} is not allowed", "use letters, digits, - and _")
            continue
        if raw.keys() - {"code", "label", "hint"} or "label" not in raw:
            work.say(place, f"the option '{code}' needs code and label", "an option has code, label, hint")
            continue
        if any(code == other.code for other in made):
            work.say(place, f"the option '{code}' stands twice", "keep one")
            continue
        label = work.local(raw["label"], (*place, "label"))
        hint = work.local(raw["hint"], (*place, "hint")) if raw.get("hint") else {}
        made.append(Choice(code, _both(label), _both(hint)))
    return tuple(made)


def _both(words: Mapping[str, str]) -> dict[str, str]:
    return {language: words.get(language) or words.get("en", "") for language in LANGUAGES}


def show_setting(
    setting: d.Setting, value: Any, options: tuple[Choice, ...], language: str,
    texts: Mapping[str, str], name: str,
) -> str:  # fmt: skip
    """A setting's value in words, for a text that names it; `texts` are those of the language."""
    if isinstance(setting, d.OptionsSetting):
        return ", ".join(option.label[language] for option in options)
    if isinstance(setting, d.TextSetting):
        return texts.get(f"settings.{name}.default") or str(value or "")
    if isinstance(setting, d.MoneySetting) and value is not None:
        return show_money(value)
    if isinstance(setting, d.BooleanSetting):
        return {"en": ("no", "yes"), "cy": ("nac ydy", "ydy")}[language][bool(value)]
    return show_number(value) if isinstance(value, int | float) else str(value)
