"""What every part of the documents is made of."""

from __future__ import annotations

from typing import Any

from commonhall.api.v1.problems import KINDS

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
MAYBE: Schema = {"type": ["string", "null"]}
LINKS: Schema = {"type": "object", "additionalProperties": {"type": "string", "format": "uri"}}
WRONG = ("bad-request", "media-type", "too-large")
ONCE: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "maxLength": 200},
    "description": "The same key with the same answers is the same case",
}
ONCE_SAID: Schema = {**ONCE, "description": "The same key with the same words is said once"}


def read(
    name: str,
    summary: str,
    schema: Schema,
    *kinds: str,
    media_type: str = "application/json",
    security: list[Any] | None = None,
) -> Schema:
    """A path that is read."""
    found: Schema = {
        "operationId": name,
        "summary": summary,
        "responses": {"200": answer(summary, schema, media_type), **problems(*kinds, "too-many")},
    }
    return {**found, "security": security} if security is not None else found


def act(
    name: str,
    summary: str,
    body: Schema | None,
    schema: Schema,
    statuses: tuple[str, ...],
    *kinds: str,
    parameters: list[Any] | None = None,
    security: list[Any] | None = None,
    needed: bool = True,
) -> Schema:
    """A path by which something is done."""
    found: Schema = {
        "operationId": name,
        "summary": summary,
        "responses": {
            **{status: answer(summary, schema) for status in statuses},
            **problems(*kinds, "too-many"),
        },
    }
    if body is not None:
        found["requestBody"] = {"required": needed, "content": {"application/json": {"schema": body}}}
    if parameters:
        found["parameters"] = parameters
    return {**found, "security": security} if security is not None else found


def answer(summary: str, schema: Schema, media_type: str = "application/json") -> Schema:
    """An answer with a body."""
    return {"description": summary, "content": {media_type: {"schema": schema}}}


def problems(*kinds: str) -> Schema:
    """The answers of these kinds of problem, by status."""
    by_status: dict[str, list[str]] = {}
    for kind in kinds:
        status, title = KINDS[kind]
        by_status.setdefault(str(status), []).append(title)
    return {
        status: answer("; or: ".join(titles), ref("Problem"), "application/problem+json")
        for status, titles in sorted(by_status.items())
    }


def ref(name: str) -> Schema:
    """A schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def object_of(required: str, **properties: Schema) -> Schema:
    """An object; `required` are names parted by spaces."""
    found: Schema = {"type": "object", "properties": properties}
    return {**found, "required": required.split()} if required else found
