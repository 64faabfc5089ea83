"""The JSON Schema of `service.yaml`, generated from the very models that the reader uses."""

from __future__ import annotations

from typing import Any

from commonhall.engine.definition import ServiceDefinition

SCHEMA_ID = "urn:commonhall:schema:service:1"


def language_schema() -> dict[str, Any]:
    """The schema (draft 2020-12), for editors to complete and check a service as it is written."""
    schema = ServiceDefinition.model_json_schema(mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **schema,
        "title": "A Commonhall service",
    }
