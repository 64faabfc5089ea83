"""A simulator of the Dataverse Web API under Dynamics 365, from public facts: upsert by an alternate key, OData, pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from commonhall.connectors.rest.twin import JsonTwin, stamp

REFERENCE, NOTE, ACCOUNT = "ch_reference", "ch_note", "00000000-0000-0000-0000-000000000001"
CLIENT, SECRET, SCOPE = "client-of-the-council", "secret-of-the-council", "https://org.example/.default"
TOKEN = "token-of-the-simulator"  # noqa: S105 - a simulator's own
_SINCE = re.compile(r"modifiedon ge (\S+)")
PAGE = 2


class DynamicsSimulator(JsonTwin):
    """Not Dynamics: what its interface takes and answers, as far as public facts go."""

    path = "/api/data/v9.2"

    def __init__(self, clock: Callable[[], datetime], *, careful: bool = True) -> None:
        routes = [
            Route("/tenant/oauth2/v2.0/token", self._token, methods=["POST"]),
            Route(f"{self.path}/incidents({REFERENCE}='{{reference}}')", self._upsert, methods=["PATCH"]),
            Route(f"{self.path}/incidents", self._list),
        ]
        super().__init__(clock, routes, careful, lambda scope, body: scope["path"].endswith("/token"))

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
        job, new = self.upsert(request, reference, {REFERENCE: reference, **given})
        row = {"incidentid": job.number, "ticketnumber": f"CAS-{job.number}", "statuscode": 1}
        return JSONResponse({"@odata.context": "incidents/$entity", **row}, 201 if new else 200)

    async def _list(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        query = request.query_params
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


def _error(code: str, message: str, status: int) -> Response:
    return JSONResponse({"error": {"code": code, "message": message}}, status)


_STATES = {"in_progress": 1, "fixed": 5}
