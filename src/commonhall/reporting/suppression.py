"""What is shown to the public: no count so small that it could be about somebody, nor one that could be worked out.

A hidden count is below the minimum, or was hidden to protect another. Hiding one cell is of no use where the others and the
total are shown, so a second one is hidden with it. Zeros are hidden like other small counts: that nobody in a street asked
for something is about the people of that street, too.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

MINIMUM = 10

Name = TypeVar("Name", bound=Hashable)


def suppressed(count: int) -> int | None:
    """A count as the public may see it; None below the minimum."""
    return count if count >= MINIMUM else None


def suppressed_rate(rate: float | None, counted: int) -> float | None:
    """A rate or a mean of so many, as the public may see it; None below the minimum."""
    return rate if counted >= MINIMUM else None


@dataclass(frozen=True, slots=True)
class Shown(Generic[Name]):
    """A table of counts with its total, as the public may see it: None for what is hidden."""

    parts: Mapping[Name, int | None]
    total: int | None


def suppress_parts(parts: Mapping[Name, int]) -> Shown[Name]:
    """Hide small counts of a table whose total is shown, and as many more that none of them can be worked out.

    Whoever knows the total and all that is shown knows the sum of what is hidden. From that sum no hidden count follows,
    and any of them may still be whatever is below the minimum, if two are hidden and their sum is the minimum less one
    or more. The next smallest ones are hidden until that is so; a total below the minimum is hidden itself. Each of
    the total must be in one part. One table at a time: two tables of the same cases, with totals both ways, could be set
    against each other.
    """
    total = sum(parts.values())
    if total < MINIMUM:
        return Shown(dict.fromkeys(parts), None)
    hidden = {name for name, count in parts.items() if count < MINIMUM}
    if hidden:
        rest = sorted(
            (name for name in parts if name not in hidden), key=lambda name: (parts[name], str(name))
        )
        while rest and (len(hidden) < 2 or sum(parts[name] for name in hidden) < MINIMUM - 1):
            hidden.add(rest.pop(0))
    shown = {name: None if name in hidden else count for name, count in parts.items()}
    return Shown(shown, total)
