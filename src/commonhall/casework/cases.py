"""Use cases of a case: follow it, hear what the back office says of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from commonhall.casework.desk import Desk
from commonhall.engine.back_office import CaseStatus
from commonhall.engine.package import Adopted


@dataclass(frozen=True, slots=True)
class CaseUpdate:
    """One entry of a case's history. Times are UTC; `note` is what the back office wrote, as plain text."""

    status: CaseStatus
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as the person who made it sees it; updates are oldest first and never empty."""

    council: str
    reference: str
    adopted: Adopted
    summary: str
    submitted_at: datetime
    target_on: date | None
    updates: tuple[CaseUpdate, ...]

    @property
    def status(self) -> CaseStatus:
        """Where the case stands: its last update."""
        return self.updates[-1].status


class CaseNotFound(Exception):  # noqa: N818
    """No case has this reference and this e-mail address or postcode (which of them is wrong is not said)."""


class TooManyTries(Exception):  # noqa: N818
    """Too many wrong guesses; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many tries: wait {retry_after} seconds")
        self.retry_after = retry_after


async def follow_case(
    desk: Desk, council: str, reference: str, *, proof: str, client: str, language: str = "en"
) -> CaseView:
    """Show a case to whoever knows its reference and the e-mail address or postcode given with it.

    `client` names who asks (an address), for the limit on guessing. Raises `CaseNotFound`, `TooManyTries`.
    """
    raise NotImplementedError
