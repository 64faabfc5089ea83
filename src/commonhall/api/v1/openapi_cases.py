"""The case API described: its part of a council's OpenAPI document."""

from __future__ import annotations

from typing import Any

from commonhall.api.v1.cases import MOST_CASES
from commonhall.api.v1.openapi_parts import (
    LINKS,
    MAYBE,
    ONCE_SAID,
    TEXT,
    WRONG,
    Schema,
    act,
    object_of,
    problems,
    read,
    ref,
)
from commonhall.casework.collecting import LONGEST_HOLD, LONGEST_ID, LONGEST_REASON, USUAL_HOLD
from commonhall.casework.exchange import LONGEST_NOTE
from commonhall.engine.back_office import CaseStatus

_KEY: list[Any] = [{"key": []}]
_TIME: Schema = {"type": "string", "format": "date-time"}
_STATUS: Schema = {"type": "string", "enum": [status.value for status in CaseStatus]}
_REFUSED = ("no-key", "not-allowed", "not-found")
_MATCH: Schema = {
    "name": "If-Match",
    "in": "header",
    "schema": TEXT,
    "description": "The ETag that was read: 412 where something was added since",
}


def _query(name: str, schema: Schema, description: str) -> Schema:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def case_paths() -> dict[str, Any]:
    """The paths of the case API."""
    reference = {"name": "reference", "in": "path", "required": True, "schema": TEXT}
    case = "/cases/{reference}"
    return {
        "/cases": {"get": _listed()},
        case: {"parameters": [reference], "get": _one()},
        **{
            f"{case}/{path}": {"parameters": [reference], **operations}
            for path, operations in {**_collecting(), **_answering()}.items()
        },
    }


def _listed() -> Schema:
    several = {"type": "array", "items": TEXT}
    found = read(
        "listCases",
        "Cases in the order in which something was written of them; `links.next` reads on, now or later",
        ref("Cases"),
        "bad-request",
        "no-key",
        "not-allowed",
        security=_KEY,
    )
    found["parameters"] = [
        _query("since", _TIME, "From this moment on, by the time of writing"),
        _query("cursor", TEXT, "Where an earlier answer ended: comes with its `links.next`"),
        _query("limit", {"type": "integer", "minimum": 1, "maximum": MOST_CASES}, "Entries of one answer"),
        _query("service", several, "Of these services only"),
        _query("status", {"type": "array", "items": _STATUS}, "Only those that stand so"),
        _query(
            "waiting", {"type": "boolean"}, "Those that wait for this system to come for them, oldest first"
        ),
    ]
    return found


def _one() -> Schema:
    found = read("readCase", "One case", ref("Case"), *_REFUSED, security=_KEY)
    found["parameters"] = [
        {"name": "If-None-Match", "in": "header", "schema": TEXT, "description": "An ETag: 304 where it is the same"}
    ]  # fmt: skip
    found["responses"]["304"] = {"description": "It is as it was"}
    return found


def _collecting() -> dict[str, Any]:
    """Coming for a case."""
    busy = (*_REFUSED, *WRONG, "held", "not-waiting")
    seconds = {"type": "integer", "minimum": 1, "maximum": LONGEST_HOLD, "default": USUAL_HOLD}
    taken = object_of("", id=_text(LONGEST_ID), note=_text(LONGEST_NOTE))
    let_go = read("letGo", "Let the case wait again", {}, *_REFUSED, "held", "not-waiting", security=_KEY)
    let_go["responses"] = {
        "204": {"description": "It waits again"},
        **problems(*_REFUSED, "held", "not-waiting", "too-many"),
    }

    def post(name: str, summary: str, body: Schema, *, needed: bool) -> Schema:
        return act(name, summary, body, ref("Case"), ("200",), *busy, security=_KEY, needed=needed)

    return {
        "claim": {
            "post": post("claimCase", "Hold the case while it is taken", object_of("", seconds=seconds), needed=False),
            "delete": let_go,
        },
        "acknowledge": {"post": post("acknowledgeCase", "The system has the case", taken, needed=False)},
        "refuse": {
            "post": post(
                "refuseCase", "The system does not take the case", object_of("reason", reason=_text(LONGEST_REASON)),
                needed=True,
            )
        },
    }  # fmt: skip


