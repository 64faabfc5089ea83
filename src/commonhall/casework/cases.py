"""Use cases of a case: follow it, hear what the back office says of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_address, ip_network

from commonhall.casework.desk import Desk
from commonhall.casework.proof import proof_of
from commonhall.casework.reference import tidy_reference
from commonhall.engine.back_office import CaseStatus, News, StatusUpdate
from commonhall.engine.fields.base import clean_lines
from commonhall.engine.journey import show_text
from commonhall.engine.package import Adopted
from commonhall.storage.cases import (
    CaseRow,
    EarlyUpdate,
    NewUpdate,
    add_update,
    case_by_external,
    count_attempt,
    delivers_to,
    drop_early_update,
    expire_early_updates,
    keep_early_updates,
    list_updates,
    load_case,
    match_early_updates,
    take_back_attempt,
)
from commonhall.storage.cases import expire_attempts as stored_expire_attempts
from commonhall.storage.deliveries import take_back
from commonhall.storage.moving import list_former_leads

WINDOW = timedelta(minutes=15)
MOST_TRIES = 8
"""How many wrong guesses one address may make in a window before it has to wait."""
CASE_WINDOW = timedelta(hours=1)
MOST_TRIES_OF_A_CASE = 20
"""How many wrong guesses all addresses together may make at one case: enough for a household, and too few to run
through an area's postcodes from many addresses."""
LONGEST_NOTE = 4000
LONGEST_REASON = 1000
MOST_EARLY = 1000
"""How many updates of cases that are not known yet are kept for each connector."""
EARLY_DAYS = timedelta(days=30)
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
RECEIPT = "receipt/"
"""Begins the source of an entry that a receipt made; no connector's name has a slash."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a back office's updates: new, known already, and for cases that nobody knows."""

    added: int
    known: int
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseUpdate:
    """One entry of a case's history. Times are UTC; `note` is what the back office wrote, as plain text.

    A `receipt` says that the back office has the case, and nothing of where the case stands now.
    """

    status: CaseStatus
    note: str
    at: datetime
    receipt: bool = False


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
        """Where the case stands: its last update, receipts aside."""
        return next(update.status for update in reversed(self.updates) if not update.receipt)


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

    `client` is the address that asks, for the limit on guessing. Raises `CaseNotFound`, `TooManyTries`.
    """
    now = desk.clock()
    tidy = tidy_reference(reference)
    counted = [(_network(client), WINDOW, MOST_TRIES)]
    if tidy:
        counted.append((f"case {tidy}", CASE_WINDOW, MOST_TRIES_OF_A_CASE))
    for who, window, most in counted:
        tries, since = await count_attempt(desk.store, council, who, now, now - window)
        if tries > most:
            raise TooManyTries(max(1, int((since + window - now).total_seconds())))
    row = await _proved(desk, council, tidy, proof) if tidy else None
    if row is None:
        raise CaseNotFound
    for who, _, _ in counted:
        # Only this try: whoever has a case of their own could guess at others' for ever.
        await take_back_attempt(desk.store, council, who)
    return await _view(desk, council, row, language)


async def _proved(desk: Desk, council: str, reference: str, proof: str) -> CaseRow | None:
    """The case that this reference and proof belong to, at this council or at one that became part of it.

    A proof is a digest over the council and the reference that were given with it, so both are tried as they were then.
    """
    row = await load_case(desk.store, council, reference)
    if row is not None and proof_of(council, reference, proof) in row.proofs:
        return row
    for lead in await list_former_leads(desk.store, council, reference):
        row = await load_case(desk.store, council, lead.now)
        if row is not None and proof_of(lead.former, lead.given, proof) in row.proofs:
            return row
    return None


def _network(client: str) -> str:
    """Whose address it is: of IPv6 the first 64 bits, since everybody has the rest to choose from."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if address.version == 4:
        return client
    if address.ipv4_mapped:
        # A server that listens to both kinds writes every IPv4 address like this: all of them in one network.
        return str(address.ipv4_mapped)
    return str(ip_network((int(address), 64), strict=False))


async def expire_attempts(desk: Desk, council: str) -> None:
    """Forget what is kept for a while only: who guessed at cases, and updates that no case has come for."""
    await expire_early_updates(desk.store, council, desk.clock() - EARLY_DAYS)
    await stored_expire_attempts(desk.store, council, desk.clock() - max(WINDOW, CASE_WINDOW))


async def show_case(desk: Desk, council: str, reference: str, *, language: str = "en") -> CaseView:
    """Show a case to someone who has shown already that they may see it. Raises `CaseNotFound`."""
    row = await load_case(desk.store, council, reference)
    if row is None:
        raise CaseNotFound
    return await _view(desk, council, row, language)


