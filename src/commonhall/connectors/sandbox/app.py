"""The sandbox back office as an ASGI application: two protocols, a page of jobs, and a way to change a status."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import httpx2
from jinja2 import Environment, PackageLoader
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from commonhall.connectors.sandbox import open311
from commonhall.connectors.sandbox.jobs import Job, Jobs, Update
from commonhall.connectors.webhook.connector import SUBMITTED, UPDATED, signed
from commonhall.engine.back_office import CaseStatus

MOST_BYTES = 262_144
PUSH_EVERY = 0.3

_SECURITY = {
    "content-security-policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


class _Sandbox:
    """What the routes share."""

    def __init__(
        self,
        jobs: Jobs,
        webhook_secret: str,
        open311_key: str | None,
        clock: Callable[[], datetime],
        http: httpx2.AsyncClient,
    ) -> None:
        self.jobs = jobs
        self.signer = Webhook(webhook_secret)
        self.key = open311_key
        self.clock = clock
        self.http = http
        self.pages = Environment(loader=PackageLoader("commonhall.connectors.sandbox"), autoescape=True)

    def page(self, name: str, status: int = 200, **values: Any) -> Response:
        body = self.pages.get_template(name).render(statuses=list(CaseStatus), **values)
        return HTMLResponse(body, status, headers=_SECURITY)

    async def home(self, _request: Request) -> Response:
        return self.page("jobs.html", jobs=self.jobs.all())

    async def job(self, request: Request) -> Response:
        job = self.jobs.get(request.path_params["job"])
        if job is None:
            return self.page("missing.html", 404)
        return self.page("job.html", job=job)

    async def change(self, request: Request) -> Response:
        job = self.jobs.get(request.path_params["job"])
        form = dict(parse_qsl((await _body(request)).decode("utf-8", "replace"), max_num_fields=10))
        if job is None:
            return self.page("missing.html", 404)
        if form.get("status") not in set(CaseStatus):
            return self.page("job.html", 400, job=job, error="Choose one of the statuses")
        self.jobs.update(job, CaseStatus(form["status"]), form.get("note", "")[:2000].strip())
        return RedirectResponse(f"/jobs/{job.id}", 303)

    async def data(self, _request: Request) -> Response:
        return JSONResponse(self.jobs.as_data())

    async def webhook(self, request: Request) -> Response:
        body = await _body(request)
        try:
            self.signer.verify(body, dict(request.headers))
        except (WebhookVerificationError, ValueError, TypeError, KeyError):
            return JSONResponse({"error": "the signature is missing or wrong"}, 401)
        try:
            event = json.loads(body)
            data, key = event["data"], str(event["id"])
            entry = {
                "reference": str(data["reference"]),
                "protocol": "webhook",
                "service": str(data["service"]["name"]),
                "council": str(data["council"]["slug"]),
                "summary": str(data["summary"]),
                "details": [[str(row["question"]), str(row["answer"])] for row in data["details"]],
                "updates_url": data.get("updates_url"),
            }
        except (ValueError, KeyError, TypeError):
            return JSONResponse({"error": "the message is not a case as a CloudEvent"}, 400)
        if event.get("type") != SUBMITTED:
            return JSONResponse({"error": f"the event's type is not {SUBMITTED}"}, 400)
        return JSONResponse({"id": self.jobs.accept(entry, key).id}, 202)

    async def push(self) -> None:
        """Push updates of webhook jobs to the other side, again and again until each has arrived."""
        while True:
            for job, update in self.jobs.to_push():
                if await self._push_one(job, update):
                    self.jobs.pushed(job, update)
            await asyncio.sleep(PUSH_EVERY)

    async def _push_one(self, job: Job, update: Update) -> bool:
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
        body = json.dumps(event).encode()
        headers = signed(self.signer, event["id"], self.clock(), body)  # type: ignore[arg-type]
        url, host = loopback(str(job.updates_url))
        try:
            answer = await self.http.post(url, content=body, headers=headers | host, timeout=5.0)
        except (httpx2.HTTPError, httpx2.InvalidURL):
            return False
        # A plain refusal will not get better by repeating it; anything else may.
        return answer.status_code < 300 or answer.status_code in {400, 404, 410}


def loopback(url: str) -> tuple[str, dict[str, str]]:
    """An address under .localhost as a call to this machine, and the Host header that names the site.

    RFC 6761 gives these names to the loopback address, but not every system looks them up so.
    """
    parts = urlsplit(url)
    if parts.hostname is None or not parts.hostname.endswith(".localhost"):
        return url, {}
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=f"127.0.0.1{port}")), {"host": parts.netloc}


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return b""
    return body


def sandbox_app(
    *,
    journal: Path | None,
    webhook_secret: str,
    open311_key: str | None,
    clock: Callable[[], datetime],
    http: httpx2.AsyncClient,
) -> Starlette:
    """The sandbox. With a journal its jobs outlive it; without an `open311_key` any key is taken."""
    box = _Sandbox(Jobs(journal, clock), webhook_secret, open311_key, clock, http)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(box.push())
        yield
        task.cancel()

    async def style(_request: Request) -> Response:
        text = (Path(__file__).parent / "static" / "sandbox.css").read_text("utf-8")
        return PlainTextResponse(text, media_type="text/css", headers=_SECURITY)

    routes = [
        Route("/", box.home),
        Route("/sandbox.css", style),
        Route("/jobs.json", box.data),
        Route("/jobs/{job}", box.job),
        Route("/jobs/{job}", box.change, methods=["POST"]),
        Route("/webhook", box.webhook, methods=["POST"]),
        *open311.routes(box.jobs, open311_key),
    ]
    return Starlette(routes=routes, lifespan=lifespan)
