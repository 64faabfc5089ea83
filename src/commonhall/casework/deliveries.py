"""Deliveries: every case reaches its back office, under one key, or stays visible until it does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from commonhall.casework.attachments import files_of, read_file
from commonhall.casework.cases import Taken, note_receipt, take_early_updates, take_updates
from commonhall.casework.desk import Desk
from commonhall.engine.back_office import (
    CaseFile,
    CaseForDelivery,
    CaseLocation,
    Connector,
    Contact,
    DeliveryFailed,
    HandsOver,
    News,
)
from commonhall.storage import councils
from commonhall.storage import deliveries as stored

FIRST_WAIT = 2.0
LONGEST_WAIT = 4 * 3600.0
GIVE_UP_AFTER = timedelta(days=7)
OVERLAP = timedelta(minutes=10)
"""Updates are asked for with some overlap, since clocks differ; taking one twice is harmless."""
FIRST_LOOK_BACK = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long one try of a back office may take, and after how long a claim counts as lost with its worker.

    Both in seconds. A claim must outlive the try, or a slow answer would be asked for twice at once.
    """

    longest_try: float = 60.0
    lease: float = 300.0

    def lost_before(self, now: datetime) -> datetime:
        """Claims older than this were lost."""
        return now - timedelta(seconds=self.lease)


USUAL = Limits()


@dataclass(frozen=True, slots=True)
class Round:
    """What one look at a connector's deliveries did."""

    claimed: int
    delivered: int


def wait_after(attempts: int, jitter: float, asked: float | None = None) -> float:
    """Seconds to wait after so many attempts: doubling from 2 s to 4 hours, a quarter more or less.

    `jitter` is 0.0 to 1.0; a back office's own wish is honoured, up to the longest wait.
    """
    grown = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(attempts - 1, 20))
    spread = grown * (0.75 + jitter / 2)
    return max(spread, min(asked or 0.0, LONGEST_WAIT))


async def list_due(desk: Desk, limits: Limits = USUAL) -> list[tuple[str, str]]:
    """Which connectors of which councils have something to deliver now, as (council, connector)."""
    now = desk.clock()
    return await stored.list_due(desk.store, now, limits.lost_before(now))


async def deliver_due(
    desk: Desk,
    council: str,
    gss: str,
    name: str,
    connector: Connector | None,
    limits: Limits = USUAL,
    *,
    most: int = 10,
) -> Round:
    """Claim what is due for a council's connector, hand it over, and settle each.

    Without a connector of this name the deliveries say so and wait.
    """
    now = desk.clock()
    claimed = await stored.claim_deliveries(desk.store, council, name, now, limits.lost_before(now), most)
    done = await asyncio.gather(*(_deliver(desk, council, gss, connector, limits, row) for row in claimed))
    return Round(len(claimed), sum(done))


async def _deliver(
    desk: Desk, council: str, gss: str, connector: Connector | None, limits: Limits, row: stored.ClaimedRow
) -> bool:
    key = (row.reference, row.connector, row.sequence)
    log = structlog.get_logger("delivery").bind(
        council=council, reference=row.reference, connector=row.connector
    )
    try:
        if connector is None:
            raise DeliveryFailed(f"the council has no connector '{row.connector}': add it in its settings")
        case = await _case(desk, council, gss, row)
        async with asyncio.timeout(limits.longest_try):
            receipt = await connector.deliver(case, row.idempotency_key)
        # Before it is settled: a worker that dies in between delivers again, and nothing it was told is lost.
        await note_receipt(desk, council, *key, receipt.note)
    except DeliveryFailed as failure:
        await _settle_failure(desk, council, row, failure)
        log.warning(
            "not delivered", reason=failure.reason, permanent=failure.permanent, attempts=row.attempts
        )
        return False
    except TimeoutError:
        reason = f"no answer in {limits.longest_try:g} seconds"
        await _settle_failure(desk, council, row, DeliveryFailed(reason))
        log.warning("not delivered", reason=reason, attempts=row.attempts)
        return False
    except Exception as error:
        # A fault of our own must not stop the others' deliveries, and must not lose this one.
        await _settle_failure(desk, council, row, DeliveryFailed(f"{type(error).__name__}: {error}"))
        log.exception("delivery broke", attempts=row.attempts)
        return False
    await stored.settle_delivered(desk.store, council, key, desk.clock(), receipt.external_id)
    if receipt.external_id:
        await take_early_updates(desk, council, row.connector, receipt.external_id)
    log.info("delivered", external_id=receipt.external_id, attempts=row.attempts)
    return True


async def _settle_failure(desk: Desk, council: str, row: stored.ClaimedRow, failure: DeliveryFailed) -> None:
    key = (row.reference, row.connector, row.sequence)
    now = desk.clock()
    if failure.permanent or now - row.since > GIVE_UP_AFTER:
        await stored.settle_failed(desk.store, council, key, row.attempts, now, failure.reason[:1000])
        return
    wait = wait_after(row.attempts, desk.chance.below(1000) / 1000, failure.retry_after)
    following = now + timedelta(seconds=wait)
    await stored.settle_later(desk.store, council, key, row.attempts, following, failure.reason[:1000])


