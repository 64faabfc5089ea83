"""The sandbox's Open311 side: GeoReport v2 as a council's back office serves it, in JSON and XML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from commonhall.connectors.sandbox.jobs import Job, Jobs
from commonhall.engine.back_office import CaseStatus

_ATTRIBUTE = re.compile(r"attribute\[([\w.-]+)\](?:\[\])?")
_CLOSED = frozenset(status.value for status in CaseStatus if status.is_final)
MOST_BYTES = 262_144


def routes(jobs: Jobs, key: str | None) -> list[Route]:
    """The routes of GeoReport v2."""
    server = _Server(jobs, key)
    return [
        Route("/open311/v2/services.{form}", server.services),
        Route("/open311/v2/services/{code}.{form}", server.definition),
        Route("/open311/v2/requests.{form}", server.requests),
        Route("/open311/v2/requests.{form}", server.post, methods=["POST"]),
        Route("/open311/v2/requests/{number}.{form}", server.request),
        Route("/open311/v2/servicerequestupdates.{form}", server.updates),
    ]


class _Server:
    def __init__(self, jobs: Jobs, key: str | None) -> None:
        self._jobs = jobs
        self._key = key

    async def services(self, request: Request) -> Response:
        """Every kind of service that has come in so far."""
        names = sorted({job.service for job in self._jobs.all()}) or ["general"]
        items = [
            {
                "service_code": name,
                "service_name": name,
                "description": "",
                "metadata": False,
                "type": "realtime",
                "keywords": "",
                "group": "",
            }
            for name in names
        ]
        return answer(request, "service", items)

    async def definition(self, request: Request) -> Response:
        """No attributes are demanded: the sandbox takes what comes."""
        return answer(
            request, "service_definition", {"service_code": request.path_params["code"], "attributes": []}
        )

    async def post(self, request: Request) -> Response:
        """Take a service request."""
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                return error(request, 413, "the request is too large")
        try:
            pairs = parse_qsl(body.decode(), max_num_fields=400, keep_blank_values=False)
        except ValueError:
            return error(request, 400, "the form cannot be read")
        form = dict(pairs)
        if self._key and form.get("api_key") != self._key:
            return error(request, 403, "the api_key is missing or wrong")
        if not form.get("service_code"):
            return error(request, 400, "service_code was not provided")
        if not any(form.get(name) for name in ("lat", "address_string", "address_id")):
            return error(request, 400, "no location was provided: lat and long, address_string or address_id")
        key = request.headers.get("idempotency-key") or form.get("attribute[external_id]") or ""
        details = [[_label(name), text] for name, text in pairs if name not in {"api_key", "service_code"}]
        entry = {
            "reference": form.get("attribute[external_id]") or key,
            "protocol": "open311",
            "service": form["service_code"],
            "council": form.get("jurisdiction_id", ""),
            "summary": form.get("description", "").partition("\n")[0],
            "details": details,
        }
        if not entry["reference"]:
            return error(
                request, 400, "neither Idempotency-Key nor attribute[external_id] names this request"
            )
        job = self._jobs.accept(entry, key)
        item = {"service_request_id": job.id, "service_notice": "Taken by the practice back office"}
        return answer(request, "request", [item], 201)

    async def request(self, request: Request) -> Response:
        """One service request."""
        job = self._jobs.get(request.path_params["number"])
        if job is None:
            return error(request, 404, "there is no such service request")
        return answer(request, "request", [_request(job)])

    async def requests(self, request: Request) -> Response:
        """Service requests whose state changed in a span of time."""
        span = _span(request.query_params)
        items = [_request(job) for job in self._jobs.all()]
        return answer(request, "request", [item for item in items if _within(item["updated_datetime"], span)])

    async def updates(self, request: Request) -> Response:
        """The changes of status made in a span of time, by the UK extension."""
        span = _span(request.query_params)
        items = [
            {
                "update_id": update.id,
                "service_request_id": job.id,
                "status": update.status,
                "updated_datetime": update.at,
                "description": update.note,
            }
            for job in self._jobs.all()
            if job.protocol == "open311"
            for update in job.updates
            if _within(update.at, span)
        ]
        return answer(request, "request_update", items)


def _request(job: Job) -> dict[str, Any]:
    last = job.updates[-1] if job.updates else None
    return {
        "service_request_id": job.id,
        "status": "closed" if job.status in _CLOSED else "open",
        "status_notes": last.note if last else "",
        "service_name": job.service,
        "service_code": job.service,
        "description": job.summary,
        "requested_datetime": job.received_at,
        "updated_datetime": last.at if last else job.received_at,
    }


def _span(query: Mapping[str, str]) -> tuple[str, str]:
    return query.get("start_date", ""), query.get("end_date", "") or "9999"


def _within(moment: str, span: tuple[str, str]) -> bool:
    # Both are written YYYY-MM-DDThh:mm:ssZ, so that their order as words is their order in time.
    return span[0] <= moment <= span[1]


def _label(name: str) -> str:
    match = _ATTRIBUTE.fullmatch(name)
    return match.group(1) if match else name


def answer(request: Request, name: str, data: Any, status: int = 200) -> Response:
    """An answer in the form that the path's ending asks for."""
    form = request.path_params["form"]
    if form == "json":
        return JSONResponse(data, status)
    if form != "xml":
        return JSONResponse([{"code": 404, "description": f"there is no format '{form}'"}], 404)
    root = ElementTree.Element({"request": "service_requests"}.get(name, f"{name}s"))
    for item in data if isinstance(data, list) else [data]:
        element = ElementTree.SubElement(root, name)
        for key, value in item.items():
            ElementTree.SubElement(element, key).text = _plain(value)
    body = b'<?xml version="1.0" encoding="utf-8"?>' + ElementTree.tostring(root, "utf-8")
    return Response(body, status, media_type="text/xml")


def error(request: Request, status: int, description: str) -> Response:
    """An error in the standard's own shape."""
    return answer(request, "error", [{"code": status, "description": description}], status)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = "" if isinstance(value, list) else str(value)
    return "".join(character for character in text if character >= " " or character in "\n\t")
