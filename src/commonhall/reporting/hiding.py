"""Parts of a published total of which not all are published: none that is hidden can be worked out from the others.

`suppression.suppress_parts` is for tables that show every part; here what is in no part is hidden from the start.
"""

from __future__ import annotations

from collections.abc import Mapping

from commonhall.reporting.suppression import MINIMUM


def hide_parts(total: int | None, parts: Mapping[str, int]) -> dict[str, int | None]:
    """Parts of a published total as they are published.

    What of the total is in no part is known to whoever knows the total and all parts, so it counts as a part that is
    hidden from the start. From the sum of what is hidden no hidden count follows, and any of them may still be whatever is
    below the minimum, if two are hidden and their sum is the minimum less one or more; the next smallest parts are
    hidden until that is so. All are, where the total is.
    """
    if total is None or total < MINIMUM:
        return dict.fromkeys(parts)
    rest = total - sum(parts.values())
    hidden = {name for name, count in parts.items() if count < MINIMUM}
    if hidden or 0 < rest < MINIMUM:
        shown = sorted((name for name in parts if name not in hidden), key=lambda name: (parts[name], name))
        while shown and not _is_safe([parts[name] for name in hidden] + [rest] * (rest > 0)):
            hidden.add(shown.pop(0))
    return {name: None if name in hidden else count for name, count in parts.items()}


def _is_safe(hidden: list[int]) -> bool:
    return len(hidden) > 1 and sum(hidden) >= MINIMUM - 1
