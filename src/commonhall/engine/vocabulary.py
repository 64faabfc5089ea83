"""Which words the language knows at a place, so that a remedy can name the nearest."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel

from commonhall.engine import definition as d


def _by_type(union: Any) -> dict[str, type[BaseModel]]:
    members = get_args(get_args(union)[0])
    return {word: member for member in members for word in get_args(member.model_fields["type"].annotation)}


def known_keys(where: tuple[str | int, ...], data: Any) -> list[str]:
    """The keys that may stand in the map at `where`."""
    here = data
    for step in where:
        here = here[step]
    names = [step for step in where if isinstance(step, str)]
    return list(_model(names, here).model_fields)


def _model(names: list[str], here: Any) -> type[BaseModel]:
    kind = here.get("type") if isinstance(here, dict) else None
    last = names[-1] if names else ""
    fixed: dict[str, type[BaseModel]] = {
        "": d.ServiceDefinition,
        "start": d.Start,
        "pages": d.Page,
        "checks": d.Check,
        "places": d.Place,
        "case": d.CasePart,
        "contact": d.ContactFields,
        "confirmation": d.Confirmation,
        "options": d.Option,
        "default": d.Option,
        "extra_questions": d.ExtraQuestion,
    }
    if last == "fields":
        return _by_type(d.AnyField).get(str(kind), d.FieldPart)
    if len(names) == 2 and names[0] == "settings":
        return _by_type(d.Setting).get(str(kind), d.SettingPart)
    if len(names) == 2 and names[0] == "lookups":
        return d.Lookup
    return fixed.get(last, d.Part)
