"""The sandbox's Open311 side: GeoReport v2 as a council's back office serves it, in JSON and XML."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from commonhall.connectors.http import storable
from commonhall.connectors.sandbox.body import read_body
from commonhall.connectors.sandbox.jobs import Job, Jobs
from commonhall.engine.back_office import CaseStatus

MOST_LISTED = 1000
"""The standard lets an answer hold 1,000 requests at most."""
_ATTRIBUTE = re.compile(r"attribute\[([^\[\]]{1,100})\](?:\[\])?")
_CLOSED = frozenset(status.value for status in CaseStatus if status.is_final)
_ROOTS = {"request": "service_requests", "request_update": "service_request_updates"}
_NOT_CHARACTERS = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def routes(jobs: Jobs, key: str | None) -> list[Route]:
    """The routes of GeoReport v2. Without a `key`, any api_key is taken."""
    server = _Server(jobs, key)
    return [
        Route("/open311/v2/services.{form}", server.services),
        Route("/open311/v2/services/{code}.{form}", server.definition),
        Route("/open311/v2/requests.{form}", server.requests),
        Route("/open311/v2/requests.{form}", server.post, methods=["POST"]),
        Route("/open311/v2/requests/{number}.{form}", server.request),
        Route("/open311/v2/tokens/{number}.{form}", server.token),
        Route("/open311/v2/servicerequestupdates.{form}", server.updates),
    ]


class _BadRequest(Exception):  # noqa: N818
    """What is wrong with a request, in plain words."""


class _Server:
    def __init__(self, jobs: Jobs, key: str | None) -> None:
        self._jobs = jobs
        self._key = key

    def _requests(self) -> list[Job]:
        return [job for job in self._jobs.all() if job.protocol == "open311"]

    async def services(self, request: Request) -> Response:
        """Every kind of service that has come in so far."""
        names = sorted({job.service for job in self._requests()}) or ["general"]
        return answer(request, "service", [_service(name) for name in names])

    async def definition(self, request: Request) -> Response:
        """No attributes are demanded: the sandbox takes what comes."""
        return answer(
            request, "service_definition", {"service_code": request.path_params["code"], "attributes": []}
        )

    async def post(self, request: Request) -> Response:
        """Take a service request."""
        try:
            body = await read_body(request)
        except HTTPException as refused:
            return error(request, refused.status_code, refused.detail)
        try:
            pairs = parse_qsl(body.decode(), max_num_fields=1000, keep_blank_values=True)
        except ValueError:
            return error(request, 400, "the form cannot be read: send it URL-encoded, as UTF-8")
        pairs = [(name, storable(text)) for name, text in pairs]
        form = dict(pairs)
        if self._key and not hmac.compare_digest(form.get("api_key", "").encode(), self._key.encode()):
            return error(request, 403, "the api_key is missing or wrong")
        try:
            entry = _entry(form, pairs, request.headers.get("idempotency-key"))
        except _BadRequest as bad:
            return error(request, 400, str(bad))
        job = self._jobs.accept(entry, request.headers.get("idempotency-key"))
        item = {"service_request_id": job.id, "service_notice": "Taken by the practice back office"}
        return answer(request, "request", [item], 201)

    async def request(self, request: Request) -> Response:
        """One service request."""
        job = self._jobs.get(request.path_params["number"])
        if job is None or job.protocol != "open311":
            return error(request, 404, "there is no such service request")
        return answer(request, "request", [_request(job)])

    async def token(self, request: Request) -> Response:
        """The sandbox gives numbers at once, so a token is the number itself."""
        job = self._jobs.get(request.path_params["number"])
        if job is None or job.protocol != "open311":
            return error(request, 404, "there is no such token")
        return answer(request, "request", [{"service_request_id": job.id, "token": job.id}])

    async def requests(self, request: Request) -> Response:
        """Service requests by number, code, state, and span of time in which they changed; newest first."""
        query = request.query_params
        try:
            start, end = _span(query)
        except _BadRequest as bad:
            return error(request, 400, str(bad))
        wanted = {
            "service_request_id": _listed(query, "service_request_id"),
            "service_code": _listed(query, "service_code"),
            "status": _listed(query, "status"),
        }
        items = [_request(job) for job in self._requests()]
        found = [
            item
            for item in items
            if all(item[name] in among for name, among in wanted.items() if among)
            and start <= _moment(item["updated_datetime"]) <= end
        ]
        return answer(request, "request", found[:MOST_LISTED])

    async def updates(self, request: Request) -> Response:
        """The changes of status made in a span of time, by the UK extension; oldest first."""
        try:
            start, end = _span(request.query_params)
        except _BadRequest as bad:
            return error(request, 400, str(bad))
        items = [
            {
                "update_id": update.id,
                "service_request_id": job.id,
                "status": update.status,
                "updated_datetime": update.at,
                "description": update.note,
            }
            for job in self._requests()
            for update in job.updates
            if start <= _moment(update.at) <= end
        ]
        return answer(request, "request_update", sorted(items, key=lambda item: item["updated_datetime"]))


def _entry(form: Mapping[str, str], pairs: list[tuple[str, str]], key: str | None) -> dict[str, Any]:
    if not form.get("service_code"):
        raise _BadRequest("service_code was not provided")
    place = {name: form[name] for name in ("lat", "long", "address_string", "address_id") if form.get(name)}
    if not place:
        raise _BadRequest("no location was provided: send lat and long, address_string or address_id")
    if ("lat" in place) != ("long" in place):
        raise _BadRequest("lat and long go together: one of them was not provided")
    for name, most in (("lat", 90.0), ("long", 180.0)):
        if name in place and not _is_degrees(place[name], most):
            raise _BadRequest(f"{name} is not a number of degrees between -{most:.0f} and {most:.0f}")
    reference = form.get("attribute[external_id]") or key
    if not reference:
        raise _BadRequest("neither Idempotency-Key nor attribute[external_id] names this request")
    if len(reference) > 200 or len(form["service_code"]) > 200:
        raise _BadRequest("a reference or service_code is longer than 200 characters")
    return {
        "reference": reference,
        "protocol": "open311",
        "service": form["service_code"],
        "council": form.get("jurisdiction_id", ""),
        "summary": form.get("description", "").partition("\n")[0],
        "details": [[_label(name), text] for name, text in pairs if name not in {"api_key", "service_code"}],
        "place": place,
    }


def _is_degrees(text: str, most: float) -> bool:
    try:
        return -most <= float(text) <= most
    except ValueError:
        return False


def _service(name: str) -> dict[str, Any]:
    return {
        "service_code": name,
        "service_name": name,
        "description": "",
        "metadata": False,
        "type": "realtime",
        "keywords": "",
        "group": "",
    }


def _request(job: Job) -> dict[str, Any]:
    last = job.updates[-1] if job.updates else None
    item: dict[str, Any] = {
        "service_request_id": job.id,
        "status": "closed" if job.status in _CLOSED else "open",
        "status_notes": last.note if last else "",
        "service_name": job.service,
        "service_code": job.service,
        "description": job.summary[:4000],
        "requested_datetime": job.received_at,
        "updated_datetime": last.at if last else job.received_at,
    }
    if "address_string" in job.place:
        item["address"] = job.place["address_string"]
    if "address_id" in job.place:
        item["address_id"] = job.place["address_id"]
    if "lat" in job.place:
        item["lat"], item["long"] = float(job.place["lat"]), float(job.place["long"])
    return item


def _listed(query: Mapping[str, str], name: str) -> set[str]:
    return {part.strip() for part in query.get(name, "").split(",") if part.strip()}


def _span(query: Mapping[str, str]) -> tuple[datetime, datetime]:
    start, end = query.get("start_date"), query.get("end_date")
    return (
        _moment(start) if start else datetime.min.replace(tzinfo=UTC),
        _moment(end) if end else datetime.max.replace(tzinfo=UTC),
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise _BadRequest(f"'{text[:40]}' is not a date and time: write YYYY-MM-DDThh:mm:ssZ") from None


def _label(name: str) -> str:
    match = _ATTRIBUTE.fullmatch(name)
    return match.group(1) if match else name[:120]


def answer(request: Request, name: str, data: Any, status: int = 200) -> Response:
    """An answer in the form that the path's ending asks for."""
    form = request.path_params["form"]
    if form == "json":
        return JSONResponse(data, status)
    if form != "xml":
        words = f"there is no format '{form[:20]}': ask for json or xml"
        return JSONResponse([{"code": 404, "description": words}], 404)
    if isinstance(data, list):
        root = ElementTree.Element(_ROOTS.get(name, f"{name}s"))
        for item in data:
            _fill(ElementTree.SubElement(root, name), item)
    else:
        root = ElementTree.Element(name)
        _fill(root, data)
    body = b'<?xml version="1.0" encoding="utf-8"?>' + ElementTree.tostring(root, "utf-8")
    return Response(body, status, media_type="text/xml")


def error(request: Request, status: int, description: str) -> Response:
    """An error in the standard's own shape."""
    return answer(request, "error", [{"code": status, "description": description}], status)


def _fill(element: ElementTree.Element, item: Mapping[str, Any]) -> None:
    for key, value in item.items():
        ElementTree.SubElement(element, key).text = _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _NOT_CHARACTERS.sub("", "" if isinstance(value, list) else str(value))
