"""How the sandbox tells the other side of a changed status: signed, in order for each job, until it is taken."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit, urlunsplit

import httpx2
import structlog
from standardwebhooks.webhooks import Webhook

from commonhall.connectors.events import UPDATED
from commonhall.connectors.http import Caller, Patience
from commonhall.connectors.sandbox.jobs import Job, Jobs, Update
from commonhall.connectors.webhook.signing import signed
from commonhall.engine.back_office import DeliveryFailed

LOOK_EVERY = 0.3
FIRST_WAIT = 0.5
LONGEST_WAIT = 60.0
REFUSALS = frozenset({400, 404, 410, 413, 422})
"""Repeating what was refused so will not make it better."""


class Pusher:
    """Pushes the updates of webhook jobs to their `updates_url`."""

    def __init__(
        self, jobs: Jobs, signer: Webhook, clock: Callable[[], datetime], http: httpx2.AsyncClient
    ) -> None:
        self._jobs = jobs
        self._signer = signer
        self._clock = clock
        # A practice back office talks to practice sites, which are on this machine.
        self._caller = Caller(http, True, Patience(connect=2.0, answer=5.0, whole=8.0))
        self._waits: dict[str, tuple[float, float]] = {}

    async def run(self) -> None:
        """Push for ever."""
        while True:
            try:
                await self.push_due()
            except Exception:
                # A full disk, say, must not end the pushing for good.
                structlog.get_logger("sandbox").exception("the updates could not be pushed")
            await asyncio.sleep(LOOK_EVERY)

    async def push_due(self) -> None:
        """Push each job's oldest waiting update whose time has come."""
        now = asyncio.get_running_loop().time()
        due = [
            (job, update)
            for job, update in self._jobs.to_push()
            if self._waits.get(update.id, (0.0, 0.0))[0] <= now
        ]
        await asyncio.gather(*(self._push(job, update) for job, update in due[:20]))

    async def _push(self, job: Job, update: Update) -> None:
        body = updated(job, update)
        headers = signed([self._signer], f"sandbox-{update.id}", self._clock(), body)
        try:
            url, host = loopback(str(job.updates_url))
            answer = await self._caller.call("POST", url, headers=headers | host, content=body)
            status = answer.status
        except (DeliveryFailed, ValueError):
            status = 0
        if 200 <= status < 300 or status in REFUSALS:
            self._waits.pop(update.id, None)
            self._jobs.pushed(job, update, status)
            return
        wait = min(self._waits.get(update.id, (0.0, FIRST_WAIT / 2))[1] * 2, LONGEST_WAIT)
        self._waits[update.id] = (asyncio.get_running_loop().time() + wait, wait)


def loopback(url: str) -> tuple[str, dict[str, str]]:
    """An address under .localhost as a call to this machine, and the Host header that names the site.

    RFC 6761 gives these names to the loopback address, but not every system looks them up so.
    Raises `ValueError` for what is no address.
    """
    parts = urlsplit(url)
    if parts.hostname is None or not parts.hostname.endswith(".localhost"):
        return url, {}
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=f"127.0.0.1{port}")), {"host": parts.netloc}


def updated(job: Job, update: Update) -> bytes:
    """The CloudEvent of an update, as any back office would send it."""
    event = {
        "specversion": "1.0",
        "id": f"sandbox-{update.id}",
        "source": "urn:commonhall:sandbox",
        "type": UPDATED,
        "subject": job.reference,
        "time": update.at,
        "datacontenttype": "application/json",
        "data": {"reference": job.reference, "id": job.id, "status": update.status, "note": update.note},
    }
    return json.dumps(event, ensure_ascii=False).encode()
