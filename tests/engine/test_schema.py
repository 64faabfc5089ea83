"""The published JSON Schema of the language refuses the shapes that the reader refuses."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from commonhall.engine.definition import ServiceDefinition
from commonhall.engine.schema import SCHEMA_ID, language_schema
from commonhall.engine.source import read_yaml
from tests.conftest import HOME
from tests.engine.services import SERVICE
from tests.engine.test_problems import EDITS

SCHEMA = language_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
SHARED = sorted((HOME / "services").glob("*/service.yaml"))


def test_it_is_a_schema_of_draft_2020_12_and_always_the_same() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["$id"] == SCHEMA_ID
    assert language_schema() == SCHEMA


@pytest.mark.parametrize("path", SHARED, ids=[path.parent.name for path in SHARED])
def test_every_shared_service_keeps_to_it(path: Any) -> None:
    source, _ = read_yaml(path.name, path.read_text("utf-8"))
    VALIDATOR.validate(source.data)


def refused_in_shape(text: str) -> bool:
    """Whether the reader refuses the shape of a service, before it asks what anything means."""
    source, _ = read_yaml("service.yaml", text)
    try:
        ServiceDefinition.model_validate(source.data)
    except ValueError:
        return True
    return False


@pytest.mark.parametrize(("old", "new"), [row[1:3] for row in EDITS], ids=[row[0] for row in EDITS])
def test_it_refuses_what_the_reader_refuses_in_shape_and_nothing_else(old: str, new: str) -> None:
    text = SERVICE.replace(old, new)
    source, _ = read_yaml("service.yaml", text)
    assert VALIDATOR.is_valid(source.data) != refused_in_shape(text)


def test_an_editor_can_say_what_every_key_is_for() -> None:
    untold: list[str] = []

    def look(node: Any, where: str) -> None:
        if isinstance(node, dict):
            named = node.get("properties", {})
            untold.extend(f"{where}.{name}" for name, shape in named.items() if not shape.get("description"))
            for key, value in node.items():
                look(value, f"{where}.{key}")
        elif isinstance(node, list):
            for value in node:
                look(value, where)

    look(SCHEMA, "")
    assert untold == []
    assert all(part.get("description") for part in SCHEMA["$defs"].values())
