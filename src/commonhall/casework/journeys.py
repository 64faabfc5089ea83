"""Use cases of a journey: start, load, answer, end. Each is one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from commonhall.casework.attachments import Attachment, new_files
from commonhall.casework.counting import counted, pages_of, ward_of
from commonhall.casework.desk import AdoptedUnknown, Desk, london_day
from commonhall.casework.proof import proofs_of
from commonhall.casework.reference import COUNT, reference_from
from commonhall.engine.fields.base import clean_lines
from commonhall.engine.journey import Path, submission, walk
from commonhall.engine.package import Adopted
from commonhall.storage import journeys as stored
from commonhall.storage.cases import NewCase, ReferenceTaken, rate_case, submit_case

MOST_REFERENCES = 8
"""How often a submission is tried: a reference may be taken (two in a row once in 10^15), an answer change."""
LONGEST_NOTE = 4000
EXPIRE_AT_ONCE = 500
MOST_ROUNDS = 400
REMEMBERED = timedelta(days=1)
"""How long an unfinished journey is known of, without its answers, after its deadline."""


@dataclass(frozen=True, slots=True)
class Journey:
    """One person's way through a service, as stored, with its path worked out for today.

    `reference` is the case's, once it is submitted; `revision` tells whether anything has changed since it was read.
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
    revision: str = ""

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
    desk: Desk,
    adopted: Adopted,
    council: str,
    *,
    browser: str,
    language: str,
    channel: str = "online",
    journey: str | None = None,
) -> str:
    """Start a journey for a browser and count the start. Returns its id: 22 URL-safe characters.

    Saved with asynchronous commit: a crash within moments of it loses a start, never a submission. Whoever names the
    `journey` may start it twice; it is counted once.
    """
    now = desk.clock()
    definition = adopted.service.definition
    new = stored.NewJourney(
        journey=journey or desk.chance.token(),
        browser=browser_digest(browser),
        service=definition.id,
        version=definition.version,
        digest=adopted.digest,
        language=language,
        channel=channel,
        started_at=now,
        expires_at=now + timedelta(hours=definition.journey_hours),
        day=london_day(now),
    )
    await stored.start_journey(desk.store, council, new)
    return new.journey


async def load_journey(desk: Desk, council: str, journey_id: str, *, browser: str) -> Journey:
    """The journey as it stands, also when it is submitted. Raises `JourneyGone`."""
    row = await stored.load_journey(desk.store, council, journey_id, browser_digest(browser))
    if row is None:
        raise JourneyGone
    return await _journey(desk, council, journey_id, row)


async def answer_page(
    desk: Desk, adopted: Adopted, council: str, journey_id: str, *, browser: str, answers: Mapping[str, Any]
) -> Journey:
    """Save the accepted answers of one page (field id to value) and work out the path anew.

    One UPDATE … RETURNING. Raises `JourneyGone`; a journey already submitted is returned unchanged, with its
    reference. `adopted` is the caller's belief of which version the journey runs; where that is wrong, the
    journey's own version decides and the returned journey carries it, unchanged: the page must be read again.
    """
    secret = browser_digest(browser)
    row = await stored.answer_journey(
        desk.store, council, journey_id, secret, adopted.digest, answers, desk.clock()
    )
    if row is None:
        return await load_journey(desk, council, journey_id, browser=browser)
    return await _journey(desk, council, journey_id, row)


@dataclass(frozen=True, slots=True)
class Along:
    """What comes with a case beside its answers: files that were looked at, and a note for staff. `source` sent it."""

    source: str
    files: Sequence[Attachment] = ()
    note: str = ""


