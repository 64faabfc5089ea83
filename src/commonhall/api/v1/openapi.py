"""The API described: OpenAPI 3.1, one document for a council and one for each service that it runs, with its contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commonhall.api.v1.openapi_cases import CASE_SCHEMAS, case_paths
from commonhall.api.v1.openapi_parts import (
    LINKS,
    MAYBE,
    ONCE,
    TEXT,
    WRONG,
    Schema,
    act,
    object_of,
    read,
    ref,
)
from commonhall.casework.sites import Site
from commonhall.engine.contract import adopted_contract
from commonhall.engine.package import Adopted


def index_of(url: str, site: Site) -> Schema:
    """The API of a council: the services that it runs, and journeys of any of them."""
    service = {"name": "service", "in": "path", "required": True, "schema": {"type": "string", "enum": [one.service.id for one in site.services] or ["none"]}}  # fmt: skip
    paths = {
        "/services": {"get": read("listServices", "The services that the council runs", ref("Services"))},
        "/services/{service}": {"get": read("readService", "One service", ref("Service"), "not-found")},
        "/services/{service}/contract": {
            "get": read(
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
    paths |= case_paths()
    title = f"{site.name.get('en', site.council)}: services and cases"
    return _document(url, title, "1", paths, {"type": "object"})


def document_of(url: str, site: Site, adopted: Adopted) -> Schema:
    """The API of one service, with the exact contract of its answers as this council runs it."""
    contract = {
        name: part for name, part in adopted_contract(adopted).items() if name not in {"$schema", "$comment"}
    }
    paths = _acts(f"/services/{adopted.service.id}", ref("Answers"))
    title = f"{adopted.texts.need('en', 'name')} ({site.name.get('en', site.council)})"
    return _document(url, title, adopted.service.version, paths, contract)


_LANGUAGE: Schema = {"type": "string", "enum": ["en", "cy"]}
_SECRET: list[Any] = [{"journeySecret": []}]
_MATCH: Schema = {
    "name": "If-Match",
    "in": "header",
    "schema": {"type": "string"},
    "description": "The ETag that was read: 412 where it has changed since",
}


def _acts(service: str, answers: Schema) -> dict[str, Any]:
    """What can be done with a service: make a case at once, or begin a journey and go on with it."""
    whole = object_of("answers", answers=answers, language=_LANGUAGE)
    begin = {"type": "object", "properties": {"language": _LANGUAGE}}
    refused = (*WRONG, "no-key", "not-allowed", "not-found", "key-used", "not-accepted")
    said = "Start a journey; the secret is told once"
    return {
        f"{service}/cases": {
            "post": act(
                "makeCase",
                "Make a case of all answers at once",
                whole,
                ref("Made"),
                ("200", "201"),
                *refused,
                parameters=[ONCE],
                security=[{"key": []}],
            )
        },
        f"{service}/journeys": {
            "post": act(
                "startJourney", said, begin, ref("State"), ("201",), *WRONG, "not-found", needed=False
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
    shown = {
        "name": "language",
        "in": "query",
        "schema": _LANGUAGE,
        "description": "Show it in this language; in the journey's own where none is named",
    }
    state, stands = ref("State"), "Where the journey stands"
    gone = ("bad-request", "no-key", "not-found", "gone")
    typed = {"type": "object", "additionalProperties": {"anyOf": [TEXT, {"type": "array", "items": TEXT}]}}
    some = {
        "anyOf": [object_of("answers", answers={"type": "object"}), object_of("typed", typed=typed)],
        "description": "Answers in the shapes of the contract, or what was typed, by the names of a form's boxes",
    }
    answer = (*gone, *WRONG, "submitted", "changed", "not-accepted")
    submit = (*gone, "not-ready", "changed")
    last = "Make the journey a case; twice is harmless"
    return {
        "/journeys/{journey}": {
            "parameters": [journey, shown],
            "get": read("readJourney", stands, state, *gone, security=_SECRET),
        },
        "/journeys/{journey}/pages/{page}": {
            "parameters": [journey, page, shown],
            "get": read("readPage", "A page with what was answered", ref("Page"), *gone, security=_SECRET),
            "post": act(
                "answerPage", stands, some, state, ("200",), *answer, parameters=[_MATCH], security=_SECRET
            ),
        },
        "/journeys/{journey}/submit": {
            "parameters": [journey, shown],
            "post": act(
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
        "/journeys/{journey}/feedback": {"parameters": [journey, shown], "post": _rate(gone)},
    }


def _rate(gone: tuple[str, ...]) -> Schema:
    return act(
        "rateJourney",
        "Keep how satisfied the person was with a submitted journey, once",
        object_of("score", score={"type": "integer", "minimum": 1, "maximum": 5}, comment=TEXT),
        object_of("again", again={"type": "boolean"}),
        ("200",),
        *gone,
        *WRONG,
        "not-ready",
        security=_SECRET,
    )


def _document(url: str, title: str, version: str, paths: Mapping[str, Any], answers: Schema) -> Schema:
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "servers": [{"url": f"{url}/api/v1"}],
        "paths": dict(paths),
        "security": [],
        "components": {
            "schemas": {"Answers": answers, **_SCHEMAS, **CASE_SCHEMAS},
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "The key that the council made for a system"},
                "journeySecret": {"type": "http", "scheme": "bearer", "description": "What was told when the journey began"},
            },
        },
    }  # fmt: skip


_FIELD = object_of(
    "id type label optional schema value",
    id=TEXT,
    type=TEXT,
    label=TEXT,
    hint=MAYBE,
    optional={"type": "boolean"},
    schema={"type": "object"},
    value={},
    options={"type": "array", "items": object_of("code label", code=TEXT, label=TEXT, hint=MAYBE)},
    fields={"type": "array", "items": {"type": "object"}},
    autocomplete=TEXT,
    width={"type": "integer"},
    rows={"type": "integer"},
    statement=TEXT,
    unit=TEXT,
    item=TEXT,
)
_PAGE = object_of(
    "id kind question fields",
    id=TEXT,
    kind={"enum": ["questions", "exit"]},
    question=TEXT,
    hint=MAYBE,
    body=MAYBE,
    body_html=MAYBE,
    fields={"type": "array", "items": ref("Field")},
    typed={"type": "object", "additionalProperties": {"type": "array", "items": TEXT}},
    counts_as=TEXT,
    links=LINKS,
)
_ERRORS: Schema = {
    "type": "array",
    "items": object_of("pointer detail", pointer=TEXT, detail=TEXT, input=TEXT),
}
_CONFIRMATION = object_of("body body_html", body=MAYBE, body_html=MAYBE)
_SERVICE = object_of(
    "id version name languages lgsl lgil page links",
    id=TEXT,
    version=TEXT,
    name={"type": "object", "additionalProperties": TEXT},
    languages={"type": "array", "items": TEXT},
    lgsl={"type": "integer"},
    lgil={"type": "integer"},
    page={"type": "string", "format": "uri"},
    start={
        "type": "object",
        "additionalProperties": object_of(
            "intro intro_html need", intro=TEXT, intro_html=TEXT, need={"type": "array", "items": TEXT}
        ),
    },
    minutes={"type": ["integer", "null"]},
    links=LINKS,
)
_SCHEMAS: dict[str, Schema] = {
    "Problem": object_of(
        "type title status",
        type=TEXT,
        title=TEXT,
        status={"type": "integer"},
        detail=TEXT,
        errors=_ERRORS,
        page={"type": "object"},
    ),
    "Service": _SERVICE,
    "Services": object_of("services", services={"type": "array", "items": ref("Service")}),
    "Field": _FIELD,
    "Page": _PAGE,
    "Made": object_of(
        "reference confirmation service again",
        reference=TEXT,
        confirmation=_CONFIRMATION,
        follow=MAYBE,
        service=TEXT,
        again={"type": "boolean"},
    ),
    "State": object_of(
        "journey service version language expires_at path links status",
        journey=TEXT,
        secret=TEXT,
        service=TEXT,
        version=TEXT,
        language=TEXT,
        expires_at={"type": "string", "format": "date-time"},
        path={"type": "array", "items": object_of("page href", page=TEXT, href=TEXT)},
        links=LINKS,
        status={"enum": ["asking", "exit", "ready", "submitted"]},
        page=ref("Page"),
        errors=_ERRORS,
        check={
            "type": "array",
            "items": object_of("page field question answer href", page=TEXT, field=TEXT, question=TEXT, answer=TEXT, href=TEXT),
        },
        reference=MAYBE,
        confirmation=_CONFIRMATION,
        follow=MAYBE,
    ),
}  # fmt: skip
