"""What is shown to the public: no count so small that it could be about somebody, nor one that could be worked out.

A hidden count is below the minimum, or was hidden to protect another. Hiding one cell is of no use where the others and the
total are shown, so a second one is hidden with it. Zeros are hidden like other small counts: that nobody in a street asked
for something is about the people of that street, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from commonhall.storage.queries.measured_records import FEW

MINIMUM = FEW
"""The least count that is shown; the same for what the database hides by itself."""


def suppressed(count: int) -> int | None:
    """A count as the public may see it; None below the minimum."""
    return count if count >= MINIMUM else None


def suppressed_rate(rate: float | None, counted: int) -> float | None:
    """A rate or a mean of so many, as the public may see it; None below the minimum."""
    return rate if counted >= MINIMUM else None


def hide_parts(total: int | None, parts: Mapping[str, int]) -> dict[str, int | None]:
    """Parts of a published total as they are published.

    What of the total is in no part is known to whoever knows the total and all parts, so it counts as a part that is
    hidden from the start. From the sum of what is hidden no hidden count follows, and any of them may still be whatever is
    below the minimum, if two are hidden and their sum is the minimum less one or more; the next smallest parts are
    hidden until that is so. All are, where the total is. One table at a time: two tables of the same cases, with totals
    both ways, could be set against each other.
    """
    if total is None or total < MINIMUM:
        return dict.fromkeys(parts)
    rest = total - sum(parts.values())
    hidden = {name for name, count in parts.items() if count < MINIMUM}
    if hidden or 0 < rest < MINIMUM:
        shown = sorted((name for name in parts if name not in hidden), key=lambda name: (parts[name], name))
        while shown and tells([parts[name] for name in hidden] + [rest] * (rest > 0)):
            hidden.add(shown.pop(0))
    return {name: None if name in hidden else count for name, count in parts.items()}


def tells(hidden: Sequence[int], minimum: int = MINIMUM) -> bool:
    """Whether the sum of what is hidden, which whoever knows the total and the rest knows, tells something of one of them:
    one alone is told by it, and several that are together less than the minimum less one may not be anything small."""
    return len(hidden) < 2 or sum(hidden) < minimum - 1