async def _view(desk: Desk, council: str, row: CaseRow, language: str) -> CaseView:
    adopted = await desk.services.get(council, row.digest)
    updates = await list_updates(desk.store, council, row.reference)
    flat = {name: value for name, value in row.answers.items() if name != "local"}
    own = {f"local.{name}": value for name, value in row.answers.get("local", {}).items()}
    return CaseView(
        council=council,
        reference=row.reference,
        adopted=adopted,
        summary=show_text(adopted, "case.summary", {**flat, **own}, language),
        submitted_at=row.submitted_at,
        target_on=row.target_on,
        updates=tuple(
            CaseUpdate(CaseStatus(one.status), one.note, one.at, one.source.startswith(RECEIPT))
            for one in updates
        ),
    )


async def note_receipt(
    desk: Desk, council: str, reference: str, connector: str, sequence: int, note: str
) -> None:
    """Keep what a back office said when it accepted a delivery. Keeping it again changes nothing."""
    words = clean_lines(note)[:LONGEST_NOTE]
    if words:
        source = f"{RECEIPT}{connector}"
        new = NewUpdate(CaseStatus.OPEN.value, words, desk.clock(), source, str(sequence))
        await add_update(desk.store, council, reference, new)


async def take_updates(desk: Desk, council: str, connector: str, updates: Sequence[News]) -> Taken:
    """Add a back office's updates to the histories of cases that went to it. Taking one again changes nothing.

    What comes before its delivery is known to be accepted is kept until it is, and counts as unknown. Where a back office
    says that it did not get a case after all, its delivery needs a person from then on.
    """
    added = known = 0
    unknown = []
    early = []
    for update in updates:
        reference = tidy_reference(update.reference) if update.reference else None
        if reference is None and update.external_id:
            reference = await case_by_external(desk.store, council, connector, update.external_id)
            if reference is None and isinstance(update, StatusUpdate):
                early.append(_early(update, update.external_id))
        new = await _take(desk, council, connector, reference, update) if reference else None
        if new is None:
            unknown.append(update.reference or update.external_id or "?")
        elif new:
            added += 1
        else:
            known += 1
    if early:
        await keep_early_updates(desk.store, council, connector, early, desk.clock(), MOST_EARLY)
    # Also of those just kept: their delivery may have been settled since they were looked up.
    await take_early_updates(desk, council, connector)
    return Taken(added, known, tuple(unknown))


async def take_early_updates(desk: Desk, council: str, connector: str, external_id: str | None = None) -> int:
    """Add what a back office said of cases before we knew its numbers of them; of one number, or of any.

    Answers how many were added. Every taking of updates does it; to do it as soon as a number is known shows them
    sooner.
    """
    added = 0
    for reference, early in await match_early_updates(desk.store, council, connector, external_id):
        update = StatusUpdate(early.update_id, CaseStatus(early.status), early.at, early.note)
        added += bool(await _add(desk, council, connector, reference, update))
        await drop_early_update(desk.store, council, connector, early)
    return added


def _early(update: StatusUpdate, external_id: str) -> EarlyUpdate:
    note = clean_lines(update.note)[:LONGEST_NOTE]
    # What PostgreSQL cannot hold as a time is so far off that it says nothing.
    at = max(update.at, EARLIEST)
    return EarlyUpdate(external_id, update.update_id, update.status.value, note, at)


async def _take(desk: Desk, council: str, connector: str, reference: str, news: News) -> bool | None:
    """Whether what a back office said is new; None where the case did not go to this connector."""
    if isinstance(news, StatusUpdate):
        return await _add(desk, council, connector, reference, news)
    row = await _delivered(desk, council, connector, reference)
    if row is None:
        return None
    now, reason = desk.clock(), clean_lines(news.reason)[:LONGEST_REASON]
    at = min(max(news.at, row.submitted_at), now)
    return await take_back(desk.store, council, row.reference, connector, news.update_id, at, now, reason)


async def _add(desk: Desk, council: str, connector: str, reference: str, update: StatusUpdate) -> bool | None:
    """Whether an update is new in the history of its case; None where the case did not go to this connector."""
    row = await _delivered(desk, council, connector, reference)
    if row is None:
        return None
    # Back offices' clocks are off, by an hour in summer or by two thousand years: nothing happens to a case before
    # it is there, nor later than now.
    at = min(max(update.at, row.submitted_at), desk.clock())
    note = clean_lines(update.note)[:LONGEST_NOTE]
    new = NewUpdate(update.status.value, note, at, connector, update.update_id)
    return await add_update(desk.store, council, row.reference, new)


async def _delivered(desk: Desk, council: str, connector: str, reference: str) -> CaseRow | None:
    """The case that a connector's back office means: it knows a case by the reference that it had when it went there."""
    row = await _sent_to(desk, council, connector, reference)
    if row is not None:
        return row
    leads = await list_former_leads(desk.store, council, reference)
    for now in dict.fromkeys(lead.now for lead in leads):
        row = await _sent_to(desk, council, connector, now)
        if row is not None:
            return row
    return None


async def _sent_to(desk: Desk, council: str, connector: str, reference: str) -> CaseRow | None:
    row = await load_case(desk.store, council, reference)
    return row if row and await delivers_to(desk.store, council, row.reference, connector) else None
