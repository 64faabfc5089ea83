"""The sandbox back office as an ASGI application: two protocols, a page of jobs, and a way to change a status."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx2
from jinja2 import Environment, PackageLoader
from standardwebhooks.webhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from commonhall.connectors.events import SUBMITTED
from commonhall.connectors.http import storable
from commonhall.connectors.sandbox import open311
from commonhall.connectors.sandbox.body import read_body
from commonhall.connectors.sandbox.jobs import Jobs
from commonhall.connectors.sandbox.push import Pusher
from commonhall.connectors.webhook.signing import verify
from commonhall.engine.back_office import CaseStatus, UpdateRefused

MOST_SHOWN = 200
LONGEST_NOTE = 2000

_SECURITY = {
    "content-security-policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none';"
    " base-uri 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


class _Sandbox:
    """What the routes share."""

    def __init__(self, jobs: Jobs, signer: Webhook, clock: Callable[[], datetime]) -> None:
        self._jobs = jobs
        self._signer = signer
        self._clock = clock
        self._pages = Environment(loader=PackageLoader("commonhall.connectors.sandbox"), autoescape=True)
        self._pages.filters["moment"] = _moment

    def _page(self, name: str, status: int = 200, **values: Any) -> Response:
        body = self._pages.get_template(name).render(statuses=list(CaseStatus), **values)
        return HTMLResponse(body, status, headers=_SECURITY)

    async def home(self, _request: Request) -> Response:
        """The jobs, newest first."""
        jobs = self._jobs.all()
        return self._page("jobs.html", jobs=jobs[:MOST_SHOWN], count=len(jobs))

    async def job(self, request: Request) -> Response:
        """One job with everything that was sent."""
        job = self._jobs.get(request.path_params["job"])
        if job is None:
            return self._page("missing.html", 404)
        return self._page("job.html", job=job)

    async def change(self, request: Request) -> Response:
        """Change a job's status."""
        job = self._jobs.get(request.path_params["job"])
        if job is None:
            return self._page("missing.html", 404)
        if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return PlainTextResponse("another site's page may not change a status", 403)
        body = (await read_body(request)).decode("utf-8", "replace")
        try:
            form = dict(parse_qsl(body, max_num_fields=10))
        except ValueError:
            form = {}
        status = form.get("status")
        note = storable(form.get("note", "")).replace("\r\n", "\n").strip()
        fault = None
        if status not in set(CaseStatus):
            fault = "Choose one of the statuses"
        elif len(note) > LONGEST_NOTE:
            fault = f"The note must be {LONGEST_NOTE:,} characters or fewer"
        if fault is not None or status is None:
            return self._page("job.html", 400, job=job, error=fault, chosen=status, note=note)
        self._jobs.update(job, CaseStatus(status), note)
        return RedirectResponse(f"/jobs/{job.id}", 303)

    async def data(self, _request: Request) -> Response:
        """Every job, for machines."""
        return JSONResponse(self._jobs.as_data(), headers=_SECURITY)

    async def webhook(self, request: Request) -> Response:
        """Take a case as a signed CloudEvent."""
        body = await read_body(request)
        try:
            key = verify([self._signer], request.headers, body, self._clock())
        except UpdateRefused as refused:
            return JSONResponse({"error": str(refused)}, 401)
        try:
            entry = _entry(body)
        except ValueError as bad:
            return JSONResponse({"error": str(bad)}, 400)
        return JSONResponse({"id": self._jobs.accept(entry, key).id}, 202)


def _moment(text: str) -> str:
    at = datetime.fromisoformat(text)
    return f"{at.day} {at:%B %Y, %H:%M} UTC"


def _entry(body: bytes) -> dict[str, Any]:
    """A case from its event. Raises `ValueError` with what is wrong."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("the message is not JSON") from None
    if not isinstance(event, dict) or event.get("type") != SUBMITTED:
        raise ValueError(f"the message is not a CloudEvent of type {SUBMITTED}")
    try:
        data = event["data"]
        url = data.get("updates_url")
        return {
            "reference": _words(data["reference"])[:200],
            "protocol": "webhook",
            "service": _words(data["service"]["name"]),
            "council": _words(data["council"]["slug"]),
            "summary": _words(data["summary"]),
            "details": [[_words(row["question"]), _words(row["answer"])] for row in data["details"]],
            "place": {
                name: storable(str(value))
                for name, value in data.get("location", {}).items()
                if value is not None
            },
            "updates_url": _words(url) if url else None,
        }
    except (KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError(
            "the event's data are not a case: reference, service, council, summary and details"
        ) from None


def _words(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return storable(value)


def sandbox_app(
    *,
    journal: Path | None,
    webhook_secret: str,
    open311_key: str | None,
    clock: Callable[[], datetime],
    http: httpx2.AsyncClient,
) -> Starlette:
    """The sandbox. With a journal its jobs outlive it; without an `open311_key` any key is taken.

    Raises `commonhall.connectors.sandbox.jobs.JournalBroken` for a journal that is not one.
    """
    jobs, signer = Jobs(journal, clock), Webhook(webhook_secret)
    box, pusher = _Sandbox(jobs, signer, clock), Pusher(jobs, signer, clock, http)
    css = (Path(__file__).parent / "static" / "sandbox.css").read_text("utf-8")

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(pusher.run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def style(_request: Request) -> Response:
        return PlainTextResponse(css, media_type="text/css", headers=_SECURITY)

    routes = [
        Route("/", box.home),
        Route("/sandbox.css", style),
        Route("/jobs.json", box.data),
        Route("/jobs/{job}", box.job),
        Route("/jobs/{job}", box.change, methods=["POST"]),
        Route("/webhook", box.webhook, methods=["POST"]),
        *open311.routes(jobs, open311_key),
    ]
    return Starlette(routes=routes, lifespan=lifespan)
