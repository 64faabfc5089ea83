"""What no rule has spoken of: every difference between two definitions, found without knowing any rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from commonhall.engine import definition as d

ORDER = "@order"
ABSENT = object()


def unclaimed(old: d.ServiceDefinition, new: d.ServiceDefinition, claimed: Iterable[str]) -> Iterator[str]:
    """The places where the definitions differ and that stand at or under no claimed place, in order."""
    places = tuple(claimed)
    before, after = dict(leaves(old)), dict(leaves(new))
    for where in sorted(before.keys() | after.keys()):
        if where.endswith(f".{ORDER}"):
            one, other = before.get(where, ()), after.get(where, ())
            same = [name for name in one if name in other] == [name for name in other if name in one]
        else:
            one, other = before.get(where, ABSENT), after.get(where, ABSENT)
            same = type(one) is type(other) and one == other
        if same:
            continue
        if not any(where == place or where.startswith(f"{place}.") for place in places):
            yield where


def leaves(definition: d.ServiceDefinition) -> Iterator[tuple[str, Any]]:
    """Every value with its place; entries of a list go by their id or code, and the list has its order beside them."""
    for key in d.ServiceDefinition.model_fields:
        # The number is what is being judged.
        if key != "version":
            yield from _leaves(getattr(definition, key), key)


def _leaves(value: Any, where: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, d.Part):
        for key in type(value).model_fields:
            yield from _leaves(getattr(value, key), f"{where}.{key}")
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield f"{where}.{key}", True
            yield from _leaves(inner, f"{where}.{key}")
    elif isinstance(value, list) and value and all(isinstance(one, d.Part) for one in value):
        names = _names(value)
        yield f"{where}.{ORDER}", names
        for name, inner in zip(names, value, strict=True):
            yield from _leaves(inner, f"{where}.{name}")
    elif value != []:
        yield where, value


def _names(parts: Sequence[Any]) -> tuple[str, ...]:
    if isinstance(parts[0], d.Check):
        return check_names(parts)
    return tuple(one.code if isinstance(one, d.Option) else one.id for one in parts)


def check_names(checks: Sequence[d.Check]) -> tuple[str, ...]:
    """A check is known by its id, or by what it requires; the second of two alike is `… 2`."""
    seen: Counter[str] = Counter()
    names: list[str] = []
    for check in checks:
        name = check.id or f"({check.require})"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return tuple(names)
