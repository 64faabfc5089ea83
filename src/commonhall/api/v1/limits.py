"""How often an address may ask: a bucket for each, told in the headers of every answer.

The buckets are a process's own: with several processes somebody gets as many times more. They protect a process, and
are no price list.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MOST_KNOWN = 20_000


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody has left: `after` is the seconds until they may ask again, 0 where they may."""

    quota: int
    window: int
    left: int
    after: int

    @property
    def headers(self) -> dict[str, str]:
        """As the draft standard for rate limits in HTTP has it (draft-ietf-httpapi-ratelimit-headers)."""
        found = {
            "ratelimit-policy": f'"default";q={self.quota};w={self.window}',
            "ratelimit": f'"default";r={self.left};t={self.after or self.window}',
        }
        return found | ({"retry-after": str(self.after)} if self.after else {})


class Limits:
    """`quota` requests in a `window` of seconds, filled again evenly."""

    def __init__(
        self, quota: int = 1200, window: int = 60, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._quota, self._window, self._now = quota, window, now
        self._known: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, who: str) -> Standing:
        """Count one request of somebody."""
        now, rate = self._now(), self._quota / self._window
        left, at = self._known.pop(who, (float(self._quota), now))
        left = min(float(self._quota), left + (now - at) * rate)
        allowed = left >= 1
        left -= 1 if allowed else 0
        self._known[who] = (left, now)
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        after = 0 if allowed else max(1, round((1 - left) / rate + 0.5))
        return Standing(self._quota, self._window, int(left), after)
