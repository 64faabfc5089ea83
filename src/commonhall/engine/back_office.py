"""What a case is to a back office, and what a back office may say back.

These are the words that casework and connectors share. They are pure data: a connector is handed a
`CaseForDelivery` and answers with a `Receipt` or raises `DeliveryFailed`; casework never learns which
protocol was spoken.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable


class CaseStatus(StrEnum):
    """Where a case stands: the extended statuses of Open311 as UK councils use them."""

    OPEN = "open"
    INVESTIGATING = "investigating"
    ACTION_SCHEDULED = "action_scheduled"
    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    FIXED = "fixed"
    CLOSED = "closed"
    NO_FURTHER_ACTION = "no_further_action"
    NOT_COUNCILS_RESPONSIBILITY = "not_councils_responsibility"
    DUPLICATE = "duplicate"
    INTERNAL_REFERRAL = "internal_referral"

    @property
    def is_final(self) -> bool:
        """Whether nothing more is expected after this status."""
        return self in _FINAL


_FINAL = frozenset(
    {
        CaseStatus.FIXED,
        CaseStatus.CLOSED,
        CaseStatus.NO_FURTHER_ACTION,
        CaseStatus.NOT_COUNCILS_RESPONSIBILITY,
        CaseStatus.DUPLICATE,
    }
)


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach the person who made the case; every part may be missing."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class CaseLocation:
    """Where the case is. `lat` and `long` are WGS 84 degrees and come as a pair or not at all."""

    description: str | None = None
    postcode: str | None = None
    uprn: str | None = None
    lat: float | None = None
    long: float | None = None


@dataclass(frozen=True, slots=True)
class SetUpField:
    """One thing that somebody enters to set up a connector of a kind.

    `shape` is `text`, `number` (a whole one), `yes-no`, `choice` (one of `choices`, as (value, label)), `pairs` (our word
    to theirs), `yaml` (a tree, such as a mapping), `secret` (write-only), `secret-text` (the same, of several lines: a
    private key) or `secrets` (several, one to a line). `usual` is what holds where nothing is entered: `yes` or `no`, a
    number, one of the choices.
    """

    name: str
    label: str
    hint: str
    shape: str = "text"
    needed: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    usual: str = ""


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A file that came with a case: a photo, a PDF. `size` is in bytes; `read` fetches it when it is wanted."""

    name: str
    media_type: str
    digest: str
    size: int
    read: Callable[[], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class CaseForDelivery:
    """One submitted case as every connector sees it.

    `answers` is the data contract of the service's version; `details` are the same answers as a person
    reads them, as (question, answer) pairs in the order asked. Times are UTC. `names` says what the back office
    calls an answer, by field, where the council's choices for the service say so. `files` came with the case.
    """

    council: str
    council_gss: str
    reference: str
    service: str
    service_name: str
    version: str
    lgsl: int
    lgil: int
    channel: str
    language: str
    submitted_at: datetime
    target_on: date | None
    summary: str
    answers: Mapping[str, Any]
    details: tuple[tuple[str, str], ...] = ()
    contact: Contact = field(default_factory=Contact)
    location: CaseLocation = field(default_factory=CaseLocation)
    names: Mapping[str, str] = field(default_factory=dict)
    files: tuple[CaseFile, ...] = ()

    @property
    def fields(self) -> dict[str, Any]:
        """Every answer under the name that the back office has for it; a council's own as `local.NAME` where it has none."""
        own = self.answers.get("local") or {}
        answers = {name: value for name, value in self.answers.items() if name != "local"}
        answers |= {f"local.{name}": value for name, value in own.items()}
        return {self.names.get(name, name): value for name, value in answers.items()}


@dataclass(frozen=True, slots=True)
class Receipt:
    """A back office's proof of acceptance.

    `external_id` is its own number for the case, if it gave one; `note` its words for the person who made the case.
    """

    external_id: str | None
    note: str = ""


class DeliveryFailed(Exception):  # noqa: N818 - the field's word for it
    """A delivery was not accepted, or nobody can tell whether it was.

    `permanent` means that sending the same case again cannot help (the back office understood it and said
    no): it waits for a person. Everything else is tried again. `retry_after` is the back office's own wish
    in seconds.
    """

    def __init__(self, reason: str, *, permanent: bool = False, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after


class UpdateRefused(Exception):  # noqa: N818
    """An inbound message was not taken.

    `unproved`: nothing shows that it is the back office's and fresh; otherwise it was not understood.
    """

    def __init__(self, reason: str, *, unproved: bool = False) -> None:
        super().__init__(reason)
        self.unproved = unproved


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """A back office's word on one case.

    `update_id` is unique within the connector and makes taking it twice harmless. The case is named by our
    `reference` or by the back office's own `external_id`; at least one is given. `at` is aware.
    """

    update_id: str
    status: CaseStatus
    at: datetime
    note: str = ""
    reference: str | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Returned:
    """A back office's word that it did not get a case after all: a letter that came back, a file that was refused.

    Its delivery needs a person from then on. Told as a `StatusUpdate` is; `reason` is for staff.
    """

    update_id: str
    at: datetime
    reason: str
    reference: str | None = None
    external_id: str | None = None


News = StatusUpdate | Returned
"""What a back office may say of a case after it was sent."""


@runtime_checkable
class Connector(Protocol):
    """One council's way to one back office. `can` names what it offers: deliver, updates, receive."""

    kind: str
    can: frozenset[str]

    async def deliver(self, case: CaseForDelivery, idempotency_key: str) -> Receipt:
        """Hand over a case; the same key always means the same case. Raises `DeliveryFailed`."""
        ...

    async def updates(self, since: datetime) -> Sequence[News]:
        """Ask for what happened since then. Raises `DeliveryFailed` when the back office cannot be asked."""
        ...

    def receive(self, headers: Mapping[str, str], body: bytes) -> list[StatusUpdate]:
        """Read a message that the back office pushed to us. Raises `UpdateRefused`."""
        ...


Keep = Callable[[Sequence[News]], Awaitable[None]]
"""Keeps news for good: when it has come back they cannot be lost here any more."""


@runtime_checkable
class HandsOver(Connector, Protocol):
    """A way to a back office that tells each thing once, and forgets it when it is told that it was taken: a queue.

    `updates` only looks; whoever takes what is there asks by `hand_over`.
    """

    async def hand_over(self, keep: Keep) -> None:
        """Let `keep` have what is there, in parts, and only then tell the back office that it was taken.

        Where `keep` fails or nobody comes back from it, the back office still has it and tells it again. Raises
        `DeliveryFailed` where it cannot be asked, and after the rest was kept where something could not be read.
        """
        ...