async def submit_journey(
    desk: Desk, council: str, journey_id: str, *, browser: str, along: Along | None = None
) -> Journey:
    """Submit a complete journey: case, first update, deliveries and measures in one synchronous commit.

    What comes `along` is in the same commit, so that no back office is sent the case without it. Returns the journey with its reference. Twice is harmless: the second call returns the first's reference.
    Raises `JourneyGone`, or `commonhall.engine.journey.JourneyIncomplete` with the path.
    """
    for _ in range(MOST_REFERENCES):
        journey = await load_journey(desk, council, journey_id, browser=browser)
        if journey.reference is not None:
            return journey
        sent = submission(journey.adopted, journey.answers, journey.today)
        connector = journey.adopted.choices.connector
        ward = ward_of(sent.location, council, desk.wards)
        reference = reference_from(desk.chance.below(COUNT))
        new = NewCase(
            journey=journey_id,
            browser=browser_digest(browser),
            revision=journey.revision,
            reference=reference,
            answers=sent.answers,
            summary=sent.summary,
            details=sent.details,
            contact=asdict(sent.contact),
            location=asdict(sent.location),
            proofs=proofs_of(council, reference, sent),
            target_on=sent.target_on,
            connectors=[connector] if connector else [],
            idempotency_key=f"{council}-{reference}",
            submitted_at=desk.clock(),
            counted=counted(sent, journey.path, desk.clock(), desk.today(), ward),
            files=new_files(along.files, desk.clock(), along.source) if along else (),
            note=clean_lines(along.note)[:LONGEST_NOTE] if along else "",
            source=along.source if along else "",
        )
        try:
            made = await submit_case(desk.store, council, new)
        except ReferenceTaken:
            continue
        if made:
            return replace(journey, reference=reference, answers=journey.path.answers)
        # Another tab has submitted it, or has changed an answer since it was read: look again.
    raise RuntimeError(f"a journey of {council} could not be submitted in {MOST_REFERENCES} tries")


async def reach_exit(desk: Desk, journey: Journey) -> None:
    """Count that a journey has ended at an exit page: once for each journey, however often it is seen."""
    if journey.path.exit is not None:
        outcome = journey.path.exit.counts_as
        pages = pages_of(journey.path)
        await stored.exit_journey(desk.store, journey.council, journey.id, desk.clock(), outcome, pages)


async def rate_journey(
    desk: Desk, council: str, journey_id: str, *, browser: str, score: int, comment: str
) -> bool:
    """Keep a satisfaction score (1 to 5; comment up to 1,200 characters) for a submitted journey, once.

    Returns False where one was given already. Raises `JourneyGone`.
    """
    journey = await load_journey(desk, council, journey_id, browser=browser)
    if journey.reference is None or not 1 <= score <= 5:
        raise JourneyGone
    words = clean_lines(comment)[:1200]
    return await rate_case(desk.store, council, journey.reference, score, words, desk.clock(), desk.today())


async def expire_journeys(desk: Desk, council: str) -> int:
    """Delete what journeys past their deadline hold, some at a time; they stay counted as started.

    Answers go at the deadline. The empty journey stays for `REMEMBERED`, so that whoever comes back is told that
    the answers were deleted. Answers how many journeys were cleared or removed.
    """
    now, changed = desk.clock(), 0
    for _ in range(MOST_ROUNDS):
        lapsed = await stored.lapsed_journeys(desk.store, council, now, EXPIRE_AT_ONCE)
        if not lapsed:
            break
        ended = [(row.journey, await _came_to(desk, council, row)) for row in lapsed]
        changed += await stored.lapse_journeys(desk.store, council, now, ended)
        if len(lapsed) < EXPIRE_AT_ONCE:
            break
    for _ in range(MOST_ROUNDS):
        some = await stored.expire_journeys(desk.store, council, now, now - REMEMBERED, EXPIRE_AT_ONCE)
        changed += some
        if some < EXPIRE_AT_ONCE:
            break
    return changed


async def _came_to(desk: Desk, council: str, row: stored.LapsedRow) -> list[str] | None:
    """The pages that an unfinished journey came to, as on its first day; None where its version is gone."""
    try:
        adopted = await desk.services.get(council, row.digest)
    except AdoptedUnknown:
        return None
    return pages_of(walk(adopted, row.answers, london_day(row.started_at)))


def browser_digest(browser: str) -> bytes:
    """What is stored of a browser's secret."""
    return hashlib.sha256(browser.encode()).digest()


async def _journey(desk: Desk, council: str, journey_id: str, row: stored.JourneyRow) -> Journey:
    if row.reference is None and row.expires_at <= desk.clock():
        raise JourneyGone(expired=True)
    adopted = await desk.services.get(council, row.digest)
    today = desk.today()
    return Journey(
        council=council,
        id=journey_id,
        adopted=adopted,
        language=row.language,
        channel=row.channel,
        answers=row.answers,
        started_at=row.started_at,
        expires_at=row.expires_at,
        today=today,
        path=walk(adopted, row.answers, today),
        reference=row.reference,
        revision=row.revision,
    )
