"""Use cases of a journey: start, load, answer, end. Each is one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from commonhall.casework.desk import Desk
from commonhall.engine.journey import Path
from commonhall.engine.package import Adopted


@dataclass(frozen=True, slots=True)
class Journey:
    """One person's way through a service, as stored, with its path worked out for today.

    `reference` is the case's, once it is submitted.
    """

    council: str
    id: str
    adopted: Adopted
    language: str
    channel: str
    answers: Mapping[str, Any]
    started_at: datetime
    expires_at: datetime
    today: date
    path: Path
    reference: str | None = None

    @property
    def service(self) -> str:
        """The id of the service."""
        return self.adopted.service.id


class JourneyGone(Exception):  # noqa: N818
    """There is no such journey for this browser: it never was, it is another's, or it has expired."""

    def __init__(self, *, expired: bool = False) -> None:
        super().__init__("the journey has expired" if expired else "there is no such journey here")
        self.expired = expired


async def start_journey(
    desk: Desk, adopted: Adopted, council: str, *, browser: str, language: str, channel: str = "online"
) -> str:
    """Start a journey for a browser and count the start. Returns the new journey's id (22 URL-safe characters).

    Saved with asynchronous commit: a crash within moments of it loses a start, never a submission.
    """
    raise NotImplementedError


async def load_journey(desk: Desk, council: str, journey_id: str, *, browser: str) -> Journey:
    """The journey as it stands, also when it is submitted. Raises `JourneyGone`."""
    raise NotImplementedError


async def answer_page(
    desk: Desk, adopted: Adopted, council: str, journey_id: str, *, browser: str, answers: Mapping[str, Any]
) -> Journey:
    """Save the accepted answers of one page (field id to value) and work out the path anew.

    One UPDATE … RETURNING. Raises `JourneyGone`; a journey already submitted is returned unchanged, with its
    reference. `adopted` is the caller's belief of which version the journey runs; where that is wrong, the
    journey's own version decides and the returned journey carries it.
    """
    raise NotImplementedError


async def submit_journey(desk: Desk, council: str, journey_id: str, *, browser: str) -> Journey:
    """Submit a complete journey: case, first update, deliveries and measures in one synchronous commit.

    Returns the journey with its reference. Twice is harmless: the second call returns the first's reference.
    Raises `JourneyGone`, or `commonhall.engine.journey.JourneyIncomplete` with the path.
    """
    raise NotImplementedError


async def reach_exit(desk: Desk, journey: Journey) -> None:
    """Count that a journey has ended at an exit page: once for each journey, however often it is seen."""
    raise NotImplementedError


async def rate_journey(
    desk: Desk, council: str, journey_id: str, *, browser: str, score: int, comment: str
) -> bool:
    """Keep a satisfaction score (1 to 5; comment up to 1,200 characters) for a submitted journey, once.

    Returns False where one was given already. Raises `JourneyGone`.
    """
    raise NotImplementedError
