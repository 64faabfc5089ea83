"""A simulator of Salesforce's REST interface to its Case object, from public facts: upsert, SOQL, errors as lists."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Scope

from commonhall.connectors.rest.twin import JsonTwin, stamp

REFERENCE, VERSION, NOTE = "Commonhall_Reference__c", "v61.0", "Words_For_Resident__c"
ISSUER, SUBJECT, AUDIENCE = "connected-app", "integration@example.gov.uk", "https://login.example"
_EQUALS = re.compile(r"SELECT Id FROM Case WHERE Commonhall_Reference__c = '(.*)' LIMIT 1")
_LINKED = re.compile(r"SELECT ContentDocument.Title FROM ContentDocumentLink WHERE LinkedEntityId = '(\w+)'")
_SINCE = re.compile(
    r"SELECT Id, Commonhall_Reference__c, Status, LastModifiedDate, Words_For_Resident__c FROM Case"
    r" WHERE Commonhall_Reference__c != null AND LastModifiedDate >= (\S+) ORDER BY LastModifiedDate"
)
PAGE = 2


class SalesforceSimulator(JsonTwin):
    """Not Salesforce: what its interface takes and answers, as far as public facts go. `public` checks assertions."""

    label = "commonhall-simulator: this is not Salesforce"

    def __init__(self, clock: Callable[[], datetime], public: RSAKey, *, careful: bool = True) -> None:
        data = f"/services/data/{VERSION}"
        routes = [
            Route("/services/oauth2/token", self._token, methods=["POST"]),
            Route(f"{data}/sobjects/Case/{REFERENCE}/{{reference}}", self._upsert, methods=["PATCH"]),
            Route(f"{data}/sobjects/ContentVersion", self._file, methods=["POST"]),
            Route(f"{data}/query", self._query),
            Route(f"{data}/query/{{cursor}}", self._query),
        ]
        self._public = public
        self._taken_back = 0
        self._asked = ""
        super().__init__(clock, routes, careful, _asks_first)

    async def _token(self, request: Request) -> Response:
        async with request.form() as form:
            assertion = str(form.get("assertion", ""))
        try:
            claims = jwt.decode(assertion, self._public, algorithms=["RS256"]).claims
        except (JoseError, ValueError):
            return JSONResponse({"error": "invalid_grant", "error_description": "invalid assertion"}, 400)
        now = self.clock().timestamp()
        if (claims["iss"], claims["sub"], claims["aud"]) != (ISSUER, SUBJECT, AUDIENCE) or claims[
            "exp"
        ] < now:
            return JSONResponse({"error": "invalid_grant", "error_description": "user hasn't approved"}, 400)
        return JSONResponse({"access_token": f"00D-{self._taken_back}", "token_type": "Bearer"})

    def take_tokens_back(self) -> None:
        """From now on tokens that were given hold no more."""
        self._taken_back += 1

    def _refused(self, request: Request) -> Response | None:
        if request.headers.get("authorization") == f"Bearer 00D-{self._taken_back}":
            return None
        return JSONResponse(
            [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}], 401
        )

    async def _upsert(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        given = await request.json()
        if len(given.get("Subject", "")) > 255:
            return JSONResponse(
                [{"message": "Subject: data value too large", "errorCode": "STRING_TOO_LONG"}], 400
            )
        reference = request.path_params["reference"]
        job, new = self.upsert(request, reference, {REFERENCE: reference, **given})
        return JSONResponse(
            {"id": job.number, "success": True, "errors": [], "created": new}, 201 if new else 200
        )

    async def _query(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        asked = request.query_params.get("q", "")
        if found := _EQUALS.fullmatch(asked):
            job = self.known(found.group(1))
            return _rows([{"Id": job.number}] if job else [])
        if found := _LINKED.fullmatch(asked):
            titles = [one["Title"] for one in self.files if one["FirstPublishLocationId"] == found.group(1)]
            return _rows([{"ContentDocument": {"Title": title}} for title in titles])
        begin = int(request.path_params.get("cursor", "q-0").rpartition("-")[2])
        if not begin:
            self._asked = request.query_params["q"]
        found = _SINCE.fullmatch(self._asked)
        if found is None:
            return JSONResponse([{"message": "unexpected token", "errorCode": "MALFORMED_QUERY"}], 400)
        told = self.since(found.group(1))
        rows = [
            {
                "Id": one.job.number,
                REFERENCE: one.job.reference,
                "Status": _STATES.get(one.status, one.status),
                "LastModifiedDate": f"{stamp(one.at).removesuffix('Z')}.000+0000",
                NOTE: one.note,
            }
            for one in told[begin : begin + PAGE]
        ]
        done = begin + PAGE >= len(told)
        more = {} if done else {"nextRecordsUrl": f"/services/data/{VERSION}/query/01g-{begin + PAGE}"}
        return JSONResponse({"totalSize": len(told), "done": done, "records": rows, **more})

    async def _file(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        given = await request.json()
        self.files.append({**given, "content": base64.b64decode(given["VersionData"])})
        return JSONResponse({"id": f"068{len(self.files)}", "success": True, "errors": []}, 201)


def _rows(rows: list[dict[str, Any]]) -> Response:
    return JSONResponse({"totalSize": len(rows), "done": True, "records": rows})


def _asks_first(scope: Scope, body: bytes) -> bool:
    """Asking for a token, and whether a case is there already."""
    return bool(scope["path"].endswith("/token") or b"LIMIT+1" in scope["query_string"])


_STATES = {"in_progress": "Working", "open": "New", "closed": "Closed"}
