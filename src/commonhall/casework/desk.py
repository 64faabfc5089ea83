"""What every use case is handed: store, clock, id-maker, services. Wired once, in `app`."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")

Clock = Callable[[], datetime]
"""Answers the present moment, aware, in UTC."""


def system_clock() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


def new_id() -> str:
    """A new random id of 128 bits as 22 URL-safe characters."""
    return secrets.token_urlsafe(16)


@dataclass(frozen=True, slots=True)
class Desk:
    """The tools of casework. `store` is storage's; `services` gives adopted services by digest."""

    store: Any
    services: Any
    clock: Clock
    new_id: Callable[[], str]

    def today(self) -> date:
        """The day it is for councils and residents: London's."""
        return self.clock().astimezone(LONDON).date()
