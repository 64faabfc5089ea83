"""How much councils vary a shared service: what to make shared next is measured, not guessed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from commonhall.engine.definition import OptionsSetting, ServiceDefinition
from commonhall.engine.package import Service


@dataclass(frozen=True, slots=True)
class Running:
    """What one council runs: plain choices in the shape of `Choices`."""

    council: str
    service: Service
    choices: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Varied:
    """How one thing of a service is varied. `councils` vary it, of `of` that run the service.

    `values` are what they chose instead, the most frequent first, with how many chose it; a setting without a default
    has to be chosen by everybody, and `needed` says so.
    """

    kind: str
    key: str
    language: str
    label: str
    councils: tuple[str, ...]
    of: int
    values: tuple[tuple[Any, int], ...]
    needed: bool = False

    @property
    def rate(self) -> float:
        """The share of councils that vary it, from 0 to 1."""
        return len(self.councils) / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True)
class Variation:
    """How one service is varied: `rate` is the share of the things that could be varied which councils, on average, do.

    Needed settings do not count: nobody can leave them alone.
    """

    service: str
    councils: int
    varied: tuple[Varied, ...]
    could_vary: int

    @property
    def rate(self) -> float:
        """From 0 (all councils run it as it is) to 1."""
        if not self.councils or not self.could_vary:
            return 0.0
        chosen = sum(len(one.councils) for one in self.varied if not one.needed)
        return chosen / (self.councils * self.could_vary)


def variation(running: Iterable[Running]) -> list[Variation]:
    """How much each service is varied by the councils that run it, by service id."""
    by_service: dict[str, list[Running]] = {}
    for one in running:
        by_service.setdefault(one.service.id, []).append(one)
    return [_of_service(name, councils) for name, councils in sorted(by_service.items())]


def _of_service(name: str, councils: list[Running]) -> Variation:
    latest = max((one.service for one in councils), key=lambda service: _order(service.version)).definition
    found: dict[tuple[str, str, str], list[tuple[str, Any]]] = {}
    for one in councils:
        for kind, key, language, value in choices_of(one.service, one.choices):
            found.setdefault((kind, key, language), []).append((one.council, value))
    varied = [
        Varied(
            kind=kind,
            key=key,
            language=language,
            label=_label(latest, kind, key),
            councils=tuple(sorted({council for council, _ in chosen})),
            of=len(councils),
            values=_counted([value for _, value in chosen]),
            needed=kind == "setting" and key in latest.settings and latest.settings[key].default is None,
        )
        for (kind, key, language), chosen in found.items()
    ]
    varied.sort(key=lambda one: (one.needed, -len(one.councils), one.kind, one.key, one.language))
    free = [key for key, setting in latest.settings.items() if setting.default is not None]
    could = len(free) + len(latest.wording) * len(latest.languages) + len(latest.places)
    return Variation(name, len(councils), tuple(varied), could)


def choices_of(service: Service, choices: Mapping[str, Any]) -> Iterable[tuple[str, str, str, Any]]:
    """Where a council differs from the shared service: (kind, key, language, value), one by one.

    A value equal to the shared one is no variation, however it came to be written down.
    """
    for key, value in (choices.get("settings") or {}).items():
        setting = service.definition.settings.get(key)
        if value is None or (setting is not None and value == _default(setting)):
            continue
        yield "setting", key, "", value
    for language, texts in (choices.get("wording") or {}).items():
        for key, text in texts.items():
            if text != service.texts.get(language, {}).get(key):
                yield "wording", key, language, text
    for question in choices.get("extra_questions") or ():
        yield "extra_question", question["place"], "", question["page"]


def _default(setting: Any) -> Any:
    if isinstance(setting, OptionsSetting) and setting.default is not None:
        return [option.model_dump(exclude_none=True) for option in setting.default]
    return setting.default


def _counted(values: list[Any]) -> tuple[tuple[Any, int], ...]:
    """Each value with how often it was chosen; equal content is one value, whatever the order of its keys."""
    keyed = Counter(json.dumps(value, sort_keys=True, ensure_ascii=False) for value in values)
    return tuple(
        (json.loads(text), count) for text, count in sorted(keyed.items(), key=lambda one: (-one[1], one[0]))
    )


def _label(definition: ServiceDefinition, kind: str, key: str) -> str:
    if kind == "setting" and key in definition.settings:
        return definition.settings[key].label
    if kind == "extra_question":
        place = next((place for place in definition.places if place.id == key), None)
        return f"Own question after the page “{place.after}”" if place else f"Own question at “{key}”"
    return key


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
