"""A simulator of Alloy's v2 interface, from public facts: items with attributes, questions in AQS, a bearer key."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Scope

from commonhall.connectors.rest.twin import KEY, JsonTwin, stamp

DESIGN, REFERENCE, DESCRIPTION, STATUS, NOTE = (
    "designs_case", "attributes_reference", "attributes_description", "attributes_status", "attributes_note",
)  # fmt: skip
FILES, CHANGED = "attributes_filesAttachableAttachments", "attributes_itemsMetadataLastEditTime"


class AlloySimulator(JsonTwin):
    """Not Alloy: what its interface takes and answers, as far as public facts go."""

    path = "/api"
    label = "commonhall-simulator: this is not Alloy"

    def __init__(self, clock: Callable[[], datetime], *, careful: bool = True) -> None:
        routes = [
            Route("/api/item", self._item, methods=["POST"]),
            Route("/api/file", self._file, methods=["POST"]),
            Route("/api/aqs/query", self._query, methods=["POST"]),
        ]
        super().__init__(clock, routes, careful, _asks_for_a_reference)

    def _refused(self, request: Request) -> Response | None:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return JSONResponse({"errorCodeString": "Unauthorised", "debugErrorMessage": "no key"}, 401)
        return None

    async def _item(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        given = await request.json()
        values = {one["attributeCode"]: one["value"] for one in given["attributes"]}
        if given["designCode"] != DESIGN or not values.get(DESCRIPTION):
            return JSONResponse(
                {"errorCodeString": "ItemInvalid", "debugErrorMessage": "no such design"}, 400
            )
        if not set(values.get(FILES, [])) <= {file["id"] for file in self.files}:
            return JSONResponse({"errorCodeString": "ItemInvalid", "debugErrorMessage": "no such file"}, 400)
        key = request.headers.get("idempotency-key", "")
        # It keeps no keys: whoever sends a case again has looked for it first, or gets a second item.
        book = self.book
        careful, book.careful = book.careful, False
        job = book.take(key, values[REFERENCE], given)
        book.careful = careful
        return JSONResponse({"item": {"itemId": job.number, "signature": "1", **given}}, 200)

    async def _file(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        kind, content = request.headers.get("content-type", ""), await request.body()
        if not content or "filename=" not in request.headers.get("content-disposition", ""):
            return JSONResponse({"errorCodeString": "FileInvalid", "debugErrorMessage": "no file"}, 400)
        self.files.append({"id": f"F{len(self.files) + 1}", "type": kind, "content": content})
        return JSONResponse({"fileItemId": self.files[-1]["id"]})

    async def _query(self, request: Request) -> Response:
        if refused := self._refused(request):
            return refused
        aqs = (await request.json())["aqs"]
        [condition] = aqs["children"]
        wanted = condition["children"][1]["properties"]["value"][0]
        if condition["type"] == "Equals":
            job = self.known(wanted)
            rows: list[dict[str, Any]] = [{"itemId": job.number, "designCode": DESIGN}] if job else []
        else:
            rows = [
                {
                    "itemId": told.job.number,
                    "designCode": DESIGN,
                    "signature": told.id,
                    "attributes": [
                        {"attributeCode": CHANGED, "value": stamp(told.at)},
                        {"attributeCode": STATUS, "value": [f"status_{told.status}"]},
                        {"attributeCode": NOTE, "value": told.note},
                    ],
                }
                for told in self.since(wanted)
            ]
        page, size = int(request.query_params["page"]), int(request.query_params["pageSize"])
        return JSONResponse(
            {"results": rows[(page - 1) * size : page * size], "page": page, "pageSize": size}
        )


def _asks_for_a_reference(scope: Scope, body: bytes) -> bool:
    try:
        return bool(json.loads(body)["aqs"]["children"][0]["type"] == "Equals")
    except (ValueError, KeyError, TypeError, IndexError):
        return False