def _answering() -> dict[str, Any]:
    """Answering a case."""
    refused = (*_REFUSED, *WRONG, "key-used", "changed")

    def post(name: str, summary: str, body: Schema) -> Schema:
        parameters = [ONCE_SAID, _MATCH]
        return act(
            name, summary, body, ref("Said"), ("200", "201"), *refused, parameters=parameters, security=_KEY
        )

    update = object_of("status", status=_STATUS, note=_text(LONGEST_NOTE), at=_TIME, id=_text(200))
    message = object_of("text", text=_text(LONGEST_NOTE), internal={"type": "boolean"}, id=_text(200))
    attach = act(
        "attachFile",
        "Add a file: a JPEG, PNG, WebP or GIF image, or a PDF; its name as Content-Disposition says",
        None,
        ref("Added"),
        ("200", "201"),
        *_REFUSED,
        "too-large",
        "no-file",
        security=_KEY,
    )
    attach["requestBody"] = {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
    file = read("readFile", "A file, as a download", {}, *_REFUSED, security=_KEY)
    file["responses"]["200"] = {
        "description": "The file",
        "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
    }
    attachment = {"name": "attachment", "in": "path", "required": True, "schema": TEXT}
    return {
        "updates": {"post": post("updateCase", "Say where the case stands", update)},
        "messages": {
            "post": post(
                "sendMessage", "Tell the person who made it something, or note it for staff", message
            )
        },
        "attachments": {"post": attach},
        "attachments/{attachment}": {"get": {**file, "parameters": [attachment]}},
    }


def _text(longest: int) -> Schema:
    return {"type": "string", "maxLength": longest}


_FILE: dict[str, Schema] = {
    "id": TEXT,
    "name": TEXT,
    "media_type": TEXT,
    "size": {"type": "integer"},
    "sha256": TEXT,
    "added_at": _TIME,
    "source": TEXT,
    "href": {"type": "string", "format": "uri"},
}
_CASE: dict[str, Schema] = {
    "reference": TEXT,
    "service": object_of(
        "id version name lgsl lgil", id=TEXT, version=TEXT, name=TEXT, lgsl={"type": "integer"}, lgil={"type": "integer"}
    ),
    "status": _STATUS,
    "channel": TEXT,
    "language": TEXT,
    "summary": TEXT,
    "submitted_at": _TIME,
    "target_on": {"type": ["string", "null"], "format": "date"},
    "answers": {"type": "object"},
    "details": {"type": "array", "items": object_of("question answer", question=TEXT, answer=TEXT)},
    "contact": object_of("name email phone", name=MAYBE, email=MAYBE, phone=MAYBE),
    "location": object_of(
        "description postcode uprn lat long",
        description=MAYBE, postcode=MAYBE, uprn=MAYBE, lat={"type": ["number", "null"]}, long={"type": ["number", "null"]},
    ),
    "history": {
        "type": "array",
        "items": object_of(
            "sequence status note at recorded_at source",
            sequence={"type": "integer"}, status=_STATUS, note=TEXT, at=_TIME, recorded_at=_TIME, source=TEXT,
        ),
    },
    "attachments": {"type": "array", "items": ref("File")},
    "delivery": {
        "description": "Where it stands with the system that reads it, if that comes for it",
        "type": ["object", "null"],
        "required": ["state", "id", "held_by", "held_until"],
        "properties": {
            "state": {"enum": ["waiting", "held", "taken", "refused"]},
            "id": MAYBE,
            "held_by": MAYBE,
            "held_until": {"type": ["string", "null"], "format": "date-time"},
        },
    },
    "links": LINKS,
}  # fmt: skip
CASE_SCHEMAS: dict[str, Schema] = {
    "File": object_of(" ".join(_FILE), **_FILE),
    "Added": object_of(" ".join([*_FILE, "again"]), **_FILE, again={"type": "boolean"}),
    "Case": object_of(" ".join(_CASE), **_CASE),
    "Said": object_of(" ".join([*_CASE, "again"]), **_CASE, again={"type": "boolean"}),
    "Cases": object_of("cases links", cases={"type": "array", "items": ref("Case")}, links=LINKS),
}
"""What the documents call by name."""
