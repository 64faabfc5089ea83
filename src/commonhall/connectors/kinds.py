"""What a kind of connector is: one value for each folder, which the registry lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from commonhall.engine.back_office import Connector, SetUpField


def nothing_wrong(settings: Any, secrets: Any) -> list[tuple[tuple[str | int, ...], str]]:
    """For kinds whose settings and secrets say nothing of each other."""
    return []


def no_names(settings: Mapping[str, Any]) -> Mapping[str, str]:
    """For kinds whose set-up names no answers."""
    return {}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of connector.

    `settings` and `secrets` are the models of its configuration, frozen and with nothing extra; `build` makes the
    connector of the two: `build(settings, secrets, http, clock, *, allow_private, patience)`. `form` is what somebody
    enters in the workspace, in order; `about` is said of it where somebody chooses a kind; `by_hand` are the settings that are written in a council's file alone.
    `names(settings)` says what the set-up calls our answers, by field. `faults(settings, secrets)` finds what the models
    cannot find alone: each with its place, a path that begins with settings or secrets.
    """

    name: str
    settings: type[BaseModel]
    secrets: type[BaseModel]
    build: Callable[..., Connector]
    form: tuple[SetUpField, ...]
    about: str = ""
    by_hand: frozenset[str] = field(default=frozenset())
    names: Callable[[Mapping[str, Any]], Mapping[str, str]] = no_names
    faults: Callable[[Any, Any], list[tuple[tuple[str | int, ...], str]]] = nothing_wrong