async def _case(desk: Desk, council: str, gss: str, row: stored.ClaimedRow) -> CaseForDelivery:
    adopted = await desk.services.get(council, row.digest)
    definition = adopted.service.definition
    return CaseForDelivery(
        council=council,
        council_gss=gss,
        reference=row.reference,
        service=row.service,
        service_name=adopted.texts.need("en", "name"),
        version=definition.version,
        lgsl=definition.lgsl,
        lgil=definition.lgil,
        channel=row.channel,
        language=row.language,
        submitted_at=row.submitted_at,
        target_on=row.target_on,
        summary=row.summary,
        answers=row.answers,
        details=tuple((question, answer) for question, answer in row.details),
        contact=Contact(**row.contact),
        location=CaseLocation(**row.location),
        names=adopted.choices.mapping,
        files=await _files(desk, council, row.reference),
    )


async def _files(desk: Desk, council: str, reference: str) -> tuple[CaseFile, ...]:
    """The files of a case; their content is read when a connector wants it."""

    def reading(attachment: str) -> Callable[[], Awaitable[bytes]]:
        async def read() -> bytes:
            found = await read_file(desk, council, reference, attachment)
            if found is None:
                raise DeliveryFailed("a file of the case was taken away while it was sent")
            return found.content

        return read

    found = (await files_of(desk, council, [reference])).get(reference, [])
    return tuple(
        CaseFile(row.name, row.media_type, row.digest, row.size, reading(row.attachment)) for row in found
    )


async def poll_updates(
    desk: Desk,
    council: str,
    name: str,
    connector: Connector,
    until: datetime | None,
    limits: Limits = USUAL,
) -> Taken:
    """Ask a back office what has happened since it was last asked, and remember how far that went.

    Raises `DeliveryFailed` when it cannot be asked; then nothing is remembered, so nothing is missed.
    """
    now = desk.clock()
    since = until - OVERLAP if until else now - FIRST_LOOK_BACK
    async with asyncio.timeout(limits.longest_try):
        if isinstance(connector, HandsOver):
            return await _take_over(desk, council, name, connector)
        updates = await connector.updates(since)
    taken = await take_updates(desk, council, name, updates)
    # An update may come before its delivery is seen to be accepted (the answer was lost, and is asked for again):
    # nobody knows then which case it means. So it is asked for again until no delivery waits from before it.
    waiting = await stored.oldest_waiting(desk.store, council, name, now - FIRST_LOOK_BACK)
    await councils.set_updates_until(desk.store, council, name, min(now, waiting) if waiting else now)
    _log_unknown(council, name, taken)
    return taken


async def _take_over(desk: Desk, council: str, name: str, connector: HandsOver) -> Taken:
    """Take what a back office hands over. It forgets each thing only after that stands in the history of its case."""
    parts: list[Taken] = []

    async def keep(news: Sequence[News]) -> None:
        parts.append(await take_updates(desk, council, name, news))
        _log_unknown(council, name, parts[-1])

    await connector.hand_over(keep)
    await councils.set_updates_until(desk.store, council, name, desk.clock())
    unknown = tuple(one for part in parts for one in part.unknown)
    return Taken(sum(part.added for part in parts), sum(part.known for part in parts), unknown)


def _log_unknown(council: str, connector: str, taken: Taken) -> None:
    if taken.unknown:
        structlog.get_logger("updates").info(
            "updates of cases that are not known here",
            council=council,
            connector=connector,
            count=len(taken.unknown),
        )


async def list_waiting(
    desk: Desk, council: str, *, failed: bool | None = None, most: int = 1000
) -> list[stored.WaitingRow]:
    """What a council's back offices do not have yet, oldest first."""
    return await stored.list_waiting(desk.store, council, failed, most)


async def replay(desk: Desk, council: str, reference: str | None = None, limits: Limits = USUAL) -> int:
    """Try failed and waiting deliveries again now, under the same keys. Answers how many.

    Those that a worker is trying at this moment are left to it, or the back office would get them twice at once.
    """
    now = desk.clock()
    return await stored.replay(desk.store, council, reference, now, limits.lost_before(now))


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The proof for one council that nothing is lost.

    `balances` by connector: what the cases say was accepted for it, and what the deliveries say became of that;
    `lost` are references of cases without a delivery that they should have (the first hundred).
    """

    council: str
    cases: int
    without_back_office: int
    balances: tuple[stored.Balance, ...]
    lost: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether every connector's accepted is delivered + pending + failed, and no case is lost."""
        sums = all(b.accepted == b.delivered + b.pending + b.failed for b in self.balances)
        return sums and not self.lost


async def reconcile(desk: Desk, council: str) -> Reconciliation:
    """Hold a council's cases against its deliveries, in one snapshot."""
    balances, cases, without, lost = await stored.reconcile(desk.store, council)
    return Reconciliation(council, cases, without, tuple(balances), tuple(lost))


async def receive_updates(
    desk: Desk, council: str, name: str, connector: Connector, headers: Mapping[str, str], body: bytes
) -> Taken:
    """Take what a back office pushed to us. Raises `commonhall.engine.back_office.UpdateRefused`."""
    return await take_updates(desk, council, name, connector.receive(headers, body))
