"""The API described: OpenAPI 3.1, one document for a council and one for each service that it runs, with its contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commonhall.api.v1.problems import KINDS
from commonhall.casework.sites import Site
from commonhall.engine.contract import adopted_contract
from commonhall.engine.package import Adopted

Schema = dict[str, Any]
_TEXT: Schema = {"type": "string"}
_MAYBE: Schema = {"type": ["string", "null"]}
_LINKS: Schema = {"type": "object", "additionalProperties": {"type": "string", "format": "uri"}}


def index_of(url: str, site: Site) -> Schema:
    """The API of a council: the services that it runs, and journeys of any of them."""
    service = {"name": "service", "in": "path", "required": True, "schema": {"type": "string", "enum": [one.service.id for one in site.services] or ["none"]}}  # fmt: skip
    paths = {
        "/services": {"get": _read("listServices", "The services that the council runs", _ref("Services"))},
        "/services/{service}": {"get": _read("readService", "One service", _ref("Service"), "not-found")},
        "/services/{service}/contract": {
            "get": _read(
                "readContract",
                "The service's answers as a JSON Schema",
                {"type": "object"},
                "not-found",
                media_type="application/schema+json",
            )
        },
        **_acts("/services/{service}", {"type": "object"}),
    }
    for path, item in paths.items():
        if "{service}" in path:
            item["parameters"] = [service]
    title = f"{site.name.get('en', site.council)}: services"
    return _document(url, title, "1", paths, {"type": "object"})


def document_of(url: str, site: Site, adopted: Adopted) -> Schema:
    """The API of one service, with the exact contract of its answers as this council runs it."""
    contract = {
        name: part for name, part in adopted_contract(adopted).items() if name not in {"$schema", "$comment"}
    }
    paths = _acts(f"/services/{adopted.service.id}", _ref("Answers"))
    title = f"{adopted.texts.need('en', 'name')} ({site.name.get('en', site.council)})"
    return _document(url, title, adopted.service.version, paths, contract)


_WRONG = ("bad-request", "media-type", "too-large")
_LANGUAGE: Schema = {"type": "string", "enum": ["en", "cy"]}
_SECRET: list[Any] = [{"journeySecret": []}]
_MATCH: Schema = {
    "name": "If-Match",
    "in": "header",
    "schema": {"type": "string"},
    "description": "The ETag that was read: 412 where it has changed since",
}
_ONCE: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "maxLength": 200},
    "description": "The same key with the same answers is the same case",
}


def _acts(service: str, answers: Schema) -> dict[str, Any]:
    """What can be done with a service: make a case at once, or begin a journey and go on with it."""
    whole = _object("answers", answers=answers, language=_LANGUAGE)
    begin = {"type": "object", "properties": {"language": _LANGUAGE}}
    refused = (*_WRONG, "no-key", "not-allowed", "not-found", "key-used", "not-accepted")
    said = "Start a journey; the secret is told once"
    return {
        f"{service}/cases": {
            "post": _act(
                "makeCase",
                "Make a case of all answers at once",
                whole,
                _ref("Made"),
                ("200", "201"),
                *refused,
                parameters=[_ONCE],
                security=[{"key": []}],
            )
        },
        f"{service}/journeys": {
            "post": _act(
                "startJourney", said, begin, _ref("State"), ("201",), *_WRONG, "not-found", needed=False
            )
        },
        **_journeys(),
    }


def _journeys() -> dict[str, Any]:
    """What can be done with a journey by whoever has its secret."""
    journey, page = (
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in ("journey", "page")
    )
    state, stands = _ref("State"), "Where the journey stands"
    gone = ("no-key", "not-found", "gone")
    some = _object("answers", answers={"type": "object"})
    answer = (*gone, *_WRONG, "submitted", "changed", "not-accepted")
    submit = (*gone, "not-ready", "changed")
    last = "Make the journey a case; twice is harmless"
    return {
        "/journeys/{journey}": {
            "parameters": [journey],
            "get": _read("readJourney", stands, state, *gone, security=_SECRET),
        },
        "/journeys/{journey}/pages/{page}": {
            "parameters": [journey, page],
            "get": _read("readPage", "A page with what was answered", _ref("Page"), *gone, security=_SECRET),
            "post": _act(
                "answerPage", stands, some, state, ("200",), *answer, parameters=[_MATCH], security=_SECRET
            ),
        },
        "/journeys/{journey}/submit": {
            "parameters": [journey],
            "post": _act(
                "submitJourney",
                last,
                None,
                state,
                ("200", "201"),
                *submit,
                parameters=[_MATCH],
                security=_SECRET,
            ),
        },
    }


def _read(
    name: str,
    summary: str,
    schema: Schema,
    *problems: str,
    media_type: str = "application/json",
    security: list[Any] | None = None,
) -> Schema:
    found: Schema = {
        "operationId": name,
        "summary": summary,
        "responses": {"200": _answer(summary, schema, media_type), **_problems(*problems, "too-many")},
    }
    return {**found, "security": security} if security is not None else found


def _act(
    name: str,
    summary: str,
    body: Schema | None,
    schema: Schema,
    statuses: tuple[str, ...],
    *problems: str,
    parameters: list[Any] | None = None,
    security: list[Any] | None = None,
    needed: bool = True,
) -> Schema:
    found: Schema = {
        "operationId": name,
        "summary": summary,
        "responses": {
            **{status: _answer(summary, schema) for status in statuses},
            **_problems(*problems, "too-many"),
        },
    }
    if body is not None:
        found["requestBody"] = {"required": needed, "content": {"application/json": {"schema": body}}}
    if parameters:
        found["parameters"] = parameters
    return {**found, "security": security} if security is not None else found


def _answer(summary: str, schema: Schema, media_type: str = "application/json") -> Schema:
    return {"description": summary, "content": {media_type: {"schema": schema}}}


def _problems(*kinds: str) -> Schema:
    by_status: dict[str, list[str]] = {}
    for kind in kinds:
        status, title = KINDS[kind]
        by_status.setdefault(str(status), []).append(title)
    return {
        status: _answer("; or: ".join(titles), _ref("Problem"), "application/problem+json")
        for status, titles in sorted(by_status.items())
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _document(url: str, title: str, version: str, paths: Mapping[str, Any], answers: Schema) -> Schema:
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "servers": [{"url": f"{url}/api/v1"}],
        "paths": dict(paths),
        "security": [],
        "components": {
            "schemas": {"Answers": answers, **_SCHEMAS},
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "The key that the council made for a system"},
                "journeySecret": {"type": "http", "scheme": "bearer", "description": "What was told when the journey began"},
            },
        },
    }  # fmt: skip


def _object(required: str, **properties: Schema) -> Schema:
    return {"type": "object", "required": required.split(), "properties": properties}


_FIELD = _object(
    "id type label optional schema value",
    id=_TEXT,
    type=_TEXT,
    label=_TEXT,
    hint=_MAYBE,
    optional={"type": "boolean"},
    schema={"type": "object"},
    value={},
    options={"type": "array", "items": _object("code label", code=_TEXT, label=_TEXT, hint=_MAYBE)},
    fields={"type": "array", "items": {"type": "object"}},
    autocomplete=_TEXT,
    statement=_TEXT,
    unit=_TEXT,
    item=_TEXT,
)
_PAGE = _object(
    "id kind question fields",
    id=_TEXT,
    kind={"enum": ["questions", "exit"]},
    question=_TEXT,
    hint=_MAYBE,
    body=_MAYBE,
    body_html=_MAYBE,
    fields={"type": "array", "items": _ref("Field")},
    counts_as=_TEXT,
    links=_LINKS,
)
_CONFIRMATION = _object("body body_html", body=_MAYBE, body_html=_MAYBE)
_SERVICE = _object(
    "id version name languages lgsl lgil page links",
    id=_TEXT,
    version=_TEXT,
    name={"type": "object", "additionalProperties": _TEXT},
    languages={"type": "array", "items": _TEXT},
    lgsl={"type": "integer"},
    lgil={"type": "integer"},
    page={"type": "string", "format": "uri"},
    links=_LINKS,
)
_SCHEMAS: dict[str, Schema] = {
    "Problem": _object(
        "type title status",
        type=_TEXT,
        title=_TEXT,
        status={"type": "integer"},
        detail=_TEXT,
        errors={"type": "array", "items": _object("pointer detail", pointer=_TEXT, detail=_TEXT)},
        page={"type": "object"},
    ),
    "Service": _SERVICE,
    "Services": _object("services", services={"type": "array", "items": _ref("Service")}),
    "Field": _FIELD,
    "Page": _PAGE,
    "Made": _object(
        "reference confirmation service again",
        reference=_TEXT,
        confirmation=_CONFIRMATION,
        service=_TEXT,
        again={"type": "boolean"},
    ),
    "State": _object(
        "journey service version language expires_at path links status",
        journey=_TEXT,
        secret=_TEXT,
        service=_TEXT,
        version=_TEXT,
        language=_TEXT,
        expires_at={"type": "string", "format": "date-time"},
        path={"type": "array", "items": _object("page href", page=_TEXT, href=_TEXT)},
        links=_LINKS,
        status={"enum": ["asking", "exit", "ready", "submitted"]},
        page=_ref("Page"),
        check={
            "type": "array",
            "items": _object("page field question answer href", page=_TEXT, field=_TEXT, question=_TEXT, answer=_TEXT, href=_TEXT),
        },
        reference=_MAYBE,
        confirmation=_CONFIRMATION,
    ),
}  # fmt: skip
