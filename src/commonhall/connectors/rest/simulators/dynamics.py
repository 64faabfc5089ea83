"""A simulator of the Dataverse Web API under Dynamics 365, from public facts: upsert by an alternate key, OData, pages."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Scope

from commonhall.connectors.rest.twin import JsonTwin, stamp

REFERENCE, NOTE, ACCOUNT = "ch_reference", "ch_note", "00000000-0000-0000-0000-000000000001"
CLIENT, SECRET, SCOPE = "client-of-the-council", "secret-of-the-council", "https://org.example/.default"
TOKEN = "token-of-the-simulator"  # noqa: S105 - a simulator's own
_EQUALS = re.compile(rf"{REFERENCE} eq '(.*)'")
_SINCE = re.compile(rf"modifiedon ge (\S+) and {REFERENCE} ne null")
_NOTE_OF = re.compile(r"_objectid_value eq (\S+) and subject eq '(.*)'")
PAGE = 2


class DynamicsSimulator(JsonTwin):
    """Not Dynamics: what its interface takes and answers, as far as public facts go."""

    path = "/api/data/v9.2"
    label = "commonhall-simulator: this is not Dynamics 365"

    def __init__(self, clock: Callable[[], datetime], *, careful: bool = True) -> None:
        routes = [
            Route("/tenant/oauth2/v2.0/token", self._token, methods=["POST"]),
            Route(f"{self.path}/incidents({REFERENCE}='{{reference}}')", self._upsert, methods=["PATCH"]),
            Route(f"{self.path}/incidents", self._list),
            Route(f"{self.path}/annotations", self._annotations, methods=["GET", "POST"]),
        ]
        super().__init__(clock, routes, careful, _asks_first)

    async def _token(self, request: Request) -> Response:
        async with request.form() as form:
            given = {name: str(value) for name, value in form.items()}
        wanted = {
            "grant_type": "client_credentials",
            "client_id": CLIENT,
            "client_secret": SECRET,
            "scope": SCOPE,
        }
        if given != wanted:
            return JSONResponse({"error": "invalid_client", "error_description": "AADSTS7000215"}, 401)
        return JSONResponse({"access_token": TOKEN, "expires_in": 3599, "token_type": "Bearer"})

    def _refused(self, request: Request) -> Response | None:
        if request.headers.get("authorization") == f"Bearer {TOKEN}":
            return None
        return _error("0x80072560", "The user is not a member of the organization.", 401)

    async def _upsert(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        given = await request.json()
        if given.get("customerid_account@odata.bind") != f"/accounts({ACCOUNT})":
            return _error("0x80040265", "You should specify a parent contact or account.", 400)
        reference = request.path_params["reference"].replace("''", "'")
        if self.known(reference) and request.headers.get("if-none-match") == "*":
            return _error("0x80040237", "A record with matching key values already exists.", 412)
        job, new = self.upsert(request, reference, {REFERENCE: reference, **given})
        row = {"incidentid": job.number, "ticketnumber": f"CAS-{job.number}", "statuscode": 1}
        return JSONResponse({"@odata.context": "incidents/$entity", **row}, 201 if new else 200)

    async def _list(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        query = request.query_params
        wanted = _EQUALS.fullmatch(query.get("$filter", ""))
        if wanted is not None:
            job = self.known(wanted.group(1).replace("''", "'"))
            return JSONResponse({"value": [{"incidentid": job.number}] if job else []})
        found = _SINCE.search(query.get("$filter", ""))
        if found is None:
            return _error("0x0", "Syntax error in the filter.", 400)
        begin = int(query.get("$skiptoken", "0"))
        told = self.since(found.group(1))
        rows = [
            {
                "incidentid": one.job.number,
                REFERENCE: one.job.reference,
                "statuscode": _STATES.get(one.status, one.status),
                "modifiedon": stamp(one.at),
                NOTE: one.note,
            }
            for one in told[begin : begin + PAGE]
        ]
        more = {}
        if begin + PAGE < len(told):
            more = {"@odata.nextLink": str(request.url.include_query_params(**{"$skiptoken": begin + PAGE}))}
        return JSONResponse({"@odata.context": "$metadata#incidents", "value": rows, **more})

    async def _annotations(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        if request.method == "POST":
            given = await request.json()
            parent = given["objectid_incident@odata.bind"].removeprefix("/incidents(").removesuffix(")")
            if parent not in {job.number for job in self.book.jobs}:
                return _error("0x80040217", f"Incident With Id = {parent} Does Not Exist", 404)
            self.files.append({**given, "of": parent, "content": base64.b64decode(given["documentbody"])})
            return Response(status_code=204)
        found = _NOTE_OF.fullmatch(request.query_params["$filter"])
        if found is None:
            return _error("0x0", "Syntax error in the filter.", 400)
        parent, subject = found.group(1), found.group(2).replace("''", "'")
        rows = [one for one in self.files if (one["of"], one["subject"]) == (parent, subject)]
        return JSONResponse({"value": [{"annotationid": "a"} for _ in rows]})


def _asks_first(scope: Scope, body: bytes) -> bool:
    """Asking for a token, and whether a case is there already."""
    return bool(scope["path"].endswith("/token") or b"%24top=1" in scope["query_string"])


def _error(code: str, message: str, status: int) -> Response:
    return JSONResponse({"error": {"code": code, "message": message}}, status)


_STATES = {"in_progress": 1, "fixed": 5}
